//! What requests share besides the store: answers, places, turns.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::live::Places;
use crate::once::Once;

/// Files of findings that are written at a time.
const EXPORTS: usize = 2;

/// What requests share.
pub(crate) struct Shared {
    /// Answers that several ask for.
    pub once: Once,
    /// Places of those who watch.
    pub places: Places,
    /// Turns of exports.
    pub exports: Arc<Semaphore>,
}

impl Default for Shared {
    fn default() -> Self {
        Self { once: Once::default(), places: Places::default(), exports: Arc::new(Semaphore::new(EXPORTS)) }
    }
}
