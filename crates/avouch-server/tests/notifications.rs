//! From a finding that is recorded to a receipt in the ledger: what is told, what is not, and what the console shows of it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use avouch_finding::{Finding, Severity, Suppressed, Time};
use avouch_server::system_clock;
use common::{Caller, TestServer, finding};
use serde_json::{Value as Json, json};

/// A server that tells findings of at least medium severity by lines of a file.
fn server() -> (TestServer, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let told = dir.path().join("told.jsonl");
    let yaml = format!(
        "channels:\n  - {{name: lines, to: {{file: {{path: {}}}}}}}\nroutes:\n  \
         - {{name: severe, match: {{at_least: medium}}, channels: [lines], group_wait: 0s, group_by: [finding]}}\n",
        told.display()
    );
    let file = dir.path().join("notify.yaml");
    std::fs::write(&file, yaml).unwrap();
    (TestServer::with(dir, |o| o.notify.file = Some(file)), told)
}

/// A finding of just now.
fn fresh(n: u64, severity: Severity) -> Finding {
    Finding { time: system_clock()(), id: format!("{n:032x}"), ..finding(n, severity) }
}

fn lines(path: &Path) -> Vec<Json> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Asks again until it is so; the whole test fails when it never is.
fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "it did not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn deliveries(caller: &Caller, at_least: usize) -> Vec<Json> {
    until(|| {
        let rows = caller.get("/deliveries").fine()["rows"].as_array().unwrap().clone();
        (rows.len() >= at_least).then_some(rows)
    })
}

#[test]
fn a_fresh_finding_is_told_once_and_has_a_receipt_what_is_old_in_sum_and_what_is_covered_or_mild_is_not() {
    let (server, told) = server();
    let ada = server.admin();
    let covered = Finding { suppressed: Some(Suppressed { acceptance: "A1".to_owned() }), ..fresh(2, Severity::High) };
    let day = 86_400_000_000_000;
    let old = Finding { time: Time(system_clock()().0 - day), ..fresh(4, Severity::Critical) };
    server.record(vec![fresh(1, Severity::High), covered, fresh(3, Severity::Low), old]);

    let rows = deliveries(&ada, 1);
    assert_eq!(rows[0]["state"], "delivered");
    assert_eq!(rows[0]["findings"], json!([format!("{:032x}", 1)]));
    assert!(rows[0]["seq"].as_u64().unwrap() > 0);
    let lines = lines(&told);
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["finding"]["id"], format!("{:032x}", 1));

    let channels = ada.get("/channels").fine();
    assert_eq!(channels["findings"]["late"], 1);
    assert_eq!(channels["findings"]["routed"], 2);
    assert_eq!(channels["findings"]["unrouted"], 1);
    assert_eq!(channels["channels"][0]["sent"], 1);
    assert_eq!(channels["routes"][0]["matches"], "at least medium");

    // What is old waits to be told in sum; a server that ends does not wait.
    let dir = server.end();
    let again = TestServer::over(dir);
    let ada = again.nobody().log_in("ada", common::PASSWORD);
    let late = deliveries(&ada, 2).into_iter().find(|row| row["reason"] == "late").unwrap();
    assert_eq!((&late["state"], &late["count"], &late["channel"]), (&json!("delivered"), &json!(1), &json!("lines")));
    assert_eq!(late["findings"], json!([format!("{:032x}", 4)]));
}

#[test]
fn acts_of_people_reach_the_channel_that_asks_for_them() {
    let dir = tempfile::tempdir().unwrap();
    let told = dir.path().join("told.jsonl");
    let yaml = format!(
        "channels:\n  - {{name: lines, to: {{file: {{path: {}}}}}, pass_on: [acknowledge, close]}}\nroutes:\n  - {{name: all, channels: [lines], group_wait: 0s, group_by: [finding]}}\n",
        told.display()
    );
    let file = dir.path().join("notify.yaml");
    std::fs::write(&file, yaml).unwrap();
    let server = TestServer::with(dir, |o| o.notify.file = Some(file));
    let ada = server.admin();
    server.record(vec![fresh(1, Severity::High)]);
    deliveries(&ada, 1);
    let id = format!("{:032x}", 1);
    ada.post("/findings/act", &json!({"ids": [id], "acknowledge": {}})).fine();
    deliveries(&ada, 2);
    let decide = json!({"ids": [id], "decide": {"decision": "benign", "reason": "a drill"}});
    ada.post("/findings/act", &decide).fine();
    let reasons: Vec<Json> = deliveries(&ada, 3).iter().map(|row| row["reason"].clone()).collect();
    assert_eq!(reasons, [json!("closed"), json!("acknowledged"), Json::Null]);
    let lines = lines(&told);
    let of = |n: usize| (lines[n]["notification"]["reason"].clone(), lines[n]["notification"]["group"].clone());
    assert_eq!((of(1).0, of(2).0), (json!("acknowledged"), json!("closed")));
    assert!((1..3).all(|n| of(n).1 == of(0).1), "it is about the same incident");
}

