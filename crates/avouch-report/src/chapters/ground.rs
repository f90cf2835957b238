//! What several chapters need, computed once from the results.

use std::collections::{BTreeMap, BTreeSet};

use avouch_controls::{Control, ControlList, Criterion, all_criteria};
use avouch_coverage::{Coverage, GapLine, Question, RuleKey, Spans, cover};
use avouch_document::{Id, Text};
use avouch_finding::Time;

use crate::acceptances::AcceptanceResult;
use crate::chapters::words as w;
use crate::controls::{ControlPart, ControlResult, Outcome};
use crate::deviations::{Deviation, DeviationKind};
use crate::input::Results;
use crate::population::Population;
use crate::rules::RuleResult;
use crate::stats::Counts;

/// Rows of a table that stand in the report where a file of the bundle holds all.
pub(super) const ROWS: usize = 50;

/// Criteria that always have a chapter, with controls or without.
const CHAPTERS: [&str; 12] =
    ["CC6.1", "CC6.2", "CC6.3", "CC6.6", "CC6.7", "CC6.8", "CC7.1", "CC7.2", "CC7.3", "CC7.4", "CC7.5", "CC8.1"];

/// The results, and what is derived from them for more than one chapter.
pub(super) struct Ground<'a> {
    pub(super) results: &'a Results<'a>,
    /// Every source of every node, whatever the rules are.
    pub(super) coverage: Coverage,
    /// Cluster of each node, as far as it is known.
    pub(super) clusters: BTreeMap<&'a str, &'a str>,
    /// Counts of all findings of the period.
    pub(super) counts: Counts,
    rule_numbers: BTreeMap<(&'a str, &'a str), usize>,
    unlisted: BTreeSet<&'a str>,
}

impl<'a> Ground<'a> {
    pub(super) fn new(results: &'a Results<'a>) -> Self {
        let facts = results.facts;
        let watched = facts.watched(facts.period);
        let sources = watched.expected.iter().map(|e| e.source.clone()).collect();
        let coverage = cover(&watched, &Question { rules: BTreeSet::new(), sources });
        let clusters = facts.clusters();
        let names = results.rules.iter().enumerate();
        let rule_numbers = names.map(|(n, r)| ((r.rule.name.as_str(), r.rule.source.as_str()), n)).collect();
        let counts = Counts::of(facts.findings.rows());
        let unlisted = unlisted(results);
        Self { results, coverage, clusters, counts, rule_numbers, unlisted }
    }

    /// Nothing at all is known of the period.
    pub(super) fn is_empty(&self) -> bool {
        self.results.facts.is_empty()
    }

