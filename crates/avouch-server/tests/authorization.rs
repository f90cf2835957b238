//! Every route by everybody, with real requests: who gets in and who does not.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::collections::BTreeSet;

use avouch_auth::{Role, Scope};
use avouch_server::access::Permission::{self, *};
use common::{Caller, PASSWORD, TestServer};
use serde_json::json;

/// Who may use a route.
#[derive(Clone, Copy)]
enum For {
    All,
    LoggedIn,
    May(Permission),
    /// One's own log or everybody's.
    AccessLog,
}
use For::{AccessLog, All, LoggedIn, May};

/// The routes, written down a second time. A route that is not here fails the test: whoever adds one says here who may use it.
const ROUTES: &[(&str, &str, For)] = &[
    ("GET", "/session", All),
    ("POST", "/session", All),
    ("POST", "/setup", All),
    ("GET", "/oidc/start", All),
    ("GET", "/oidc/callback", All),
    ("GET", "/sessions", LoggedIn),
    ("DELETE", "/sessions/{id}", LoggedIn),
    ("POST", "/password", LoggedIn),
    ("GET", "/access-log", AccessLog),
    ("GET", "/users", May(ManageUsers)),
    ("POST", "/users", May(ManageUsers)),
    ("PATCH", "/users/{name}", May(ManageUsers)),
    ("DELETE", "/users/{name}", May(ManageUsers)),
    ("POST", "/users/{name}/invite", May(ManageUsers)),
    ("POST", "/users/{name}/identities", May(ManageUsers)),
    ("GET", "/tokens", May(ManageUsers)),
    ("POST", "/tokens", May(ManageUsers)),
    ("DELETE", "/tokens/{id}", May(ManageUsers)),
    ("GET", "/channels", May(ReadChannels)),
    ("PUT", "/channels", May(ManageChannels)),
    ("POST", "/channels/check", May(ManageChannels)),
    ("POST", "/channels/{name}/test", May(ManageChannels)),
    ("GET", "/deliveries", May(ReadChannels)),
    ("GET", "/findings", May(ReadFindings)),
    ("GET", "/findings/counts", May(ReadFindings)),
    ("GET", "/findings/export", May(ExportFindings)),
    ("GET", "/findings/groups", May(ReadFindings)),
    ("GET", "/findings/{id}", May(ReadFindings)),
    ("GET", "/findings/{id}/activity", May(ReadFindings)),
    ("GET", "/findings/{id}/ancestry", May(ReadFindings)),
    ("GET", "/findings/{id}/explain", May(ReadFindings)),
    ("GET", "/findings/{id}/similar", May(ReadFindings)),
    ("GET", "/activity", May(ReadFindings)),
    ("POST", "/findings/act", May(Triage)),
    ("GET", "/stream", May(ReadFindings)),
    ("GET", "/health", May(ReadHealth)),
    ("GET", "/ledger/records/{number}", May(ReadFindings)),
    ("GET", "/overview", May(ReadFindings)),
    ("GET", "/acceptances", May(ReadAcceptances)),
    ("POST", "/acceptances", May(EditAcceptances)),
    ("POST", "/acceptances/preview", May(Backtest)),
    ("POST", "/acceptances/propose", May(Backtest)),
    ("DELETE", "/acceptances/{id}", May(EditAcceptances)),
    ("POST", "/acceptances/{id}/approve", May(EditAcceptances)),
    ("GET", "/backtests", May(Backtest)),
    ("GET", "/backtests/{id}", May(Backtest)),
    ("DELETE", "/backtests/{id}", May(Backtest)),
    ("GET", "/rule-files", May(ReadRules)),
    ("GET", "/rule-files/{path}", May(ReadRules)),
    ("PUT", "/rule-files/{path}", May(EditRules)),
    ("POST", "/rule-files/{path}/backtest", May(Backtest)),
    ("POST", "/rule-files/{path}/check", May(EditRules)),
    ("GET", "/rule-sets", May(ReadRules)),
    ("GET", "/rule-texts/{digest}", May(ReadRules)),
    ("GET", "/rules", May(ReadRules)),
    ("GET", "/rules/{name}", May(ReadRules)),
    ("GET", "/controls", May(ReadControls)),
    ("GET", "/controls/{id}", May(ReadControls)),
    ("GET", "/reports", May(ReadReports)),
    ("POST", "/reports", May(MakeReports)),
    ("GET", "/reports/{id}", May(ReadReports)),
    ("GET", "/reports/{id}/files/{path}", May(ReadReports)),
    ("POST", "/reports/{id}/verify", May(ReadReports)),
    ("GET", "/agents/rule-set", May(TakeRuleSet)),
    ("POST", "/ingest/facts", May(Ingest)),
    ("POST", "/ingest/k8s_audit/{cluster}", May(Ingest)),
    ("POST", "/test-event", May(SendTestEvent)),
    // Ends the session: the last.
    ("DELETE", "/session", LoggedIn),
];

/// Somebody, and what they are.
enum Is {
    Nobody,
    Person(Role),
    Program(Scope),
}

