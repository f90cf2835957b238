//! The way in of live events: numbers them, and lets metadata of containers arrive before the events of the container.
//!
//! Rules test metadata in conditions (`container.image.repository`), and a runtime takes some milliseconds to answer; an
//! event that is judged before the answer is judged wrong for ever. So the first event that shows a new container asks for
//! it, and that event and all behind it wait in memory until the answer is here. The whole stream waits, not the one
//! container: state is shared between containers, and events of one must not overtake those of another. The wait counts
//! from the question, so however many new containers there are, no event waits longer than [`HoldLimits::wait`]; and
//! what waits is bounded by [`HoldLimits::bytes`], after which events go on with the metadata that is there. Both are
//! counted, as is every container that stays unknown.

use std::time::Duration;

use avouch_event::{EVENTS, Event, EventBuf, EventInfo, Item, types};
use avouch_state::container_of_cgroups;
use rustc_hash::FxHashMap;

use super::containers::{Answer, ContainerLookup};
use super::log::{EventLog, Ranges};
use super::source::{LiveSource, SourceError};

/// Containers remembered in one generation. Two are kept, so that an attacker who makes new ones costs memory for no more
/// than twice as many.
const REMEMBERED: usize = 8_192;

/// How long and how much may wait for metadata.
#[derive(Clone, Copy, Debug)]
pub struct HoldLimits {
    /// Longest wait of an event. 0 waits for nothing.
    pub wait: Duration,
    /// Most bytes of events that wait.
    pub bytes: usize,
}

impl Default for HoldLimits {
    /// Three quarters of a second, so that a detection is told within a second though its container stays unknown; and a
    /// third of a second of the busiest machine measured.
    fn default() -> Self {
        Self { wait: Duration::from_millis(750), bytes: 16 << 20 }
    }
}

/// What came of containers and their metadata.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct ContainerCounts {
    /// Containers asked for.
    pub asked: u64,
    /// Answered with metadata.
    pub known: u64,
    /// Of those, after the wait: events before were judged without.
    pub late: u64,
    /// No runtime knows them.
    pub unknown: u64,
    /// Events that waited.
    pub held_events: u64,
    /// Waits that ended because an answer did not come in time.
    pub timed_out: u64,
    /// Waits that ended because too much waited.
    pub cut_short: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Asked; events wait until this time.
    Asked(u64),
    /// Asked, and no event waits any more.
    TimedOut,
    /// Known, or known to be unknown.
    Answered,
}

/// Standing by the container's id, in two generations.
#[derive(Default)]
struct Seen {
    young: FxHashMap<Box<[u8]>, Standing>,
    old: FxHashMap<Box<[u8]>, Standing>,
}

impl Seen {
    fn get(&self, id: &[u8]) -> Option<Standing> {
        self.young.get(id).or_else(|| self.old.get(id)).copied()
    }

    fn set(&mut self, id: &[u8], standing: Standing) {
        if let Some(slot) = self.young.get_mut(id) {
            *slot = standing;
            return;
        }
        if self.young.len() >= REMEMBERED {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(id.into(), standing);
    }
}

/// See the module.
pub struct Intake {
    lookup: Option<Box<dyn ContainerLookup>>,
    limits: HoldLimits,
    seen: Seen,
    cgroups: Box<[Option<u8>]>,
    /// Asked for, not answered, and still waited for.
    pending: u64,
    /// Until when events wait for the containers of the snapshot.
    start_until: Option<u64>,
    held: EventLog,
    ranges: Ranges,
    counts: ContainerCounts,
    next_num: u64,
    last_timestamp: u64,
    fact: EventBuf,
}

impl Intake {
    /// Events as they come; with `lookup`, containers are asked for.
    #[must_use]
    pub fn new(lookup: Option<Box<dyn ContainerLookup>>, limits: HoldLimits) -> Self {
        Self {
            lookup,
            limits,
            seen: Seen::default(),
            cgroups: cgroups_places(),
            pending: 0,
            start_until: None,
            held: EventLog::default(),
            ranges: Ranges::new(),
            counts: ContainerCounts::default(),
            next_num: 1,
            last_timestamp: 0,
            fact: EventBuf::new(types::ASYNCEVENT_E),
        }
    }

    /// What came of containers so far.
    #[must_use]
    pub fn counts(&self) -> ContainerCounts {
        self.counts
    }

    /// Runtimes that cannot be asked, in sentences.
    #[must_use]
    pub fn gaps(&self) -> Vec<String> {
        self.lookup.as_ref().map(|lookup| lookup.gaps()).unwrap_or_default()
    }

    /// How many events wait now.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.held.len()
    }

