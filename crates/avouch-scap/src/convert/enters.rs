//! Enter events kept until their exit event comes.

use avouch_event::Range;
use rustc_hash::FxHashMap;

use crate::counts::Counts;

/// Most threads with an enter event kept. A machine of 4 million threads has some thousand calls under way at a time.
const MAX_THREADS: usize = 32_768;

/// Most bytes kept, over all threads: enter events are some dozens of bytes, paths at most 4 KiB.
const MAX_BYTES: usize = 16 << 20;

/// Spare room of one entry beyond which it is given back when the entry is reused.
const KEEP_CAPACITY: usize = 4096;

/// An enter event.
#[derive(Default)]
pub(crate) struct Enter {
    pub(crate) number: u16,
    live: bool,
    ranges: Vec<Range>,
    bytes: Vec<u8>,
}

impl Enter {
    pub(crate) fn param(&self, i: usize) -> Option<&[u8]> {
        let r = self.ranges.get(i)?;
        let start = r.start as usize;
        self.bytes.get(start..start.checked_add(r.len as usize)?)
    }
}

/// The last enter event of each thread. Entries stay when consumed, so that a busy thread allocates once.
#[derive(Default)]
pub(crate) struct Enters {
    by_tid: FxHashMap<i64, Enter>,
    /// Capacity of all entries.
    bytes: usize,
}

impl Enters {
    pub(crate) fn get(&self, tid: i64) -> Option<&Enter> {
        self.by_tid.get(&tid).filter(|e| e.live)
    }

    pub(crate) fn consume(&mut self, tid: i64) {
        if let Some(e) = self.by_tid.get_mut(&tid) {
            e.live = false;
        }
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn store(&mut self, tid: i64, number: u16, ranges: &[Range], bytes: &[u8], counts: &mut Counts) {
        let full = self.by_tid.len() >= MAX_THREADS && !self.by_tid.contains_key(&tid);
        if full || self.bytes.saturating_add(bytes.len()) > MAX_BYTES {
            self.evict(counts);
        }
        let e = self.by_tid.entry(tid).or_default();
        let before = e.bytes.capacity();
        (e.number, e.live) = (number, true);
        e.ranges.clear();
        e.ranges.extend_from_slice(ranges);
        e.bytes.clear();
        if before > KEEP_CAPACITY {
            e.bytes.shrink_to(bytes.len());
        }
        e.bytes.extend_from_slice(bytes);
        self.bytes = self.bytes.saturating_sub(before).saturating_add(e.bytes.capacity());
    }

    /// Drops what was consumed; if that does not help, everything, since an old enter event is no better than none.
    fn evict(&mut self, counts: &mut Counts) {
        self.by_tid.retain(|_, e| e.live);
        self.bytes = self.by_tid.values().map(|e| e.bytes.capacity()).sum();
        if self.by_tid.len() > MAX_THREADS / 2 || self.bytes > MAX_BYTES / 2 {
            counts.enters_evicted += self.by_tid.len() as u64;
            self.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_and_evictions_counted() {
        // Few threads with large events, and many with small ones.
        for (threads, size) in [(1_000, 60_000_u32), (70_000, 4)] {
            let (mut enters, mut counts) = (Enters::default(), Counts::default());
            let bytes = vec![0; size as usize];
            for tid in 0..threads {
                enters.store(tid, 4, &[Range { start: 0, len: size }], &bytes, &mut counts);
                assert!(enters.bytes <= MAX_BYTES && enters.by_tid.len() <= MAX_THREADS);
            }
            let kept = enters.by_tid.len() as u64;
            assert_eq!(counts.enters_evicted + kept, threads.unsigned_abs());
            assert!(enters.get(threads - 1).is_some());
        }
    }

    #[test]
    fn consumed_is_gone() {
        let mut enters = Enters::default();
        enters.store(7, 4, &[Range { start: 0, len: 2 }], b"ab", &mut Counts::default());
        assert_eq!(enters.get(7).and_then(|e| e.param(0)), Some(&b"ab"[..]));
        enters.consume(7);
        assert!(enters.get(7).is_none());
    }
}
