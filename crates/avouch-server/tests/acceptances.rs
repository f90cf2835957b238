//! Acceptances over HTTP: proposed with what they would hide, asked for by one person, approved by another, taken back.

#![expect(clippy::unwrap_used, reason = "a test")]

mod common;

use std::path::Path;

use avouch_auth::{NewToken, NewUser, Role, Scope};
use avouch_finding::{ChangeAction, Fact, Finding, Kind, Severity};
use avouch_server::{DeskSetup, system_clock};
use avouch_store::Period;
use common::{Answer, Caller, PASSWORD, TestServer, finding};
use serde_json::{Value as Json, json};

const RULES: &str = r#"- rule: Rule 0
  desc: a shell
  condition: evt.type = execve and proc.name in (sh, bash)
  output: A shell was started (command=%proc.cmdline)
  priority: WARNING
"#;

fn start() -> (TestServer, Caller) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("rules.yaml");
    std::fs::write(&file, RULES).unwrap();
    let server = TestServer::with(dir, |options| {
        options.desk = DeskSetup { rules: vec![file.clone()], ..DeskSetup::default() };
    });
    let ada = server.admin();
    (server, ada)
}

/// An analyst beside the admin.
fn bob(server: &TestServer) -> Caller {
    let now = system_clock()();
    let user = NewUser {
        name: "bob".to_owned(),
        role: Role::Analyst,
        password: Some(avouch_auth::Secret::new(PASSWORD.to_owned())),
        period: None,
    };
    let added = server.running().app().accounts.accounts().add_user(&user, "ada", now).unwrap();
    assert!(!added.owed.is_empty());
    server.nobody().log_in("bob", PASSWORD)
}

/// Findings of this moment, so that they lie in the last 90 days.
fn fresh(n: u64, process: &str) -> Finding {
    let mut f = finding(n * 3, Severity::Medium);
    f.time = avouch_finding::Time(system_clock()().0 - 3_600_000_000_000 + n * 1_000_000_000);
    f.id = avouch_finding::FindingKey { node: "node-1", source: "syscall", time: f.time, event: n, rule: &f.rule }.id();
    f.fields.insert("proc.name".to_owned(), json!(process));
    f.fields.insert("proc.pname".to_owned(), json!("cron"));
    f
}

fn yaml(id: &str, reason: &str) -> String {
    format!(
        "acceptances:\n  - id: {id}\n    rule: Rule 0\n    reason: \"{reason}\"\n    requester: somebody\n    approver: nobody\n    \
         from: 2026-01-01\n    expires: 2199-01-01\n    subject:\n      proc.name: [sh]\n"
    )
}

fn revoke(who: &Caller, id: &str, reason: &str) -> Answer {
    let body = json!({"reason": reason}).to_string();
    who.send("DELETE", &format!("/acceptances/{id}"), Some(("application/json", body.as_bytes())))
}

fn row(who: &Caller, id: &str) -> Json {
    let list = who.get("/acceptances").fine();
    let found = list["acceptances"].as_array().unwrap().iter().find(|a| a["id"] == id);
    found.cloned().unwrap_or(Json::Null)
}

#[test]
fn the_smallest_acceptance_of_a_finding_is_proposed_with_what_it_would_have_hidden() {
    let (server, ada) = start();
    server.record((0..60).map(|n| fresh(n, if n % 30 == 0 { "sh" } else { "bash" })).collect());
    let id = fresh(0, "sh");
    let wanted = ada.get("/findings?limit=100").fine();
    let of = wanted["rows"].as_array().unwrap().iter().find(|r| r["process"] == "sh").unwrap()["id"].clone();
    let proposal = ada.post("/acceptances/propose", &json!({"finding": of})).fine();
    let text = proposal["yaml"].as_str().unwrap();
    assert!(text.contains("\"proc.name\": [\"sh\"]"), "{text}");
    assert_eq!(proposal["preview"]["would_remove"], 2, "{}", proposal["preview"]);
    assert_eq!(proposal["preview"]["by_rule"], json!([{"rule": id.rule, "count": 2}]));
    // Each alternative can be looked at as it is.
    for other in proposal["alternatives"].as_array().unwrap() {
        let seen = ada.post("/acceptances/preview", &json!({"yaml": other["yaml"]})).fine();
        assert_eq!(seen["would_remove"], other["would_remove"], "{other}");
    }
    // It wants a reason before it can be kept.
    let kept = ada.post("/acceptances", &json!({"yaml": text}));
    assert_eq!((kept.status, &kept.json()["error"]["code"]), (400, &json!("acceptance_errors")));
    let seen = ada.post("/acceptances/preview", &json!({"yaml": text})).fine();
    assert!(seen["diagnostics"].as_array().unwrap().iter().any(|d| d["severity"] == "error"), "{seen}");
    assert_eq!(ada.post("/acceptances/propose", &json!({"finding": "none"})).status, 404);
}

