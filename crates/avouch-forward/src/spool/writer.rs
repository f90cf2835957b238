//! The end of the queue that is written.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};

use avouch_evidence::{FactSink, SinkError};
use avouch_finding::{Fact, Time};
use avouch_ledger::{MAX_LINE, OWN, Source, is_kind, write_canonical};
use avouch_redact::Redactor;

use super::entry;
use super::files::{Lane, Name, create, failed, lock, salt, sync_dir};
use super::memory::Memory;
use super::queue::{Queue, Run, remove};
use super::scan::{FORMAT, Head, scan};
use super::{OpenReport, Options, Outbox, Shared, SpoolError};
use crate::wire::Sender;

/// Bytes of a row that are held back before they are written; they are safe only when they are synced.
const BUFFER: usize = 256 << 10;

/// The end of the queue that is written, by the one process that holds the folder. What is recorded is safe, and sent, once
/// [`Spool::flush`] returned. When it is let go without [`FactSink::close`], what was not flushed is gone, as after a crash.
#[derive(Debug)]
pub struct Spool {
    shared: Arc<Shared>,
    dir: PathBuf,
    options: Options,
    sender: Sender,
    ordinal: u64,
    redactor: Redactor,
    memory: Memory,
    /// There is something new to remember.
    fresh_memory: bool,
    next_seq: u64,
    /// By [`Lane`].
    rows: [Row; 2],
    /// Names of new files may not be on the disk.
    new_files: bool,
    broken: bool,
    text: Vec<u8>,
}

/// The segment of a row that is written.
#[derive(Debug, Default)]
struct Row {
    file: Option<File>,
    number: u64,
    /// Bytes in the file.
    written: u64,
    /// Bytes among them that are safe.
    published: u64,
    buffer: Vec<u8>,
    /// Numbers of the first and last entry that are not safe yet, and how many there are.
    fresh: Option<(u64, u64)>,
    entries: u64,
}

impl Row {
    fn bytes(&self) -> u64 {
        self.written + self.buffer.len() as u64
    }

    /// Bytes that the queue does not know of yet.
    fn unsafe_bytes(&self) -> u64 {
        self.bytes() - self.published
    }
}

impl Spool {
    /// Opens the folder, or begins it, for facts of this run: its two ends, and what was found.
    ///
    /// # Errors
    /// [`SpoolError::Locked`] when another process holds it; else when names of the sender cannot be sent, or files not be read or
    /// written.
    pub fn open(dir: &Path, options: Options, sender: Sender) -> Result<(Self, Outbox, OpenReport), SpoolError> {
        if !sender.is_valid() {
            return Err(SpoolError::Sender(format!("{} / {} / {}", sender.node, sender.cluster, sender.run)));
        }
        let lock = lock(dir)?;
        let redactor = Redactor::new(salt(dir)?);
        let memory = Memory::load(dir)?;
        let mut report = OpenReport { memory: memory.clone(), ..OpenReport::default() };
        let mut queue = Queue::new(dir);
        let ordinal = scan(dir, &mut queue, &mut report)? + 1;
        queue.runs.push_back(Run::new(ordinal, sender.clone()));
        let shared = Arc::new(Shared { queue: Mutex::new(queue), wake: Condvar::new(), _lock: lock });
        let outbox = Outbox(Arc::clone(&shared));
        let options = Options { segment_bytes: options.segment_bytes.min(options.bytes / 4).max(1), ..options };
        let spool = Self {
            shared,
            dir: dir.to_owned(),
            options,
            sender,
            ordinal,
            redactor,
            memory,
            fresh_memory: false,
            next_seq: 1,
            rows: [Row::default(), Row::default()],
            new_files: false,
            broken: false,
            text: Vec::new(),
        };
        Ok((spool, outbox, report))
    }

    /// Number of the next fact.
    #[must_use]
    pub fn next_seq(&self) -> u64 {
        self.next_seq
    }

