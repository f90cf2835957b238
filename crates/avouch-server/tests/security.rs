//! What the server says and refuses whatever is asked: headers, cookies, names, sizes, rates.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use avouch_server::RequestRate;
use common::{Answer, Caller, PASSWORD, TestServer};
use serde_json::json;

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

#[test]
fn every_kind_of_answer_has_the_headers_that_keep_a_page_to_itself() {
    let server = TestServer::start();
    let (nobody, ada) = (server.nobody(), server.admin());
    let large = vec![b'x'; 2 << 20];
    let answers = [
        (200, nobody.get("//")),
        (404, nobody.get("//assets/nothing.js")),
        (200, nobody.get("//healthz")),
        (200, nobody.get("//api/openapi.json")),
        (200, nobody.get("/session")),
        (401, nobody.get("/findings")),
        (404, nobody.get("/nothing")),
        (400, ada.get("/findings?severty=high")),
        (403, Caller { csrf: None, ..ada.clone() }.post("/users", &json!({}))),
        (405, ada.send("PUT", "/session", None)),
        (413, ada.send("POST", "/users", Some(("application/json", &large)))),
        (415, ada.send("POST", "/users", Some(("text/plain", b"{}")))),
        (421, nobody.with_header("host", "evil.example").get("/session")),
        (200, ada.get("/stream")),
    ];
    for (n, (status, answer)) in answers.iter().enumerate() {
        assert_eq!(answer.status, *status, "{n}: {}", answer.body);
        let policy = header(answer, "content-security-policy");
        for part in ["default-src 'self'", "object-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.contains(part), "{n}: {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{n}: {policy}");
        assert_eq!(header(answer, "x-content-type-options"), "nosniff", "{n}");
        assert_eq!(header(answer, "x-frame-options"), "DENY", "{n}");
        assert_eq!(header(answer, "cross-origin-resource-policy"), "same-origin", "{n}");
        assert!(!header(answer, "referrer-policy").is_empty(), "{n}");
    }
    for answer in [ada.get("/findings"), nobody.get("/findings")] {
        assert_eq!(header(&answer, "cache-control"), "no-store");
    }
}

#[test]
fn the_cookie_is_for_this_server_alone_and_no_other_origin_is_let_in() {
    let server = TestServer::start();
    server.admin();
    let log_in = json!({"user": "ada", "password": PASSWORD});
    let answer = server.nobody().with_header("origin", "http://evil.example").post("/session", &log_in);
    let cookie = header(&answer, "set-cookie");
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.split("; ").any(|p| p == part), "{cookie}");
    }
    assert!(!cookie.contains("Secure") && !cookie.contains("Domain"), "{cookie}");
    assert_eq!(header(&answer, "access-control-allow-origin"), "");

    let proxied =
        TestServer::with(tempfile::tempdir().unwrap(), |o| o.url = Some("https://avouch.example.org".to_owned()));
    proxied.admin();
    let answer = proxied.nobody().post("/session", &log_in);
    assert!(header(&answer, "set-cookie").split("; ").any(|p| p == "Secure"));
}

#[test]
fn a_session_that_somebody_else_planted_is_never_taken_over() {
    let server = TestServer::start();
    server.admin();
    // What the attacker planted: a made-up cookie, or a session of the attacker's own.
    let mallory = server.nobody().log_in("ada", PASSWORD);
    for planted in ["avouch_session=planted".to_owned(), mallory.cookie.clone().unwrap()] {
        let victim = Caller { cookie: Some(planted.clone()), csrf: mallory.csrf.clone(), ..server.nobody() };
        let answer = victim.post("/session", &json!({"user": "ada", "password": PASSWORD}));
        if answer.status == 200 {
            let given = header(&answer, "set-cookie").split(';').next().unwrap().to_owned();
            assert_ne!(given, planted);
        }
        let with_planted = Caller { cookie: Some(planted), ..server.nobody() };
        assert_eq!(with_planted.get("/findings").status, 401);
    }
}

#[test]
fn a_wrong_name_of_the_server_is_refused_and_its_own_are_not() {
    let server =
        TestServer::with(tempfile::tempdir().unwrap(), |o| o.url = Some("https://avouch.example.org".to_owned()));
    let nobody = server.nobody();
    for name in
        ["localhost", "localhost:1234", "127.0.0.1:1", "[::1]:80", "avouch.example.org", "avouch.example.org:443"]
    {
        assert_eq!(nobody.with_header("host", name).get("/session").status, 200, "{name}");
    }
    for name in ["evil.example", "127.0.0.1.evil.example", "192.0.2.7"] {
        for path in ["/session", "//", "//metrics", "//healthz"] {
            assert_eq!(nobody.with_header("host", name).get(path).status, 421, "{name} {path}");
        }
    }
    // A program that shows a token is no page of a browser.
    let ada = server.admin();
    let made = ada.post("/tokens", &json!({"name": "ci", "scopes": ["read"]})).json();
    let ci = nobody.with_token(made["token"].as_str().unwrap());
    assert_eq!(ci.with_header("host", "cluster.internal").get("/findings").status, 200);
}

#[test]
fn a_caller_who_asks_too_much_is_told_when_to_come_back_and_others_are_served() {
    let server =
        TestServer::with(tempfile::tempdir().unwrap(), |o| o.requests = RequestRate { per_second: 1, burst: 30 });
    let ada = server.admin();
    let made = ada.post("/tokens", &json!({"name": "loop", "scopes": ["read"]})).json();
    let looping = server.nobody().with_token(made["token"].as_str().unwrap());
    let answers: Vec<_> = (0..60).map(|_| looping.get("/findings?limit=1")).collect();
    let refused: Vec<_> = answers.iter().filter(|a| a.status == 429).collect();
    assert!(answers.iter().filter(|a| a.status == 200).count() >= 30 && !refused.is_empty());
    for answer in refused {
        let seconds: u64 = header(answer, "retry-after").parse().unwrap();
        assert!((1..=60).contains(&seconds));
        assert_eq!(answer.json()["error"]["code"], "rate_limited");
    }
    assert_eq!(ada.get("/findings?limit=1").status, 200);
    assert_eq!(server.nobody().get("/session").status, 200);
}

#[test]
fn hostile_bodies_and_paths_are_answered_with_an_error() {
    let server = TestServer::start();
    let ada = server.admin();
    let deep = "[".repeat(50_000);
    for body in ["", "{", "null", "[]", "\u{0}", "{\"name\": 1}", deep.as_str(), "{\"name\":\"\\ud800\"}"] {
        for path in ["/users", "/tokens", "/password", "/channels/check", "/findings/act"] {
            let answer = ada.send("POST", path, Some(("application/json", body.as_bytes())));
            assert_eq!(answer.status, 400, "{path} {body:.40}: {}", answer.body);
            assert!(answer.json()["error"]["message"].is_string());
        }
    }
    for path in ["/users/%00", "/users/..%2f..%2fetc", "/tokens/%ff", "/findings/%00", "/channels/%e2%80%ae/test"] {
        let answer = ada.send("DELETE", path, None);
        assert!((400..500).contains(&answer.status), "{path}: {}", answer.status);
    }
}
