//! What a server takes for a batch, and what it does not.

#![expect(clippy::expect_used, reason = "a test")]

use std::io::Write as _;

use avouch_finding::Time;
use avouch_forward::{Batch, Limits, Sender, WireError, WireFact, accept, refusal};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

fn sender() -> Sender {
    Sender { node: "n1".into(), cluster: "prod".into(), run: "agent-1".into(), version: "0.1.0".into() }
}

fn fact(seq: u64, kind: &str, body: Json) -> WireFact {
    WireFact { seq, time: Time(1_000), kind: kind.into(), body }
}

fn batch(numbers: &[u64]) -> Batch {
    Batch { sender: sender(), facts: numbers.iter().map(|n| fact(*n, "gap", json!({"n": n}))).collect() }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("compresses");
    encoder.finish().expect("compresses")
}

fn decode(body: &[u8]) -> Result<Batch, WireError> {
    Batch::decode(body, None, &Limits::default())
}

#[test]
fn a_batch_reads_as_it_was_written_compressed_or_not() {
    let batch = batch(&[1, 2, 9]);
    let text = batch.encode().expect("JSON");
    assert_eq!(decode(&text).expect("a batch"), batch);
    for encoding in ["gzip", "x-gzip", " GZIP "] {
        assert_eq!(Batch::decode(&gzip(&text), Some(encoding), &Limits::default()).expect("a batch"), batch);
    }
    for encoding in ["", "identity"] {
        assert_eq!(Batch::decode(&text, Some(encoding), &Limits::default()).expect("a batch"), batch);
    }
    assert!(matches!(Batch::decode(&text, Some("br"), &Limits::default()), Err(WireError::Encoding(_))));
    assert!(matches!(Batch::decode(&text, Some("gzip"), &Limits::default()), Err(WireError::Inflate(_))));
}

#[test]
fn the_documented_form_is_read() {
    let text = r#"{"format":"avouch.facts/1","node":"n1","cluster":"prod","run":"agent-1","version":"0.1.0","facts":2,"later":true}
{"seq":41,"time":"2026-11-26T10:00:00.000000000Z","kind":"finding","body":{}}

{"seq":42,"time":"2026-11-26T10:00:01Z","kind":"observation","body":{"x":1},"later":1}
"#;
    let read = decode(text.as_bytes()).expect("a batch");
    assert_eq!(read.sender, sender());
    assert_eq!(read.facts.iter().map(|f| f.seq).collect::<Vec<_>>(), [41, 42]);
    assert_eq!(read.facts[1].body, json!({"x": 1}));
    // A client without a cluster.
    let text = "{\"format\":\"avouch.facts/1\",\"node\":\"n\",\"run\":\"r\",\"facts\":0}\n";
    assert_eq!(decode(text.as_bytes()).expect("a batch").sender.cluster, "");
}

