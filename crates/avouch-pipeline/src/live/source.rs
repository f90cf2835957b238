//! Where live events come from.

use std::time::Duration;

use avouch_event::{Interest, Item, Losses};

/// Why a live source does not go on.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Events cannot be read any more.
    #[error("failed to read events from {source_name}")]
    Poll {
        /// What the source is, in words.
        source_name: &'static str,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It goes on collecting what it collected before.
    #[error("failed to change what {source_name} collects")]
    Interest {
        /// What the source is, in words.
        source_name: &'static str,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// A source of items that goes on until it is stopped: the kernel sensor, or a recording in place of it.
pub trait LiveSource {
    /// Hands out what arrived since the last call, in order of time as far as the source knows it; returns how many
    /// events. Does not block.
    ///
    /// # Errors
    /// When no event can be read any more.
    fn poll(&mut self, emit: &mut dyn FnMut(&Item<'_>)) -> Result<u64, SourceError>;

    /// How long to wait before the next poll.
    fn pause(&self) -> Duration;

    /// Counts since it was opened.
    fn losses(&self) -> Losses;

    /// Asks for other events from now on.
    ///
    /// # Errors
    /// When the source cannot change; it then goes on as before.
    fn set_interest(&mut self, interest: &Interest) -> Result<(), SourceError>;

    /// What this machine lacks, so that something is not seen: one sentence each.
    fn gaps(&self) -> Vec<String>;

    /// Whether nothing will come any more. A kernel never ends.
    fn ended(&self) -> bool {
        false
    }
}
