//! Progress of long questions, and how they are stopped.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::{Error, Result};

/// How far a question has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is read: `recordings` (in bytes, before decompression where a file is mapped), `findings` or `activity`.
    pub what: &'static str,
    /// How many so far.
    pub done: u64,
    /// Of how many, when that is known.
    pub of: Option<u64>,
}

/// Hears of progress, and says when to stop.
pub struct Watch<'a> {
    cancel: Option<&'a AtomicBool>,
    told: &'a mut dyn FnMut(Progress),
    enough: Option<&'a dyn Fn() -> bool>,
}

impl<'a> Watch<'a> {
    /// `told` hears of progress, a few times a second at most on a slow machine; setting `cancel` stops the question with
    /// [`Error::Cancelled`].
    pub fn new(cancel: Option<&'a AtomicBool>, told: &'a mut dyn FnMut(Progress)) -> Self {
        Self { cancel, told, enough: None }
    }

    /// Ends reading activity, which may be much, once `enough` says so: what was read until then counts, and the answer says where it
    /// ended. Asked every thousand records or so.
    #[must_use]
    pub fn until(mut self, enough: &'a dyn Fn() -> bool) -> Self {
        self.enough = Some(enough);
        self
    }

    /// Whether enough of what may be cut short was read.
    pub(crate) fn has_enough(&self) -> bool {
        self.enough.is_some_and(|enough| enough())
    }

    /// Whether somebody asked to stop.
    pub(crate) fn cancelled(&self) -> bool {
        self.cancel.is_some_and(|flag| flag.load(Ordering::Relaxed))
    }

    pub(crate) fn tell(&mut self, what: &'static str, done: u64, of: Option<u64>) -> Result<()> {
        if self.cancelled() {
            return Err(Error::Cancelled);
        }
        (self.told)(Progress { what, done, of });
        Ok(())
    }
}
