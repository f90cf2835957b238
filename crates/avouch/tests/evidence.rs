//! From recordings of several days to a report, a bundle and its verification; and what an auditor would try on it.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use avouch_evidence::{Folder, Recorder, Settings};
use avouch_finding::{Command as Ran, Fact, Losses, Observation, RulesLoaded, SourceState, Time, Watching, Who};
use avouch_ledger::Source;
use serde_json::Value as Json;

const RECORDING: &str = "recordings/web-intrusion.scap";
const FROM: &str = "2026-07-01";
const TO: &str = "2026-07-08";
const HOUR: u64 = 3_600_000_000_000;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn run(args: &[&str]) -> (String, String, i32) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_avouch"));
    let out = command.args(args).current_dir(root()).env("TZ", "UTC").env("NO_COLOR", "1").env("USER", "ann").output();
    let out = out.unwrap();
    let text = |b: Vec<u8>| String::from_utf8(b).unwrap();
    (text(out.stdout), text(out.stderr), out.status.code().unwrap())
}

fn fine(args: &[&str]) -> (String, String) {
    let (out, err, code) = run(args);
    assert_eq!(code, 0, "{args:?}: {out}{err}");
    (out, err)
}

fn time(text: &str) -> Time {
    Time::parse(text).unwrap()
}

/// A folder of evidence over the period, and the control list it is reported by.
struct Estate {
    dir: tempfile::TempDir,
}

impl Estate {
    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    fn data(&self) -> String {
        self.path("data")
    }

    fn replay(&self, more: &[&str]) {
        let data = self.data();
        let args = ["replay", "--rules", "rules", "--matching", "all", "--quiet", "--data", &data];
        fine(&[&args, more].concat());
    }

    fn report(&self, name: &str, more: &[&str]) -> PathBuf {
        let (data, lists, out) = (self.data(), self.path("controls"), self.path(name));
        let args =
            ["report", "--data", &data, "--controls", &lists, "--from", FROM, "--to", TO, "--out", &out, "--by", "ann"];
        fine(&[&args, more].concat());
        PathBuf::from(out)
    }

    fn new() -> Self {
        let estate = Self { dir: tempfile::tempdir().unwrap() };
        fs::create_dir(estate.path("controls")).unwrap();
        fs::write(estate.path("controls/v1.yaml"), CONTROLS).unwrap();
        fs::write(estate.path("acceptances.yaml"), ACCEPTANCES).unwrap();
        fs::write(estate.path("audit.jsonl"), AUDIT).unwrap();
        let web = ["--node", "web-1", "--cluster", "prod"];
        let at = |day: &'static str| ["--recorded-at", day];
        // Day one as it is; day three with an acceptance; day five, when that has ended, with a rule switched off.
        let holes = estate.path("acceptances.yaml");
        estate.replay(&[&[RECORDING][..], &web, &at("2026-07-01T10:00:00Z")].concat());
        estate.replay(
            &[&[RECORDING, "--again", "--acceptances", &holes][..], &web, &at("2026-07-03T10:00:00Z")].concat(),
        );
        let off = ["--disable", "Log file emptied"];
        estate.replay(
            &[&[RECORDING, "--again", "--acceptances", &holes][..], &off, &web, &at("2026-07-05T10:00:00Z")].concat(),
        );
        let audit = estate.path("audit.jsonl");
        estate.replay(&[&audit, "--acceptances", &holes, "--node", "prod-api", "--cluster", "prod"]);
        estate.watch();
        estate
    }

