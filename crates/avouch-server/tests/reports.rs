//! A report is made in the background, fetched, and verified; controls are judged as the report judges them.

mod common;

use std::time::{Duration, Instant};

use avouch_finding::Severity;
use common::{Caller, TestServer, finding};
use serde_json::{Value as Json, json};

fn done(ada: &Caller, id: &str) -> Json {
    let begun = Instant::now();
    loop {
        let job = ada.get(&format!("/reports/{id}")).fine();
        if matches!(job["state"].as_str(), Some("done" | "failed")) {
            return job;
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "{job}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_report_is_made_fetched_and_verified_and_survives_a_restart() {
    let server = TestServer::start();
    let ada = server.admin();
    server.record((0..5).map(|n| finding(n, Severity::High)).collect());
    let asked = ada.post("/reports", &json!({"from": "2026-11-18", "to": "2026-11-19", "sample": 2})).fine();
    let job = done(&ada, asked["id"].as_str().unwrap());
    assert_eq!(job["state"], "done", "{job}");
    assert_eq!(job["outcome"]["findings"], 5);
    let names: Vec<&str> = job["files"].as_array().unwrap().iter().map(|f| f["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"bundle.tar.gz") && names.contains(&"report/report.html"), "{names:?}");

    let id = job["id"].as_str().unwrap();
    let html = ada.get(&format!("/reports/{id}/files/report%2Freport.html"));
    assert_eq!(html.status, 200);
    assert!(html.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
    let verified = ada.send("POST", &format!("/reports/{id}/verify"), None).fine();
    assert_eq!(verified["verdict"], "intact", "{verified}");
    for path in ["job.json", "report%2Fbundle%2Fmanifest.json", "..%2F..%2Faccounts.db", "%2Fetc%2Fpasswd"] {
        assert_eq!(ada.get(&format!("/reports/{id}/files/{path}")).status, 404, "{path}");
    }

    // What is changed on the disk is found.
    let manifest = server.dir().join(format!("data/server/reports/{id}/report/bundle/README.txt"));
    std::fs::write(&manifest, "changed").unwrap();
    assert_eq!(ada.send("POST", &format!("/reports/{id}/verify"), None).fine()["verdict"], "failed");

    let server = TestServer::over(server.end());
    let ada = server.nobody().log_in("ada", common::PASSWORD);
    assert_eq!(ada.get("/reports").fine()["reports"][0]["id"], id);
}

#[test]
fn controls_without_evidence_are_no_pass() {
    let server = TestServer::start();
    let ada = server.admin();
    server.record(vec![finding(1, Severity::High)]);
    let answer = ada.get("/controls?from=2026-11-18&to=2026-11-19").fine();
    assert_eq!(answer["lists"][0]["id"], "kubernetes-starter");
    let controls: Vec<&Json> =
        answer["criteria"].as_array().unwrap().iter().flat_map(|c| c["controls"].as_array().unwrap()).collect();
    assert!(controls.len() > 30);
    assert!(controls.iter().all(|c| c["state"] != "no_deviation"), "nothing was watched");
    let id = controls.iter().find(|c| c["state"] == "no_evidence").unwrap()["id"].as_str().unwrap();
    let one = ada.get(&format!("/controls/{id}?from=2026-11-18&to=2026-11-19")).fine();
    assert_eq!(one["control"]["id"], id);
    assert!(!one["missing_sources"].as_array().unwrap().is_empty());
    assert_eq!(ada.get("/controls/none?from=2026-11-18&to=2026-11-19").status, 404);
    for query in ["", "?from=2026-11-18&to=2026-11-19&framework=iso", "?from=2026-11-18&to=2026-11-19&severity=high"] {
        assert_eq!(ada.get(&format!("/controls{query}")).status, 400, "{query}");
    }
}
