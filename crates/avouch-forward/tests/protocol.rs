//! The client against a server that answers, fails, forgets to answer and restarts: at the end it has each fact once and in order.

#![expect(clippy::expect_used, reason = "a test")]

mod server;

use std::time::{Duration, Instant};

use avouch_finding::{Fact, Gap, Time};
use avouch_forward::{Config, Forwarder, Most, Options, Pace, Sender, Server, Spool, Status, Token};
use server::{Mood, TestServer};

/// Far beyond what is needed: a test that waits so long has failed.
const LONG: Duration = Duration::from_secs(60);

fn sender(run: &str) -> Sender {
    Sender { node: "n1".into(), cluster: "prod".into(), run: run.into(), version: "0.1.0".into() }
}

fn fact(text: &str) -> Fact {
    Gap { from: Time(5), to: Time(6), node: "n1".into(), reason: text.into(), ..Gap::default() }.into()
}

fn config(url: &str) -> Config {
    let mut server = Server::new(url).expect("an address");
    server.token = Token::Text("token-of-n1".to_owned());
    server.timeout = Duration::from_secs(5);
    let ms = Duration::from_millis;
    Config {
        server,
        most: Most { facts: 20, bytes: 1 << 20 },
        pace: Pace { first: ms(1), longest: ms(8), refused: ms(4) },
    }
}

fn start(outbox: avouch_forward::Outbox, config: Config) -> (Forwarder, std::sync::mpsc::Receiver<String>) {
    let (tell, told) = std::sync::mpsc::channel();
    let hear = move |line: &str| tell.send(line.to_owned()).unwrap_or(());
    (Forwarder::start(outbox, config, Box::new(hear)).expect("starts"), told)
}

