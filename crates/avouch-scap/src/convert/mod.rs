//! Old events to the current schema.
//!
//! Drivers once told a call in two events, enter and exit; now the exit event tells it all. `tables/convert.tsv` says, for
//! each event and number of parameters, how to come one step nearer to the current form; steps are repeated until the event
//! is current.

mod container;
mod enters;
mod table;

use avouch_event::{EVENTS, EventType, ParamType, Range, types};

use self::enters::Enters;
pub(crate) use self::table::Table;
use self::table::{Action, Fate, Step};
use crate::counts::Counts;
use crate::error::EventFault;

/// As many steps as the peer allows; the longest chain of the table has 13.
const MAX_ROUNDS: usize = 50;

/// Enter events that still exist in the current schema: their parameters were read before the kernel acted on them, so the
/// state keeps them; rules never see them.
const KEPT_ENTERS: [EventType; 7] = [
    types::OPEN_E,
    types::CREAT_E,
    types::OPENAT_2_E,
    types::OPENAT2_E,
    types::CONNECT_E,
    types::EXECVE_19_E,
    types::EXECVEAT_E,
];

/// Events that may stand in front of all others and then tell what was there before: such ones only the state sees. Later
/// ones tell what happened, and rules see them. (The peer reads the leading ones when it opens a capture.)
const SNAPSHOT_EVENTS: [EventType; 6] = [
    types::CONTAINER_JSON_E,
    types::CONTAINER_JSON_2_E,
    types::USER_ADDED_E,
    types::USER_DELETED_E,
    types::GROUP_ADDED_E,
    types::GROUP_DELETED_E,
];

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Dropped,
    /// As it stands in the block.
    Unchanged,
    /// Of this type now; parameters are [`Converter::ranges`] of [`Converter::bytes`].
    Converted(u16),
}

/// Rewrites events; keeps enter events per thread, and one buffer for the event in hand.
#[derive(Default)]
pub(crate) struct Converter {
    enters: Enters,
    ranges: Vec<Range>,
    spare: Vec<Range>,
    bytes: Vec<u8>,
}

/// An event on its way: what the next step reads.
struct Current<'a> {
    ranges: &'a [Range],
    bytes: &'a [u8],
}

