//! A thread ends.

use avouch_event::Event;

use crate::state::State;

impl State {
    /// The thread is dead from now on, and gone with the next event. Its children move at once.
    pub(super) fn on_exit(&mut self, e: &Event<'_>) {
        let Some(thread) = self.current.thread else { return };
        self.pending.thread = Some(e.tid);
        if self.at(thread).is_some_and(|t| t.dead || t.is_invalid()) {
            return;
        }
        self.set_dead(thread);
        let reaper = e.params.i64(4).filter(|tid| *tid > 0).and_then(|tid| self.find_ref(tid));
        if let Some(reaper) = reaper.filter(|r| *r != thread) {
            self.hand_over_children(thread, Some(reaper));
            let Some(pid) = self.at(reaper).map(|r| r.pid) else { return };
            if let Some(group) = self.groups.get_mut(&pid) {
                group.reaper = true;
            }
        }
    }
}
