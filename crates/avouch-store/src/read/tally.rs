//! Counts of one file, by looking at its rows.

use std::ops::ControlFlow;

use avouch_finding::Time;

use crate::column::{BITS, Packed, Place, bit};
use crate::error::{Error, Result};
use crate::filter::{Filter, Order};
use crate::read::count::{Ask, BUCKETS, Bucket, NUMBERS, too_many};
use crate::read::file::FileReader;
use crate::read::plan::Plan;
use crate::read::scan::scan;

/// Counts of one file, in the numbers of its dictionaries.
pub(crate) struct Tally {
    /// By asked column the counts of its numbers.
    numbers: Vec<Vec<u64>>,
    places: Vec<Place>,
    pub(crate) count: u64,
    step: Option<u64>,
    pub(crate) buckets: Vec<Bucket>,
    /// End of the last bucket.
    to: u64,
}

/// The same in numbers that hold for all files.
pub(crate) struct Tallied {
    pub(crate) count: u64,
    /// By asked column counts of values; a value may come more than once.
    pub(crate) values: Vec<Vec<(u32, u64)>>,
    pub(crate) buckets: Vec<Bucket>,
}

impl Tally {
    /// Nothing counted yet.
    pub(crate) fn new(ask: Ask<'_>) -> Self {
        let places: Vec<Place> = ask.columns.iter().map(|c| c.place()).collect();
        let numbers = vec![Vec::new(); places.len()];
        Self { numbers, places, count: 0, step: ask.step, buckets: Vec::new(), to: 0 }
    }

    /// Of what a filter names.
    pub(crate) fn scan(file: &mut FileReader, filter: &Filter, ask: Ask<'_>) -> Result<Self> {
        let mut tally = Self::new(ask);
        tally.more(file, filter)?;
        Ok(tally)
    }

    /// Adds what a filter names.
    pub(crate) fn more(&mut self, file: &mut FileReader, filter: &Filter) -> Result<()> {
        let plan = Plan::new(file, filter)?;
        let file = &*file;
        scan(file, &plan, Order::OldestFirst, None, |slot, row| {
            self.add(|| file.time(slot, row), row)?;
            Ok(ControlFlow::Continue(()))
        })
    }

    fn add(&mut self, time: impl FnOnce() -> Time, row: &Packed) -> Result<()> {
        self.count += 1;
        for (place, numbers) in self.places.iter().zip(&mut self.numbers) {
            let number = place.number(row) as usize;
            match numbers.get_mut(number) {
                Some(sum) => *sum += 1,
                None => grow(numbers, number)?,
            }
        }
        let Some(step) = self.step else { return Ok(()) };
        let time = time();
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
        let mut values = Vec::with_capacity(self.places.len());
        for (place, numbers) in self.places.iter().zip(&self.numbers) {
            let used: Vec<bool> = numbers.iter().map(|count| *count > 0).collect();
            let named = file.values(*place, &used)?;
            let counted = (0..).zip(numbers).filter(|(_, count)| **count > 0);
            let each = counted.flat_map(|(number, count)| named.of(number).iter().map(|value| (*value, *count)));
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
