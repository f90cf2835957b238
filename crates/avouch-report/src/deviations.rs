//! What did not go as it should have, each with its evidence: the register that an auditor reads first.

use std::collections::{BTreeMap, BTreeSet};

use avouch_coverage::{Cause, GapLine, Question, Span, cover};
use avouch_finding::{Decision, Time};

use crate::acceptances::AcceptanceResult;
use crate::chapters::duration;
use crate::controls::{ControlResult, Late};
use crate::facts::PeriodFacts;

/// What kind of deviation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeviationKind {
    /// A source of a node was not watched.
    Unwatched,
    /// Events were lost.
    Lost,
    /// A rule that a control stands on was not running.
    RuleOff,
    /// New rules were refused.
    RulesRefused,
    /// Findings that were what their rule says.
    Confirmed,
    /// Findings that were looked at or decided too late, or not at all.
    Late,
    /// An acceptance that ended and was left in the register.
    ExpiredAcceptance,
    /// An acceptance that its requester approved.
    OwnApproval,
    /// A control list that nobody approved, or of which no version was valid.
    Draft,
    /// A canary that was not seen.
    CanaryMissed,
}

impl DeviationKind {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Unwatched => "not watched",
            Self::Lost => "events lost",
            Self::RuleOff => "rule not running",
            Self::RulesRefused => "rules refused",
            Self::Confirmed => "confirmed findings",
            Self::Late => "findings not dealt with in time",
            Self::ExpiredAcceptance => "acceptance ended and left in the register",
            Self::OwnApproval => "acceptance approved by its requester",
            Self::Draft => "control list not approved",
            Self::CanaryMissed => "canary not seen",
        }
    }

    /// The criterion it is a matter of, when no control says more.
    #[must_use]
    pub fn criterion(self) -> &'static str {
        match self {
            Self::Unwatched | Self::Lost | Self::RuleOff | Self::RulesRefused | Self::CanaryMissed => "CC7.2",
            Self::Confirmed | Self::Late => "CC7.3",
            Self::ExpiredAcceptance | Self::OwnApproval => "CC4.2",
            Self::Draft => "CC5.3",
        }
    }
}

/// One deviation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// `DEV-0001`, counted in the order of the register.
    pub id: String,
    /// What kind.
    pub kind: DeviationKind,
    /// Controls it is of; empty when it is of the watching itself.
    pub controls: Vec<String>,
    /// Criteria it is of.
    pub criteria: Vec<String>,
    /// From when to when.
    pub span: Span,
    /// So many of so many items.
    pub items: (u64, u64),
    /// Of what: node, rule, acceptance.
    pub subject: String,
    /// Why, as far as it is known.
    pub cause: String,
    /// It is over, or was dealt with, before the period ended.
    pub closed: bool,
    /// Numbers of records that show it, the first of them.
    pub evidence: Vec<u64>,
}

/// Records named with a deviation at most: the rest are found by its subject and time.
const EVIDENCE: usize = 10;

