//! Findings that are alike, taken together.

use std::cmp::Ordering;
use std::ops::ControlFlow;
use std::sync::Arc;

use avouch_finding::{Severity, Time};
use rustc_hash::FxHashMap;

use crate::column::{BITS, Column, Packed, Place, bit};
use crate::error::{Error, Result};
use crate::filter::{Filter, Order};
use crate::period::Shelf;
use crate::read::count::{MANY, NUMBERS};
use crate::read::file::FileReader;
use crate::read::finding::at_slot;
use crate::read::plan::Plan;
use crate::read::scan::scan;
use crate::read::{Listed, Reader, StoredFinding};

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

/// Sums by key, in the order in which keys came first.
///
/// Where nearly every finding is a group of its own, what costs is memory that is touched in no order: here that is eight bytes a group, not a
/// key with its sum.
#[derive(Debug, Default)]
struct Table {
    groups: Vec<(Key, Sum)>,
    /// Some bits of a key's hash, and its place among the groups, counted from 1.
    slots: Vec<(u32, u32)>,
}

impl Table {
    fn hash(key: &Key) -> u32 {
        const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
        let mix = |hash: u64, number: &u32| (hash.rotate_left(23) ^ u64::from(*number)).wrapping_mul(SEED);
        (key.iter().fold(SEED, mix) >> 32) as u32
    }

