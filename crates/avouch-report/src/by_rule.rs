//! Findings of one rule as a control judges them, made once for all controls that judge them alike: a rule serves several, and most
//! controls say the same for the whole period and give the same time.

use std::collections::{BTreeMap, BTreeSet};

use avouch_controls::{Level, Targets};
use avouch_coverage::{Mark, Marked, RuleKey, Span, Spans};
use avouch_finding::{Decision, Time};
use rustc_hash::FxHashMap;

use crate::controls::{LATE, Late, LateFinding, Wait};
use crate::facts::PeriodFacts;
use crate::findings::FindingRow;
use crate::names::NameId;
use crate::stats::Counts;

/// A rule, by the numbers of its name and source.
type Ids = (NameId, NameId);

/// What findings of a rule make of a subject's time: when it failed, and when there was something of which nobody had said what it is.
type Spoiled = BTreeMap<(NameId, NameId), [Spans; 2]>;

/// What is known of rules so far.
pub(crate) struct ByRule<'f, 'l> {
    pub(crate) facts: &'f PeriodFacts,
    counts: FxHashMap<(Span, Ids), Counts>,
    marks: FxHashMap<(Span, Ids, usize), (Spoiled, Late)>,
    /// Different targets of controls; their places stand for them.
    targets: Vec<&'l Targets>,
}

impl<'f, 'l> ByRule<'f, 'l> {
    pub(crate) fn new(facts: &'f PeriodFacts) -> Self {
        Self { facts, counts: FxHashMap::default(), marks: FxHashMap::default(), targets: Vec::new() }
    }

    /// Rules of which some finding is known.
    pub(crate) fn own(&self, rules: &BTreeSet<RuleKey>) -> Vec<(Ids, RuleKey)> {
        let names = self.facts.findings.names();
        let ids = |r: &RuleKey| Some(((names.find(&r.name)?, names.find(&r.source)?), r.clone()));
        rules.iter().filter_map(ids).collect()
    }

    /// Counts of the findings of rules in a span.
    pub(crate) fn counts(&mut self, own: &[(Ids, RuleKey)], span: Span) -> Counts {
        let mut out = Counts::default();
        for ((name, source), _) in own {
            let of_rule = self.counts.entry((span, (*name, *source))).or_insert_with(|| {
                let rows = self.facts.findings.of_rule(*name, *source);
                Counts::of(rows.filter(|r| span.from <= r.time && r.time < span.to))
            });
            out.merge(of_rule);
        }
        out
    }

    /// What findings make of a control's time, which allows so much time to deal with them. One that began before the part may still
    /// be open in it.
    pub(crate) fn marks(
        &mut self,
        own: &[(Ids, RuleKey)],
        targets: &'l Targets,
        span: Span,
    ) -> (Vec<Marked>, BTreeMap<RuleKey, Late>) {
        let place = self.targets.iter().position(|known| *known == targets).unwrap_or_else(|| {
            self.targets.push(targets);
            self.targets.len() - 1
        });
        let facts = self.facts;
        let mut spans: BTreeMap<(NameId, NameId), [Vec<Span>; 2]> = BTreeMap::new();
        let mut late: BTreeMap<RuleKey, Late> = BTreeMap::new();
        for (ids, rule) in own {
            let (spoiled, of_rule) =
                self.marks.entry((span, *ids, place)).or_insert_with(|| of_rule(facts, *ids, targets, span));
            for (subject, [fails, open]) in spoiled {
                let all = spans.entry(*subject).or_default();
                all[0].extend(fails.iter());
                all[1].extend(open.iter());
            }
            if of_rule.of > 0 {
                late.insert(rule.clone(), of_rule.clone());
            }
        }
        let names = facts.findings.names();
        let mut marks = Vec::new();
        for ((node, source), [fails, open]) in spans {
            for (mark, spans) in [(Mark::Fails, fails), (Mark::Open, open)] {
                let marked = |span: Span| Marked {
                    node: names.text(node).to_owned(),
                    source: names.text(source).to_owned(),
                    span,
                    mark,
                };
                marks.extend(Spans::new(spans).iter().map(marked));
            }
        }
        (marks, late)
    }
}

