//! What came in since the server began.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counters of the way in. They are read one by one: sums of two may be a moment apart.
#[derive(Debug, Default)]
pub struct Counted {
    batches: AtomicU64,
    bytes: AtomicU64,
    recorded: AtomicU64,
    repeated: AtomicU64,
    refused: AtomicU64,
    holes: AtomicU64,
    unreadable: AtomicU64,
    turned_away: AtomicU64,
    failed: AtomicU64,
}

/// As [`Counted`], at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IngestCounts {
    /// Batches that were recorded and acknowledged.
    pub batches: u64,
    /// Bytes of them as they came, compressed or not.
    pub bytes: u64,
    /// Facts that were recorded.
    pub recorded: u64,
    /// Facts that were there already: an answer had been lost.
    pub repeated: u64,
    /// Facts that are not taken, and are lost.
    pub refused: u64,
    /// Facts that agents dropped before they sent them, by the numbers that are missing.
    pub holes: u64,
    /// Bodies that are no batch.
    pub unreadable: u64,
    /// Batches that were told to come again because the server was behind.
    pub turned_away: u64,
    /// Batches that could not be recorded; they come again.
    pub failed: u64,
}

/// What one batch came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Came {
    pub bytes: usize,
    pub recorded: u64,
    pub repeated: u64,
    pub refused: u64,
    pub holes: u64,
}

impl Counted {
    /// Now.
    #[must_use]
    pub fn now(&self) -> IngestCounts {
        IngestCounts {
            batches: self.batches.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
            recorded: self.recorded.load(Relaxed),
            repeated: self.repeated.load(Relaxed),
            refused: self.refused.load(Relaxed),
            holes: self.holes.load(Relaxed),
            unreadable: self.unreadable.load(Relaxed),
            turned_away: self.turned_away.load(Relaxed),
            failed: self.failed.load(Relaxed),
        }
    }

    pub(crate) fn came(&self, came: &Came) {
        self.batches.fetch_add(1, Relaxed);
        self.bytes.fetch_add(came.bytes as u64, Relaxed);
        self.recorded.fetch_add(came.recorded, Relaxed);
        self.repeated.fetch_add(came.repeated, Relaxed);
        self.refused.fetch_add(came.refused, Relaxed);
        self.holes.fetch_add(came.holes, Relaxed);
    }

    pub(crate) fn unreadable(&self) {
        self.unreadable.fetch_add(1, Relaxed);
    }

    pub(crate) fn turned_away(&self) {
        self.turned_away.fetch_add(1, Relaxed);
    }

    pub(crate) fn failed(&self) {
        self.failed.fetch_add(1, Relaxed);
    }
}
