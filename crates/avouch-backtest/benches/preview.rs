//! What a preview and a proposal cost over many findings of one rule. Making the evidence takes longer than asking it: a million
//! findings go through ledger and store first.

#![expect(clippy::unwrap_used, reason = "a benchmark")]

use std::sync::Mutex;

use avouch_backtest::{Draft, Findings, Watch, preview, propose};
use avouch_controls::parse_acceptances;
use avouch_diagnostics::FileId;
use avouch_evidence::{Folder, Recorder, Settings};
use avouch_finding::{Finding, FindingKey, Severity, Time};
use avouch_ledger::{Reader as LedgerReader, Source};
use avouch_pipeline::{RuleSet, RuleSetOptions};
use avouch_store::{Period, Store};
use divan::Bencher;
use divan::counter::ItemsCount;
use serde_json::json;
use tempfile::TempDir;

const SECOND: u64 = 1_000_000_000;
/// Begin of the 90 days over which findings lie.
const BEGIN: u64 = 1_782_864_000 * SECOND;
const COUNTS: &[u64] = &[100_000, 1_000_000];

/// The evidence made last.
static MADE: Mutex<Option<(u64, TempDir)>> = Mutex::new(None);

fn main() {
    divan::main();
    *MADE.lock().unwrap() = None;
}

fn finding(n: u64, count: u64) -> Finding {
    let time = Time(BEGIN + n * (90 * 86_400 * SECOND / count));
    let key = FindingKey { node: "n1", source: "syscall", time, event: n, rule: "Shell" };
    let parent = ["sshd", "cron", "backup", "bash", "make"][usize::try_from(n % 5).unwrap()];
    let fields = json!({
        "proc.name": "sh", "proc.pname": parent, "proc.cmdline": format!("sh -c \"job {n} of the day\""), "user.name": "root",
        "user.uid": 0, "proc.exepath": "/usr/bin/dash", "container.id": "host", "container.name": "host",
        "container.image.repository": null, "k8s.ns.name": null, "k8s.pod.name": null, "evt.type": "execve", "proc.tty": 0,
        "fd.name": format!("/srv/data/{}", n % 1_000), "evt.time.iso8601": time.0,
    });
    Finding {
        id: key.id(),
        time,
        node: "n1".to_owned(),
        run: "run-1".to_owned(),
        source: "syscall".to_owned(),
        event: n,
        rule: "Shell".to_owned(),
        rules: "d".repeat(64),
        priority: "Warning".to_owned(),
        severity: Severity::Medium,
        criteria: vec!["CC6.1".to_owned()],
        tags: ["container", "shell", "mitre_execution", "T1059", "SOC2_CC6.1"].map(str::to_owned).to_vec(),
        output: format!(
            "A shell was started (user=root command=sh -c \"job {n} of the day\" parent={parent} container=host)"
        ),
        fields: fields.as_object().unwrap().clone(),
        ..Finding::default()
    }
}

fn with_evidence(count: u64, ask: impl FnOnce(&mut Findings<'_>, &RuleSet)) {
    let mut made = MADE.lock().unwrap();
    if made.as_ref().is_none_or(|(n, _)| *n != count) {
        let dir = tempfile::tempdir().unwrap();
        let now = Time(BEGIN);
        let (mut recorder, _) =
            Recorder::open(&Folder::new(dir.path()), Settings::default(), now, &mut |_| {}).unwrap();
        let source = Source { name: "n1".to_owned(), run: "run-1".to_owned() };
        for n in 0..count {
            recorder.record(&finding(n, count).into(), &source, now).unwrap();
            if n % 10_000 == 0 {
                recorder.flush(now).unwrap();
            }
        }
        recorder.close(now).unwrap();
        *made = Some((count, dir));
    }
    let folder = Folder::new(made.as_ref().unwrap().1.path());
    let ledger = LedgerReader::open(&folder.ledger()).unwrap();
    let mut store = Store::open(folder.store(), avouch_store::Options::default()).unwrap().reader().unwrap();
    let id = store.freshness(Period::ALL).unwrap().ledgers.remove(0).ledger;
    let rule =
        json!([{"rule": "Shell", "desc": "d", "condition": "evt.type = execve", "output": "o", "priority": "WARNING"}]);
    let rules = RuleSet::from_texts(vec![("r".to_owned(), rule.to_string())], Vec::new(), &RuleSetOptions::default());
    ask(&mut Findings { store: &mut store, ledger: Some((&id, &ledger)) }, &rules);
}

#[divan::bench(args = COUNTS, sample_count = 5)]
fn previews(bencher: Bencher<'_, '_>, count: u64) {
    let text = "acceptances: [{id: A, rule: Shell, condition: 'proc.pname = backup and proc.cmdline regex \".*job [0-9]+.*\"', \
                reason: r, requester: ann, approver: bob, from: 2020-01-01}]";
    let acceptance = parse_acceptances(FileId(0), text).0.remove(0);
    with_evidence(count, |findings, rules| {
        bencher.counter(ItemsCount::new(count)).bench_local(|| {
            let out = preview(&acceptance, rules, findings, Period::ALL, &mut Watch::new(None, &mut |_| {})).unwrap();
            assert_eq!(out.would_remove, count / 5);
        });
    });
}

#[divan::bench(args = COUNTS, sample_count = 5)]
fn proposes(bencher: Bencher<'_, '_>, count: u64) {
    let draft = Draft {
        id: "A".to_owned(),
        requester: "ann".to_owned(),
        approver: "bob".to_owned(),
        from: "2026-09-01".to_owned(),
        expires: Some("2026-12-01".to_owned()),
        ..Draft::default()
    };
    let of = finding(2, count);
    with_evidence(count, |findings, rules| {
        bencher.counter(ItemsCount::new(count)).bench_local(|| {
            let mut told = |_| {};
            let mut watch = Watch::new(None, &mut told);
            propose(&of, &draft, rules, findings, Period::ALL, &mut watch).unwrap().preview.would_remove
        });
    });
}
