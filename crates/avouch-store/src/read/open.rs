//! Findings that nobody has dealt with yet.

use avouch_finding::Time;

use crate::column::{Column, Dict};
use crate::error::Result;
use crate::filter::{Filter, Order, Page};
use crate::period::{Period, Shelf};
use crate::read::kept::hours;
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
        let from = self.open_from(&filter)?.max(filter.period.from);
        let filter = Filter { period: Period::new(from, filter.period.to), ..filter };
        Ok(OpenByAge { ages, oldest: self.findings(&filter, first)?.rows.pop() })
    }

    /// Begin of the first hour in which a finding is open, as the counts by hour tell, whatever else is asked for: what lies before
    /// need not be looked through.
    fn open_from(&mut self, filter: &Filter) -> Result<Time> {
        let listed = self.shelf(Shelf::Findings, filter.period)?;
        let clusters = filter.only.get(&Column::Cluster);
        let files = self.each_file(&listed, |file| {
            for row in hours(file, filter.period)?.into_iter().filter(|row| row.open > 0) {
                if let Some(clusters) = clusters
                    && !clusters.contains(file.text(Dict::Cluster, row.cluster)?.as_ref())
                {
                    continue;
                }
                return Ok(Some(row.from));
            }
            Ok(None)
        })?;
        Ok(files.into_iter().flatten().next().unwrap_or(filter.period.to))
    }
}