#[test]
fn what_was_cut_on_the_way_is_no_batch() {
    let text = batch(&[1, 2, 3]).encode().expect("JSON");
    let mut seen_cut = false;
    for end in 0..text.len() - 1 {
        match decode(&text[..end]) {
            Err(WireError::Cut { told: 3, found }) => seen_cut |= found < 3,
            Err(WireError::Line(..) | WireError::NoHeader) => {}
            other => panic!("cut at {end}: {other:?}"),
        }
    }
    assert!(seen_cut);
    // The newline at the end says nothing that the count does not say.
    assert!(decode(&text[..text.len() - 1]).is_ok());
    // Nor may there be more than was said.
    let more = [&text[..], br#"{"seq":4,"time":"2026-11-26T10:00:00Z","kind":"gap","body":{}}"#].concat();
    assert!(matches!(decode(&more), Err(WireError::Cut { told: 3, found: 4 })));
}

#[test]
fn numbers_have_to_rise() {
    for numbers in [&[0, 1][..], &[2, 2], &[2, 1], &[1, 1 << 53]] {
        assert!(matches!(decode(&batch(numbers).encode().expect("JSON")), Err(WireError::Order { .. })), "{numbers:?}");
    }
    assert!(decode(&batch(&[1, (1 << 53) - 1]).encode().expect("JSON")).is_ok());
}

#[test]
fn limits_hold_before_memory_is_taken() {
    let text = batch(&(1..=100).collect::<Vec<_>>()).encode().expect("JSON");
    let limits = Limits { body: text.len(), inflated: text.len(), facts: 100 };
    assert!(Batch::decode(&text, None, &limits).is_ok());
    assert!(Batch::decode(&gzip(&text), Some("gzip"), &limits).is_ok());
    let small = Limits { body: text.len() - 1, ..limits };
    assert!(matches!(Batch::decode(&text, None, &small), Err(WireError::TooLarge(..))));
    let small = Limits { inflated: text.len() - 1, ..limits };
    assert!(matches!(Batch::decode(&gzip(&text), Some("gzip"), &small), Err(WireError::TooLarge(..))));
    assert!(matches!(Batch::decode(&text, None, &Limits { facts: 99, ..limits }), Err(WireError::TooMany(99))));
    // A bomb: 1 GiB of zeros in 1 MiB.
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..1_024 {
        encoder.write_all(&[0; 1 << 20]).expect("compresses");
    }
    let bomb = encoder.finish().expect("compresses");
    assert!(bomb.len() < 2 << 20);
    assert!(matches!(Batch::decode(&bomb, Some("gzip"), &Limits::default()), Err(WireError::TooLarge(..))));
}

#[test]
fn a_sender_needs_names_that_a_ledger_takes() {
    for (node, run, cluster) in [("", "r", ""), ("n", "", ""), ("a\"b", "r", ""), ("n", "r\n", ""), ("n", "r", "c\\d")]
    {
        let sender = Sender { node: node.into(), cluster: cluster.into(), run: run.into(), version: String::new() };
        let text = Batch { sender, facts: vec![] }.encode().expect("JSON");
        assert!(matches!(decode(&text), Err(WireError::Sender)), "{node:?} {run:?} {cluster:?}");
    }
    let other = br#"{"format":"avouch.facts/2","node":"n","run":"r","facts":0}"#;
    assert!(matches!(decode(other), Err(WireError::Format(f)) if f == "avouch.facts/2"));
}

#[test]
fn an_agent_tells_of_its_own_node_and_not_for_people() {
    let why = |kind: &str, body: Json| refusal(&sender(), &fact(1, kind, body));
    for kind in
        ["start", "stop", "rules", "observation", "gap", "finding", "act", "command", "connection", "file", "left_out"]
    {
        assert_eq!(why(kind, json!({"node": "n1"})), None, "{kind}");
    }
    // A kind of a later version.
    assert_eq!(why("integrity", json!({"node": "n1", "cluster": "prod"})), None);
    assert_eq!(why("acceptance", json!({"id": "a"})), None);
    assert_eq!(why("observation", json!({"node": "n1", "cluster": ""})), None);
    for kind in [
        "acknowledgement",
        "disposition",
        "assignment",
        "note",
        "delivery",
        "setting",
        "controls",
        "anchor",
        "export",
        "login",
        "estate",
        "ledger.created",
        "ledger.source_gap",
        "",
        "Finding",
    ] {
        assert!(why(kind, json!({})).is_some(), "{kind}");
    }
    assert!(why("finding", json!({"node": "n2"})).is_some());
    assert!(why("finding", json!({"node": ["n1"]})).is_some());
    assert!(why("finding", json!({"node": ""})).is_some());
    assert!(why("finding", json!({"node": "n1", "cluster": "dev"})).is_some());
    assert!(why("finding", json!([])).is_some());
}

proptest! {
    /// However batches are cut and repeated, a server that plans with [`accept`] has each number once, in order, and knows each hole.
    #[test]
    fn a_server_that_plans_has_each_number_once(
        steps in prop::collection::vec(1u64..4, 1..60),
        cuts in prop::collection::vec((0usize..60, 1usize..20), 1..60),
    ) {
        let numbers: Vec<u64> = steps.iter().scan(0, |last, step| { *last += step; Some(*last) }).collect();
        let (mut have, mut last, mut holes, mut sent) = (Vec::new(), 0, 0, 0);
        // A sender goes back as far as it likes, and never beyond what it has sent so far.
        for (from, many) in cuts.into_iter().chain([(0, usize::MAX)]) {
            let from = from.min(sent);
            let to = from.saturating_add(many).min(numbers.len());
            sent = sent.max(to);
            let batch = decode(&batch(&numbers[from..to]).encode().expect("JSON")).expect("a batch");
            let plan = accept(&batch, last);
            prop_assert_eq!(plan.repeated as usize + plan.new.len(), batch.facts.len());
            holes += plan.holes.iter().map(|(first, last)| last - first + 1).sum::<u64>();
            have.extend(batch.facts[plan.new].iter().map(|f| f.seq));
            last = have.last().copied().unwrap_or(0);
        }
        prop_assert_eq!(&have, &numbers);
        prop_assert_eq!(holes, numbers[numbers.len() - 1] - numbers.len() as u64);
    }

    #[test]
    fn no_bytes_break_it(bytes in prop::collection::vec(any::<u8>(), 0..300), gzip in any::<bool>()) {
        let encoding = gzip.then_some("gzip");
        drop(Batch::decode(&bytes, encoding, &Limits::default()));
    }
}