fn of_rule(facts: &PeriodFacts, (name, source): Ids, targets: &Targets, span: Span) -> (Spoiled, Late) {
    let mut spans: BTreeMap<(NameId, NameId), [Vec<Span>; 2]> = BTreeMap::new();
    let mut late = Late::default();
    let end = facts.period.to;
    let names = facts.findings.names();
    let mut dues: FxHashMap<NameId, Due> = FxHashMap::default();
    let rows = facts.findings.of_rule(name, source);
    for row in rows.filter(|r| r.time < span.to && r.acceptance.is_none()) {
        let due = *dues.entry(row.priority).or_insert_with(|| Due::of(targets, names.text(row.priority)));
        if row.time >= span.from {
            due.count(row, end, &mut late);
        }
        match row.triage.decided {
            Some((at, _, Decision::True)) => {
                let [fails, _] = spans.entry((row.node, row.source)).or_default();
                fails.push(Span::new(row.time, at));
            }
            Some(_) => {}
            None if due.is_none() => {}
            None => {
                let overdue = due.overdue(row).unwrap_or(end).min(end);
                let [fails, open] = spans.entry((row.node, row.source)).or_default();
                open.push(Span::new(row.time, overdue));
                fails.push(Span::new(overdue, end));
            }
        }
    }
    let within = |(subject, of_it): ((NameId, NameId), [Vec<Span>; 2])| {
        (subject, of_it.map(|spans| Spans::new(spans).within(span)))
    };
    (spans.into_iter().map(within).collect(), late)
}

/// How soon a finding of some level is due.
#[derive(Clone, Copy, Default)]
struct Due {
    look: Option<u64>,
    decision: Option<u64>,
}

impl Due {
    fn of(targets: &Targets, priority: &str) -> Self {
        let Some(level) = Level::parse(&priority.to_ascii_lowercase()) else { return Self::default() };
        let target = |list: &[(Level, u64)]| list.iter().find(|(l, _)| *l == level).map(|(_, ns)| *ns);
        Self { look: target(&targets.acknowledge), decision: target(&targets.resolve) }
    }

    fn is_none(self) -> bool {
        self.look.is_none() && self.decision.is_none()
    }

    /// From when on an undecided finding is overdue.
    fn overdue(self, row: &FindingRow) -> Option<Time> {
        let look = self.look.filter(|_| row.triage.acknowledged.is_none());
        look.into_iter().chain(self.decision).min().map(|ns| Time(row.time.0.saturating_add(ns)))
    }

    fn count(self, row: &FindingRow, end: Time, late: &mut Late) {
        if self.is_none() {
            return;
        }
        late.of += row.n;
        let after = |at: Option<Time>, limit: Option<u64>| {
            let limit = limit?;
            let waited = at.unwrap_or(end).0.saturating_sub(row.time.0);
            (waited > limit).then_some(Wait { waited, limit, open: at.is_none() })
        };
        let look = after(row.triage.first_look(), self.look);
        let decision = after(row.triage.decided.map(|(t, ..)| t), self.decision);
        if look.is_none() && decision.is_none() {
            return;
        }
        let n = |late: bool| if late { row.n } else { 0 };
        late.late += row.n;
        late.look += n(look.is_some());
        late.decision += n(decision.is_some());
        late.open += n(row.triage.decided.is_none());
        let waited = |w: Option<Wait>| w.map_or(0, |w| w.waited);
        let until = Time(row.time.0.saturating_add(waited(look).max(waited(decision)))).max(row.last);
        let (first, last) = late.between.unwrap_or((row.time, until));
        late.between = Some((first.min(row.time), last.max(until)));
        late.longest = (late.longest.0.max(waited(look)), late.longest.1.max(waited(decision)));
        late.limits.0.extend(look.map(|w| w.limit));
        late.limits.1.extend(decision.map(|w| w.limit));
        // A row of several findings names none of them, and some rows name no record.
        if late.named.len() < LATE && row.n == 1 && row.seq > 0 {
            late.named.push(LateFinding { seq: row.seq, time: row.time, look, decision });
        }
    }
}
