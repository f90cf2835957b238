//! One million findings of 90 days with all that stands around them: who watched, which rules ran, what people decided.
//!
//! As [`crate::facts`], and every column has values: a quarter of the findings are of jobs that ran once, so that pods and containers are
//! 250,000 and more; one in twenty was looked at, one in a hundred decided, one in two hundred belongs to somebody.

use std::path::{Path, PathBuf};

use avouch_finding::{
    Acknowledgement, Assignment, Decision, Disposition, Estate, Fact, Finding, Observation, RuleIdentity, RulesLoaded,
    SourceState, Start, Time, Watching,
};
use avouch_store::{Options, Record, Store};

use crate::facts::{self, DAY, DAYS, FROM};

/// How many, when `AVOUCH_BENCH_FINDINGS` does not say.
const FINDINGS: u64 = 1_000_000;

/// How many findings there are: fewer show that the bench runs to its end.
pub(crate) fn findings() -> u64 {
    let asked = std::env::var_os("AVOUCH_BENCH_FINDINGS").and_then(|n| n.to_str().and_then(|n| n.parse().ok()));
    asked.filter(|n| *n > 0).unwrap_or(FINDINGS)
}

/// A store that was kept is used again while this is the same: change it with the data.
const EDITION: u32 = 2;
/// Records that are applied at a time.
const BATCH: usize = 1_000;
const NODES: u64 = 40;
const RULES: u64 = 130;
/// What the starting list of controls selects rules by.
const POINTS: [&str; 8] = [
    "CC6.1.pof04",
    "CC6.1.pof05",
    "CC6.3.pof01",
    "CC6.3.pof03",
    "CC7.1.pof02",
    "CC7.1.pof03",
    "CC6.8.pof02",
    "CC8.1.pof06",
];

/// Begin of the last two hours of the data: the server of the bench believes that it is then.
pub(crate) const NOW: u64 = FROM + DAYS * DAY - 2 * 3_600_000_000_000;

/// The finding with number `n` of `of`.
pub(crate) fn finding(n: u64, of: u64) -> Finding {
    let mut finding = facts::finding(n, of);
    let number = |text: &str| text.bytes().filter(u8::is_ascii_digit).fold(0_u64, |n, b| n * 10 + u64::from(b - b'0'));
    let (rule, node) = (number(&finding.rule), number(&finding.node));
    finding.cluster = format!("cluster-{}", node % 3);
    finding.points_of_focus = vec![POINTS[(rule % 8) as usize].into()];
    finding.nist_800_53 = vec![format!("AC-{}", rule % 12 + 1), "SI-4".into()];
    finding.pci_dss = vec![format!("10.2.{}", rule % 7 + 1)];
    finding.attack = vec![format!("T{}", 1000 + rule)];
    finding.container_unknown = n.is_multiple_of(300);
    if n.is_multiple_of(4) {
        finding.fields.insert("k8s.pod.name".into(), format!("nightly-{n:07x}").into());
        finding.fields.insert("container.id".into(), format!("{:012x}", n * 7_919).into());
    }
    finding
}

fn identity(rule: u64) -> RuleIdentity {
    let finding = (0..).map(|n| finding(n, FINDINGS)).find(|f| f.rule.contains(&format!(" {rule} ")));
    finding.map_or_else(RuleIdentity::default, |f| RuleIdentity {
        name: f.rule,
        source: f.source,
        priority: f.priority,
        criteria: f.criteria,
        criteria_secondary: f.criteria_secondary,
        points_of_focus: f.points_of_focus,
        tags: f.tags,
        ..RuleIdentity::default()
    })
}

