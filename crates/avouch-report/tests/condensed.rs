//! Controls come to the same whether every finding is read or those that are alike are added up.

#![expect(clippy::unwrap_used, reason = "a test")]

mod common;

use avouch_controls::{ControlHistory, Period, Time as ControlTime};
use avouch_coverage::Span;
use avouch_finding::{
    AcceptanceChange, Acknowledgement, Decision, Disposition, Fact, Finding, Observation, RuleIdentity, RulesLoaded,
    Severity, SourceState, Suppressed, Time, Watching,
};
use avouch_report::{
    AsOf, Counts, DeviationKind, GatherError, Judging, PeriodFacts, Place, Question, acceptance_results,
    control_results, deviations, gather, gather_condensed,
};
use avouch_store::{Options, Record, Store};
use common::{DAY, HOUR, LIST, MINUTE, at, list, second_list};
use proptest::prelude::*;
use serde_json::json;

const DAYS: u64 = 40;
const RULES: [(&str, &str); 3] =
    [("Terminal shell in container", "syscall"), ("Miner started", "syscall"), ("Object changed by hand", "k8s_audit")];

/// Who watched two nodes: one all the time, one with a hole.
fn watching() -> Vec<Fact> {
    let identity = |(name, source): (&str, &str)| RuleIdentity {
        name: name.to_owned(),
        source: source.to_owned(),
        ..RuleIdentity::default()
    };
    let mut facts: Vec<Fact> = Vec::new();
    for node in ["n1", "n2"] {
        let (digest, run) = ("set".to_owned(), format!("run-{node}"));
        let rules = RULES.map(identity).to_vec();
        let loaded = RulesLoaded {
            time: at(0),
            node: node.into(),
            run: run.clone(),
            digest: digest.clone(),
            rules,
            ..RulesLoaded::default()
        };
        facts.push(loaded.into());
        for day in (0..DAYS).filter(|day| node == "n1" || *day != 7) {
            let state = SourceState { state: Watching::Delivers, events: 1, lost: 0, reason: String::new() };
            let sources = ["syscall", "k8s_audit"].map(|s| (s.to_owned(), state.clone())).into();
            let (from, to) = (at(day * DAY), at((day + 1) * DAY));
            let (run, rules) = (run.clone(), digest.clone());
            facts.push(
                Observation { from, to, node: node.into(), run, rules, sources, ..Observation::default() }.into(),
            );
        }
    }
    facts.push(
        AcceptanceChange {
            time: at(0),
            id: "ACC-1".into(),
            acceptance: json!({"rule": "Miner started", "expires": at(9 * DAY).to_string()}),
            ..AcceptanceChange::default()
        }
        .into(),
    );
    facts
}

prop_compose! {
    /// A finding at some minute, many of them near the end where targets run out, and what people made of it.
    fn found()(
        minute in prop_oneof![0..DAYS * DAY / MINUTE, (DAYS - 2) * DAY / MINUTE..DAYS * DAY / MINUTE],
        rule in 0..3_usize, node in 1..3_u32, priority in 0..3_usize, suppressed in prop::bool::weighted(0.1),
        looked in prop::option::weighted(0.2, 0..3_000_u64),
        decided in prop::option::weighted(0.15, (0..3_000_u64, 0..3_usize)),
    ) -> Vec<Fact> {
        let time = at(minute * MINUTE);
        let (name, source) = RULES[rule];
        let id = format!("{minute}-{rule}-{node}-{priority}");
        let (priority, severity) =
            [("Warning", Severity::Medium), ("Critical", Severity::Critical), ("Notice", Severity::Low)][priority];
        let finding = Finding {
            id: id.clone(),
            time,
            node: format!("n{node}"),
            source: source.into(),
            rule: name.into(),
            priority: priority.into(),
            severity,
            suppressed: suppressed.then(|| Suppressed { acceptance: "ACC-1".into() }),
            ..Finding::default()
        };
        let after = |minutes: u64| Time(time.0 + minutes * MINUTE);
        let mut facts: Vec<Fact> = vec![finding.into()];
        if let Some(minutes) = looked {
            let (time, finding) = (after(minutes), id.clone());
            facts.push(Acknowledgement { time, finding, by: "ann".into(), note: String::new() }.into());
        }
        if let Some((minutes, decision)) = decided {
            let (time, decision, reason) = (after(minutes), Decision::ALL[decision], "r".into());
            facts.push(Disposition { time, finding: id, by: "bob".into(), decision, reason, incident: String::new() }.into());
        }
        facts
    }
}

/// Everything but the times, which stand for findings one by one.
fn numbers(counts: &Counts) -> String {
    let Counts { all, suppressed, true_, benign, test, undecided, unseen, tainted, by_severity, .. } = counts;
    format!("{all} {suppressed} {true_} {benign} {test} {undecided} {unseen} {tainted} {by_severity:?}")
}

/// What controls come to, in full.
fn judged(facts: &PeriodFacts, history: &ControlHistory<'_>) -> String {
    let controls = control_results(facts, history, Judging { least_watched: 1_000_000 });
    let acceptances = acceptance_results(facts);
    let mut out = String::new();
    for control in &controls {
        out += &format!("{} {:?}\n", control.id, control.outcome());
        for part in &control.parts {
            // Which findings were late is told one by one only where findings are read one by one.
            let mut late = part.late.clone();
            late.values_mut().for_each(|l| l.named.clear());
            out += &format!("{:?} {late:?} {:#?}\n{}\n", part.span, part.line, numbers(&part.counts));
        }
    }
    for a in &acceptances {
        out += &format!("{} {} {:?} {:?} {}\n", a.id, a.hits, a.by_severity, a.last_hit, a.after_end);
    }
    let mut register = deviations(facts, &controls, &acceptances);
    register.iter_mut().filter(|d| d.kind == DeviationKind::Late).for_each(|d| d.evidence.clear());
    out + &format!("{register:#?}")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn controls_come_to_the_same_as_with_every_finding(
        found in prop::collection::vec(found(), 0..120),
        odd in 0..3 * HOUR,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), Options::default()).unwrap();
        let record = |(n, fact): (usize, Fact)| {
            let seq = n as u64 + 1;
            Record { ledger: "l".into(), seq, hash: [7; 32], recorded: at(DAYS * DAY), fact }
        };
        let facts = watching().into_iter().chain(found.into_iter().flatten());
        let records: Vec<Record> = facts.enumerate().map(record).collect();
        store.writer().unwrap().apply(&records).unwrap();
        let mut reader = store.reader().unwrap();

        let lists = [list(LIST), list(&second_list())];
        let period = Span::new(at(odd), at(DAYS * DAY - odd / 2));
        let all: Vec<_> = lists.iter().collect();
        let (history, _) = ControlHistory::new(&all, Period { from: ControlTime(period.from.0), to: ControlTime(period.to.0) });
        let as_of = AsOf { ledger: String::new(), last: Place { seq: u64::MAX, hash: String::new() } };
        let question = Question { period, clusters: &[], as_of };
        let (whole, _) = gather::<GatherError>(&mut reader, &question, &mut |_| Ok(())).unwrap();
        let condensed = gather_condensed(&mut reader, &question, &history).unwrap();
        prop_assert_eq!(judged(&condensed, &history), judged(&whole, &history));
    }
}
