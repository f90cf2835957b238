//! Rules over HTTP: listed with their counts, checked while they are written, tried on history, saved.

#![expect(clippy::unwrap_used, reason = "a test")]

mod common;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use avouch_finding::{Decision, Disposition, Fact, Kind, Severity};
use avouch_server::{DeskSetup, centre::Recorded};
use avouch_store::Period;
use common::{Answer, Caller, TestServer, finding};
use serde_json::{Value as Json, json};

const RULES: &str = r#"- macro: shells
  condition: (proc.name in (sh, bash))

- rule: Rule 0
  desc: a shell
  condition: evt.type = execve and shells
  output: A shell was started (command=%proc.cmdline)
  priority: WARNING
  tags: [SOC2_CC6.1]

- rule: Rule 1
  desc: another
  condition: evt.type = execve and shells and user.name = root
  output: A shell of root was started (command=%proc.cmdline)
  priority: NOTICE
"#;

fn with_rules(edit_rules: bool) -> (TestServer, String) {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("rules");
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("a.yaml");
    std::fs::write(&file, RULES).unwrap();
    let server = TestServer::with(dir, |options| {
        options.desk = DeskSetup { rules: vec![folder.clone()], edit_rules, ..DeskSetup::default() };
    });
    (server, file.display().to_string())
}

fn at(file: &str, what: &str) -> String {
    format!("/rule-files/{}{what}", file.replace('/', "%2F"))
}

fn put(who: &Caller, file: &str, text: &str, digest: &Json) -> Answer {
    let body = json!({"text": text, "digest": digest}).to_string();
    who.send("PUT", &at(file, ""), Some(("application/json", body.as_bytes())))
}

fn seq(recorded: &Recorded) -> u64 {
    let Recorded::At(seq) = recorded else { panic!("{recorded:?}") };
    *seq
}

#[test]
fn the_effective_set_is_listed_with_places_and_counts_and_what_fired_elsewhere_too() {
    let (server, file) = with_rules(false);
    let ada = server.admin();
    server.record((0..9).map(|n| finding(n, Severity::Medium)).collect());
    let day = finding(0, Severity::Medium).time.to_string()[..10].to_owned();
    let list = ada.get(&format!("/rules?from={day}&to=2030-01-01")).fine();
    let rules = list["rules"].as_array().unwrap();
    let names: Vec<&str> = rules.iter().map(|r| r["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Rule 0", "Rule 1", "Rule 2"]);
    let (first, last) = (&rules[0], &rules[2]);
    assert_eq!((&first["file"], &first["line"]), (&json!(file), &json!(4)));
    assert_eq!(
        (&first["status"], &first["criteria"], &first["total"]),
        (&json!("loaded"), &json!(["CC6.1"]), &json!(3))
    );
    // `evt.type = execve and shells` takes whatever the narrower one after it asks.
    assert_eq!(rules[1]["shadowed_by"], json!([{"file": file, "line": 4}]));
    assert_eq!((&last["status"], &last["file"], &last["total"]), (&json!("not here"), &json!(null), &json!(3)));
    let one = ada.get("/rules/Rule%200").fine();
    assert_eq!(one["condition"], "evt.type = execve and shells");
    assert!(one["resolved"].as_str().unwrap().contains("proc.name in (sh, bash)"), "{}", one["resolved"]);
    assert_eq!(ada.get("/rules/None").status, 404);
    assert_eq!(ada.get("/rules?severity=high").status, 400);
}

