//! The reader.

use std::io::{ErrorKind, Read};

use avouch_event::{Event, EventType, Item, Params, Range};

use crate::block::{BlockKind, FRAME, List, MAJOR, MAX_EVENT, MAX_LARGE_EVENT, MAX_METADATA, SECTION_MAGIC};
use crate::convert::{Converter, Outcome, Table, is_snapshot};
use crate::counts::Counts;
use crate::cursor::Cursor;
use crate::error::{EntryFault, EventFault, Fault, ScapError};
use crate::event::{Decoded, Head, Layout, decode};
use crate::input::Input;
use crate::lists::{self, Found, Place};

/// Problems kept with their place; the counters go on.
const KEPT_PROBLEMS: usize = 32;

/// Where the reader is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Start,
    Metadata,
    Events,
    Done,
}

/// What to hand out: facts that do not borrow, so that the search for the next one may loop.
enum Step {
    End,
    Reset,
    Machine,
    Entry(Place),
    SnapshotEnd,
    Event { head: Head, number: u16, hidden: bool, converted: bool },
}

/// Reads a capture item by item.
///
/// After an error [`Self::next`] yields nothing more; what cannot be decoded but can be passed over is no error: it is
/// counted in [`Self::counts`], and the first ones are told with their place in [`Self::problems`].
pub struct Capture<'a> {
    input: Input<'a>,
    table: &'static Table,
    phase: Phase,
    /// Bytes of the block in hand; moved over when the next one is asked for.
    held: u64,
    /// Bytes of its body.
    body: usize,
    place: Option<Place>,
    /// No event yet but those that belong to the snapshot.
    leading: bool,
    num: u64,
    ranges: Vec<Range>,
    converter: Converter,
    counts: Counts,
    problems: Vec<ScapError>,
}

impl<'a> Capture<'a> {
    /// Reads a capture in memory: a mapped file. Events are borrowed from it without a copy, unless it is compressed.
    #[must_use]
    pub fn from_slice(bytes: &'a [u8]) -> Self {
        Self::new(Input::from_slice(bytes))
    }

    /// Reads a stream, plain or gzip. No buffering is needed around it.
    pub fn from_reader(reader: impl Read + Send + 'a) -> Self {
        Self::new(Input::from_stream(Box::new(reader)))
    }

    fn new(input: Input<'a>) -> Self {
        Self {
            input,
            table: Table::current(),
            phase: Phase::Start,
            held: 0,
            body: 0,
            place: None,
            leading: true,
            num: 0,
            ranges: Vec::new(),
            converter: Converter::default(),
            counts: Counts::default(),
            problems: Vec::new(),
        }
    }

    /// What was read and lost so far.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The first entries and events that were not decoded, with their place; at most 32.
    #[must_use]
    pub fn problems(&self) -> &[ScapError] {
        &self.problems
    }

