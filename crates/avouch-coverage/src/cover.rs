//! When the rules of a control were watching, and when not.

use std::collections::{BTreeMap, BTreeSet};

use avouch_finding::{Gap, Watching};

use crate::cause::{Cause, Reasons};
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
    /// Watched, but events were lost, did not come or came too late.
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
    Sorted::new(watched).cover(question)
}

/// What is known, sorted once for several questions.
#[derive(Debug)]
pub struct Sorted<'a> {
    watched: &'a Watched<'a>,
    /// By node, in order of time.
    stretches: BTreeMap<&'a str, Vec<&'a Stretch>>,
    gaps: BTreeMap<&'a str, Vec<&'a Gap>>,
    /// By rule set, when it first ran.
    begins: BTreeMap<&'a str, u64>,
}

impl<'a> Sorted<'a> {
    /// Sorts it.
    #[must_use]
    pub fn new(watched: &'a Watched<'a>) -> Self {
        let mut stretches: BTreeMap<&str, Vec<&Stretch>> = BTreeMap::new();
        let mut begins: BTreeMap<&str, u64> = BTreeMap::new();
        for stretch in watched.stretches {
            stretches.entry(&stretch.node).or_default().push(stretch);
            let at = begins.entry(&stretch.rules).or_insert(u64::MAX);
            *at = (*at).min(stretch.span.from.0);
        }
        for of_node in stretches.values_mut() {
            of_node.sort_by_key(|s| s.span);
        }
        let mut gaps: BTreeMap<&str, Vec<&Gap>> = BTreeMap::new();
        for gap in watched.gaps {
            gaps.entry(&gap.node).or_default().push(gap);
        }
        Self { watched, stretches, gaps, begins }
    }

    /// Answers a question, as [`cover`] does.
    #[must_use]
    pub fn cover(&self, question: &Question) -> Coverage {
        let asked = Asked::new(self, question);
        let wanted = question.sources();
        let mut out = Coverage::default();
        for expected in self.watched.expected.iter().filter(|e| wanted.contains(e.source.as_str())) {
            let stretches = self.stretches.get(expected.node.as_str()).map(Vec::as_slice).unwrap_or_default();
            let gaps = self.gaps.get(expected.node.as_str()).map(Vec::as_slice).unwrap_or_default();
            subject(&asked, expected, stretches, gaps, &mut out);
        }
        out.gaps.sort_by(|a, b| (&a.node, &a.source, a.span).cmp(&(&b.node, &b.source, b.span)));
        out
    }
}

/// A question, made ready.
struct Asked<'a> {
    /// Rules by source, each with the time of its first loading.
    rules: BTreeMap<&'a str, Vec<(&'a RuleKey, u64)>>,
    /// By rule set and source: which of the rules it has, in their order. There are few sets and many stretches.
    runs: BTreeMap<(&'a str, &'a str), Vec<bool>>,
}

impl<'a> Asked<'a> {
    fn new(known: &'a Sorted<'a>, question: &'a Question) -> Self {
        let rule_sets = known.watched.rule_sets;
        let mut first: BTreeMap<&RuleKey, u64> = BTreeMap::new();
        for (digest, begin) in &known.begins {
            let Some(set) = rule_sets.get(*digest) else { continue };
            for rule in question.rules.intersection(&set.rules) {
                let at = first.entry(rule).or_insert(u64::MAX);
                *at = (*at).min(*begin);
            }
        }
        let mut rules: BTreeMap<&str, Vec<(&RuleKey, u64)>> = BTreeMap::new();
        for rule in &question.rules {
            // A rule that never ran is asked for all the time.
            rules.entry(&rule.source).or_default().push((rule, first.get(rule).copied().unwrap_or(0)));
        }
        let mut runs = BTreeMap::new();
        for digest in known.begins.keys() {
            let set: Option<&RuleSet> = rule_sets.get(*digest);
            for (source, wanted) in &rules {
                let has = wanted.iter().map(|(rule, _)| set.is_some_and(|s| s.rules.contains(*rule)));
                runs.insert((*digest, *source), has.collect());
            }
        }
        Self { rules, runs }
    }

    /// Names of the rules of a source that should have run in a stretch and did not, for one stretch after the other.
    fn off<'q>(&'q self, source: &'q str) -> impl FnMut(&'q Stretch) -> Vec<String> {
        let wanted = self.rules.get(source).map(Vec::as_slice).unwrap_or_default();
        // The rule set of the stretch before, which mostly is that of the next one, too.
        let mut known: Option<(&str, &[bool])> = None;
        move |stretch| {
            if wanted.is_empty() {
                return Vec::new();
            }
            let digest = stretch.rules.as_str();
            let runs = match known {
                Some((same, runs)) if same == digest => runs,
                _ => self.runs.get(&(digest, source)).map(Vec::as_slice).unwrap_or_default(),
            };
            known = Some((digest, runs));
            // Where none of the rules ran nobody watched, be they thought of later or not.
            let none = !runs.contains(&true);
            let runs = |n: usize| runs.get(n).copied().unwrap_or(false);
            let off = |(n, (_, first)): &(usize, &(&RuleKey, u64))| none || (*first < stretch.span.to.0 && !runs(*n));
            wanted.iter().enumerate().filter(off).map(|(_, (rule, _))| rule.name.clone()).collect()
        }
    }
}

fn subject(asked: &Asked<'_>, expected: &Expectation, stretches: &[&Stretch], gaps: &[&Gap], out: &mut Coverage) {
    let (mut good, mut lossy) = (Vec::new(), Vec::new());
    let mut why = Reasons::default();
    let mut off = asked.off(&expected.source);
    for stretch in stretches {
        match stretch.sources.get(&expected.source) {
            // The source was not asked for: as if nobody had run.
            None => {}
            Some(state) if state.state == Watching::Down => {
                why.down.push((stretch.span, Cause::SourceDown(state.reason.clone())));
            }
            Some(_) => match (off(stretch), stretch.lost_of(&expected.source)) {
                (off, _) if !off.is_empty() => why.down.push((stretch.span, Cause::RulesOff(off))),
                (_, 0) => good.push(stretch.span),
                (_, lost) => {
                    why.partly.push((stretch.span, Cause::Lossy(lost)));
                    lossy.push(stretch.span);
                }
            },
        }
    }
    let (mut missing, mut partial) = (Vec::new(), Vec::new());
    for gap in gaps {
        let span = Span::new(gap.from, gap.to);
        let of_all = gap.source.is_empty();
        if !of_all && gap.source != expected.source {
            continue;
        }
        if of_all {
            why.silence.push((span, Cause::NotRunning(gap.reason.clone())));
        }
        if gap.partial {
            why.partly.push((span, Cause::Partial(gap.reason.clone())));
            partial.push(span);
        } else if !of_all {
            why.told.push((span, Cause::SourceDown(gap.reason.clone())));
            missing.push(span);
        }
    }
    let (good, missing) = (Spans::new(good), Spans::new(missing));
    // Where one run watched well and another did not, it was watched; but what was learned of the source later holds for every run.
    let watched = expected.when.and(&good.or(&Spans::new(lossy))).without(&missing);
    let observed = watched.and(&good).without(&Spans::new(partial));
    let lossy = watched.without(&observed);
    let unobserved = expected.when.without(&watched);
    let silent = stretches.is_empty();
    for (span, cause) in why.explain(&lossy, &unobserved, silent) {
        out.gaps.push(GapLine { node: expected.node.clone(), source: expected.source.clone(), span, cause });
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
