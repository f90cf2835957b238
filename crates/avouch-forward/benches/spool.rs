//! What the queue costs: taking facts, making them safe, reading them for the server.

#![expect(clippy::expect_used, reason = "a bench")]

use std::collections::BTreeMap;

use avouch_finding::{Fact, Finding, Severity, Time};
use avouch_forward::{Batch, Limits, Most, Options, Sender, Spool};
use divan::Bencher;
use divan::counter::ItemsCount;

fn main() {
    divan::main();
}

/// Facts of one round.
const FACTS: u64 = 10_000;

fn sender() -> Sender {
    Sender { node: "n1".into(), cluster: "prod".into(), run: "agent-1".into(), version: "0.1.0".into() }
}

/// A finding of about the size of a real one: some 2 KB.
fn finding() -> Fact {
    let fields: BTreeMap<String, String> =
        (0..24).map(|n| (format!("proc.aname[{n}]"), format!("value-{n} of some length /usr/bin/program"))).collect();
    Finding {
        id: "0123456789abcdef0123456789abcdef".into(),
        node: "n1".into(),
        rule: "Terminal shell in container".into(),
        priority: "Notice".into(),
        severity: Severity::Medium,
        output: "A shell was used as the entrypoint or exec point into a container with an attached terminal".repeat(4),
        fields: serde_json::to_value(fields).expect("JSON").as_object().cloned().expect("an object"),
        ..Finding::default()
    }
    .into()
}

/// Facts taken and made safe in one go.
#[divan::bench(sample_count = 10)]
fn take(bencher: Bencher<'_, '_>) {
    let fact = finding();
    bencher
        .counter(ItemsCount::new(FACTS))
        .with_inputs(|| {
            let dir = tempfile::tempdir().expect("a folder");
            let (spool, outbox, _) = Spool::open(dir.path(), Options::new(512 << 20), sender()).expect("opens");
            (dir, spool, outbox)
        })
        .bench_values(|(dir, mut spool, outbox)| {
            for n in 0..FACTS {
                spool.record(&fact, Time(n)).expect("records");
            }
            spool.flush(Time(FACTS)).expect("flushes");
            (dir, spool, outbox)
        });
}

/// Facts read in batches and forgotten, as when a server comes back.
#[divan::bench(sample_count = 10)]
fn give(bencher: Bencher<'_, '_>) {
    let fact = finding();
    bencher
        .counter(ItemsCount::new(FACTS))
        .with_inputs(|| {
            let dir = tempfile::tempdir().expect("a folder");
            let (mut spool, outbox, _) = Spool::open(dir.path(), Options::new(512 << 20), sender()).expect("opens");
            for n in 0..FACTS {
                spool.record(&fact, Time(n)).expect("records");
            }
            spool.flush(Time(FACTS)).expect("flushes");
            (dir, spool, outbox)
        })
        .bench_values(|(dir, spool, mut outbox)| {
            while let Some(sent) = outbox.next(Most::default()).expect("reads") {
                outbox.acknowledge(&sent, sent.last).expect("forgets");
            }
            (dir, spool, outbox)
        });
}

/// A batch of 400 findings as a server reads it.
#[divan::bench]
fn decode(bencher: Bencher<'_, '_>) {
    let body = finding().body().expect("JSON");
    let fact = |seq| avouch_forward::WireFact { seq, time: Time(seq), kind: "finding".into(), body: body.clone() };
    let batch = Batch { sender: sender(), facts: (1..=400).map(fact).collect() };
    let text = batch.encode().expect("JSON");
    bencher
        .counter(ItemsCount::new(400_u64))
        .bench(|| Batch::decode(divan::black_box(&text), None, &Limits::default()).expect("a batch"));
}
