//! What a reader has to weigh first, the gravest first. Each is a fact of the results, and names where it stands.

use std::collections::BTreeMap;

use avouch_document::Text;
use avouch_finding::Severity;

use crate::chapters::ground::{Ground, Watch, control_id, links};
use crate::chapters::words as w;
use crate::controls::Outcome;
use crate::deviations::{Deviation, DeviationKind};
use crate::findings::FindingRow;
use crate::population::Verdict;

/// All matters, in a fixed order of gravity.
pub(super) fn matters(g: &Ground<'_>) -> Vec<Text> {
    let mut out = Vec::new();
    if g.results.controls.is_empty() {
        out.push(Text::from("No control list was in use: nothing can be said of any control."));
    }
    failed_tests(g, &mut out);
    drafts(g, &mut out);
    let open = |kind| of_kind(g, kind, false);
    let closed = |kind| of_kind(g, kind, true);
    deviations(&mut out, &open(DeviationKind::Confirmed), |d, items| {
        format!(
            "{items} confirmed as what their rules say and not dealt with by the end of the period ({})",
            subjects(d)
        )
    });
    deviations(&mut out, &open(DeviationKind::Late), |d, items| {
        format!(
            "{items} not looked at or not decided in the time that the controls give, some still open ({})",
            subjects(d)
        )
    });
    undecided(g, &mut out);
    without_evidence(g, &mut out);
    let unwatched = both(g, DeviationKind::Unwatched);
    deviations(&mut out, &unwatched, |d, _| {
        let longest = d.iter().map(|d| d.span.ns()).max().unwrap_or(0);
        format!(
            "{} not watched, the longest {}; in all {}",
            w::counted(w::len(d.len()), "stretch was", "stretches were"),
            w::duration(u128::from(longest)),
            Watch::of([&g.coverage]).words(),
        )
    });
    deviations(&mut out, &both(g, DeviationKind::RuleOff), |d, _| {
        format!("Rules that controls stand on were not running for a time: {}", subjects(d))
    });
    deviations(&mut out, &both(g, DeviationKind::Lost), |d, _| {
        format!(
            "Events were lost in {}; silence says nothing there",
            w::counted(w::len(d.len()), "stretch", "stretches")
        )
    });
    deviations(&mut out, &both(g, DeviationKind::CanaryMissed), |d, _| {
        format!("Canaries were not seen by their rules: {}", subjects(d))
    });
    deviations(&mut out, &both(g, DeviationKind::ExpiredAcceptance), |d, _| {
        format!("Acceptances ended and were left in the register: {}", subjects(d))
    });
    deviations(&mut out, &both(g, DeviationKind::OwnApproval), |d, _| {
        format!("Acceptances were approved by those who asked for them: {}", subjects(d))
    });
    deviations(&mut out, &closed(DeviationKind::Confirmed), |d, items| {
        format!("{items} confirmed as what their rules say and dealt with in the period ({})", subjects(d))
    });
    deviations(&mut out, &closed(DeviationKind::Late), |d, items| {
        format!("{items} dealt with later than the controls ask for ({})", subjects(d))
    });
    deviations(&mut out, &both(g, DeviationKind::RulesRefused), |d, _| {
        format!("New rules were refused on {}", subjects(d))
    });
    not_run(g, &mut out);
    out
}

fn of_kind<'a>(g: &Ground<'a>, kind: DeviationKind, closed: bool) -> Vec<&'a Deviation> {
    g.results.deviations.iter().filter(|d| d.kind == kind && d.closed == closed).collect()
}

fn both<'a>(g: &Ground<'a>, kind: DeviationKind) -> Vec<&'a Deviation> {
    g.results.deviations.iter().filter(|d| d.kind == kind).collect()
}

/// Names of a list before the rest is only counted.
const NAMED: usize = 4;

/// Rules and nodes have longer names than controls.
const SUBJECTS: usize = 2;

