//! The same questions, answered by looking at every fact.

use std::collections::{BTreeMap, BTreeSet};

use avouch_finding::{Acknowledgement, Assignment, Disposition, Fact, Finding};
use avouch_store::{Column, Filter, Record};

/// A finding and what became of it.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) seq: u64,
    pub(crate) finding: Finding,
    pub(crate) ack: Option<Acknowledgement>,
    pub(crate) disposition: Option<Disposition>,
    pub(crate) assignment: Option<Assignment>,
    pub(crate) notes: u64,
}

/// Findings of a ledger in order of time, then of the ledger.
pub(crate) fn findings(records: &[Record]) -> Vec<Known> {
    let mut known: Vec<Known> = Vec::new();
    let mut seen = BTreeSet::new();
    for record in records {
        if let Fact::Finding(f) = &record.fact
            && seen.insert(f.id.clone())
        {
            let finding = (**f).clone();
            known.push(Known { seq: record.seq, finding, ack: None, disposition: None, assignment: None, notes: 0 });
        }
    }
    for k in &mut known {
        for record in records {
            match &record.fact {
                Fact::Acknowledgement(a)
                    if a.finding == k.finding.id && k.ack.as_ref().is_none_or(|known| a.time < known.time) =>
                {
                    k.ack = Some((**a).clone());
                }
                Fact::Disposition(d)
                    if d.finding == k.finding.id && k.disposition.as_ref().is_none_or(|known| d.time >= known.time) =>
                {
                    k.disposition = Some((**d).clone());
                }
                Fact::Assignment(a)
                    if a.finding == k.finding.id && k.assignment.as_ref().is_none_or(|known| a.time >= known.time) =>
                {
                    k.assignment = Some((**a).clone());
                }
                Fact::Note(n) if n.finding == k.finding.id => k.notes += 1,
                _ => {}
            }
        }
    }
    known.sort_by_key(|k| (k.finding.time, k.seq));
    known
}

/// Values of a column.
pub(crate) fn values(k: &Known, column: Column) -> Vec<String> {
    let f = &k.finding;
    let s = f.subject();
    let yes = |on: bool| vec![if on { "yes" } else { "no" }.to_owned()];
    let one = |text: &str| vec![text.to_owned()];
    match column {
        Column::Severity => one(f.severity.name()),
        Column::Priority => one(&f.priority),
        Column::Rule => one(&f.rule),
        Column::Criterion => f.criteria.clone(),
        Column::CriterionSecondary => f.criteria_secondary.clone(),
        Column::PointOfFocus => f.points_of_focus.clone(),
        Column::Nist => f.nist_800_53.clone(),
        Column::Pci => f.pci_dss.clone(),
        Column::Attack => f.attack.clone(),
        Column::Tag => f.tags.clone(),
        Column::Source => one(&f.source),
        Column::Node => one(&f.node),
        Column::Cluster => one(&f.cluster),
        Column::Namespace => one(s.namespace),
        Column::Pod => one(s.pod),
        Column::Image => one(s.image),
        Column::Container => one(s.container),
        Column::User => one(s.user),
        Column::Process => one(s.process),
        Column::Acceptance => one(f.suppressed.as_ref().map_or("", |s| &s.acceptance)),
        Column::Suppressed => yes(f.suppressed.is_some()),
        Column::Acknowledged => yes(k.ack.is_some()),
        Column::Decision => one(k.disposition.as_ref().map_or("none", |d| d.decision.name())),
        Column::Losses => yes(f.lost_events.is_some_and(|n| n > 0)),
        Column::ContainerUnknown => yes(f.container_unknown),
        Column::Assignee => one(k.assignment.as_ref().map_or("", |a| &a.to)),
    }
}

fn tokens(text: &str) -> Vec<String> {
    text.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|t| !t.is_empty()).map(str::to_owned).collect()
}

/// Whether a text has a run of tokens, the last of which may go on or not.
fn has_run(text: &[String], run: &[String], goes_on: bool) -> bool {
    let Some((last, before)) = run.split_last() else { return true };
    let ends = |token: &String| token == last || goes_on && token.starts_with(last.as_str());
    text.windows(run.len()).any(|w| w[..before.len()] == *before && ends(&w[before.len()]))
}

/// Words of a question, and whether one is the very last thing in it.
fn words(text: &str) -> impl Iterator<Item = (&str, bool)> {
    let last = text.split(char::is_whitespace).next_back().filter(|word| word.ends_with(char::is_alphanumeric));
    let count = text.split_whitespace().count();
    text.split_whitespace().enumerate().map(move |(n, word)| (word, n + 1 == count && last == Some(word)))
}

/// Whether a finding is asked for.
pub(crate) fn matches(k: &Known, filter: &Filter) -> bool {
    let has = |column: Column, wanted: &BTreeSet<String>| {
        let values = values(k, column);
        values.iter().any(|v| wanted.contains(v)) || values.is_empty() && wanted.contains("")
    };
    let output = tokens(&k.finding.output);
    filter.period.contains(k.finding.time)
        && filter.only.iter().all(|(c, v)| has(*c, v))
        && !filter.except.iter().any(|(c, v)| has(*c, v))
        && words(&filter.text).all(|(word, very_last)| has_run(&output, &tokens(word), very_last))
}

pub(crate) fn asked<'a>(known: &'a [Known], filter: &Filter) -> Vec<&'a Known> {
    known.iter().filter(|k| matches(k, filter)).collect()
}

/// Counts of the values of a column.
pub(crate) fn facet(known: &[&Known], column: Column) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for k in known {
        for value in values(k, column).into_iter().collect::<BTreeSet<_>>() {
            *counts.entry(value).or_default() += 1;
        }
    }
    counts
}
