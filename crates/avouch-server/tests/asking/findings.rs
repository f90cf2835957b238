//! Findings over HTTP: what was recorded is listed, counted, shown whole, and acted on.

use crate::common::{TestServer, finding};
use avouch_finding::Severity;
use serde_json::json;

#[test]
fn findings_are_listed_page_by_page_counted_and_acted_on() {
    let server = TestServer::start();
    let ada = server.admin();
    let severities = [Severity::Low, Severity::High];
    server.record((0..25).map(|n| finding(n, severities[usize::try_from(n % 2).unwrap()])).collect());

    let first = ada.get("/findings?limit=10").fine();
    assert_eq!(first["rows"].as_array().unwrap().len(), 10);
    assert_eq!(first["rows"][0]["command"], "sh -c task-24");
    let (mut seen, mut next) = (10, first["next"].as_str().map(str::to_owned));
    while let Some(cursor) = next {
        let page = ada.get(&format!("/findings?limit=10&after={cursor}")).fine();
        seen += page["rows"].as_array().unwrap().len();
        next = page["next"].as_str().map(str::to_owned);
    }
    assert_eq!(seen, 25);

    let counts = ada.get("/findings/counts?severity=high&facet=rule,severity").fine();
    assert_eq!(counts["count"], 12);
    assert_eq!(counts["answer"]["query"], "severity=high");
    let by_rule: u64 =
        counts["facets"][0]["values"].as_array().unwrap().iter().map(|v| v["count"].as_u64().unwrap()).sum();
    assert_eq!(by_rule, 12);

    let id = first["rows"][0]["id"].as_str().unwrap();
    let acts = json!({"ids": [id], "acknowledge": {"note": "looking"}, "decide": {"decision": "benign", "reason": "known job"}});
    let recorded = ada.post("/findings/act", &acts).fine();
    assert_eq!(recorded["recorded"].as_array().unwrap().len(), 2);
    let whole = ada.get(&format!("/findings/{id}")).fine();
    assert_eq!(whole["finding"]["fields"]["proc.name"], "sh");
    assert_eq!(whole["row"]["decision"]["decision"], "benign");
    assert_eq!(whole["row"]["acknowledged"]["by"], "ada");
    let kinds: Vec<&str> = whole["history"].as_array().unwrap().iter().map(|h| h["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["acknowledgement", "disposition"]);
}

#[test]
fn a_decision_needs_a_reason_and_a_finding_that_is_there() {
    let server = TestServer::start();
    let ada = server.admin();
    server.record(vec![finding(1, Severity::Low)]);
    let id = finding(1, Severity::Low).id;
    let wrong = [
        json!({"ids": [], "note": {"text": "x"}}),
        json!({"ids": [id]}),
        json!({"ids": [id], "decide": {"decision": "maybe", "reason": "x"}}),
        json!({"ids": [id], "decide": {"decision": "true", "reason": " "}}),
        json!({"ids": [id], "note": {"text": ""}}),
        json!({"ids": [id], "surprise": true}),
    ];
    for body in wrong {
        let answer = ada.post("/findings/act", &body);
        assert_eq!(answer.status, 400, "{body}: {}", answer.body);
        assert!(answer.json()["error"]["message"].is_string());
    }
    let missing = json!({"ids": ["0123"], "note": {"text": "x"}});
    assert_eq!(ada.post("/findings/act", &missing).status, 404);
    assert!(ada.get(&format!("/findings/{id}")).fine()["history"].as_array().unwrap().is_empty());
}

#[test]
fn nobody_sees_findings_without_a_login() {
    let server = TestServer::start();
    let nobody = server.nobody();
    for path in [
        "/findings",
        "/findings/counts",
        "/findings/groups",
        "/findings/export",
        "/findings/x",
        "/findings/x/explain",
        "/activity",
        "/stream",
    ] {
        assert_eq!(nobody.get(path).status, 401, "{path}");
    }
    let state = nobody.get("/session").fine();
    assert_eq!((&state["user"], &state["setup_needed"]), (&json!(null), &json!(true)));
}
