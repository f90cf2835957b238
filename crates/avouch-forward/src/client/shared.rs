//! What a thread of this crate and those who started it both look at.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A state, and the sign that it changed.
#[derive(Debug, Default)]
pub(super) struct Shared<T> {
    pub(super) state: Mutex<T>,
    pub(super) changed: Condvar,
}

impl<T> Shared<T> {
    /// The state, also after a thread that held it has panicked: each change of it is whole.
    pub(super) fn lock(&self) -> MutexGuard<'_, T> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
