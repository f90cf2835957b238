//! Facts of agents over HTTP: taken once each, acknowledged when safe, and nothing else taken.

#![expect(clippy::unwrap_used, reason = "a test")]

mod common;

use std::io::Write as _;

use avouch_auth::{NewToken, Scope};
use avouch_finding::{Fact, Severity, Time};
use avouch_forward::{Batch, Sender, WireFact};
use avouch_server::system_clock;
use common::{Answer, Caller, TestServer, finding};
use serde_json::{Value as Json, json};

const MEDIA: &str = "application/x-ndjson";

fn sender(node: &str) -> Sender {
    Sender { node: node.into(), cluster: "prod".into(), run: "agent-1".into(), version: "0.1.0".into() }
}

fn token(server: &TestServer, scopes: &[Scope], node: Option<&str>) -> Caller {
    let token = NewToken {
        name: format!("t{}", scopes.len() + node.map_or(0, |n| n.len() + 10)),
        scopes: scopes.to_vec(),
        node: node.map(str::to_owned),
        expires: None,
    };
    let changed = server.running().app().accounts.accounts().add_token(&token, "ada", system_clock()()).unwrap();
    server.nobody().with_token(changed.value.expose())
}

fn wire(seq: u64, kind: &str, body: Json) -> WireFact {
    WireFact { seq, time: Time(1_795_000_000_000_000_000), kind: kind.to_owned(), body }
}

/// A finding of node-1 under a number.
fn found(seq: u64) -> WireFact {
    let fact = Fact::from(finding(seq, Severity::High));
    wire(seq, fact.kind(), fact.body().unwrap())
}

fn send(who: &Caller, batch: &Batch) -> Answer {
    who.send("POST", "/ingest/facts", Some((MEDIA, &batch.encode().unwrap())))
}

#[test]
fn a_batch_is_recorded_once_however_often_it_is_sent() {
    let server = TestServer::start();
    let ada = server.admin();
    let agent = token(&server, &[Scope::Ingest], Some("node-1"));
    let batch = Batch { sender: sender("node-1"), facts: (1..=20).map(found).collect() };
    for _ in 0..3 {
        let ack = send(&agent, &batch).fine();
        assert_eq!((&ack["run"], &ack["acknowledged_seq"]), (&json!("agent-1"), &json!(20)));
        assert_eq!(ack.get("refused_count"), None);
    }
    // It can be asked for as soon as it is acknowledged.
    assert_eq!(ada.get("/findings/counts").fine()["count"], 20);
    // The answer was lost, and the next batch begins before the last one ended.
    let next = Batch { sender: sender("node-1"), facts: (15..=25).map(found).collect() };
    assert_eq!(send(&agent, &next).fine()["acknowledged_seq"], 25);
    assert_eq!(ada.get("/findings/counts").fine()["count"], 25);
    let counts = server.running().app().ingest.counted().now();
    assert_eq!((counts.recorded, counts.repeated, counts.refused), (25, 46, 0));

    // A new life of the agent counts from 1 again.
    let other = Sender { run: "agent-2".into(), ..sender("node-1") };
    let batch = Batch { sender: other, facts: vec![found(1)] };
    assert_eq!(send(&agent, &batch).fine()["acknowledged_seq"], 1);
    assert_eq!(server.running().app().ingest.counted().now().recorded, 26);
}

#[test]
fn what_the_server_knows_of_a_run_survives_it() {
    let server = TestServer::start();
    let agent = token(&server, &[Scope::Ingest], None);
    let batch = Batch { sender: sender("node-1"), facts: (1..=5).map(found).collect() };
    send(&agent, &batch).fine();
    let server = TestServer::over(server.end());
    let agent = server.nobody().with_token(agent.token.as_deref().unwrap());
    assert_eq!(send(&agent, &batch).fine()["acknowledged_seq"], 5);
    let counts = server.running().app().ingest.counted().now();
    assert_eq!((counts.recorded, counts.repeated), (0, 5));
}

#[test]
fn a_hole_is_counted_and_stands_in_the_ledger() {
    let server = TestServer::start();
    let agent = token(&server, &[Scope::Ingest], None);
    send(&agent, &Batch { sender: sender("node-1"), facts: vec![found(1), found(4)] }).fine();
    assert_eq!(server.running().app().ingest.counted().now().holes, 2);
    let dir = server.end();
    let ledger = avouch_ledger::Reader::open(&dir.path().join("data/ledger")).unwrap();
    let lines = (1..).map_while(|seq| ledger.read_at(seq).unwrap());
    let lines: Vec<String> = lines.map(|line| String::from_utf8(line).unwrap()).collect();
    let hole = lines.iter().find(|l| l.contains("\"first\":2,\"last\":3"));
    assert!(hole.is_some_and(|l| l.contains("\"agent-1\"")), "no record of the hole");
}

