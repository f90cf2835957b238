//! How long questions take at the API over one million findings of 90 days, while 1,000 findings a second come in: p50 and p99 by question.
//!
//! `cargo bench -p avouch-server --bench questions`. The store is made anew (a minute), or copied from the folder that `AVOUCH_STORE_BENCH` names,
//! which `cargo bench -p avouch-store` fills.

#![expect(clippy::expect_used, clippy::print_stdout, reason = "a bench")]
#![allow(clippy::cast_possible_truncation, reason = "small numbers")]

#[path = "../../../avouch-store/benches/store/facts.rs"]
mod facts;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use avouch_evidence::{Folder, Recorder, Settings};
use avouch_finding::{Fact, Finding, Time};
use avouch_ledger::Source;
use avouch_server::centre::{Centre, Entry};
use avouch_server::{Options, RequestRate, start, system_clock};
use avouch_store::{Record, Store};

const FINDINGS: u64 = 1_000_000;
/// Facts a second that come in.
const RATE: u64 = 1_000;
/// How often each question is asked.
const TIMES: usize = 60;
/// People who ask at a time.
const CALLERS: usize = 2;

/// Questions; `{n}` is another number each time, so that nobody is told an answer of before.
const QUESTIONS: [(&str, &str); 14] = [
    ("list, newest first", "/findings?limit=100"),
    ("list, two columns", "/findings?limit=100&namespace=team-0{n}&severity=high&severity=critical"),
    ("list, a rare word", "/findings?limit=100&q=port+{nn}"),
    ("list, a word of all", "/findings?limit=100&q=sensitive&node=node-{nn}.example.internal"),
    ("count, 1 column", "/findings/counts?node=node-{nn}.example.internal"),
    (
        "facets of 12 columns",
        "/findings/counts?from={q}&facet=severity,rule,node,cluster,namespace,user,process,image,source,criterion,decision,acknowledged",
    ),
    ("facets of pod and container", "/findings/counts?from={q}&facet=pod,container&namespace=team-0{n}"),
    ("histogram of 90 days by hour, with gaps", "/findings/counts?step=3600&from=2026-01-01&to=2026-04-01"),
    (
        "histogram of one node",
        "/findings/counts?step=86400&from=2026-01-01&to=2026-04-01&node=node-{nn}.example.internal",
    ),
    ("count, a word of all", "/findings/counts?q=sensitive+&node=node-{nn}.example.internal"),
    ("count, a rare word", "/findings/counts?q=port+{nn}"),
    (
        "groups by rule, process, container",
        "/findings/groups?by=rule,process,container&node=node-{nn}.example.internal",
    ),
    ("groups of all by rule", "/findings/groups?by=rule&from={q}"),
    ("similar to one, 90 days", "/findings/{id}/similar?days=400"),
];

fn fill(store: &Path) {
    if let Some(kept) = std::env::var_os("AVOUCH_STORE_BENCH") {
        let copied = std::process::Command::new("cp").arg("-r").arg(kept).arg(store).status().expect("cp");
        assert!(copied.success());
        return;
    }
    let mut writer = Store::open(store, avouch_store::Options::default()).expect("open").writer().expect("write");
    for from in (0..FINDINGS).step_by(1_000) {
        let record = |n: u64| facts::record(n + 1, Fact::from(facts::finding(n, FINDINGS)));
        let batch: Vec<Record> = (from..from + 1_000).map(record).collect();
        writer.apply(&batch).expect("apply");
    }
}