#[test]
fn a_first_start_does_not_tell_what_was_recorded_before_it() {
    let server = TestServer::start();
    server.record(vec![fresh(1, Severity::High)]);
    let dir = server.end();
    let outbox = dir.path().join("data/server/outbox.db");
    std::fs::remove_file(&outbox).unwrap();
    let told = dir.path().join("told.jsonl");
    let yaml = format!(
        "channels: [{{name: lines, to: {{file: {{path: {}}}}}}}]\nroutes: [{{name: all, channels: [lines], group_wait: 0s}}]\n",
        told.display()
    );
    let file = dir.path().join("notify.yaml");
    std::fs::write(&file, yaml).unwrap();
    let server = TestServer::with(dir, |o| o.notify.file = Some(file));
    server.record(vec![fresh(2, Severity::High)]);
    let lines = until(|| Some(lines(&told)).filter(|lines| !lines.is_empty()));
    assert_eq!(lines.iter().map(|line| &line["finding"]["id"]).collect::<Vec<_>>(), [&json!(format!("{:032x}", 2))]);
}

#[test]
fn what_waits_is_told_when_the_server_ends() {
    let dir = tempfile::tempdir().unwrap();
    let told = dir.path().join("told.jsonl");
    let yaml = format!(
        "channels:\n  - {{name: lines, to: {{file: {{path: {}}}}}}}\nroutes:\n  - {{name: all, channels: [lines], group_wait: 1h}}\n",
        told.display()
    );
    let file = dir.path().join("notify.yaml");
    std::fs::write(&file, yaml).unwrap();
    let server = TestServer::with(dir, |o| o.notify.file = Some(file));
    server.record((0..5).map(|n| fresh(n, Severity::High)).collect());
    assert!(lines(&told).is_empty());
    let dir = server.end();
    assert_eq!(lines(&dir.path().join("told.jsonl")).len(), 5);
    let again = TestServer::over(dir);
    again.admin();
}

#[test]
fn the_file_is_edited_checked_and_in_force_and_no_secret_is_shown() {
    let server = TestServer::start();
    let ada = server.admin();
    let before = ada.get("/channels").fine();
    assert_eq!((&before["text"], &before["channels"]), (&json!(""), &json!([])));
    let wrong = "channels:\n  - {name: a, to: {stdout: {}}}\nroutes:\n  - {name: r, channels: [b]}\n";
    let checked = ada.post("/channels/check", &json!({"text": wrong})).fine();
    assert_eq!(checked["diagnostics"][0]["line"], 4);
    assert_eq!(checked["diagnostics"][0]["code"], "F0103");
    let save = |text: &str, digest: &Json| ada.put("/channels", &json!({"text": text, "digest": digest}));
    assert_eq!(save(wrong, &before["digest"]).status, 400);
    // What stands in the place of a reference may be the secret: no answer repeats it.
    let secret = "channels:\n  - {name: a, to: {opsgenie: {api_key: hunter2hunter2}}}\n";
    for answer in [save(secret, &before["digest"]), ada.post("/channels/check", &json!({"text": secret}))] {
        assert!(!answer.body.contains("hunter2"), "{}", answer.body);
    }
    let foreign = "channels:\n  - {name: a, to: {opsgenie: {api_key: file:/etc/shadow}}}\n";
    assert_eq!(save(foreign, &before["digest"]).status, 400);

    let good = wrong.replace("[b]", "[a]");
    let saved = save(&good, &before["digest"]).fine();
    assert_eq!(saved["channels"][0]["name"], "a");
    assert_eq!(save(&good, &before["digest"]).status, 409, "an edit of an older text was taken");
    let tested = ada.post("/channels/a/test", &json!({})).fine();
    assert_eq!((&tested["state"], &tested["reason"]), (&json!("delivered"), &json!("test")));
    assert_eq!(ada.post("/channels/b/test", &json!({})).status, 404);
    assert_eq!(deliveries(&ada, 1)[0]["reason"], "test");
    assert_eq!(ada.get("/deliveries?severity=high").status, 400);

    let again = TestServer::over(server.end());
    let ada = again.nobody().log_in("ada", common::PASSWORD);
    assert_eq!(ada.get("/channels").fine()["text"], json!(good));
}
