//! Going through the rows of one file.

use std::ops::ControlFlow;

use crate::block::{self, HOLDS};
use crate::column::Packed;
use crate::error::{At, Error, Result};
use crate::filter::Order;
use crate::read::file::FileReader;
use crate::read::plan::{Named, Plan};

/// Blocks between two slots, also the one that begins before the first of them.
const NEWEST: &str = "SELECT rows FROM block \
     WHERE slot >= coalesce((SELECT max(slot) FROM block WHERE slot <= ?1), ?1) AND slot <= ?2 ORDER BY slot DESC";
/// The same, the other way round.
const OLDEST: &str = "SELECT rows FROM block \
     WHERE slot >= coalesce((SELECT max(slot) FROM block WHERE slot <= ?1), ?1) AND slot <= ?2 ORDER BY slot";
const ACT: &str = "read findings";
/// Known rows up to which each is looked up; of more all blocks are gone through.
const FEW: usize = 2048;

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
        None => all(file, order, first, last, |_| true, show),
        Some(Named::Query(query)) => queried(file, query, order, first, last, show),
        Some(Named::Slots(slots)) => {
            let begin = slots.partition_point(|slot| *slot < first);
            let end = slots.partition_point(|slot| *slot <= last);
            let slots = slots.get(begin..end).unwrap_or_default();
            match (slots.len() <= FEW, order) {
                (true, Order::OldestFirst) => each_of(file, slots.iter(), show),
                (true, Order::NewestFirst) => each_of(file, slots.iter().rev(), show),
                (false, Order::OldestFirst) => {
                    let (first, last) = ends(slots, (first, last));
                    all(file, order, first, last, among(slots.iter(), |slot, wanted| slot < wanted), show)
                }
                (false, Order::NewestFirst) => {
                    let (first, last) = ends(slots, (first, last));
                    all(file, order, first, last, among(slots.iter().rev(), |slot, wanted| slot > wanted), show)
                }
            }
        }
    }
}

/// The first and the last one.
fn ends(slots: &[i64], otherwise: (i64, i64)) -> (i64, i64) {
    (slots.first().copied().unwrap_or(otherwise.0), slots.last().copied().unwrap_or(otherwise.1))
}

/// Whether a slot is among these, when both come in the same order.
fn among<'s>(slots: impl Iterator<Item = &'s i64>, before: impl Fn(i64, i64) -> bool) -> impl FnMut(i64) -> bool {
    let mut slots = slots.copied().peekable();
    move |wanted| {
        while slots.next_if(|slot| before(*slot, wanted)).is_some() {}
        slots.peek() == Some(&wanted)
    }
}

/// Every row between two slots that is wanted.
fn all(
    file: &FileReader,
    order: Order,
    first: i64,
    last: i64,
    mut wanted: impl FnMut(i64) -> bool,
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
        let mut one = |row: &block::Stored| {
            let slot = block::slot(row);
            if wanted(slot) { show(slot, &block::packed(row)) } else { Ok(ControlFlow::Continue(())) }
        };
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

/// The rows between two slots that the full-text index names.
fn queried(
    file: &FileReader,
    query: &str,
    order: Order,
    first: i64,
    last: i64,
    show: impl FnMut(i64, &Packed) -> Result<ControlFlow<()>>,
) -> Result<()> {
    let words = match order {
        Order::NewestFirst => {
            "SELECT rowid FROM words WHERE words MATCH ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid DESC"
        }
        Order::OldestFirst => "SELECT rowid FROM words WHERE words MATCH ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid",
    };
    let mut words = file.conn.prepare_cached(words).at(ACT, &file.path)?;
    let unsearchable = |source| Error::Text { text: query.to_owned(), source };
    let mut named = words.query((query, first, last)).map_err(unsearchable)?;
    looked_up(
        file,
        || {
            let row = named.next().map_err(unsearchable)?;
            row.map(|row| row.get(0)).transpose().at(ACT, &file.path)
        },
        show,
    )
}

/// The rows of some slots.
fn each_of<'s>(
    file: &FileReader,
    slots: impl Iterator<Item = &'s i64>,
    show: impl FnMut(i64, &Packed) -> Result<ControlFlow<()>>,
) -> Result<()> {
    let mut slots = slots.copied();
    looked_up(file, || Ok(slots.next()), show)
}

/// Rows that are named one after the other. They come in order, so that a block is looked up once for all of them that stand in it.
fn looked_up(
    file: &FileReader,
    mut next: impl FnMut() -> Result<Option<i64>>,
    mut show: impl FnMut(i64, &Packed) -> Result<ControlFlow<()>>,
) -> Result<()> {
    let mut holds = file.conn.prepare_cached(HOLDS).at(ACT, &file.path)?;
    // The block of the row before.
    let mut block: Vec<u8> = Vec::new();
    while let Some(slot) = next()? {
        file.stop.check()?;
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
