//! What the worker did and lost, readable at any time.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use serde::Serialize;

/// Counted since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Files, folders and links that are remembered now.
    pub files: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Every watched file was read once.
    pub baseline_done: bool,
    /// Looks at all files that came to their end.
    pub sweeps: u64,
    /// Containers whose files were read when they were first seen.
    pub containers: u64,
    /// Changes that were taken.
    pub changes: u64,
    /// Changes lost because the queue was full; a look at all files follows.
    pub overflow: u64,
    /// Changes lost because too many files waited to be read; a look at all files follows.
    pub pending_overflow: u64,
    /// Files not remembered, to keep to the bounds.
    pub not_kept: u64,
    /// Times the baseline could not be saved.
    pub saves_failed: u64,
    /// ms since the worker began to read the file that it reads now: one that grows means a file system that hangs.
    pub reading_ms: u64,
}

/// The counters behind [`Counts`].
#[derive(Debug)]
pub(crate) struct Meter {
    began: Instant,
    pub(crate) files: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) baseline_done: AtomicBool,
    pub(crate) sweeps: AtomicU64,
    pub(crate) containers: AtomicU64,
    pub(crate) changes: AtomicU64,
    pub(crate) overflow: AtomicU64,
    pub(crate) pending_overflow: AtomicU64,
    pub(crate) not_kept: AtomicU64,
    pub(crate) saves_failed: AtomicU64,
    /// ms after `began`, plus one; 0 when nothing is read.
    reading_since: AtomicU64,
    /// Something was lost: look at all files.
    pub(crate) sweep_wanted: AtomicBool,
}

impl Meter {
    pub(crate) fn new() -> Self {
        Self {
            began: Instant::now(),
            files: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            baseline_done: AtomicBool::new(false),
            sweeps: AtomicU64::new(0),
            containers: AtomicU64::new(0),
            changes: AtomicU64::new(0),
            overflow: AtomicU64::new(0),
            pending_overflow: AtomicU64::new(0),
            not_kept: AtomicU64::new(0),
            saves_failed: AtomicU64::new(0),
            reading_since: AtomicU64::new(0),
            sweep_wanted: AtomicBool::new(false),
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        let since = self.reading_since.load(Relaxed);
        Counts {
            files: self.files.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
            baseline_done: self.baseline_done.load(Relaxed),
            sweeps: self.sweeps.load(Relaxed),
            containers: self.containers.load(Relaxed),
            changes: self.changes.load(Relaxed),
            overflow: self.overflow.load(Relaxed),
            pending_overflow: self.pending_overflow.load(Relaxed),
            not_kept: self.not_kept.load(Relaxed),
            saves_failed: self.saves_failed.load(Relaxed),
            reading_ms: if since == 0 { 0 } else { (self.now() + 1).saturating_sub(since) },
        }
    }

    /// Runs `read` with the clock on.
    pub(crate) fn reading<T>(&self, read: impl FnOnce() -> T) -> T {
        self.reading_since.store(self.now() + 1, Relaxed);
        let out = read();
        self.reading_since.store(0, Relaxed);
        out
    }

    fn now(&self) -> u64 {
        millis(self.began.elapsed())
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
