//! Findings that are alike, taken together.

use std::cmp::Ordering;
use std::ops::ControlFlow;
use std::sync::Arc;

use avouch_finding::{Severity, Time};

use crate::column::{BITS, Column, Place, bit, is_open};
use crate::error::{Error, Result};
use crate::filter::{Filter, Order};
use crate::period::Shelf;
use crate::read::count::NUMBERS;
use crate::read::file::{FileReader, Values};
use crate::read::finding::at_slot;
use crate::read::first::first;
use crate::read::plan::Plan;
use crate::read::scan::scan;
use crate::read::table::{Sum, Table};
use crate::read::{Listed, Reader, StoredFinding};
use crate::texts::EMPTY;

/// Columns of a key at most.
const COLUMNS: usize = 6;
/// Groups of an answer at most, told or not.
const GROUPS: usize = 1 << 20;
/// Groups told at most.
const TOLD: usize = 10_000;

/// Which groups are told first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GroupOrder {
    /// Those with the most findings.
    #[default]
    Most,
    /// Those with the newest finding.
    Newest,
}

/// Findings that have the same values in the columns that were asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The values, in the order of the columns; empty where the findings have none.
    pub key: Vec<Arc<str>>,
    /// How many.
    pub count: u64,
    /// Those that are open; see [`Filter::open`].
    pub open: u64,
    /// Time of the first.
    pub first: Time,
    /// Time of the last.
    pub last: Time,
    /// The highest.
    pub severity: Severity,
    /// The last of them.
    pub newest: StoredFinding,
}

/// Groups of findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups {
    /// How many findings there are in all groups, each counted once.
    pub count: u64,
    /// How many groups there are.
    pub distinct: usize,
    /// As many as were asked for.
    pub groups: Vec<Group>,
}

type Key = [u32; COLUMNS];

/// Groups of one file, by its own numbers.
struct Local {
    count: u64,
    groups: Vec<(Key, Sum)>,
    /// By column what its numbers stand for.
    values: Vec<Values>,
}

fn many() -> Error {
    Error::Limit { what: "groups", asked: GROUPS as u64 + 1, limit: GROUPS as u64 }
}

fn local(file: &mut FileReader, filter: &Filter, places: &[Place]) -> Result<Local> {
    let plan = Plan::new(file, filter)?;
    let mut table = Table::default();
    let mut count = 0;
    scan(file, &plan, Order::OldestFirst, None, |slot, row| {
        count += 1;
        let mut key: Key = [0; COLUMNS];
        for (number, place) in key.iter_mut().zip(places) {
            *number = place.number(row);
        }
        let time = file.time(slot, row);
        let severity = row[BITS] >> bit::SEVERITY & 7;
        let one = Sum { first: time, last: time, slot, file: 0, count: 1, open: is_open(row).into(), severity };
        table.add(&key, &one);
        if table.groups.len() > GROUPS { Err(many()) } else { Ok(ControlFlow::Continue(())) }
    })?;
    let mut values = Vec::new();
    for (n, place) in places.iter().enumerate() {
        let most = table.groups.iter().map(|(key, _)| key[n] as usize).max().unwrap_or(0);
        if most > NUMBERS {
            return Err(Error::Limit { what: "values of a column", asked: most as u64, limit: NUMBERS as u64 });
        }
        let mut used = vec![false; most + 1];
        for (key, _) in &table.groups {
            used[key[n] as usize] = true;
        }
        values.push(file.values(*place, &used)?);
    }
    Ok(Local { count, groups: table.groups, values })
}

/// Adds the groups of a file to those of all. A finding with several values of a column belongs to several groups.
fn merge(all: &mut Table<COLUMNS>, file: u32, local: &Local) -> Result<()> {
    let (mut keys, mut longer): (Vec<Key>, Vec<Key>) = (Vec::new(), Vec::new());
    for (key, sum) in &local.groups {
        let sum = Sum { file, ..*sum };
        keys.clear();
        keys.push([EMPTY; COLUMNS]);
        for (column, values) in local.values.iter().enumerate() {
            match values.of(key[column]) {
                // Without a value it has the empty one, as every key begins.
                [] => {}
                [value] => keys.iter_mut().for_each(|key| key[column] = *value),
                several => {
                    longer.clear();
                    for begun in &keys {
                        longer.extend(several.iter().map(|value| {
                            let mut key = *begun;
                            key[column] = *value;
                            key
                        }));
                    }
                    std::mem::swap(&mut keys, &mut longer);
                }
            }
        }
        for key in &keys {
            all.add(key, &sum);
        }
        if all.groups.len() > GROUPS {
            return Err(many());
        }
    }
    Ok(())
}