#[test]
fn a_text_is_checked_as_a_part_of_the_whole_set() {
    let (server, file) = with_rules(false);
    let ada = server.admin();
    let check = |text: &str| ada.post(&at(&file, "/check"), &json!({"text": text})).fine()["diagnostics"].clone();
    let errors = |found: &Json| -> Vec<Json> {
        found.as_array().unwrap().iter().filter(|d| d["severity"] == "error").cloned().collect()
    };
    assert!(errors(&check(RULES)).is_empty());
    let wrong = errors(&check(&RULES.replace("user.name = root", "user.nmae = root")));
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert_eq!((&wrong[0]["line"], &wrong[0]["file"]), (&json!(13), &json!(null)));
    assert!(wrong[0]["hint"].as_str().unwrap().contains("user.name"), "{}", wrong[0]);
    // What is broken in another file by it is told with that file's name.
    let other = Path::new(&file).with_file_name("b.yaml");
    std::fs::write(
        &other,
        "- rule: Rule 3\n  desc: x\n  condition: evt.type = open and shells\n  output: x\n  priority: INFO\n",
    )
    .unwrap();
    server.running().reload().unwrap();
    let elsewhere = errors(&check(&RULES.replace("macro: shells", "macro: shell")));
    assert!(elsewhere.iter().any(|d| d["file"] == other.display().to_string()), "{elsewhere:?}");
    assert_eq!(ada.post(&at("/etc/passwd", "/check"), &json!({"text": ""})).status, 400);
}

#[test]
fn a_file_is_saved_by_who_may_against_the_text_that_was_read_and_never_with_errors() {
    let (server, file) = with_rules(true);
    let ada = server.admin();
    let before = ada.get(&at(&file, "")).fine();
    assert_eq!((&before["text"], &before["editable"]), (&json!(RULES), &json!(true)));
    let narrower = RULES.replace("user.name = root", "user.name = admin");
    let saved = put(&ada, &file, &narrower, &before["digest"]).fine();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), narrower);
    let rule = ada.get("/rules/Rule%201").fine();
    assert!(rule["condition"].as_str().unwrap().ends_with("user.name = admin"));
    // Somebody else has the old text still.
    assert_eq!(put(&ada, &file, RULES, &before["digest"]).status, 409);
    let broken = put(&ada, &file, &narrower.replace("user.name", "user.nmae"), &saved["digest"]);
    assert_eq!((broken.status, &broken.json()["error"]["code"]), (400, &json!("rule_errors")));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), narrower);
    // The ledger knows who, and the text before can be had.
    let after = ada.get(&at(&file, "")).fine();
    let version = &after["versions"][0];
    assert_eq!((&version["by"], &version["digest"]), (&json!("ada"), &saved["digest"]));
    let old = ada.get(&format!("/rule-texts/{}", version["before"].as_str().unwrap())).fine();
    assert_eq!(old["text"], RULES);
    // A new file, in a folder of rules alone.
    let fresh = PathBuf::from(&file).with_file_name("local.yaml").display().to_string();
    let text = "- rule: Mine\n  desc: x\n  condition: evt.type = open\n  output: x\n  priority: INFO\n";
    put(&ada, &fresh, text, &json!(null)).fine();
    assert_eq!(ada.get("/rules/Mine").fine()["rule"]["file"], fresh);
    let folder = Path::new(&file).parent().unwrap().display().to_string();
    for path in ["/../x.yaml", "/sub/x.yaml", "/.x.yaml", "/x.test.yaml", "/x.txt", "/a%20b.yaml"] {
        let answer = put(&ada, &format!("{folder}{path}"), text, &json!(null));
        assert_eq!(answer.status, 400, "{path}: {}", answer.body);
    }
    assert_eq!(put(&ada, "/etc/x.yaml", text, &json!(null)).status, 400);
}

#[test]
fn links_and_servers_that_were_not_told_to_are_read_only() {
    let (server, file) = with_rules(true);
    let ada = server.admin();
    let (link, aim) = (Path::new(&file).with_file_name("link.yaml"), server.dir().join("outside.yaml"));
    std::fs::write(&aim, "- list: a\n  items: [x]\n").unwrap();
    std::os::unix::fs::symlink(&aim, &link).unwrap();
    let link = link.display().to_string();
    let read = ada.get(&at(&link, "")).fine();
    assert_eq!(read["editable"], false);
    assert_eq!(put(&ada, &link, "- list: a\n  items: [y]\n", &read["digest"]).status, 403);
    assert_eq!(std::fs::read_to_string(&aim).unwrap(), "- list: a\n  items: [x]\n");

    let (server, file) = with_rules(false);
    let ada = server.admin();
    let read = ada.get(&at(&file, "")).fine();
    assert!(read["why_not"].as_str().unwrap().contains("--edit-rules"));
    assert_eq!(put(&ada, &file, RULES, &read["digest"]).status, 403);
}