    /// Adds to the sum of a key.
    fn add(&mut self, key: &Key, sum: &Sum) {
        if self.groups.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let hash = Self::hash(key);
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            match self.slots[at] {
                (_, 0) => break,
                (same, place) if same == hash => {
                    let (known, total) = &mut self.groups[place as usize - 1];
                    if known == key {
                        total.add(sum);
                        return;
                    }
                }
                _ => {}
            }
            at = (at + 1) & mask;
        }
        self.groups.push((*key, *sum));
        // There are fewer than `GROUPS`.
        self.slots[at] = (hash, u32::try_from(self.groups.len()).unwrap_or(u32::MAX));
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(256);
        let old = std::mem::replace(&mut self.slots, vec![(0, 0); size]);
        for (hash, place) in old.into_iter().filter(|(_, place)| *place > 0) {
            let mut at = hash as usize & (size - 1);
            while self.slots[at].1 > 0 {
                at = (at + 1) & (size - 1);
            }
            self.slots[at] = (hash, place);
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Sum {
    count: u64,
    open: u64,
    first: Time,
    last: Time,
    severity: u32,
    /// Place of the newest: file, slot.
    newest: (usize, i64),
}

impl Sum {
    fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.open += other.open;
        self.first = self.first.min(other.first);
        // The later file, or the later place, when times are the same.
        if (other.last, other.newest) > (self.last, self.newest) {
            (self.last, self.newest) = (other.last, other.newest);
        }
        self.severity = self.severity.max(other.severity);
    }
}

/// Groups of one file, by its own numbers.
struct Local {
    count: u64,
    groups: Vec<(Key, Sum)>,
    /// By column and number the values that it stands for; nothing for numbers that are not there.
    values: Vec<Vec<Vec<Arc<str>>>>,
}

/// Whether nobody has acknowledged, decided or accepted it.
fn open(row: &Packed) -> bool {
    row[BITS] & (1 << bit::ACKNOWLEDGED | 1 << bit::SUPPRESSED | 3 << bit::DECISION) == 0
}

fn many() -> Error {
    Error::Limit { what: "groups", asked: GROUPS as u64 + 1, limit: GROUPS as u64 }
}

fn local(file: &mut FileReader, filter: &Filter, places: &[Place]) -> Result<Local> {
    let plan = Plan::new(file, filter)?;
    let mut table = Table::default();
    let mut count = 0;
    scan(file, &plan, Order::OldestFirst, None, &mut |slot, row| {
        count += 1;
        let mut key: Key = [0; COLUMNS];
        for (number, place) in key.iter_mut().zip(places) {
            *number = place.number(row);
        }
        let time = file.time(slot, row);
        let severity = row[BITS] >> bit::SEVERITY & 7;
        let one = Sum { count: 1, open: open(row).into(), first: time, last: time, severity, newest: (0, slot) };
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
        if let (Some(dict), true) = (place.dict(), used.iter().filter(|used| **used).count() > MANY) {
            file.remember(dict)?;
        }
        let mut by_number = vec![Vec::new(); most + 1];
        for (number, _) in (0..).zip(used).filter(|(_, used)| *used) {
            let mut values = file.values(*place, number)?;
            if values.is_empty() {
                values.push("".into());
            }
            by_number[number as usize] = values;
        }
        values.push(by_number);
    }
    Ok(Local { count, groups: table.groups, values })
}

/// Texts with numbers that hold for all files.
#[derive(Default)]
struct Texts {
    numbers: FxHashMap<Arc<str>, u32>,
    texts: Vec<Arc<str>>,
}

impl Texts {
    fn number(&mut self, text: &Arc<str>) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.texts.push(Arc::clone(text));
        self.numbers.insert(Arc::clone(text), number);
        number
    }

    fn key(&self, key: &Key, columns: usize) -> Vec<Arc<str>> {
        key.iter().take(columns).filter_map(|n| self.texts.get(*n as usize)).map(Arc::clone).collect()
    }
}

/// Adds the groups of a file to those of all. A finding with several values of a column belongs to several groups.
fn merge(all: &mut Table, texts: &mut Texts, file: usize, local: &Local) -> Result<()> {
    let numbers: Vec<Vec<Vec<u32>>> = local
        .values
        .iter()
        .map(|by_number| {
            by_number.iter().map(|values| values.iter().map(|value| texts.number(value)).collect()).collect()
        })
        .collect();
    let (mut keys, mut longer): (Vec<Key>, Vec<Key>) = (Vec::new(), Vec::new());
    for (key, sum) in &local.groups {
        keys.clear();
        keys.push([0; COLUMNS]);
        for (column, by_number) in numbers.iter().enumerate() {
            longer.clear();
            for begun in &keys {
                for number in &by_number[key[column] as usize] {
                    let mut key = *begun;
                    key[column] = *number;
                    longer.push(key);
                }
            }
            std::mem::swap(&mut keys, &mut longer);
        }
        let sum = Sum { newest: (file, sum.newest.1), ..*sum };
        for key in &keys {
            all.add(key, &sum);
        }
        if all.groups.len() > GROUPS {
            return Err(many());
        }
    }
    Ok(())
}

/// The first `limit` of some, in order.
fn first<T>(all: Vec<T>, limit: usize, compare: impl Fn(&T, &T) -> Ordering) -> Vec<T> {
    let mut first: Vec<T> = Vec::new();
    if limit == 0 {
        return first;
    }
    let mut full = false;
    for one in all {
        // Behind those that are known to be first already, whose last stands at the end when there were too many.
        if full && first.get(limit - 1).is_some_and(|last| compare(&one, last) != Ordering::Less) {
            continue;
        }
        first.push(one);
        if first.len() == limit * 2 {
            first.select_nth_unstable_by(limit - 1, &compare);
            first.truncate(limit);
            full = true;
        }
    }
    first.sort_unstable_by(&compare);
    first.truncate(limit);
    first
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
            let (mut all, mut texts) = (Table::default(), Texts::default());
            let mut count = 0;
            for (n, (_, local)) in locals.into_iter().enumerate() {
                count += local.count;
                merge(&mut all, &mut texts, n, &local)?;
            }
            let distinct = all.groups.len();
            let name = |key: &Key| texts.key(key, by.len());
            let compare = |(a, x): &(Key, Sum), (b, y): &(Key, Sum)| -> Ordering {
                let (most, newest) = (y.count.cmp(&x.count), y.last.cmp(&x.last));
                let order = match order {
                    GroupOrder::Most => most.then(newest),
                    GroupOrder::Newest => newest.then(most),
                };
                order.then_with(|| name(a).cmp(&name(b)))
            };
            let sorted = first(all.groups, limit, compare);
            let mut groups = Vec::with_capacity(sorted.len());
            for (key, sum) in &sorted {
                let Some(newest) = self.newest(&listed, files[sum.newest.0], sum.newest.1)? else { break };
                let severity = newest.severity;
                let severity =
                    Severity::ALL.into_iter().find(|s| u32::from(s.ocsf()) == sum.severity + 1).unwrap_or(severity);
                let Sum { count, open, first, last, .. } = *sum;
                groups.push(Group { key: name(key), count, open, first, last, severity, newest });
            }
            // Fewer when a file was dropped meanwhile: then once more, without it.
            if groups.len() == sorted.len() {
                return Ok(Groups { count, distinct, groups });
            }
        }
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
