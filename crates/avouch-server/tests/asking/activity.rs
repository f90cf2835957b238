//! Commands, connections and file changes.

use std::collections::BTreeMap;

use avouch_auth::Role;
use avouch_finding::{Command, Connection, Fact, FileChange, LeftOut, Severity, Time, Who};
use serde_json::json;

use crate::common::{TestServer, finding};
use crate::user;

const SECOND: u64 = 1_000_000_000;

fn at(n: u64) -> Time {
    Time(finding(1_000, Severity::Low).time.0 + n * SECOND - 500 * SECOND)
}

fn who(user: &str) -> Who {
    Who {
        pid: 7,
        exe: "/bin/sh".to_owned(),
        uid: 33,
        user: user.to_owned(),
        container_name: "api".to_owned(),
        ..Who::default()
    }
}

/// One a second: a command, a connection, a file, and so on.
fn activity(n: u64, node: &str) -> Fact {
    let (time, node) = (at(n), node.to_owned());
    match n % 3 {
        0 => {
            Command { time, node, who: who("root"), cmdline: format!("cat /etc/file-{n}"), ..Command::default() }.into()
        }
        1 => Connection {
            time,
            node,
            direction: "out".to_owned(),
            protocol: "tcp".to_owned(),
            address: "2001:db8::1".to_owned(),
            port: 443,
            count: 2,
            results: BTreeMap::from([("ok".to_owned(), 1), ("ECONNREFUSED".to_owned(), 1)]),
            who: who(""),
            ..Connection::default()
        }
        .into(),
        _ => FileChange {
            time,
            node,
            action: "rename".to_owned(),
            path: "/a".to_owned(),
            to: Some("/b".to_owned()),
            who: who("root"),
            ..FileChange::default()
        }
        .into(),
    }
}

#[test]
fn activity_is_listed_page_by_page_under_its_own_columns() {
    let server = TestServer::start();
    let ada = server.admin();
    server.tell((0..30).map(|n| activity(n, "node-1")).collect());
    let first = ada.get("/activity?limit=2&order=oldest&from=2026-11-01").fine();
    let texts: Vec<&str> = first["rows"].as_array().unwrap().iter().map(|r| r["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["cat /etc/file-0", "out tcp [2001:db8::1]:443, 2 times (1 ECONNREFUSED)"]);
    assert_eq!((&first["rows"][0]["user"], &first["rows"][1]["user"]), (&json!("root"), &json!("uid 33")));
    assert_eq!(first["rows"][0]["container"], "api");
    let second = ada
        .get(&format!("/activity?limit=2&order=oldest&from=2026-11-01&after={}", first["next"].as_str().unwrap()))
        .fine();
    assert_eq!(second["rows"][0]["text"], "rename /a to /b");
    let count =
        |query: &str| ada.get(&format!("/activity?limit=1000&{query}")).fine()["rows"].as_array().unwrap().len();
    assert_eq!((count("kind=command"), count("not.kind=command"), count("kind=file&kind=connection")), (10, 20, 20));
    assert_eq!((count("q=file-12"), count("program=/bin/sh"), count("user=nobody")), (1, 30, 0));
    let echoed = ada.get("/activity?not.kind=file&kind=command&q=cat").fine()["answer"]["query"].clone();
    assert_eq!(echoed, "q=cat&kind=command&not.kind=file");
    let wrong = ada.get("/activity?severity=high");
    assert_eq!((wrong.status, &wrong.json()["error"]["param"]), (400, &json!("severity")));
}

#[test]
fn activity_around_a_finding_is_of_its_node_and_near_it() {
    let server = TestServer::start();
    let ada = server.admin();
    // It stands at second 500 of these 1,000.
    let found = finding(1_000, Severity::High);
    server.record(vec![found.clone()]);
    server.tell((0..1_000).map(|n| activity(n, "node-1")).collect());
    server.tell(vec![activity(500, "node-2")]);
    let around = |within: u64| ada.get(&format!("/findings/{}/activity?within={within}", found.id)).fine();
    let near = around(10);
    let times: Vec<&str> = near["rows"].as_array().unwrap().iter().map(|r| r["time"].as_str().unwrap()).collect();
    let expected: Vec<String> = (490..=510).map(|n| at(n).to_string()).collect();
    assert_eq!((times, &near["left_out"]), (expected.iter().map(String::as_str).collect(), &json!(0)));
    assert!(near["rows"].as_array().unwrap().iter().all(|r| r["node"] == "node-1"));

    let far = around(400);
    let rows = far["rows"].as_array().unwrap();
    assert_eq!(rows.len() as u64 + far["left_out"].as_u64().unwrap(), 801);
    assert_eq!(
        (&rows[0]["time"], &rows[rows.len() - 1]["time"]),
        (&json!(at(250)), &json!(at(749))),
        "the nearest are shown"
    );
    assert!(far["answer"]["partial"].as_array().unwrap().is_empty());

    let left = LeftOut {
        time: at(505),
        node: "node-1".to_owned(),
        from: at(495),
        by_kind: BTreeMap::from([("file".to_owned(), 12)]),
    };
    server.tell(vec![left.into()]);
    let partial = around(10)["answer"]["partial"].to_string();
    assert!(partial.contains("did not keep 12"), "{partial}");
}

#[test]
fn an_auditor_sees_no_activity_from_outside_of_the_period() {
    let server = TestServer::start();
    server.admin();
    let found = finding(1_000, Severity::High);
    server.record(vec![found.clone(), finding(5_000, Severity::High)]);
    server.tell((0..1_000).map(|n| activity(n, "node-1")).collect());
    let eve = user(&server, "eve", Role::Auditor, Some((at(495), at(505))));
    let answer = eve.get(&format!("/findings/{}/activity?within=60", found.id)).fine();
    assert_eq!(answer["rows"].as_array().unwrap().len(), 10);
    assert!(!answer["answer"]["partial"].as_array().unwrap().is_empty(), "it says that it was cut");
    assert_eq!(eve.get("/activity?limit=1000").fine()["rows"].as_array().unwrap().len(), 10);
    for what in ["", "/activity", "/ancestry", "/similar", "/explain"] {
        let id = finding(5_000, Severity::High).id;
        assert_eq!(eve.get(&format!("/findings/{id}{what}")).status, 404, "{what}");
    }
}