#[test]
fn a_change_is_tried_on_history_and_known_true_findings_that_it_would_lose_stand_first() {
    let (server, file) = with_rules(false);
    let ada = server.admin();
    let findings: Vec<_> = (0..9).map(|n| finding(n, Severity::Medium)).collect();
    let known = findings[3].clone();
    server.record(findings);
    let decided = Disposition {
        time: known.time,
        finding: known.id.clone(),
        by: "ada".to_owned(),
        decision: Decision::True,
        reason: "an intruder".to_owned(),
        incident: String::new(),
    };
    assert!(seq(&server.tell(vec![Fact::from(decided)])[0]) > 0);
    let without = RULES.replace("proc.name in (sh, bash)", "proc.name in (bash)");
    let body = json!({"text": without, "from": "2026-01-01", "to": "2030-01-01"});
    let job = ada.post(&at(&file, "/backtest"), &body).fine();
    let id = job["id"].as_str().unwrap().to_owned();
    let begun = Instant::now();
    let done = loop {
        let job = ada.get(&format!("/backtests/{id}")).fine();
        if job["state"] == "done" {
            break job;
        }
        assert!(matches!(job["state"].as_str(), Some("queued" | "running")), "{job}");
        assert!(begun.elapsed() < Duration::from_secs(60), "{job}");
        std::thread::sleep(Duration::from_millis(20));
    };
    let result = &done["result"];
    assert_eq!((&result["lost_true"]["count"], &result["lost_true"]["rows"][0]["id"]), (&json!(1), &json!(known.id)));
    let rule = result["rules"].as_array().unwrap().iter().find(|r| r["rule"] == "Rule 0").unwrap();
    assert_eq!(
        (&rule["what"], &rule["before"], &rule["after"], &rule["lost"]["count"]),
        (&json!("changed"), &json!(3), &json!(0), &json!(3))
    );
    assert!(!result["read"]["missing"].as_array().unwrap().is_empty(), "without a recording gains are not known");
    assert_eq!(ada.get("/backtests/none").status, 404);
    let broken = json!({"text": RULES.replace("proc.name", "proc.nmae")});
    assert_eq!(ada.post(&at(&file, "/backtest"), &broken).status, 400);
}

#[test]
fn what_cannot_be_loaded_anew_leaves_what_was_loaded_and_is_told() {
    let (server, file) = with_rules(false);
    let ada = server.admin();
    std::fs::write(&file, RULES.replace("Rule 1", "Rule 7")).unwrap();
    server.running().reload().unwrap();
    assert_eq!(ada.get("/rules/Rule%207").status, 200);
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(Path::new(&file)).unwrap();
    let folder = server.dir().join("data/server/acceptances");
    std::fs::write(folder.join("bad.yaml"), "acceptances:\n  - id: ACC-1\n    rule: x\n").unwrap();
    assert!(server.running().reload().is_err());
    assert_eq!(ada.get("/rules/Rule%207").status, 200);
    let store = avouch_store::Store::open(server.dir().join("data/store"), avouch_store::Options::default()).unwrap();
    let settings = store.reader().unwrap().facts(Kind::Setting, Period::ALL).unwrap();
    let refused = settings
        .iter()
        .any(|f| matches!(&f.fact, Fact::Setting(s) if s.what == "rules" && s.detail["refused"].is_string()));
    assert!(refused, "{settings:?}");
}
