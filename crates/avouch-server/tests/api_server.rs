//! The audit webhook of a Kubernetes API server, as its batch mode calls us: several batches at once and in any order, each sent again
//! after any error up to five times, whatever the error says, every stage of a request an event of its own, large events cut.
//!
//! What it does is from its sources (`apiserver/plugin/pkg/audit/{buffered,truncate,webhook}`, `client-go/rest`); no API server runs here.

#![expect(clippy::unwrap_used, reason = "a test")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use avouch_audit::Format;
use avouch_auth::{NewToken, Scope};
use avouch_controls::AcceptanceSet;
use avouch_pipeline::live::audit::{AuditLimits, AuditSource};
use avouch_pipeline::{RuleSet, RuleSetOptions};
use avouch_server::{AuditSetup, system_clock};
use common::{Answer, Caller, TestServer};
use serde_json::{Value as Json, json};

const RULES: &str = "
- rule: Secret read
  desc: d
  condition: ka.stage = ResponseComplete and ka.target.resource = secrets
  output: user=%ka.user.name secret=%ka.target.name
  priority: WARNING
  source: k8s_audit
";
/// Attempts at one batch (`webhook.DefaultRetryBackoffWithInitialDelay`).
const ATTEMPTS: usize = 5;
/// Events of a batch (`--audit-webhook-batch-max-size`).
const BATCH: usize = 400;

fn server() -> TestServer {
    let rules = RuleSet::from_texts(vec![("r".into(), RULES.into())], Vec::new(), &RuleSetOptions::default());
    assert!(!rules.has_errors(), "{:?}", rules.diagnostics);
    let audit = AuditSetup {
        rules: Arc::new(rules),
        acceptances: AcceptanceSet::default(),
        limits: AuditLimits::default(),
        digest_keys: Arc::default(),
        expected: vec![AuditSource { node: "prod".into(), cluster: "prod".into(), format: Format::K8sAudit }],
        archive: None,
    };
    TestServer::with(tempfile::tempdir().unwrap(), |options| options.audit = Some(audit))
}

/// An API server with the token of its cluster, which says of itself what client-go says.
fn api_server(server: &TestServer) -> Caller {
    let new = NewToken { name: "prod".into(), scopes: vec![Scope::Ingest], node: Some("prod".into()), expires: None };
    let made = server.running().app().accounts.accounts().add_token(&new, "ada", system_clock()()).unwrap();
    let caller = server.nobody().with_token(made.value.expose());
    let agent = "kube-apiserver/v1.34.1 (linux/amd64) kubernetes/93248f9";
    caller.with_header("user-agent", agent).with_header("accept", "application/json, */*")
}

/// One request to the API server, in all its stages.
fn request(n: usize, resource: &str, body: &str) -> Vec<Json> {
    let now = system_clock()().to_string();
    let stage = |stage: &str| {
        let mut event = json!({
            "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Request", "auditID": format!("0c0f8d2e-0000-4000-8000-{n:012}"),
            "stage": stage, "requestURI": format!("/api/v1/namespaces/shop/{resource}/db-{n}"), "verb": "get",
            "user": {"username": "eve", "uid": "u-1", "groups": ["dev", "system:authenticated"]},
            "sourceIPs": ["192.0.2.7"], "userAgent": "kubectl/v1.34.1",
            "objectRef": {"resource": resource, "namespace": "shop", "name": format!("db-{n}"), "apiVersion": "v1"},
            "requestReceivedTimestamp": now, "stageTimestamp": now,
            "annotations": {"authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": ""},
        });
        if stage == "ResponseComplete" {
            event["responseStatus"] = json!({"metadata": {}, "code": 200});
            if !body.is_empty() {
                event["requestObject"] = json!({"kind": "ConfigMap", "data": {"text": body}});
            }
        }
        event
    };
    vec![stage("RequestReceived"), stage("ResponseComplete")]
}