/// All deviations of the period, by kind, time and subject.
#[must_use]
pub fn deviations(
    facts: &PeriodFacts,
    controls: &[ControlResult<'_>],
    acceptances: &[AcceptanceResult<'_>],
) -> Vec<Deviation> {
    let mut out = Vec::new();
    watching(facts, &mut out);
    for control in controls {
        of_control(facts, control, &mut out);
    }
    drafts(facts, controls, &mut out);
    of_acceptances(facts, acceptances, &mut out);
    out.sort_by(|a, b| (a.kind, a.span, &a.subject, &a.controls).cmp(&(b.kind, b.span, &b.subject, &b.controls)));
    for (n, deviation) in out.iter_mut().enumerate() {
        deviation.id = format!("DEV-{:04}", n + 1);
    }
    out
}

fn new(kind: DeviationKind, span: Span, subject: String, cause: String) -> Deviation {
    Deviation {
        id: String::new(),
        kind,
        controls: Vec::new(),
        criteria: vec![kind.criterion().to_owned()],
        span,
        items: (1, 1),
        subject,
        cause,
        closed: false,
        evidence: Vec::new(),
    }
}

/// Gaps of every source that was to be watched.
fn watching(facts: &PeriodFacts, out: &mut Vec<Deviation>) {
    let watched = facts.watched(facts.period);
    let sources: BTreeSet<String> = watched.expected.iter().map(|e| e.source.clone()).collect();
    let subjects = watched.expected.len() as u64;
    let coverage = cover(&watched, &Question { rules: BTreeSet::new(), sources });
    for GapLine { node, source, span, cause } in coverage.gaps {
        let kind = if cause.is_partial() { DeviationKind::Lost } else { DeviationKind::Unwatched };
        let closed = span.to < facts.period.to;
        let deviation = new(kind, span, format!("{source} of {node}"), cause.to_string());
        out.push(Deviation { items: (1, subjects), closed, ..deviation });
    }
    for load in &facts.rule_loads {
        if let Some(why) = &load.fact.refused {
            let at = Span::new(load.fact.time, load.fact.time);
            let deviation = new(DeviationKind::RulesRefused, at, load.fact.node.clone(), why.clone());
            out.push(Deviation { evidence: vec![load.place.seq], closed: true, ..deviation });
        }
    }
    for canary in facts.canaries.iter().filter(|c| c.fact.seen.is_none()) {
        let at = Span::new(canary.fact.time, canary.fact.time);
        let subject = format!("{} on {}", canary.fact.rule, canary.fact.node);
        let deviation = new(DeviationKind::CanaryMissed, at, subject, "the detection did not come in time".to_owned());
        out.push(Deviation { evidence: vec![canary.place.seq], ..deviation });
    }
}

fn of_control(facts: &PeriodFacts, result: &ControlResult<'_>, out: &mut Vec<Deviation>) {
    let criteria: Vec<String> =
        result.control().map(|c| c.criteria.iter().map(|c| c.id.clone()).collect()).unwrap_or_default();
    let of_it = |deviation: Deviation| {
        let mut all = criteria.clone();
        all.extend(deviation.criteria.iter().filter(|c| !criteria.contains(c)).cloned());
        Deviation { controls: vec![result.id.to_owned()], criteria: all, ..deviation }
    };
    let mut off: BTreeMap<&str, Vec<&GapLine>> = BTreeMap::new();
    for part in &result.parts {
        for gap in &part.coverage.gaps {
            if let Cause::RulesOff(rules) = &gap.cause {
                rules.iter().for_each(|rule| off.entry(rule).or_default().push(gap));
            }
        }
        for (rule, late) in &part.late {
            if late.look + late.decision == 0 {
                continue;
            }
            let (first, last) = late.between.unwrap_or((part.span.from, part.span.to));
            let n = late.look.max(late.decision);
            let deviation = new(DeviationKind::Late, Span::new(first, last), rule.name.clone(), late_words(late));
            let evidence = late.named.iter().map(|f| f.seq).collect();
            out.push(of_it(Deviation { items: (n, late.of), closed: late.open == 0, evidence, ..deviation }));
        }
        confirmed(facts, part, &of_it, out);
    }
    for (rule, gaps) in off {
        let from = gaps.iter().map(|g| g.span.from).min().unwrap_or_default();
        let to = gaps.iter().map(|g| g.span.to).max().unwrap_or_default();
        let nodes: BTreeSet<&str> = gaps.iter().map(|g| g.node.as_str()).collect();
        let cause = format!("not running on {}", nodes.iter().copied().collect::<Vec<_>>().join(", "));
        let deviation = new(DeviationKind::RuleOff, Span::new(from, to), rule.to_owned(), cause);
        let closed = to < facts.period.to;
        out.push(of_it(Deviation { items: (nodes.len() as u64, nodes.len() as u64), closed, ..deviation }));
    }
}

/// What was late, by how much, against what limit: `2 looked at late or not (the longest after 9 h, limit 4 h)`.
fn late_words(late: &Late) -> String {
    let one = |n: u64, what: &str, longest: u64, limits: &BTreeSet<u64>| {
        let limits: Vec<String> = limits.iter().map(|ns| duration(u128::from(*ns))).collect();
        let limits = if limits.is_empty() { "-".to_owned() } else { limits.join(" or ") };
        (n > 0).then(|| {
            format!("{n} {what} late or not: the longest waited {}, limit {limits}", duration(u128::from(longest)))
        })
    };
    let all = [
        one(late.look, "looked at", late.longest.0, &late.limits.0),
        one(late.decision, "decided", late.longest.1, &late.limits.1),
    ];
    all.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// What the deviation of a draft is of.
pub(crate) fn draft(version: u32) -> String {
    format!("version {version} of the control list")
}

/// A version of the list that nobody approved is one matter, whatever number of controls it holds. Each of them says so beside.
fn drafts(facts: &PeriodFacts, controls: &[ControlResult<'_>], out: &mut Vec<Deviation>) {
    let mut versions: BTreeMap<u32, (Span, BTreeSet<&str>)> = BTreeMap::new();
    for control in controls {
        for part in &control.parts {
            for version in &part.stretch.drafts {
                let entry = versions.entry(*version).or_insert((part.span, BTreeSet::new()));
                entry.0 = Span::new(entry.0.from.min(part.span.from), entry.0.to.max(part.span.to));
                entry.1.insert(control.id);
            }
        }
    }
    for (version, (span, of)) in versions {
        let cause = "nobody approved it: a draft".to_owned();
        let deviation = new(DeviationKind::Draft, span, draft(version), cause);
        let records = facts.controls.iter().filter(|c| c.fact.version == version.to_string());
        let evidence = records.map(|c| c.place.seq).take(EVIDENCE).collect();
        let closed = span.to < facts.period.to;
        let items = (of.len() as u64, controls.len() as u64);
        out.push(Deviation { items, closed, evidence, ..deviation });
    }
}

/// Findings that were what their rule says, one deviation a rule.
fn confirmed(
    facts: &PeriodFacts,
    part: &crate::controls::ControlPart<'_>,
    of_it: &impl Fn(Deviation) -> Deviation,
    out: &mut Vec<Deviation>,
) {
    let names = facts.findings.names();
    for rule in &part.rules {
        let (Some(name), Some(source)) = (names.find(&rule.name), names.find(&rule.source)) else { continue };
        let of_rule = facts.findings.of_rule(name, source);
        let own = of_rule.filter(|r| part.span.from <= r.time && r.time < part.span.to);
        let (mut all, mut n, mut evidence) = (0, 0, Vec::new());
        let (mut first, mut last): (Option<Time>, Option<Time>) = (None, None);
        for row in own {
            all += row.n;
            if let Some((at, _, Decision::True)) = row.triage.decided
                && row.acceptance.is_none()
            {
                n += 1;
                first = first.or(Some(row.time));
                last = last.max(Some(at));
                if evidence.len() < EVIDENCE {
                    evidence.push(row.seq);
                }
            }
        }
        if let (Some(first), Some(last)) = (first, last) {
            let cause = "people decided that it was what the rule says".to_owned();
            let deviation = new(DeviationKind::Confirmed, Span::new(first, last), rule.name.clone(), cause);
            let closed = last < facts.period.to;
            out.push(of_it(Deviation { items: (n, all), closed, evidence, ..deviation }));
        }
    }
}

fn of_acceptances(facts: &PeriodFacts, acceptances: &[AcceptanceResult<'_>], out: &mut Vec<Deviation>) {
    for a in acceptances {
        let controls: Vec<String> =
            [a.text("control")].into_iter().filter(|c| !c.is_empty()).map(str::to_owned).collect();
        let place = vec![a.change.place.seq];
        if a.expired_in(facts)
            && let Some(end) = a.expires
        {
            let to = a.removed.unwrap_or(facts.period.to);
            let cause = format!("{} findings of its rule came after its end and were not hidden", a.after_end);
            let span = Span::new(end.max(facts.period.from), to);
            let deviation = new(DeviationKind::ExpiredAcceptance, span, a.id.to_owned(), cause);
            let closed = a.removed.is_some();
            out.push(Deviation { controls: controls.clone(), closed, evidence: place.clone(), ..deviation });
        }
        let (requester, approver) = (a.text("requester"), a.text("approver"));
        if !requester.is_empty() && requester.eq_ignore_ascii_case(approver) {
            let span = Span::new(a.change.fact.time, a.change.fact.time);
            let deviation = new(DeviationKind::OwnApproval, span, a.id.to_owned(), format!("both are {approver}"));
            out.push(Deviation { controls, evidence: place, ..deviation });
        }
    }
}
