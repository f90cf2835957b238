//! The writer.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    thread::JoinHandle,
    time::Duration,
};

use avouch_chain::{
    Digest, Head, KeyEntry, MAX_LINE, Own, PublicKey, Purpose, RecordRef, SecretKey, SignedHead, Time, own_source,
    write_line,
};
use avouch_redact::Redactor;
use serde_json::Value;

use crate::{
    draft::{Appended, Draft, check, write_body},
    error::{LedgerError, RecordError, damaged, io},
    files,
    recover::{Cut, LastHead, cut_file, last_head, scan},
    secrets::{Secrets, random},
    state::State,
};

/// Bytes held back before they are written.
const BUFFER: usize = 256 * 1024;

/// How a ledger is written.
#[derive(Clone, Debug)]
pub struct Options {
    /// A segment is sealed once it has so many bytes.
    pub segment_bytes: u64,
    /// A segment is sealed once its first record is so old.
    pub segment_age: Duration,
    /// A head is signed at the first sync so long after the last one.
    pub head_every: Duration,
    /// Folder of the signing key and of the salt of redactions; `secret` in the ledger's folder when not told.
    pub secrets: Option<PathBuf>,
    /// Goes into the first record of a new ledger: who made it, where, with what; which ledger it follows.
    pub about: Value,
    /// A missing key or salt is declared lost and made anew; else opening fails.
    pub declare_loss: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            segment_bytes: 64 << 20,
            segment_age: Duration::from_secs(86_400),
            head_every: Duration::from_secs(60),
            secrets: None,
            about: Value::Null,
            declare_loss: false,
        }
    }
}

/// What opening found.
#[derive(Clone, Debug, Default)]
pub struct OpenReport {
    /// The ledger was begun.
    pub created: bool,
    /// The writer before did not close it; a `ledger.recovery` record says so too.
    pub recovered: Option<Recovered>,
    /// The signing key was declared lost.
    pub key_lost: bool,
    /// The salt was declared lost.
    pub salt_lost: bool,
}

/// What was cut after a writer did not close. Nothing of it was acknowledged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Bytes cut from the open segment.
    pub bytes_cut: u64,
    /// Whole lines among them.
    pub lines_cut: u64,
    /// Bytes cut from the heads.
    pub head_bytes_cut: u64,
}

/// A ledger that this process writes; no other can meanwhile.
#[derive(Debug)]
pub struct Ledger {
    dir: PathBuf,
    options: Options,
    secrets: Secrets,
    key: SecretKey,
    redactor: Redactor,
    state: State,
    file: File,
    heads: File,
    last_head: Option<SignedHead>,
    last_head_hash: Digest,
    /// By the caller's clock.
    last_head_time: Time,
    /// Lines that are not in the file yet.
    pending: Vec<u8>,
    body: Vec<u8>,
    /// Something is in the file that may not be on the disk.
    unsynced: bool,
    broken: bool,
    packing: Option<JoinHandle<Result<(), LedgerError>>>,
    /// Holds the lock while it is open.
    _lock: File,
}

