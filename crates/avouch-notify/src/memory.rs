//! Where a notifier keeps what it has still to do, so that another can go on after a crash.

use crate::router::Change;

/// Why something could not be kept.
pub type MemoryError = Box<dyn std::error::Error + Send + Sync>;

/// Keeps rows by name. Whoever starts a notifier again reads them ([`Saved::read`](crate::Saved::read)).
pub trait Memory: Send {
    /// Writes and removes rows, all or none. What it returned from outlives the process.
    ///
    /// # Errors
    /// When nothing was written; the same changes come again with the next.
    fn keep(&mut self, changes: &[Change]) -> Result<(), MemoryError>;
}

/// Keeps nothing: what waits when the process ends is not told.
#[derive(Clone, Copy, Debug, Default)]
pub struct Forgetful;

impl Memory for Forgetful {
    fn keep(&mut self, _: &[Change]) -> Result<(), MemoryError> {
        Ok(())
    }
}