impl Converter {
    pub(crate) fn ranges(&self) -> &[Range] {
        &self.ranges
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Forgets stored enter events: another capture begins.
    pub(crate) fn reset(&mut self) {
        self.enters.clear();
    }

    /// Brings an event to the current schema. `ranges` and `bytes` are its parameters.
    #[inline]
    pub(crate) fn convert(
        &mut self,
        table: &Table,
        number: u16,
        tid: i64,
        (ranges, bytes): (&[Range], &[u8]),
        counts: &mut Counts,
    ) -> Result<Outcome, EventFault> {
        match table.fate(number, ranges.len()) {
            Fate::Pass => Ok(Outcome::Unchanged),
            Fate::Drop => Ok(Outcome::Dropped),
            Fate::Convert => self.rewrite(table, number, tid, Current { ranges, bytes }, counts),
        }
    }

    fn rewrite(
        &mut self,
        table: &Table,
        number: u16,
        tid: i64,
        raw: Current<'_>,
        counts: &mut Counts,
    ) -> Result<Outcome, EventFault> {
        let rule = table.rule(number, raw.ranges.len()).ok_or(EventFault::NoConversion)?;
        // The common first steps copy nothing but what must be kept.
        match rule.action {
            Action::Store | Action::StoreAndPass => {
                self.enters.store(tid, number, raw.ranges, raw.bytes, counts);
                return Ok(settled(EventType(number), Outcome::Unchanged));
            }
            Action::Pass => return Ok(settled(EventType(number), Outcome::Unchanged)),
            Action::AddParams(_) | Action::ChangeType(..) => {}
        }
        self.ranges.clear();
        self.ranges.extend_from_slice(raw.ranges);
        self.bytes.clear();
        self.bytes.extend_from_slice(raw.bytes);

        let mut number = number;
        for _ in 0..MAX_ROUNDS {
            match table.fate(number, self.ranges.len()) {
                Fate::Pass => return Ok(Outcome::Converted(number)),
                Fate::Drop => return Ok(Outcome::Dropped),
                Fate::Convert => {}
            }
            let rule = table.rule(number, self.ranges.len()).ok_or(EventFault::NoConversion)?;
            match rule.action {
                Action::Store | Action::StoreAndPass => {
                    self.enters.store(tid, number, &self.ranges, &self.bytes, counts);
                    return Ok(settled(EventType(number), Outcome::Converted(number)));
                }
                Action::Pass => return Ok(settled(EventType(number), Outcome::Converted(number))),
                Action::AddParams(steps) => {
                    std::mem::swap(&mut self.ranges, &mut self.spare);
                    self.ranges.clear();
                    self.ranges.extend_from_slice(&self.spare);
                    self.build(number, number, tid, steps, counts)?;
                }
                Action::ChangeType(to, steps) => {
                    std::mem::swap(&mut self.ranges, &mut self.spare);
                    self.ranges.clear();
                    self.build(number, to.0, tid, steps, counts)?;
                    number = to.0;
                }
            }
        }
        Err(EventFault::EndlessConversion)
    }

    /// Appends the parameters that `steps` name. The event before the step is `self.spare` of `self.bytes`, whose bytes stay
    /// where they are.
    fn build(&mut self, from: u16, to: u16, tid: i64, steps: &[Step], counts: &mut Counts) -> Result<(), EventFault> {
        let params = EVENTS.get(usize::from(to)).map_or(&[][..], |i| i.params);
        let mut used_enter = false;
        // An enter event of another call: the one that belongs to this exit was lost. The peer gives up on the capture here.
        let enter = self.enters.get(tid);
        let mismatch = enter.as_ref().is_some_and(|e| e.number.checked_add(1) != Some(from));
        let enter = enter.filter(|_| !mismatch);
        for step in steps {
            let ty = params.get(self.ranges.len()).map(|p| p.ty);
            let (bytes, fallback): (Option<&[u8]>, bool) = match *step {
                Step::Empty => (None, false),
                Step::Default => (None, true),
                Step::Old(i) => {
                    let mut range = *self.spare.get(usize::from(i)).ok_or(EventFault::MissingParam)?;
                    range.len = range.len.min(most(ty));
                    self.ranges.push(range);
                    continue;
                }
                Step::ContainerJson => {
                    let start = self.bytes.len();
                    container::json(&self.spare, &mut self.bytes);
                    push_range(&mut self.ranges, start, self.bytes.len());
                    continue;
                }
                Step::EnterOrDefault(i) | Step::EnterOrEmpty(i) => match &enter {
                    None => (None, matches!(step, Step::EnterOrDefault(_))),
                    Some(enter) => {
                        used_enter = true;
                        (Some(enter.param(usize::from(i)).ok_or(EventFault::MissingParam)?), false)
                    }
                },
            };
            let start = self.bytes.len();
            match bytes {
                Some(b) => {
                    let len = b.len().min(most(ty) as usize);
                    self.bytes.extend_from_slice(b.get(..len).unwrap_or_default());
                }
                None if fallback => self.bytes.extend_from_slice(default(ty)),
                None => {}
            }
            push_range(&mut self.ranges, start, self.bytes.len());
        }
        let asks_enter = steps.iter().any(|s| matches!(s, Step::EnterOrDefault(_) | Step::EnterOrEmpty(_)));
        if mismatch && asks_enter {
            counts.enters_mismatched += 1;
        }
        if used_enter {
            self.enters.consume(tid);
        }
        Ok(())
    }
}

/// Enter events end here: most were only kept for their exit event.
fn settled(ty: EventType, outcome: Outcome) -> Outcome {
    if is_kept_enter(ty) { outcome } else { Outcome::Dropped }
}

/// Whether the state wants this enter event.
fn is_kept_enter(ty: EventType) -> bool {
    KEPT_ENTERS.contains(&ty)
}

/// Whether an event of this type, before any of another, belongs to what was there before.
pub(crate) fn is_snapshot(ty: EventType) -> bool {
    SNAPSHOT_EVENTS.contains(&ty)
}

fn push_range(ranges: &mut Vec<Range>, start: usize, end: usize) {
    // Events are at most 64 MiB and grow by some dozens of bytes a step.
    let start32 = u32::try_from(start).unwrap_or(u32::MAX);
    ranges.push(Range { start: start32, len: u32::try_from(end - start).unwrap_or(0) });
}

/// Size of a fixed-size type, or the most that its length field can say.
fn most(ty: Option<ParamType>) -> u32 {
    ty.and_then(size).map_or(u32::MAX, u32::from)
}

fn size(ty: ParamType) -> Option<u8> {
    use ParamType as P;
    Some(match ty {
        P::Int8 | P::Uint8 | P::Flags8 | P::Enumflags8 | P::Sigtype => 1,
        P::Int16 | P::Uint16 | P::Flags16 | P::Enumflags16 | P::Syscallid | P::Port => 2,
        P::Int32 | P::Uint32 | P::Flags32 | P::Enumflags32 | P::Uid | P::Gid | P::Mode | P::Sigset => 4,
        P::Bool | P::Fd32 | P::Pid32 | P::Ipv4addr => 4,
        P::Int64 | P::Uint64 | P::Reltime | P::Abstime | P::Errno | P::Fd | P::Pid | P::Double => 8,
        P::Ipv6addr => 16,
        P::Charbuf | P::Bytebuf | P::Fspath | P::Fsrelpath | P::Sockaddr | P::Socktuple | P::Fdlist | P::Dyn => {
            return None;
        }
        P::Charbufarray | P::CharbufPairArray => return None,
    })
}

/// What stands for a parameter that nobody recorded: zero, no user, no address, nothing.
fn default(ty: Option<ParamType>) -> &'static [u8] {
    match ty {
        None => &[],
        Some(ParamType::Uid | ParamType::Gid) => &[0xff; 4],
        // The family that means "unspecified".
        Some(ParamType::Sockaddr) => &[0],
        Some(ty) => {
            static ZEROS: [u8; 16] = [0; 16];
            ZEROS.get(..usize::from(size(ty).unwrap_or(0))).unwrap_or_default()
        }
    }
}