impl Ledger {
    /// Opens the ledger in `dir`, or begins one. A torn tail, which a writer leaves that is killed, is cut, and a record says
    /// so. `now` is the time of the records this writes.
    ///
    /// # Errors
    /// When another process writes it, when what a head vouches for is missing or changed, when a secret is missing, or when
    /// files cannot be read or written.
    pub fn open(dir: &Path, options: Options, now: Time) -> Result<(Self, OpenReport), LedgerError> {
        for folder in [dir.to_owned(), files::segments(dir), files::keys(dir)] {
            fs::create_dir_all(&folder).map_err(io("create", &folder))?;
        }
        let lock = lock(dir)?;
        let secrets = Secrets::open(&options.secrets.clone().unwrap_or_else(|| dir.join("secret")))?;
        let found = last_head(dir)?;
        let segments = files::list(dir)?;
        let (state, cut, next_segment) = find(dir, &found, &segments)?;
        let mut report = OpenReport { created: state.ledger.is_empty(), ..OpenReport::default() };
        let closed = found.head.as_ref().is_some_and(|s| s.head.last_seq + 1 == state.next_seq) && !next_segment;
        let (key, salt) = open_secrets(&secrets, &state, &options, &mut report)?;
        let append = |path: &Path| OpenOptions::new().create(true).append(true).open(path).map_err(io("open", path));
        let segment = state.segment + u64::from(next_segment);
        let (file, heads) = (append(&files::plain(dir, segment))?, append(&files::heads(dir))?);
        let mut ledger = Self {
            redactor: Redactor::new(salt),
            last_head_time: found.head.as_ref().and_then(|s| Time::parse(s.head.time.as_bytes())).unwrap_or_default(),
            last_head: found.head,
            last_head_hash: found.hash,
            pending: Vec::with_capacity(BUFFER + 4096),
            body: Vec::new(),
            unsynced: false,
            broken: false,
            packing: None,
            dir: dir.to_owned(),
            options,
            secrets,
            key,
            state,
            file,
            heads,
            _lock: lock,
        };
        ledger.save_public(&ledger.key.public())?;
        ledger.begin(&mut report, next_segment, Digest::of(Digest(salt).to_string().as_bytes()), now)?;
        if cut.bytes > 0 || found.cut > 0 || !(closed || report.created) {
            ledger.recovered(&cut, found.cut, now)?;
            let (bytes_cut, lines_cut, head_bytes_cut) = (cut.bytes, cut.lines, found.cut);
            report.recovered = Some(Recovered { bytes_cut, lines_cut, head_bytes_cut });
        }
        ledger.checkpoint(now)?;
        files::sync_dir(&files::segments(dir))?;
        files::sync_dir(dir)?;
        ledger.pack(segments.into_iter().filter(|n| *n < ledger.state.segment).collect());
        Ok((ledger, report))
    }

    /// Writes what a new or reopened ledger says of itself first.
    fn begin(
        &mut self,
        report: &mut OpenReport,
        next_segment: bool,
        salt: Digest,
        now: Time,
    ) -> Result<(), LedgerError> {
        let key = KeyEntry::of(&self.key.public());
        if report.created {
            self.state.ledger = Digest(random()?).to_string()[..32].to_owned();
            let about = self.options.about.clone();
            self.own(&Own::Created { about, key, ledger: self.state.ledger.clone(), salt }, now)?;
            return Ok(());
        }
        if next_segment {
            let own = self.state.next_segment();
            self.open_next(&own, now)?;
        }
        if self.state.key != key {
            self.own(&Own::KeyLost { new: key, old: self.state.key.id.clone() }, now)?;
        }
        if self.state.salt != salt {
            report.salt_lost = true;
            self.own(&Own::SaltLost { salt }, now)?;
        }
        Ok(())
    }

    fn recovered(&mut self, cut: &Cut, head_bytes_cut: u64, now: Time) -> Result<(), LedgerError> {
        let own = Own::Recovery {
            bytes_cut: cut.bytes,
            cut_sha256: cut.sha256,
            lines_cut: cut.lines,
            head_bytes_cut,
            last_seq: self.state.next_seq - 1,
            segment: self.state.segment,
        };
        self.own(&own, now)
    }

    /// Adds a record. It is safe once [`Ledger::sync`] returned, and not before.
    ///
    /// # Errors
    /// When the record is refused ([`LedgerError::Record`]; nothing was written) or the file cannot be written.
    pub fn append(&mut self, mut draft: Draft) -> Result<Appended, LedgerError> {
        self.usable()?;
        check(&draft)?;
        let last = self.state.sources.get(&draft.source).map_or(0, |(seq, _)| *seq);
        let source_seq = draft.source_seq.unwrap_or(last + 1);
        if source_seq <= last || source_seq >= 1 << 53 {
            let source_name = draft.source.name;
            return Err(RecordError::SourceRepeat { source_name, given: source_seq, last }.into());
        }
        let mut body = std::mem::take(&mut self.body);
        let redacted = self.encode(&mut body, &mut draft.body);
        let written = redacted.and_then(|redacted| {
            if source_seq > last + 1 {
                let (name, run) = (draft.source.name.clone(), draft.source.run.clone());
                self.own(&Own::SourceGap { first: last + 1, last: source_seq - 1, name, run }, draft.time)?;
            }
            self.write(&draft, source_seq, redacted, &body, None)
        });
        self.body = body;
        written
    }