/// Tells findings of this moment at the rate, until it is to end; returns how many.
fn ingest(centre: &Centre, end: &AtomicBool) -> u64 {
    let source = Source { name: "node-00.example.internal".to_owned(), run: "bench".to_owned() };
    let (begun, mut told) = (Instant::now(), 0);
    while !end.load(Ordering::Relaxed) {
        let due = begun.elapsed().as_millis() as u64 * RATE / 1_000;
        let facts = (told..due).map(|n| {
            let finding = facts::finding(n % FINDINGS, FINDINGS);
            Finding { id: format!("live-{n}"), time: system_clock()(), ..finding }
        });
        let entries: Vec<Entry> =
            facts.map(|f| Entry { fact: f.into(), source: source.clone(), source_seq: None }).collect();
        told = due;
        if !entries.is_empty() {
            centre.record_blocking(entries).expect("record");
        }
        sleep(Duration::from_millis(50));
    }
    told
}

fn main() {
    if std::env::args().any(|arg| arg == "--list") {
        return;
    }
    let dir = tempfile::tempdir().expect("make a folder");
    let folder = Folder::new(dir.path().join("data"));
    std::fs::create_dir_all(folder.path()).expect("make a folder");
    fill(&folder.store());
    let clock = system_clock();
    let (recorder, _) = Recorder::open(&folder, Settings::default(), clock(), &mut |_| {}).expect("open");
    let requests = RequestRate { per_second: 0, burst: 0 };
    let running = start(recorder, Options { requests, ..Options::new(folder, clock) }).expect("start");
    let link = running.setup_link(false, Time(system_clock()().0)).expect("ask").expect("a new folder");
    let body = format!(
        "{{\"link_token\":\"{}\",\"user\":\"ada\",\"password\":\"correct horse battery staple 7\"}}",
        link.rsplit('=').next().unwrap_or_default()
    );
    let base = format!("{}/api/v1", running.url());
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
    let answer =
        agent.post(format!("{base}/setup")).header("content-type", "application/json").send(&body).expect("set up");
    let cookie =
        answer.headers()["set-cookie"].to_str().expect("text").split(';').next().unwrap_or_default().to_owned();

    let (end, number) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let (centre, ended) = (running.app().centre.clone(), Arc::clone(&end));
    let writer = std::thread::spawn(move || (Instant::now(), ingest(&centre, &ended)));
    let id = facts::finding(FINDINGS / 2, FINDINGS).id;
    println!("{FINDINGS} findings, {RATE} more a second, {CALLERS} callers at a time, {TIMES} times each; ms");
    println!("{:42} {:>8} {:>8} {:>8}", "question", "p50", "p99", "most");
    for (name, path) in QUESTIONS {
        let ask = || {
            let mut took = Vec::new();
            for _ in 0..TIMES / CALLERS {
                let n = number.fetch_add(1, Ordering::Relaxed);
                let quarter = Time(facts::FROM + n * 1_000_000_000).to_string();
                let path = path
                    .replace("{nn}", &format!("{:02}", n % 40))
                    .replace("{n}", &(n % 10).to_string())
                    .replace("{q}", &quarter)
                    .replace("{id}", &id);
                let begun = Instant::now();
                let mut answer = agent.get(format!("{base}{path}")).header("cookie", &cookie).call().expect("ask");
                let body = answer.body_mut().read_to_string().expect("read");
                took.push(begun.elapsed().as_secs_f64() * 1e3);
                assert!(answer.status() == 200, "{path}: {body}");
            }
            took
        };
        let mut took: Vec<f64> = std::thread::scope(|scope| {
            let callers: Vec<_> = (0..CALLERS).map(|_| scope.spawn(ask)).collect();
            callers.into_iter().flat_map(|caller| caller.join().expect("ask")).collect()
        });
        took.sort_by(f64::total_cmp);
        let at = |share: f64| took[((took.len() - 1) as f64 * share).round() as usize];
        println!("{name:42} {:>8.1} {:>8.1} {:>8.1}", at(0.5), at(0.99), at(1.0));
    }
    end.store(true, Ordering::Relaxed);
    let (begun, told) = writer.join().expect("ingest");
    println!("ingest meanwhile: {:.0} findings a second", told as f64 / begun.elapsed().as_secs_f64());
    running.end().expect("end");
}
