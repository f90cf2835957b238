//! The overview counts what the list shows, and says of each day whether it was watched.

mod common;

use avouch_finding::{Fact, Gap, Observation, RuleIdentity, RulesLoaded, Severity, SourceState, Start, Time, Watching};
use avouch_server::centre::Entry;
use common::{TestServer, finding};
use serde_json::json;

const DAY: u64 = 86_400_000_000_000;
/// 2026-11-20.
const FIRST: u64 = 20_777 * DAY;

fn observed(from: u64, to: u64) -> Fact {
    let state = SourceState { state: Watching::Delivers, events: 1, ..SourceState::default() };
    Observation {
        from: Time(from),
        to: Time(to),
        node: "node-1".to_owned(),
        cluster: "prod".to_owned(),
        run: "test".to_owned(),
        rules: "set".to_owned(),
        sources: [("syscall".to_owned(), state)].into(),
        ..Observation::default()
    }
    .into()
}

#[test]
fn days_without_a_watch_are_not_empty_days() {
    let server = TestServer::start();
    let ada = server.admin();
    let rule = RuleIdentity {
        name: "Rule 0".to_owned(),
        source: "syscall".to_owned(),
        criteria: vec!["CC6.1".to_owned()],
        ..RuleIdentity::default()
    };
    let facts: Vec<Fact> = vec![
        Start {
            time: Time(FIRST),
            node: "node-1".to_owned(),
            cluster: "prod".to_owned(),
            run: "test".to_owned(),
            ..Start::default()
        }
        .into(),
        RulesLoaded {
            time: Time(FIRST),
            node: "node-1".to_owned(),
            run: "test".to_owned(),
            digest: "set".to_owned(),
            rules: vec![rule],
            ..RulesLoaded::default()
        }
        .into(),
        observed(FIRST, FIRST + DAY),
        observed(FIRST + DAY, FIRST + DAY + DAY / 2),
        Gap {
            from: Time(FIRST + DAY + DAY / 2),
            to: Time(FIRST + 3 * DAY),
            node: "node-1".to_owned(),
            reason: "the agent died".to_owned(),
            ..Gap::default()
        }
        .into(),
    ];
    let source = avouch_ledger::Source { name: "node-1".to_owned(), run: "test".to_owned() };
    let entries = facts.into_iter().map(|fact| Entry { fact, source: source.clone(), source_seq: None }).collect();
    server.running().app().centre.record_blocking(entries).unwrap();
    let mut low = finding(0, Severity::Low);
    low.time = Time(FIRST + DAY / 3);
    let mut critical = finding(3, Severity::Critical);
    critical.time = Time(FIRST + DAY / 2);
    server.record(vec![low, critical]);

    let overview = ada.get("/overview?from=2026-11-20&to=2026-11-23").fine();
    assert_eq!(overview["severity"][0], json!({"severity": "critical", "count": 1, "before": 0}));
    let total: u64 = overview["hours"]
        .as_array()
        .unwrap()
        .iter()
        .map(|h| h["severity"]["low"].as_u64().unwrap() + h["severity"]["critical"].as_u64().unwrap())
        .sum();
    assert_eq!(total, 2);
    assert_eq!(overview["controls"]["days"], json!(["2026-11-20", "2026-11-21", "2026-11-22"]));
    let days = overview["controls"]["criteria"][0]["days"].as_array().unwrap();
    assert_eq!(overview["controls"]["criteria"][0]["criterion"], "CC6.1");
    let states: Vec<&str> = days.iter().map(|d| d["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["observed", "partial", "not"]);
    assert_eq!(days[0]["findings"], 2);
    assert!(days[2]["why"][0].as_str().unwrap().contains("the agent died"), "{days:?}");
    assert_eq!(overview["gaps"][0]["cluster"], "prod");
    assert_eq!(overview["rules"][0]["rule"], "Rule 0");
    assert_eq!(overview["rules"][0]["per_day"], json!([2, 0, 0]));
    let open: u64 = overview["open"]["buckets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|b| b["severity"]["critical"].as_u64().unwrap())
        .sum();
    assert_eq!(open, 1);
    assert!(overview["answer"]["partial"][0].as_str().unwrap().contains("not watched"));

    // What is learned of a source later counts against the day that it is about, in the strip and in health alike.
    let missing = Gap {
        from: Time(FIRST),
        to: Time(FIRST + DAY / 4),
        node: "node-1".to_owned(),
        source: "syscall".to_owned(),
        partial: true,
        reason: "files are missing".to_owned(),
    };
    server.tell(vec![missing.into()]);
    let overview = ada.get("/overview?from=2026-11-20&to=2026-11-22").fine();
    let day = &overview["controls"]["criteria"][0]["days"][0];
    assert_eq!((&day["state"], &day["share"]), (&json!("partial"), &json!(0.75)));
    assert_eq!(day["why"], json!(["node-1: not complete: files are missing"]));
    let health = ada.get("/health?from=2026-11-20&to=2026-11-22").fine();
    let of_sources = health["sources"].as_array().unwrap().iter().flat_map(|s| s["gaps"].as_array().unwrap());
    let mut gaps = of_sources.chain(health["other_gaps"].as_array().unwrap());
    let told = gaps.find(|g| g["cause"] == "not complete: files are missing").unwrap_or_else(|| panic!("{health}"));
    assert_eq!((&told["from"], &told["source"]), (&json!(Time(FIRST).to_string()), &json!("syscall")));
}

#[test]
fn a_period_in_which_nothing_was_heard_yet_is_a_gap_of_every_answer() {
    let server = TestServer::start();
    let ada = server.admin();
    let whole = "from=2026-11-20&to=2026-11-23";
    let ends = |gap: &serde_json::Value| (gap["from"].clone(), gap["to"].clone(), gap["node"].clone());
    let day = |n: u64| json!(Time(FIRST + n * DAY).to_string());
    let answers = |query: &str| {
        let counts = ada.get(&format!("/findings/counts?step=3600&{query}")).fine();
        let overview = ada.get(&format!("/overview?{query}")).fine();
        [counts, overview]
    };
    let partial = |answer: &serde_json::Value| answer["answer"]["partial"].to_string();
    // Nothing ever came: all of it. (An overview is handed out again for a moment: this one is of another period than those below.)
    for answer in answers("from=2026-11-20&to=2026-11-22") {
        assert_eq!(
            answer["gaps"].as_array().unwrap().iter().map(ends).collect::<Vec<_>>(),
            [(day(0), day(2), json!(""))]
        );
        assert!(partial(&answer).contains("nothing at all was watched"), "{answer}");
    }
    let before = |health: &serde_json::Value| -> Vec<_> {
        health["other_gaps"].as_array().unwrap().iter().filter(|g| g["node"] == "").map(ends).collect()
    };
    assert_eq!(before(&ada.get(&format!("/health?{whole}")).fine()), [(day(0), day(3), json!(""))]);

    // From the second day on something watches.
    let rule = RuleIdentity {
        name: "Rule 0".to_owned(),
        source: "syscall".to_owned(),
        criteria: vec!["CC6.1".to_owned()],
        ..RuleIdentity::default()
    };
    let loaded = RulesLoaded {
        time: Time(FIRST + DAY),
        node: "node-1".to_owned(),
        run: "test".to_owned(),
        digest: "set".to_owned(),
        rules: vec![rule],
        ..RulesLoaded::default()
    };
    server.tell(vec![loaded.into(), observed(FIRST + DAY, FIRST + 3 * DAY)]);
    for query in [whole.to_owned(), format!("{whole}&severity=low"), format!("{whole}&source=syscall&node=node-1")] {
        for answer in answers(&query) {
            assert_eq!(
                answer["gaps"].as_array().unwrap().iter().map(ends).collect::<Vec<_>>(),
                [(day(0), day(1), json!(""))]
            );
            assert!(partial(&answer).contains("nothing at all was watched for the first 24.0 h"), "{answer}");
        }
    }
    let [counts, overview] = answers(whole);
    assert_eq!(counts["gaps"], overview["gaps"]);
    let states: Vec<&serde_json::Value> =
        overview["controls"]["criteria"][0]["days"].as_array().unwrap().iter().map(|d| &d["state"]).collect();
    assert_eq!(states, ["not", "observed", "observed"]);
    assert_eq!(before(&ada.get(&format!("/health?{whole}")).fine()), [(day(0), day(1), json!(""))]);
    // What a filter asks for was watched by nobody, whatever else was.
    for query in ["cluster=other", "source=k8s_audit", "node=node-2", "not.source=syscall"] {
        for answer in answers(&format!("{whole}&{query}")) {
            assert_eq!(ends(&answer["gaps"][0]), (day(0), day(3), json!("")), "{query}: {answer}");
        }
    }
    // Controls: unknown, and not what was not to be watched.
    let controls = ada.get(&format!("/controls?{whole}")).fine();
    assert!(partial(&controls).contains("nothing at all was watched for the first 24.0 h"), "{controls}");
    let all = controls["criteria"].as_array().unwrap().iter().flat_map(|c| c["controls"].as_array().unwrap());
    for control in all.filter(|c| c["state"] != "not_covered") {
        assert_eq!(control["days"][0], "unknown", "{control}");
        assert_ne!(control["state"], "no_deviation");
    }
    // Once something watched from the begin on, there is none.
    for answer in answers("from=2026-11-21&to=2026-11-23") {
        assert_eq!(answer["gaps"], json!([]));
    }
    assert_eq!(before(&ada.get("/health?from=2026-11-21&to=2026-11-23").fine()), []);
    // Long after the last was heard nobody watches either, and that is not called a begin.
    let late = ada.get("/health?from=2027-03-01&to=2027-03-02").fine();
    assert!(before(&late).len() <= 1, "{late}");
}

#[test]
fn an_overview_of_all_time_or_of_another_cluster_is_no_pass() {
    let server = TestServer::start();
    let ada = server.admin();
    assert_eq!(ada.get("/overview").status, 400);
    let nothing = ada.get("/overview?from=2026-11-20&to=2026-11-23&cluster=other").fine();
    assert_eq!(nothing["controls"]["criteria"], json!([]));
    assert_eq!(nothing["answer"]["scope"], "cluster other");
    assert_eq!(nothing["answer"]["fresh_to"], ada.get("/findings").fine()["answer"]["fresh_to"]);
}
