//! Findings that are alike, taken together.

use std::cmp::Ordering;
use std::ops::ControlFlow;
use std::sync::Arc;

use avouch_finding::{Severity, Time};

use crate::column::{BITS, Column, Place, bit, is_open};
use crate::error::{Error, Result};
use crate::filter::{Filter, Order};
use crate::period::Shelf;
use crate::read::file::{FileReader, Values};
use crate::read::finding::at_slot;
use crate::read::first::first;
use crate::read::parted::{Adding, Keyed, Parted, together};
use crate::read::plan::{Plan, Wanted};
use crate::read::scan::scan;
use crate::read::table::Sum;
use crate::read::{Listed, Reader, StoredFinding};
use crate::texts::{EMPTY, UNKNOWN};

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

fn many() -> Error {
    Error::Limit { what: "groups", asked: GROUPS as u64 + 1, limit: GROUPS as u64 }
}

/// Groups of one file, as they are found.
struct Found<const N: usize> {
    /// Number of the file.
    file: u32,
    /// By column of the key what the file's numbers stand for.
    values: Vec<Values>,
    parted: Parted<N>,
    /// Sums from which on those of one key are put together.
    room: usize,
    /// Room to work in.
    keys: Vec<[u32; N]>,
    longer: Vec<[u32; N]>,
}

impl<const N: usize> Found<N> {
    fn new(file: &mut FileReader, number: u32, places: &[Place]) -> Result<Self> {
        let values = places.iter().map(|place| file.all_values(*place)).collect::<Result<_>>()?;
        let (keys, longer) = (Vec::new(), Vec::new());
        Ok(Self { file: number, values, parted: Parted::default(), room: 2 * GROUPS, keys, longer })
    }

    /// Adds a sum under the numbers that hold for all files. A finding with several values of a column belongs to several groups.
    fn add(&mut self, file: &FileReader, key: [u32; N], sum: Sum) -> Result<()> {
        let Self { keys, longer, .. } = self;
        keys.clear();
        keys.push([EMPTY; N]);
        for (column, values) in self.values.iter().enumerate() {
            match values.of(key[column]) {
                None | Some([UNKNOWN]) => return Err(file.no_text()),
                Some([value]) => keys.iter_mut().for_each(|key| key[column] = *value),
                // Without a value it has the empty one, as every key begins.
                Some([]) => {}
                Some(several) => {
                    longer.clear();
                    for begun in keys.iter() {
                        longer.extend(several.iter().map(|value| {
                            let mut key = *begun;
                            key[column] = *value;
                            key
                        }));
                    }
                    std::mem::swap(keys, longer);
                }
            }
        }
        let sum = Sum { file: self.file, ..sum };
        for key in keys.iter() {
            self.parted.add(*key, sum);
        }
        if self.parted.len() > self.room {
            self.parted.tidy();
            if self.parted.len() > GROUPS {
                return Err(many());
            }
        }
        Ok(())
    }
}

/// Groups of one file: how many findings, and the groups in parts.
fn of_file<const N: usize>(
    file: &mut FileReader,
    filter: &Filter,
    number: u32,
    places: &[Place],
) -> Result<(u64, Vec<Vec<Keyed<N>>>)> {
    let plan = Plan::new(file, filter, Wanted::All)?;
    let mut found = Found::new(file, number, places)?;
    let file = &*file;
    let (mut adding, mut count) = (Adding::default(), 0);
    scan(file, &plan, Order::OldestFirst, None, |slot, row| {
        count += 1;
        let mut key = [0; N];
        for (number, place) in key.iter_mut().zip(places) {
            *number = place.number(row);
        }
        let time = file.time(slot, row);
        let severity = row[BITS] >> bit::SEVERITY & 7;
        let one = Sum { first: time, last: time, slot, file: 0, count: 1, open: is_open(row).into(), severity };
        if let Some((key, sum)) = adding.add(key, one) {
            found.add(file, key, sum)?;
        }
        Ok(ControlFlow::Continue(()))
    })?;
    for (key, sum) in adding.finish() {
        found.add(file, key, sum)?;
    }
    Ok((count, found.parted.into_parts()))
}

