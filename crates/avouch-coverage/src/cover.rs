//! When the rules of a control were watching, and when not.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use avouch_finding::Watching;

use crate::expect::Expectation;
use crate::spans::{Span, Spans};
use crate::watched::{RuleKey, RuleSet, Stretch, Watched};

/// What a control stands on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// Rules, all of which have to run. A rule is asked for from the first time it was loaded in the period, so that a new rule
    /// does not open a gap before it was thought of, as long as another one of the source ran; one that is switched off does.
    pub rules: BTreeSet<RuleKey>,
    /// Sources that have to deliver, whatever the rules are.
    pub sources: BTreeSet<String>,
}

impl Question {
    fn sources(&self) -> BTreeSet<&str> {
        self.rules.iter().map(|r| r.source.as_str()).chain(self.sources.iter().map(String::as_str)).collect()
    }
}

/// Why something was not watched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Nothing at all was heard of the node in the period.
    NoAgent,
    /// No observation covers it; the reason where a gap was noticed.
    NotRunning(String),
    /// The source did not deliver; why.
    SourceDown(String),
    /// These rules were not running.
    RulesOff(Vec<String>),
    /// So many whole events were lost: silence says nothing, findings stay true.
    Lossy(u64),
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAgent => f.write_str("node without agent"),
            Self::NotRunning(reason) if reason.is_empty() => f.write_str("agent not running"),
            Self::NotRunning(reason) => write!(f, "agent not running: {reason}"),
            Self::SourceDown(reason) if reason.is_empty() => f.write_str("source down"),
            Self::SourceDown(reason) => write!(f, "source down: {reason}"),
            Self::RulesOff(rules) => {
                let s = if rules.len() == 1 { "rule" } else { "rules" };
                write!(f, "{s} not running: {}", rules.join(", "))
            }
            Self::Lossy(events) => write!(f, "{events} events lost"),
        }
    }
}

/// A stretch in which a subject was to be watched and was not, or not wholly.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct GapLine {
    pub node: String,
    pub source: String,
    pub span: Span,
    pub cause: Cause,
}

/// When one source of one node was watched. `expected` is `observed`, `lossy` and `unobserved` together, which never overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubjectCoverage {
    /// Machine, cluster or account.
    pub node: String,
    /// Source.
    pub source: String,
    /// When it was to be watched.
    pub expected: Spans,
    /// Watched, nothing lost.
    pub observed: Spans,
    /// Watched, but events were lost.
    pub lossy: Spans,
    /// Not watched.
    pub unobserved: Spans,
}

/// Sums over subjects, in ns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "as in `SubjectCoverage`")]
pub struct Totals {
    pub expected: u128,
    pub observed: u128,
    pub lossy: u128,
    pub unobserved: u128,
}

/// The answer to a [`Question`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Subjects, by node and source.
    pub subjects: Vec<SubjectCoverage>,
    /// Gaps, by node, source and time.
    pub gaps: Vec<GapLine>,
}

impl Coverage {
    /// Sums over all subjects.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let sum = |of: fn(&SubjectCoverage) -> &Spans| self.subjects.iter().map(|s| u128::from(of(s).ns())).sum();
        Totals {
            expected: sum(|s| &s.expected),
            observed: sum(|s| &s.observed),
            lossy: sum(|s| &s.lossy),
            unobserved: sum(|s| &s.unobserved),
        }
    }
}

/// Answers the question.
#[must_use]
pub fn cover(watched: &Watched<'_>, question: &Question) -> Coverage {
    let asked = Asked::new(watched, question);
    let wanted = question.sources();
    let mut by_node: BTreeMap<&str, Vec<&Stretch>> = BTreeMap::new();
    for stretch in watched.stretches {
        by_node.entry(&stretch.node).or_default().push(stretch);
    }
    for stretches in by_node.values_mut() {
        stretches.sort_by_key(|s| s.span);
    }
    let mut out = Coverage::default();
    for expected in watched.expected.iter().filter(|e| wanted.contains(e.source.as_str())) {
        let stretches = by_node.get(expected.node.as_str()).map(Vec::as_slice).unwrap_or_default();
        subject(watched, &asked, expected, stretches, &mut out);
    }
    out.gaps.sort_by(|a, b| (&a.node, &a.source, a.span).cmp(&(&b.node, &b.source, b.span)));
    out
}

/// A question, made ready.
struct Asked<'a> {
    /// Rules by source, each with the time of its first loading.
    rules: BTreeMap<&'a str, Vec<(&'a RuleKey, u64)>>,
    /// Rules of the question that a set lacks.
    sets: &'a BTreeMap<String, RuleSet>,
}