fn batch(events: &[Json]) -> Vec<u8> {
    json!({"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "metadata": {}, "items": events})
        .to_string()
        .into_bytes()
}

fn post(who: &Caller, body: &[u8]) -> Answer {
    // client-go asks for an answer within the timeout of the webhook.
    who.send("POST", "/ingest/k8s_audit/prod?timeout=30s", Some(("application/json", body)))
}

/// Sends as the batch mode does: again after any answer but a good one. The pauses between are left out.
fn deliver(who: &Caller, body: &[u8]) -> bool {
    (0..ATTEMPTS).any(|_| post(who, body).status == 200)
}

/// The source on the page Health, once it says what is asked for.
fn health(ada: &Caller, says: impl Fn(&Json) -> bool) -> Json {
    for _ in 0..300 {
        let health = ada.get("/health").fine();
        if says(&health) {
            return health;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("{}", ada.get("/health").fine());
}

#[test]
fn every_request_is_judged_once_however_its_batches_come() {
    let server = server();
    let ada = server.admin();
    let who = api_server(&server);
    // 2,400 requests, every fourth for a secret, in twelve batches that are sent at once and from both ends, each at least twice: the
    // first answer never reached the API server.
    let events: Vec<Json> =
        (0..2_400).flat_map(|n| request(n, if n % 4 == 0 { "secrets" } else { "pods" }, "")).collect();
    let batches: Vec<Vec<u8>> = events.chunks(BATCH).map(batch).collect();
    assert_eq!(batches.len(), 12);
    std::thread::scope(|scope| {
        for (n, body) in batches.iter().rev().enumerate() {
            let who = &who;
            scope.spawn(move || {
                if n % 2 == 0 {
                    post(who, body);
                }
                assert!(deliver(who, body));
                assert!(deliver(who, body));
            });
        }
    });
    assert_eq!(ada.get("/findings/counts").fine()["count"], 600);
    let health = health(&ada, |h| h["sources"][0]["events"] == 4_800);
    assert_eq!((&health["sources"][0]["state"], &health["sources"][0]["drops"]), (&json!("ok"), &json!(0)), "{health}");
}

#[test]
fn large_batches_are_taken_whole_and_events_that_were_cut_are_judged_by_what_is_left() {
    let server = server();
    let ada = server.admin();
    let who = api_server(&server);
    // As much as it sends at once when it cuts (`--audit-webhook-truncate-max-batch-size`), events of 100 KiB.
    let text = "x".repeat(98 << 10);
    let events: Vec<Json> = (0..52).flat_map(|n| request(n, "secrets", &text)).collect();
    let large = batch(&events);
    assert!(large.len() > 5 << 20);
    let answer = post(&who, &[&large[..]].concat()).fine();
    assert_eq!((&answer["records"], &answer["findings"], &answer["refused"]), (&json!(104), &json!(52), &json!(0)));

    let mut cut = request(100, "secrets", "").remove(1);
    cut["annotations"]["audit.k8s.io/truncated"] = json!("true");
    let answer = post(&who, &batch(&[cut])).fine();
    assert_eq!((&answer["records"], &answer["findings"]), (&json!(1), &json!(1)));
    let cause = "parts of events cut by the API server";
    let health = health(&ada, |h| h["nodes"][0]["lost_by_cause"][cause] == 1);
    assert_eq!((&health["nodes"][0]["lost"], &health["sources"][0]["drops"]), (&json!(0), &json!(0)), "{health}");
}

#[test]
fn what_can_never_be_read_is_lost_once_however_often_it_is_sent() {
    let server = server();
    let ada = server.admin();
    let who = api_server(&server);
    assert!(deliver(&who, &batch(&request(1, "pods", ""))));
    // A proxy's page in place of the batch: the answer is an error, and the API server sends it again all the same.
    let broken = b"<html>502 Bad Gateway</html>";
    assert!(!deliver(&who, broken));
    assert_eq!(post(&who, broken).status, 400);
    // One bad event among good ones does not hold up the others, and the batch is not sent again.
    let mut events = request(2, "secrets", "");
    events.push(json!("no event"));
    let answer = post(&who, &batch(&events)).fine();
    assert_eq!((&answer["records"], &answer["refused"], &answer["findings"]), (&json!(2), &json!(1), &json!(1)));
    let health = health(&ada, |h| h["sources"][0]["drops"] == 2);
    assert_eq!(health["sources"][0]["state"], "losing", "{health}");
    assert!(health["reasons"][0].as_str().unwrap().contains("2 events were lost"), "{health}");
}
