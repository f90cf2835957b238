//! An S3-compatible bucket, listed every minute or so.
//!
//! CloudTrail writes `AWSLogs/<account>/CloudTrail/<region>/2026/11/26/...`: names are in order of time within a region, not
//! within the bucket, and a file may come hours after its time. So folders that hold years are looked for first (*streams*), and
//! each is listed from the day before yesterday's end on, less what was handed over.

use std::path::PathBuf;
use std::time::Duration;

use avouch_event::parse_rfc3339;
use avouch_s3::{Bucket, Client, Credentials, Fetched, ListFrom, Object, Page, Reader, S3Error, Utc};
use sha2::{Digest as _, Sha256};

use crate::streams::{BucketState, Stream, day, is_year};
use crate::{Ack, Arrived, CollectError, Round, hex, is_json, state};

const SECOND: u64 = 1_000_000_000;

/// Objects that are handed over between two writings of the state, at least.
const SAVE_EVERY: u64 = 64;

/// Folders inside one another above the years.
const DEPTH: usize = 12;

/// Where credentials are from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialsFrom {
    /// These.
    Fixed(Credentials),
    /// A section of a file, read anew with every look: others may renew temporary credentials there.
    File {
        /// The file.
        path: PathBuf,
        /// Its section.
        profile: String,
    },
}

/// How names in a bucket are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Folders by day somewhere below the prefix, `2026/11/26/`, as CloudTrail and Firehose write them.
    ByDay,
    /// Names in order of time right below the prefix. What comes later with a smaller name is not seen.
    InOrder,
}

/// How a bucket is polled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketOptions {
    /// The bucket.
    pub bucket: Bucket,
    /// Who reads.
    pub credentials: CredentialsFrom,
    /// Beginnings of names, `AWSLogs/`; the empty one is the whole bucket.
    pub prefixes: Vec<String>,
    /// How names are made.
    pub layout: Layout,
    /// File of the state.
    pub state: PathBuf,
    /// Where to begin when there is no state, ns since 1970 UTC: the first day that is looked at.
    pub from: u64,
    /// Days before today that are looked at for what comes late.
    pub late_days: u64,
    /// Bytes of an object; a larger one is refused.
    pub object_bytes: u64,
    /// Objects that are remembered. Beyond, none is fetched, and the round says so.
    pub objects: usize,
    /// Folders by day, and folders looked at to find them.
    pub streams: usize,
    /// How often the folders by day are looked for, ns: a region that is used for the first time makes one.
    pub search_ns: u64,
    /// Attempts at one request.
    pub attempts: u32,
}

impl BucketOptions {
    /// By day, from `from` on, two days for what comes late; 256 MiB an object, a million objects, 10,000 folders that are
    /// looked for every quarter of an hour, four attempts.
    #[must_use]
    pub fn new(bucket: Bucket, credentials: CredentialsFrom, state: PathBuf, from: u64) -> Self {
        Self {
            bucket,
            credentials,
            prefixes: vec![String::new()],
            layout: Layout::ByDay,
            state,
            from,
            late_days: 2,
            object_bytes: 256 << 20,
            objects: 1_000_000,
            streams: 10_000,
            search_ns: 900 * SECOND,
            attempts: 4,
        }
    }
}

/// The clock, and how to wait.
#[derive(Clone, Copy)]
pub struct Waits<'a> {
    /// ns since 1970 UTC.
    pub now: &'a dyn Fn() -> u64,
    /// Waits.
    pub sleep: &'a dyn Fn(Duration),
}

/// See [`BucketOptions`].
#[derive(Debug)]
pub struct BucketPoll {
    options: BucketOptions,
    client: Client,
    state: BucketState,
    searched: Option<u64>,
    unsaved: u64,
}

/// One look.
struct Look<'a> {
    options: &'a BucketOptions,
    reader: Reader<'a>,
    waits: Waits<'a>,
    take: &'a mut dyn FnMut(&Arrived<'_>) -> Ack,
    round: Round,
}

/// What became of an object.
enum Got {
    /// It is safe, or will never be read.
    Done,
    /// It is to come again.
    Again,
    /// The look ends.
    Stop,
}

impl BucketPoll {
    /// Reads the state; asks the bucket nothing.
    ///
    /// # Errors
    /// When there is a state and it cannot be read.
    pub fn open(options: BucketOptions) -> Result<Self, CollectError> {
        let state = state::load(&options.state)?;
        Ok(Self { options, client: Client::new(), state, searched: None, unsaved: 0 })
    }

