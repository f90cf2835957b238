//! Whatever is asked, the server says what is wrong with it, and goes on.

use avouch_finding::{Finding, Severity};
use serde_json::json;

use crate::common::{Answer, Caller, TestServer, finding};

/// An answer, or a refusal that says why; never an error of the server.
fn held(path: &str, answer: &Answer) {
    assert!(answer.status < 500, "{path}: {} {}", answer.status, answer.body);
    if answer.status >= 400 && answer.status != 414 && answer.status != 431 {
        let error = &answer.json()["error"];
        assert!(error["code"].is_string() && error["message"].is_string(), "{path}: {}", answer.body);
    }
}

fn refused(caller: &Caller, path: &str) {
    let answer = caller.get(path);
    held(path, &answer);
    assert!((400..500).contains(&answer.status), "{path}: {} {}", answer.status, answer.body);
}

#[test]
fn questions_that_make_no_sense_are_refused_with_a_reason() {
    let server = TestServer::start();
    let ada = server.admin();
    server.record((0..10).map(|n| finding(n, Severity::Low)).collect());
    let many: String = (0..300).map(|n| format!("rule=r{n}&")).collect();
    let long = "a".repeat(5_000);
    let paths = [
        "/findings?limit=0",
        "/findings?limit=1001",
        "/findings?limit=-1",
        "/findings?limit=99999999999999999999",
        "/findings?limit=1e3",
        "/findings?order=up",
        "/findings?after=",
        "/findings?after=zzz",
        "/findings?after=-",
        "/findings?after=%00",
        "/findings?from=NaN",
        "/findings?from=2026-13-40",
        "/findings?from=99999-01-01",
        "/findings?from=2026-01-02&to=2026-01-01",
        "/findings?from=",
        "/findings?severty=high",
        "/findings?=x",
        "/findings?%00=x",
        "/findings?not.=x",
        "/findings?not.q=x",
        "/findings/counts?facet=nope",
        "/findings/counts?facet=%FF",
        "/findings/counts?step=1",
        "/findings/counts?step=-1",
        "/findings/counts?step=1&from=2026-01-01&to=2026-12-01",
        "/findings/counts?values=201",
        "/findings/groups?by=rule,node,pod,user,image,process,cluster",
        "/findings/groups?by=nope",
        "/findings/groups?order=up",
        "/findings/export?format=exe",
        "/findings/export?limit=1",
        "/activity?kind=command&rule=x",
        "/activity?limit=0",
        "/stream?nope=1",
        "/findings/0123",
        "/findings/%00",
        "/findings/%FF%FE",
        "/findings/%F0%9F%98%80",
        "/findings/a%2Fb",
        "/findings/%2e%2e",
        "/findings/x/explain",
        "/findings/%FF/activity",
        "/findings/x/ancestry",
        "/findings/x/similar?days=0",
        "/findings/x/activity?within=0",
        "/findings/x/activity?within=86401",
        "/findings/x/similar?severity=high",
        "/findings/x/nothing",
    ];
    for path in paths {
        refused(&ada, path);
    }
    refused(&ada, &format!("/findings?{many}"));
    refused(&ada, &format!("/findings?q={long}"));
    refused(&ada, &format!("/findings/{}", "a".repeat(3_000)));
    refused(&ada.with_header("last-event-id", "1; drop table"), "/stream");
    held("", &ada.get("/findings?severity=low"));
}

#[test]
fn wild_texts_are_searched_for_like_any_other() {
    let server = TestServer::start();
    let ada = server.admin();
    let odd =
        Finding { output: "100% \" ' ; -- {col}: NEAR(a b) ^x \u{0} \u{202e}".to_owned(), ..finding(1, Severity::Low) };
    server.record(vec![odd]);
    let texts = [
        "%22",
        "%22%22%22",
        "*",
        "a*",
        "%5Ex",
        "NEAR%28a+b%29",
        "AND",
        "OR+NOT",
        "NOT",
        "-a",
        "col%3Aa",
        "%7Bcol%7D%3A",
        "%27%3B--",
        "%00",
        "%FF%FE",
        "%E2%80%AE",
        "%ED%A0%80",
        "%F0%9F%98%80",
        "%25",
        "%2525",
        "+",
        "a%00b",
        "%5C",
        "%0D%0A",
        "1e309",
    ];
    for text in texts {
        for path in ["/findings", "/findings/counts", "/findings/groups", "/activity"] {
            let path = format!("{path}?q={text}");
            let answer = ada.get(&path);
            held(&path, &answer);
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        }
    }
    for words in ["a+", "%22a%22+", "a%22", "%22"] {
        let path = format!("/findings/counts?q={}", words.repeat(1_300));
        held(&path, &ada.get(&path));
    }
}

#[test]
fn wild_values_of_columns_find_nothing_and_break_nothing() {
    let server = TestServer::start();
    let ada = server.admin();
    server.record(vec![finding(1, Severity::Low)]);
    for column in avouch_store::Column::ALL {
        for value in ["%00", "%FF", "%27+OR+1%3D1--", "%F0%9F%98%80", "-1", "99999999999999999999"] {
            let path = format!("/findings/counts?{column}={value}&not.{column}={value}&facet={column}");
            let answer = ada.get(&path);
            held(&path, &answer);
            assert_eq!(answer.fine()["count"], 0, "{path}");
        }
    }
}

#[test]
fn acts_that_make_no_sense_are_refused_and_none_of_them_is_recorded() {
    let server = TestServer::start();
    let ada = server.admin();
    let one = finding(1, Severity::Low);
    server.record(vec![one.clone()]);
    let before = *server.running().app().centre.position().borrow();
    let id = one.id.as_str();
    let long = "x".repeat(10_001);
    let bodies = [
        json!(null),
        json!([]),
        json!("x"),
        json!({"ids": id, "note": {"text": "x"}}),
        json!({"ids": [1], "note": {"text": "x"}}),
        json!({"ids": [id, "\u{0}"], "note": {"text": "x"}}),
        json!({"ids": vec![id; 1_001], "note": {"text": "x"}}),
        json!({"ids": [id], "note": {"text": long}}),
        json!({"ids": [id], "note": {"text": null}}),
        json!({"ids": [id], "assign": {"to": "\u{0}"}}),
        json!({"ids": [id], "assign": {"to": long}}),
        json!({"ids": [id], "decide": {"decision": "true"}}),
        json!({"ids": [id], "decide": {"decision": "TRUE", "reason": "x"}}),
        json!({"ids": [id], "acknowledge": "x"}),
    ];
    for body in bodies {
        let answer = ada.post("/findings/act", &body);
        held("act", &answer);
        assert!((400..500).contains(&answer.status), "{} {}", answer.status, answer.body);
    }
    for (media_type, bytes) in [
        ("application/json", &b"{\"ids\":"[..]),
        ("application/json", b"\xff"),
        ("text/plain", b"{}"),
        ("application/json", b""),
    ] {
        let answer = ada.send("POST", "/findings/act", Some((media_type, bytes)));
        held("act", &answer);
        assert!((400..500).contains(&answer.status), "{}", answer.status);
    }
    assert_eq!(*server.running().app().centre.position().borrow(), before);
}