    /// Bytes moved over so far, after decompression; for a progress bar.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.input.offset()
    }

    /// The next item; `None` at the end. Lending: the item borrows from the capture until the next call.
    ///
    /// Metadata comes first, then [`Item::SnapshotEnd`], then events. A capture concatenated behind begins with
    /// [`Item::Reset`]; event numbers go on.
    ///
    /// # Errors
    /// When reading cannot go on: the input fails or is cut off, or its framing is broken. Everything whole before that place
    /// has been yielded.
    #[expect(clippy::should_implement_trait, reason = "items borrow from the capture, which Iterator cannot say")]
    #[inline]
    pub fn next(&mut self) -> Result<Option<Item<'_>>, ScapError> {
        let step = match self.step() {
            Ok(step) => step,
            Err(e) => {
                self.phase = Phase::Done;
                return Err(e);
            }
        };
        let body = self.input.bytes().get(8..8 + self.body).unwrap_or_default();
        Ok(Some(match step {
            Step::End => return Ok(None),
            Step::Event { head, number, hidden, converted } => {
                let params = if converted {
                    Params::new(self.converter.ranges(), self.converter.bytes())
                } else {
                    Params::new(&self.ranges, body.get(head.params_at..head.params_end).unwrap_or_default())
                };
                Item::Event(Event {
                    num: self.num,
                    timestamp: head.timestamp,
                    tid: head.tid,
                    cpu: head.cpu,
                    ty: EventType(number),
                    hidden,
                    params,
                })
            }
            Step::Reset => Item::Reset,
            Step::SnapshotEnd => Item::SnapshotEnd,
            Step::Machine => match lists::machine::read(body) {
                Ok(machine) => Item::Machine(machine),
                Err(e) => return Err(self.error(Fault::Entry(e))),
            },
            Step::Entry(place) => match lists::entry(place, body) {
                Found::Entry(item, _) => item,
                // `step` saw an entry here, and bytes in hand do not change.
                _ => return Err(self.error(Fault::Entry(EntryFault::Short))),
            },
        }))
    }

    fn error(&self, fault: Fault) -> ScapError {
        ScapError { block: self.counts.blocks.saturating_sub(1), offset: self.input.offset(), fault }
    }

    fn problem(&mut self, fault: Fault) {
        match fault {
            Fault::Event(f) => self.counts.add_fault(f),
            _ => self.counts.entries_not_decoded += 1,
        }
        if self.problems.len() < KEPT_PROBLEMS {
            let problem = self.error(fault);
            self.problems.push(problem);
        }
    }

    fn step(&mut self) -> Result<Step, ScapError> {
        loop {
            if let Some(place) = self.place {
                match self.list_step(place) {
                    Some(step) => return Ok(step),
                    None => self.place = None,
                }
            }
            if self.phase == Phase::Done {
                return Ok(Step::End);
            }
            let held = std::mem::take(&mut self.held);
            if held > 0 {
                self.move_over(held)?;
            }
            self.body = 0;
            let Some((kind, number, length)) = self.block_header()? else {
                if self.phase == Phase::Metadata {
                    self.phase = Phase::Done;
                    return Ok(Step::SnapshotEnd);
                }
                self.phase = Phase::Done;
                continue;
            };
            if let BlockKind::Event { v1, flagged, large } = kind
                && self.phase == Phase::Events
            {
                if length as usize > FRAME + if large { MAX_LARGE_EVENT } else { MAX_EVENT } {
                    self.oversized_event(length)?;
                    continue;
                }
                self.hold(length)?;
                self.counts.blocks += 1;
                if let Some(step) = self.event_step(Layout { v1, flagged }) {
                    return Ok(step);
                }
                continue;
            }
            if let Some(step) = self.other_block(kind, number, length)? {
                return Ok(step);
            }
        }
    }

    /// Type and length of the block that begins here; `None` at the end.
    #[inline]
    fn block_header(&mut self) -> Result<Option<(BlockKind, u32, u32)>, ScapError> {
        if !self.input.fill(8) {
            return self.end_of_input().map(|()| None);
        }
        let &[a, b, c, d, e, f, g, h] = self.input.bytes().first_chunk::<8>().unwrap_or(&[0; 8]);
        let (number, length) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
        if self.phase == Phase::Start && number != crate::block::SECTION {
            return Err(self.error(Fault::NotACapture));
        }
        if (length as usize) < FRAME {
            return Err(self.next_error(Fault::BlockLength(length)));
        }
        Ok(Some((BlockKind::of(number), number, length)))
    }

    /// Fewer than 8 bytes remain: an end between blocks is a normal one.
    fn end_of_input(&mut self) -> Result<(), ScapError> {
        let left = self.input.bytes().len() as u64;
        if let Some(e) = self.input.take_failure() {
            let fault = if e.kind() == ErrorKind::UnexpectedEof { truncated(8 - left) } else { Fault::Read(e) };
            return Err(self.next_error(fault));
        }
        match (left, self.phase) {
            (_, Phase::Start) => Err(self.error(Fault::NotACapture)),
            (0, _) => Ok(()),
            _ => Err(self.next_error(truncated(8 - left))),
        }
    }

    /// An error in a block that is not counted yet.
    fn next_error(&self, fault: Fault) -> ScapError {
        ScapError { block: self.counts.blocks, ..self.error(fault) }
    }

    /// Makes sure that the whole block is there and takes it in hand.
    #[inline]
    fn hold(&mut self, length: u32) -> Result<(), ScapError> {
        if !self.input.fill(length as usize) {
            let missing = u64::from(length) - self.input.bytes().len() as u64;
            return Err(self.cut_off(missing));
        }
        self.held = u64::from(length);
        self.body = length as usize - FRAME;
        Ok(())
    }

    fn cut_off(&mut self, missing: u64) -> ScapError {
        match self.input.take_failure() {
            Some(e) if e.kind() != ErrorKind::UnexpectedEof => self.next_error(Fault::Read(e)),
            _ => self.next_error(truncated(missing)),
        }
    }

    fn move_over(&mut self, n: u64) -> Result<(), ScapError> {
        match self.input.advance(n) {
            0 => Ok(()),
            missing => Err(self.cut_off(missing)),
        }
    }

    /// Any block but an event among events.
    fn other_block(&mut self, kind: BlockKind, number: u32, length: u32) -> Result<Option<Step>, ScapError> {
        match kind {
            BlockKind::Event { .. } => {
                // The first event: the metadata is complete. The block itself is read at the next call.
                self.phase = Phase::Events;
                return Ok(Some(Step::SnapshotEnd));
            }
            BlockKind::Section if self.phase == Phase::Metadata => {
                // A section without events ends here; the new one is read at the next call.
                self.phase = Phase::Events;
                return Ok(Some(Step::SnapshotEnd));
            }
            BlockKind::Section => return self.section(length),
            _ if self.phase == Phase::Events => return Err(self.next_error(Fault::Misplaced(number))),
            BlockKind::Unknown => {
                self.move_over(u64::from(length))?;
                self.counts.blocks += 1;
                self.counts.skipped_blocks += 1;
                return Ok(None);
            }
            BlockKind::Machine | BlockKind::List(_) => {}
        }
        if length as usize > MAX_METADATA {
            return Err(self.next_error(Fault::BlockTooLarge(length)));
        }
        self.hold(length)?;
        self.check_trailer(length)?;
        self.counts.blocks += 1;
        let body = self.input.bytes().get(8..8 + self.body).unwrap_or_default();
        match kind {
            BlockKind::Machine => match lists::machine::read(body) {
                Ok(_) => return Ok(Some(Step::Machine)),
                Err(e) => self.problem(Fault::Entry(e)),
            },
            BlockKind::List(list @ List::Fds { .. }) => match Cursor::new(body).i64() {
                Ok(tid) => self.place = Some(Place { list, at: 8, tid }),
                Err(e) => self.problem(Fault::Entry(e)),
            },
            BlockKind::List(list) => self.place = Some(Place { list, at: 0, tid: 0 }),
            _ => {}
        }
        Ok(None)
    }

    fn section(&mut self, length: u32) -> Result<Option<Step>, ScapError> {
        if length as usize > MAX_METADATA {
            return Err(self.next_error(Fault::BlockTooLarge(length)));
        }
        self.hold(length)?;
        self.check_trailer(length)?;
        self.counts.blocks += 1;
        self.counts.sections += 1;
        let mut c = Cursor::new(self.input.bytes().get(8..8 + self.body).unwrap_or_default());
        let (Ok(SECTION_MAGIC), Ok(major)) = (c.u32(), c.u16()) else {
            return Err(self.error(Fault::NotACapture));
        };
        if major > MAJOR {
            return Err(self.error(Fault::Version(major)));
        }
        let first = self.phase == Phase::Start;
        self.phase = Phase::Metadata;
        if first {
            return Ok(None);
        }
        self.converter.reset();
        self.leading = true;
        Ok(Some(Step::Reset))
    }

    fn check_trailer(&self, length: u32) -> Result<(), ScapError> {
        let trailer = self.input.bytes().get(8 + self.body..).and_then(|b| b.first_chunk::<4>());
        let trailer = trailer.map_or(0, |b| u32::from_le_bytes(*b));
        if trailer == length { Ok(()) } else { Err(self.next_error(Fault::Trailer { length, trailer })) }
    }

    /// The next entry of the list in hand; `None` at its end.
    fn list_step(&mut self, mut place: Place) -> Option<Step> {
        loop {
            let body = self.input.bytes().get(8..8 + self.body).unwrap_or_default();
            match lists::entry(place, body) {
                Found::Entry(_, size) => {
                    // An entry has at least its length field or its numbers, so the place moves.
                    self.place = Some(Place { at: place.at + size.max(1), ..place });
                    return Some(Step::Entry(place));
                }
                Found::Skip(size) => place.at += size.max(1),
                Found::Bad(e, size) => {
                    self.problem(Fault::Entry(e));
                    place.at += size?.max(1);
                }
                Found::End => return None,
            }
        }
    }

    /// The event in hand, unless it is dropped or not decoded.
    #[inline]
    fn event_step(&mut self, layout: Layout) -> Option<Step> {
        self.counts.events += 1;
        let body = self.input.bytes().get(8..8 + self.body).unwrap_or_default();
        let head = match decode(self.table, layout, body, &mut self.ranges) {
            Ok(Decoded::Event(head)) => head,
            Ok(Decoded::Unknown) => {
                self.counts.unknown_numbers += 1;
                return None;
            }
            Ok(Decoded::Dropped) => {
                self.counts.dropped_by_conversion += 1;
                return None;
            }
            Err(e) => return self.not_decoded(e),
        };
        let bytes = body.get(head.params_at..head.params_end).unwrap_or_default();
        let params = (&self.ranges[..], bytes);
        let outcome = self.converter.convert(self.table, head.number, head.tid, params, &mut self.counts);
        let (number, converted) = match outcome {
            Ok(Outcome::Unchanged) => (head.number, false),
            Ok(Outcome::Converted(number)) => (number, true),
            Ok(Outcome::Dropped) => {
                self.counts.dropped_by_conversion += 1;
                return None;
            }
            Err(e) => return self.not_decoded(e),
        };
        self.num += 1;
        self.counts.yielded += 1;
        self.leading = self.leading && is_snapshot(EventType(number));
        let hidden = head.state_only || self.leading || self.table.row(number).is_some_and(|r| r.hidden);
        self.counts.hidden += u64::from(hidden);
        Some(Step::Event { head, number, hidden, converted })
    }

    /// Passes over an event block without ever having it in memory.
    #[cold]
    fn oversized_event(&mut self, length: u32) -> Result<(), ScapError> {
        self.counts.blocks += 1;
        self.counts.events += 1;
        self.problem(Fault::Event(EventFault::TooLong));
        self.move_over(u64::from(length))
    }

    #[cold]
    fn not_decoded(&mut self, fault: EventFault) -> Option<Step> {
        self.problem(Fault::Event(fault));
        None
    }
}

fn truncated(missing: u64) -> Fault {
    Fault::Truncated { missing }
}
