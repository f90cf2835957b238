//! Slices: small captures around detections, each with the state before its first event, so that `avouch replay` decides on
//! it as the live run did.
//!
//! The last events are kept in memory, as many as the budget and the time before a detection allow. The state as it was
//! before the oldest of them is kept too, as a second [`State`] to which an event is applied when it leaves the memory. A
//! slice is then that state told as facts, the events kept, and what follows for a moment. The other way, a snapshot of the
//! one state every so many events, stops the stream at each of them, on a busy machine several times a second, and gives
//! slices of any length; the second state costs one more application an event and twice the memory of the state, and the
//! stream stops only where a slice begins.
//!
//! Measured on two cores of a virtual machine, `avouch agent --capture` over two million events of the shipped recording:
//! about 0.2 us more an event with the memory kept, and less than a millisecond for a slice of 0.7 MB.

use std::path::PathBuf;
use std::time::Duration;

use avouch_event::{Event, Item};
use avouch_scap::{WriteError, Writer};
use avouch_state::{Limits as StateLimits, State};
use rustc_hash::FxHashSet;
use serde::Serialize;

use super::disk::SliceDisk;
use super::log::{EventLog, Ranges};
use super::records::rfc3339;

/// How slices are made, and what bounds them.
#[derive(Clone, Debug)]
pub struct SliceOptions {
    /// Folder they are written to.
    pub dir: PathBuf,
    /// Names of the rules whose detections are sliced; all when `None`.
    pub rules: Option<FxHashSet<String>>,
    /// Most bytes of events kept before a detection.
    pub ring_bytes: usize,
    /// How long before a detection a slice begins, at most.
    pub before: Duration,
    /// How long it goes on after.
    pub after: Duration,
    /// Slices that grow at one time.
    pub at_once: usize,
    /// Most bytes of one slice.
    pub slice_bytes: usize,
    /// Most bytes of all slices of a run.
    pub total_bytes: u64,
}

impl SliceOptions {
    /// Into `dir`, of all rules.
    #[must_use]
    pub fn new(dir: PathBuf) -> Self {
        Self {
            dir,
            rules: None,
            ring_bytes: 16 << 20,
            before: Duration::from_secs(10),
            after: Duration::from_secs(1),
            at_once: 4,
            slice_bytes: 64 << 20,
            total_bytes: 1 << 30,
        }
    }
}

/// What came of slices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SliceCounts {
    /// Begun.
    pub begun: u64,
    /// On disk.
    pub written: u64,
    /// Not written because the disk refused, or was too slow.
    pub failed: u64,
    /// Ended early because they grew too large.
    pub cut: u64,
    /// Detections whose event lies in a slice that was already growing.
    pub shared: u64,
    /// Detections without a slice because the run has written all it may.
    pub refused: u64,
    /// Facts and events that a capture cannot hold.
    pub not_encoded: u64,
    /// Bytes handed to the disk.
    pub bytes: u64,
}

struct Open {
    name: String,
    rule: String,
    writer: Writer<Vec<u8>>,
    /// About the bytes it has.
    bytes: usize,
    /// Time of the last event that still belongs to it.
    until: u64,
    /// When it ends though no event comes, by the clock that never goes back.
    until_mono: u64,
}

/// The memory before detections, and the slices that grow.
pub(crate) struct Slices {
    options: SliceOptions,
    /// Before the oldest event of `recent`.
    before: State,
    recent: EventLog,
    ranges: Ranges,
    open: Vec<Open>,
    disk: SliceDisk,
    counts: SliceCounts,
}

impl Slices {
    pub(crate) fn new(options: SliceOptions, limits: StateLimits) -> std::io::Result<Self> {
        Ok(Self {
            before: State::new(limits),
            recent: EventLog::default(),
            ranges: Ranges::new(),
            open: Vec::new(),
            disk: SliceDisk::start(&options.dir, options.at_once)?,
            counts: SliceCounts::default(),
            options,
        })
    }

    /// Takes an item that the run's own state was just told.
    pub(crate) fn item(&mut self, item: &Item<'_>) {
        let Item::Event(event) = item else {
            while !self.recent.is_empty() {
                self.age();
            }
            self.before.apply(item);
            return;
        };
        for open in &mut self.open {
            if event.timestamp <= open.until {
                write(open, item, &mut self.counts);
            }
        }
        self.end(event.timestamp, 0);
        self.recent.push(event);
        let oldest = event.timestamp.saturating_sub(nanoseconds(self.options.before));
        while self.recent.bytes() > self.options.ring_bytes
            || (self.recent.len() > 1 && self.recent.front_timestamp().is_some_and(|t| t < oldest))
        {
            self.age();
        }
    }