    /// Takes a fact. Secrets in it are replaced, as the ledger does it.
    ///
    /// # Errors
    /// When no ledger would take it (nothing happened then), or files cannot be written.
    pub fn record(&mut self, fact: &Fact, now: Time) -> Result<u64, SpoolError> {
        self.usable()?;
        self.encode(fact, now)?;
        let lane = Lane::of(fact.kind());
        // The first of a segment says whose it is.
        let bytes = entry::size(self.text.len()) + 1_024;
        let result = self.make_room(bytes, fact, now).and_then(|()| {
            let seq = self.push(lane, now)?;
            if self.rows[lane as usize].bytes() >= self.options.segment_bytes {
                self.flush_facts(now)?;
                self.seal(lane)?;
            }
            Ok(seq)
        });
        self.broken = result.is_err();
        result
    }

    /// Makes everything that was recorded safe; it can be sent from now on.
    ///
    /// # Errors
    /// When files cannot be written.
    pub fn flush(&mut self, now: Time) -> Result<(), SpoolError> {
        self.usable()?;
        let result = self.flush_facts(now);
        self.broken = result.is_err();
        result
    }

    /// Ends the run in good order. What waits is sent as long as the other end is asked, or by the next life.
    ///
    /// # Errors
    /// When files cannot be written.
    pub fn end(mut self, now: Time) -> Result<(), SpoolError> {
        self.flush(now)?;
        Lane::ALL.into_iter().try_for_each(|lane| self.seal(lane))?;
        self.shared.lock().closed = true;
        self.shared.wake.notify_all();
        Ok(())
    }

    fn usable(&self) -> Result<(), SpoolError> {
        if self.broken { Err(SpoolError::Broken) } else { Ok(()) }
    }

