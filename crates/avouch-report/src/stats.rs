//! Counts and times of findings.

use std::collections::BTreeMap;

use avouch_finding::{Decision, Severity};

use crate::findings::FindingRow;

/// Times from finding to first look or decision, in ns, in no order until asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Times(Vec<u64>);

impl Times {
    /// Adds one.
    pub fn push(&mut self, ns: u64) {
        self.0.push(ns);
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The smallest value that at least `percent` of all do not exceed (nearest rank); `None` without values.
    #[must_use]
    pub fn percentile(&self, percent: u8) -> Option<u64> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * usize::from(percent.min(100))).div_ceil(100).max(1);
        sorted.get(rank - 1).copied()
    }

    /// How many are below each of `bounds` (and not below the one before), and how many are not below the last.
    #[must_use]
    pub fn classes(&self, bounds: &[u64]) -> Vec<u64> {
        let mut out = vec![0; bounds.len() + 1];
        for ns in &self.0 {
            let class = bounds.iter().position(|b| ns < b).unwrap_or(bounds.len());
            if let Some(n) = out.get_mut(class) {
                *n += 1;
            }
        }
        out
    }
}

/// What came of a group of findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Counts {
    pub all: u64,
    /// Covered by an acceptance; in none of the other counts but `all` and `by_severity`.
    pub suppressed: u64,
    pub true_: u64,
    pub benign: u64,
    pub test: u64,
    pub undecided: u64,
    /// Of those not suppressed, nobody looked at.
    pub unseen: u64,
    /// Events were lost around it.
    pub tainted: u64,
    pub by_severity: BTreeMap<Severity, u64>,
    /// Time to the first look, of those not suppressed that had one.
    pub first_look: Times,
    /// Time to the decision.
    pub decision: Times,
}

impl Counts {
    /// Counts what a row stands for.
    pub fn add(&mut self, row: &FindingRow) {
        let n = row.n;
        self.all += n;
        *self.by_severity.entry(row.severity).or_default() += n;
        self.tainted += if row.tainted { n } else { 0 };
        if row.acceptance.is_some() {
            self.suppressed += n;
            return;
        }
        match row.triage.decided {
            Some((_, _, Decision::True)) => self.true_ += n,
            Some((_, _, Decision::Benign)) => self.benign += n,
            Some((_, _, Decision::Test)) => self.test += n,
            None => self.undecided += n,
        }
        match row.triage.first_look() {
            Some(at) => self.first_look.push(at.0.saturating_sub(row.time.0)),
            None => self.unseen += n,
        }
        if let Some((at, ..)) = row.triage.decided {
            self.decision.push(at.0.saturating_sub(row.time.0));
        }
    }

    /// Adds what others counted, their times as well.
    pub fn merge(&mut self, other: &Self) {
        self.merge_numbers(other);
        self.first_look.0.extend_from_slice(&other.first_look.0);
        self.decision.0.extend_from_slice(&other.decision.0);
    }

    /// Adds what others counted, without their times.
    pub fn merge_numbers(&mut self, other: &Self) {
        self.all += other.all;
        self.suppressed += other.suppressed;
        self.true_ += other.true_;
        self.benign += other.benign;
        self.test += other.test;
        self.undecided += other.undecided;
        self.unseen += other.unseen;
        self.tainted += other.tainted;
        for (severity, n) in &other.by_severity {
            *self.by_severity.entry(*severity).or_default() += n;
        }
    }

    /// Of these rows.
    pub fn of<'a>(rows: impl IntoIterator<Item = &'a FindingRow>) -> Self {
        let mut out = Self::default();
        rows.into_iter().for_each(|row| out.add(row));
        out
    }
}
