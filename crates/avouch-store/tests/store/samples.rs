//! A ledger with facts of every kind, and the answers to every question, to compare two stores.

use std::ops::ControlFlow;

use avouch_finding::Decision;
use avouch_finding::{
    AcceptanceChange, Act, Canary, Command, Connection, ControlsChange, Estate, Export, Fact, FileChange, Gap,
    InputRead, Kind, LeftOut, Login, MappingChange, NotRunning, RuleIdentity, RulesLoaded, Severity, Start, Stop,
    Suppressed, Time, Who,
};
use avouch_store::{ActivityFilter, Ask, Column, Filter, Order, Page, Period, Record, Store};
use serde_json::json;

use crate::support::{DAY, SECOND, ack, disposition, finding, ledger, observation, time};

/// Begin of the ledger, two days before the end of a month.
pub(crate) const FROM: &str = "2026-01-30T00:00:00Z";

/// Facts number `from` to `to` of a ledger without end: findings of two months, decisions, activity of several days, observations.
pub(crate) fn facts(from: u64, to: u64) -> Vec<Fact> {
    let begin = time(FROM).0;
    let at = |n: u64| Time(begin + n * 977 * SECOND);
    let one = |n: u64| -> Fact {
        let rule = format!("Rule {}", n % 7);
        match n % 10 {
            0..4 => {
                let mut f = finding(&rule, at(n), n);
                f.severity = Severity::ALL[(n % 5) as usize];
                f.cluster = format!("c{}", n % 3);
                f.suppressed = (n.is_multiple_of(13)).then(|| Suppressed { acceptance: "ACC-1".into() });
                f.lost_events = (n.is_multiple_of(17)).then_some(n);
                f.output = format!("{rule} opened /etc/shadow{} by user{}", n % 4, n % 5);
                let fields =
                    json!({"user.name": format!("user{}", n % 5), "k8s.ns.name": "ns", "proc.cmdline": "cat x"});
                f.fields = fields.as_object().cloned().unwrap();
                f.into()
            }
            4 => ack(&finding(&format!("Rule {}", (n - 4) % 7), at(n - 4), n - 4).id, at(n), "alice"),
            5 => disposition(
                &finding(&format!("Rule {}", (n - 4) % 7), at(n - 4), n - 4).id,
                at(n),
                Decision::ALL[(n % 3) as usize],
            ),
            6 => Command {
                time: at(n),
                node: "n1".into(),
                who: who(n),
                cmdline: format!("ls -l /srv/{n}"),
                cwd: "/".into(),
                tty: 1,
                ..Command::default()
            }
            .into(),
            7 => Connection {
                time: at(n),
                node: "n2".into(),
                direction: "out".into(),
                protocol: "tcp".into(),
                address: if n % 20 == 7 { "2001:db8::1".into() } else { "192.0.2.7".into() },
                port: 443,
                first: at(n),
                last: at(n + 1),
                count: n,
                results: [("ok".to_owned(), n)].into(),
                who: who(n),
                ..Connection::default()
            }
            .into(),
            8 => FileChange {
                time: at(n),
                node: "n1".into(),
                action: "rename".into(),
                path: format!("/etc/cron.d/job{n}"),
                to: Some("/tmp/x".into()),
                detail: json!({"inode": n}).as_object().cloned().unwrap(),
                who: who(n),
                ..FileChange::default()
            }
            .into(),
            _ => {
                let step = n / 10;
                let mut o = observation(
                    if step.is_multiple_of(2) { "n1" } else { "n2" },
                    begin + step / 2 * 10 * SECOND,
                    begin + (step / 2 + 1) * 10 * SECOND,
                );
                o.lost.events = u64::from(step.is_multiple_of(9));
                o.clock_offset_ns = n as i64 - 50;
                o.into()
            }
        }
    };
    (from..to).map(one).collect()
}

fn who(n: u64) -> Who {
    Who {
        pid: n as i64,
        ppid: 1,
        exe: "/usr/bin/tool".into(),
        uid: 1000,
        user: format!("user{}", n % 3),
        loginuid: (n.is_multiple_of(2)).then_some(1000),
        container: format!("{:012x}", n % 2),
        pod: "pod-1".into(),
        namespace: "ns".into(),
        ..Who::default()
    }
}

