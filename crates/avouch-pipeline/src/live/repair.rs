//! Threads whose birth was missed (lost, or before the start and overlooked) are looked up once they act.

use avouch_event::{Event, EventType, Item, SourceCategory, types};
use avouch_state::State;
use rustc_hash::FxHashMap;

/// Look-ups in one second; each costs some 100 us, so that a flood of unknown threads takes a twentieth of a core at most.
const PER_SECOND: u32 = 500;
/// How long a thread that was not found is not looked up again, in ns.
const NOT_AGAIN: u64 = 10_000_000_000;
/// Threads remembered as not found.
const REMEMBERED: usize = 4_096;
const SECOND: u64 = 1_000_000_000;

/// Tells what a process is now.
pub trait TaskLookup {
    /// Facts of the process of thread `tid` as hidden events of that time; false when it is gone or cannot be read.
    fn tell(&mut self, tid: i64, timestamp: u64, emit: &mut dyn FnMut(&Event<'_>)) -> bool;
}

/// What came of threads that nothing had introduced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct RepairCounts {
    /// Threads that acted and were not known.
    pub unknown: u64,
    /// Of those, looked up and known since.
    pub repaired: u64,
    /// Gone before they could be looked up.
    pub gone: u64,
    /// Events of unknown threads that were not looked up: too many at once, or looked up in vain just before.
    pub put_off: u64,
}

/// Looks up, within bounds.
#[derive(Default)]
pub(super) struct Repair {
    lookup: Option<Box<dyn TaskLookup>>,
    counts: RepairCounts,
    in_vain: FxHashMap<i64, u64>,
    second: u64,
    used: u32,
}

impl Repair {
    pub(super) fn new(lookup: Option<Box<dyn TaskLookup>>) -> Self {
        Self { lookup, ..Self::default() }
    }

    pub(super) fn counts(&self) -> RepairCounts {
        self.counts
    }

    /// Tells `apply` what the thread of `event` is, when the state does not know it and the event itself does not say.
    pub(super) fn before(
        &mut self,
        event: &Event<'_>,
        state: &State,
        mono: u64,
        apply: &mut dyn FnMut(&Item<'_>),
    ) -> bool {
        let Some(lookup) = &mut self.lookup else { return false };
        if event.hidden || event.tid <= 0 || introduces(event.ty) {
            return false;
        }
        if state.find(event.tid).is_some_and(|t| !t.is_invalid()) {
            return false;
        }
        let second = mono / SECOND;
        if second != self.second {
            (self.second, self.used) = (second, 0);
        }
        let again = self.in_vain.get(&event.tid).is_some_and(|until| mono < *until);
        if again || self.used >= PER_SECOND {
            self.counts.put_off += 1;
            return false;
        }
        self.used += 1;
        self.counts.unknown += 1;
        let found = lookup.tell(event.tid, event.timestamp, &mut |fact| apply(&Item::Event(*fact)));
        if found {
            self.counts.repaired += 1;
        } else {
            self.counts.gone += 1;
            if self.in_vain.len() >= REMEMBERED {
                self.in_vain.clear();
            }
            self.in_vain.insert(event.tid, mono.saturating_add(NOT_AGAIN));
        }
        found
    }
}

/// Events that say themselves who their thread is, end it, or have none.
fn introduces(ty: EventType) -> bool {
    matches!(
        ty,
        types::CLONE_20_X
            | types::CLONE3_X
            | types::FORK_20_X
            | types::VFORK_20_X
            | types::EXECVE_19_X
            | types::EXECVEAT_X
            | types::PROCEXIT_1_E
    ) || ty.info().is_none_or(|i| i.source != SourceCategory::Syscall)
}

#[cfg(test)]
mod tests {
    use avouch_event::EventBuf;

    use super::*;

    /// Knows every thread below 100.
    struct Some100(Vec<i64>);

    impl TaskLookup for Some100 {
        fn tell(&mut self, tid: i64, timestamp: u64, emit: &mut dyn FnMut(&Event<'_>)) -> bool {
            self.0.push(tid);
            if tid >= 100 {
                return false;
            }
            let mut fact = EventBuf::new(types::ITER_TASK_E);
            (fact.tid, fact.timestamp, fact.hidden) = (tid, timestamp, true);
            emit(&fact.event());
            true
        }
    }

    fn event(ty: EventType, tid: i64) -> EventBuf {
        let mut event = EventBuf::new(ty);
        event.tid = tid;
        event
    }

    #[test]
    fn unknown_threads_are_looked_up_once() {
        let mut repair = Repair::new(Some(Box::new(Some100(Vec::new()))));
        let state = State::default();
        let mut told = Vec::new();
        let mut act = |repair: &mut Repair, ty, tid, mono| {
            repair.before(&event(ty, tid).event(), &state, mono, &mut |item| {
                if let Item::Event(e) = item {
                    told.push(e.tid);
                }
            })
        };
        assert!(act(&mut repair, types::OPENAT_2_X, 7, 0));
        assert!(!act(&mut repair, types::OPENAT_2_X, 700, 0), "gone");
        assert!(!act(&mut repair, types::OPENAT_2_X, 700, 1), "not again");
        assert!(!act(&mut repair, types::OPENAT_2_X, 700, NOT_AGAIN), "again, in vain");
        assert!(!act(&mut repair, types::EXECVE_19_X, 8, 1), "an execution says who it is");
        assert_eq!(told, [7]);
        assert_eq!(repair.counts(), RepairCounts { unknown: 3, repaired: 1, gone: 2, put_off: 1 });
    }

    #[test]
    fn a_flood_is_bounded() {
        let mut repair = Repair::new(Some(Box::new(Some100(Vec::new()))));
        let state = State::default();
        for tid in 1_000..3_000 {
            repair.before(&event(types::OPENAT_2_X, tid).event(), &state, 5, &mut |_| {});
        }
        assert_eq!(repair.counts().gone, u64::from(PER_SECOND));
        assert_eq!(repair.counts().put_off, 2_000 - u64::from(PER_SECOND));
    }
}