#[test]
fn it_counts_once_another_person_has_approved_what_they_saw() {
    let (server, ada) = start();
    let bob = bob(&server);
    let asked = ada.post("/acceptances", &json!({"yaml": yaml("ACC-1", "the nightly job")})).fine();
    assert_eq!(asked["standing"], "pending");
    let pending = row(&ada, "ACC-1");
    assert_eq!(
        (&pending["requester"], &pending["approver"], &pending["own"]),
        (&json!("ada"), &json!(null), &json!(true))
    );
    let folder = server.dir().join("data/server/acceptances");
    let files = || std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(files(), 0, "nothing is in force yet");

    let approve = |who: &Caller, digest: &Json| who.post("/acceptances/ACC-1/approve", &json!({"digest": digest}));
    assert_eq!(approve(&ada, &asked["digest"]).status, 403, "not by who asked");
    assert_eq!(approve(&bob, &json!("0")).status, 409, "not another text");
    let token = NewToken { name: "ci".to_owned(), scopes: vec![Scope::Rules], ..token() };
    let secret = server.running().app().accounts.accounts().add_token(&token, "ada", system_clock()()).unwrap().value;
    let machine = server.nobody().with_token(secret.expose());
    assert_eq!(approve(&machine, &asked["digest"]).status, 403, "not by a token");
    assert_eq!(machine.post("/acceptances", &json!({"yaml": yaml("ACC-9", "x")})).status, 403);
    assert_eq!(files(), 0);

    let approved = approve(&bob, &asked["digest"]).fine();
    assert_eq!((&approved["standing"], &approved["approver"]), (&json!("in force"), &json!("bob")));
    let now = row(&bob, "ACC-1");
    assert_eq!(
        (&now["standing"], &now["requester"], &now["approver"]),
        (&json!("in force"), &json!("ada"), &json!("bob"))
    );
    assert_eq!(now["file"], folder.join("ACC-1.yaml").display().to_string());
    // Nobody approves the past.
    assert!(now["from"].as_str().unwrap() > "2026-01-01T00:00:00Z", "{now}");
    assert_eq!(approve(&bob, &asked["digest"]).status, 404, "once");
    let text = std::fs::read_to_string(folder.join("ACC-1.yaml")).unwrap();
    let (read, wrong) = avouch_controls::parse_acceptances(Default::default(), &text);
    assert!(wrong.is_empty() && read[0].requester == "ada" && read[0].approver == "bob", "{text}");
    assert_eq!(changes(server.dir()), [(ChangeAction::Added, "bob".to_owned())]);

    assert_eq!(revoke(&ada, "ACC-1", " ").status, 400);
    revoke(&ada, "ACC-1", "the job is gone").fine();
    assert_eq!(files(), 0);
    assert_eq!(row(&ada, "ACC-1"), Json::Null);
    assert_eq!(revoke(&ada, "ACC-1", "again").status, 404);
    let all = [(ChangeAction::Added, "bob".to_owned()), (ChangeAction::Removed, "ada".to_owned())];
    assert_eq!(changes(server.dir()), all);
    // An id is never used again.
    assert_eq!(ada.post("/acceptances", &json!({"yaml": yaml("acc-1", "again")})).status, 409);
}

fn token() -> NewToken {
    NewToken { name: String::new(), scopes: Vec::new(), expires: None, node: None }
}

fn changes(dir: &Path) -> Vec<(ChangeAction, String)> {
    let store = avouch_store::Store::open(dir.join("data/store"), avouch_store::Options::default()).unwrap();
    let facts = store.reader().unwrap().facts(Kind::Acceptance, Period::ALL).unwrap();
    let change = |f: avouch_store::StoredFact| match f.fact {
        Fact::Acceptance(change) => Some((change.action, change.by)),
        _ => None,
    };
    facts.into_iter().filter_map(change).collect()
}

#[test]
fn one_that_waits_outlives_a_restart_and_can_be_withdrawn() {
    let (server, ada) = start();
    let asked = ada.post("/acceptances", &json!({"yaml": yaml("ACC-1", "the nightly job")})).fine();
    assert_eq!(ada.post("/acceptances", &json!({"yaml": yaml("ACC-1", "another")})).status, 409);
    let server = TestServer::over(server.end());
    let ada = server.nobody().log_in("ada", PASSWORD);
    assert_eq!(row(&ada, "ACC-1")["digest"], asked["digest"]);
    revoke(&ada, "ACC-1", "not needed").fine();
    assert_eq!(row(&ada, "ACC-1"), Json::Null);
    assert!(changes(server.dir()).is_empty(), "it never was in force");
}

#[test]
fn what_is_wrong_is_never_kept() {
    let (server, ada) = start();
    let good = yaml("ACC-1", "fine");
    let wrong = [
        ("two", format!("{good}{}", good.replace("acceptances:\n", "").replace("ACC-1", "ACC-2"))),
        ("none", "acceptances: []\n".to_owned()),
        ("everything", good.replace("    rule: Rule 0\n", "")),
        ("a field that is none", good.replace("proc.name", "proc.nmae")),
        ("a path", good.replace("ACC-1", "../x")),
        ("no YAML", "\u{0}{[".to_owned()),
    ];
    for (what, text) in wrong {
        let answer = ada.post("/acceptances", &json!({"yaml": text}));
        assert_eq!(answer.status, 400, "{what}: {}", answer.body);
    }
    assert_eq!(std::fs::read_dir(server.dir().join("data/server/pending")).unwrap().count(), 0);
    for path in ["/acceptances/..%2Fx/approve", "/acceptances/x/approve"] {
        assert_eq!(ada.post(path, &json!({"digest": ""})).status, 404, "{path}");
    }
}