/// Who watched: a start, rules and a stretch a day for each node; one node is silent on some days.
fn watching() -> Vec<Fact> {
    let rules: Vec<RuleIdentity> = (0..RULES).map(identity).collect();
    let mut out = Vec::new();
    for cluster in 0..3 {
        let nodes = (0..NODES).filter(|n| n % 3 == cluster).map(name).collect();
        let cluster = format!("cluster-{cluster}");
        out.push(Estate { time: Time(FROM), cluster, nodes, origin: "kubernetes".into() }.into());
    }
    for n in 0..NODES {
        let (node, cluster, run) = (name(n), format!("cluster-{}", n % 3), format!("run-{}", name(n)));
        let digest = "3f1c".repeat(16);
        let start = Start {
            time: Time(FROM),
            node: node.clone(),
            cluster: cluster.clone(),
            run: run.clone(),
            ..Start::default()
        };
        out.push(start.into());
        let (rules, time) = (rules.clone(), Time(FROM));
        let loaded = RulesLoaded {
            time,
            node: node.clone(),
            run: run.clone(),
            digest: digest.clone(),
            rules,
            ..RulesLoaded::default()
        };
        out.push(loaded.into());
        for day in (0..DAYS).filter(|day| n != 7 || day % 10 != 3) {
            let state = SourceState { state: Watching::Delivers, events: 86_400, lost: 0, reason: String::new() };
            let to = (FROM + (day + 1) * DAY).min(NOW);
            out.push(
                Observation {
                    from: Time(FROM + day * DAY),
                    to: Time(to),
                    node: node.clone(),
                    cluster: cluster.clone(),
                    run: run.clone(),
                    rules: digest.clone(),
                    sources: ["syscall", "k8s_audit"].map(|s| (s.to_owned(), state.clone())).into(),
                    events: 86_400,
                    ..Observation::default()
                }
                .into(),
            );
        }
    }
    out
}

fn name(node: u64) -> String {
    format!("node-{node:02}.example.internal")
}

/// What people made of a finding.
fn decided(n: u64, finding: &Finding) -> Vec<Fact> {
    let (id, at) = (finding.id.clone(), |minutes: u64| Time(finding.time.0 + minutes * 60_000_000_000));
    let mut out: Vec<Fact> = Vec::new();
    if n % 20 == 3 {
        let ack = Acknowledgement { time: at(9), finding: id.clone(), by: "alice".into(), note: String::new() };
        out.push(ack.into());
    }
    if n % 100 == 3 {
        let decision = Decision::ALL[(n / 100 % 3) as usize];
        let (by, reason) = ("carol".into(), "known".into());
        out.push(
            Disposition { time: at(30), finding: id.clone(), by, decision, reason, incident: String::new() }.into(),
        );
    }
    if n % 200 == 5 {
        let to = ["alice", "bob", "carol"][(n / 200 % 3) as usize].into();
        out.push(Assignment { time: at(12), finding: id, by: "dora".into(), to }.into());
    }
    out
}

fn fill(store: &Path) {
    let mut writer = Store::open(store, Options::default()).expect("open").writer().expect("write");
    let of = findings();
    let findings = (0..of).flat_map(|n| {
        let finding = finding(n, of);
        let decided = decided(n, &finding);
        std::iter::once(Fact::from(finding)).chain(decided)
    });
    let mut facts = watching().into_iter().chain(findings).enumerate();
    loop {
        let batch: Vec<Record> = facts.by_ref().take(BATCH).map(|(n, f)| facts::record(n as u64 + 1, f)).collect();
        if batch.is_empty() {
            return;
        }
        writer.apply(&batch).expect("apply");
    }
}

/// A folder for the store of a run, with a copy of what is made once and kept beside the built benches.
pub(crate) fn copy_to(store: &Path) {
    let kept = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("questions-{EDITION}-{}", findings()));
    if !kept.exists() {
        let making = kept.with_extension("making");
        std::fs::remove_dir_all(&making).ok();
        fill(&making);
        std::fs::rename(&making, &kept).expect("keep the store");
    }
    let copied = std::process::Command::new("cp").arg("-r").arg(&kept).arg(store).status().expect("cp");
    assert!(copied.success());
}
