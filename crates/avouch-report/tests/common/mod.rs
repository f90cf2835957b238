//! Periods made by hand, for tests and for the example that is looked at.

#![allow(dead_code, unreachable_pub, reason = "each user takes a part")]

mod activity;
mod controls;
pub mod text;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use avouch_controls::{ControlHistory, ControlList, Period, Time as ControlTime};
use avouch_coverage::{Span, Stretch};
use avouch_diagnostics::FileId;
use avouch_finding::{
    AcceptanceChange, Act, Anchored, Canary, ChangeAction, ControlsChange, Decision, Estate, Export, Finding,
    FindingKey, Gap, InputRead, Login, MappingChange, NotRunning, RuleIdentity, RulesLoaded, Severity, SourceState,
    Start, Stop, Suppressed, Time, Watching,
};
use avouch_report::population::{self, Activity, Changes, Detections, Population, Sample, changes, detection_tests};
use avouch_report::{
    AsOf, Before, Judging, ListUsed, NodeSums, PeriodFacts, Place, Placed, Results, Scope, Triage, acceptance_results,
    control_results, deviations, rule_results,
};
use avouch_store::{Acknowledged, Classes, Decided, Source, StoredFinding};
use serde_json::json;

pub use controls::{LIST, second_list};

pub const MINUTE: u64 = 60_000_000_000;
pub const HOUR: u64 = 60 * MINUTE;
pub const DAY: u64 = 24 * HOUR;
/// 2026-07-01T00:00:00Z
pub const BEGIN: u64 = 1_782_864_000_000_000_000;

pub fn at(ns: u64) -> Time {
    Time(BEGIN + ns)
}