    /// Canonical text of a body without its secrets; returns how many there were.
    fn encode(&self, text: &mut Vec<u8>, body: &mut Value) -> Result<u64, LedgerError> {
        write_body(text, body)?;
        let redacted = if self.redactor.may_hold(text) { self.redactor.redact(body) } else { 0 };
        if redacted > 0 {
            write_body(text, body)?;
        }
        Ok(redacted)
    }

    fn own(&mut self, own: &Own, time: Time) -> Result<(), LedgerError> {
        let (kind, body) = own.parts();
        let mut text = Vec::new();
        write_body(&mut text, &body)?;
        let source = own_source(&self.state.ledger);
        // A segment's first record lists where sources stand before it, this one's included.
        let source_seq = self.state.sources.get(&source).map_or(0, |(seq, _)| *seq) + 1;
        let draft = Draft { time, source, source_seq: None, kind, body: Value::Null };
        self.write(&draft, source_seq, 0, &text, Some(own.clone())).map(drop)
    }

    fn write(
        &mut self,
        draft: &Draft,
        source_seq: u64,
        redacted: u64,
        body: &[u8],
        own: Option<Own>,
    ) -> Result<Appended, LedgerError> {
        let (seq, time) = (self.state.next_seq, draft.time);
        // What was written as JSON is UTF-8.
        let body = std::str::from_utf8(body).unwrap_or("{}");
        let (kind, source, run) = (&*draft.kind, &*draft.source.name, &*draft.source.run);
        let record = RecordRef { kind, prev: self.state.prev, redacted, seq, source, run, source_seq, time, body };
        let start = self.pending.len();
        write_line(&mut self.pending, &record);
        let line = &self.pending[start..];
        let (hash, length) = (Digest::of(line), line.len());
        debug_assert!(length <= MAX_LINE);
        self.pending.push(b'\n');
        self.state.apply(&record, hash, length, own);
        self.state.told(&draft.source, source_seq, seq);
        if self.pending.len() >= BUFFER {
            self.flush()?;
        }
        Ok(Appended { seq, source_seq, hash, redacted })
    }

    /// Makes every record so far safe, signs a head when one is due, and seals the segment when it is full or old. Returns the
    /// number of the last record, which is acknowledged by this.
    ///
    /// # Errors
    /// When the files cannot be written; then nothing since the last sync is acknowledged.
    pub fn sync(&mut self, now: Time) -> Result<u64, LedgerError> {
        self.persist()?;
        let acknowledged = self.state.next_seq - 1;
        let old = |since: Time, age: Duration| u128::from(now.0.saturating_sub(since.0)) >= age.as_nanos();
        if self.state.bytes >= self.options.segment_bytes || old(self.state.began, self.options.segment_age) {
            self.seal(now)?;
        } else if old(self.last_head_time, self.options.head_every) {
            self.checkpoint(now)?;
        }
        Ok(acknowledged)
    }

    /// Makes every record so far safe and signs a head over them; returns the last head when it already vouches for all.
    ///
    /// # Errors
    /// As [`Ledger::sync`].
    pub fn checkpoint(&mut self, now: Time) -> Result<SignedHead, LedgerError> {
        self.persist()?;
        match &self.last_head {
            Some(signed) if signed.head.last_seq + 1 == self.state.next_seq => Ok(signed.clone()),
            _ => self.sign(false, now),
        }
    }

    /// Ends the segment with a head and begins the next. The old one is compressed by a thread of its own; it can be read all
    /// the while.
    ///
    /// # Errors
    /// As [`Ledger::sync`].
    pub fn seal(&mut self, now: Time) -> Result<SignedHead, LedgerError> {
        self.persist()?;
        let signed = self.sign(true, now)?;
        let sealed = self.state.segment;
        let own = self.state.next_segment();
        self.open_next(&own, now)?;
        self.persist()?;
        self.pack(vec![sealed]);
        Ok(signed)
    }

