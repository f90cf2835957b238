//! Findings that are told together.

use std::sync::Arc;

use avouch_finding::{Finding, Severity, Time};

/// Counted findings, of which some are kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Batch {
    pub(super) findings: Vec<Arc<Finding>>,
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
    pub(super) fn add(&mut self, finding: &Arc<Finding>, room: bool) {
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
