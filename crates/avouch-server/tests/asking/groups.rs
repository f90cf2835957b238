//! Groups, and counts that many ask for.

use std::collections::BTreeMap;

use avouch_finding::{Finding, Losses, Observation, Severity, SourceState, Time, Watching};
use serde_json::json;

use crate::common::{TestServer, finding};

#[test]
fn groups_hold_the_findings_that_are_alike_and_what_is_open_of_them() {
    let server = TestServer::start();
    let ada = server.admin();
    let severities = [Severity::Low, Severity::High];
    let findings: Vec<Finding> = (0..9).map(|n| finding(n, severities[usize::from(n == 4)])).collect();
    server.record(findings.clone());
    ada.post("/findings/act", &json!({"ids": [findings[0].id], "acknowledge": {"note": null}})).fine();

    let answer = ada.get("/findings/groups?by=rule,container&order=newest").fine();
    assert_eq!((&answer["count"], &answer["distinct"]), (&json!(9), &json!(3)));
    let groups = answer["groups"].as_array().unwrap();
    let rules: Vec<&str> = groups.iter().map(|g| g["key"]["rule"].as_str().unwrap()).collect();
    assert_eq!(rules, ["Rule 2", "Rule 1", "Rule 0"]);
    // Rule 0 has the findings 0, 3 and 6, of which the first is acknowledged; 4 is of rule 1.
    let zero = &groups[2];
    assert_eq!((&zero["count"], &zero["open"], &zero["key"]["container"]), (&json!(3), &json!(2), &json!(null)));
    assert_eq!((&zero["first"], &zero["last"]), (&json!(findings[0].time), &json!(findings[6].time)));
    assert_eq!(zero["newest"]["id"], json!(findings[6].id));
    assert_eq!((&zero["severity"], &groups[1]["severity"]), (&json!("low"), &json!("high")));

    let few = ada.get("/findings/groups?by=rule&limit=1&severity=low").fine();
    assert_eq!((few["groups"].as_array().unwrap().len(), &few["distinct"]), (1, &json!(3)));
    let usual = ada.get("/findings/groups").fine();
    let key: Vec<&String> = usual["groups"][0]["key"].as_object().unwrap().keys().collect();
    assert_eq!(key, ["container", "process", "rule"]);
}

#[test]
fn counts_that_were_told_before_never_hide_what_was_recorded_since() {
    let server = TestServer::start();
    let ada = server.admin();
    for n in 0..20 {
        server.record(vec![finding(n, Severity::Low)]);
        for _ in 0..2 {
            assert_eq!(ada.get("/findings/counts?facet=rule").fine()["count"], n + 1);
        }
        let id = finding(n, Severity::Low).id;
        ada.post("/findings/act", &json!({"ids": [id], "acknowledge": {}})).fine();
        assert_eq!(ada.get("/findings/counts?acknowledged=yes").fine()["count"], n + 1);
    }
}

#[test]
fn a_column_that_is_asked_for_often_is_answered_once() {
    let server = TestServer::start();
    let ada = server.admin();
    server.record(vec![finding(1, Severity::Low)]);
    let many = vec!["rule"; 200].join(",");
    let answer = ada.get(&format!("/findings/counts?facet={many}&facet=node")).fine();
    let columns: Vec<&str> =
        answer["facets"].as_array().unwrap().iter().map(|f| f["column"].as_str().unwrap()).collect();
    assert_eq!(columns, ["rule", "node"]);
}

fn observed(from: Time, to: Time) -> Observation {
    let state = SourceState { state: Watching::Delivers, events: 100, ..SourceState::default() };
    Observation {
        from,
        to,
        node: "node-1".to_owned(),
        cluster: "prod".to_owned(),
        run: "run-1".to_owned(),
        rules: "abcdef".to_owned(),
        sources: BTreeMap::from([("syscall".to_owned(), state)]),
        events: 100,
        lost: Losses::default(),
        ..Observation::default()
    }
}

#[test]
fn a_histogram_comes_with_what_was_not_watched() {
    let server = TestServer::start();
    let ada = server.admin();
    let at = |minute: u64| Time(finding(0, Severity::Low).time.0 + minute * 60_000_000_000);
    server.tell(vec![observed(at(0), at(1)).into(), observed(at(3), at(4)).into()]);
    let question = format!("/findings/counts?step=60&from={}&to={}", at(0), at(4));
    let answer = ada.get(&question).fine();
    let gaps = answer["gaps"].as_array().unwrap();
    assert!(
        gaps.iter().any(|g| g["node"] == "node-1" && g["from"] == json!(at(1)) && g["to"] == json!(at(3))),
        "{gaps:?}"
    );
    assert!(gaps.iter().all(|g| !g["cause"].as_str().unwrap().is_empty()));
    assert!(!answer["answer"]["partial"].as_array().unwrap().is_empty());
    assert_eq!(ada.get("/findings/counts").fine()["gaps"], json!(null), "not asked for is not: there are none");
}
