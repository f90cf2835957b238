//! Rows of a file in blocks: in one value of the engine as many rows as one of its pages holds.
//!
//! A question that no index answers goes through all rows, and what costs then is the engine's step from one value to the next, not the
//! row: one million rows with a value each took 60 to 90 ms of CPU.
//!
//! A block is named by the slot of its first row, and rows never leave a file, so that a block keeps its name.

use rusqlite::{Connection, OptionalExtension};

use crate::column::{BYTES, Packed, unpack};

/// Bytes of a row: its slot, its packed columns.
pub(crate) const ROW: usize = 8 + BYTES;
/// Rows of a block at most: a page of 4,096 bytes holds 4,061 of a value and its header, and is read where it lies.
pub(crate) const FULL: usize = 59;

/// A row as it is stored.
pub(crate) type Stored = [u8; ROW];

/// Rows of a block, the lowest slot first; `None` when it is none.
pub(crate) fn rows(block: &[u8]) -> Option<&[Stored]> {
    let (rows, rest) = block.as_chunks();
    rest.is_empty().then_some(rows)
}

/// Slot of a row.
pub(crate) fn slot(row: &Stored) -> i64 {
    row.first_chunk().map_or(0, |slot| i64::from_le_bytes(*slot))
}

/// Packed columns of a row.
pub(crate) fn packed(row: &Stored) -> Packed {
    // Always so long.
    unpack(&row[8..]).unwrap_or_default()
}

/// Place of a slot in a block; where it would stand when it is not there.
pub(crate) fn place(rows: &[Stored], wanted: i64) -> Result<usize, usize> {
    rows.binary_search_by_key(&wanted, slot)
}

/// The block in which a slot stands, when it is in the file.
pub(crate) const HOLDS: &str = "SELECT rows FROM block WHERE slot <= ?1 ORDER BY slot DESC LIMIT 1";

/// One row of a file.
pub(crate) fn one(conn: &Connection, wanted: i64) -> rusqlite::Result<Option<Packed>> {
    let mut find = conn.prepare_cached(HOLDS)?;
    let found = find.query_row([wanted], |r| {
        let rows = rows(r.get_ref(0)?.as_blob()?).unwrap_or_default();
        Ok(place(rows, wanted).ok().and_then(|n| rows.get(n)).map(packed))
    });
    Ok(found.optional()?.flatten())
}