/// Groups of some files as a whole.
struct Whole {
    /// Begin of each file.
    files: Vec<Time>,
    count: u64,
    distinct: usize,
    /// Those that are told, in order.
    told: Vec<(Vec<Arc<str>>, Sum)>,
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
            // Keys are as long as they have to be: a million of them are written and read several times.
            let whole = match places.len() {
                0 | 1 => self.whole::<1>(&listed, filter, &places, order, limit)?,
                2 => self.whole::<2>(&listed, filter, &places, order, limit)?,
                3 => self.whole::<3>(&listed, filter, &places, order, limit)?,
                _ => self.whole::<COLUMNS>(&listed, filter, &places, order, limit)?,
            };
            let mut groups = Vec::with_capacity(whole.told.len());
            for (key, sum) in &whole.told {
                let Some(begin) = whole.files.get(sum.file as usize) else { break };
                let Some(newest) = self.newest(&listed, *begin, sum.slot)? else { break };
                let severity = newest.severity;
                let severity =
                    Severity::ALL.into_iter().find(|s| u32::from(s.ocsf()) == sum.severity + 1).unwrap_or(severity);
                let Sum { count, open, first, last, .. } = *sum;
                let (count, open, key) = (count.into(), open.into(), key.clone());
                groups.push(Group { key, count, open, first, last, severity, newest });
            }
            // Fewer when a file was dropped meanwhile: then once more, without it.
            if groups.len() == whole.told.len() {
                return Ok(Groups { count: whole.count, distinct: whole.distinct, groups });
            }
        }
    }

    /// Groups of some files, by keys of `N` numbers.
    fn whole<const N: usize>(
        &mut self,
        listed: &[Listed],
        filter: &Filter,
        places: &[Place],
        order: GroupOrder,
        limit: usize,
    ) -> Result<Whole> {
        let number = |file: &FileReader| {
            let at = listed.iter().position(|listed| listed.period.from == file.period.from);
            at.and_then(|at| u32::try_from(at).ok()).unwrap_or(u32::MAX)
        };
        let found = self.each_file(listed, |file| {
            let number = number(file);
            of_file::<N>(file, filter, number, places)
        })?;
        let count = found.iter().map(|(count, _)| count).sum();
        let mut files: Vec<_> = found.into_iter().map(|(_, parts)| parts.into_iter()).collect();
        let (mut distinct, mut places_of) = (0, Vec::new());
        // The same part of all files at a time; of a part that is done only what may be told stays.
        let parts = std::iter::from_fn(|| {
            let mut part = Vec::new();
            let mut more = false;
            for file in &mut files {
                if let Some(of_file) = file.next() {
                    more = true;
                    if part.is_empty() { part = of_file } else { part.extend(of_file) }
                }
            }
            more.then_some(part)
        });
        let groups = parts.flat_map(|mut part| {
            together(&mut part, &mut places_of);
            distinct += part.len();
            part
        });
        let told = self.first_groups(groups, order, limit, places.len());
        if distinct > GROUPS {
            return Err(many());
        }
        Ok(Whole { files: listed.iter().map(|listed| listed.period.from).collect(), count, distinct, told })
    }

    /// The groups that are told, in order, with their names.
    fn first_groups<const N: usize>(
        &self,
        all: impl Iterator<Item = Keyed<N>>,
        order: GroupOrder,
        limit: usize,
        columns: usize,
    ) -> Vec<(Vec<Arc<str>>, Sum)> {
        let known = self.texts.known();
        let names = |key: &[u32; N]| key.map(|number| known.text(number));
        let compare = |(a, x): &Keyed<N>, (b, y): &Keyed<N>| -> Ordering {
            let (most, newest) = (y.count.cmp(&x.count), y.last.cmp(&x.last));
            let order = match order {
                GroupOrder::Most => most.then(newest),
                GroupOrder::Newest => newest.then(most),
            };
            order.then_with(|| names(a).cmp(&names(b)))
        };
        let named = |(key, sum): Keyed<N>| (names(&key).into_iter().take(columns).map(Arc::clone).collect(), sum);
        first(all, limit, compare).into_iter().map(named).collect()
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
