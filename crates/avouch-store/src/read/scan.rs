//! Going through the rows of one file.

use std::ops::ControlFlow;

use rusqlite::Row;

use crate::column::{Packed, unpack};
use crate::error::{At, Error, Result};
use crate::filter::Order;
use crate::read::file::FileReader;
use crate::read::plan::Plan;

/// Rows that the full-text index names and that are looked up at once, one by one.
const FEW: usize = 500;
/// Further rows that it names, from which on keys are read in a row instead of one by one. A look-up costs about as much
/// as reading ten keys in order.
const LOOK_UPS: usize = 20_000;

fn packed(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Packed>> {
    Ok(unpack(row.get_ref(column)?.as_blob()?))
}

/// Shows `visit` every row that is asked for, from after `after`, until it breaks.
pub(crate) fn scan(
    file: &FileReader,
    plan: &Plan,
    order: Order,
    after: Option<i64>,
    visit: &mut dyn FnMut(i64, &Packed) -> Result<ControlFlow<()>>,
) -> Result<()> {
    if plan.never {
        return Ok(());
    }
    let (mut first, mut last) = plan.slots;
    match (order, after) {
        (Order::NewestFirst, Some(after)) => last = last.min(after.saturating_sub(1)),
        (Order::OldestFirst, Some(after)) => first = first.max(after.saturating_add(1)),
        (_, None) => {}
    }
    let damaged = || Error::Damaged { path: file.path.clone(), what: "a packed row" };
    let mut show = |slot: i64, row: Option<Packed>| {
        file.stop.check()?;
        let row = row.ok_or_else(damaged)?;
        if plan.holds(file, slot, &row) { visit(slot, &row) } else { Ok(ControlFlow::Continue(())) }
    };
    let keys = match order {
        Order::NewestFirst => "SELECT slot, packed FROM key WHERE slot BETWEEN ?1 AND ?2 ORDER BY slot DESC",
        Order::OldestFirst => "SELECT slot, packed FROM key WHERE slot BETWEEN ?1 AND ?2 ORDER BY slot",
    };
    let act = "read findings";
    let mut keys = file.conn.prepare_cached(keys).at(act, &file.path)?;
    let Some(query) = &plan.words else {
        let mut rows = keys.query([first, last]).at(act, &file.path)?;
        while let Some(row) = rows.next().at(act, &file.path)? {
            let slot = row.get(0).at(act, &file.path)?;
            if show(slot, packed(row, 1).at(act, &file.path)?)?.is_break() {
                return Ok(());
            }
        }
        return Ok(());
    };

    let words = match order {
        Order::NewestFirst => {
            "SELECT rowid FROM words WHERE words MATCH ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid DESC"
        }
        Order::OldestFirst => "SELECT rowid FROM words WHERE words MATCH ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid",
    };
    let mut words = file.conn.prepare_cached(words).at(act, &file.path)?;
    let mut one = file.conn.prepare_cached("SELECT packed FROM key WHERE slot = ?1").at(act, &file.path)?;
    let unsearchable = |source| Error::Text { text: query.clone(), source };
    let mut named = words.query((query, first, last)).map_err(unsearchable)?;
    let mut next = || match named.next().map_err(unsearchable)? {
        Some(row) => row.get::<_, i64>(0).at(act, &file.path).map(Some),
        None => Ok(None),
    };
    let mut look_up = |slot: i64| {
        let key = one.query_row([slot], |row| packed(row, 0)).at(act, &file.path)?;
        show(slot, key)
    };
    // A page seldom needs more.
    for _ in 0..FEW {
        let Some(slot) = next()? else { return Ok(()) };
        if look_up(slot)?.is_break() {
            return Ok(());
        }
    }
    let mut ahead: Vec<i64> = Vec::new();
    while ahead.len() < LOOK_UPS {
        let Some(slot) = next()? else {
            for slot in ahead {
                if look_up(slot)?.is_break() {
                    return Ok(());
                }
            }
            return Ok(());
        };
        ahead.push(slot);
    }
    let mut ahead = ahead.into_iter();
    let Some(mut slot) = ahead.next() else { return Ok(()) };
    let bounds = match order {
        Order::NewestFirst => [first, slot],
        Order::OldestFirst => [slot, last],
    };
    let mut rows = keys.query(bounds).at(act, &file.path)?;
    while let Some(row) = rows.next().at(act, &file.path)? {
        if row.get::<_, i64>(0).at(act, &file.path)? != slot {
            file.stop.check()?;
            continue;
        }
        if show(slot, packed(row, 1).at(act, &file.path)?)?.is_break() {
            return Ok(());
        }
        let following = match ahead.next() {
            Some(slot) => Some(slot),
            None => next()?,
        };
        match following {
            Some(following) => slot = following,
            None => break,
        }
    }
    Ok(())
}
