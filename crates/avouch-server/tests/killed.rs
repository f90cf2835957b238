//! A server that is killed again and again while findings arrive and a receiver fails now and then: everybody is told in the end,
//! nothing is told twice but what was under way, and the ledger agrees with what arrived.

#![expect(clippy::unwrap_used, reason = "a test")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use avouch_finding::{Delivered, Delivery, Fact, Finding, Severity};
use avouch_ledger::{Reader, Trust, Verdict, read_keys, verify_dir};
use avouch_server::system_clock;
use common::finding;
use serde_json::Value as Json;

const KILLS: usize = 6;
const CHANNELS: usize = 2;
const PATIENCE: Duration = Duration::from_secs(120);
/// Where the server's folder is, and how many findings it makes a second.
const DIR: &str = "AVOUCH_TEST_KILLED_DIR";
const LOAD: &str = "AVOUCH_TEST_KILLED_LOAD";

/// The server, in a process of its own: it says `ready`, makes findings, and ends in good order when its input ends.
#[test]
#[ignore = "the process that the other test kills"]
fn serves_until_it_is_killed() {
    let (Ok(dir), Ok(load)) = (std::env::var(DIR), std::env::var(LOAD)) else { return };
    let (running, clock) = (serve(Path::new(&dir)), system_clock());
    println!("\nready");
    if load == "yes" {
        let centre = running.app().centre.clone();
        std::thread::spawn(move || {
            for n in (0u64..).step_by(10) {
                let of = |n: u64| {
                    let severity = if n.is_multiple_of(10) { Severity::Critical } else { Severity::High };
                    let id = format!("{:08x}{n:024x}", std::process::id());
                    Finding { id, time: clock(), ..finding(n, severity) }
                };
                let source = avouch_ledger::Source { name: "node-1".to_owned(), run: "test".to_owned() };
                let entry = |fact| avouch_server::centre::Entry { fact, source: source.clone(), source_seq: None };
                let facts = (n..n + 10).map(of).map(Fact::from);
                centre.record_blocking(facts.map(entry).collect()).unwrap();
                std::thread::sleep(Duration::from_millis(25));
            }
        });
    }
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    running.end().unwrap();
}

fn serve(dir: &Path) -> avouch_server::Running {
    let folder = avouch_evidence::Folder::new(dir.join("data"));
    let clock = system_clock();
    let settings = avouch_evidence::Settings::default();
    let (recorder, _) = avouch_evidence::Recorder::open(&folder, settings, clock(), &mut |_| {}).unwrap();
    let mut options = avouch_server::Options::new(folder, clock);
    options.notify.file = Some(dir.join("notify.yaml"));
    avouch_server::start(recorder, options).unwrap()
}

fn spawn(dir: &Path, load: &str) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "serves_until_it_is_killed", "--ignored", "--nocapture", "--test-threads=1"])
        .env(DIR, dir)
        .env(LOAD, load)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(said.any(|line| line.unwrap() == "ready"), "it did not start");
    // What else it says has somewhere to go.
    std::thread::spawn(move || said.for_each(drop));
    child
}

/// A request that the receiver said yes to.
#[derive(Clone, Debug)]
struct Arrived {
    channel: String,
    message: String,
    findings: Vec<String>,
}

/// A receiver that fails each seventh time.
fn receiver() -> (String, Arc<Mutex<Vec<Arrived>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let arrived = Arc::new(Mutex::new(Vec::new()));
    let (all, number) = (Arc::clone(&arrived), Arc::new(Mutex::new(0)));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (all, number) = (Arc::clone(&all), Arc::clone(&number));
            std::thread::spawn(move || answer(&mut BufReader::new(stream.unwrap()), &all, &number));
        }
    });
    (url, arrived)
}

fn answer(stream: &mut BufReader<TcpStream>, all: &Mutex<Vec<Arrived>>, number: &Mutex<usize>) -> Option<()> {
    loop {
        let (mut first, mut length) = (String::new(), 0);
        stream.read_line(&mut first).ok().filter(|n| *n > 0)?;
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).ok().filter(|n| *n > 0)?;
            let line = line.trim().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            length = line.strip_prefix("content-length:").map_or(length, |n| n.trim().parse().unwrap());
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).ok()?;
        let fails = {
            let mut number = number.lock().unwrap();
            *number += 1;
            number.is_multiple_of(7)
        };
        if !fails {
            let body: Json = serde_json::from_slice(&body).unwrap();
            let ids = body["findings"].as_array().unwrap().iter().map(|f| f["id"].as_str().unwrap().to_owned());
            all.lock().unwrap().push(Arrived {
                channel: first.split(['/', ' ']).nth(2).unwrap().to_owned(),
                message: body["id"].as_str().unwrap().to_owned(),
                findings: ids.collect(),
            });
        }
        let status = if fails { "503 Busy" } else { "200 OK" };
        stream.get_mut().write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").as_bytes()).ok()?;
    }
}

