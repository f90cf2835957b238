//! Each control over the period: what watched it, what was found, and its time line.

use std::collections::{BTreeMap, BTreeSet};

use avouch_controls::{Control, ControlHistory, ControlStretch, Criteria, RuleFacts, criterion, point_of_focus};
use avouch_coverage::{
    Cause, Coverage, GapLine, Question, RuleKey, Sorted, Span, Spans, SubjectCoverage, TimeLine, Watched, time_line,
    unheard,
};
use avouch_finding::{RuleIdentity, Time};

use crate::by_rule::ByRule;
use crate::facts::PeriodFacts;
use crate::stats::Counts;

/// What the period says of a control. Never a score: the shares behind it stand beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Watched all the time, nothing failed, nothing open.
    NoDeviation,
    /// Something failed.
    Deviations,
    /// Nothing failed that is known, but it was not watched all the time, or findings are open.
    PartlyUnknown,
    /// Nothing in the period tells of it.
    NoEvidence,
    /// The control names no evidence that avouch makes.
    NotCovered,
}

impl Outcome {
    /// What these parts of a control come to.
    #[must_use]
    pub fn of(parts: &[ControlPart<'_>]) -> Self {
        let asks = |p: &ControlPart<'_>| {
            let evidence = &p.stretch.control.evidence;
            !evidence.rules.is_empty() || !evidence.sources.is_empty()
        };
        if !parts.iter().any(asks) {
            return Self::NotCovered;
        }
        let sum = |of: fn(&TimeLine) -> u128| parts.iter().map(|p| of(&p.line)).sum::<u128>();
        let failed = |p: &ControlPart<'_>| p.counts.true_ > 0 || p.late.values().any(|l| l.look + l.decision > 0);
        if sum(|l| l.fail_ns) > 0 || parts.iter().any(failed) {
            Self::Deviations
        } else if sum(|l| l.pass_ns) == 0 {
            Self::NoEvidence
        } else if sum(|l| l.unknown_ns) > 0 {
            Self::PartlyUnknown
        } else {
            Self::NoDeviation
        }
    }

    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::NoDeviation => "no deviation seen",
            Self::Deviations => "deviations",
            Self::PartlyUnknown => "partly unknown",
            Self::NoEvidence => "no evidence",
            Self::NotCovered => "not covered",
        }
    }
}

/// A stretch of the period in which a control said the same.
#[derive(Clone, Debug)]
pub struct ControlPart<'l> {
    /// When.
    pub span: Span,
    /// What it said, and in which versions of the list.
    pub stretch: ControlStretch<'l>,
    /// Rules that it stands on.
    pub rules: BTreeSet<RuleKey>,
    /// When its sources and rules watched.
    pub coverage: Coverage,
    /// Sources that it stands on and of which nothing was heard at all.
    pub missing_sources: Vec<String>,
    /// Pass, fail and unknown.
    pub line: TimeLine,
    /// Findings of its rules.
    pub counts: Counts,
    /// Findings that were looked at, or decided, later than the control's targets, or are overdue.
    pub late: BTreeMap<RuleKey, Late>,
}

/// Findings of a rule that were not dealt with in the time that the control gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Late {
    /// Findings with a target.
    pub of: u64,
    /// Looked at too late, or not at all and overdue.
    pub look: u64,
    /// Decided too late, or not at all and overdue.
    pub decision: u64,
    /// Overdue and still open at the end of the period.
    pub open: u64,
    /// When the first of them happened, and when the last was dealt with; the end of the period where one still waits.
    pub between: Option<(Time, Time)>,
    /// The first of them, at most [`LATE`].
    pub named: Vec<LateFinding>,
    /// The longest wait for a look, and for a decision, of those that were late, in ns.
    pub longest: (u64, u64),
    /// What the control allows for a look, and for a decision, in ns, where that was exceeded.
    pub limits: (BTreeSet<u64>, BTreeSet<u64>),
    pub(crate) late: u64,
}

impl Late {
    /// Findings that were late in any way.
    #[must_use]
    pub fn late(&self) -> u64 {
        self.late
    }
}

/// Late findings of a rule that are named one by one.
pub const LATE: usize = 10;

/// A finding that was not dealt with in time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LateFinding {
    /// Number of its record.
    pub seq: u64,
    /// When it happened.
    pub time: Time,
    /// What it waited for a look, in ns, and what the control allows; only where that was too long.
    pub look: Option<Wait>,
    /// The same for a decision.
    pub decision: Option<Wait>,
}

/// A wait that was too long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wait {
    /// How long, in ns; to the end of the period where it was still waiting.
    pub waited: u64,
    /// What the control allows, in ns.
    pub limit: u64,
    /// It still waited at the end of the period.
    pub open: bool,
}

/// A control over the period.
#[derive(Clone, Debug)]
pub struct ControlResult<'l> {
    /// Its id.
    pub id: &'l str,
    /// In order of time; never empty.
    pub parts: Vec<ControlPart<'l>>,
}