    /// A second node with an agent: watched all the time, but for ten minutes, and an hour with losses.
    fn watch(&self) {
        let folder = Folder::new(self.data());
        let now = time("2026-07-08T00:00:00Z");
        let (mut recorder, _) = Recorder::open(&folder, Settings::default(), now, &mut |_| {}).unwrap();
        let rules = self.rules();
        let source = Source { name: "web-2".to_owned(), run: "agent-1".to_owned() };
        let begin = time("2026-07-01T00:00:00Z").0;
        let mut keep = |fact: Fact| assert!(recorder.record(&fact, &source, now).unwrap() > 0);
        keep(RulesLoaded { time: Time(begin), node: "web-2".into(), run: "agent-1".into(), ..rules.clone() }.into());
        for hour in 0..7 * 24 {
            let (mut from, to) = (begin + hour * HOUR, begin + (hour + 1) * HOUR);
            if hour == 3 * 24 {
                from += HOUR / 6;
            }
            let state = SourceState { state: Watching::Delivers, events: 1000, ..SourceState::default() };
            let lost = if hour == 4 * 24 { 17 } else { 0 };
            keep(
                Observation {
                    from: Time(from),
                    to: Time(to),
                    node: "web-2".into(),
                    cluster: "prod".into(),
                    run: "agent-1".into(),
                    rules: rules.digest.clone(),
                    sources: BTreeMap::from([("syscall".to_owned(), state)]),
                    events: 1000,
                    lost: Losses { events: lost, ..Losses::default() },
                    clock_offset_ns: 1_795_000_000_000_000_000,
                    ..Observation::default()
                }
                .into(),
            );
        }
        // A pod that lived for twenty seconds.
        let who =
            Who { container: "c0ffee123456".into(), pod: "job-7".into(), namespace: "shop".into(), ..Who::default() };
        for second in [0, 20] {
            let at = Time(begin + 50 * HOUR + second * 1_000_000_000);
            keep(
                Ran { time: at, node: "web-2".into(), who: who.clone(), cmdline: "job".into(), ..Ran::default() }
                    .into(),
            );
        }
        recorder.close(now).unwrap();
    }

    /// The rule set of the first replay.
    fn rules(&self) -> RulesLoaded {
        let first = self.records().into_iter().find(|(kind, _)| kind == "rules").unwrap().1;
        serde_json::from_value(first).unwrap()
    }

    /// Kind and body of every record, read from the ledger's lines with nothing of ours.
    fn records(&self) -> Vec<(String, Json)> {
        let text = fs::read_to_string(self.path("data/ledger/segments/00000001.jsonl")).unwrap();
        let read = |line: &str| {
            let mut record: Json = serde_json::from_str(line).unwrap();
            (record["kind"].as_str().unwrap().to_owned(), record["what"].take())
        };
        text.lines().map(read).collect()
    }

    /// Findings of the period, read the same way.
    fn findings(&self) -> Vec<Json> {
        let within =
            |f: &Json| (time("2026-07-01T00:00:00Z")..time("2026-07-08T00:00:00Z")).contains(&time(text(f, "time")));
        let all = self.records().into_iter().filter(|(kind, _)| kind == "finding").map(|(_, body)| body);
        all.filter(within).collect()
    }
}

fn text<'j>(json: &'j Json, key: &str) -> &'j str {
    json[key].as_str().unwrap_or_default()
}

fn population(out: &Path, id: &str) -> Vec<Json> {
    let lines = fs::read_to_string(out.join(format!("bundle/populations/{id}.jsonl"))).unwrap();
    lines.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

/// The words of the report, without its tags.
fn words(out: &Path) -> String {
    let html = fs::read_to_string(out.join("report.html")).unwrap();
    let mut words = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                words.push(' ');
            }
            c if !inside => words.push(c),
            _ => {}
        }
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut out = BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                out.insert(entry.path().strip_prefix(dir).unwrap().to_owned(), fs::read(entry.path()).unwrap());
            }
        }
    }
    out
}

fn copy(from: &Path, to: &Path) {
    for (path, bytes) in files(from) {
        fs::create_dir_all(to.join(&path).parent().unwrap()).unwrap();
        fs::write(to.join(&path), bytes).unwrap();
    }
}

