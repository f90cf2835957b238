//! The queue on the disk.
//!
//! A folder holds segments, in two rows for each run: activity, and everything else. Entries carry the number of their fact, so that both
//! rows together are read in order. What [`Spool::flush`] made safe is found again after any crash; what a crash tore is cut when the
//! folder is opened, and counted. The folder has a limit: the oldest segment of activity goes first when there is no room, then the oldest
//! of the rest, and the run tells of it.
//!
//! One process holds the folder. Facts of earlier lives are sent before those of this one.

mod entry;
mod files;
mod lost;
mod memory;
mod outbox;
mod queue;
mod scan;
mod writer;

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

pub(crate) use files::{make_folder, read_bounded, write_small};
pub use memory::{Memory, Watched};
pub use outbox::{Most, Outbox, Outgoing, Standing, Wake};
pub use writer::Spool;

use queue::Queue;

/// Bounds of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Bytes on the disk. A fact that is larger than all of it is kept alone.
    pub bytes: u64,
    /// Bytes of a segment: what is dropped at once. At most a quarter of all.
    pub segment_bytes: u64,
}

impl Options {
    /// A queue of so many bytes, in segments of a sixteenth, but 64 KiB to 8 MiB.
    #[must_use]
    pub fn new(bytes: u64) -> Self {
        Self { bytes, segment_bytes: (bytes / 16).clamp(64 << 10, 8 << 20) }
    }
}

/// What opening found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OpenReport {
    /// Facts of earlier lives that wait.
    pub waiting: u64,
    /// Lives that they are of.
    pub runs: usize,
    /// Bytes cut from the ends of segments: what a crash tore, and was never said to be safe.
    pub torn_bytes: u64,
    /// What was told last.
    pub memory: Memory,
}

/// Why the queue cannot be used.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum SpoolError {
    #[error("another process uses the queue `{}`", dir.display())]
    Locked { dir: PathBuf },
    #[error("failed to {what} `{}`", path.display())]
    Io { what: &'static str, path: PathBuf, source: io::Error },
    #[error("failed to get random bytes: {0}")]
    Random(getrandom::Error),
    #[error(
        "`{0}` cannot be the name of a node, cluster, run or version: 1 to 256 bytes without controls, quotes and backslashes"
    )]
    Sender(String),
    #[error("the queue is of run `{own}`, and not of `{given}`")]
    OtherRun { own: String, given: String },
    #[error(transparent)]
    Fact(#[from] avouch_finding::FactError),
    #[error("a fact of kind `{kind}` cannot be sent: {reason}")]
    Unfit { kind: String, reason: &'static str },
    #[error("failed to write a fact as JSON")]
    Json(#[source] serde_json::Error),
    #[error("the queue could not be written before and must be opened anew")]
    Broken,
}

/// What the two ends share.
#[derive(Debug)]
struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
    /// Holds the folder while either end lives.
    _lock: File,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Whoever panicked with it left numbers that at worst send something again.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