impl Reader {
    /// Findings by the values of `by`, up to six columns, the first `limit` groups. A finding with several values of a column
    /// belongs to several groups.
    ///
    /// # Errors
    /// When the store cannot be read, there are more than six columns or a million groups, or more than 10,000 of them are asked for.
    pub fn groups(&mut self, filter: &Filter, by: &[Column], order: GroupOrder, limit: usize) -> Result<Groups> {
        for (what, asked, limit) in [("columns of a key", by.len(), COLUMNS), ("groups", limit, TOLD)] {
            if asked > limit {
                return Err(Error::Limit { what, asked: asked as u64, limit: limit as u64 });
            }
        }
        let places: Vec<Place> = by.iter().map(|column| column.place()).collect();
        loop {
            let listed = self.shelf(Shelf::Findings, filter.period)?;
            let locals = self.each_file(&listed, |file| Ok((file.period.from, local(file, filter, &places)?)))?;
            let files: Vec<Time> = locals.iter().map(|(begin, _)| *begin).collect();
            let mut all = Table::default();
            let mut count = 0;
            for (n, (_, local)) in (0..).zip(&locals) {
                count += local.count;
                merge(&mut all, n, local)?;
            }
            drop(locals);
            let distinct = all.groups.len();
            let sorted = self.first_groups(all, order, limit, by.len());
            let mut groups = Vec::with_capacity(sorted.len());
            for (key, sum) in &sorted {
                let Some(begin) = files.get(sum.file as usize) else { break };
                let Some(newest) = self.newest(&listed, *begin, sum.slot)? else { break };
                let severity = newest.severity;
                let severity =
                    Severity::ALL.into_iter().find(|s| u32::from(s.ocsf()) == sum.severity + 1).unwrap_or(severity);
                let Sum { count, open, first, last, .. } = *sum;
                let (count, open, key) = (count.into(), open.into(), key.clone());
                groups.push(Group { key, count, open, first, last, severity, newest });
            }
            // Fewer when a file was dropped meanwhile: then once more, without it.
            if groups.len() == sorted.len() {
                return Ok(Groups { count, distinct, groups });
            }
        }
    }

    /// The groups that are told, in order, with their names.
    fn first_groups(
        &self,
        all: Table<COLUMNS>,
        order: GroupOrder,
        limit: usize,
        columns: usize,
    ) -> Vec<(Vec<Arc<str>>, Sum)> {
        let known = self.texts.known();
        let names = |key: &Key| key.map(|number| known.text(number));
        let compare = |(a, x): &(Key, Sum), (b, y): &(Key, Sum)| -> Ordering {
            let (most, newest) = (y.count.cmp(&x.count), y.last.cmp(&x.last));
            let order = match order {
                GroupOrder::Most => most.then(newest),
                GroupOrder::Newest => newest.then(most),
            };
            order.then_with(|| names(a).cmp(&names(b)))
        };
        let named = |(key, sum): (Key, Sum)| (names(&key).into_iter().take(columns).map(Arc::clone).collect(), sum);
        first(all.groups.into_iter(), limit, compare).into_iter().map(named).collect()
    }

    /// The finding at a place of the file that begins at `begin`; `None` when it is there no longer.
    fn newest(&mut self, listed: &[Listed], begin: Time, slot: i64) -> Result<Option<StoredFinding>> {
        let Some(listed) = listed.iter().find(|listed| listed.period.from == begin) else { return Ok(None) };
        match self.file(listed)? {
            Some(file) => file.still(|file| at_slot(file, slot)),
            None => Ok(None),
        }
    }
}