#[test]
fn the_report_of_a_period_says_what_the_ledger_holds() {
    let estate = Estate::new();
    // Somebody looks at what day one brought.
    let data = estate.data();
    let list = ["findings", "list", "--data", &data, "--format", "json", "--limit", "1000"];
    let (all, _) = fine(&list);
    let listed: Vec<Json> = all.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let id = |rule: &str, day: &str| {
        let found = listed.iter().find(|f| text(f, "rule") == rule && text(f, "time").starts_with(day));
        text(found.unwrap(), "id").to_owned()
    };
    let shell = id("Shell started by a web server", "2026-07-01");
    let history = id("Shell history removed", "2026-07-01");
    fine(&["findings", "ack", &shell, "--data", &data, "--by", "bob", "--note", "looking"]);
    fine(&[
        "findings",
        "decide",
        "true",
        &shell,
        "--data",
        &data,
        "--by",
        "bob",
        "--reason",
        "intrusion",
        "--incident",
        "INC-7",
    ]);
    fine(&[
        "findings",
        "decide",
        "benign",
        history.get(..12).unwrap(),
        "--data",
        &data,
        "--by",
        "bob",
        "--reason",
        "known",
    ]);

    let out = estate.report("out", &["--sample", "25", "--seed", "4711"]);
    let findings = estate.findings();

    // Counts made another way: from the lines of the ledger.
    let detections = population(&out, "detections");
    assert_eq!(detections.len(), findings.len());
    let ids = |rows: &[Json]| rows.iter().map(|r| text(r, "id").to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(ids(&detections), ids(&findings));
    let hidden: Vec<&Json> = findings.iter().filter(|f| !f["suppressed"].is_null()).collect();
    assert!(!hidden.is_empty() && hidden.iter().all(|f| text(f, "time").starts_with("2026-07-03")));
    assert_eq!(detections.iter().filter(|d| text(d, "suppressed_by") == "ACC-1").count(), hidden.len());
    let decided = detections.iter().find(|d| text(d, "id") == shell).unwrap();
    let said = ["decision", "decided_by", "incident"].map(|k| text(decided, k));
    assert_eq!(said, ["true", "bob", "INC-7"]);

    // A sensor that stopped for ten minutes, and an hour with losses.
    let gaps = population(&out, "observation-gaps");
    let of_node: Vec<(&str, &str)> =
        gaps.iter().filter(|g| text(g, "node") == "web-2").map(|g| (text(g, "seconds"), text(g, "cause"))).collect();
    assert_eq!(of_node, [("600.000", "agent not running"), ("3600.000", "17 events lost")]);

    // The rule that was switched off, and the one who changed a deployment by hand.
    let changes = population(&out, "rule-changes");
    let off = changes.iter().find(|c| text(c, "name") == "Log file emptied").unwrap();
    assert!(text(off, "change").starts_with("no longer running"), "{off}");
    let changed = population(&out, "changes-seen");
    let edit = changed.iter().find(|c| text(c, "rule") == "Workload changed outside the pipeline").unwrap();
    assert_eq!((text(edit, "actor"), text(edit, "matched")), ("alice@example.com", "no"));

    // The pod that lived for twenty seconds.
    let containers = population(&out, "containers");
    assert_eq!(containers.iter().map(|c| text(c, "pod")).collect::<Vec<_>>(), ["job-7"]);
    assert_eq!(population(&out, "commands").len(), 2);

    // Every test of completeness that ran held.
    let index: Json = serde_json::from_slice(&fs::read(out.join("bundle/populations/index.json")).unwrap()).unwrap();
    let tests: Vec<&Json> = index.as_array().unwrap().iter().flat_map(|p| p["tests"].as_array().unwrap()).collect();
    assert!(tests.iter().all(|t| text(t, "verdict") != "fail"), "{tests:#?}");
    assert!(tests.iter().filter(|t| text(t, "verdict") == "pass").count() >= 5);

    // Each control on each day, and sums that hold.
    let days: Vec<Json> = fs::read_to_string(out.join("bundle/evidence/control-days.jsonl"))
        .unwrap()
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(days.len(), 3 * 7);
    let number = |d: &Json, key: &str| text(d, key).parse::<u64>().unwrap();
    for day in &days {
        let sum: u64 = ["pass", "fail", "unknown", "not_expected"].iter().map(|k| number(day, k)).sum();
        assert_eq!(sum, number(day, "subjects"));
    }
    let stopped = days.iter().find(|d| text(d, "id").starts_with("MO-01/2026-07-04")).unwrap();
    assert_eq!(text(stopped, "outcome"), "unknown");

    // Deviations: the gap, the losses, the confirmed finding, the acceptance that ended.
    let poam = fs::read_to_string(out.join("oscal/poam.json")).unwrap();
    for what in ["not watched", "events lost", "confirmed findings", "acceptance ended", "rule not running"] {
        assert!(poam.contains(what), "{what}");
    }
    let words = words(&out);
    for what in ["AC-01", "INC-7", "ACC-1", "web-2", "17 events lost", "Board"] {
        assert!(words.contains(what), "{what}");
    }
    assert!(fs::read(out.join("report.pdf")).unwrap().starts_with(b"%PDF-"));

    // 25 items, a folder each, with the record as it stands in the ledger.
    let samples = out.join("bundle/samples/detections");
    let drawn: Vec<PathBuf> =
        fs::read_dir(&samples).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()).collect();
    assert_eq!(drawn.len(), 25);
    for item in &drawn {
        let row: Json = serde_json::from_slice(&fs::read(item.join("row.json")).unwrap()).unwrap();
        let record = fs::read_to_string(item.join("record.jsonl")).unwrap();
        assert!(record.contains(text(&row, "id")));
        assert!(item.join("proof.json").exists() && item.join("rule.json").exists());
    }

    // The same once more, byte for byte, although the ledger now also says that a report was made.
    let again = estate.report("again", &["--sample", "25", "--seed", "4711"]);
    let (first, second) = (files(&out), files(&again));
    assert_eq!(first.keys().collect::<Vec<_>>(), second.keys().collect::<Vec<_>>());
    let differ: Vec<&PathBuf> = first.iter().filter(|(path, bytes)| second[*path] != **bytes).map(|(p, _)| p).collect();
    assert_eq!(differ, Vec::<&PathBuf>::new());
}