    /// Polls `source` once and hands out, in order, what does not have to wait. `now` is a clock that never goes back, in ns.
    /// Returns how many events arrived.
    ///
    /// # Errors
    /// When the source fails.
    pub fn turn(
        &mut self,
        source: &mut dyn LiveSource,
        now: u64,
        emit: &mut dyn FnMut(&Item<'_>),
    ) -> Result<u64, SourceError> {
        self.take_answers(emit);
        self.release(now, emit);
        let result = source.poll(&mut |item| self.arrive(item, now, emit));
        self.take_answers(emit);
        self.release(now, emit);
        result
    }

    /// Hands out what still waits, for the end of a run.
    pub fn finish(&mut self, emit: &mut dyn FnMut(&Item<'_>)) {
        self.take_answers(emit);
        while !self.held.is_empty() {
            self.pass_front(emit);
        }
    }

    /// Takes one item of the source.
    pub fn arrive(&mut self, item: &Item<'_>, now: u64, emit: &mut dyn FnMut(&Item<'_>)) {
        let Item::Event(event) = item else {
            // Facts come before events; if any event waits, a recording begins anew.
            while !self.held.is_empty() {
                self.pass_front(emit);
            }
            match item {
                Item::Process(p) => {
                    self.ask(p.cgroups, p.tid, now);
                }
                Item::SnapshotEnd if self.pending > 0 => {
                    self.start_until = Some(now.saturating_add(self.wait()));
                }
                _ => {}
            }
            emit(item);
            return;
        };
        let mut wait = self.start_until.is_some();
        if let Some(cgroups) = cgroups_of(&self.cgroups, event) {
            wait |= self.ask(cgroups, event.tid, now);
        }
        if self.held.is_empty() && !wait {
            self.pass(event, emit);
            return;
        }
        self.counts.held_events += 1;
        self.held.push(event);
        if self.held.bytes() > self.limits.bytes {
            self.counts.cut_short += 1;
            self.start_until = None;
            self.pass_front(emit);
        }
    }

    fn wait(&self) -> u64 {
        u64::try_from(self.limits.wait.as_nanos()).unwrap_or(u64::MAX)
    }

    /// Asks for the container that `cgroups` name, if it is new. Whether an answer is waited for.
    fn ask(&mut self, cgroups: &[u8], tid: i64, now: u64) -> bool {
        let until = now.saturating_add(self.wait());
        let Some(lookup) = &mut self.lookup else { return false };
        let Some(found) = container_of_cgroups(cgroups) else { return false };
        if let Some(standing) = self.seen.get(found.id) {
            return matches!(standing, Standing::Asked(_));
        }
        lookup.ask(&found, tid);
        self.counts.asked += 1;
        self.pending += 1;
        self.seen.set(found.id, Standing::Asked(until));
        true
    }

    /// Tells answers as events, before the events that wait for them.
    fn take_answers(&mut self, emit: &mut dyn FnMut(&Item<'_>)) {
        let Some(mut lookup) = self.lookup.take() else { return };
        lookup.answers(&mut |answer| {
            let (id, fact) = match answer {
                Answer::Known { id, json } => (id, Some((&b"container"[..], json))),
                Answer::Gone { id, json } => (id, Some((&b"container_removed"[..], json))),
                Answer::Unknown { id } => (id, None),
            };
            let before = self.seen.get(id);
            match answer {
                Answer::Known { .. } => {
                    self.counts.known += u64::from(before != Some(Standing::Answered));
                    self.counts.late += u64::from(before == Some(Standing::TimedOut));
                }
                Answer::Unknown { .. } => self.counts.unknown += u64::from(before != Some(Standing::Answered)),
                Answer::Gone { .. } => {}
            }
            if matches!(before, Some(Standing::Asked(_))) {
                self.pending = self.pending.saturating_sub(1);
            }
            self.seen.set(id, Standing::Answered);
            if let Some((name, json)) = fact {
                self.tell(name, json, emit);
            }
        });
        self.lookup = Some(lookup);
        if self.pending == 0 {
            self.start_until = None;
        }
    }

    /// Tells a fact at the time of the last event, so that time does not go back.
    fn tell(&mut self, name: &[u8], json: &[u8], emit: &mut dyn FnMut(&Item<'_>)) {
        self.fact.clear(types::ASYNCEVENT_E);
        self.fact.timestamp = self.held.front_timestamp().unwrap_or(self.last_timestamp);
        // No plugin of a capture's list stands behind it; the name is what readers go by.
        self.fact.push_u32(0).push_charbuf(name).push(json);
        self.fact.num = self.next_num;
        self.next_num += 1;
        emit(&Item::Event(self.fact.event()));
    }

    /// Hands out events from the front until one must wait.
    fn release(&mut self, now: u64, emit: &mut dyn FnMut(&Item<'_>)) {
        if let Some(until) = self.start_until {
            if now < until {
                return;
            }
            self.start_until = None;
            self.counts.timed_out += self.pending;
        }
        while self.front_may_pass(now) {
            self.pass_front(emit);
        }
    }

    /// Whether an event stands in front and has not, or no longer, to wait.
    fn front_may_pass(&mut self, now: u64) -> bool {
        let Some(front) = self.held.front(&mut self.ranges) else { return false };
        let Some(found) = cgroups_of(&self.cgroups, &front).and_then(container_of_cgroups) else { return true };
        let Some(Standing::Asked(until)) = self.seen.get(found.id) else { return true };
        if now < until {
            return false;
        }
        self.counts.timed_out += 1;
        self.pending = self.pending.saturating_sub(1);
        self.seen.set(found.id, Standing::TimedOut);
        true
    }

    fn pass_front(&mut self, emit: &mut dyn FnMut(&Item<'_>)) {
        let mut ranges = std::mem::take(&mut self.ranges);
        let mut held = std::mem::take(&mut self.held);
        if let Some(event) = held.front(&mut ranges) {
            self.pass(&event, emit);
        }
        held.drop_front();
        self.held = held;
        self.ranges = ranges;
    }

    fn pass(&mut self, event: &Event<'_>, emit: &mut dyn FnMut(&Item<'_>)) {
        self.last_timestamp = event.timestamp;
        let num = self.next_num;
        self.next_num += 1;
        emit(&Item::Event(Event { num, ..*event }));
    }
}

/// By number of an event's type, which parameter tells the cgroups of the thread it is about.
fn cgroups_places() -> Box<[Option<u8>]> {
    let place = |info: &EventInfo| info.params.iter().position(|p| p.name == "cgroups");
    EVENTS.iter().map(|info| place(info).and_then(|i| u8::try_from(i).ok())).collect()
}

fn cgroups_of<'a>(places: &[Option<u8>], event: &Event<'a>) -> Option<&'a [u8]> {
    let place = (*places.get(usize::from(event.ty.0))?)?;
    event.params.get(usize::from(place))
}