    /// Puts the line of a fact, which has the next number, into `text`.
    fn encode(&mut self, fact: &Fact, now: Time) -> Result<(), SpoolError> {
        let kind = fact.kind();
        let unfit = |reason| SpoolError::Unfit { kind: kind.to_owned(), reason };
        if !is_kind(kind) || kind.starts_with(OWN) {
            return Err(unfit("it is of no kind that can be told"));
        }
        let mut body = fact.body()?;
        if !body.is_object() {
            return Err(unfit("its body is no object"));
        }
        let time = fact.time().unwrap_or(now);
        self.text.clear();
        // Names of kinds are their own JSON.
        write!(self.text, r#"{{"seq":{},"time":"{time}","kind":"{kind}","body":"#, self.next_seq)
            .map_err(failed("write", &self.dir))?;
        let front = self.text.len();
        let write = |text: &mut Vec<u8>, body: &serde_json::Value| {
            text.truncate(front);
            write_canonical(text, body).map_err(|_| unfit("it is nested too deep"))
        };
        write(&mut self.text, &body)?;
        if self.redactor.may_hold(&self.text) && self.redactor.redact(&mut body) > 0 {
            write(&mut self.text, &body)?;
        }
        if self.text.len() - front > MAX_LINE - 1_024 {
            return Err(unfit("it is too large"));
        }
        self.text.push(b'}');
        self.fresh_memory |= self.memory.told(kind, &body);
        Ok(())
    }

    /// Adds what `text` holds to a row.
    fn push(&mut self, lane: Lane, now: Time) -> Result<u64, SpoolError> {
        let seq = self.next_seq;
        let row = &mut self.rows[lane as usize];
        if row.file.is_none() {
            let path = Name { run: self.ordinal, lane, number: row.number + 1 }.path(&self.dir);
            row.file = Some(create(&path)?);
            row.number += 1;
            self.new_files = true;
            let head = Head { format: FORMAT.to_owned(), sender: self.sender.clone() };
            let head = serde_json::to_vec(&head).map_err(SpoolError::Json)?;
            entry::write(&mut row.buffer, 0, now.0, &head);
        }
        entry::write(&mut row.buffer, seq, now.0, &self.text);
        row.fresh = Some((row.fresh.map_or(seq, |(first, _)| first), seq));
        row.entries += 1;
        self.next_seq += 1;
        if row.buffer.len() >= BUFFER {
            self.write_out(lane)?;
        }
        Ok(seq)
    }

    fn write_out(&mut self, lane: Lane) -> Result<(), SpoolError> {
        let row = &mut self.rows[lane as usize];
        if let Some(file) = &mut row.file {
            let name = Name { run: self.ordinal, lane, number: row.number };
            file.write_all(&row.buffer).map_err(|e| failed("write", &name.path(&self.dir))(e))?;
            row.written += row.buffer.len() as u64;
            row.buffer.clear();
        }
        Ok(())
    }

    /// Tells of what was lost, then makes all safe. Both rows become readable at once, or facts would be sent out of order.
    fn flush_facts(&mut self, now: Time) -> Result<(), SpoolError> {
        let (lost, condemned) = {
            let mut queue = self.shared.lock();
            (std::mem::take(&mut queue.lost), std::mem::take(&mut queue.condemned))
        };
        if !lost.is_empty() {
            for fact in lost.facts(&self.sender.node, now) {
                self.encode(&fact, now)?;
                self.push(Lane::Facts, now)?;
            }
        }
        for lane in Lane::ALL {
            self.write_out(lane)?;
            let row = &self.rows[lane as usize];
            if let Some(file) = row.file.as_ref().filter(|_| row.fresh.is_some()) {
                let name = Name { run: self.ordinal, lane, number: row.number };
                file.sync_data().map_err(|e| failed("sync", &name.path(&self.dir))(e))?;
            }
        }
        if std::mem::take(&mut self.new_files) {
            sync_dir(&self.dir)?;
        }
        let mut queue = self.shared.lock();
        for lane in Lane::ALL {
            let row = &mut self.rows[lane as usize];
            if let Some(numbers) = row.fresh.take() {
                row.published = row.written;
                queue.publish(lane, row.number, row.written, numbers, std::mem::take(&mut row.entries));
            }
        }
        drop(queue);
        self.shared.wake.notify_all();
        condemned.iter().try_for_each(|path| remove(path))?;
        if std::mem::take(&mut self.fresh_memory) {
            self.memory.save(&self.dir)?;
        }
        Ok(())
    }

    /// Ends the segment of a row. It has to be flushed.
    fn seal(&mut self, lane: Lane) -> Result<(), SpoolError> {
        let row = &mut self.rows[lane as usize];
        (row.file, row.written, row.published) = (None, 0, 0);
        self.shared.lock().seal(lane)
    }

    /// Drops segments until so many bytes fit, and tells of it. The fact that waits for the room is in `text`, and is put there anew
    /// when others went before it.
    fn make_room(&mut self, bytes: u64, fact: &Fact, now: Time) -> Result<(), SpoolError> {
        let (mut flushed, mut dropped) = (false, false);
        loop {
            let fresh: u64 = self.rows.iter().map(Row::unsafe_bytes).sum();
            let mut queue = self.shared.lock();
            if queue.bytes + fresh + bytes <= self.options.bytes {
                break;
            }
            match queue.choose() {
                Some(victim) if !victim.open => {
                    queue.drop_segment(&victim)?;
                    dropped = true;
                    continue;
                }
                Some(victim) => {
                    drop(queue);
                    self.flush_facts(now)?;
                    self.seal(victim.lane)?;
                }
                // What could be dropped is not safe yet.
                None if fresh > 0 => {
                    drop(queue);
                    self.flush_facts(now)?;
                }
                None => break,
            }
            flushed = true;
        }
        if dropped {
            self.flush_facts(now)?;
        }
        if dropped || flushed { self.encode(fact, now) } else { Ok(()) }
    }
}

impl FactSink for Spool {
    fn record(&mut self, fact: &Fact, source: &Source, now: Time) -> Result<(), SinkError> {
        if source.run != self.sender.run {
            return Err(SpoolError::OtherRun { own: self.sender.run.clone(), given: source.run.clone() }.into());
        }
        match Self::record(self, fact, now) {
            // What somebody made so large or so deep must not end the watch: it is counted, and told of, as what was dropped.
            Err(SpoolError::Unfit { kind, .. }) => self.shared.lock().refuse(&kind, fact.time().unwrap_or(now)),
            recorded => drop(recorded?),
        }
        Ok(())
    }

    fn flush(&mut self, now: Time) -> Result<(), SinkError> {
        Ok(Self::flush(self, now)?)
    }

    fn close(self: Box<Self>, now: Time) -> Result<(), SinkError> {
        Ok(self.end(now)?)
    }
}
