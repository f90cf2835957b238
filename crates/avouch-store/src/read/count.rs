//! Counts of findings: how many, by value of a column, by time.

use std::collections::BTreeMap;
use std::ops::{AddAssign, ControlFlow};
use std::sync::Arc;

use avouch_finding::{Severity, Time};

use crate::column::{BITS, Column, Packed, Place, bit};
use crate::error::{Error, Result};
use crate::filter::{Filter, Order};
use crate::period::Shelf;
use crate::read::Reader;
use crate::read::file::FileReader;
use crate::read::plan::Plan;
use crate::read::scan::scan;

/// Numbers by severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BySeverity(pub(crate) [u64; 5]);

impl BySeverity {
    /// The number for one severity.
    #[must_use]
    pub fn of(self, severity: Severity) -> u64 {
        self.0.get(usize::from(severity.ocsf()) - 1).copied().unwrap_or(0)
    }

    /// All together.
    #[must_use]
    pub fn all(self) -> u64 {
        self.0.iter().sum()
    }

    pub(crate) fn add(&mut self, severity: u32, count: u64) {
        if let Some(sum) = self.0.get_mut(severity as usize) {
            *sum += count;
        }
    }
}

impl AddAssign for BySeverity {
    fn add_assign(&mut self, other: Self) {
        for (sum, number) in self.0.iter_mut().zip(other.0) {
            *sum += number;
        }
    }
}

/// Findings of one stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its begin, a multiple of the step since 1970.
    pub from: Time,
    /// Findings that nobody had accepted.
    pub counted: BySeverity,
    /// Findings that an acceptance suppressed.
    pub suppressed: BySeverity,
}

/// A value of a column and how many findings have it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "said above")]
pub struct FacetValue {
    pub value: Arc<str>,
    pub count: u64,
}

/// Values of one column. A finding counts for each of its values, so the sum may be more than the number of findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facet {
    /// The column.
    pub column: Column,
    /// How many different values there are.
    pub distinct: usize,
    /// The most frequent ones, the most frequent first; equal ones by name.
    pub values: Vec<FacetValue>,
}

/// What to count.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ask<'a> {
    /// Columns whose values are counted.
    pub columns: &'a [Column],
    /// Values of a column that are told.
    pub values: usize,
    /// ns of a bucket; none are made without it.
    pub step: Option<u64>,
}

/// Counts of findings, taken together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// How many.
    pub count: u64,
    /// In the order that was asked for.
    pub facets: Vec<Facet>,
    /// Buckets that have findings, in order of time. One that is not here had none; whether anybody watched, [`Reader::stretches`] tells.
    pub buckets: Vec<Bucket>,
}

/// Buckets of an answer at most.
const BUCKETS: usize = 100_000;
/// Values of one dictionary from which on the whole dictionary is read.
pub(crate) const MANY: usize = 64;
/// Different values of a column in one file that are counted at most; a damaged row may tell any number.
pub(crate) const NUMBERS: usize = 1 << 24;
const HOUR: u64 = 3_600_000_000_000;

/// Counts in one file.
struct Tally {
    /// By asked column the counts of its numbers.
    numbers: Vec<Vec<u64>>,
    places: Vec<Place>,
    count: u64,
    step: Option<u64>,
    buckets: Vec<Bucket>,
}

impl Tally {
    fn new(ask: Ask<'_>) -> Self {
        let places: Vec<Place> = ask.columns.iter().map(|c| c.place()).collect();
        Self { numbers: vec![Vec::new(); places.len()], places, count: 0, step: ask.step, buckets: Vec::new() }
    }