#[test]
fn a_period_of_which_nothing_is_known_has_no_evidence() {
    let estate = Estate::new();
    let (data, lists, out) = (estate.data(), estate.path("controls"), estate.path("empty"));
    let period = ["--from", "2025-01-01", "--to", "2025-01-08"];
    let (_, err) = fine(&[&["report", "--data", &data, "--controls", &lists, "--out", &out][..], &period].concat());
    assert!(err.contains("no evidence"), "{err}");
    let words = words(Path::new(&out));
    assert!(words.contains("no evidence"));
    let results = fs::read_to_string(Path::new(&out).join("oscal/assessment-results.json")).unwrap();
    assert!(!results.contains("\"state\": \"satisfied\""));
}

#[test]
fn whatever_is_done_to_a_bundle_is_found_and_named() {
    let estate = Estate::new();
    let data = estate.data();
    let out = estate.report("out", &[]);
    let key = fs::read_dir(estate.path("data/ledger/keys")).unwrap().next().unwrap().unwrap().path();
    let key = key.display().to_string();
    let (head, _) = fine(&["ledger", "head", "--data", &data]);
    let anchor = estate.path("anchor.head");
    fs::write(&anchor, head).unwrap();

    let bundle = out.join("bundle").display().to_string();
    let (said, _) = fine(&["verify", &bundle, "--key", &key]);
    assert!(said.contains("bundle: intact"), "{said}");

    type Act<'a> = (&'a str, &'a dyn Fn(&Path), &'a str);
    let segment = |dir: &Path| dir.join("ledger/segments/00000001.jsonl");
    let lines = |dir: &Path, f: &dyn Fn(&mut Vec<String>)| {
        let text = fs::read_to_string(segment(dir)).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        f(&mut lines);
        fs::write(segment(dir), lines.join("\n") + "\n").unwrap();
    };
    let acts: &[Act<'_>] = &[
        ("edit", &|d| lines(d, &|l| l[19] = l[19].replace("web-1", "web-9")), "record 20"),
        ("deletion", &|d| lines(d, &|l| drop(l.remove(19))), "record 20"),
        ("insertion", &|d| lines(d, &|l| l.insert(19, l[18].clone())), "record 19: a second record"),
        ("reordering", &|d| lines(d, &|l| l.swap(19, 20)), "record 20"),
        ("cut tail", &|d| lines(d, &|l| l.truncate(40)), "record"),
        (
            "changed manifest",
            &|d| replace(&d.join("manifest.json"), "period report", "period rapport"),
            "the manifest was changed",
        ),
        (
            "changed list",
            &|d| replace(&d.join("populations/detections.csv"), "web-1", "web-9"),
            "populations/detections.csv was changed",
        ),
        (
            "removed file",
            &|d| fs::remove_file(d.join("populations/nodes.csv")).unwrap(),
            "populations/nodes.csv is missing",
        ),
        ("added file", &|d| fs::write(d.join("extra.txt"), "x").unwrap(), "extra.txt is not in the manifest"),
        (
            "changed report",
            &|d| replace(&d.parent().unwrap().join("report.html"), "AC-01", "AC-10"),
            "report.html CHANGED",
        ),
    ];
    for (what, act, named) in acts {
        let dir = tempfile::tempdir().unwrap();
        copy(&out, dir.path());
        act(&dir.path().join("bundle"));
        let (said, _, code) = run(&["verify", &dir.path().join("bundle").display().to_string(), "--key", &key]);
        assert_eq!(code, 1, "{what}: {said}");
        assert!(said.contains(named), "{what} is named: {said}");
    }

    // Another key than the one that signed.
    let other = estate.path("other");
    fine(&["replay", RECORDING, "--rules", "rules", "--quiet", "--data", &other, "--node", "x"]);
    let foreign = fs::read_dir(Path::new(&other).join("ledger/keys")).unwrap().next().unwrap().unwrap().path();
    let (said, _, code) = run(&["verify", &bundle, "--key", &foreign.display().to_string()]);
    assert_eq!((code, said.contains("none that you trust")), (1, true), "{said}");

    // A ledger whose end was cut, with its heads: only a head from outside shows it.
    let cut = tempfile::tempdir().unwrap();
    copy(Path::new(&estate.path("data/ledger")), cut.path());
    lines_of(&cut.path().join("segments/00000001.jsonl"), |l| l.truncate(57));
    let heads = fs::read_to_string(cut.path().join("heads.jsonl")).unwrap();
    let kept: Vec<&str> =
        heads.lines().filter(|l| serde_json::from_str::<Json>(l).unwrap()["last_seq"].as_u64() <= Some(57)).collect();
    fs::write(cut.path().join("heads.jsonl"), kept.join("\n") + if kept.is_empty() { "" } else { "\n" }).unwrap();
    let dir = cut.path().display().to_string();
    let (said, _, code) = run(&["verify", &dir, "--key", &key, "--anchor", &anchor]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("NOT INTACT"), "{said}");
}

