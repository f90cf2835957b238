//! Findings that come in meanwhile, and as fast as they can.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use avouch_finding::{Fact, Finding, Time};
use avouch_forward::{Batch, CONTENT_TYPE, Sender, WireFact};
use avouch_ledger::Source;
use avouch_server::Clock;
use avouch_server::centre::{Centre, Entry};

use crate::caller::Caller;
use crate::data;

/// Facts of a batch, as an agent with much to send fills it.
const BATCH: u64 = 1_000;
/// Where the agents run: a server takes no finding of another cluster.
const CLUSTER: &str = "cluster-0";

fn live(id: String, n: u64, time: Time) -> Finding {
    let of = data::findings();
    Finding { id, time, ..data::finding(n * 37 % of, of) }
}

/// Tells findings of this moment at a rate, until it is to end; returns how many a second it were.
pub(crate) fn steady(centre: &Centre, clock: &Clock, rate: u64, end: &AtomicBool) -> f64 {
    let source = Source { name: "node-00.example.internal".to_owned(), run: "bench".to_owned() };
    let (begun, mut told) = (Instant::now(), 0);
    while !end.load(Ordering::Relaxed) {
        let due = begun.elapsed().as_millis() as u64 * rate / 1_000;
        let entry = |n: u64| {
            let fact = Fact::from(live(format!("live-{n}"), n, clock()));
            Entry { fact, source: source.clone(), source_seq: None }
        };
        let entries: Vec<Entry> = (told..due).map(entry).collect();
        told = due;
        if !entries.is_empty() {
            centre.record_blocking(entries).expect("record");
        }
        sleep(Duration::from_millis(50));
    }
    told as f64 / begun.elapsed().as_secs_f64()
}

/// Sends batches over HTTP from several agents at a time, each waiting for its answer; findings a second. What is sent was
/// written before.
pub(crate) fn flood(caller: &Caller, clock: &Clock, agents: u64, batches: u64) -> f64 {
    let bodies = |agent: u64| -> Vec<Vec<u8>> {
        let node = format!("node-{agent:02}.example.internal");
        let sender = Sender {
            node: node.clone(),
            cluster: CLUSTER.to_owned(),
            run: format!("flood-{agents}"),
            version: String::new(),
        };
        let fact = |seq: u64| {
            let finding = live(format!("flood-{agents}-{agent}-{seq}"), seq, clock());
            let fact = Fact::from(Finding { node: node.clone(), cluster: CLUSTER.to_owned(), ..finding });
            let body = fact.body().expect("JSON");
            WireFact { seq, time: clock(), kind: "finding".to_owned(), body }
        };
        let batch = |n: u64| {
            let facts = (n * BATCH + 1..=(n + 1) * BATCH).map(fact).collect();
            Batch { sender: sender.clone(), facts }.encode().expect("JSON")
        };
        (0..batches).map(batch).collect()
    };
    let all: Vec<Vec<Vec<u8>>> = (0..agents).map(bodies).collect();
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for bodies in &all {
            scope.spawn(move || {
                for body in bodies {
                    let answer = caller.post("/ingest/facts", CONTENT_TYPE, body);
                    assert!(answer.contains("acknowledged_seq"), "{answer}");
                    assert!(!answer.contains("refused"), "{answer}");
                }
            });
        }
    });
    (agents * batches * BATCH) as f64 / begun.elapsed().as_secs_f64()
}
