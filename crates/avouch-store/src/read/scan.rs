//! Going through the rows of one file.

use std::ops::ControlFlow;

use crate::block::{self, HOLDS};
use crate::column::Packed;
use crate::error::{At, Error, Result};
use crate::filter::Order;
use crate::read::file::FileReader;
use crate::read::plan::Plan;

/// Blocks between two slots, also the one that begins before the first of them.
const NEWEST: &str = "SELECT rows FROM block \
     WHERE slot >= coalesce((SELECT max(slot) FROM block WHERE slot <= ?1), ?1) AND slot <= ?2 ORDER BY slot DESC";
/// The same, the other way round.
const OLDEST: &str = "SELECT rows FROM block \
     WHERE slot >= coalesce((SELECT max(slot) FROM block WHERE slot <= ?1), ?1) AND slot <= ?2 ORDER BY slot";
const ACT: &str = "read findings";

/// Shows `visit` every row that is asked for, from after `after`, until it breaks.
pub(crate) fn scan(
    file: &FileReader,
    plan: &Plan,
    order: Order,
    after: Option<i64>,
    mut visit: impl FnMut(i64, &Packed) -> Result<ControlFlow<()>>,
) -> Result<()> {
    let (mut first, mut last) = plan.slots;
    match (order, after) {
        (Order::NewestFirst, Some(after)) => last = last.min(after.saturating_sub(1)),
        (Order::OldestFirst, Some(after)) => first = first.max(after.saturating_add(1)),
        (_, None) => {}
    }
    if plan.never || first > last {
        return Ok(());
    }
    let show = |slot: i64, row: &Packed| {
        if plan.holds(file, slot, row) { visit(slot, row) } else { Ok(ControlFlow::Continue(())) }
    };
    match &plan.words {
        None => all(file, order, first, last, show),
        Some(words) => named(file, words, order, first, last, show),
    }
}

/// Every row between two slots.
fn all(
    file: &FileReader,
    order: Order,
    first: i64,
    last: i64,
    mut show: impl FnMut(i64, &Packed) -> Result<ControlFlow<()>>,
) -> Result<()> {
    let blocks = match order {
        Order::NewestFirst => NEWEST,
        Order::OldestFirst => OLDEST,
    };
    let mut blocks = file.conn.prepare_cached(blocks).at(ACT, &file.path)?;
    let mut blocks = blocks.query([first, last]).at(ACT, &file.path)?;
    while let Some(block) = blocks.next().at(ACT, &file.path)? {
        file.stop.check()?;
        let bytes = block.get_ref(0).at(ACT, &file.path)?.as_blob_or_null().ok().flatten();
        let rows = bytes.and_then(block::rows).ok_or_else(|| damaged(file))?;
        let begin = rows.partition_point(|row| block::slot(row) < first);
        let end = rows.partition_point(|row| block::slot(row) <= last);
        let rows = rows.get(begin..end).ok_or_else(|| damaged(file))?;
        let mut one = |row: &block::Stored| show(block::slot(row), &block::packed(row));
        let flow = match order {
            Order::OldestFirst => each(rows.iter(), &mut one)?,
            Order::NewestFirst => each(rows.iter().rev(), &mut one)?,
        };
        if flow.is_break() {
            return Ok(());
        }
    }
    Ok(())
}

fn each<'r>(
    rows: impl Iterator<Item = &'r block::Stored>,
    show: &mut impl FnMut(&block::Stored) -> Result<ControlFlow<()>>,
) -> Result<ControlFlow<()>> {
    for row in rows {
        if show(row)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// The rows between two slots that the full-text index names. They come in order, so that a block is looked up once for all of them that
/// stand in it.
fn named(
    file: &FileReader,
    query: &str,
    order: Order,
    first: i64,
    last: i64,
    mut show: impl FnMut(i64, &Packed) -> Result<ControlFlow<()>>,
) -> Result<()> {
    let words = match order {
        Order::NewestFirst => {
            "SELECT rowid FROM words WHERE words MATCH ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid DESC"
        }
        Order::OldestFirst => "SELECT rowid FROM words WHERE words MATCH ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid",
    };
    let mut words = file.conn.prepare_cached(words).at(ACT, &file.path)?;
    let mut holds = file.conn.prepare_cached(HOLDS).at(ACT, &file.path)?;
    let unsearchable = |source| Error::Text { text: query.to_owned(), source };
    let mut named = words.query((query, first, last)).map_err(unsearchable)?;
    // The block of the row before.
    let mut block: Vec<u8> = Vec::new();
    while let Some(row) = named.next().map_err(unsearchable)? {
        file.stop.check()?;
        let slot: i64 = row.get(0).at(ACT, &file.path)?;
        let found = |block: &[u8]| {
            let rows = block::rows(block)?;
            rows.get(block::place(rows, slot).ok()?).map(block::packed)
        };
        let row = match found(&block) {
            Some(row) => row,
            None => {
                let mut read = holds.query([slot]).at(ACT, &file.path)?;
                block.clear();
                if let Some(row) = read.next().at(ACT, &file.path)? {
                    let bytes = row.get_ref(0).at(ACT, &file.path)?.as_blob_or_null().ok().flatten();
                    block.extend_from_slice(bytes.unwrap_or_default());
                }
                found(&block).ok_or_else(|| damaged(file))?
            }
        };
        if show(slot, &row)?.is_break() {
            return Ok(());
        }
    }
    Ok(())
}

fn damaged(file: &FileReader) -> Error {
    Error::Damaged { path: file.path.clone(), what: "a block of rows" }
}
