//! Long captures out of short ones, for measurements.

use std::io::Write;

use avouch_event::{Event, EventBuf, Item, ParamType};

use crate::capture::Capture;
use crate::error::ScapError;
use crate::writer::{WriteError, Writer};
use thiserror::Error;

/// How far apart the thread ids of two lanes are: above the largest pid of Linux (2^22).
const LANE: i64 = 1 << 23;

/// Nanoseconds between the last event of one round and the first of the next.
const GAP: u64 = 1_000_000;

/// Why a capture was not amplified.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AmplifyError {
    /// The capture given cannot be read.
    #[error("failed to read the capture to amplify")]
    Read(#[source] ScapError),
    /// The output cannot be written.
    #[error("failed to write the amplified capture")]
    Write(#[source] WriteError),
    /// There is nothing to repeat.
    #[error("the capture to amplify holds no events")]
    NoEvents,
}

/// Repeats the events of a capture with later times, in the current schema.
#[derive(Clone, Copy, Debug)]
pub struct Amplify {
    /// Events to write; the last round is cut there. Events that only the state sees count.
    pub events: u64,
    /// How many copies of the machine's threads act in turn: with 1, every round has the same thread ids; with more, the
    /// state to be kept grows. 0 is taken for 1.
    pub lanes: u32,
}

impl Amplify {
    /// Writes the capture `bytes` (plain or gzip) again and again to `out`; returns the output and the events written.
    ///
    /// Times grow from round to round, so that the result reads like one long recording.
    ///
    /// # Errors
    /// When `bytes` cannot be read to the end or holds no event, or the output fails.
    pub fn run<W: Write>(self, bytes: &[u8], out: Writer<W>) -> Result<(W, u64), AmplifyError> {
        let mut out = out;
        let lanes = i64::from(self.lanes.max(1));
        for lane in 0..lanes {
            facts(bytes, lane, &mut out)?;
        }
        let (mut written, mut round, mut offset) = (0_u64, 0_i64, 0_u64);
        let mut scratch = EventBuf::new(avouch_event::EventType(0));
        while written < self.events {
            let (mut first, mut last) = (None, 0_u64);
            let before = written;
            let mut capture = Capture::from_slice(bytes);
            while let Some(item) = capture.next().map_err(AmplifyError::Read)? {
                let Item::Event(event) = item else { continue };
                if written == self.events {
                    break;
                }
                if first.is_none() && event.timestamp > 0 {
                    first = Some(event.timestamp);
                }
                last = last.max(event.timestamp);
                let shift = (round % lanes) * LANE;
                let timestamp = event.timestamp.saturating_add(offset);
                let moved = if shift == 0 { event } else { shifted(&event, shift, &mut scratch) };
                out.write(&Item::Event(Event { timestamp, ..moved })).map_err(AmplifyError::Write)?;
                written += 1;
            }
            if written == before {
                return Err(AmplifyError::NoEvents);
            }
            offset = offset.saturating_add(last.saturating_sub(first.unwrap_or(last)).saturating_add(GAP));
            round = round.wrapping_add(1);
        }
        Ok((out.finish().map_err(AmplifyError::Write)?, written))
    }
}

/// Writes the metadata: all of it for the first lane, processes and descriptors again for the others.
fn facts<W: Write>(bytes: &[u8], lane: i64, out: &mut Writer<W>) -> Result<(), AmplifyError> {
    let mut capture = Capture::from_slice(bytes);
    while let Some(item) = capture.next().map_err(AmplifyError::Read)? {
        let shift = lane * LANE;
        let item = match item {
            Item::SnapshotEnd | Item::Event(_) => break,
            Item::Process(mut p) => {
                for id in [&mut p.tid, &mut p.pid, &mut p.ptid] {
                    *id = moved(*id, shift);
                }
                Item::Process(p)
            }
            Item::Fd(tid, fd) => Item::Fd(moved(tid, shift), fd),
            _ if lane > 0 => continue,
            other => other,
        };
        out.write(&item).map_err(AmplifyError::Write)?;
    }
    Ok(())
}

/// Thread ids of another lane; 0 and below are no threads.
fn moved(id: i64, shift: i64) -> i64 {
    if id > 0 { id.saturating_add(shift) } else { id }
}

fn shifted<'a>(event: &Event<'_>, shift: i64, scratch: &'a mut EventBuf) -> Event<'a> {
    scratch.clear(event.ty);
    (scratch.num, scratch.tid, scratch.cpu, scratch.hidden) =
        (event.num, moved(event.tid, shift), event.cpu, event.hidden);
    let params = event.ty.info().map_or(&[][..], |i| i.params);
    for i in 0..event.params.len() {
        match (params.get(i).map(|p| p.ty), event.params.i64(i)) {
            (Some(ParamType::Pid), Some(id)) => scratch.push_i64(moved(id, shift)),
            _ => scratch.push(event.params.get(i).unwrap_or_default()),
        };
    }
    scratch.event()
}

#[cfg(test)]
mod tests {
    use super::*;
    use avouch_event::{ProcessEntry, types};

    fn short() -> Vec<u8> {
        let mut w = Writer::new(Vec::new());
        w.write(&Item::Process(ProcessEntry { tid: 7, pid: 7, ptid: 1, ..ProcessEntry::default() })).unwrap();
        for t in [100, 250] {
            let mut e = EventBuf::new(types::CLONE_20_X);
            e.push_i64(8);
            for _ in 1..21 {
                e.push(b"");
            }
            (e.timestamp, e.tid) = (t, 7);
            w.write(&Item::Event(e.event())).unwrap();
        }
        w.finish().unwrap()
    }

    #[test]
    fn repeats_to_the_number_asked_for_with_growing_times() {
        let (bytes, n) = Amplify { events: 5, lanes: 2 }.run(&short(), Writer::new(Vec::new())).unwrap();
        assert_eq!(n, 5);
        let mut capture = Capture::from_slice(&bytes);
        let (mut seen, mut processes) = (Vec::new(), Vec::new());
        while let Some(item) = capture.next().unwrap() {
            match item {
                Item::Event(e) => seen.push((e.num, e.timestamp, e.tid, e.params.i64(0).unwrap())),
                Item::Process(p) => processes.push((p.tid, p.ptid)),
                _ => {}
            }
        }
        let far = GAP + 150;
        assert_eq!(
            seen,
            [
                (1, 100, 7, 8),
                (2, 250, 7, 8),
                (3, 100 + far, 7 + LANE, 8 + LANE),
                (4, 250 + far, 7 + LANE, 8 + LANE),
                (5, 100 + 2 * far, 7, 8)
            ]
        );
        assert_eq!(processes, [(7, 1), (7 + LANE, 1 + LANE)]);
    }

    #[test]
    fn nothing_to_repeat_is_an_error() {
        let empty = Writer::new(Vec::new()).finish().unwrap();
        let result = Amplify { events: 1, lanes: 1 }.run(&empty, Writer::new(Vec::new()));
        assert!(matches!(result, Err(AmplifyError::NoEvents)));
    }
}
