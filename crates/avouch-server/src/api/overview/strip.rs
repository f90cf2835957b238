//! Criteria by day: was each watched, and what was found. A day that nobody was to watch is none, and no day is a pass.

use std::collections::{BTreeMap, BTreeSet};

use avouch_coverage::{Cause, Coverage, Question, RuleKey, Sorted, Span, Spans, unheard};
use avouch_finding::Time;
use avouch_report::PeriodFacts;
use avouch_store::{Filter, Period, Reader};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ApiResult;

const DAY: u64 = 86_400_000_000_000;
/// Days that are shown at most, the last ones of the period.
const MOST: u64 = 100;
/// Reasons of a day at most.
const REASONS: usize = 5;

/// The criteria that loaded rules are evidence for, by day.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(crate) struct Strip {
    /// Days (`2026-11-26`), UTC.
    days: Vec<String>,
    criteria: Vec<CriterionRow>,
}

/// A criterion over the days.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CriterionRow {
    criterion: String,
    name: String,
    days: Vec<StripDay>,
}

/// A criterion on a day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct StripDay {
    state: DayState,
    /// Findings that it is served by first, without what acceptances cover.
    findings: u64,
    /// Part of the time to be watched that was watched with nothing lost, 0 to 1; 0 when nothing was to be watched.
    share: f64,
    /// Why it was not watched wholly, a few of the reasons.
    why: Vec<String>,
}

/// What is known of the watching on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DayState {
    /// All of the time that is over, nothing lost.
    Observed,
    /// Some of the time, or with losses.
    Partial,
    /// Not at all, though it was to be, or because nothing that serves the criterion was heard yet.
    Not,
    /// Nothing was to be watched any more, or the day is not there yet.
    None,
}

/// The strip of a period; `facts` reach up to now at most.
pub(super) fn strip(reader: &mut Reader, facts: &PeriodFacts, asked: Span, filter: &Filter) -> ApiResult<Strip> {
    let last = asked.to.0.saturating_sub(1) / DAY;
    let first = asked.from.day().max(last.saturating_sub(MOST - 1));
    let days: Vec<Span> = (first..=last).map(|d| Span::new(Time(d * DAY), Time((d + 1) * DAY)).and(asked)).collect();
    let mut rules: BTreeMap<&str, BTreeSet<RuleKey>> = BTreeMap::new();
    for rule in facts.rules().values() {
        for criterion in &rule.criteria {
            let key = RuleKey { source: rule.source.clone(), name: rule.name.clone() };
            rules.entry(criterion).or_default().insert(key);
        }
    }
    let mut found: BTreeMap<(String, u64), u64> = BTreeMap::new();
    let clusters = filter.only.get(&avouch_store::Column::Cluster);
    for day in reader.criteria_by_day(Period::new(asked.from, asked.to))? {
        if clusters.is_none_or(|c| c.contains(day.cluster.as_ref())) {
            *found.entry((day.criterion.as_ref().to_owned(), day.day.day())).or_default() += day.counted;
        }
    }
    let watched = facts.watched(facts.period);
    let known = Sorted::new(&watched);
    let row = |(criterion, rules): (&str, BTreeSet<RuleKey>)| {
        let coverage = known.cover(&Question { rules, ..Question::default() });
        let name = avouch_controls::criterion(criterion).map(|c| c.title.clone()).unwrap_or_default();
        let day = |span: &Span| {
            let findings = found.get(&(criterion.to_owned(), span.from.day())).copied().unwrap_or_default();
            state(&coverage, facts.period, *span, findings)
        };
        CriterionRow { criterion: criterion.to_owned(), name, days: days.iter().map(day).collect() }
    };
    let text = |span: &Span| span.from.to_string().chars().take(10).collect();
    Ok(Strip { days: days.iter().map(text).collect(), criteria: rules.into_iter().map(row).collect() })
}

