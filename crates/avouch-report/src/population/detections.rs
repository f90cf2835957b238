//! `detections`: every finding of the period, hidden ones included, with what people made of it.

use std::path::Path;

use avouch_store::StoredFinding;

use super::{Population, PopulationError, PopulationWriter, Spec, Test, hex, optional};
use crate::facts::PeriodFacts;

const SPEC: Spec = Spec {
    id: "detections",
    title: "Detections, with first look and decision",
    definition: "Each match of a rule in the period, those hidden by an acceptance included. Canaries are not among them.",
    source: "findings, acknowledgements and decisions in the ledger",
    columns: &[
        "id",
        "time",
        "severity",
        "priority",
        "rule",
        "criteria",
        "source",
        "cluster",
        "node",
        "namespace",
        "pod",
        "container",
        "image",
        "user",
        "process",
        "object",
        "output",
        "suppressed_by",
        "lost_events",
        "first_look",
        "first_look_by",
        "decision",
        "decided",
        "decided_by",
        "reason",
        "incident",
        "seq",
        "record",
    ],
};

/// Writes it as findings pass by.
pub struct Detections(PopulationWriter);

impl Detections {
    /// Begins it.
    ///
    /// # Errors
    /// When its files cannot be made.
    pub fn create(dir: &Path) -> Result<Self, PopulationError> {
        PopulationWriter::create(dir, SPEC).map(Self)
    }

    /// A finding of the period.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finding(&mut self, f: &StoredFinding) -> Result<(), PopulationError> {
        let (looked, decided) = (f.acknowledged.as_ref(), f.decided.as_ref());
        let cells: [&str; 28] = [
            &f.id,
            &f.time.to_string(),
            f.severity.name(),
            &f.priority,
            &f.rule,
            &f.classes.criteria.join(" "),
            &f.source,
            &f.cluster,
            &f.node,
            &f.namespace,
            &f.pod,
            &f.container,
            &f.image,
            &f.user,
            &f.process,
            &f.object,
            &f.output,
            f.suppressed.as_deref().unwrap_or_default(),
            &f.lost_events.map(|n| n.to_string()).unwrap_or_default(),
            &optional(looked.map(|l| l.time)),
            looked.map_or("", |l| &l.by),
            decided.map_or("", |d| d.decision.name()),
            &optional(decided.map(|d| d.time)),
            decided.map_or("", |d| &d.by),
            decided.map_or("", |d| &d.reason),
            decided.map_or("", |d| &d.incident),
            &f.record.seq.to_string(),
            &hex(&f.record.hash),
        ];
        self.0.row(&cells)
    }

    /// Ends it.
    ///
    /// # Errors
    /// When its files cannot be written to their ends.
    pub fn finish(self, tests: Vec<Test>) -> Result<Population, PopulationError> {
        self.0.finish(tests)
    }
}

/// Tests of completeness: what runs counted themselves, against what the ledger holds.
#[must_use]
pub fn detection_tests(facts: &PeriodFacts) -> Vec<Test> {
    let counted: u64 = facts.sums.values().map(|s| s.detections).sum();
    let known = facts.findings.len() as u64;
    let name = "detections that runs counted in their observations are detections in the list";
    // Where the first or last stretch reaches over the period's limits, its count does not say how many fell inside.
    let cut = facts.stretches.iter().any(|s| {
        let inside = s.span.and(facts.period);
        !inside.is_empty() && inside != s.span
    });
    let mut tests = vec![if cut {
        Test::not_run(
            name,
            format!("an observation reaches over the limits of the period ({counted} counted, {known} listed)"),
        )
    } else {
        Test::equal(name, counted, known)
    }];
    let rows = facts.findings.rows();
    let ordered = rows.windows(2).all(|w| matches!(w, [a, b] if a.time <= b.time));
    tests.push(Test::equal("rows out of the order of time", 0, u64::from(!ordered)));
    tests
}
