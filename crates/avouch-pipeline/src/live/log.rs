//! Events kept in memory as bytes, the oldest first: for events that wait, and for the last seconds before a detection.

use std::collections::VecDeque;

use avouch_event::{Event, EventType, Params, Range};

/// Size of the pieces of memory. An event that is larger has a piece of its own.
const CHUNK: usize = 64 << 10;

/// Pieces kept for use again: enough that steady growth and shrinkage allocate nothing.
const SPARE: usize = 4;

/// Bytes before an event's parameter lengths.
const HEADER: usize = 32;

/// What decoding needs; reused from event to event.
pub(crate) type Ranges = Vec<Range>;

/// A queue of events.
#[derive(Default)]
pub(crate) struct EventLog {
    chunks: VecDeque<Vec<u8>>,
    spare: Vec<Vec<u8>>,
    /// Where the oldest event begins in the first piece.
    at: usize,
    events: usize,
    bytes: usize,
}

impl EventLog {
    /// How many events wait.
    pub(crate) fn len(&self) -> usize {
        self.events
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.events == 0
    }

    /// Bytes that the events take.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Appends a copy.
    pub(crate) fn push(&mut self, event: &Event<'_>) {
        let params = || (0..event.params.len()).map(|i| event.params.get(i).unwrap_or_default());
        let size = HEADER + params().map(|p| 4 + p.len()).sum::<usize>();
        if self.chunks.back().is_none_or(|c| c.len() + size > c.capacity()) {
            let chunk = self.spare.pop().unwrap_or_default();
            self.chunks.push_back(chunk);
        }
        let Some(chunk) = self.chunks.back_mut() else { return };
        if chunk.capacity() == 0 {
            chunk.reserve_exact(size.max(CHUNK));
        } else if chunk.is_empty() {
            // A used piece may be too small for a large event.
            chunk.reserve(size);
        }
        chunk.extend_from_slice(&event.num.to_le_bytes());
        chunk.extend_from_slice(&event.timestamp.to_le_bytes());
        chunk.extend_from_slice(&event.tid.to_le_bytes());
        chunk.extend_from_slice(&event.cpu.to_le_bytes());
        chunk.extend_from_slice(&event.ty.0.to_le_bytes());
        chunk.extend_from_slice(&u16::from(event.hidden).to_le_bytes());
        // The writer of captures has the same bound: no type has more than some dozens.
        chunk.extend_from_slice(&u16::try_from(event.params.len()).unwrap_or(u16::MAX).to_le_bytes());
        for p in params() {
            chunk.extend_from_slice(&u32::try_from(p.len()).unwrap_or(u32::MAX).to_le_bytes());
        }
        for p in params() {
            chunk.extend_from_slice(p);
        }
        self.events += 1;
        self.bytes += size;
    }

    /// The oldest event.
    pub(crate) fn front<'a>(&'a self, ranges: &'a mut Ranges) -> Option<Event<'a>> {
        let (event, _) = decode(self.chunks.front()?.get(self.at..)?, ranges)?;
        Some(event)
    }

    /// Time of the oldest event.
    pub(crate) fn front_timestamp(&self) -> Option<u64> {
        u64_at(self.chunks.front()?.get(self.at..)?, 8)
    }

    /// Forgets the oldest event.
    pub(crate) fn drop_front(&mut self) {
        let Some(chunk) = self.chunks.front() else { return };
        let Some(size) = chunk.get(self.at..).and_then(size_of) else { return };
        self.at += size;
        self.events -= 1;
        self.bytes -= size;
        if self.at >= chunk.len() {
            self.at = 0;
            if let Some(mut used) = self.chunks.pop_front()
                && self.spare.len() < SPARE
                && used.capacity() <= CHUNK
            {
                used.clear();
                self.spare.push(used);
            }
        }
    }

