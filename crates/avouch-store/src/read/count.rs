//! Counts of findings: how many, by value of a column, by time.

use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::sync::Arc;

use avouch_finding::{Severity, Time};

use crate::column::Column;
use crate::error::{Error, Result};
use crate::filter::Filter;
use crate::period::Shelf;
use crate::read::Reader;
use crate::read::first::first;
use crate::read::kept::Kept;
use crate::read::tally::Tally;

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

impl Bucket {
    /// One without findings.
    pub(crate) fn empty(from: Time) -> Self {
        Self { from, counted: BySeverity::default(), suppressed: BySeverity::default() }
    }
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
pub(crate) const BUCKETS: usize = 100_000;
/// Different values of a column in one file that are counted at most; a damaged row may tell any number.
pub(crate) const NUMBERS: usize = 1 << 24;

impl Reader {
    /// Counts findings, their values and their times in one go.
    ///
    /// # Errors
    /// When the store cannot be read, or there would be more than 100,000 buckets.
    pub fn counts(&mut self, filter: &Filter, ask: Ask<'_>) -> Result<Counts> {
        if ask.step == Some(0) {
            return Err(too_many());
        }
        let listed = self.shelf(Shelf::Findings, filter.period)?;
        let kept = Kept::of(filter, ask);
        let texts = Arc::clone(&self.texts);
        let tallied = self.each_file(&listed, |file| match &kept {
            Some(kept) => kept.tally(file, filter, ask).map(Arc::new),
            None => texts.counts.tally(file, filter, ask, |file| Tally::scan(file, filter, ask)?.finish(file)),
        })?;
        let mut counts = Counts::default();
        let mut buckets: BTreeMap<Time, Bucket> = BTreeMap::new();
        for more in &tallied {
            counts.count += more.count;
            merge(&mut buckets, &more.buckets)?;
        }
        counts.buckets = buckets.into_values().collect();
        let known = self.texts.known();
        let mut sums = Sums::default();
        for (n, column) in ask.columns.iter().enumerate() {
            for (value, count) in tallied.iter().filter_map(|more| more.values.get(n)).flatten() {
                sums.add(*value, *count);
            }
            let distinct = sums.used.len();
            let order =
                |a: &(u32, u64), b: &(u32, u64)| b.1.cmp(&a.1).then_with(|| known.text(a.0).cmp(known.text(b.0)));
            let values = first(sums.take(), ask.values, order);
            let named = |(value, count)| FacetValue { value: Arc::clone(known.text(value)), count };
            counts.facets.push(Facet { column: *column, distinct, values: values.into_iter().map(named).collect() });
        }
        Ok(counts)
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
}

pub(crate) fn too_many() -> Error {
    Error::Limit { what: "buckets", asked: BUCKETS as u64 + 1, limit: BUCKETS as u64 }
}

/// Sums by number of a text. Files number their texts one after the other, so that these come nearly in order, and a list is several times as
/// quick as a table where there are hundreds of thousands. It is used for one column after the other: what it holds is 8 bytes a text of
/// the store at most.
#[derive(Default)]
struct Sums {
    by_number: Vec<u64>,
    /// Numbers whose sums are not 0.
    used: Vec<u32>,
}

impl Sums {
    fn add(&mut self, number: u32, count: u64) {
        let at = number as usize;
        if at >= self.by_number.len() {
            self.by_number.resize(at + 1, 0);
        }
        if self.by_number[at] == 0 {
            self.used.push(number);
        }
        self.by_number[at] += count;
    }

    /// All sums; what is left is empty.
    fn take(&mut self) -> impl Iterator<Item = (u32, u64)> {
        let Self { by_number, used } = self;
        used.drain(..).map(|number| (number, std::mem::take(&mut by_number[number as usize])))
    }
}

/// Adds buckets of a file to those of all.
pub(crate) fn merge(buckets: &mut BTreeMap<Time, Bucket>, more: &[Bucket]) -> Result<()> {
    for bucket in more {
        let sum = buckets.entry(bucket.from).or_insert_with(|| Bucket::empty(bucket.from));
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
