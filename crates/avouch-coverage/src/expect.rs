//! What was to be watched: a node that nobody watched has to be missed.

use std::collections::{BTreeMap, BTreeSet};

use avouch_finding::{Estate, Time};

use crate::spans::{Span, Spans};
use crate::watched::{Period, Stretch};

/// A source of a node was to be watched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectation {
    /// Machine, cluster or account.
    pub node: String,
    /// Source.
    pub source: String,
    /// When, within the period.
    pub when: Spans,
    /// The node stands in a list of nodes, and is not known from its own observations only.
    pub listed: bool,
}

/// Source of machines; nodes of an estate are expected to have it.
const MACHINE: &str = "syscall";

/// What was to be watched in `period`.
///
/// A node that an [`Estate`] names is expected while it is named. Any other is expected from the first observation of it
/// (`stretches` may reach back before the period, and should), each source from the first time it was asked for, until the end of the
/// period: silence is not a farewell.
#[must_use]
pub fn expectations(period: Period, stretches: &[Stretch], estates: &[Estate]) -> Vec<Expectation> {
    let listed = listed(period, estates);
    let mut first: BTreeMap<(&str, &str), Time> = BTreeMap::new();
    for stretch in stretches.iter().filter(|s| s.span.from < period.to) {
        for source in stretch.sources.keys() {
            let at = first.entry((&stretch.node, source)).or_insert(stretch.span.from);
            *at = (*at).min(stretch.span.from);
        }
    }
    let mut keys: BTreeSet<(&str, &str)> = first.keys().copied().collect();
    keys.extend(listed.keys().map(|node| (*node, MACHINE)));
    let expectation = |(node, source): (&str, &str)| {
        let of_list = listed.get(node);
        let when = match of_list {
            Some(when) => when.clone(),
            None => {
                let from = first.get(&(node, source)).copied().unwrap_or(period.from);
                Spans::from(Span::new(from.max(period.from), period.to))
            }
        };
        Expectation { node: node.to_owned(), source: source.to_owned(), when, listed: of_list.is_some() }
    };
    keys.into_iter().map(expectation).filter(|e| !e.when.is_empty()).collect()
}

/// When each node stood in a list of its cluster.
fn listed(period: Period, estates: &[Estate]) -> BTreeMap<&str, Spans> {
    let mut by_cluster: BTreeMap<&str, Vec<&Estate>> = BTreeMap::new();
    for estate in estates {
        by_cluster.entry(&estate.cluster).or_default().push(estate);
    }
    let mut spans: BTreeMap<&str, Vec<Span>> = BTreeMap::new();
    for lists in by_cluster.values_mut() {
        lists.sort_by_key(|e| e.time);
        for (n, list) in lists.iter().enumerate() {
            let until = lists.get(n + 1).map_or(period.to, |next| next.time);
            let span = Span::new(list.time, until).and(period);
            for node in &list.nodes {
                spans.entry(node).or_default().push(span);
            }
        }
    }
    spans.into_iter().map(|(node, spans)| (node, Spans::new(spans))).collect()
}