    /// Hands out all events, the oldest first, and keeps them.
    pub(crate) fn for_each<E>(&self, mut f: impl FnMut(&Event<'_>) -> Result<(), E>) -> Result<(), E> {
        let mut ranges = Ranges::new();
        let mut at = self.at;
        for chunk in &self.chunks {
            while let Some((event, size)) = chunk.get(at..).and_then(|bytes| decode(bytes, &mut ranges)) {
                f(&event)?;
                at += size;
            }
            at = 0;
        }
        Ok(())
    }
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Lengths of the parameters.
fn lengths(bytes: &[u8]) -> Option<impl Iterator<Item = u32> + '_> {
    let count = usize::from(u16_at(bytes, 30)?);
    let lengths = bytes.get(HEADER..HEADER + 4 * count)?;
    Some(lengths.chunks_exact(4).map(|b| b.first_chunk().map_or(0, |b| u32::from_le_bytes(*b))))
}

fn size_of(bytes: &[u8]) -> Option<usize> {
    Some(HEADER + lengths(bytes)?.map(|n| 4 + n as usize).sum::<usize>())
}

fn decode<'a>(bytes: &'a [u8], ranges: &'a mut Ranges) -> Option<(Event<'a>, usize)> {
    ranges.clear();
    let mut end = 0;
    for len in lengths(bytes)? {
        ranges.push(Range { start: end, len });
        end = end.saturating_add(len);
    }
    let body = HEADER + 4 * ranges.len();
    let event = Event {
        num: u64_at(bytes, 0)?,
        timestamp: u64_at(bytes, 8)?,
        tid: u64_at(bytes, 16)?.cast_signed(),
        cpu: u16_at(bytes, 24)?,
        ty: EventType(u16_at(bytes, 26)?),
        hidden: u16_at(bytes, 28)? != 0,
        params: Params::new(ranges, bytes.get(body..)?),
    };
    Some((event, body + end as usize))
}

#[cfg(test)]
mod tests {
    use avouch_event::{EventBuf, types};
    use proptest::prelude::*;

    use super::*;

    fn event(num: u64, params: &[Vec<u8>]) -> EventBuf {
        let mut buf = EventBuf::new(types::OPENAT_2_X);
        (buf.num, buf.timestamp, buf.tid, buf.cpu, buf.hidden) = (num, num * 10, -1, 3, num.is_multiple_of(2));
        for p in params {
            buf.push(p);
        }
        buf
    }

    fn text(e: &Event<'_>) -> String {
        let params: Vec<_> = (0..e.params.len()).map(|i| e.params.get(i)).collect();
        format!("{} {} {} {} {} {} {params:?}", e.num, e.timestamp, e.tid, e.cpu, e.ty.0, e.hidden)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn events_come_back_as_they_went(
            sizes in proptest::collection::vec(proptest::collection::vec(0_usize..90_000, 0..4), 1..12),
            drops in 0_usize..12,
        ) {
            let bufs: Vec<EventBuf> = (1..).zip(&sizes).map(|(n, sizes)| {
                let params: Vec<Vec<u8>> = sizes.iter().map(|s| vec![u8::try_from(s % 251).unwrap(); *s]).collect();
                event(n, &params)
            }).collect();
            let expected: Vec<String> = bufs.iter().map(|b| text(&b.event())).collect();
            let mut log = EventLog::default();
            let mut ranges = Ranges::new();
            // Twice, so that used pieces are used again.
            for _ in 0..2 {
                for buf in &bufs {
                    log.push(&buf.event());
                }
                let mut seen = Vec::new();
                log.for_each(|e| { seen.push(text(e)); Ok::<(), ()>(()) }).unwrap();
                prop_assert_eq!(&seen, &expected);
                for (n, want) in expected.iter().enumerate() {
                    prop_assert_eq!(log.len(), expected.len() - n);
                    prop_assert_eq!(log.front_timestamp(), Some((n as u64 + 1) * 10));
                    prop_assert_eq!(&text(&log.front(&mut ranges).unwrap()), want);
                    log.drop_front();
                }
                prop_assert!(log.is_empty() && log.bytes() == 0 && log.front(&mut ranges).is_none());
            }
            for buf in &bufs {
                log.push(&buf.event());
            }
            for _ in 0..drops {
                log.drop_front();
            }
            let mut rest = Vec::new();
            log.for_each(|e| { rest.push(text(e)); Ok::<(), ()>(()) }).unwrap();
            prop_assert_eq!(rest, expected.get(drops..).unwrap_or_default());
        }
    }
}