    /// Makes a new key and has the old one sign it. Heads from here on are the new key's.
    ///
    /// # Errors
    /// As [`Ledger::sync`].
    pub fn rotate_key(&mut self, now: Time) -> Result<PublicKey, LedgerError> {
        self.usable()?;
        let key = self.secrets.new_key(true)?;
        let (new, old) = (KeyEntry::of(&key.public()), self.state.key.id.clone());
        let sig = self.key.sign(Purpose::Key, &new.rotation(&self.state.ledger, &old));
        self.save_public(&key.public())?;
        self.own(&Own::KeyRotated { new, old, sig }, now)?;
        self.persist()?;
        self.secrets.promote()?;
        self.key = key;
        self.checkpoint(now)?;
        Ok(self.key.public())
    }

    /// Signs all and ends. A ledger that is dropped instead says at the next opening that it was not closed.
    ///
    /// # Errors
    /// As [`Ledger::sync`], and when a sealed segment could not be compressed, which the next opening tries again.
    pub fn close(mut self, now: Time) -> Result<SignedHead, LedgerError> {
        let head = self.checkpoint(now)?;
        self.packed()?;
        Ok(head)
    }

    /// Waits until sealed segments are compressed.
    ///
    /// # Errors
    /// Why one could not be; it stays as it was, and the next opening tries again.
    pub fn packed(&mut self) -> Result<(), LedgerError> {
        let Some(thread) = self.packing.take() else { return Ok(()) };
        let gone = |_| io("compress", &files::segments(&self.dir))(io::Error::other("its thread ended early"));
        thread.join().map_err(gone)?
    }

    /// Id of the ledger, 32 hex digits.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.state.ledger
    }

    /// The key that signs.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        self.key.public()
    }

    /// The last head.
    #[must_use]
    pub fn last_head(&self) -> Option<&SignedHead> {
        self.last_head.as_ref()
    }

    /// Last number that a source told; 0 when it told nothing yet.
    #[must_use]
    pub fn last_of(&self, source: &avouch_chain::Source) -> u64 {
        self.state.sources.get(source).map_or(0, |(seq, _)| *seq)
    }

    /// Number of the last record, acknowledged or not.
    #[must_use]
    pub fn last_seq(&self) -> u64 {
        self.state.next_seq - 1
    }

    /// Secrets that were redacted since the ledger began.
    #[must_use]
    pub fn redacted(&self) -> u64 {
        self.state.redacted
    }

    /// What redacts records, to test whether a known secret is among what was redacted.
    #[must_use]
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Signs the manifest of a bundle.
    #[must_use]
    pub fn sign_manifest(&self, manifest: &[u8]) -> String {
        self.key.sign(Purpose::Manifest, manifest)
    }

    fn usable(&self) -> Result<(), LedgerError> {
        if self.broken { Err(LedgerError::Broken { dir: self.dir.clone() }) } else { Ok(()) }
    }

    /// After a write that failed nobody knows what is in the file: the next opening looks.
    fn guard<T>(&mut self, what: &'static str, path: &Path, result: io::Result<T>) -> Result<T, LedgerError> {
        self.broken |= result.is_err();
        result.map_err(io(what, path))
    }

    fn flush(&mut self) -> Result<(), LedgerError> {
        self.usable()?;
        if !self.pending.is_empty() {
            let result = self.file.write_all(&self.pending);
            self.pending.clear();
            self.unsynced = true;
            self.guard("write", &files::plain(&self.dir, self.state.segment), result)?;
        }
        Ok(())
    }

    fn persist(&mut self) -> Result<(), LedgerError> {
        self.flush()?;
        if self.unsynced {
            let result = self.file.sync_data();
            self.guard("sync", &files::plain(&self.dir, self.state.segment), result)?;
            self.unsynced = false;
        }
        Ok(())
    }

    fn sign(&mut self, sealed: bool, now: Time) -> Result<SignedHead, LedgerError> {
        let head = Head {
            first_seq: self.state.first_seq,
            key: self.key.public().id(),
            last_hash: self.state.prev,
            last_seq: self.state.next_seq - 1,
            ledger: self.state.ledger.clone(),
            merkle_root: self.state.tree.root(),
            prev_head: self.last_head_hash,
            sealed,
            segment: self.state.segment,
            time: now.to_string(),
            v: 1,
        };
        let signed = SignedHead::sign(head, &self.key);
        let mut line = signed.line();
        self.last_head_hash = Digest::of(&line);
        line.push(b'\n');
        let result = self.heads.write_all(&line).and_then(|()| self.heads.sync_data());
        self.guard("write", &files::heads(&self.dir), result)?;
        self.last_head_time = now;
        self.last_head = Some(signed.clone());
        Ok(signed)
    }

    /// The state is that of a new segment: its file, and the record that begins it.
    fn open_next(&mut self, own: &Own, now: Time) -> Result<(), LedgerError> {
        let path = files::plain(&self.dir, self.state.segment);
        let file = OpenOptions::new().create(true).append(true).open(&path);
        self.file = self.guard("create", &path, file)?;
        files::sync_dir(&files::segments(&self.dir))?;
        self.own(own, now)
    }

    fn save_public(&self, key: &PublicKey) -> Result<(), LedgerError> {
        let path = files::keys(&self.dir).join(format!("{}.pub", key.id()));
        if path.exists() { Ok(()) } else { files::write_whole(&path, key.to_pem().as_bytes(), 0o644) }
    }

    /// Compresses sealed segments that are not yet, beside the writer.
    fn pack(&mut self, mut segments: Vec<u64>) {
        let dir = self.dir.clone();
        segments.retain(|segment| files::plain(&dir, *segment).exists());
        if segments.is_empty() {
            return;
        }
        let before = self.packing.take();
        self.packing = Some(std::thread::spawn(move || {
            let before = before.map_or(Ok(Ok(())), JoinHandle::join);
            let now = segments.into_iter().try_for_each(|segment| files::pack(&dir, segment));
            before.unwrap_or(Ok(())).and(now)
        }));
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        // Nothing of it was acknowledged; when it cannot be written it is lost, as after a kill.
        drop(self.flush());
        drop(self.packed());
    }
}