/// Waits until the forwarder stands as wanted.
fn until(forwarder: &Forwarder, what: &str, wanted: impl Fn(&Status) -> bool) -> Status {
    let end = Instant::now() + LONG;
    loop {
        let status = forwarder.status();
        if wanted(&status) {
            return status;
        }
        assert!(Instant::now() < end, "{what}: {status:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn each_fact_once_and_in_order_whatever_the_server_does() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut server = TestServer::start(Mood::Wild(7));
    let mut expected = Vec::new();
    let mut total = 0;
    for life in 0..4 {
        let run = format!("run-{life}");
        let options = Options { bytes: 64 << 20, segment_bytes: 4 << 10 };
        let (mut spool, outbox, _) = Spool::open(dir.path(), options, sender(&run)).expect("opens");
        let (forwarder, _told) = start(outbox, config(&server.url()));
        let mut texts = Vec::new();
        for n in 0..400 {
            let text = format!("{run} {n} {}", "x".repeat(n % 90));
            spool.record(&fact(&text), Time(n as u64)).expect("records");
            texts.push(text);
            if n % 11 == 0 {
                spool.flush(Time(n as u64)).expect("flushes");
            }
            if n == 200 {
                server.restart();
            }
        }
        spool.flush(Time(400)).expect("flushes");
        total += texts.len();
        expected.push((run, texts));
        if life % 2 == 0 {
            until(&forwarder, "all is sent", |s| s.waiting == 0 && s.sent > 0);
        }
        spool.end(Time(401)).expect("ends");
        // The odd lives leave what waits to the next.
        let status = forwarder.finish(if life == 3 { LONG } else { Duration::from_millis(5) });
        assert_eq!((status.dropped, status.refused), (0, 0));
        if life == 3 {
            assert_eq!(status.waiting, 0, "{status:?}");
        }
        wait_for_lock(dir.path());
    }
    let ledger = server.ledger();
    assert_eq!(ledger.facts.values().map(Vec::len).sum::<usize>(), total);
    for (run, texts) in expected {
        assert_eq!(ledger.facts.get(&run), Some(&texts));
    }
    assert_eq!(ledger.holes, 0);
    // The server did what the test is about.
    assert!(ledger.repeats > 0 && ledger.failed > 20, "{} repeats, {} failures", ledger.repeats, ledger.failed);
}

/// A forwarder whose last request hangs holds the folder for a moment longer.
fn wait_for_lock(dir: &std::path::Path) {
    let end = Instant::now() + LONG;
    while let Err(error) = Spool::open(dir, Options::new(64 << 20), sender("probe")) {
        assert!(Instant::now() < end, "{error}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_refusal_is_said_kept_and_tried_again() {
    let dir = tempfile::tempdir().expect("a folder");
    for (status, words) in [(401, "token"), (403, "token"), (400, "does not take"), (404, "no server of avouch")] {
        let server = TestServer::start(Mood::Answer(status));
        let (mut spool, outbox, _) = Spool::open(dir.path(), Options::new(1 << 20), sender("a")).expect("opens");
        let (forwarder, told) = start(outbox, config(&server.url()));
        spool.record(&fact(&status.to_string()), Time(1)).expect("records");
        spool.flush(Time(1)).expect("flushes");
        let line = told.recv_timeout(LONG).expect("the refusal is said");
        assert!(line.contains("REFUSES") && line.contains(words) && line.contains("why of the server"), "{line}");
        let standing = until(&forwarder, "refused", |s| s.failing.as_ref().is_some_and(|f| f.refused));
        assert_eq!((standing.waiting, standing.sent), (1, 0));
        // It is not tried for ever in vain: once somebody helps, it goes.
        server.cheer_up();
        until(&forwarder, "all is sent", |s| s.waiting == 0 && s.failing.is_none());
        assert!(told.recv_timeout(LONG).expect("the recovery is said").contains("takes facts again"));
        assert_eq!(server.ledger().facts["a"], [status.to_string()]);
        spool.end(Time(2)).expect("ends");
        assert_eq!(forwarder.finish(LONG).waiting, 0);
        wait_for_lock(dir.path());
    }
}

#[test]
fn a_wait_that_the_server_asks_for_is_kept() {
    let dir = tempfile::tempdir().expect("a folder");
    let server = TestServer::start(Mood::Busy(1));
    let (mut spool, outbox, _) = Spool::open(dir.path(), Options::new(1 << 20), sender("a")).expect("opens");
    let (forwarder, _told) = start(outbox, config(&server.url()));
    spool.record(&fact("x"), Time(1)).expect("records");
    spool.flush(Time(1)).expect("flushes");
    let begun = Instant::now();
    until(&forwarder, "busy", |s| s.failing.is_some());
    server.cheer_up();
    until(&forwarder, "all is sent", |s| s.waiting == 0);
    // Its own waits are of some ms.
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!(server.requests(), 2);
    spool.end(Time(2)).expect("ends");
    forwarder.finish(LONG);
}

#[test]
fn a_batch_that_is_too_large_is_made_smaller() {
    let dir = tempfile::tempdir().expect("a folder");
    let server = TestServer::start(Mood::AtMost(3));
    let (mut spool, outbox, _) = Spool::open(dir.path(), Options::new(1 << 20), sender("a")).expect("opens");
    for n in 0..50 {
        spool.record(&fact(&n.to_string()), Time(1)).expect("records");
    }
    spool.flush(Time(1)).expect("flushes");
    let (forwarder, _told) = start(outbox, config(&server.url()));
    until(&forwarder, "all is sent", |s| s.waiting == 0 && s.sent == 50);
    assert_eq!(server.ledger().facts["a"].len(), 50);
    spool.end(Time(2)).expect("ends");
    forwarder.finish(LONG);
}

#[test]
fn no_word_but_an_acknowledgement_makes_it_forget() {
    let dir = tempfile::tempdir().expect("a folder");
    let (mut spool, outbox, _) = Spool::open(dir.path(), Options::new(1 << 20), sender("a")).expect("opens");
    spool.record(&fact("x"), Time(1)).expect("records");
    spool.flush(Time(1)).expect("flushes");
    let server = TestServer::start(Mood::Say("<html>Please log in to the network</html>"));
    let (forwarder, _told) = start(outbox, config(&server.url()));
    for words in [
        r#"{}"#,
        r#"{"run":"other","acknowledged_seq":1}"#,
        r#"{"run":"a","acknowledged_seq":0}"#,
        r#"{"run":"a","acknowledged_seq":2}"#,
        r#"{"run":"a","acknowledged_seq":"1"}"#,
    ] {
        let before = server.requests();
        until(&forwarder, words, |s| {
            assert_eq!((s.waiting.max(1), s.sent), (1, 0));
            server.requests() > before + 2
        });
        server.set(Mood::Say(words));
    }
    let before = server.requests();
    until(&forwarder, "the last words", |s| {
        assert_eq!(s.sent, 0);
        server.requests() > before + 2
    });
    server.cheer_up();
    until(&forwarder, "all is sent", |s| s.waiting == 0 && s.sent == 1);
    spool.end(Time(2)).expect("ends");
    forwarder.finish(LONG);
}

#[test]
fn facts_that_the_server_does_not_take_hold_up_no_other_and_are_said() {
    let dir = tempfile::tempdir().expect("a folder");
    let server = TestServer::start(Mood::Kind);
    let (mut spool, outbox, _) = Spool::open(dir.path(), Options::new(1 << 20), sender("a")).expect("opens");
    let forged = serde_json::json!({"finding": "f", "by": "auditor", "decision": "benign"});
    let elsewhere = Gap { node: "n2".into(), reason: "of another node".into(), ..Gap::default() };
    spool.record(&fact("first"), Time(1)).expect("records");
    spool.record(&Fact::Other { kind: "disposition".into(), body: forged }, Time(1)).expect("records");
    spool.record(&elsewhere.into(), Time(1)).expect("records");
    spool.record(&fact("last"), Time(1)).expect("records");
    spool.flush(Time(1)).expect("flushes");
    let (forwarder, told) = start(outbox, config(&server.url()));
    let status = until(&forwarder, "all is sent", |s| s.waiting == 0 && s.sent > 0);
    assert_eq!(status.refused, 2);
    assert!(told.recv_timeout(LONG).expect("it is said").contains("does not take 2 facts"));
    let ledger = server.ledger();
    assert_eq!(ledger.facts["a"], ["first", "last"]);
    assert_eq!(ledger.holes, 1);
    spool.end(Time(2)).expect("ends");
    forwarder.finish(LONG);
}

#[test]
fn an_end_does_not_wait_for_a_server_that_is_away() {
    let dir = tempfile::tempdir().expect("a folder");
    let (mut spool, outbox, _) = Spool::open(dir.path(), Options::new(1 << 20), sender("a")).expect("opens");
    let url = TestServer::start(Mood::Kind).url();
    let mut away = config(&url);
    away.pace = Pace::default();
    let (forwarder, _told) = start(outbox, away);
    spool.record(&fact("x"), Time(1)).expect("records");
    spool.flush(Time(1)).expect("flushes");
    until(&forwarder, "a failure", |s| s.failing.is_some());
    spool.end(Time(2)).expect("ends");
    let begun = Instant::now();
    let status = forwarder.finish(Duration::from_millis(50));
    assert!(begun.elapsed() < LONG / 2);
    assert_eq!(status.waiting, 1);
    wait_for_lock(dir.path());
    let (_, _, report) = Spool::open(dir.path(), Options::new(1 << 20), sender("b")).expect("opens");
    assert_eq!(report.waiting, 1);
}