/// When somebody looked, and who.
pub type Looked = (u64, &'static str);

/// When somebody decided, what, and why.
pub type Said = (u64, Decision, &'static str);

/// What [`Results`] borrows.
pub struct Made {
    pub scope: Scope,
    pub facts: PeriodFacts,
    pub lists: Vec<(String, ControlList)>,
    pub findings: Vec<(u64, Finding, Option<Looked>, Option<Said>)>,
    pub before: Option<Before>,
    pub activity: Activity,
    pub sample: usize,
}

impl Made {
    /// Nothing but lists.
    pub fn new(days: u64, lists: &[&str]) -> Self {
        let facts = PeriodFacts::new(Span::new(at(0), at(days * DAY))).unwrap();
        let lists = lists.iter().map(|text| ((*text).to_owned(), list(text))).collect();
        let scope = Scope {
            entity: "Acme Ltd".to_owned(),
            system: "Payments platform".to_owned(),
            version: "0.1.0".to_owned(),
            seed: "4711".to_owned(),
            ..Scope::default()
        };
        Self { scope, facts, lists, findings: Vec::new(), before: None, activity: Activity::default(), sample: 0 }
    }

    /// Computes everything, with populations written into a folder that is gone afterwards.
    pub fn results<R>(&self, f: impl FnOnce(&Results<'_>) -> R) -> R {
        let facts = &self.facts;
        let period = Period { from: ControlTime(facts.period.from.0), to: ControlTime(facts.period.to.0) };
        let lists: Vec<&ControlList> = self.lists.iter().map(|(_, l)| l).collect();
        let (history, _) = ControlHistory::new(&lists, period);
        let judging = Judging { least_watched: 990_000 };
        let controls = control_results(facts, &history, judging);
        let rules = rule_results(facts);
        let acceptances = acceptance_results(facts);
        let register = deviations(facts, &controls, &acceptances);
        let used: Vec<ListUsed> = lists.iter().map(|l| used(l)).collect();
        let dir = tempfile::tempdir().unwrap();
        let (populations, latest_changes) = self.populations(dir.path());
        let samples: Vec<Sample> = match self.sample {
            0 => Vec::new(),
            size => populations.iter().map(|p| population::sample(p, &self.scope.seed, size)).collect(),
        };
        let shown = self.shown();
        let scope = Scope { sample: self.sample, ..self.scope.clone() };
        f(&Results {
            scope: &scope,
            facts,
            history: &history,
            lists: &used,
            judging,
            controls: &controls,
            rules: &rules,
            acceptances: &acceptances,
            deviations: &register,
            populations: &populations,
            samples: &samples,
            activity: &self.activity,
            shown: &shown,
            changes: &latest_changes,
            requests: avouch_controls::RequestItem::built_in(),
            before: self.before.as_ref(),
        })
    }

    fn populations(&self, dir: &Path) -> (Vec<Population>, Vec<StoredFinding>) {
        let mut detections = Detections::create(dir).unwrap();
        let mut changed: Changes = changes(dir).unwrap();
        for (seq, f, looked, decided) in &self.findings {
            let stored = stored(*seq, f, *looked, *decided);
            detections.finding(&stored).unwrap();
            changed.finding(&stored).unwrap();
        }
        let facts = &self.facts;
        let (changed, latest) = changed.finish().unwrap();
        let all = vec![
            population::nodes(facts, dir).unwrap(),
            population::gaps(facts, dir).unwrap(),
            detections.finish(detection_tests(facts)).unwrap(),
            population::acceptances(facts, dir).unwrap(),
            population::rule_changes(facts, dir).unwrap(),
            population::tool_changes(facts, dir).unwrap(),
            changed,
        ];
        (all, latest)
    }

    /// Those that were true, and open ones of high severity.
    fn shown(&self) -> Vec<StoredFinding> {
        let mut all: Vec<StoredFinding> = Vec::new();
        for (seq, f, looked, decided) in &self.findings {
            let true_ = decided.is_some_and(|(_, d, _)| d == Decision::True);
            let open = decided.is_none() && f.severity >= Severity::High && f.suppressed.is_none();
            if true_ || open {
                all.push(stored(*seq, f, *looked, *decided));
            }
        }
        all.sort_by_key(|f| std::cmp::Reverse((f.severity, f.time)));
        all
    }

    pub fn watch(&mut self, node: &str, source: &str, from: u64, to: u64, rules: &str) {
        let up = SourceState { state: Watching::Delivers, events: (to - from) / HOUR * 1000, ..SourceState::default() };
        let sums = self.facts.sums.entry(node.to_owned()).or_default();
        sums.events += up.events;
        self.facts.stretches.push(Stretch {
            span: Span::new(at(from), at(to)),
            node: node.to_owned(),
            rules: rules.to_owned(),
            sources: BTreeMap::from([(source.to_owned(), up)]),
            lost: 0,
        });
    }

    /// A finding, by whom it was looked at when, and what was decided when and why.
    pub fn find(
        &mut self,
        ns: u64,
        (rule, node, priority): (&str, &str, &str),
        looked: Option<(u64, &'static str)>,
        decided: Option<(u64, Decision, &'static str)>,
        acceptance: Option<&str>,
    ) {
        let identity = self.facts.rules().into_iter().find(|((name, _), _)| *name == rule).map(|(_, r)| r.clone());
        let identity = identity.unwrap_or_default();
        let source = if identity.source.is_empty() { "syscall" } else { &identity.source };
        let event = self.findings.len() as u64;
        let finding = Finding {
            id: FindingKey { node, source, time: at(ns), event, rule }.id(),
            time: at(ns),
            node: node.to_owned(),
            cluster: "prod-eu-1".to_owned(),
            source: source.to_owned(),
            event,
            rule: rule.to_owned(),
            priority: priority.to_owned(),
            severity: Severity::of_priority(priority).unwrap(),
            criteria: identity.criteria.clone(),
            output: format!("{rule} by ann in pay-7d9f (command bash -i)"),
            suppressed: acceptance.map(|a| Suppressed { acceptance: a.to_owned() }),
            ..Finding::default()
        };
        let by = self.facts.findings.name("ann");
        let triage = Triage {
            acknowledged: looked.map(|(ns, _)| (at(ns), by)),
            decided: decided.map(|(ns, d, _)| (at(ns), by, d)),
        };
        let seq = 1000 + event;
        self.facts.findings.push(seq, &finding, triage);
        self.facts.sums.entry(node.to_owned()).or_default().detections += 1;
        self.findings.push((seq, finding, looked, decided));
    }
}

fn stored(seq: u64, f: &Finding, looked: Option<(u64, &str)>, decided: Option<(u64, Decision, &str)>) -> StoredFinding {
    let none: Arc<str> = "".into();
    StoredFinding {
        id: f.id.clone(),
        time: f.time,
        node: f.node.as_str().into(),
        cluster: f.cluster.as_str().into(),
        run: "r1".into(),
        source: f.source.as_str().into(),
        event: f.event,
        rule: f.rule.as_str().into(),
        rules: "full".into(),
        priority: f.priority.as_str().into(),
        severity: f.severity,
        classes: Arc::new(Classes { criteria: f.criteria.clone(), ..Classes::default() }),
        output: f.output.clone(),
        user: "ann".into(),
        process: "bash".into(),
        command: "bash -i".to_owned(),
        container: "pay".into(),
        image: "registry.example/pay".into(),
        namespace: "payments".into(),
        pod: "pay-7d9f".into(),
        object: String::new(),
        lost_events: None,
        container_unknown: false,
        slice: None,
        suppressed: f.suppressed.as_ref().map(|s| s.acceptance.as_str().into()),
        acknowledged: looked.map(|(t, by)| Acknowledged { time: at(t), by: by.to_owned() }),
        decided: decided.map(|(t, decision, reason)| Decided {
            time: at(t),
            by: "ann".to_owned(),
            decision,
            reason: reason.to_owned(),
            incident: String::new(),
        }),
        assigned: None,
        notes: 0,
        cut: false,
        record: Source { ledger: none, seq, hash: [0; 32] },
        recorded: Time(f.time.0 + 2_000_000_000),
    }
}

pub fn list(text: &str) -> ControlList {
    let (list, problems) = ControlList::parse(FileId(0), text);
    assert!(problems.iter().all(|p| p.severity != avouch_diagnostics::Severity::Error), "{problems:?}");
    list.unwrap()
}

fn used(list: &ControlList) -> ListUsed {
    ListUsed {
        id: list.id.clone(),
        version: list.version,
        title: list.title.clone(),
        file: format!("{}-{}.yaml", list.id, list.version),
        digest: digest(&format!("list {}", list.version)),
        problems: Vec::new(),
    }
}

/// Something that looks like a SHA-256, the same for the same text.
pub fn digest(of: &str) -> String {
    let id = |event| FindingKey { node: of, source: "", time: Time(0), event, rule: "" }.id();
    format!("{}{}", id(0), id(1))
}

pub fn placed<T>(seq: u64, fact: T) -> Placed<T> {
    Placed { place: Place { seq, hash: digest(&seq.to_string()) }, fact }
}

fn rule(name: &str, source: &str, priority: &str, criteria: &[&str], points: &[&str]) -> RuleIdentity {
    let texts = |all: &[&str]| all.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
    RuleIdentity {
        name: name.to_owned(),
        source: source.to_owned(),
        priority: priority.to_owned(),
        digest: digest(name),
        criteria: texts(criteria),
        points_of_focus: texts(points),
        tags: criteria.iter().map(|c| format!("SOC2_{c}")).chain(["T1059".to_owned()]).collect(),
        ..RuleIdentity::default()
    }
}

/// Two weeks with a gap, losses, a node without agent, a rule switched off, a new version of the list, findings of every
/// fate, acceptances that ended and that were approved by their requester.
pub fn rich() -> Made {
    let second = second_list();
    let mut made = Made::new(14, &[LIST, &second]);
    made.sample = 3;
    made.scope.draft = true;
    let facts = &mut made.facts;
    facts.as_of = AsOf { ledger: "acme-prod-7f0c".to_owned(), last: Place { seq: 84_211, hash: digest("head") } };
    let all = [
        rule("Terminal shell in container", "syscall", "Warning", &["CC6.1"], &["CC6.1.pof03"]),
        rule("Miner started", "syscall", "Critical", &["CC6.8"], &["CC6.8.pof02"]),
        rule("Package installed at run time", "syscall", "Notice", &["CC6.8"], &[]),
        rule("Object changed by hand", "k8s_audit", "Warning", &["CC8.1"], &["CC8.1.pof04"]),
    ];
    let full = RulesLoaded {
        time: at(0),
        node: "node-1".to_owned(),
        run: "r1".to_owned(),
        digest: digest("full"),
        rules: all.to_vec(),
        by: "start".to_owned(),
        ..RulesLoaded::default()
    };
    let less = RulesLoaded {
        time: at(8 * DAY),
        node: "node-2".to_owned(),
        digest: digest("less"),
        rules: all.iter().skip(1).cloned().collect(),
        not_running: vec![NotRunning {
            name: "Terminal shell in container".to_owned(),
            reason: "disabled in site.yaml".to_owned(),
        }],
        by: "reload".to_owned(),
        ..full.clone()
    };
    let refused = RulesLoaded {
        time: at(9 * DAY + HOUR),
        refused: Some("rule `Miner started`: unknown field `proc.nmae`".to_owned()),
        by: "reload".to_owned(),
        ..full.clone()
    };
    facts.add_rules(full.clone());
    facts.add_rules(less.clone());
    facts.rule_loads = vec![
        placed(3, full.clone()),
        placed(4, RulesLoaded { node: "node-2".to_owned(), ..full.clone() }),
        placed(5, RulesLoaded { node: "prod-eu-1".to_owned(), ..full.clone() }),
        placed(4100, less),
        placed(4500, refused),
        placed(
            5100,
            RulesLoaded { time: at(10 * DAY), node: "node-2".to_owned(), by: "reload".to_owned(), ..full.clone() },
        ),
    ];
    facts.estates = vec![
        Estate {
            time: at(0),
            cluster: "prod-eu-1".to_owned(),
            nodes: vec!["node-1".to_owned(), "node-2".to_owned()],
            origin: "kubernetes".to_owned(),
        },
        Estate {
            time: at(12 * DAY),
            cluster: "prod-eu-1".to_owned(),
            nodes: vec!["node-1".to_owned(), "node-2".to_owned(), "node-3".to_owned()],
            origin: "kubernetes".to_owned(),
        },
    ];
    let set = digest("full");
    made.watch("node-1", "syscall", 0, 3 * DAY, &set);
    made.watch("node-1", "syscall", 3 * DAY + 10 * MINUTE, 14 * DAY, &set);
    made.watch("node-2", "syscall", 0, 5 * DAY, &set);
    made.watch("node-2", "syscall", 5 * DAY, 5 * DAY + HOUR, &set);
    made.watch("node-2", "syscall", 5 * DAY + HOUR, 8 * DAY, &set);
    made.watch("node-2", "syscall", 8 * DAY, 10 * DAY, &digest("less"));
    made.watch("node-2", "syscall", 10 * DAY, 14 * DAY, &set);
    made.watch("prod-eu-1", "k8s_audit", 0, 14 * DAY, &set);
    made.facts.stretches[3].lost = 312;
    made.facts.gaps = vec![Gap {
        from: at(3 * DAY),
        to: at(3 * DAY + 10 * MINUTE),
        node: "node-1".to_owned(),
        reason: "stopped for an update of the kernel".to_owned(),
        ..Gap::default()
    }];
    let sums: &mut BTreeMap<String, NodeSums> = &mut made.facts.sums;
    let two = sums.get_mut("node-2").unwrap();
    two.lost = 312;
    two.lost_by_cause = BTreeMap::from([("ring buffer full".to_owned(), 312)]);
    two.clock_moved_ns = 42_000_000;
    two.clock_jumps = 1;

    let shell = ("Terminal shell in container", "node-1", "Warning");
    made.find(
        DAY + HOUR,
        shell,
        Some((DAY + HOUR + 20 * MINUTE, "ann")),
        Some((DAY + 2 * HOUR, Decision::Benign, "ticket OPS-12")),
        None,
    );
    made.find(2 * DAY, ("Terminal shell in container", "node-2", "Warning"), None, None, Some("ACC-1"));
    made.find(2 * DAY + HOUR, ("Terminal shell in container", "node-2", "Warning"), None, None, Some("ACC-1"));
    made.find(
        4 * DAY,
        ("Object changed by hand", "prod-eu-1", "Warning"),
        Some((4 * DAY + HOUR, "ben")),
        Some((4 * DAY + 3 * HOUR, Decision::True, "edited by hand during an outage, no ticket")),
        None,
    );
    made.find(
        6 * DAY,
        shell,
        Some((6 * DAY + 9 * HOUR, "ann")),
        Some((6 * DAY + 10 * HOUR, Decision::True, "shell without ticket")),
        None,
    );
    made.find(7 * DAY, ("Package installed at run time", "node-1", "Notice"), None, None, None);
    made.find(
        11 * DAY,
        shell,
        Some((11 * DAY + HOUR, "ann")),
        Some((11 * DAY + HOUR, Decision::Benign, "after the acceptance ended, ticket OPS-40")),
        None,
    );
    made.find(12 * DAY + 2 * HOUR, ("Miner started", "node-1", "Critical"), None, None, None);
    made.find(
        13 * DAY,
        shell,
        Some((13 * DAY + 5 * MINUTE, "ann")),
        Some((13 * DAY + 30 * MINUTE, Decision::Test, "exercise")),
        None,
    );

    let acceptance = |id: &str, rule: &str, requester: &str, approver: &str, expires: u64| {
        let body = json!({"id": id, "rule": rule, "control": "AC-01", "criterion": "CC6.1", "reason": "migration of the billing database",
            "requester": requester, "approver": approver, "ticket": "OPS-7", "from": at(0).to_string(), "expires": at(expires).to_string()});
        AcceptanceChange {
            time: at(HOUR),
            action: ChangeAction::Added,
            id: id.to_owned(),
            acceptance: body,
            by: "git".to_owned(),
        }
    };
    let facts = &mut made.facts;
    facts.acceptances = vec![
        placed(20, acceptance("ACC-1", "Terminal shell in container", "ann", "carol", 9 * DAY)),
        placed(21, acceptance("ACC-2", "Miner started", "ben", "Ben", 60 * DAY)),
    ];
    facts.starts = vec![
        placed(
            1,
            Start {
                time: at(0),
                node: "node-1".to_owned(),
                run: "r1".to_owned(),
                version: "0.1.0".to_owned(),
                kernel: "6.8.0".to_owned(),
                ..Start::default()
            },
        ),
        placed(
            2,
            Start {
                time: at(0),
                node: "node-2".to_owned(),
                run: "r2".to_owned(),
                version: "0.1.0".to_owned(),
                kernel: "5.15.0".to_owned(),
                missing: vec!["prevention in the kernel: no BPF LSM".to_owned()],
                ..Start::default()
            },
        ),
        placed(
            900,
            Start {
                time: at(3 * DAY + 10 * MINUTE),
                node: "node-1".to_owned(),
                run: "r3".to_owned(),
                version: "0.1.0".to_owned(),
                kernel: "6.8.1".to_owned(),
                ..Start::default()
            },
        ),
    ];
    facts.stops = vec![placed(
        899,
        Stop {
            time: at(3 * DAY),
            node: "node-1".to_owned(),
            run: "r1".to_owned(),
            reason: "asked to stop".to_owned(),
            ..Stop::default()
        },
    )];
    facts.inputs = vec![placed(
        7,
        InputRead {
            time: at(DAY),
            node: "prod-eu-1".to_owned(),
            name: "audit-2026-07-01.jsonl.gz".to_owned(),
            sha256: digest("input"),
            bytes: 1_200_000,
            events: BTreeMap::from([("k8s_audit".to_owned(), 48_210)]),
            skipped: BTreeMap::from([("not JSON".to_owned(), 2)]),
            moved_ns: -3_600_000_000_000,
            ..InputRead::default()
        },
    )];
    facts.canaries = vec![
        placed(
            60,
            Canary {
                time: at(2 * DAY),
                node: "node-1".to_owned(),
                rule: "Miner started".to_owned(),
                nonce: "a".to_owned(),
                seen: Some(at(2 * DAY + 1_000_000_000)),
                synthetic: false,
            },
        ),
        placed(
            61,
            Canary {
                time: at(9 * DAY),
                node: "node-2".to_owned(),
                rule: "Miner started".to_owned(),
                nonce: "b".to_owned(),
                seen: None,
                synthetic: false,
            },
        ),
    ];
    facts.controls = vec![placed(
        30,
        ControlsChange {
            time: at(7 * DAY),
            list: "acme".to_owned(),
            version: "2".to_owned(),
            digest: digest("list 2"),
            approved_by: "J. Doe, Head of Security".to_owned(),
            controls: 7,
            ..ControlsChange::default()
        },
    )];
    facts.mappings = vec![placed(
        31,
        MappingChange { time: at(HOUR), digest: digest("mapping"), files: vec!["site-mapping.yaml".to_owned()] },
    )];
    facts.acts = vec![placed(
        6000,
        Act {
            time: at(12 * DAY + 2 * HOUR),
            node: "node-1".to_owned(),
            act: "pause".to_owned(),
            finding: digest("f"),
            detail: json!({"policy": "miners", "result": "done"}),
        },
    )];
    facts.logins = vec![placed(
        7000,
        Login { time: at(13 * DAY), who: "auditor@example.org".to_owned(), role: "auditor".to_owned() },
    )];
    let anchored = |seq: u64, days: u64, anchor: &str, place: &str, their_time: Option<&str>| {
        let (anchor, place, their_time) = (anchor.to_owned(), place.to_owned(), their_time.map(str::to_owned));
        placed(seq, Anchored { time: at(days * DAY), anchor, place, their_time, last_seq: seq - 1, receipt: None })
    };
    facts.anchors = vec![
        anchored(4_000, 5, "file", "/mnt/elsewhere/heads.jsonl", None),
        anchored(8_000, 12, "tsa", "https://tsa.example.org serial 0a", Some("20260713000002Z")),
    ];
    facts.exports = vec![placed(
        7001,
        Export {
            time: at(13 * DAY + HOUR),
            what: "detections".to_owned(),
            query: "2026-07-01 to 2026-07-13".to_owned(),
            by: "auditor@example.org".to_owned(),
            digest: digest("export"),
        },
    )];
    let mut before = Before { watched_ppm: Some(998_200), ..Before::default() };
    before.counts.all = 12;
    before.counts.true_ = 1;
    before.counts.benign = 11;
    before.counts.first_look.push(30 * MINUTE);
    made.before = Some(before);
    made.activity = activity::fortnight();
    made
}

/// A period in which nothing was observed.
pub fn empty() -> Made {
    Made::new(14, &[LIST])
}
