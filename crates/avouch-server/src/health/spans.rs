//! When sources were not watched in a period, and why, as coverage computes it.

use std::collections::BTreeMap;

use avouch_coverage::{Cause, Question, Span, Stretch, Watched, cover, expectations, unheard};
use avouch_finding::{Fact, Kind, Time};
use avouch_store::{Period, Reader};
use serde::Serialize;
use utoipa::ToSchema;

use super::board::SECOND;
use crate::error::ApiResult;

/// How far before the period nodes are looked for that were to be watched in it.
const BACK: u64 = 3 * 86_400 * SECOND;
/// What an agent has seen is told every ten seconds or so: the last of it is not missing yet.
const FRESH: u64 = 30 * SECOND;
/// Gaps that are listed at most.
const MOST: usize = 2_000;

/// A stretch in which something was to be watched and was not, or not wholly.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct SourceGap {
    /// Empty for a time in which nothing was known that was to be watched.
    pub node: String,
    pub cluster: String,
    /// Empty as the node.
    pub source: String,
    #[schema(value_type = String, format = DateTime)]
    pub from: Time,
    #[schema(value_type = String, format = DateTime)]
    pub to: Time,
    pub cause: String,
}

/// When a source was to be watched: from the first to the last moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Expected {
    #[schema(value_type = String, format = DateTime)]
    pub from: Time,
    #[schema(value_type = String, format = DateTime)]
    pub to: Time,
}

/// What was to be watched in a period, and when it was not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gaps {
    /// The newest first.
    pub gaps: Vec<SourceGap>,
    /// Gaps that are not listed.
    pub over: usize,
    /// By node and source.
    pub expected: BTreeMap<(String, String), Expected>,
}

/// Gaps of all sources in a period, up to `now` at the latest.
pub(crate) fn gaps(reader: &mut Reader, period: Period, now: Time) -> ApiResult<Gaps> {
    let span = Span::new(period.from, period.to.min(now));
    if span.is_empty() {
        return Ok(Gaps::default());
    }
    let stored = reader.stretches(Period::new(Time(period.from.0.saturating_sub(BACK)), period.to))?;
    let clusters: BTreeMap<String, String> =
        stored.iter().map(|s| (s.observation.node.clone(), s.observation.cluster.clone())).collect();
    let stretches: Vec<Stretch> = stored.iter().map(|s| Stretch::from(&s.observation)).collect();
    let mut told = Vec::new();
    for stored in reader.facts(Kind::Gap, period)? {
        if let Fact::Gap(gap) = stored.fact {
            told.push(*gap);
        }
    }
    let mut estates = Vec::new();
    for stored in reader.facts(Kind::Estate, Period::new(Time(0), period.to))? {
        if let Fact::Estate(estate) = stored.fact {
            estates.push(*estate);
        }
    }
    let expected = expectations(span, &stretches, &estates);
    let sources = expected.iter().map(|e| e.source.clone()).collect();
    let before = unheard(span, expected.iter().map(|e| &e.when));
    let ends = |e: &avouch_coverage::Expectation| {
        let (first, last) = (e.when.iter().next()?, e.when.iter().last()?);
        Some(((e.node.clone(), e.source.clone()), Expected { from: first.from, to: last.to }))
    };
    let when = expected.iter().filter_map(ends).collect();
    let rule_sets = BTreeMap::new();
    let watched = Watched { period: span, expected, stretches: &stretches, gaps: &told, rule_sets: &rule_sets };
    let covered = cover(&watched, &Question { sources, ..Question::default() });
    let is_fresh = |s: Span| s.to >= now && s.to.0.saturating_sub(s.from.0) <= FRESH;
    let mut out: Vec<SourceGap> = covered
        .gaps
        .into_iter()
        .filter(|gap| !is_fresh(gap.span))
        .map(|gap| SourceGap {
            cluster: clusters.get(&gap.node).cloned().unwrap_or_default(),
            node: gap.node,
            source: gap.source,
            from: gap.span.from,
            to: gap.span.to,
            cause: gap.cause.to_string(),
        })
        .collect();
    if !before.is_empty() {
        // What was silent for longer than is looked back is history, and the time is no less unwatched.
        let has_been = !reader.stretches(Period::new(Time(0), before.from))?.is_empty();
        let cause = match has_been {
            true => "nothing was watched: what had been heard before was silent for days".to_owned(),
            false => Cause::Unheard.to_string(),
        };
        out.push(SourceGap { from: before.from, to: before.to, cause, ..SourceGap::default() });
    }
    let over = out.len().saturating_sub(MOST);
    // The newest are kept.
    out.sort_by(|a, b| b.to.cmp(&a.to).then_with(|| (&a.node, &a.source).cmp(&(&b.node, &b.source))));
    out.truncate(MOST);
    Ok(Gaps { gaps: out, over, expected: when })
}