/// A day of a criterion; `period` is what is over of the time that was asked for.
fn state(coverage: &Coverage, period: Span, day: Span, findings: u64) -> StripDay {
    let sum = |of: fn(&avouch_coverage::SubjectCoverage) -> &Spans| {
        coverage.subjects.iter().map(|s| u128::from(of(s).ns_within(day))).sum::<u128>()
    };
    // Before anything that serves the criterion was heard nobody watched it. Days that are to come are no begin of it.
    let before = unheard(period, coverage.subjects.iter().map(|s| &s.expected)).and(day);
    let expected = sum(|s| &s.expected) + u128::from(before.ns());
    let (observed, lossy) = (sum(|s| &s.observed), sum(|s| &s.lossy));
    let state = if expected == 0 {
        DayState::None
    } else if observed == expected {
        DayState::Observed
    } else if observed + lossy == 0 {
        DayState::Not
    } else {
        DayState::Partial
    };
    let share = if expected == 0 { 0.0 } else { (observed as f64 / expected as f64 * 1e4).floor() / 1e4 };
    let mut why = Vec::new();
    if matches!(state, DayState::Partial | DayState::Not) {
        let here = coverage.gaps.iter().filter(|g| !g.span.and(day).is_empty());
        let mut texts: BTreeSet<String> = here.map(|g| format!("{}: {}", g.node, g.cause)).collect();
        if !before.is_empty() {
            texts.insert(Cause::Unheard.to_string());
        }
        let more = texts.len().saturating_sub(REASONS);
        why.extend(texts.into_iter().take(REASONS));
        if more > 0 {
            why.push(format!("{more} more"));
        }
    }
    StripDay { state, findings, share, why }
}

#[cfg(test)]
mod tests {
    use avouch_coverage::SubjectCoverage;

    use super::*;

    fn coverage(expected: Span, observed: &[Span], lossy: &[Span]) -> Coverage {
        let subject = SubjectCoverage {
            expected: expected.into(),
            observed: Spans::new(observed.iter().copied()),
            lossy: Spans::new(lossy.iter().copied()),
            ..SubjectCoverage::default()
        };
        Coverage { subjects: vec![subject], gaps: Vec::new() }
    }

    #[test]
    fn a_day_is_observed_only_when_all_of_its_time_was_watched_without_a_loss() {
        let span = |a: u64, b: u64| Span::new(Time(a * DAY / 4), Time(b * DAY / 4));
        let day = span(0, 4);
        let state = |c: &Coverage, day: Span| state(c, span(0, 20), day, 0);
        let of = |c: &Coverage| (state(c, day).state, state(c, day).share);
        assert_eq!(of(&coverage(day, &[day], &[])), (DayState::Observed, 1.0));
        assert_eq!(of(&coverage(day, &[span(0, 3)], &[])), (DayState::Partial, 0.75));
        assert_eq!(of(&coverage(day, &[], &[day])), (DayState::Partial, 0.0));
        assert_eq!(of(&coverage(day, &[], &[])), (DayState::Not, 0.0));
        assert_eq!(of(&coverage(span(1, 8), &[span(1, 8)], &[])), (DayState::Partial, 0.75));
        // Nothing was heard yet: nobody watched. What is not known to be watched any more, and what is to come, is neither.
        assert_eq!(of(&coverage(span(4, 8), &[], &[])), (DayState::Not, 0.0));
        assert_eq!(state(&coverage(span(4, 8), &[], &[]), day).why, [Cause::Unheard.to_string()]);
        assert_eq!(state(&coverage(day, &[], &[]), span(8, 12)).state, DayState::None);
        assert_eq!(state(&coverage(day, &[], &[]), span(20, 24)).state, DayState::None);
        // Of a day that is not over, only so much is asked for as is.
        assert_eq!(of(&coverage(span(0, 1), &[span(0, 1)], &[])), (DayState::Observed, 1.0));
    }
}
