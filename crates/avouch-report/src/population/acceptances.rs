//! `acceptances`: the register over the period.

use std::path::Path;

use super::{Population, PopulationError, PopulationWriter, Spec, Test, optional};
use crate::acceptances::acceptance_results;
use crate::facts::PeriodFacts;

const SPEC: Spec = Spec {
    id: "acceptances",
    title: "Acceptances, with what each hid",
    definition: "Each acceptance that stood in the register at some time of the period.",
    source: "changes of the register, and findings that were hidden, in the ledger",
    columns: &[
        "id",
        "rule",
        "control",
        "criterion",
        "reason",
        "requester",
        "approver",
        "ticket",
        "from",
        "expires",
        "removed",
        "hits",
        "last_hit",
        "findings_after_end",
    ],
};

/// Writes it.
///
/// # Errors
/// When its files cannot be written.
pub fn acceptances(facts: &PeriodFacts, dir: &Path) -> Result<Population, PopulationError> {
    let results = acceptance_results(facts);
    let mut writer = PopulationWriter::create(dir, SPEC)?;
    for a in &results {
        let (hits, after) = (a.hits.to_string(), a.after_end.to_string());
        let (from, expires) = (optional(a.from), optional(a.expires));
        let (removed, last) = (optional(a.removed), optional(a.last_hit));
        let text = |key| a.text(key);
        writer.row(&[
            a.id,
            text("rule"),
            text("control"),
            text("criterion"),
            text("reason"),
            text("requester"),
            text("approver"),
            text("ticket"),
            &from,
            &expires,
            &removed,
            &hits,
            &last,
            &after,
        ])?;
    }
    let hidden = facts.findings.rows().iter().filter(|r| r.acceptance.is_some()).count() as u64;
    let hits = results.iter().map(|a| a.hits).sum();
    writer.finish(vec![Test::equal("hidden findings are hits of acceptances in the register", hidden, hits)])
}