impl<'a> Asked<'a> {
    fn new(watched: &'a Watched<'a>, question: &'a Question) -> Self {
        let mut first: BTreeMap<&RuleKey, u64> = BTreeMap::new();
        for stretch in watched.stretches {
            let Some(set) = watched.rule_sets.get(&stretch.rules) else { continue };
            for rule in question.rules.intersection(&set.rules) {
                let at = first.entry(rule).or_insert(u64::MAX);
                *at = (*at).min(stretch.span.from.0);
            }
        }
        let mut rules: BTreeMap<&str, Vec<(&RuleKey, u64)>> = BTreeMap::new();
        for rule in &question.rules {
            // A rule that never ran is asked for all the time.
            rules.entry(&rule.source).or_default().push((rule, first.get(rule).copied().unwrap_or(0)));
        }
        Self { rules, sets: watched.rule_sets }
    }

    /// Names of the rules that should have run in the stretch and did not.
    fn off(&self, source: &str, stretch: &Stretch) -> Vec<String> {
        let set = self.sets.get(&stretch.rules);
        let runs = |rule: &RuleKey| set.is_some_and(|s| s.rules.contains(rule));
        let wanted = self.rules.get(source).map(Vec::as_slice).unwrap_or_default();
        // Where none of the rules ran nobody watched, be they thought of later or not.
        let none = !wanted.iter().any(|(rule, _)| runs(rule));
        let off = |(rule, first): &&(&RuleKey, u64)| none || (*first < stretch.span.to.0 && !runs(rule));
        wanted.iter().filter(off).map(|(rule, _)| rule.name.clone()).collect()
    }
}

fn subject(
    watched: &Watched<'_>,
    asked: &Asked<'_>,
    expected: &Expectation,
    stretches: &[&Stretch],
    out: &mut Coverage,
) {
    let (mut good, mut lossy, mut found) = (Vec::new(), Vec::new(), Vec::new());
    for stretch in stretches {
        let mut bad = |cause: Cause| found.push((stretch.span, cause));
        match stretch.sources.get(&expected.source) {
            // The source was not asked for: as if nobody had run.
            None => {}
            Some(state) if state.state == Watching::Down => bad(Cause::SourceDown(state.reason.clone())),
            Some(_) => match asked.off(&expected.source, stretch) {
                off if !off.is_empty() => bad(Cause::RulesOff(off)),
                _ if stretch.lost > 0 => {
                    bad(Cause::Lossy(stretch.lost));
                    lossy.push(stretch.span);
                }
                _ => good.push(stretch.span),
            },
        }
    }
    let (good, lossy) = (Spans::new(good), Spans::new(lossy));
    // Where one run watched well and another did not, it was watched.
    let observed = expected.when.and(&good);
    let lossy = expected.when.and(&lossy).without(&good);
    let unobserved = expected.when.without(&good).without(&lossy);
    let mut gap = |span: Span, cause: Cause| {
        out.gaps.push(GapLine { node: expected.node.clone(), source: expected.source.clone(), span, cause });
    };
    let mut explained = good;
    for (span, cause) in found {
        let own = Spans::from(span).and(&expected.when).without(&explained);
        explained = explained.or(&own);
        own.iter().for_each(|span| gap(span, cause.clone()));
    }
    let silent = stretches.is_empty();
    for span in expected.when.without(&explained).iter() {
        for (span, reason) in reasons(watched, expected, span) {
            gap(span, if silent { Cause::NoAgent } else { Cause::NotRunning(reason) });
        }
    }
    out.subjects.push(SubjectCoverage {
        node: expected.node.clone(),
        source: expected.source.clone(),
        expected: expected.when.clone(),
        observed,
        lossy,
        unobserved,
    });
}

/// Cuts a stretch that nobody watched by the gaps that were noticed in it, each part with its reason.
fn reasons(watched: &Watched<'_>, expected: &Expectation, span: Span) -> Vec<(Span, String)> {
    let mut out = Vec::new();
    let mut rest = Spans::from(span);
    for gap in watched.gaps {
        if gap.node != expected.node || !(gap.source.is_empty() || gap.source == expected.source) {
            continue;
        }
        let told = rest.within(Span::new(gap.from, gap.to));
        rest = rest.without(&told);
        out.extend(told.iter().map(|s| (s, gap.reason.clone())));
    }
    out.extend(rest.iter().map(|s| (s, String::new())));
    out
}
