//! How long questions take at the API over one million findings of 90 days while 1,000 findings a second come in, how many can come in, and
//! what memory that takes.
//!
//! `cargo bench -p avouch-server --bench questions`; words behind `--` ask only the families with one of them in their name, and of the parts that are none
//! (`ingest`, `checks of rules`, `agents that poll`) those. The data is made once (a minute) and kept in `target/tmp`. `AVOUCH_BENCH_FINDINGS=20000` makes it
//! small: to see that all parts run to their end.

#![expect(clippy::expect_used, clippy::print_stdout, reason = "a bench")]
#![allow(clippy::cast_possible_truncation, reason = "small numbers")]

mod ask;
mod caller;
mod data;
#[path = "../../../avouch-store/benches/store/facts.rs"]
mod facts;
mod load;
mod rules;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use avouch_evidence::{Folder, Recorder, Settings};
use avouch_finding::Time;
use avouch_server::{Clock, Options, RequestRate, start};

use ask::{Family, Values, families};
use caller::Caller;
use data::NOW;

/// Findings a second that come in.
const RATE: u64 = 1_000;
/// People who ask at a time.
const CALLERS: usize = 2;
/// What every answer is to stay under.
const FLOOR: Duration = Duration::from_millis(300);

/// Time goes on from the end of the data.
fn clock() -> Clock {
    let begun = Instant::now();
    Arc::new(move || Time(NOW + u64::try_from(begun.elapsed().as_nanos()).unwrap_or(0)))
}

/// A figure of this process from the kernel, in MiB: server, store and the bench itself.
fn memory(which: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(which));
    line.and_then(|l| l.split_whitespace().nth(1)).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// Asks a family; its times in ms with their paths, the shortest first.
fn measure(caller: &Caller, family: &Family, number: &AtomicU64) -> Vec<(f64, String)> {
    let ask = || {
        let mut took = Vec::new();
        for _ in 0..family.times / CALLERS {
            let path = (family.path)(number.fetch_add(1, Ordering::Relaxed));
            let time = if family.first_byte { caller.first_byte(&path) } else { caller.ask(&path).0 };
            took.push((time.as_secs_f64() * 1e3, path));
        }
        took
    };
    let mut took: Vec<(f64, String)> = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS).map(|_| scope.spawn(ask)).collect();
        callers.into_iter().flat_map(|caller| caller.join().expect("ask")).collect()
    });
    took.sort_by(|a, b| a.0.total_cmp(&b.0));
    took
}

fn main() {
    let only: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let is_wanted = |name: &str| only.is_empty() || only.iter().any(|word| name.contains(word.as_str()));
    if std::env::args().any(|arg| arg == "--list") {
        return;
    }
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("make a folder");
    let folder = Folder::new(dir.path().join("data"));
    std::fs::create_dir_all(folder.path()).expect("make a folder");
    data::copy_to(&folder.store());
    let clock = clock();
    let (recorder, _) = Recorder::open(&folder, Settings::default(), clock(), &mut |_| {}).expect("open");
    let requests = RequestRate { per_second: 0, burst: 0 };
    let desk = rules::desk(&dir.path().join("rules"));
    let running = start(recorder, Options { requests, desk, ..Options::new(folder, clock.clone()) }).expect("start");
    let caller = Caller::first(&running, clock());
    let families = families(&caller, Values::of(&caller));

    let (end, centre) = (Arc::new(AtomicBool::new(false)), running.app().centre.clone());
    let (ended, told) = (Arc::clone(&end), clock.clone());
    let writer = std::thread::spawn(move || load::steady(&centre, &told, RATE, &ended));
    println!("{} findings, {RATE} more a second, {CALLERS} callers at a time; ms", data::findings());
    println!("{:44} {:>6} {:>8} {:>8} {:>8}", "question", "times", "p50", "p99", "most");
    let number = AtomicU64::new(0);
    let mut missed = Vec::new();
    for family in families.iter().filter(|family| is_wanted(family.name)) {
        let took = measure(&caller, family, &number);
        let at = |share: f64| &took[((took.len() - 1) as f64 * share).round() as usize];
        let (p99, most) = (at(0.99).0, at(1.0));
        println!("{:44} {:>6} {:>8.1} {p99:>8.1} {:>8.1}", family.name, took.len(), at(0.5).0, most.0);
        if p99 > FLOOR.as_secs_f64() * 1e3 {
            missed.push(format!("{}: {p99:.0} ms, the slowest {}", family.name, most.1));
        }
    }
    if is_wanted("checks of rules") {
        let took = rules::check(&caller);
        let at = |share: f64| took[((took.len() - 1) as f64 * share).round() as usize];
        let name = "checks of rules: the shipped ones, typed";
        println!("{name:44} {:>6} {:>8.1} {:>8.1} {:>8.1}", took.len(), at(0.5), at(0.99), at(1.0));
    }
    if is_wanted("agents that poll") {
        let (rounds, bytes) = rules::poll(&caller);
        for (n, (took, all)) in rounds.iter().enumerate() {
            let ms = |n: usize| took[n].as_secs_f64() * 1e3;
            let (count, what) =
                (took.len(), if n == 0 { format!("{bytes} bytes each") } else { "nothing new".to_owned() });
            println!(
                "agents that poll for rules, {count} of them, {what}: p50 {:.1}, p99 {:.1}, most {:.1} ms; {:.0} a second",
                ms(count / 2),
                ms((count - 1) * 99 / 100),
                ms(count - 1),
                count as f64 / all.as_secs_f64()
            );
        }
    }
    end.store(true, Ordering::Relaxed);
    println!("came in meanwhile: {:.0} findings a second", writer.join().expect("ingest"));
    println!("memory: {} MiB, {} of it not of mapped files", memory("VmRSS:"), memory("RssAnon:"));
    if is_wanted("ingest") {
        for (agents, batches) in [(1, 60), (4, 20)] {
            let rate = load::flood(&caller, &clock, agents, batches);
            println!(
                "ingest over HTTP, {agents} agents at a time, each batch of 1,000 on the disk: {rate:.0} findings a second"
            );
        }
    }
    for line in &missed {
        println!("over {} ms: {line}", FLOOR.as_millis());
    }
    running.end().expect("end");
}
