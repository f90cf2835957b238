//! Places of rows: a row's number in its file is its time, so that a file is kept and read in order of time.
//!
//! A slot is the nanoseconds since the begin of the file's period, shifted by [`SHIFT`] bits; what the low bits leave is for
//! rows of the same nanosecond, in order of arrival. When these are used up (logs that tell whole seconds only), the next
//! rows stand in the following nanoseconds, so that a row's true time is at most [`crate::slot::Slots::spill`] ns before the
//! time of its place.

use avouch_finding::Time;
use rusqlite::Connection;
use rustc_hash::FxHashMap;

use crate::column::{LATE, Packed};
use crate::period::{bound, moment};
use crate::write::Blocks;

/// 2,048 rows a nanosecond; a month of nanoseconds takes 52 bits, and 63 can be had.
pub(crate) const SHIFT: u32 = 11;
const ROOM: i64 = (1 << SHIFT) - 1;
/// Moments remembered with the place where their rows overflowed to.
const REMEMBERED: usize = 10_000;

/// Time of a row in the file of a period.
pub(crate) fn time_of(begin: Time, slot: i64, row: &Packed) -> Time {
    moment(bound(begin).saturating_add(slot >> SHIFT).saturating_sub(i64::from(row[LATE])))
}

/// Finds places for rows of one file.
#[derive(Debug)]
pub(crate) struct Slots {
    /// The last slot in use.
    last: Option<i64>,
    /// ns from a row's time to the time of its place, at most.
    spill: i64,
    /// By moment: the nanosecond that its latest row stands in.
    overflowed: FxHashMap<i64, i64>,
}

impl Slots {
    pub(crate) fn new(conn: &Connection, blocks: &mut Blocks, spill: i64) -> rusqlite::Result<Self> {
        let last = blocks.up_to(conn, i64::MAX)?;
        Ok(Self { last, spill, overflowed: FxHashMap::default() })
    }

    /// See [`Slots`].
    pub(crate) fn spill(&self) -> i64 {
        self.spill
    }

    /// A free place for a row of `offset` ns after the begin of the period. It counts as taken.
    pub(crate) fn place(&mut self, conn: &Connection, blocks: &mut Blocks, offset: i64) -> rusqlite::Result<i64> {
        let mut nanosecond = self.overflowed.get(&offset).copied().unwrap_or(offset);
        let slot = loop {
            let base = nanosecond << SHIFT;
            if self.last.is_none_or(|last| last < base) {
                break base;
            }
            match blocks.up_to(conn, base + ROOM)?.filter(|taken| *taken >= base) {
                None => break base,
                Some(taken) if taken < base + ROOM => break taken + 1,
                Some(_) => nanosecond += 1,
            }
        };
        if nanosecond != offset {
            self.spill = self.spill.max(nanosecond - offset);
            if self.overflowed.len() >= REMEMBERED {
                self.overflowed.clear();
            }
            self.overflowed.insert(offset, nanosecond);
        }
        self.last = Some(self.last.map_or(slot, |last| last.max(slot)));
        Ok(slot)
    }
}