    /// Looks for what is new and hands it over.
    ///
    /// # Errors
    /// When the bucket cannot be listed, an object could not be fetched in all attempts, or the state not be written. What was
    /// handed over before is noted.
    pub fn poll(&mut self, waits: Waits<'_>, take: &mut dyn FnMut(&Arrived<'_>) -> Ack) -> Result<Round, CollectError> {
        let credentials = match &self.options.credentials {
            CredentialsFrom::Fixed(credentials) => credentials.clone(),
            CredentialsFrom::File { path, profile } => Credentials::from_file(path, profile)?,
        };
        let (options, client) = (self.options.clone(), self.client.clone());
        let reader = Reader { client: &client, bucket: &options.bucket, credentials: &credentials };
        let round = Round { complete: true, ..Round::default() };
        let mut look = Look { options: &options, reader, waits, take, round };
        let result = match options.layout {
            Layout::ByDay => self.by_day(&mut look),
            Layout::InOrder => self.in_order(&mut look),
        };
        self.save()?;
        result?;
        Ok(look.round)
    }

    fn save(&mut self) -> Result<(), CollectError> {
        if self.unsaved > 0 {
            state::save(&self.options.state, &self.state)?;
            self.unsaved = 0;
        }
        Ok(())
    }

    /// Something changed. The more there is to write, the more seldom it is written.
    fn note(&mut self) -> Result<(), CollectError> {
        self.unsaved += 1;
        let known: usize = self.state.streams.values().map(Stream::len).sum();
        if self.unsaved >= SAVE_EVERY.max(known as u64 / 32) { self.save() } else { Ok(()) }
    }

    fn by_day(&mut self, look: &mut Look<'_>) -> Result<(), CollectError> {
        let now = (look.waits.now)();
        // A clock that was set back must not put the search off.
        if self.searched.is_none_or(|at| now < at || now - at >= look.options.search_ns) {
            // Later runs may ask for less: what a folder that is new to them holds was never handed over.
            let begun = *self.state.begun.get_or_insert(look.options.from);
            for prefix in &look.options.prefixes {
                let found = look.search(prefix)?;
                if found.is_empty() && !self.state.streams.keys().any(|s| s.starts_with(prefix.as_str())) {
                    return Err(CollectError::NoDays {
                        bucket: look.options.bucket.name.clone(),
                        prefix: prefix.clone(),
                    });
                }
                for stream in found {
                    let new = || Stream { from: day(begun, 0), ..Stream::default() };
                    self.unsaved += u64::from(!self.state.streams.contains_key(&stream));
                    self.state.streams.entry(stream).or_insert_with(new);
                }
            }
            self.searched = Some(now);
        }
        let prefixes: Vec<String> = self.state.streams.keys().cloned().collect();
        for prefix in prefixes {
            if !self.stream(&prefix, look)? {
                break;
            }
        }
        Ok(())
    }

    /// One folder by day; whether the look goes on.
    fn stream(&mut self, prefix: &str, look: &mut Look<'_>) -> Result<bool, CollectError> {
        let today = day((look.waits.now)(), look.options.late_days);
        let mut all: usize = self.state.streams.values().map(Stream::len).sum();
        let Some(from) = self.state.streams.get(prefix).map(|s| s.from.clone()) else { return Ok(true) };
        let start = format!("{prefix}{from}");
        let (mut page, mut every) = (look.list(prefix, ListFrom::After(&start), None)?, true);
        loop {
            for object in std::mem::take(&mut page.objects) {
                let Some(stream) = self.state.streams.get_mut(prefix) else { return Ok(true) };
                if !is_json(&object.key) {
                    look.round.ignored += 1;
                    continue;
                }
                if stream.holds(&object.key, &object.etag, prefix) {
                    continue;
                }
                if all >= look.options.objects {
                    (every, look.round.complete) = (false, false);
                    look.round.refused += 1;
                    look.round.problem(|| format!("`{}` is one object too many to be remembered", object.key));
                    continue;
                }
                match look.object(&object, stream.holds_name(&object.key, prefix))? {
                    Got::Done => {
                        stream.add(&object.key, &object.etag, prefix);
                        all += 1;
                        self.note()?;
                    }
                    Got::Again => every = false,
                    Got::Stop => return Ok(false),
                }
            }
            let Some(next) = page.next.take() else { break };
            page = look.list(prefix, ListFrom::Next(&next), None)?;
        }
        let closed = every && self.state.streams.get_mut(prefix).is_some_and(|s| s.close(today));
        if closed {
            self.note()?;
        }
        Ok(true)
    }

    fn in_order(&mut self, look: &mut Look<'_>) -> Result<(), CollectError> {
        for prefix in &look.options.prefixes {
            loop {
                let after = self.state.after.get(prefix).cloned();
                let from = after.as_deref().map_or(ListFrom::Start, ListFrom::After);
                let page = look.list(prefix, from, None)?;
                for object in &page.objects {
                    if is_json(&object.key) {
                        match look.object(object, false)? {
                            Got::Done => {}
                            // Nothing may be passed over: names behind this one wait as well.
                            Got::Again | Got::Stop => return Ok(()),
                        }
                    } else {
                        look.round.ignored += 1;
                    }
                    self.state.after.insert(prefix.clone(), object.key.clone());
                    self.note()?;
                }
                if page.next.is_none() || page.objects.is_empty() {
                    break;
                }
            }
        }
        Ok(())
    }
}

