//! Counts of one file, by looking at its rows.
//!
//! What is asked of a row are numbers of up to 26 columns, but these stand in fewer words: all lists of a finding are one number, and the columns of
//! a few bits are counted together as the word that they are. So a row costs one step a word, and steps are made for many rows
//! at a time, word by word.

use std::ops::ControlFlow;

use avouch_finding::Time;

use crate::column::{BITS, CLASSES, FLAGS, Packed, Place, bit};
use crate::error::{Error, Result};
use crate::filter::{Filter, Order};
use crate::read::count::{Ask, BUCKETS, Bucket, NUMBERS, too_many};
use crate::read::file::FileReader;
use crate::read::plan::{Plan, Wanted};
use crate::read::scan::scan;

/// Rows that are counted together.
const TOGETHER: usize = 128;

/// Numbers of a row that are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part {
    word: usize,
    shift: u32,
    mask: u32,
}

impl Part {
    fn of(place: Place) -> Self {
        match place {
            Place::Text(word, _) => Self { word, shift: 0, mask: u32::MAX },
            Place::High(word, shift, _) => Self { word, shift, mask: u32::MAX },
            Place::Listed(_) => Self { word: CLASSES, shift: 0, mask: u32::MAX },
            Place::Bits { .. } => Self { word: BITS, shift: 0, mask: FLAGS },
        }
    }

    fn number(self, row: &Packed) -> usize {
        (row[self.word] >> self.shift & self.mask) as usize
    }
}

/// Counts of one file, in the numbers of its dictionaries.
pub(crate) struct Tally {
    /// Counts by number of each part that is asked for.
    parts: Vec<(Part, Vec<u64>)>,
    /// By asked column its place, and its part among these.
    columns: Vec<(Place, usize)>,
    /// Rows that were not counted yet by `parts`.
    rows: Vec<Packed>,
    pub(crate) count: u64,
    step: Option<u64>,
    pub(crate) buckets: Vec<Bucket>,
    /// End of the last bucket.
    to: u64,
}

/// The same in numbers that hold for all files.
#[derive(Debug)]
pub(crate) struct Tallied {
    pub(crate) count: u64,
    /// By asked column counts of values; a value may come more than once.
    pub(crate) values: Vec<Vec<(u32, u64)>>,
    pub(crate) buckets: Vec<Bucket>,
}

impl Tally {
    /// Nothing counted yet.
    pub(crate) fn new(ask: Ask<'_>) -> Self {
        let mut parts: Vec<(Part, Vec<u64>)> = Vec::new();
        let mut columns = Vec::new();
        for place in ask.columns.iter().map(|c| c.place()) {
            let part = Part::of(place);
            let at = parts.iter().position(|(known, _)| *known == part).unwrap_or_else(|| {
                parts.push((part, Vec::new()));
                parts.len() - 1
            });
            columns.push((place, at));
        }
        let rows = Vec::with_capacity(TOGETHER);
        Self { parts, columns, rows, count: 0, step: ask.step, buckets: Vec::new(), to: 0 }
    }

    /// Of what a filter names.
    pub(crate) fn scan(file: &mut FileReader, filter: &Filter, ask: Ask<'_>) -> Result<Self> {
        let mut tally = Self::new(ask);
        tally.more(file, filter)?;
        Ok(tally)
    }

    /// Adds what a filter names.
    pub(crate) fn more(&mut self, file: &mut FileReader, filter: &Filter) -> Result<()> {
        let plan = Plan::new(file, filter, Wanted::All)?;
        let file = &*file;
        scan(file, &plan, Order::OldestFirst, None, |slot, row| {
            self.count += 1;
            if self.step.is_some() {
                self.bucket(file.time(slot, row), row)?;
            }
            if !self.parts.is_empty() {
                self.rows.push(*row);
                if self.rows.len() == TOGETHER {
                    self.count_rows()?;
                }
            }
            Ok(ControlFlow::Continue(()))
        })?;
        self.count_rows()
    }

    fn count_rows(&mut self) -> Result<()> {
        for (part, counts) in &mut self.parts {
            for row in &self.rows {
                let number = part.number(row);
                match counts.get_mut(number) {
                    Some(sum) => *sum += 1,
                    None => grow(counts, number)?,
                }
            }
        }
        self.rows.clear();
        Ok(())
    }

    /// Adds to the bucket of a time.
    fn bucket(&mut self, time: Time, row: &Packed) -> Result<()> {
        let Some(step) = self.step else { return Ok(()) };
        // Rows come in order of time but for those of a nanosecond that overflowed.
        let current = match self.buckets.last_mut() {
            Some(last) if last.from <= time && time.0 < self.to => last,
            _ => {
                if self.buckets.len() >= BUCKETS {
                    return Err(too_many());
                }
                let from = Time(time.0 - time.0 % step);
                self.to = from.0.saturating_add(step);
                self.buckets.push(Bucket::empty(from));
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

    /// In numbers that hold for all files.
    pub(crate) fn finish(self, file: &mut FileReader) -> Result<Tallied> {
        let mut values = Vec::with_capacity(self.columns.len());
        for (place, part) in &self.columns {
            let (_, counts) = &self.parts[*part];
            let mut of_bits = Vec::new();
            let numbers = match *place {
                Place::Bits { shift, width, .. } => {
                    of_bits.resize(1 << width, 0);
                    for (flags, count) in counts.iter().enumerate() {
                        of_bits[flags >> shift & ((1 << width) - 1)] += count;
                    }
                    &of_bits
                }
                _ => counts,
            };
            let used: Vec<bool> = numbers.iter().map(|count| *count > 0).collect();
            let named = file.values(*place, &used)?;
            let counted = (0..).zip(numbers).filter(|(_, count)| **count > 0);
            let each = counted
                .flat_map(|(number, count)| named.of(number).into_iter().flatten().map(|value| (*value, *count)));
            values.push(each.collect());
        }
        Ok(Tallied { count: self.count, values, buckets: self.buckets })
    }
}

/// Makes room for a number and counts it.
#[cold]
fn grow(numbers: &mut Vec<u64>, number: usize) -> Result<()> {
    if number > NUMBERS {
        return Err(Error::Limit { what: "values of a column", asked: number as u64, limit: NUMBERS as u64 });
    }
    numbers.resize(number + 1, 0);
    numbers[number] = 1;
    Ok(())
}