impl<'l> ControlResult<'l> {
    /// What it said last.
    #[must_use]
    pub fn control(&self) -> Option<&'l Control> {
        self.parts.last().map(|p| p.stretch.control)
    }

    /// What the period says of it.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        Outcome::of(&self.parts)
    }
}

/// How the report judges.
#[derive(Clone, Copy, Debug)]
pub struct Judging {
    /// Parts in a million of a day's time that must have been watched for the day to pass.
    pub least_watched: u32,
}

/// Results of all controls of the history.
#[must_use]
pub fn control_results<'l>(
    facts: &PeriodFacts,
    history: &ControlHistory<'l>,
    judging: Judging,
) -> Vec<ControlResult<'l>> {
    let rules = facts.rules();
    let known: Vec<(&RuleIdentity, Criteria)> = rules.values().map(|r| (*r, criteria_of(r))).collect();
    let rule_facts: Vec<RuleFacts<'_>> = known
        .iter()
        .map(|(r, criteria)| RuleFacts { name: &r.name, source: &r.source, tags: &r.tags, runs: true, criteria })
        .collect();
    // What was watched is sorted once for all controls that say the same for the same time: most say it for the whole period.
    let spans: BTreeSet<Span> =
        history.controls().flat_map(|(_, stretches)| stretches).map(|s| span(facts, s)).collect();
    let watched: Vec<(Span, Watched<'_>)> = spans.into_iter().map(|span| (span, facts.watched(span))).collect();
    let known: BTreeMap<Span, Sorted<'_>> = watched.iter().map(|(span, w)| (*span, Sorted::new(w))).collect();
    let mut found = ByRule::new(facts);
    let result = |(id, stretches): (&'l str, &[ControlStretch<'l>])| ControlResult {
        id,
        parts: stretches.iter().filter_map(|s| part(&mut found, s, &rule_facts, &known, judging)).collect(),
    };
    history.controls().map(result).collect()
}

/// What a recorded rule is evidence for.
fn criteria_of(rule: &RuleIdentity) -> Criteria {
    Criteria {
        primary: rule.criteria.iter().filter_map(|id| criterion(id)).collect(),
        secondary: rule.criteria_secondary.iter().filter_map(|id| criterion(id)).collect(),
        points: rule.points_of_focus.iter().filter_map(|id| point_of_focus(id)).collect(),
        ..Criteria::default()
    }
}

/// When a control said the same, as far as it is of the period.
fn span(facts: &PeriodFacts, stretch: &ControlStretch<'_>) -> Span {
    Span::new(Time(stretch.period.from.0), Time(stretch.period.to.0)).and(facts.period)
}

/// A control over a stretch; `known` has the time of each.
fn part<'l>(
    found: &mut ByRule<'_, 'l>,
    stretch: &ControlStretch<'l>,
    rules: &[RuleFacts<'_>],
    known: &BTreeMap<Span, Sorted<'_>>,
    judging: Judging,
) -> Option<ControlPart<'l>> {
    let span = span(found.facts, stretch);
    let evidence = &stretch.control.evidence;
    let key = |r: &&RuleFacts<'_>| RuleKey { source: r.source.to_owned(), name: r.name.to_owned() };
    let rules: BTreeSet<RuleKey> = evidence.rules.select(rules).iter().map(key).collect();
    let sources = evidence.sources.iter().map(|s| s.text.clone()).collect();
    let question = Question { rules, sources };
    let mut coverage = known.get(&span)?.cover(&question);
    let missing_sources = add_missing(&mut coverage, &question, span);
    let own = found.own(&question.rules);
    let (marks, late) = found.marks(&own, &stretch.control.targets, span);
    let line = time_line(span, &coverage, &marks, judging.least_watched);
    let counts = found.counts(&own, span);
    let (stretch, rules) = (stretch.clone(), question.rules);
    Some(ControlPart { span, stretch, rules, coverage, missing_sources, line, counts, late })
}

/// A source that the control stands on is unknown before anything tells of it, and where nothing ever does, all the time.
/// The latter ones are returned.
fn add_missing(coverage: &mut Coverage, question: &Question, span: Span) -> Vec<String> {
    let wanted: BTreeSet<&str> =
        question.rules.iter().map(|r| r.source.as_str()).chain(question.sources.iter().map(String::as_str)).collect();
    let mut missing = Vec::new();
    for source in wanted {
        let of_it = coverage.subjects.iter().filter(|s| s.source == source);
        let before = unheard(span, of_it.map(|s| &s.expected));
        if before.is_empty() {
            continue;
        }
        let reason = match before == span {
            true => "nothing was ever heard of it",
            false => "nothing was heard of it before",
        };
        if before == span {
            missing.push(source.to_owned());
        }
        coverage.subjects.push(SubjectCoverage {
            source: source.to_owned(),
            expected: Spans::from(before),
            unobserved: Spans::from(before),
            ..SubjectCoverage::default()
        });
        let cause = Cause::SourceDown(reason.to_owned());
        coverage.gaps.push(GapLine { node: String::new(), source: source.to_owned(), span: before, cause });
    }
    missing
}