/// What the ledger has: which channels each finding is for, and the receipts.
fn ledger(dir: &Path) -> (BTreeSet<(String, String)>, Vec<Delivery>) {
    let reader = Reader::open(&dir.join("data/ledger")).unwrap();
    let (mut wanted, mut receipts, mut records) = (BTreeSet::new(), Vec::new(), reader.records(1));
    while let Some(entry) = records.next().unwrap() {
        match Fact::read(entry.record.kind, serde_json::from_str(entry.record.body).unwrap()).unwrap() {
            Fact::Finding(finding) => {
                wanted.insert(("grouped".to_owned(), finding.id.clone()));
                if finding.severity == Severity::Critical {
                    wanted.insert(("each".to_owned(), finding.id.clone()));
                }
            }
            Fact::Delivery(receipt) => receipts.push(*receipt),
            _ => {}
        }
    }
    (wanted, receipts)
}

#[test]
fn a_server_that_is_killed_again_and_again_tells_everybody_of_everything() {
    let dir = tempfile::tempdir().unwrap();
    let (url, arrived) = receiver();
    let channel = |name: &str| {
        format!(
            "  - {{name: {name}, to: {{webhook: {{url: {url}/{name}}}}}, retry: {{attempts: 50, first: 10ms, longest: 50ms}}}}\n"
        )
    };
    let yaml = format!(
        "channels:\n{}{}routes:\n  - {{name: one, match: {{at_least: critical}}, channels: [each], group_by: [finding], group_wait: 0s, continue: true}}\n  \
         - {{name: two, channels: [grouped], group_by: [rule], group_wait: 100ms, group_interval: 200ms}}\n",
        channel("each"),
        channel("grouped")
    );
    std::fs::write(dir.path().join("notify.yaml"), yaml).unwrap();

    // No two runs are killed at the same moments; which they were is said when it fails.
    let mut seed = u64::from(std::process::id()) ^ system_clock()().0;
    for _ in 0..KILLS {
        let mut child = spawn(dir.path(), "yes");
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let lives = Duration::from_millis(200 + (seed >> 33) % 900);
        println!("killed after {lives:?}");
        std::thread::sleep(lives);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    let mut child = spawn(dir.path(), "no");
    let begun = Instant::now();
    let (wanted, receipts) = loop {
        let (wanted, receipts) = ledger(dir.path());
        let delivered = receipts.iter().filter(|r| r.state == Delivered::Delivered);
        let told: BTreeSet<(String, String)> =
            delivered.flat_map(|r| r.findings.iter().map(|id| (r.channel.clone(), id.clone()))).collect();
        if wanted.is_subset(&told) {
            break (wanted, receipts);
        }
        let missing = wanted.difference(&told).count();
        assert!(begun.elapsed() < PATIENCE, "of {} nobody was told of {missing}", wanted.len());
        std::thread::sleep(Duration::from_millis(200));
    };
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());

    let arrived = arrived.lock().unwrap().clone();
    let came: BTreeSet<(String, String)> =
        arrived.iter().flat_map(|a| a.findings.iter().map(|id| (a.channel.clone(), id.clone()))).collect();
    assert!(wanted.len() > KILLS * 10, "there was hardly any load");
    assert_eq!(came, wanted, "what arrived is what was recorded");
    let of_receipts: BTreeSet<(String, String)> = receipts
        .iter()
        .filter(|r| r.state == Delivered::Delivered)
        .map(|r| (r.channel.clone(), r.message.clone()))
        .collect();
    let mut times: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut messages: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for a in &arrived {
        *times.entry((a.channel.clone(), a.message.clone())).or_default() += 1;
        for id in &a.findings {
            messages.entry((&a.channel, id)).or_default().insert(&a.message);
        }
    }
    assert_eq!(times.keys().cloned().collect::<BTreeSet<_>>(), of_receipts, "each message has its receipt");
    assert!(messages.values().all(|ids| ids.len() == 1), "a finding stood in two messages");
    let twice = times.values().map(|n| n - 1).sum::<usize>();
    assert!(twice <= KILLS * CHANNELS, "{twice} messages came twice: more than can have been under way");
    println!("{} findings and channels, {} messages, {twice} of them twice", wanted.len(), times.len());

    let ledger = dir.path().join("data/ledger");
    let trust = Trust { keys: read_keys(&ledger).unwrap(), ..Trust::default() };
    let report = verify_dir(&ledger, &trust).unwrap();
    assert_eq!((report.verdict, report.problems.len()), (Verdict::Intact, 0), "{report:#?}");
}