/// One fact, at least, of every kind that is few, and of a kind that nobody knows.
pub(crate) fn few() -> Vec<Fact> {
    let at = |n: u64| Time(time(FROM).0 + n * SECOND);
    let (node, run) = (String::from("n1"), String::from("run-1"));
    let rule = RuleIdentity { name: "Rule 1".into(), source: "syscall".into(), ..RuleIdentity::default() };
    let rules = RulesLoaded {
        time: at(1),
        node: node.clone(),
        run: run.clone(),
        digest: "digest-1".into(),
        rules: vec![rule],
        not_running: vec![NotRunning { name: "Rule X".into(), reason: "disabled".into() }],
        ..RulesLoaded::default()
    };
    let other_node = RulesLoaded { node: "n2".into(), time: at(2), ..rules.clone() };
    let later =
        RulesLoaded { time: Time(at(1).0 + 3 * DAY), digest: "digest-2".into(), by: "bob".into(), ..rules.clone() };
    vec![
        Start { time: at(0), node: node.clone(), run: run.clone(), version: "1".into(), ..Start::default() }.into(),
        rules.into(),
        other_node.into(),
        Estate { time: at(3), cluster: "c1".into(), nodes: vec![node.clone()], origin: "user".into() }.into(),
        Gap { from: at(10), to: at(20), node: node.clone(), reason: "stopped".into(), ..Gap::default() }.into(),
        InputRead { time: at(21), name: "x.scap".into(), bytes: 7, ..InputRead::default() }.into(),
        Act { time: at(22), node: node.clone(), act: "kill".into(), finding: "f".into(), detail: json!({"pid": 1}) }
            .into(),
        AcceptanceChange {
            time: at(23),
            id: "ACC-1".into(),
            acceptance: json!({"rule": "Rule 1"}),
            ..AcceptanceChange::default()
        }
        .into(),
        ControlsChange { time: at(24), list: "soc2".into(), version: "2".into(), ..ControlsChange::default() }.into(),
        MappingChange { time: at(25), digest: "d".into(), files: vec!["m.yaml".into()] }.into(),
        Canary { time: at(26), node: node.clone(), rule: "Rule 1".into(), seen: Some(at(27)), ..Canary::default() }
            .into(),
        Export { time: at(28), what: "findings".into(), by: "eve".into(), ..Export::default() }.into(),
        Login { time: at(29), who: "eve".into(), role: "auditor".into() }.into(),
        LeftOut { time: at(31), from: at(30), node: node.clone(), by_kind: [("command".to_owned(), 3)].into() }.into(),
        Fact::Other { kind: "ledger.key".into(), body: json!({"key": "k"}) },
        later.into(),
        Stop { time: Time(at(0).0 + 4 * DAY), node, run, reason: "asked".into(), events: 5, ..Stop::default() }.into(),
    ]
}

/// The ledger that samples are made of.
pub(crate) fn records() -> Vec<Record> {
    ledger("ledger-1", few().into_iter().chain(facts(0, 400)))
}

/// Everything that a store answers.
pub(crate) fn answers(store: &Store) -> String {
    use std::fmt::Write as _;
    let mut reader = store.reader().unwrap();
    let mut out = String::new();
    let mut say = |what: &str, answer: &dyn std::fmt::Debug| writeln!(out, "{what}: {answer:#?}").unwrap();
    let day = Period::new(time("2026-01-31T00:00:00Z"), time("2026-02-01T12:00:00Z"));
    say("freshness", &reader.freshness(Period::ALL).unwrap());
    for filter in [
        Filter::default(),
        Filter::of(day),
        Filter::default().text("shadow2").except(Column::User, ["user1"]),
        Filter::default().only(Column::Decision, ["benign"]),
        Filter::default().only(Column::Suppressed, ["yes"]),
    ] {
        let page = Page { limit: 1000, order: Order::OldestFirst, after: None };
        say("findings", &reader.findings(&filter, page).unwrap());
        let ask = Ask { columns: Column::ALL, values: 100, step: Some(1800 * SECOND) };
        say("counts", &reader.counts(&filter, ask).unwrap());
    }
    let mut all = Vec::new();
    reader
        .for_each_finding(&Filter::default(), &mut |f| {
            all.push(f);
            ControlFlow::Continue(())
        })
        .unwrap();
    for f in all {
        say("finding", &(&f, reader.history(&f.id).unwrap()));
    }
    for period in [Period::ALL, day] {
        say("hours", &reader.severities_by_hour(period).unwrap());
        say("criteria", &reader.criteria_by_day(period).unwrap());
        say("acceptances", &reader.acceptances_by_day(period).unwrap());
        say("rules", &reader.rules_by_day(period).unwrap());
        say("stretches", &reader.stretches(period).unwrap());
        say("rule sets", &reader.rule_sets(period).unwrap());
        for kind in Kind::ALL {
            say(kind.name(), &reader.facts(*kind, period).unwrap());
        }
        say("other", &reader.facts_named("ledger.key", period).unwrap());
        let page = Page { limit: 1000, ..Page::default() };
        say("activity", &reader.activity(&ActivityFilter::of(period), page).unwrap());
    }
    out
}