fn lock(dir: &Path) -> Result<File, LedgerError> {
    let path = dir.join("lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(io("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(LedgerError::Locked { dir: dir.to_owned() }),
        Err(fs::TryLockError::Error(error)) => Err(io("lock", &path)(error)),
    }
}

/// Where the ledger stands, what was cut, and whether a new segment must be begun.
fn find(dir: &Path, found: &LastHead, segments: &[u64]) -> Result<(State, Cut, bool), LedgerError> {
    let head = found.head.as_ref();
    let headed = head.map_or(0, |signed| signed.head.segment);
    let last = segments.last().copied().unwrap_or(0);
    if headed > last || last > headed + 1 {
        return Err(damaged(dir, format!("its heads end in segment {headed}, its records in segment {last}")));
    }
    if last == 0 {
        return Ok((State::new(), Cut::default(), false));
    }
    let (state, kept, cut) = scan(dir, last, head)?;
    if cut.bytes > 0 {
        cut_file(&files::plain(dir, last), kept)?;
    }
    match state {
        Some(state) => Ok((state, cut, head.is_some_and(|s| s.head.sealed && s.head.segment == last))),
        None if last == 1 => Ok((State::new(), cut, false)),
        // The segment was begun, and not one record of it was written: the one before says where the ledger stands.
        None => match scan(dir, last - 1, head)? {
            (Some(state), _, before) if before.bytes == 0 => Ok((state, cut, true)),
            _ => Err(damaged(dir, format!("segment {} cannot be read", last - 1))),
        },
    }
}

fn open_secrets(
    secrets: &Secrets,
    state: &State,
    options: &Options,
    report: &mut OpenReport,
) -> Result<(SecretKey, [u8; 32]), LedgerError> {
    let new = state.ledger.is_empty();
    let missing = |path| if new || options.declare_loss { Ok(()) } else { Err(LedgerError::SecretMissing { path }) };
    let wanted = (!new).then_some(state.key.id.as_str());
    let key = match secrets.key(wanted)? {
        Some(key) => key,
        None => missing(secrets.key_path()).and_then(|()| secrets.new_key(false))?,
    };
    if wanted.is_some_and(|wanted| wanted != key.public().id()) {
        report.key_lost = true;
        if !options.declare_loss {
            return Err(LedgerError::BadSecret { path: secrets.key_path(), what: "the key of this ledger" });
        }
    }
    let salt = match secrets.salt()? {
        Some(salt) => salt,
        None => missing(secrets.salt_path()).and_then(|()| secrets.new_salt())?,
    };
    Ok((key, salt))
}
