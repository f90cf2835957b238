//! `detections`: every finding of the period, hidden ones included, with what people made of it.

use std::path::Path;

use avouch_finding::{Decision, Finding, Time};

use super::{Population, PopulationError, PopulationWriter, Spec, Test};
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

/// What people made of a finding, in words.
#[derive(Clone, Copy, Debug, Default)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct TriageText<'a> {
    pub first_look: Option<Time>,
    pub first_look_by: &'a str,
    pub decision: Option<Decision>,
    pub decided: Option<Time>,
    pub decided_by: &'a str,
    pub reason: &'a str,
    pub incident: &'a str,
}

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

    /// A finding of the period, with the number and hash of its record.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finding(&mut self, seq: u64, hash: &str, f: &Finding, t: TriageText<'_>) -> Result<(), PopulationError> {
        let s = f.subject();
        let time = |t: Option<Time>| super::optional(t);
        let cells: [&str; 28] = [
            &f.id,
            &f.time.to_string(),
            f.severity.name(),
            &f.priority,
            &f.rule,
            &f.criteria.join(" "),
            &f.source,
            &f.cluster,
            &f.node,
            s.namespace,
            s.pod,
            s.container,
            s.image,
            s.user,
            s.process,
            s.object,
            &f.output,
            f.suppressed.as_ref().map_or("", |s| s.acceptance.as_str()),
            &f.lost_events.map(|n| n.to_string()).unwrap_or_default(),
            &time(t.first_look),
            t.first_look_by,
            t.decision.map_or("", Decision::name),
            &time(t.decided),
            t.decided_by,
            t.reason,
            t.incident,
            &seq.to_string(),
            hash,
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
