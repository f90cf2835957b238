//! `observation-gaps`: every stretch in which a source of a node was to be watched and was not, or not wholly.

use std::collections::BTreeSet;
use std::path::Path;

use avouch_coverage::{Question, cover};

use super::{Population, PopulationError, PopulationWriter, Spec, Test};
use crate::facts::PeriodFacts;

const SPEC: Spec = Spec {
    id: "observation-gaps",
    title: "Stretches not watched, and losses",
    definition: "Each stretch of the period in which a source of a node was to be watched and no observation covers it, the \
                 source did not deliver, or events were lost, did not come or came too late.",
    source: "observations, gaps and lists of nodes in the ledger",
    columns: &["id", "node", "source", "from", "to", "seconds", "cause"],
};

/// Writes it.
///
/// # Errors
/// When its files cannot be written.
pub fn gaps(facts: &PeriodFacts, dir: &Path) -> Result<Population, PopulationError> {
    let watched = facts.watched(facts.period);
    let sources: BTreeSet<String> = watched.expected.iter().map(|e| e.source.clone()).collect();
    let coverage = cover(&watched, &Question { rules: BTreeSet::new(), sources });
    let mut writer = PopulationWriter::create(dir, SPEC)?;
    let mut listed: u128 = 0;
    for gap in &coverage.gaps {
        listed += u128::from(gap.span.ns());
        let id = format!("{}/{}/{}", gap.node, gap.source, gap.span.from);
        let seconds = format!("{}.{:03}", gap.span.ns() / 1_000_000_000, gap.span.ns() / 1_000_000 % 1000);
        let cells = [
            &id,
            &gap.node,
            &gap.source,
            &gap.span.from.to_string(),
            &gap.span.to.to_string(),
            &seconds,
            &gap.cause.to_string(),
        ];
        writer.row(&cells.map(|c| c.as_str()))?;
    }
    let totals = coverage.totals();
    let sum = Test {
        name: "time expected less time watched is the time of all gaps, in ns".to_owned(),
        expected: (totals.expected - totals.observed).to_string(),
        got: listed.to_string(),
        verdict: if totals.expected - totals.observed == listed { super::Verdict::Pass } else { super::Verdict::Fail },
    };
    writer.finish(vec![sum])
}
