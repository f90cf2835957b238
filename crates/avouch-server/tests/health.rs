//! Health over HTTP: what is watched, with reasons; figures for Prometheus; silence becomes a gap in the evidence.

#![expect(clippy::unwrap_used, reason = "a test")]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use avouch_auth::{NewToken, Scope};
use avouch_finding::{
    DigestCheck, Fact, Kind, Losses, Observation, Severity, SignatureState, SourceState, Time, Watching,
};
use avouch_server::system_clock;
use avouch_store::Period;
use common::{Caller, TestServer, finding};
use serde_json::Value as Json;

const SECOND: u64 = 1_000_000_000;

/// A clock that goes with the machine's and can be put forward.
#[derive(Clone, Default)]
struct Ahead(Arc<AtomicU64>);

impl Ahead {
    fn now(&self) -> Time {
        Time(system_clock()().0 + self.0.load(Ordering::SeqCst))
    }

    fn by(&self, seconds: u64) {
        self.0.fetch_add(seconds * SECOND, Ordering::SeqCst);
    }

    fn server(&self) -> TestServer {
        let clock = self.clone();
        TestServer::with(tempfile::tempdir().unwrap(), |options| options.clock = Arc::new(move || clock.now()))
    }
}

/// The last ten seconds before `to` of a node.
fn seen(node: &str, to: Time, lost: u64) -> Fact {
    let state = SourceState { state: Watching::Delivers, events: 100, ..SourceState::default() };
    Observation {
        from: Time(to.0 - 10 * SECOND),
        to,
        node: node.to_owned(),
        cluster: "prod".to_owned(),
        run: "run-1".to_owned(),
        rules: "abcdef".to_owned(),
        sources: BTreeMap::from([("syscall".to_owned(), state)]),
        events: 100,
        detections: 2,
        lost: Losses { events: lost, by_cause: BTreeMap::new() },
        ..Observation::default()
    }
    .into()
}

fn token(server: &TestServer, scope: Scope) -> Caller {
    let new = NewToken { name: format!("t-{}", scope.name()), scopes: vec![scope], node: None, expires: None };
    let made = server.running().app().accounts.accounts().add_token(&new, "ada", system_clock()()).unwrap();
    server.nobody().with_token(made.value.expose())
}

