//! Everything about one finding: explanation, ancestry, those like it; and who may be made responsible.

use avouch_auth::Role;
use avouch_finding::{Finding, Severity, Suppressed, Time};
use avouch_pipeline::RuleSet;
use avouch_pipeline::facts::{Origin, rules_loaded};
use avouch_server::{DeskSetup, system_clock};
use serde_json::{Value as Json, json};

use crate::common::{TestServer, finding};
use crate::user;

const RULES: &str = "\
- macro: spawned
  condition: evt.type = execve
- rule: Rule 0
  desc: d
  condition: spawned and proc.name in (sh, bash) and not user.name = app
  output: o
  priority: WARNING
";

fn child<'a>(tree: &'a Json, field: &str) -> &'a Json {
    let children = tree["children"].as_array().unwrap();
    let below = |node: &&Json| {
        node["field"] == field || node["children"].as_array().is_some_and(|c| c.iter().any(|n| n["field"] == field))
    };
    children.iter().find(below).unwrap()
}

#[test]
fn an_explanation_shows_the_condition_with_recorded_values_and_what_is_not_known() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.yaml");
    std::fs::write(&file, RULES).unwrap();
    let desk = DeskSetup { rules: vec![file.clone()], ..DeskSetup::default() };
    let rules = RuleSet::load(&desk.rules, &desk.options).unwrap();
    let digest = rules_loaded(&rules, &Origin::default(), Time(0)).digest;
    let server = TestServer::with(dir, |options| options.desk = desk);
    let ada = server.admin();
    let findings =
        [finding(0, Severity::Low), Finding { rules: digest, ..finding(3, Severity::Low) }, finding(1, Severity::Low)];
    server.record(findings.to_vec());
    let path = |n: usize| format!("/findings/{}/explain", findings[n].id);

    let old = ada.get(&path(0)).fine();
    assert_eq!((&old["rule"]["name"], &old["rule"]["line"]), (&json!("Rule 0"), &json!(3)));
    assert!(old["rule"]["file"].as_str().unwrap().ends_with("a.yaml"));
    assert_eq!((&old["exact"], &old["same_rule"]), (&json!(false), &json!(false)));
    let named = child(&old["tree"], "proc.name");
    assert_eq!((&named["value"], &named["actual"], &named["op"]), (&json!("true"), &json!("sh"), &json!("in")));
    assert_eq!(child(&old["tree"], "evt.type")["value"], "unknown", "it was not recorded, and nothing is made up");
    assert_eq!(child(&old["tree"], "user.name")["children"][0]["value"], "false");

    let same = ada.get(&path(1)).fine();
    let spawned = child(&same["tree"], "evt.type");
    assert_eq!(
        (&same["same_rule"], &spawned["value"], &spawned["inferred"]),
        (&json!(true), &json!("true"), &json!(true))
    );
    assert_eq!(spawned["macro"], "spawned");
    assert_eq!(ada.get(&path(2)).status, 404, "no rule of that name");
}

#[test]
fn ancestors_are_told_as_far_as_they_were_recorded() {
    let server = TestServer::start();
    let ada = server.admin();
    let fields = json!({"proc.name": "sh", "proc.pname": "cron", "proc.aname[2]": "systemd", "user.name": "root"});
    let some = Finding { fields: fields.as_object().cloned().unwrap(), ..finding(1, Severity::Low) };
    let none =
        Finding { fields: json!({"ka.user.name": "x"}).as_object().cloned().unwrap(), ..finding(2, Severity::Low) };
    server.record(vec![some.clone(), none.clone()]);
    let names = |id: &str| -> Vec<String> {
        let answer = ada.get(&format!("/findings/{id}/ancestry")).fine();
        answer["processes"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&some.id), ["sh", "cron", "systemd"]);
    assert!(names(&none.id).is_empty());
}

#[test]
fn similar_findings_are_counted_by_day_and_days_without_any_are_there() {
    let server = TestServer::start();
    let ada = server.admin();
    let (now, day) = (system_clock()().0, 86_400_000_000_000);
    let of = |n: u64, days: u64| Finding { time: Time(now - days * day), ..finding(n * 3, Severity::Low) };
    let quiet = Finding { suppressed: Some(Suppressed { acceptance: "a".to_owned() }), ..of(5, 2) };
    let mut other = of(6, 0);
    other.fields.insert("proc.name".to_owned(), json!("bash"));
    server.record(vec![of(1, 0), of(2, 0), of(3, 2), quiet, other, of(4, 40)]);
    let id = of(1, 0).id;
    let answer = ada.get(&format!("/findings/{id}/similar?days=30")).fine();
    let days = answer["by_day"].as_array().unwrap();
    assert_eq!(days.len(), 30);
    let today = Time(now).to_string();
    // Midnight may pass between the question and here.
    let at = days.iter().position(|d| d["day"] == today[..10]).unwrap();
    assert_eq!((&days[at]["count"], &days[at]["suppressed"]), (&json!(2), &json!(0)));
    assert_eq!((&days[at - 2]["count"], &days[at - 2]["suppressed"]), (&json!(1), &json!(1)));
    assert_eq!(days.iter().map(|d| d["count"].as_u64().unwrap()).sum::<u64>(), 3);
    assert_eq!(ada.get(&format!("/findings/{id}/similar?severity=low")).status, 400);
}

#[test]
fn only_a_user_who_can_look_at_findings_is_made_responsible() {
    let server = TestServer::start();
    let ada = server.admin();
    user(&server, "Bob", Role::Analyst, None);
    user(&server, "eve", Role::Auditor, Some((Time(1), Time(2))));
    let one = finding(1, Severity::Low);
    server.record(vec![one.clone()]);
    let assign = |to: Json| ada.post("/findings/act", &json!({"ids": [one.id, one.id], "assign": {"to": to}}));
    for wrong in ["nobody", "eve", "bob "] {
        let answer = assign(json!(wrong));
        assert_eq!((answer.status, &answer.json()["error"]["param"]), (400, &json!("assign")), "{wrong}");
    }
    assert_eq!(
        assign(json!("bob")).fine()["recorded"].as_array().unwrap().len(),
        1,
        "a finding named twice is acted on once"
    );
    let row = || ada.get(&format!("/findings/{}", one.id)).fine()["row"].clone();
    assert_eq!(row()["assignee"], "Bob");
    assert_eq!(ada.get("/findings/counts?assignee=Bob").fine()["count"], 1);
    assign(Json::Null).fine();
    assert_eq!(row()["assignee"], json!(null));
    let history = ada.get(&format!("/findings/{}", one.id)).fine()["history"].clone();
    let by: Vec<&str> = history.as_array().unwrap().iter().map(|h| h["by"].as_str().unwrap()).collect();
    assert_eq!(by, ["ada", "ada"]);
}
