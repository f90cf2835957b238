//! Every figure has a name that the documentation and the shipped alarms know, and the other way round.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use avouch_finding::Severity;

use super::*;
use crate::health::{Digests, NodeHealth, SourceHealth, State};

/// Figures of which none is empty.
fn full() -> Figures {
    let source = SourceHealth {
        own: false,
        run: String::new(),
        source: "aws_cloudtrail".to_owned(),
        node: "a \"quoted\" name\\with\nlines".to_owned(),
        cluster: "prod".to_owned(),
        state: State::Late,
        reason: "it is late".to_owned(),
        last_event: Some(Time(1)),
        lag_s: Some(2.5),
        events: 5,
        drops: 3,
        drops_lately: 1,
        rules_digest: String::new(),
        version: String::new(),
        digests: Some(Digests { verified: 24, not_verified: 1, failed: 2 }),
    };
    let node = NodeHealth {
        node: "n1".to_owned(),
        cluster: "prod".to_owned(),
        state: State::Late,
        reason: String::new(),
        warnings: vec!["w".to_owned()],
        own: false,
        run: String::new(),
        version: String::new(),
        kernel: String::new(),
        heard: Some(Time(1)),
        watched_to: None,
        rules_digest: String::new(),
        events: 1,
        detections: 1,
        lost: 1,
        lost_by_cause: BTreeMap::new(),
        lost_lately: 0,
        ahead_s: 0.5,
        rule_set: None,
    };
    let counts = Counts {
        facts: 9,
        findings: BTreeMap::from([(Severity::High, 2)]),
        suppressed: 1,
        deliveries: BTreeMap::from([(("mail".to_owned(), "failed"), 1)]),
    };
    Figures {
        standing: Standing {
            nodes: vec![node],
            sources: vec![source],
            reasons: vec!["late".to_owned()],
            forgotten: 0,
            agents_behind: 1,
        },
        counts,
        ingest: IngestCounts::default(),
        sizes: Sizes::default(),
        last_seq: 10,
        head: Some((9, Time(2))),
        begun: Time(0),
    }
}

/// Names of samples.
fn told() -> BTreeSet<String> {
    let page = text(&full()).unwrap();
    let name = |line: &str| line.split(['{', ' ']).next().unwrap_or_default().to_owned();
    page.lines().filter(|l| !l.starts_with('#')).map(name).collect()
}

fn root(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file)
}

fn read(file: &str) -> String {
    std::fs::read_to_string(root(file)).unwrap()
}

/// Words of a text that begin with `avouch_`.
fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|w| w.strip_prefix("avouch_").is_some_and(|rest| !rest.is_empty())).map(str::to_owned).collect()
}

#[test]
fn the_documentation_names_every_figure_and_no_other() {
    let docs = read("docs/HEALTH.md");
    let (_, table) = docs.split_once("| name | labels |").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    let first = |row: &str| row.split('|').nth(1).map(str::to_owned);
    let quoted = |cell: String| cell.split('`').skip(1).step_by(2).map(|n| format!("avouch_{n}")).collect::<Vec<_>>();
    let documented: BTreeSet<String> = table.lines().filter_map(first).flat_map(quoted).collect();
    assert_eq!(documented, told());
}

#[test]
fn alarms_stand_on_figures_that_are_told() {
    let alarms = read("deploy/prometheus/alerts.yaml");
    let parsed: serde_json::Value = serde_saphyr::from_str(&alarms).unwrap();
    let rules = parsed["groups"][0]["rules"].as_array().unwrap();
    assert!(rules.len() >= 8);
    let page = text(&full()).unwrap();
    let mut seen = BTreeSet::new();
    for rule in rules {
        let expression = rule["expr"].as_str().unwrap();
        seen.extend(named(expression));
        // Each label that is asked for is one that the figure has.
        for (name, rest) in expression.split("avouch_").skip(1).filter_map(|part| part.split_once('{')) {
            let (label, _) = rest.split_once('=').unwrap();
            let sample = format!("avouch_{name}{{");
            assert!(page.lines().any(|l| l.starts_with(&sample) && l.contains(&format!("{label}=\""))), "{expression}");
        }
    }
    assert_eq!(seen.difference(&told()).collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!(named(&read("docs/HEALTH.md")).difference(&told()).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn the_older_form_has_the_same_samples_and_names_counters_by_them() {
    let page = text(&full()).unwrap();
    let older = classic(&page);
    let samples = |text: &str| text.lines().filter(|l| !l.starts_with('#')).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(samples(&older), samples(&page));
    assert!(
        older.contains("# TYPE avouch_facts_total counter\n# HELP")
            || older.contains("# TYPE avouch_facts_total counter\navouch_facts_total 9\n")
    );
    assert!(older.contains("# TYPE avouch_ready gauge\n"));
    assert!(!older.contains("# UNIT") && !older.contains("# EOF"));
}

/// Prometheus's own tool, where it is installed.
#[test]
fn promtool_takes_the_alarms_and_the_page() {
    let promtool = std::env::var_os("AVOUCH_PROMTOOL").unwrap_or_else(|| "promtool".into());
    let check = |arguments: &[&str], input: &str| {
        use std::io::Write as _;
        let mut child = Command::new(&promtool)
            .args(arguments)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .ok()?;
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Some(child.wait_with_output().unwrap())
    };
    let alarms = root("deploy/prometheus/alerts.yaml");
    let Some(rules) = check(&["check", "rules", alarms.to_str().unwrap()], "") else {
        println!("skipped: promtool is not installed");
        return;
    };
    assert!(rules.status.success(), "{}", String::from_utf8_lossy(&rules.stderr));
    let page = check(&["check", "metrics"], &classic(&text(&full()).unwrap())).unwrap();
    let said = [page.stdout, page.stderr].concat();
    assert!(page.status.success(), "{}", String::from_utf8_lossy(&said));
}
