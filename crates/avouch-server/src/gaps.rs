//! Stretches that were not watched, for every chart: an empty chart is only as good as the watching behind it.

use std::collections::BTreeMap;

use avouch_coverage::{Cause, Coverage, GapLine, Question, Span, Spans, Stretch, SubjectCoverage, cover, unheard};
use avouch_finding::{Fact, Kind, Time};
use avouch_report::{AsOf, PeriodFacts, Place, Placed, gather_watching};
use avouch_store::{Column, Filter, Period, Reader};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::{ApiError, ApiResult, chain};

/// Gaps of one answer at most; the longest are kept.
const MOST: usize = 500;

/// A stretch in which a source of a node was to be watched and was not, or not wholly.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct GapOut {
    /// Empty for the time before anything at all was heard, and of a source of which nothing was.
    pub(crate) node: String,
    /// Empty when the node's cluster is not known.
    pub(crate) cluster: String,
    /// Empty for the time before anything at all was heard.
    pub(crate) source: String,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) from: Time,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) to: Time,
    /// Why, in words.
    pub(crate) cause: String,
}

/// The period of a filter that has ends, up to now; `None` when nothing of it is over.
fn over(filter: &Filter, now: Time) -> Option<Span> {
    let period = Span::new(filter.period.from, filter.period.to.min(now));
    (!period.is_empty() && filter.period.from != Period::ALL.from).then_some(period)
}

/// What is known of the watching in a period that has ends, up to now; `None` when nothing of it is over.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn watching(reader: &mut Reader, filter: &Filter, now: Time) -> ApiResult<Option<PeriodFacts>> {
    let Some(period) = over(filter, now) else { return Ok(None) };
    let clusters: Vec<String> = filter.only.get(&Column::Cluster).into_iter().flatten().cloned().collect();
    let as_of = AsOf { ledger: String::new(), last: Place { seq: u64::MAX, hash: String::new() } };
    let question = avouch_report::Question { period, clusters: &clusters, as_of };
    gather_watching(reader, &question).map(Some).map_err(|e| ApiError::internal(chain(&e)))
}

/// Of [`watching`] what [`coverage`] and [`gaps`] look at, for a chart that asks nothing of rules: reading the rule sets of all runs takes most
/// of the time of the whole.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn watched(reader: &mut Reader, filter: &Filter, now: Time) -> ApiResult<Option<PeriodFacts>> {
    let Some(period) = over(filter, now) else { return Ok(None) };
    let clusters = filter.only.get(&Column::Cluster);
    let wants = |cluster: &String| clusters.is_none_or(|wanted| wanted.contains(cluster));
    let mut facts = PeriodFacts::new(period).map_err(ApiError::internal)?;
    let (until, within) = (Period::new(Time(0), period.to), Period::new(period.from, period.to));
    // Those before the period too: they tell who was there.
    let stretches = reader.stretches(until)?;
    facts.stretches =
        stretches.iter().map(|s| &s.observation).filter(|o| wants(&o.cluster)).map(Stretch::from).collect();
    for (kind, period) in [(Kind::Gap, within), (Kind::Estate, until), (Kind::Start, within)] {
        let mut stored = reader.facts(kind, period)?;
        stored.sort_by_key(|f| (f.fact.time(), f.record.seq));
        for stored in stored {
            match stored.fact {
                Fact::Gap(gap) => facts.gaps.push(*gap),
                Fact::Estate(estate) if wants(&estate.cluster) => facts.estates.push(*estate),
                Fact::Start(start) if wants(&start.cluster) => {
                    facts.starts.push(Placed { place: Place::default(), fact: *start });
                }
                _ => {}
            }
        }
    }
    Ok(Some(facts))
}