#[test]
fn compressed_batches_are_read_within_bounds() {
    let server = TestServer::start();
    let agent = token(&server, &[Scope::Ingest], None);
    let gzip = |bytes: &[u8]| {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    };
    let post = |body: &[u8], encoding: &str| {
        agent.with_header("content-encoding", encoding).send("POST", "/ingest/facts", Some((MEDIA, body)))
    };
    let batch = Batch { sender: sender("node-1"), facts: vec![found(1)] };
    assert_eq!(post(&gzip(&batch.encode().unwrap()), "gzip").fine()["acknowledged_seq"], 1);
    // A few kilobytes that would be a gigabyte.
    let bomb = gzip(&vec![b' '; 64 << 20]);
    assert!(bomb.len() < 1 << 20);
    assert_eq!(post(&bomb, "gzip").status, 413);
    assert_eq!(post(b"no gzip", "gzip").status, 400);
    assert_eq!(post(&batch.encode().unwrap(), "br").status, 415);
    assert_eq!(post(&vec![b'x'; 9 << 20], "identity").status, 413);
    assert_eq!(server.running().app().ingest.counted().now().recorded, 1);
}

#[test]
fn a_token_of_one_node_speaks_for_that_node_and_others_not_at_all() {
    let server = TestServer::start();
    let ada = server.admin();
    let own = token(&server, &[Scope::Ingest], Some("node-1"));
    let batch = Batch { sender: sender("node-2"), facts: vec![wire(1, "gap", json!({"node": "node-2"}))] };
    assert_eq!(send(&own, &batch).status, 403);
    let reader = token(&server, &[Scope::Read, Scope::Triage], None);
    let fine = Batch { sender: sender("node-1"), facts: vec![found(1)] };
    assert_eq!(send(&reader, &fine).status, 403);
    assert_eq!(send(&server.nobody(), &fine).status, 401);
    // A person is no agent, be it the admin.
    assert_eq!(send(&ada, &fine).status, 403);
    assert_eq!(server.running().app().ingest.counted().now().recorded, 0);
}

#[test]
fn what_is_not_an_agents_to_tell_is_refused_for_good_and_named() {
    let server = TestServer::start();
    let ada = server.admin();
    let agent = token(&server, &[Scope::Ingest], None);
    let facts = vec![
        wire(1, "login", json!({"user": "ada", "what": "login"})),
        found(2),
        wire(
            3,
            "disposition",
            json!({"finding": finding(2, Severity::High).id, "by": "ada", "decision": "benign", "reason": "x"}),
        ),
        wire(4, "finding", json!({"node": "another"})),
        wire(5, "observation", json!({"node": "node-1", "from": 3})),
    ];
    let ack = send(&agent, &Batch { sender: sender("node-1"), facts }).fine();
    assert_eq!((&ack["acknowledged_seq"], &ack["refused_count"]), (&json!(5), &json!(4)));
    let numbers: Vec<u64> = ack["refused"].as_array().unwrap().iter().map(|r| r["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 3, 4, 5]);
    let whole = ada.get(&format!("/findings/{}", finding(2, Severity::High).id)).fine();
    assert_eq!(whole["row"]["decision"], Json::Null);
}

#[test]
fn bodies_that_are_no_batch_are_errors_and_nothing_more() {
    let server = TestServer::start();
    let agent = token(&server, &[Scope::Ingest], None);
    let fine = Batch { sender: sender("node-1"), facts: vec![found(1), found(2)] }.encode().unwrap();
    let text = String::from_utf8(fine.clone()).unwrap();
    let cut = text.lines().take(2).collect::<Vec<_>>().join("\n");
    let again = format!("{text}{}\n", text.lines().nth(1).unwrap());
    let wrong: &[&[u8]] = &[
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b"{\"format\":\"other/1\",\"node\":\"n\",\"run\":\"r\",\"facts\":0}",
        b"{\"format\":\"avouch.facts/1\",\"node\":\"a\\u0000b\",\"run\":\"r\",\"facts\":0}",
        cut.as_bytes(),
        again.as_bytes(),
        &fine[..fine.len() - 20],
    ];
    for body in wrong {
        let answer = agent.send("POST", "/ingest/facts", Some((MEDIA, body)));
        assert_eq!(answer.status, 400, "{}: {}", String::from_utf8_lossy(body), answer.body);
    }
    assert_eq!(server.running().app().ingest.counted().now().unreadable, wrong.len() as u64);
    assert_eq!(server.running().app().ingest.counted().now().recorded, 0);
}
