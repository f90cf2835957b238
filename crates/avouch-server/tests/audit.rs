//! Audit records over HTTP and from a folder: judged by rules, recorded once, and told of when nothing comes.

#![expect(clippy::unwrap_used, reason = "a test")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use avouch_audit::Format;
use avouch_auth::{NewToken, Scope};
use avouch_controls::AcceptanceSet;
use avouch_pipeline::live::audit::{ArchiveOptions, AuditLimits, AuditSource};
use avouch_pipeline::{RuleSet, RuleSetOptions};
use avouch_server::{AuditSetup, Trail, system_clock};
use common::{Answer, Caller, TestServer};
use serde_json::{Value as Json, json};

const RULES: &str = "
- rule: Secret read
  desc: d
  condition: ka.target.resource = secrets
  output: user=%ka.user.name
  priority: WARNING
  source: k8s_audit
- rule: Eve called
  desc: d
  condition: ct.user = eve
  output: user=%ct.user
  priority: ERROR
  source: aws_cloudtrail
";

fn setup(dir: &std::path::Path) -> AuditSetup {
    let texts = vec![("rules.yaml".to_owned(), RULES.to_owned())];
    let rules = RuleSet::from_texts(texts, Vec::new(), &RuleSetOptions::default());
    assert!(!rules.has_errors(), "{:?}", rules.diagnostics);
    AuditSetup {
        digest_keys: Arc::default(),
        rules: Arc::new(rules),
        acceptances: AcceptanceSet::default(),
        limits: AuditLimits::default(),
        expected: vec![AuditSource { node: "prod".into(), cluster: "prod".into(), format: Format::K8sAudit }],
        archive: Some(ArchiveOptions::new(dir.join("archive"))),
    }
}

fn server(dir: tempfile::TempDir) -> TestServer {
    let place = dir.path().to_owned();
    TestServer::with(dir, |options| options.audit = Some(setup(&place)))
}

fn token(server: &TestServer, node: Option<&str>) -> Caller {
    let name = format!("t-{}", node.unwrap_or("any"));
    let new = NewToken { name, scopes: vec![Scope::Ingest], node: node.map(str::to_owned), expires: None };
    let made = server.running().app().accounts.accounts().add_token(&new, "ada", system_clock()()).unwrap();
    server.nobody().with_token(made.value.expose())
}

/// A batch as an API server sends it; every third event reads a secret.
fn events(from: usize, to: usize) -> Json {
    let now = system_clock()().to_string();
    let event = |n: usize| {
        let resource = if n.is_multiple_of(3) { "secrets" } else { "pods" };
        json!({"level": "Metadata", "auditID": format!("id-{n}"), "stage": "ResponseComplete", "verb": "get",
            "requestURI": "/api/v1/x", "user": {"username": "eve"}, "objectRef": {"resource": resource, "namespace": "shop", "name": "db"},
            "requestReceivedTimestamp": now, "stageTimestamp": now, "responseStatus": {"code": 200}})
    };
    json!({"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": (from..to).map(event).collect::<Vec<_>>()})
}

fn send(who: &Caller, cluster: &str, body: &Json) -> Answer {
    who.post(&format!("/ingest/k8s_audit/{cluster}"), body)
}

#[test]
fn a_batch_of_an_api_server_is_judged_once() {
    let server = server(tempfile::tempdir().unwrap());
    let ada = server.admin();
    let health = ada.get("/health").fine();
    assert_eq!(health["ready"], false, "nothing came yet: {health}");

    let api_server = token(&server, Some("prod"));
    let batch = events(0, 30);
    let answer = send(&api_server, "prod", &batch).fine();
    assert_eq!((&answer["records"], &answer["findings"], &answer["refused"]), (&json!(30), &json!(10), &json!(0)));
    let again = send(&api_server, "prod", &batch).fine();
    assert_eq!((&again["records"], &again["duplicates"], &again["findings"]), (&json!(0), &json!(30), &json!(0)));

    let found = ada.get("/findings?source=k8s_audit&cluster=prod&limit=50").fine();
    assert_eq!(found["rows"].as_array().unwrap().len(), 10);
    assert_eq!((&found["rows"][0]["rule"], &found["rows"][0]["output"]), (&json!("Secret read"), &json!("user=eve")));
    // The records are kept for back-tests.
    assert!(server.dir().join("archive/k8s_audit").is_dir());
}