fn lines_of(path: &Path, f: impl FnOnce(&mut Vec<String>)) {
    let mut lines: Vec<String> = fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect();
    f(&mut lines);
    fs::write(path, lines.join("\n") + "\n").unwrap();
}

fn replace(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{} holds no {from}", path.display());
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn people_decide_and_reports_are_made_while_a_process_writes() {
    let estate = Estate::new();
    let data = estate.data();
    let now = time("2026-07-09T00:00:00Z");
    let (mut recorder, _) = Recorder::open(&Folder::new(&data), Settings::default(), now, &mut |_| {}).unwrap();
    let (all, _) = fine(&["findings", "list", "--data", &data, "--format", "json", "--limit", "1"]);
    let id = text(&serde_json::from_str(&all).unwrap(), "id").to_owned();
    let (_, err) = fine(&["findings", "decide", "test", &id, "--data", &data, "--by", "bob", "--reason", "drill"]);
    assert!(err.contains("left for the avouch that writes"), "{err}");
    let out = estate.report("meanwhile", &[]);
    fine(&["verify", &out.join("bundle").display().to_string()]);
    let (head, _) = fine(&["ledger", "head", "--data", &data]);
    assert_eq!(head.lines().count(), 1);
    let (_, err) = fine(&["ledger", "anchor", "--data", &data, "--file", &estate.path("outside.jsonl")]);
    assert!(err.contains("anchored up to record"), "{err}");
    assert_eq!(fs::read_to_string(estate.path("outside.jsonl")).unwrap(), head);
    recorder.flush(Time(now.0 + HOUR)).unwrap();
    assert!(estate.records().iter().any(|(kind, _)| kind == "anchor"));
    let (all, _) = fine(&["findings", "list", "--data", &data, "--format", "json", "--limit", "1"]);
    let found: Json = serde_json::from_str(&all).unwrap();
    assert_eq!((text(&found, "id"), text(&found["decided"], "by")), (id.as_str(), "bob"));
    let (_, err, code) = run(&["ledger", "rebuild", "--data", &data]);
    assert_eq!((code, err.contains("another process writes")), (2, true), "{err}");
    recorder.close(now).unwrap();
    fine(&["ledger", "rebuild", "--data", &data]);
    let (rebuilt, _) = fine(&["findings", "list", "--data", &data, "--format", "json", "--limit", "1"]);
    assert_eq!(rebuilt, all);
}

#[test]
fn mistakes_on_the_way_to_a_report_are_said() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    let (data, out) = (path("none"), path("out"));
    let report = |more: &[&str]| run(&[&["report", "--data", &data, "--out", &out][..], more].concat());
    let lists = ["--controls", "controls/lists/kubernetes-starter"];
    let (_, err, code) = report(&[&lists[..], &["--from", "2026-07-08", "--to", "2026-07-01"]].concat());
    assert_eq!((code, err.contains("--to must be later")), (2, true), "{err}");
    let (_, err, code) = report(&[&lists[..], &["--from", "2026-07-01", "--to", "2026-07-08"]].concat());
    assert_eq!((code, err.contains("holds no evidence")), (2, true), "{err}");
    let (_, err, code) = report(&[&lists[..], &["--from", "July", "--to", "2026-07-08"]].concat());
    assert_eq!((code, err.contains("`July` is no time")), (2, true), "{err}");
    let (_, err, code) = run(&["verify", &path("none")]);
    assert_eq!((code, err.contains("is no folder")), (2, true), "{err}");
    let (_, err, code) = run(&["replay", "-", "--rules", "rules", "--data", &path("new")]);
    assert_eq!((code, err.contains("standard input cannot be kept")), (2, true), "{err}");
}

