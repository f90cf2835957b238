//! Ending a question early.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Result};

/// Ends questions that somebody no longer waits for. Clones are one and the same.
///
/// ```
/// use avouch_store::{Error, Filter, Options, Stop, Store};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let store = Store::open(dir.path(), Options::default())?;
/// let stop = Stop::default();
/// let mut reader = store.reader()?;
/// reader.until(&stop);
/// assert_eq!(reader.count(&Filter::default().text("x"))?, 0);
/// stop.stop();
/// assert!(matches!(reader.count(&Filter::default().text("x")), Err(Error::Stopped)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// From now on, whoever looks at it ends with [`Error::Stopped`].
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was stopped.
    #[must_use]
    pub fn stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn check(&self) -> Result<()> {
        if self.stopped() { Err(Error::Stopped) } else { Ok(()) }
    }
}