/// Asks until the answer fits: what was recorded reaches the board a moment later.
fn until(ask: impl Fn() -> Json, fits: impl Fn(&Json) -> bool) -> Json {
    for _ in 0..1_200 {
        let answer = ask();
        if fits(&answer) {
            return answer;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("it never came to be: {}", ask());
}

#[test]
fn what_is_watched_is_told_with_its_reasons() {
    let clock = Ahead::default();
    let server = clock.server();
    let ada = server.admin();
    let empty = ada.get("/health").fine();
    assert_eq!(empty["ready"], false, "nothing watched is not ready");
    assert_eq!(server.nobody().get("//readyz").status, 503);

    server.tell(vec![seen("n1", clock.now(), 0)]);
    let health = until(|| ada.get("/health").fine(), |h| h["ready"] == true);
    let source = &health["sources"][0];
    assert_eq!((&source["node"], &source["source"], &source["state"]), (&"n1".into(), &"syscall".into(), &"ok".into()));
    assert_eq!(
        (&source["events"], &source["rules_digest"], &source["drops"]),
        (&100.into(), &"abcdef".into(), &0.into())
    );
    assert!(health["answer"]["took_ms"].is_number() && health["ledger"]["seq"].as_u64() > Some(0), "{health}");
    assert!(health["store"]["store_bytes"].as_u64() > Some(0), "{health}");
    assert_eq!(server.nobody().get("//readyz").fine()["ready"], true);
    // The server is up: that was never in question.
    assert_eq!(server.nobody().get("//healthz").fine()["alive"], true);

    server.tell(vec![seen("n2", clock.now(), 7)]);
    let health = until(|| ada.get("/health").fine(), |h| h["ready"] == false);
    assert_eq!(health["reasons"], serde_json::json!(["syscall of n2: 7 events were lost in the last 10 min"]));
    let ready = server.nobody().get("//readyz");
    assert_eq!((ready.status, &ready.json()["reasons"]), (503, &health["reasons"]));
}

/// What was found changed stays a reason when the server is started anew: else a restart would make it go away.
#[test]
fn files_that_were_changed_are_known_after_a_restart() {
    let now = system_clock()();
    let account = |ago: u64| {
        let state = SourceState { state: Watching::Delivers, events: 7, ..SourceState::default() };
        let to = Time(now.0 - ago * SECOND);
        let sources = BTreeMap::from([("aws_cloudtrail".to_owned(), state)]);
        let (node, run) = ("1111".to_owned(), "server-1".to_owned());
        Fact::from(Observation { from: Time(to.0 - 10 * SECOND), to, node, run, sources, ..Observation::default() })
    };
    let check = DigestCheck {
        time: Time(now.0 - 20 * SECOND),
        node: "1111".into(),
        source: "aws_cloudtrail".into(),
        name: "d.json.gz".into(),
        signature: SignatureState::Failed,
        reason: "its signature was not made with the key that it names".into(),
        ..DigestCheck::default()
    };
    let says = |h: &Json| h["reasons"].as_array().unwrap().iter().any(|r| r.as_str().unwrap().contains("d.json.gz"));
    let first = TestServer::start();
    let ada = first.admin();
    first.tell(vec![account(30), check.into(), account(10)]);
    let before = until(|| ada.get("/health").fine(), says);
    let state = |h: &Json| h["sources"][0]["state"].clone();
    assert_eq!(state(&before), "changed");
    let dir = first.end();
    let again = TestServer::over(dir);
    let ada = again.nobody().log_in("ada", common::PASSWORD);
    let after = until(|| ada.get("/health").fine(), says);
    assert_eq!((state(&after), &after["ready"]), ("changed".into(), &false.into()));
}

#[test]
fn an_agent_that_falls_silent_leaves_a_gap_in_the_evidence_once() {
    let clock = Ahead::default();
    let server = clock.server();
    let ada = server.admin();
    let last = clock.now();
    server.tell(vec![seen("n1", last, 0)]);
    let health = until(|| ada.get("/health").fine(), |h| h["ready"] == true);
    // Nothing is claimed of the time before it was first watched.
    let begun = Time(last.0 - 10 * SECOND).to_string();
    assert_eq!(health["sources"][0]["expected"]["from"].as_str(), Some(begun.as_str()));
    let before = ada.get("/health?from=2020-01-01&to=2020-01-02").fine();
    assert_eq!(before["sources"][0]["expected"], Json::Null);
    clock.by(60);
    let gaps = || {
        let store =
            avouch_store::Store::open(server.dir().join("data/store"), avouch_store::Options::default()).unwrap();
        let facts = store.reader().unwrap().facts(Kind::Gap, Period::ALL).unwrap();
        Json::from(facts.iter().map(|f| f.fact.body().unwrap()).collect::<Vec<_>>())
    };
    let told = until(gaps, |g| !g.as_array().unwrap().is_empty());
    assert_eq!(told[0]["from"].as_str().unwrap(), last.to_string());
    assert!(told[0]["reason"].as_str().unwrap().contains("silent"), "{told}");
    let health = ada.get("/health").fine();
    assert_eq!(health["sources"][0]["state"], "silent");
    let gap = &health["sources"][0]["gaps"][0];
    assert!(gap["cause"].as_str().unwrap().contains("silent"), "{health}");

    // It comes back: the rest of the gap is told, and then no more.
    clock.by(100);
    let back = clock.now();
    server.tell(vec![seen("n1", back, 0)]);
    let told = until(gaps, |g| g.as_array().unwrap().len() == 2);
    assert_eq!(told[1]["from"], told[0]["to"]);
    assert_eq!(told[1]["to"].as_str().unwrap(), Time(back.0 - 10 * SECOND).to_string());
    assert_eq!(ada.get("/health").fine()["sources"][0]["state"], "ok");
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(gaps().as_array().unwrap().len(), 2);
}

#[test]
fn figures_are_named_explained_and_right() {
    let clock = Ahead::default();
    let server = clock.server();
    let ada = server.admin();
    server.tell(vec![seen("n\"1\\\n", clock.now(), 3)]);
    server.record(vec![finding(1, Severity::High), finding(2, Severity::High), finding(3, Severity::Low)]);
    until(|| ada.get("/health").fine(), |h| !h["sources"].as_array().unwrap().is_empty());
    let plain = server.nobody().get("//metrics");
    assert!(plain.headers["content-type"].to_str().unwrap().starts_with("text/plain; version=0.0.4"));
    assert!(plain.body.contains("# TYPE avouch_facts_total counter\n"), "{}", plain.body);
    let prometheus = "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    let text = server.nobody().with_header("accept", prometheus).get("//metrics");
    assert_eq!(text.status, 200, "{}", text.body);
    assert!(text.headers["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
    let lines: Vec<&str> = text.body.lines().collect();
    assert_eq!(lines.last(), Some(&"# EOF"));
    for expected in [
        "avouch_ready 0.0",
        r#"avouch_findings_total{severity="high"} 2"#,
        r#"avouch_findings_total{severity="low"} 1"#,
        r#"avouch_source_events_total{cluster="prod",node="n\"1\\\n",source="syscall"} 100"#,
        r#"avouch_source_state{cluster="prod",node="n\"1\\\n",source="syscall",state="losing"} 1.0"#,
        r#"avouch_node_lost_events_total{cluster="prod",node="n\"1\\\n"} 3"#,
        r#"avouch_ingest_batches_total{outcome="recorded"} 0"#,
    ] {
        assert!(lines.contains(&expected), "{expected}\n{}", text.body);
    }
    // Each sample belongs to a family that is explained before it.
    let mut family = "";
    for line in lines {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, words) = help.split_once(' ').unwrap();
            assert!(name.starts_with("avouch_") && words.len() > 10, "{line}");
            family = name;
        } else if !line.starts_with('#') {
            assert!(line.starts_with(family), "{line} after {family}");
        }
    }
}

#[test]
fn from_elsewhere_figures_and_reasons_need_a_token() {
    let clock = Ahead::default();
    let server = clock.server();
    server.tell(vec![seen("n1", clock.now(), 0)]);
    until(|| server.nobody().get("//readyz").json(), |r| r["ready"] == true);
    // As a proxy hands it on; and as a page whose name was made to point here.
    for (header, value) in
        [("x-forwarded-for", "192.0.2.7"), ("forwarded", "for=192.0.2.7"), ("host", "evil.example:8470")]
    {
        let elsewhere = server.nobody().with_header(header, value);
        let answer = elsewhere.get("//metrics");
        assert!([401, 403, 421].contains(&answer.status), "{header}: {}", answer.status);
        let ready = elsewhere.get("//readyz");
        assert!(!ready.body.contains("n1"), "{header}: {}", ready.body);
    }
    let forwarded = |caller: Caller| caller.with_header("x-forwarded-for", "192.0.2.7").get("//metrics").status;
    let (reader, ingest) = (token(&server, Scope::Read), token(&server, Scope::Ingest));
    assert_eq!(forwarded(reader.clone()), 200);
    assert_eq!(forwarded(ingest.clone()), 403);
    assert_eq!(forwarded(server.nobody().with_token("avt_nonsense")), 401);
    assert_eq!(server.nobody().get("/health").status, 401);
    assert_eq!(ingest.get("/health").status, 403);
    assert_eq!(reader.get("/health").status, 200);
}