    fn add(&mut self, time: impl FnOnce() -> Time, row: &Packed) -> Result<()> {
        self.count += 1;
        for (place, numbers) in self.places.iter().zip(&mut self.numbers) {
            let number = place.number(row) as usize;
            if number >= numbers.len() {
                if number > NUMBERS {
                    return Err(Error::Limit {
                        what: "values of a column",
                        asked: number as u64,
                        limit: NUMBERS as u64,
                    });
                }
                numbers.resize(number + 1, 0);
            }
            numbers[number] += 1;
        }
        let Some(step) = self.step else { return Ok(()) };
        let time = time();
        let from = Time(time.0 - time.0 % step);
        // Rows come in order of time but for those of a nanosecond that overflowed.
        let current = match self.buckets.last_mut() {
            Some(last) if last.from == from => last,
            _ => {
                if self.buckets.len() >= BUCKETS {
                    return Err(too_many());
                }
                let (counted, suppressed) = (BySeverity::default(), BySeverity::default());
                self.buckets.push(Bucket { from, counted, suppressed });
                let last = self.buckets.len() - 1;
                &mut self.buckets[last]
            }
        };
        let severity = row[BITS] >> bit::SEVERITY & 7;
        let suppressed = row[BITS] >> bit::SUPPRESSED & 1 == 1;
        let counts = if suppressed { &mut current.suppressed } else { &mut current.counted };
        counts.add(severity, 1);
        Ok(())
    }
}

fn too_many() -> Error {
    Error::Limit { what: "buckets", asked: BUCKETS as u64 + 1, limit: BUCKETS as u64 }
}

/// Counts of the values that a file's numbers stand for.
fn named(file: &mut FileReader, place: Place, numbers: &[u64]) -> Result<BTreeMap<Arc<str>, u64>> {
    let mut sums = BTreeMap::new();
    let used = numbers.iter().filter(|n| **n > 0).count();
    if let Some(dict) = place.dict()
        && used > MANY
    {
        file.remember(dict)?;
    }
    for (number, count) in (0_u32..).zip(numbers).filter(|(_, count)| **count > 0) {
        for value in file.values(place, number)? {
            *sums.entry(value).or_default() += count;
        }
    }
    Ok(sums)
}

impl Reader {
    /// Counts findings, their values and their times in one go.
    ///
    /// # Errors
    /// When the store cannot be read, or there would be more than 100,000 buckets.
    pub fn counts(&mut self, filter: &Filter, ask: Ask<'_>) -> Result<Counts> {
        if ask.step == Some(0) {
            return Err(too_many());
        }
        if ask.columns.is_empty()
            && let Some(counts) = self.rolled_up(filter, ask.step)?
        {
            return Ok(counts);
        }
        let mut sums: Vec<BTreeMap<Arc<str>, u64>> = vec![BTreeMap::new(); ask.columns.len()];
        let mut buckets: BTreeMap<Time, Bucket> = BTreeMap::new();
        let mut count = 0;
        let listed = self.shelf(Shelf::Findings, filter.period)?;
        let answers = self.each_file(&listed, |file| {
            let plan = Plan::new(file, filter)?;
            let mut tally = Tally::new(ask);
            scan(file, &plan, Order::OldestFirst, None, &mut |slot, row| {
                tally.add(|| file.time(slot, row), row)?;
                Ok(ControlFlow::Continue(()))
            })?;
            let mut sums = Vec::new();
            for (place, numbers) in tally.places.iter().zip(&tally.numbers) {
                sums.push(named(file, *place, numbers)?);
            }
            Ok((tally.count, sums, tally.buckets))
        })?;
        for (counted, more, tallied) in answers {
            count += counted;
            for (sums, more) in sums.iter_mut().zip(more) {
                for (value, count) in more {
                    *sums.entry(value).or_default() += count;
                }
            }
            merge(&mut buckets, &tallied)?;
        }
        let facet = |(column, sums): (&Column, BTreeMap<Arc<str>, u64>)| {
            let distinct = sums.len();
            let mut values: Vec<FacetValue> =
                sums.into_iter().map(|(value, count)| FacetValue { value, count }).collect();
            values.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
            values.truncate(ask.values);
            Facet { column: *column, distinct, values }
        };
        let facets = ask.columns.iter().zip(sums).map(facet).collect();
        Ok(Counts { count, facets, buckets: buckets.into_values().collect() })
    }

