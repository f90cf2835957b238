//! Findings that nobody has dealt with yet.

use avouch_finding::Time;

use crate::error::Result;
use crate::filter::{Filter, Order, Page};
use crate::period::Period;
use crate::read::{Ask, BySeverity, Reader, StoredFinding};

/// Open findings by their age.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenByAge {
    /// One more than there are edges: younger than the first edge, and so on, as old as the last one or older.
    pub ages: Vec<BySeverity>,
    /// The one that has been open for the longest time.
    pub oldest: Option<StoredFinding>,
}

impl Reader {
    /// Counts open findings ([`Filter::open`]) by their age at `now`, in ns. `edges` ascend. What is told to be after `now` counts as youngest.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn open_by_age(&mut self, filter: &Filter, now: Time, edges: &[u64]) -> Result<OpenByAge> {
        let filter = filter.clone().open();
        // The first moment at which a finding is younger than an edge.
        let begin = |edge: u64| now.0.checked_sub(edge).map_or(Time(0), |at| Time(at.saturating_add(1)));
        let mut ages = Vec::with_capacity(edges.len() + 1);
        let mut to = Time(u64::MAX);
        for from in edges.iter().map(|edge| begin(*edge)).chain([Time(0)]) {
            let period = Period::new(filter.period.from.max(from), filter.period.to.min(to));
            let mut sum = BySeverity::default();
            if period.from < period.to {
                // All of them in one bucket.
                let ask = Ask { step: Some(u64::MAX), ..Ask::default() };
                for bucket in self.counts(&Filter { period, ..filter.clone() }, ask)?.buckets {
                    sum += bucket.counted;
                }
            }
            ages.push(sum);
            to = to.min(from);
        }
        let first = Page { limit: 1, order: Order::OldestFirst, after: None };
        Ok(OpenByAge { ages, oldest: self.findings(&filter, first)?.rows.pop() })
    }
}