    /// Moves the oldest event from the memory to the state before it.
    fn age(&mut self) {
        if let Some(event) = self.recent.front(&mut self.ranges) {
            self.before.apply(&Item::Event(event));
        }
        self.recent.drop_front();
    }

    /// Begins a slice for the event taken last, unless one already holds it. The name of the file, when there is one.
    pub(crate) fn detected(&mut self, rule: &str, event: &Event<'_>, mono: u64) -> Option<String> {
        if self.options.rules.as_ref().is_some_and(|rules| !rules.contains(rule)) {
            return None;
        }
        let same = self.open.iter().find(|o| o.rule == rule);
        let other = || self.open.last().filter(|_| self.open.len() >= self.options.at_once);
        if let Some(open) = same.or_else(other) {
            self.counts.shared += 1;
            return Some(open.name.clone());
        }
        if self.counts.bytes >= self.options.total_bytes {
            self.counts.refused += 1;
            return None;
        }
        let name = file_name(rule, event);
        let mut open = Open {
            name: name.clone(),
            rule: rule.to_owned(),
            writer: Writer::new(Vec::new()),
            bytes: 0,
            until: event.timestamp.saturating_add(nanoseconds(self.options.after)),
            until_mono: mono.saturating_add(nanoseconds(self.options.after)),
        };
        let counts = &mut self.counts;
        counts.begun += 1;
        let told = self.before.snapshot(|item| {
            write(&mut open, item, counts);
            Ok::<(), std::convert::Infallible>(())
        });
        let kept = self.recent.for_each(|event| {
            write(&mut open, &Item::Event(*event), counts);
            Ok::<(), std::convert::Infallible>(())
        });
        let (Ok(()), Ok(())) = (told, kept);
        self.open.push(open);
        Some(name)
    }

    /// Ends slices by the clock: when nothing happens, no event does it. Fetches what the disk did.
    pub(crate) fn tick(&mut self, mono: u64) {
        self.end(0, mono);
        (self.counts.written, self.counts.failed) = self.disk.counts();
    }

    /// Writes what is open, and waits for the disk.
    pub(crate) fn finish(&mut self) {
        self.end(u64::MAX, u64::MAX);
        self.disk.finish();
        (self.counts.written, self.counts.failed) = self.disk.counts();
    }

    pub(crate) fn counts(&self) -> SliceCounts {
        self.counts
    }

    fn end(&mut self, timestamp: u64, mono: u64) {
        let limit = self.options.slice_bytes;
        let mut i = 0;
        while let Some(open) = self.open.get(i) {
            let cut = open.bytes > limit;
            if !cut && timestamp <= open.until && mono < open.until_mono {
                i += 1;
                continue;
            }
            let open = self.open.swap_remove(i);
            self.counts.cut += u64::from(cut);
            match open.writer.finish() {
                Ok(bytes) => {
                    self.counts.bytes += bytes.len() as u64;
                    self.disk.write(open.name, bytes);
                }
                // Memory does not fail to be written; what cannot be encoded was counted.
                Err(_) => self.counts.not_encoded += 1,
            }
        }
    }
}

/// A fact that a capture cannot hold is counted and left out; the rest still stands.
fn write(open: &mut Open, item: &Item<'_>, counts: &mut SliceCounts) {
    open.bytes += match item {
        Item::Event(e) => 40 + (0..e.params.len()).filter_map(|i| e.params.get(i)).map(|p| p.len() + 4).sum::<usize>(),
        // About what an entry takes; only a bound needs it.
        _ => 128,
    };
    match open.writer.write(item) {
        // Users of containers follow as events.
        Ok(()) | Err(WriteError::ContainerUser) => {}
        Err(_) => counts.not_encoded += 1,
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// `<time>-<rule>-<number>.scap`, of characters that every file system and shell takes.
fn file_name(rule: &str, event: &Event<'_>) -> String {
    let mut slug: String =
        rule.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).take(60).collect();
    if slug.is_empty() {
        slug.push('_');
    }
    format!("{}-{slug}-{}.scap", rfc3339(event.timestamp).replace(':', ""), event.num)
}
