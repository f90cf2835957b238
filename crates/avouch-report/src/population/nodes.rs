//! `nodes`: what was to be watched, and for how long each was.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use avouch_coverage::{Question, cover};

use super::{Population, PopulationError, PopulationWriter, Spec, Test, optional};
use crate::facts::PeriodFacts;

const SPEC: Spec = Spec {
    id: "nodes",
    title: "Nodes, clusters and accounts, with the time each was watched",
    definition: "Each source of each node that was to be watched in the period: nodes of a list of nodes while they stood in it, \
                 others from the first observation on.",
    source: "observations and lists of nodes in the ledger",
    columns: &[
        "id",
        "node",
        "source",
        "listed",
        "first_seen",
        "expected_s",
        "watched_s",
        "lossy_s",
        "unwatched_s",
        "events",
        "lost_events",
        "clock_jumps",
    ],
};

/// Writes it.
///
/// # Errors
/// When its files cannot be written.
pub fn nodes(facts: &PeriodFacts, dir: &Path) -> Result<Population, PopulationError> {
    let watched = facts.watched(facts.period);
    let sources: BTreeSet<String> = watched.expected.iter().map(|e| e.source.clone()).collect();
    let coverage = cover(&watched, &Question { rules: BTreeSet::new(), sources });
    let listed: BTreeMap<(&str, &str), bool> =
        watched.expected.iter().map(|e| ((e.node.as_str(), e.source.as_str()), e.listed)).collect();
    let mut writer = PopulationWriter::create(dir, SPEC)?;
    let mut reporting = BTreeSet::new();
    for subject in &coverage.subjects {
        let (node, source) = (subject.node.as_str(), subject.source.as_str());
        let mut first = None;
        let mut events = 0;
        for stretch in facts.stretches.iter().filter(|s| s.node == node) {
            let Some(state) = stretch.sources.get(source) else { continue };
            first = first.into_iter().chain([stretch.span.from]).min();
            if !stretch.span.and(facts.period).is_empty() {
                events += state.events;
                reporting.insert(node);
            }
        }
        let sums = facts.sums.get(node);
        let seconds = |ns: u64| (ns / 1_000_000_000).to_string();
        let cells = [
            format!("{node}/{source}"),
            node.to_owned(),
            source.to_owned(),
            listed.get(&(node, source)).copied().unwrap_or_default().to_string(),
            optional(first),
            seconds(subject.expected.ns()),
            seconds(subject.observed.ns()),
            seconds(subject.lossy.ns()),
            seconds(subject.unobserved.ns()),
            events.to_string(),
            sums.map_or(0, |s| s.lost).to_string(),
            sums.map_or(0, |s| s.clock_jumps).to_string(),
        ];
        writer.row(&cells.each_ref().map(String::as_str))?;
    }
    let in_lists: BTreeSet<&str> = watched.expected.iter().filter(|e| e.listed).map(|e| e.node.as_str()).collect();
    let test = "nodes in lists of nodes are nodes that reported";
    let tests = vec![if in_lists.is_empty() {
        Test::not_run(test, "no list of nodes was given: nodes are known from their own observations only")
    } else {
        Test::equal(test, in_lists.len() as u64, in_lists.intersection(&reporting).count() as u64)
    }];
    writer.finish(tests)
}