fn subjects(deviations: &[&Deviation]) -> String {
    let mut names: Vec<&str> = deviations.iter().map(|d| d.subject.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let more = names.len().saturating_sub(SUBJECTS);
    names.truncate(SUBJECTS);
    let text = names.join(", ");
    if more > 0 { format!("{text} and {more} more") } else { text }
}

fn deviations(out: &mut Vec<Text>, of: &[&Deviation], words: impl Fn(&[&Deviation], String) -> String) {
    let Some(first) = of.first() else { return };
    // One finding may be a matter of several controls; the most that one names is certain.
    let mut by_rule: BTreeMap<&str, u64> = BTreeMap::new();
    for deviation in of {
        let n = by_rule.entry(&deviation.subject).or_default();
        *n = (*n).max(deviation.items.0);
    }
    let n: u64 = by_rule.values().sum();
    let text = words(of, w::counted(n, "finding was", "findings were"));
    out.push(
        Text::new()
            .plain(format!("{text}: "))
            .link(crate::chapters::deviation::kind_id(first.kind), "deviations")
            .plain("."),
    );
}

fn failed_tests(g: &Ground<'_>, out: &mut Vec<Text>) {
    let failed: Vec<&str> = g
        .results
        .populations
        .iter()
        .filter(|p| p.tests.iter().any(|t| t.verdict == Verdict::Fail))
        .map(|p| p.spec.id)
        .collect();
    if !failed.is_empty() {
        let text =
            format!("Tests of completeness failed for {}: these lists cannot be relied on as whole: ", w::join(failed));
        out.push(Text::new().plain(text).link("completeness".into(), "tests").plain("."));
    }
}

fn not_run(g: &Ground<'_>, out: &mut Vec<Text>) {
    let open: Vec<&str> = g
        .results
        .populations
        .iter()
        .filter(|p| p.tests.iter().any(|t| t.verdict == Verdict::NotRun))
        .map(|p| p.spec.id)
        .collect();
    if !open.is_empty() {
        let text = format!("Some tests of completeness could not be run, for {}: ", w::join(open));
        out.push(Text::new().plain(text).link("completeness".into(), "why").plain("."));
    }
}

fn undecided(g: &Ground<'_>, out: &mut Vec<Text>) {
    let grave = |r: &&FindingRow| r.severity >= Severity::High && r.acceptance.is_none() && r.triage.decided.is_none();
    let n = w::len(g.results.facts.findings.rows().iter().filter(grave).count());
    if n > 0 {
        let text = format!(
            "{} of high or critical severity undecided at the end: ",
            w::counted(n, "finding is", "findings are")
        );
        out.push(Text::new().plain(text).link(crate::chapters::ground::criterion_id("CC7.3"), "triage").plain("."));
    }
}

fn without_evidence(g: &Ground<'_>, out: &mut Vec<Text>) {
    for (outcome, words) in [
        (Outcome::NoEvidence, "No evidence in the period for"),
        (Outcome::NotCovered, "Not covered by avouch, evidence has to come from elsewhere, for"),
    ] {
        let ids: Vec<&str> = g.results.controls.iter().filter(|c| g.outcome(c) == outcome).map(|c| c.id).collect();
        if ids.is_empty() {
            continue;
        }
        let named = ids.iter().take(NAMED).map(|id| (control_id(id), (*id).to_owned()));
        let more = ids.len().saturating_sub(NAMED);
        let rest = if more > 0 { format!(" and {more} more.") } else { ".".to_owned() };
        let mut text = Text::new().plain(format!("{words} {}: ", w::counted(w::len(ids.len()), "control", "controls")));
        text.0.extend(links(named).0);
        out.push(text.plain(rest));
    }
}

fn drafts(g: &Ground<'_>, out: &mut Vec<Text>) {
    let drafts: Vec<String> = g
        .results
        .history
        .versions
        .iter()
        .filter(|v| v.list.is_draft())
        .map(|v| format!("{} version {}", v.list.id, v.list.version))
        .collect();
    if !drafts.is_empty() {
        let text = format!("Control lists that nobody approved were in use: {}: ", w::join(drafts));
        out.push(Text::new().plain(text).link("control-lists".into(), "versions").plain("."));
    }
    let holes = &g.results.history.holes;
    if !holes.is_empty() && !g.results.controls.is_empty() {
        let stretch = |p: &avouch_controls::Period| format!("{} to {}", p.from, p.to);
        let text = format!(
            "No version of the control list was valid for a part of the period ({}): ",
            w::join(holes.iter().map(stretch))
        );
        out.push(Text::new().plain(text).link("control-lists".into(), "versions").plain("."));
    }
}