/// Whether each source that was to be watched was, whatever the rules were; of the nodes and sources that a filter names, where it
/// names some. The time before the first of them was heard is of a subject without a name: nobody watched it.
pub(crate) fn coverage(facts: &PeriodFacts, filter: &Filter) -> Coverage {
    let mut watched = facts.watched(facts.period);
    let wants = |column: Column, value: &String| {
        filter.only.get(&column).is_none_or(|only| only.contains(value))
            && !filter.except.get(&column).is_some_and(|except| except.contains(value))
    };
    watched.expected.retain(|e| wants(Column::Node, &e.node) && wants(Column::Source, &e.source));
    let sources = watched.expected.iter().map(|e| e.source.clone()).collect();
    let mut coverage = cover(&watched, &Question { sources, ..Question::default() });
    let before = unheard(facts.period, watched.expected.iter().map(|e| &e.when));
    if !before.is_empty() {
        let (expected, unobserved) = (Spans::from(before), Spans::from(before));
        coverage.subjects.push(SubjectCoverage { expected, unobserved, ..SubjectCoverage::default() });
        let (node, source) = (String::new(), String::new());
        coverage.gaps.push(GapLine { node, source, span: before, cause: Cause::Unheard });
    }
    coverage
}

/// The gaps, the longest [`MOST`] of them in order of time, and how many more there are.
pub(crate) fn gaps(facts: &PeriodFacts, coverage: &Coverage) -> (Vec<GapOut>, usize) {
    let mut clusters: BTreeMap<&str, &str> = BTreeMap::new();
    clusters.extend(facts.starts.iter().map(|s| (s.fact.node.as_str(), s.fact.cluster.as_str())));
    for estate in &facts.estates {
        clusters.extend(estate.nodes.iter().map(|node| (node.as_str(), estate.cluster.as_str())));
    }
    let mut lines: Vec<&GapLine> = coverage.gaps.iter().collect();
    lines.sort_by_key(|g| std::cmp::Reverse(g.span.ns()));
    let more = lines.len().saturating_sub(MOST);
    lines.truncate(MOST);
    lines.sort_by_key(|g| g.span);
    let out = |g: &GapLine| GapOut {
        node: g.node.clone(),
        cluster: clusters.get(g.node.as_str()).copied().unwrap_or_default().to_owned(),
        source: g.source.clone(),
        from: g.span.from,
        to: g.span.to,
        cause: g.cause.to_string(),
    };
    (lines.into_iter().map(out).collect(), more)
}

/// Sentences for the answer: how many nodes were not watched all the time, and for how long at most.
pub(crate) fn sentences(coverage: &Coverage, more: usize) -> Vec<String> {
    let mut out = Vec::new();
    let (nobody, known): (Vec<_>, Vec<_>) = coverage.subjects.iter().partition(|s| s.source.is_empty());
    match nobody.first() {
        Some(_) if known.is_empty() => out.push("nothing at all was watched".to_owned()),
        Some(before) => out.push(format!("nothing at all was watched for the first {}", length(before.expected.ns()))),
        None => {}
    }
    let missing: Vec<u64> = known.iter().map(|s| s.unobserved.ns()).filter(|ns| *ns > 0).collect();
    if let Some(most) = missing.iter().max() {
        let n = missing.len();
        let (source, was) = if n == 1 { ("source", "was") } else { ("sources", "were") };
        out.push(format!("{n} {source} of nodes {was} not watched for up to {}", length(*most)));
    }
    let lossy = coverage.subjects.iter().filter(|s| s.lossy.ns() > 0).count();
    if lossy > 0 {
        out.push(format!("events were lost on {lossy} watched {}", if lossy == 1 { "source" } else { "sources" }));
    }
    if more > 0 {
        out.push(format!("{more} shorter gaps are not listed"));
    }
    out
}

/// A length of time for people: `7 min`, `3.5 h`, `2.0 days`.
pub(crate) fn length(ns: u64) -> String {
    let seconds = ns / 1_000_000_000;
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{:.1} h", seconds as f64 / 3_600.0),
        _ => format!("{:.1} days", seconds as f64 / 86_400.0),
    }
}