impl Look<'_> {
    fn failed(&self, what: &'static str, source: S3Error) -> CollectError {
        CollectError::Bucket { bucket: self.options.bucket.name.clone(), what, source }
    }

    /// Tries again, each time after twice the time, what may pass.
    fn tried<T>(&self, mut ask: impl FnMut(Utc) -> Result<T, S3Error>) -> Result<T, S3Error> {
        let mut wait = Duration::from_millis(250);
        let mut attempt = 1;
        loop {
            match ask(Utc((self.waits.now)() / SECOND)) {
                Err(error) if error.is_passing() && attempt < self.options.attempts => {
                    (self.waits.sleep)(wait);
                    wait *= 2;
                    attempt += 1;
                }
                answer => return answer,
            }
        }
    }

    fn list(&self, prefix: &str, from: ListFrom<'_>, delimiter: Option<&str>) -> Result<Page, CollectError> {
        let answer = self.tried(|now| self.reader.list(prefix, from, delimiter, now));
        answer.map_err(|e| self.failed("listed", e))
    }

    /// The folders below `prefix` that hold years.
    fn search(&mut self, prefix: &str) -> Result<Vec<String>, CollectError> {
        let (mut out, mut open, mut asked) = (Vec::new(), vec![(prefix.to_owned(), 0)], 0);
        while let Some((folder, depth)) = open.pop() {
            let mut from: Option<String> = None;
            let mut years = false;
            loop {
                asked += 1;
                if asked > self.options.streams {
                    self.round.complete = false;
                    self.round.problem(|| format!("there are too many folders below `{prefix}`"));
                    return Ok(out);
                }
                let page = self.list(&folder, from.as_deref().map_or(ListFrom::Start, ListFrom::Next), Some("/"))?;
                for inner in page.folders {
                    if is_year(&inner) {
                        years = true;
                    } else if depth < DEPTH {
                        open.push((inner, depth + 1));
                    }
                }
                from = page.next;
                if from.is_none() {
                    break;
                }
            }
            if years {
                out.push(folder);
            }
        }
        out.sort();
        Ok(out)
    }

    fn object(&mut self, object: &Object, changed: bool) -> Result<Got, CollectError> {
        let key = &object.key;
        if object.bytes > self.options.object_bytes {
            self.round.refused += 1;
            self.round.problem(|| format!("`{key}` has {} bytes: too large", object.bytes));
            return Ok(Got::Done);
        }
        let Fetched { bytes, metadata } =
            match self.tried(|now| self.reader.get(key, object.bytes.saturating_add(1), now)) {
                Ok(fetched) if fetched.bytes.len() as u64 == object.bytes => fetched,
                // Somebody wrote it anew since it was listed: the next look lists what it is then.
                Ok(Fetched { bytes, .. }) => {
                    self.round.failed += 1;
                    self.round.problem(|| format!("`{key}` has {} bytes, not {} as listed", bytes.len(), object.bytes));
                    return Ok(Got::Again);
                }
                Err(error) if error.is_passing() => return Err(self.failed("read", error)),
                // One that is gone, locked away or longer than listed must not stop the others.
                Err(error) => {
                    self.round.failed += 1;
                    self.round.problem(|| format!("`{key}` cannot be read: {error}"));
                    return Ok(Got::Again);
                }
            };
        let sha256 = hex(&Sha256::digest(&bytes));
        let modified = parse_rfc3339(object.modified.as_bytes()).unwrap_or_default();
        let signature = metadata.get("signature").map(String::as_str);
        let arrived = Arrived { name: key, bytes: &bytes, signature, modified, sha256: &sha256, changed, whole: true };
        if (self.take)(&arrived) == Ack::Later {
            self.round.complete = false;
            return Ok(Got::Stop);
        }
        self.round.delivered += 1;
        self.round.changed += u64::from(changed);
        Ok(Got::Done)
    }
}
