//! Each rule over the period: when it watched, and what became of what it found.

use std::collections::{BTreeMap, BTreeSet};

use avouch_coverage::{Coverage, Question, RuleKey, Sorted, Totals};
use avouch_finding::{RuleIdentity, Time};
use rustc_hash::FxHashMap;

use crate::facts::PeriodFacts;
use crate::stats::Counts;

/// A rule over the period.
#[derive(Clone, Debug)]
pub struct RuleResult<'f> {
    /// As it was last.
    pub rule: &'f RuleIdentity,
    /// When it watched.
    pub totals: Totals,
    /// Nodes on which it was to watch, and those on which it did at some time.
    pub nodes: (usize, usize),
    /// Different texts it had in the period: 1 when it was not changed.
    pub versions: usize,
    /// What it found.
    pub counts: Counts,
    /// Canaries sent and seen.
    pub canaries: (u64, u64),
    /// The last canary that was seen.
    pub last_canary: Option<Time>,
}

/// Results of all rules that ran in the period, by name.
#[must_use]
pub fn rule_results(facts: &PeriodFacts) -> Vec<RuleResult<'_>> {
    let watched = facts.watched(facts.period);
    let known = Sorted::new(&watched);
    let names = facts.findings.names();
    let mut counts: FxHashMap<(u32, u32), Counts> = FxHashMap::default();
    for row in facts.findings.rows() {
        counts.entry((row.rule, row.source)).or_default().add(row);
    }
    let versions = versions(facts);
    let rules = facts.rules();
    rules
        .into_iter()
        .map(|((name, source), rule)| {
            let key = RuleKey { source: source.to_owned(), name: name.to_owned() };
            let question = Question { rules: BTreeSet::from([key]), sources: BTreeSet::new() };
            let coverage = known.cover(&question);
            let found = names.find(name).zip(names.find(source)).and_then(|ids| counts.remove(&ids));
            let canaries = || facts.canaries.iter().map(|c| &c.fact).filter(|c| c.rule == name);
            let seen: Vec<Time> = canaries().filter_map(|c| c.seen).collect();
            RuleResult {
                totals: coverage.totals(),
                nodes: nodes(&coverage),
                versions: versions.get(&(name, source)).map_or(0, BTreeSet::len),
                counts: found.unwrap_or_default(),
                canaries: (canaries().count() as u64, seen.len() as u64),
                last_canary: seen.into_iter().max(),
                rule,
            }
        })
        .collect()
}

fn nodes(coverage: &Coverage) -> (usize, usize) {
    let on = coverage.subjects.iter().filter(|s| !s.observed.is_empty() || !s.lossy.is_empty()).count();
    (coverage.subjects.len(), on)
}

/// Digests that each rule had in the period.
fn versions(facts: &PeriodFacts) -> BTreeMap<(&str, &str), BTreeSet<&str>> {
    let used: BTreeSet<&str> =
        facts.stretches.iter().filter(|s| !s.span.and(facts.period).is_empty()).map(|s| s.rules.as_str()).collect();
    let mut out: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for set in used.into_iter().filter_map(|digest| facts.rule_sets().get(digest)) {
        for rule in &set.rules {
            out.entry((&rule.name, &rule.source)).or_default().insert(&rule.digest);
        }
    }
    out
}