#[test]
fn one_bad_record_loses_itself_and_a_body_without_any_is_an_error() {
    let server = server(tempfile::tempdir().unwrap());
    let ada = server.admin();
    let api_server = token(&server, None);
    let mut batch = events(0, 4);
    batch["items"].as_array_mut().unwrap().push(json!("no event"));
    let answer = send(&api_server, "prod", &batch).fine();
    assert_eq!((&answer["records"], &answer["refused"], &answer["findings"]), (&json!(4), &json!(1), &json!(2)));
    for body in [json!("text"), json!({"kind": "EventList", "items": ["x"]})] {
        assert_eq!(send(&api_server, "prod", &body).status, 400, "{body}");
    }
    let raw =
        |bytes: &[u8]| api_server.send("POST", "/ingest/k8s_audit/prod", Some(("application/json", bytes))).status;
    assert_eq!(raw(b"\xff\x00{"), 400);
    assert_eq!(ada.get("/findings/counts").fine()["count"], 2);
}

#[test]
fn a_token_speaks_for_its_cluster() {
    let server = server(tempfile::tempdir().unwrap());
    let ada = server.admin();
    let other = token(&server, Some("test"));
    assert_eq!(send(&other, "prod", &events(0, 3)).status, 403);
    assert_eq!(send(&server.nobody(), "prod", &events(0, 3)).status, 401);
    assert_eq!(send(&ada, "prod", &events(0, 3)).status, 403);
    assert_eq!(send(&token(&server, None), &"x".repeat(200), &events(0, 3)).status, 400);
    assert_eq!(send(&other, "test", &events(0, 3)).fine()["records"], 3);
}

#[test]
fn a_server_without_rules_says_so() {
    let server = TestServer::start();
    let answer = send(&token(&server, None), "prod", &events(0, 3));
    assert_eq!(answer.status, 404);
    assert!(answer.body.contains("--rules"), "{}", answer.body);
}

#[test]
fn files_of_a_trail_are_found_judged_and_not_judged_again() {
    let dir = tempfile::tempdir().unwrap();
    let (place, folder) = (dir.path().to_owned(), dir.path().join("trail"));
    std::fs::create_dir(&folder).unwrap();
    let record = |id: &str, user: Json| {
        json!({"eventVersion": "1.08", "eventType": "AwsApiCall", "eventID": id, "eventTime": "2026-11-20T10:00:00Z", "eventSource": "iam.amazonaws.com",
            "eventName": "CreateUser", "awsRegion": "eu-central-1", "recipientAccountId": "123456789012", "userIdentity": user})
    };
    let records = json!({"Records": [
        record("1", json!({"type": "Root", "accountId": "123456789012"})),
        record("2", json!({"type": "IAMUser", "userName": "eve", "accountId": "123456789012"})),
    ]});
    std::fs::write(folder.join("a.json"), records.to_string()).unwrap();
    let start = |dir| {
        TestServer::with(dir, |options| {
            options.audit = Some(setup(&place));
            options.trails = vec![Trail::Folder(folder.clone())];
        })
    };
    let server = start(dir);
    let ada = server.admin();
    let count = |who: &Caller| who.get("/findings/counts?source=aws_cloudtrail").fine()["count"].as_u64().unwrap();
    for _ in 0..600 {
        if count(&ada) > 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(count(&ada), 1);
    let row = &ada.get("/findings?source=aws_cloudtrail").fine()["rows"][0];
    assert_eq!((&row["rule"], &row["node"]), (&json!("Eve called"), &json!("123456789012")));
    // A new server over the same folder knows what was read.
    let server = start(server.end());
    let ada = server.nobody().log_in("ada", common::PASSWORD);
    std::thread::sleep(Duration::from_secs(6));
    assert_eq!(count(&ada), 1);
}

#[test]
fn a_test_event_arrives_marked_and_proved() {
    let server = TestServer::start();
    let ada = server.admin();
    let made = ada.post("/test-event", &json!({"severity": "high"})).fine();
    assert!(made["seen"].is_string(), "{made}");
    let whole = ada.get(&format!("/findings/{}", made["finding"].as_str().unwrap())).fine();
    let row = &whole["row"];
    assert_eq!((&row["rule"], &row["severity"]), (&json!("avouch test event"), &json!("high")));
    assert_eq!((&row["decision"]["decision"], &row["decision"]["by"]), (&json!("test"), &json!("ada")));
    assert!(row["output"].as_str().unwrap().contains(made["nonce"].as_str().unwrap()));

    let store = avouch_store::Store::open(server.dir().join("data/store"), avouch_store::Options::default()).unwrap();
    let canaries = store.reader().unwrap().facts(avouch_finding::Kind::Canary, avouch_store::Period::ALL).unwrap();
    assert_eq!(canaries.len(), 1);
    let canary = canaries[0].fact.body().unwrap();
    assert_eq!((&canary["nonce"], &canary["synthetic"]), (&made["nonce"], &json!(true)));
    assert_eq!(canary["seen"], made["seen"]);

    assert_eq!(ada.post("/test-event", &json!({"severity": "awful"})).status, 400);
    assert_eq!(ada.post("/test-event", &json!({"cluster": "a\"b"})).status, 400);
    assert_eq!(server.nobody().post("/test-event", &json!({})).status, 401);
}
