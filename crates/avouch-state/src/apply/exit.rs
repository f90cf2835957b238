//! A thread ends.

use avouch_event::Event;

use crate::state::State;

/// An exit at most so long ago, in ns, may have overtaken the clone event of the parent.
const MOMENT_NS: u64 = 1_000_000_000;

/// The last threads that exited, and when.
#[derive(Debug, Default)]
pub(crate) struct Exited {
    ring: [(i64, u64); 32],
    next: usize,
}

impl Exited {
    fn note(&mut self, tid: i64, now: u64) {
        self.next = (self.next + 1) % self.ring.len();
        if let Some(slot) = self.ring.get_mut(self.next) {
            *slot = (tid, now);
        }
    }

    /// Whether `tid` exited moments before `now`.
    pub(super) fn recently(&self, tid: i64, now: u64) -> bool {
        self.ring.iter().any(|(t, ts)| *t == tid && *ts != 0 && now.wrapping_sub(*ts) < MOMENT_NS)
    }
}

impl State {
    /// The thread is dead from now on, and gone with the next event, when its children find a new parent.
    pub(super) fn on_exit(&mut self, e: &Event<'_>) {
        self.exited.note(e.tid, e.timestamp);
        let Some(thread) = self.current.thread else { return };
        self.set_dead(thread);
        self.pending.thread = Some((e.tid, e.params.i64(4).unwrap_or(-1)));
    }
}