    pub(super) fn population(&self, id: &str) -> Option<&'a Population> {
        self.results.populations.iter().find(|p| p.spec.id.eq_ignore_ascii_case(id))
    }

    /// Criteria with a chapter, in the order of the standard.
    pub(super) fn chapters(&self) -> Vec<&'static Criterion> {
        let served: BTreeSet<&str> = self.results.controls.iter().flat_map(serves).map(|c| c.id.as_str()).collect();
        let has = |c: &&Criterion| CHAPTERS.contains(&c.id.as_str()) || served.contains(c.id.as_str());
        all_criteria().iter().filter(has).collect()
    }

    /// Controls that serve a criterion, first or not, in any part of the period.
    pub(super) fn controls_of(&self, criterion: &Criterion) -> Vec<&'a ControlResult<'a>> {
        self.results.controls.iter().filter(|c| serves(c).contains(&criterion)).collect()
    }

    /// Controls whose section stands in the chapter of the criterion; those of none for `None`.
    pub(super) fn at_home_in(&self, criterion: Option<&Criterion>) -> Vec<&'a ControlResult<'a>> {
        self.results.controls.iter().filter(|c| home(c) == criterion).collect()
    }

    /// Deviations that name the control.
    pub(super) fn deviations_of(&self, control: &ControlResult<'_>) -> Vec<&'a Deviation> {
        let names = |d: &&Deviation| d.controls.iter().any(|c| c.eq_ignore_ascii_case(control.id));
        self.results.deviations.iter().filter(names).collect()
    }

    /// Deviations of lists that hold the control and that nobody approved.
    pub(super) fn drafts_of(&self, control: &ControlResult<'_>) -> Vec<&'a Deviation> {
        let versions: BTreeSet<u32> = control.parts.iter().flat_map(|p| &p.stretch.drafts).copied().collect();
        let drafts = self.results.deviations.iter().filter(|d| d.kind == DeviationKind::Draft);
        drafts.filter(|d| versions.iter().any(|v| d.subject == crate::deviations::draft(*v))).collect()
    }

    /// Deviations of a criterion: those that name it, and those of controls that serve it.
    pub(super) fn deviations_in(&self, criterion: &Criterion) -> Vec<&'a Deviation> {
        let controls: Vec<&str> = self.controls_of(criterion).iter().map(|c| c.id).collect();
        let of = |d: &&Deviation| {
            d.criteria.contains(&criterion.id)
                || d.controls.iter().any(|c| controls.iter().any(|own| own.eq_ignore_ascii_case(c)))
        };
        self.results.deviations.iter().filter(of).collect()
    }

    /// What the period says of a control. A deviation of it is never called "no deviation seen", whatever its time line says.
    pub(super) fn outcome(&self, control: &ControlResult<'_>) -> Outcome {
        match control.outcome() {
            Outcome::NoDeviation | Outcome::PartlyUnknown if !self.deviations_of(control).is_empty() => {
                Outcome::Deviations
            }
            outcome => outcome,
        }
    }

    /// Results of rules by name and source, without those that never ran.
    pub(super) fn rule(&self, key: &RuleKey) -> Option<&'a RuleResult<'a>> {
        let n = self.rule_numbers.get(&(key.name.as_str(), key.source.as_str()))?;
        self.results.rules.get(*n)
    }

    /// Where the rule stands in appendix A.
    pub(super) fn rule_link(&self, key: &RuleKey) -> Text {
        match self.rule_numbers.get(&(key.name.as_str(), key.source.as_str())) {
            Some(n) => Text::new().link(rule_id(*n), key.name.as_str()),
            None => Text::from(key.name.as_str()),
        }
    }

    /// The version of the list that said a part, if it can be told.
    pub(super) fn list_of(&self, part: &ControlPart<'_>, version: u32) -> Option<&'a ControlList> {
        let versions = &self.results.history.versions;
        let of = |v: &&avouch_controls::VersionStretch<'a>| {
            v.list.version == version && v.period.and(part.stretch.period).is_some()
        };
        versions.iter().find(of).map(|v| v.list)
    }

    /// The acceptance names the criterion, or a control that serves it.
    pub(super) fn is_of(&self, acceptance: &AcceptanceResult<'_>, criterion: &Criterion) -> bool {
        let control = acceptance.text("control");
        acceptance.text("criterion") == criterion.id
            || self.controls_of(criterion).iter().any(|c| c.id.eq_ignore_ascii_case(control))
    }

    /// The criterion in whose chapter a deviation is answered: the home of the first control it names, or the first it is of.
    pub(super) fn answered_in<'d>(&self, deviation: &'d Deviation) -> Option<&'d str>
    where
        'a: 'd,
    {
        let control = |id: &String| self.results.controls.iter().find(|c| c.id.eq_ignore_ascii_case(id));
        let of = deviation.controls.iter().filter_map(control).find_map(home);
        of.map(|c| c.id.as_str()).or_else(|| deviation.criteria.first().map(String::as_str))
    }

    /// A link to the row of a deviation, where the register shows it.
    pub(super) fn deviation_link(&self, deviation: &Deviation, words: impl Into<String>) -> Text {
        if self.unlisted.contains(deviation.id.as_str()) {
            Text::from(words.into())
        } else {
            Text::new().link(deviation_id(&deviation.id), words)
        }
    }

    /// Whether the row of a deviation stands in the register, and not only in a population.
    pub(super) fn is_listed(&self, deviation: &Deviation) -> bool {
        !self.unlisted.contains(deviation.id.as_str())
    }

    /// Acceptances that were in force at some time of the period.
    pub(super) fn in_force(&self) -> impl Iterator<Item = &'a AcceptanceResult<'a>> {
        let period = self.results.facts.period;
        self.results.acceptances.iter().filter(move |a| {
            let from = a.from.unwrap_or(Time(0));
            let ends = [a.expires, a.removed].into_iter().flatten().min();
            from < period.to && ends.is_none_or(|end| end > period.from.max(from))
        })
    }
}

/// Rows of a kind of deviation that also stands in a population; of the others all are shown.
const LONG: usize = 500;

/// Stretches not watched are a population of their own, so that the register may end early; nothing else is listed anywhere
/// but there.
fn unlisted<'a>(results: &Results<'a>) -> BTreeSet<&'a str> {
    if !results.populations.iter().any(|p| p.spec.id == "observation-gaps") {
        return BTreeSet::new();
    }
    let of = |kind| results.deviations.iter().filter(move |d| d.kind == kind).skip(LONG);
    of(DeviationKind::Unwatched).chain(of(DeviationKind::Lost)).map(|d| d.id.as_str()).collect()
}

/// Criteria that a control serves, in any part: those it names, and those of the points of focus it names.
pub(super) fn serves(control: &ControlResult<'_>) -> Vec<&'static Criterion> {
    let mut out: Vec<&'static Criterion> = Vec::new();
    for part in &control.parts {
        for criterion in served_by(part.stretch.control) {
            if !out.contains(&criterion) {
                out.push(criterion);
            }
        }
    }
    out
}

fn served_by(control: &Control) -> impl Iterator<Item = &'static Criterion> {
    control.criteria.iter().copied().chain(control.points.iter().map(|p| p.criterion))
}

