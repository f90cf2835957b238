//! Findings that are told together.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use avouch_finding::{Finding, Severity, Time};
use serde::{Deserialize, Serialize};

use crate::message::Noted;

/// Counted findings, of which some are kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Batch {
    #[serde(with = "numbers")]
    pub(super) findings: Vec<Arc<Noted>>,
    pub(super) count: u64,
    pub(super) first: Time,
    pub(super) last: Time,
    pub(super) severity: Severity,
}

impl Batch {
    fn count(&mut self, count: u64, first: Time, last: Time, severity: Severity) {
        self.first = if self.count == 0 { first } else { self.first.min(first) };
        self.last = self.last.max(last);
        self.severity = self.severity.max(severity);
        self.count += count;
    }

    /// Counts a finding, and keeps it if there is `room`.
    pub(super) fn add(&mut self, finding: &Arc<Noted>, room: bool) {
        self.count(1, finding.time, finding.time, finding.severity);
        if room {
            self.findings.push(Arc::clone(finding));
        }
    }

    /// Takes another in, and keeps the `most` worst of both: whoever floods a channel with trifles must not push out what
    /// matters.
    pub(super) fn absorb(&mut self, other: &Self, most: usize) {
        if other.count > 0 {
            self.count(other.count, other.first, other.last, other.severity);
            self.findings.extend(other.findings.iter().cloned());
            self.sort();
            self.findings.truncate(most);
        }
    }

    /// The worst first, then by time; each once.
    pub(super) fn sort(&mut self) {
        self.findings.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| (a.time, &a.id).cmp(&(b.time, &b.id))));
        self.findings.dedup_by(|a, b| a.id == b.id);
    }
}

/// Numbers of records.
pub(super) fn numbers_of(findings: &[Arc<Noted>], into: &mut BTreeSet<u64>) {
    into.extend(findings.iter().map(|finding| finding.seq));
}

/// In place of findings of which only the numbers are known, those that were found. The others stay counted.
pub(super) fn fill(findings: &mut Vec<Arc<Noted>>, found: &BTreeMap<u64, Arc<Noted>>) {
    *findings = findings.iter().filter_map(|finding| found.get(&finding.seq).cloned()).collect();
}

/// Findings as numbers of their records: the ledger has the rest.
pub(super) mod numbers {
    use serde::{Deserializer, Serializer};

    use super::{Arc, Deserialize as _, Finding, Noted};

    pub(crate) fn serialize<S: Serializer>(findings: &[Arc<Noted>], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(findings.iter().map(|finding| finding.seq))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Arc<Noted>>, D::Error> {
        let bare = |seq| Arc::new(Noted { seq, finding: Finding::default() });
        Ok(Vec::<u64>::deserialize(from)?.into_iter().map(bare).collect())
    }
}
