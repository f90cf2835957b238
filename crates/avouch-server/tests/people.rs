//! Users, their passwords, and what auditors leave behind.

mod common;

use common::{PASSWORD, TestServer};
use serde_json::json;

#[test]
fn an_invited_auditor_sets_a_password_sees_one_period_and_leaves_a_trace() {
    let server = TestServer::start();
    let ada = server.admin();
    let auditor = json!({"name": "ines", "role": "auditor", "period": {"from": "2026-07-01", "to": "2026-10-01"}});
    let made = ada.post("/users", &auditor);
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.json()["period"]["to"], "2026-10-01T00:00:00.000000000Z");
    let link = ada.post("/users/ines/invite", &json!({})).fine()["link"].as_str().unwrap().to_owned();
    let secret = link.rsplit('=').next().unwrap();
    let entered = server.nobody().post("/setup", &json!({"link_token": secret, "user": "ines", "password": PASSWORD}));
    assert_eq!(entered.status, 200, "{}", entered.body);
    assert_eq!(
        server.nobody().post("/setup", &json!({"link_token": secret, "user": "ines", "password": PASSWORD})).status,
        401
    );

    let ines = server.nobody().log_in("ines", PASSWORD);
    ines.get("/findings?severity=high&from=2026-08-01").fine();
    assert_eq!(ines.get("/findings?from=2026-11-01").status, 403);
    let own = ines.get("/access-log").fine();
    assert_eq!(own["everybody"], false);
    let asked: Vec<&str> = own["rows"].as_array().unwrap().iter().map(|r| r["query"].as_str().unwrap()).collect();
    assert!(asked.contains(&"severity=high&from=2026-08-01"), "{asked:?}");
    assert!(own["rows"].as_array().unwrap().iter().all(|r| r["who"] == "ines"));

    assert_eq!(server.nobody().post("/session", &json!({"user": "ines", "password": "wrong"})).status, 401);
    let all = ada.get("/access-log").fine();
    assert_eq!(all["everybody"], true);
    let whats: Vec<&str> = all["rows"].as_array().unwrap().iter().map(|r| r["what"].as_str().unwrap()).collect();
    assert!(whats.contains(&"login failed") && whats.contains(&"GET /findings"), "{whats:?}");
    let page = ada.get("/access-log?limit=1").fine();
    let next = page["next"].as_i64().unwrap();
    assert!(ada.get(&format!("/access-log?before={next}")).fine()["rows"][0]["id"].as_i64().unwrap() < next);
}

#[test]
fn a_password_is_changed_by_who_knows_the_old_one_and_other_sessions_end() {
    let server = TestServer::start();
    let ada = server.admin();
    let other = server.nobody().log_in("ada", PASSWORD);
    let next = "another sentence of some length";
    assert_eq!(ada.post("/password", &json!({"old": "wrong", "new": next})).status, 403);
    assert_eq!(ada.post("/password", &json!({"old": PASSWORD, "new": "short"})).status, 400);
    other.get("/findings").fine();
    assert_eq!(ada.post("/password", &json!({"old": PASSWORD, "new": next})).status, 204);
    ada.get("/findings").fine();
    assert_eq!(other.get("/findings").status, 401);
    assert_eq!(server.nobody().post("/session", &json!({"user": "ada", "password": PASSWORD})).status, 401);
    server.nobody().log_in("ada", next);
}

#[test]
fn users_are_changed_disabled_removed_and_the_last_admin_stays() {
    let server = TestServer::start();
    let ada = server.admin();
    assert_eq!(ada.post("/users", &json!({"name": "bo", "role": "analyst", "password": PASSWORD})).status, 201);
    assert_eq!(ada.post("/users", &json!({"name": "bo", "role": "analyst"})).status, 409);
    for wrong in [
        json!({"name": "x", "role": "king"}),
        json!({"name": "x", "role": "auditor"}),
        json!({"name": "x", "role": "admin", "period": {"from": "2026-01-01", "to": "2026-02-01"}}),
        json!({"name": "x", "role": "auditor", "period": {"from": "2026-02-01", "to": "2026-01-01"}}),
        json!({"name": "a b", "role": "admin"}),
    ] {
        assert_eq!(ada.post("/users", &wrong).status, 400, "{wrong}");
    }
    let bo = server.nobody().log_in("bo", PASSWORD);
    bo.get("/findings").fine();
    assert_eq!(ada.patch("/users/bo", &json!({"enabled": false})).fine()["state"], "disabled");
    assert_eq!(bo.get("/findings").status, 401);
    assert_eq!(ada.patch("/users/bo", &json!({"enabled": true, "role": "admin"})).fine()["role"], "admin");
    let linked = ada.post("/users/bo/identities", &json!({"issuer": "https://id.example.com", "subject": "7"})).fine();
    assert_eq!(linked["identities"][0]["subject"], "7");
    assert_eq!(ada.delete("/users/bo").status, 204);
    assert_eq!(ada.delete("/users/bo").status, 404);
    assert_eq!(ada.delete("/users/ada").status, 409);
    assert_eq!(ada.patch("/users/ada", &json!({"role": "analyst"})).status, 409);
    assert_eq!(ada.post("/users", &json!({"name": "bo", "role": "admin"})).status, 409, "a name was given again");
}