const CONTROLS: &str = "
list:
  id: acme
  version: 1
  title: Controls of Acme
  entity: Acme
  approved: {by: [Board], on: 2026-06-20}
  valid: {from: 2026-06-25}
controls:
  - id: AC-01
    title: Programs stay what they are
    statement: Nobody runs commands through a web server; each such event is looked at within four hours.
    owner: platform
    frequency: continuous
    type: detective
    nature: automated
    satisfies: [CC6.1, CC6.8]
    evidence: {rules: {names: [Shell started by a web server, Log file emptied, Shell history removed]}, sources: [syscall]}
    targets: {acknowledge: {critical: 4h, error: 4h}}
  - id: CM-01
    title: Changes go through the pipeline
    statement: Workloads are changed by the pipeline only.
    owner: platform
    frequency: per-event
    type: detective
    nature: it-dependent
    satisfies: [CC8.1]
    evidence: {rules: {names: [Workload changed outside the pipeline]}, sources: [k8s_audit], populations: [changes]}
  - id: MO-01
    title: The estate is watched
    statement: Each node is watched without a break.
    owner: security
    frequency: continuous
    type: detective
    nature: automated
    satisfies: [CC7.2]
    evidence: {sources: [syscall], populations: [observation-gaps, nodes]}
";

const ACCEPTANCES: &str = "
acceptances:
  - id: ACC-1
    control: AC-01
    rule: Shell history removed
    subject: {user.name: [root]}
    reason: The nightly job clears the history of its own account until it is moved.
    requester: carol
    approver: dave
    ticket: OPS-12
    from: 2026-07-02
    expires: 2026-07-04
";

const AUDIT: &str = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"00000000-0000-4000-8000-000000000001","stage":"ResponseComplete","requestURI":"/apis/apps/v1/namespaces/shop/deployments/web","verb":"patch","user":{"username":"alice@example.com","groups":["system:authenticated"]},"sourceIPs":["203.0.113.7"],"userAgent":"kubectl-edit/v1.30.0 (linux/amd64) kubernetes/abcdef0","objectRef":{"resource":"deployments","namespace":"shop","name":"web","apiGroup":"apps","apiVersion":"v1"},"responseStatus":{"metadata":{},"code":200},"requestReceivedTimestamp":"2026-07-06T09:00:00.000000Z","stageTimestamp":"2026-07-06T09:00:00.010000Z","annotations":{"authorization.k8s.io/decision":"allow","authorization.k8s.io/reason":""}}
{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"00000000-0000-4000-8000-000000000002","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/shop/pods","verb":"list","user":{"username":"system:serviceaccount:kube-system:deployment-controller","groups":["system:authenticated"]},"sourceIPs":["10.0.0.7"],"objectRef":{"resource":"pods","namespace":"shop","apiVersion":"v1"},"responseStatus":{"metadata":{},"code":200},"requestReceivedTimestamp":"2026-07-06T09:30:00.000000Z","stageTimestamp":"2026-07-06T09:30:00.010000Z","annotations":{"authorization.k8s.io/decision":"allow","authorization.k8s.io/reason":""}}
"#;
