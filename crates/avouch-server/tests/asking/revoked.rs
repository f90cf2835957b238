//! What takes long ends at once when its caller may no longer ask.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::common::{Caller, PASSWORD, TestServer};
use crate::watcher::Watcher;

/// Less than the ten seconds after which it is looked without being told.
const AT_ONCE: Duration = Duration::from_secs(9);

fn person(server: &TestServer, ada: &Caller, name: &str, role: &str) -> Caller {
    let body = json!({"name": name, "role": role, "password": PASSWORD});
    assert_eq!(ada.post("/users", &body).status, 201);
    server.nobody().log_in(name, PASSWORD)
}

fn watch(server: &TestServer, caller: &Caller) -> Watcher {
    let mut watcher = Watcher::open(server, caller, "", None);
    assert_eq!((watcher.status, watcher.news().name.as_str()), (200, "hello"));
    watcher
}

fn session_of(ada: &Caller, name: &str) -> String {
    let sessions = ada.get("/sessions").fine()["sessions"].as_array().unwrap().clone();
    let of = |s: &&Json| s["user"] == name;
    sessions.iter().find(of).unwrap()["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_stream_ends_with_the_session_the_token_or_the_role_that_it_was_opened_with() {
    let server = TestServer::start();
    let ada = server.admin();
    let bo = person(&server, &ada, "bo", "analyst");
    let other = watch(&server, &ada);

    let watcher = watch(&server, &bo);
    assert_eq!(ada.delete(&format!("/sessions/{}", session_of(&ada, "bo"))).status, 204);
    assert!(watcher.end() < AT_ONCE);
    assert_eq!(Watcher::open(&server, &bo, "", None).status, 401);

    let bo = server.nobody().log_in("bo", PASSWORD);
    let watcher = watch(&server, &bo);
    ada.patch("/users/bo", &json!({"role": "admin"})).fine();
    assert!(watcher.end() < AT_ONCE, "it goes on with what the role gave before");
    let watcher = watch(&server, &bo);
    ada.patch("/users/bo", &json!({"enabled": false})).fine();
    assert!(watcher.end() < AT_ONCE);

    let token = ada.post("/tokens", &json!({"name": "wall", "scopes": ["read"]})).json();
    let wall = server.nobody().with_token(token["token"].as_str().unwrap());
    let watcher = watch(&server, &wall);
    let id = ada.get("/tokens").fine()["tokens"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(ada.delete(&format!("/tokens/{id}")).status, 204);
    assert!(watcher.end() < AT_ONCE);

    let watcher = watch(&server, &ada);
    ada.delete("/session").fine();
    assert!(watcher.end() < AT_ONCE, "whoever logs out watches no longer");
    assert!(other.end() < AT_ONCE);
}

#[test]
fn nobody_elses_stream_ends() {
    let server = TestServer::start();
    let ada = server.admin();
    let bo = person(&server, &ada, "bo", "analyst");
    let mut watcher = watch(&server, &ada);
    assert_eq!(ada.delete(&format!("/sessions/{}", session_of(&ada, "bo"))).status, 204);
    assert_eq!(bo.get("/findings").status, 401);
    let finding = crate::common::finding(1, avouch_finding::Severity::High);
    server.record(vec![finding.clone()]);
    watcher.until(&finding.id);
}
