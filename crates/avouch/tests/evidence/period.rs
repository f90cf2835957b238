//! What a report of a period says, against what the ledger holds.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::estate::{Estate, FROM, TO, files, fine, population, run, text, words};

fn sha256(bytes: &[u8]) -> String {
    avouch_ledger::Digest::of(bytes).to_string()
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
    assert_eq!(containers.iter().map(|c| text(c, "pod")).collect::<Vec<_>>(), ["job-7", "web-5f7"]);
    assert_eq!(population(&out, "commands").len(), 5);

    // Who asked for a session, what was run in it and what it touched; and who talked to whom.
    let sessions = population(&out, "privileged-sessions");
    let said: Vec<[&str; 7]> = sessions
        .iter()
        .map(|s| ["path", "account", "node", "pod", "commands", "files", "connections"].map(|k| text(s, k)))
        .collect();
    assert_eq!(said, [["exec", "bob@example.com", "web-2", "web-5f7", "2", "1", "2"]]);
    assert_eq!(text(&sessions[0], "joined"), "request and processes");
    let commands = population(&out, "session-commands");
    assert_eq!(commands.iter().map(|c| text(c, "pid")).collect::<Vec<_>>(), ["4000", "4001"]);
    let flows = population(&out, "observed-flows");
    let said: Vec<[&str; 6]> = flows
        .iter()
        .map(|f| ["namespace", "name", "way", "address", "reach", "connections"].map(|k| text(f, k)))
        .collect();
    assert_eq!(said, [["shop", "web-5f7", "out", "203.0.113.9", "outside", "2"]]);

    // The auditor's request list, with the digests of the files that answer it.
    let answers: Json = serde_json::from_slice(&fs::read(out.join("pbc/answers.json")).unwrap()).unwrap();
    let of = |item: &str| answers.as_array().unwrap().iter().find(|a| text(a, "item") == item).unwrap();
    assert_eq!(text(of("PBC-08"), "state"), "partly");
    assert_eq!(text(of("PBC-19"), "state"), "not_covered");
    let given = &of("PBC-08")["given"][0];
    let bytes = fs::read(out.join(text(given, "file"))).unwrap();
    assert_eq!((given["rows"].as_u64(), text(given, "sha256")), (Some(1), sha256(&bytes).as_str()));

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
fn a_list_that_nobody_approved_is_one_deviation_and_each_of_its_controls_says_so() {
    let estate = Estate::new();
    let (data, out) = (estate.data(), estate.path("draft"));
    let starter = ["--controls", "controls/lists/kubernetes-starter"];
    fine(&[&["report", "--data", &data, "--from", FROM, "--to", TO, "--out", &out][..], &starter].concat());
    let poam: Json = serde_json::from_slice(&fs::read(Path::new(&out).join("oscal/poam.json")).unwrap()).unwrap();
    let items = poam["plan-of-action-and-milestones"]["poam-items"].as_array().unwrap();
    let drafts: Vec<&Json> = items.iter().filter(|i| text(i, "title").contains("control list not approved")).collect();
    assert_eq!(drafts.len(), 1, "{drafts:#?}");
    let words = words(Path::new(&out));
    let controls = words.matches("not approved: version 1 is a draft").count();
    assert!(controls >= 40, "{controls}");
    // Findings that waited too long are named, with what they waited and what the control allows.
    let late = items.iter().find(|i| text(i, "title").contains("not dealt with in time")).unwrap().to_string();
    assert!(late.contains("the longest waited") && late.contains("limit"), "{late}");
    assert!(words.contains("that were not dealt with in time, the first of each rule"));
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
    assert_eq!((code, err.contains("is not there; name a bundle")), (2, true), "{err}");
    let (_, err, code) = run(&["replay", "-", "--rules", "rules", "--data", &path("new")]);
    assert_eq!((code, err.contains("standard input cannot be kept")), (2, true), "{err}");
}