/// The criterion in whose chapter the section of a control stands: the one it serves first, as it said last.
pub(super) fn home(control: &ControlResult<'_>) -> Option<&'static Criterion> {
    served_by(control.control()?).next()
}

/// Time of a control, or of several, by state, in ns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shares {
    pub(super) pass: u128,
    pub(super) fail: u128,
    pub(super) unknown: u128,
}

impl Shares {
    pub(super) fn of<'c>(controls: impl IntoIterator<Item = &'c ControlResult<'c>>) -> Self {
        let mut out = Self::default();
        for part in controls.into_iter().flat_map(|c| &c.parts) {
            out.pass += part.line.pass_ns;
            out.fail += part.line.fail_ns;
            out.unknown += part.line.unknown_ns;
        }
        out
    }

    pub(super) fn all(self) -> u128 {
        self.pass + self.fail + self.unknown
    }

    /// In words, states without time left out: `pass 98.61 %, unknown 1.39 %`.
    pub(super) fn words(self) -> String {
        let all = self.all();
        let mut out = Vec::new();
        if self.pass > 0 {
            out.push(format!("pass {}", w::percent_down(self.pass, all)));
        }
        if self.fail > 0 {
            out.push(format!("fail {}", w::percent_up(self.fail, all)));
        }
        if self.unknown > 0 {
            out.push(format!("unknown {}", w::percent_up(self.unknown, all)));
        }
        if out.is_empty() { "no time".to_owned() } else { out.join(", ") }
    }
}

/// How much of the time to be watched was watched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Watch {
    pub(super) expected: u128,
    pub(super) observed: u128,
    pub(super) gaps: u64,
    /// Sources of nodes.
    pub(super) subjects: usize,
}

impl Watch {
    /// Over several answers: a subject counts once, and was watched only where all of them say so.
    pub(super) fn of<'c>(coverages: impl IntoIterator<Item = &'c Coverage>) -> Self {
        let mut subjects: BTreeMap<(&str, &str), [Spans; 2]> = BTreeMap::new();
        let mut gaps: BTreeSet<(&str, &str, u64, u64, String)> = BTreeSet::new();
        for coverage in coverages {
            for s in &coverage.subjects {
                let [expected, missed] = subjects.entry((&s.node, &s.source)).or_default();
                *expected = expected.or(&s.expected);
                *missed = missed.or(&s.lossy).or(&s.unobserved);
            }
            let line =
                |g: &'c GapLine| (g.node.as_str(), g.source.as_str(), g.span.from.0, g.span.to.0, g.cause.to_string());
            gaps.extend(coverage.gaps.iter().map(line));
        }
        let sum = |of: &dyn Fn(&[Spans; 2]) -> u64| subjects.values().map(|s| u128::from(of(s))).sum();
        Self {
            expected: sum(&|[expected, _]| expected.ns()),
            observed: sum(&|[expected, missed]| expected.without(missed).ns()),
            gaps: w::len(gaps.len()),
            subjects: subjects.len(),
        }
    }

    /// `observed 99.82 % of 41,760 node-hours, 17 gaps`.
    pub(super) fn words(self) -> String {
        if self.expected == 0 {
            return "nothing was to be watched: no evidence".to_owned();
        }
        format!(
            "observed {} of {} node-hours, {}",
            w::percent_down(self.observed, self.expected),
            w::hours(self.expected),
            w::counted(self.gaps, "gap", "gaps")
        )
    }

    /// The same below a head that says of what: `99.82 % of 2,160, 17 gaps`.
    pub(super) fn short(self) -> String {
        if self.expected == 0 {
            return "not covered".to_owned();
        }
        let share = w::percent_down(self.observed, self.expected);
        format!("{share} of {}, {}", w::hours(self.expected), w::counted(self.gaps, "gap", "gaps"))
    }
}

/// Id of a control's section.
pub(super) fn control_id(control: &str) -> Id {
    Id::new(&format!("control-{control}"))
}

/// Id of a criterion's chapter.
pub(super) fn criterion_id(criterion: &str) -> Id {
    Id::new(&format!("criterion-{criterion}"))
}

/// Id of a deviation's row in the register.
pub(super) fn deviation_id(deviation: &str) -> Id {
    Id::new(deviation)
}

/// Id of a population's section.
pub(super) fn population_id(population: &str) -> Id {
    Id::new(&format!("population-{population}"))
}

/// Id of a rule's row in appendix A.
pub(super) fn rule_id(number: usize) -> Id {
    Id::new(&format!("rule-{}", number + 1))
}

/// Links after each other.
pub(super) fn links(all: impl IntoIterator<Item = (Id, String)>) -> Text {
    let mut text = Text::new();
    for (n, (id, words)) in all.into_iter().enumerate() {
        if n > 0 {
            text = text.plain(", ");
        }
        text = text.link(id, words);
    }
    if text.0.is_empty() { Text::from("-") } else { text }
}