    /// How many findings there are.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn count(&mut self, filter: &Filter) -> Result<u64> {
        Ok(self.counts(filter, Ask::default())?.count)
    }

    /// The most frequent values of columns, `values` of each.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn facets(&mut self, filter: &Filter, columns: &[Column], values: usize) -> Result<Vec<Facet>> {
        Ok(self.counts(filter, Ask { columns, values, step: None })?.facets)
    }

    /// Findings by time, in steps of `step` ns.
    ///
    /// # Errors
    /// When the store cannot be read, or there would be more than 100,000 buckets.
    pub fn histogram(&mut self, filter: &Filter, step: u64) -> Result<Vec<Bucket>> {
        Ok(self.counts(filter, Ask { step: Some(step), ..Ask::default() })?.buckets)
    }

    /// The answer from the counts by hour, when they have it: whole hours, and no other column than severity and suppression.
    fn rolled_up(&mut self, filter: &Filter, step: Option<u64>) -> Result<Option<Counts>> {
        let whole = |time: Time| time.0 == u64::MAX || time.0.is_multiple_of(HOUR);
        let known = |column: &Column| matches!(column, Column::Severity | Column::Suppressed);
        if !whole(filter.period.from)
            || !whole(filter.period.to)
            || !step.is_none_or(|s| s.is_multiple_of(HOUR))
            || !filter.text.is_empty()
            || !filter.only.keys().chain(filter.except.keys()).all(known)
        {
            return Ok(None);
        }
        let asked = |column: Column, value: &str| {
            filter.only.get(&column).is_none_or(|values| values.contains(value))
                && !filter.except.get(&column).is_some_and(|values| values.contains(value))
        };
        let mut counts = Counts::default();
        let mut buckets: BTreeMap<Time, Bucket> = BTreeMap::new();
        for hour in self.severities_by_hour(filter.period)? {
            let mut bucket = Bucket { from: hour.from, ..hour };
            for severity in Severity::ALL {
                let n = usize::from(severity.ocsf()) - 1;
                let severity = asked(Column::Severity, severity.name());
                for (numbers, suppressed) in [(&mut bucket.counted, "no"), (&mut bucket.suppressed, "yes")] {
                    if !severity || !asked(Column::Suppressed, suppressed) {
                        numbers.0[n] = 0;
                    }
                }
            }
            counts.count += bucket.counted.all() + bucket.suppressed.all();
            if let Some(step) = step {
                bucket.from.0 -= bucket.from.0 % step;
                merge(&mut buckets, &[bucket])?;
            }
        }
        counts.buckets = buckets.into_values().filter(|b| b.counted.all() + b.suppressed.all() > 0).collect();
        Ok(Some(counts))
    }
}

fn merge(buckets: &mut BTreeMap<Time, Bucket>, more: &[Bucket]) -> Result<()> {
    for bucket in more {
        let empty = Bucket { from: bucket.from, counted: BySeverity::default(), suppressed: BySeverity::default() };
        let sum = buckets.entry(bucket.from).or_insert(empty);
        sum.counted += bucket.counted;
        sum.suppressed += bucket.suppressed;
        if buckets.len() > BUCKETS {
            return Err(too_many());
        }
    }
    Ok(())
}

/// Findings of a criterion on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CriterionDay {
    /// Begin of the day, UTC.
    pub day: Time,
    /// The criterion.
    pub criterion: Arc<str>,
    /// Their severity.
    pub severity: Severity,
    /// Cluster; empty when none was told.
    pub cluster: Arc<str>,
    /// Findings that are evidence for it first and that nobody had accepted.
    pub counted: u64,
    /// Findings that are evidence for it first and that an acceptance suppressed.
    pub suppressed: u64,
    /// Findings that touch it, suppressed or not.
    pub touched: u64,
}

/// Findings of a rule on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleDay {
    /// Begin of the day, UTC.
    pub day: Time,
    /// The rule.
    pub rule: Arc<str>,
    /// Findings that nobody had accepted.
    pub counted: u64,
    /// Findings that an acceptance suppressed.
    pub suppressed: u64,
}

/// Findings of a rule that an acceptance suppressed on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptanceDay {
    /// Begin of the day, UTC.
    pub day: Time,
    /// Id of the acceptance.
    pub acceptance: Arc<str>,
    /// The rule.
    pub rule: Arc<str>,
    /// How many.
    pub suppressed: u64,
}