fn may(is: &Is, needs: For) -> bool {
    match (needs, is) {
        (All, _) | (LoggedIn, Is::Person(_) | Is::Program(_)) => true,
        (_, Is::Nobody) => false,
        (May(permission), Is::Person(role)) => role.may(permission),
        (May(permission), Is::Program(scope)) => scope.may(permission),
        (AccessLog, Is::Person(_)) => true,
        (AccessLog, Is::Program(scope)) => *scope == Scope::Admin,
    }
}

fn everybody(server: &TestServer, admin: &Caller) -> Vec<(String, Is, Caller)> {
    let nobody = server.nobody();
    let mut all = vec![
        ("nobody".to_owned(), Is::Nobody, nobody.clone()),
        ("a wrong token".to_owned(), Is::Nobody, nobody.with_token("avt_0000000000000000000000000000000000000000000")),
        ("admin".to_owned(), Is::Person(Role::Admin), nobody.log_in("ada", PASSWORD)),
    ];
    for role in [Role::Analyst, Role::Auditor] {
        let name = role.name();
        let period = (role == Role::Auditor).then(|| json!({"from": "2026-01-01", "to": "2027-01-01"}));
        let user = json!({"name": name, "role": name, "password": PASSWORD, "period": period});
        assert_eq!(admin.post("/users", &user).status, 201);
        all.push((name.to_owned(), Is::Person(role), nobody.log_in(name, PASSWORD)));
    }
    for scope in Scope::ALL {
        let made = admin.post("/tokens", &json!({"name": scope.name(), "scopes": [scope.name()]}));
        assert_eq!(made.status, 201, "{}", made.body);
        let token = nobody.with_token(made.json()["token"].as_str().unwrap());
        all.push((format!("token {}", scope.name()), Is::Program(scope), token));
    }
    all
}

fn ask(caller: &Caller, method: &str, path: &str) -> u16 {
    let path = path
        .replace("{id}", "x")
        .replace("{name}", "x")
        .replace("{cluster}", "x")
        .replace("{digest}", "x")
        .replace("{number}", "x");
    let body: Option<(&str, &[u8])> = (!matches!(method, "GET" | "DELETE")).then_some(("application/json", b"{}"));
    caller.send(method, &path, body).status
}

#[test]
fn each_route_lets_in_whom_it_is_for_and_nobody_else() {
    let listed: BTreeSet<_> = ROUTES.iter().map(|(m, p, _)| ((*m).to_owned(), (*p).to_owned())).collect();
    let there: BTreeSet<_> = avouch_server::api::table().into_keys().collect();
    assert_eq!(there.difference(&listed).collect::<Vec<_>>(), Vec::<&(String, String)>::new(), "say who may use these");
    assert_eq!(
        listed.difference(&there).collect::<Vec<_>>(),
        Vec::<&(String, String)>::new(),
        "there are none of these"
    );

    let server = TestServer::start();
    let admin = server.admin();
    let mut wrong = Vec::new();
    for (name, is, caller) in everybody(&server, &admin) {
        for (method, path, needs) in ROUTES {
            let status = ask(&caller, method, path);
            let expected = match (may(&is, *needs), &is) {
                (true, _) => !matches!(status, 401 | 403 | 429 | 500..),
                (false, Is::Nobody) => status == 401,
                (false, _) => status == 403,
            };
            // A token that is none is refused everywhere.
            let expected = if name == "a wrong token" { status == 401 } else { expected };
            if !expected {
                wrong.push(format!("{name}: {method} {path}: {status}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_browser_changes_nothing_without_the_word_of_its_session() {
    let server = TestServer::start();
    let ada = server.admin();
    let other = server.nobody().log_in("ada", PASSWORD);
    for (name, word) in
        [("none", None), ("another session's", other.csrf.clone()), ("a wrong one", Some("x".to_owned()))]
    {
        let caller = Caller { csrf: word, ..ada.clone() };
        for (method, path, _) in ROUTES.iter().filter(|(m, ..)| *m != "GET") {
            assert_eq!(ask(&caller, method, path), 403, "{name}: {method} {path}");
        }
    }
    assert_eq!(ada.get("/session").fine()["user"]["name"], "ada");
}

#[test]
fn what_a_token_or_a_session_was_is_nothing_once_it_is_revoked() {
    let server = TestServer::start();
    let ada = server.admin();
    let made = ada.post("/tokens", &json!({"name": "screen", "scopes": ["read"]})).json();
    let screen = server.nobody().with_token(made["token"].as_str().unwrap());
    screen.get("/findings").fine();
    let tokens = ada.get("/tokens").fine();
    assert_eq!(tokens["tokens"][0]["state"], "works");
    assert!(!tokens.to_string().contains(made["token"].as_str().unwrap()), "a list shows a secret");
    assert_eq!(ada.delete(&format!("/tokens/{}", tokens["tokens"][0]["id"].as_str().unwrap())).status, 204);
    assert_eq!(screen.get("/findings").status, 401);
    assert_eq!(ada.get("/tokens").fine()["tokens"][0]["state"], "revoked");

    let second = server.nobody().log_in("ada", PASSWORD);
    let sessions = second.get("/sessions").fine();
    let first = sessions["sessions"].as_array().unwrap().iter().find(|s| s["current"] == false).unwrap()["id"].clone();
    assert_eq!(second.delete(&format!("/sessions/{}", first.as_str().unwrap())).status, 204);
    assert_eq!(ada.get("/findings").status, 401);
    second.get("/findings").fine();
}
