//! What the state worked out about the event it applied last.

use crate::thread::ThreadRef;

/// What the state worked out about the event it applied last.
#[derive(Clone, Debug, Default)]
pub struct Current {
    /// Thread that acted; `None` for events of no thread and for threads that stay unknown.
    pub(crate) thread: Option<ThreadRef>,
    /// Number of the descriptor the event works on, where it works on one.
    pub(crate) fd: Option<i64>,
    /// Whose table holds it.
    pub(crate) fd_owner: Option<ThreadRef>,
    /// Positive errno of a failed call, 0 otherwise.
    pub(crate) error: u32,
    pub(crate) name_changed: bool,
    /// The thread's stored enter event belongs to this exit.
    pub(crate) enter_used: bool,
    /// See [`Self::first_timestamp`].
    pub(crate) first_ts: Option<u64>,
    /// Time of the event shown before this one.
    pub(crate) prev_ts: Option<u64>,
    /// Time of the event shown last.
    pub(crate) shown_ts: Option<u64>,
}

impl Current {
    /// Number of the descriptor the event works on (`fd.num`), read from the event or made by it: -1 when it failed to
    /// make one or does not tell; `None` when the event has nothing to do with descriptors.
    #[must_use]
    pub fn fd_num(&self) -> Option<i64> {
        self.fd
    }

    /// Positive errno of a failed call; `None` when the call succeeded or returns nothing.
    #[must_use]
    pub fn error(&self) -> Option<u32> {
        (self.error != 0).then_some(self.error)
    }

    /// Whether the event changed the name of its descriptor (`fd.name_changed`).
    #[must_use]
    pub fn name_changed(&self) -> bool {
        self.name_changed
    }

    /// Time of the run's first event, ns since the epoch (`evt.reltime` counts from it); 0 while only marks of the
    /// driver's own (`procinfo`, `scapevent`) or metadata came.
    #[must_use]
    pub fn first_timestamp(&self) -> u64 {
        self.first_ts.unwrap_or(0)
    }

    /// Time of the event shown before this one (`evt.deltatime`), `None` for the first.
    #[must_use]
    pub fn previous_timestamp(&self) -> Option<u64> {
        self.prev_ts
    }
}
