//! The ten questions by which an auditor would try a report, one test each, on the evidence of one week.
//!
//! Each test also asks for the opposite where nothing happened, so that one that always says the same fails.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::estate::{Estate, copy, files, fine, population, run, text, words};
use crate::inputs::AUDIT;

/// The week, its report with samples, and how long that took.
pub(crate) struct Week {
    pub(crate) estate: Estate,
    report: PathBuf,
    took: Duration,
}

pub(crate) static WEEK: LazyLock<Week> = LazyLock::new(|| {
    let estate = Estate::shared("ten", &(AUDIT.to_owned() + &changes(40)));
    // Another node, on which a rule was switched off for the last three days.
    let (whole, less) = (estate.rules(), estate.rules_without("Log file emptied"));
    estate.watch_node("web-3", &[(0..4 * 24, &whole), (4 * 24..7 * 24, &less)]);
    let begin = Instant::now();
    let report = estate.report("report", &["--sample", "25", "--seed", "4711"]);
    Week { estate, report, took: begin.elapsed() }
});

/// So many more changes of workloads by hand, each by its person and of its object.
fn changes(n: u32) -> String {
    let edit = AUDIT.lines().next().unwrap();
    let one = |i: u32| {
        edit.replace("alice@example.com", &format!("person-{i:02}@example.com"))
            .replace("deployments/web", &format!("deployments/web-{i:02}"))
            .replace("\"name\":\"web\"", &format!("\"name\":\"web-{i:02}\""))
            .replace("-000000000001", &format!("-0000000001{i:02}"))
            .replace("2026-07-06T09:00:00", &format!("2026-07-06T10:{i:02}:00"))
            + "\n"
    };
    (0..n).map(one).collect()
}

/// The words of one section of the report and of those inside it, by the section's id.
fn section(report: &Path, id: &str) -> String {
    let html = fs::read_to_string(report.join("report.html")).unwrap();
    let begin = html.find(&format!("id=\"{id}\"")).unwrap_or_else(|| panic!("no section {id}"));
    let rest = &html[begin..];
    // To where as many sections ended as began.
    let (mut open, mut at) = (1_usize, 0);
    while open > 0 {
        let (begins, ends) = (rest[at..].find("<section"), rest[at..].find("</section>").unwrap());
        match begins {
            Some(begins) if begins < ends => (open, at) = (open + 1, at + begins + 1),
            _ => (open, at) = (open - 1, at + ends + 1),
        }
    }
    crate::estate::words_of(&format!("<{}", &rest[..at]))
}

/// What each control was on each day.
fn control_days(report: &Path) -> Vec<Json> {
    let lines = fs::read_to_string(report.join("bundle/evidence/control-days.jsonl")).unwrap();
    lines.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

fn number(row: &Json, key: &str) -> u64 {
    text(row, key).parse().unwrap()
}

/// Titles and texts of the deviations, from the plan of action.
fn deviations(report: &Path) -> Vec<String> {
    let poam: Json = serde_json::from_slice(&fs::read(report.join("oscal/poam.json")).unwrap()).unwrap();
    let items = poam["plan-of-action-and-milestones"]["poam-items"].as_array().unwrap();
    items.iter().map(|i| i.to_string()).collect()
}

#[test]
fn ten_01_a_deleted_evidence_line_is_named_by_verify() {
    let verify = |at: &Path| run(&["verify", &at.join("bundle").display().to_string()]);
    let (said, _, code) = verify(&WEEK.report);
    assert!(code == 0 && !said.contains("NOT INTACT"), "{said}");
    for (file, named) in [
        ("ledger/segments/00000001.jsonl", "LEDGER: record 20"),
        ("evidence/control-days.jsonl", "BUNDLE: evidence/control-days.jsonl was changed"),
        ("populations/detections.jsonl", "BUNDLE: populations/detections.jsonl was changed"),
        ("populations/changes-seen.csv", "BUNDLE: populations/changes-seen.csv was changed"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        copy(&WEEK.report, dir.path());
        let path = dir.path().join("bundle").join(file);
        let text = fs::read_to_string(&path).unwrap();
        let kept: Vec<&str> = text.lines().enumerate().filter(|(n, _)| *n != 19).map(|(_, l)| l).collect();
        assert_eq!(kept.len() + 1, text.lines().count(), "{file}");
        fs::write(&path, kept.join("\n") + "\n").unwrap();
        let (said, _, code) = verify(dir.path());
        assert!(code == 1 && said.contains(named) && said.contains("bundle: NOT INTACT"), "{file}: {said}");
    }
}

#[test]
fn ten_02_a_sensor_stopped_for_ten_minutes_shows_as_unknown_and_deviates_from_cc7_2() {
    let days = control_days(&WEEK.report);
    let of = |day: &str| days.iter().find(|d| text(d, "id").starts_with(&format!("MO-01/{day}"))).unwrap();
    // web-1 has no agent at all, web-3 one all the time; of web-2 ten minutes are missing on the fourth.
    let (whole, stopped) = (of("2026-07-02"), of("2026-07-04"));
    assert_eq!(number(stopped, "unknown_ns") - number(whole, "unknown_ns"), 600_000_000_000);
    assert_eq!((number(whole, "pass"), number(stopped, "pass")), (2, 1));
    assert_eq!((number(whole, "unknown"), number(stopped, "unknown")), (1, 2));
    let chapter = section(&WEEK.report, "control-mo-01");
    assert!(chapter.contains("unknown") && chapter.contains("2026-07-04"), "{chapter}");
    let ten_minutes = |d: &&String| d.contains("not watched") && d.contains("web-2");
    let deviations = deviations(&WEEK.report);
    let found: Vec<&String> = deviations.iter().filter(ten_minutes).collect();
    assert_eq!(found.len(), 1, "{deviations:#?}");
    assert!(found[0].contains("CC7.2") || found[0].contains("cc7.2"), "{found:?}");
    let register = section(&WEEK.report, "deviations");
    assert!(register.contains("syscall of web-2") && register.contains("agent not running"), "{register}");
}

#[test]
fn ten_03_the_same_query_of_the_same_period_gives_the_same_digest() {
    let again = WEEK.estate.report("again", &["--sample", "25", "--seed", "4711"]);
    let manifest = |at: &Path| fs::read(at.join("bundle/manifest.json")).unwrap();
    assert_eq!(manifest(&again), manifest(&WEEK.report));
    let (first, second) = (files(&WEEK.report), files(&again));
    let differ: Vec<&PathBuf> =
        first.iter().filter(|(p, bytes)| second.get(*p) != Some(*bytes)).map(|(p, _)| p).collect();
    assert_eq!((differ, first.len()), (Vec::new(), second.len()));
    // Another seed draws others: the digest is of what was asked.
    let other = WEEK.estate.report("other-seed", &["--sample", "25", "--seed", "4712"]);
    assert_ne!(manifest(&other), manifest(&WEEK.report));
}

#[test]
fn ten_04_twenty_five_random_changes_are_twenty_five_folders_in_under_a_minute() {
    let all = population(&WEEK.report, "changes-seen");
    assert!(all.len() >= 40, "{}", all.len());
    let folder = WEEK.report.join("bundle/samples/changes-seen");
    let items: Vec<PathBuf> =
        fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()).collect();
    assert_eq!(items.len(), 25);
    let mut drawn = BTreeSet::new();
    for item in &items {
        let row: Json = serde_json::from_slice(&fs::read(item.join("row.json")).unwrap()).unwrap();
        let record = fs::read_to_string(item.join("record.jsonl")).unwrap();
        assert!(record.contains(text(&row, "id")) && item.join("proof.json").exists(), "{}", item.display());
        assert!(all.iter().any(|c| text(c, "id") == text(&row, "id")));
        drawn.insert(text(&row, "id").to_owned());
    }
    assert_eq!(drawn.len(), 25, "each once");
    // One packet is checked without the rest.
    let key = fs::read_dir(WEEK.report.join("bundle/ledger/keys")).unwrap().next().unwrap().unwrap().path();
    let (key, proof) = (key.display().to_string(), items[7].join("proof.json"));
    let (said, _) = fine(&["verify", &proof.display().to_string(), "--key", &key]);
    assert!(said.contains("record: intact"), "{said}");
    let changed = tempfile::tempdir().unwrap();
    let copy = changed.path().join("proof.json");
    fs::write(&copy, fs::read_to_string(&proof).unwrap().replace("outside the pipeline", "by the pipeline")).unwrap();
    assert_eq!(run(&["verify", &copy.display().to_string(), "--key", &key]).2, 1);
    assert!(WEEK.took < Duration::from_secs(60), "{:?}", WEEK.took);
}

#[test]
fn ten_05_a_direct_kubectl_edit_is_an_unmatched_change_with_the_persons_name() {
    let changes = population(&WEEK.report, "changes-seen");
    let of = |person: &str| changes.iter().filter(|c| text(c, "actor") == person).collect::<Vec<_>>();
    let edit = of("alice@example.com");
    assert_eq!(edit.len(), 1, "{changes:#?}");
    assert_eq!((text(edit[0], "matched"), text(edit[0], "rule")), ("no", "Workload changed outside the pipeline"));
    assert!(text(edit[0], "object").contains("web"), "{}", edit[0]);
    let chapter = section(&WEEK.report, "criterion-cc8.1");
    assert!(chapter.contains("alice@example.com"), "{chapter}");
    // What the cluster's own controller read is no change.
    assert!(of("system:serviceaccount:kube-system:deployment-controller").is_empty());
}

#[test]
fn ten_06_a_disabled_rule_loses_of_its_share_in_its_chapter() {
    let table = section(&WEEK.report, "criterion-cc6.8-detections");
    // Of three nodes one ran it for four days of seven, and was watched all the time; the other rule ran as long as its node.
    let share = |rule: &str| -> f64 {
        let at = table.find(rule).unwrap_or_else(|| panic!("{rule} is not in {table}"));
        let percent = table[at + rule.len()..].split_once(" %").unwrap().0;
        percent.split_whitespace().last().unwrap().parse().unwrap()
    };
    let (off, on) = (share("Log file emptied"), share("Shell history removed"));
    assert!(off + 10.0 < on, "{off} {on} {table}");
    let control = section(&WEEK.report, "control-ac-01");
    assert!(control.contains("rule not running: Log file emptied"), "{control}");
    assert!(!control.contains("rule not running: Shell history removed"), "{control}");
}

#[test]
fn ten_07_a_pod_that_lived_for_twenty_seconds_is_in_the_population() {
    let containers = population(&WEEK.report, "containers");
    let of = |pod: &str| containers.iter().find(|c| text(c, "pod") == pod);
    let job = of("job-7").unwrap();
    assert!(text(job, "first_seen").starts_with("2026-07-03T02:00:00.0"), "{job}");
    assert!(text(job, "last_seen").starts_with("2026-07-03T02:00:20.0"), "{job}");
    assert!(of("job-8").is_none());
}

#[test]
fn ten_08_an_expired_exception_is_a_deviation() {
    let ended = |all: &[String]| all.iter().filter(|d| d.contains("acceptance ended")).count();
    let all = deviations(&WEEK.report);
    assert_eq!(ended(&all), 1, "{all:#?}");
    assert!(all.iter().any(|d| d.contains("acceptance ended") && d.contains("ACC-1")));
    let tuning = section(&WEEK.report, "tuning");
    assert!(tuning.contains("ACC-1") && tuning.contains("ended, left in the register"), "{tuning}");
    // While it is in force it is none.
    let (data, lists, out) = (WEEK.estate.data(), WEEK.estate.path("controls"), WEEK.estate.path("in-force"));
    let period = ["--from", "2026-07-01", "--to", "2026-07-04", "--out", &out, "--by", "ann"];
    fine(&[&["report", "--data", &data, "--controls", &lists][..], &period].concat());
    assert_eq!(ended(&deviations(Path::new(&out))), 0);
}

#[test]
fn ten_09_the_states_add_up_to_subjects_times_days() {
    let days = control_days(&WEEK.report);
    assert_eq!(days.len(), 3 * 7, "three controls, seven days");
    const STATES: [&str; 4] = ["pass", "fail", "unknown", "not_expected"];
    for day in &days {
        assert_eq!(STATES.iter().map(|s| number(day, s)).sum::<u64>(), number(day, "subjects"), "{day}");
        let watchable = number(day, "subjects") - number(day, "not_expected");
        let ns: u64 = ["pass_ns", "fail_ns", "unknown_ns"].iter().map(|s| number(day, s)).sum();
        assert!(ns <= watchable * 86_400_000_000_000, "{day}");
    }
    // No state is always nothing.
    for state in ["pass", "fail", "unknown"] {
        assert!(days.iter().any(|d| number(d, state) > 0), "{state}");
    }
}

#[test]
fn ten_10_the_report_of_an_empty_period_says_no_evidence_and_never_pass() {
    let (data, lists, out) = (WEEK.estate.data(), WEEK.estate.path("controls"), WEEK.estate.path("empty"));
    // The controls were in force, and nobody watched.
    let period = ["--from", "2026-06-26", "--to", "2026-06-30", "--out", &out, "--by", "ann"];
    let (_, err) = fine(&[&["report", "--data", &data, "--controls", &lists][..], &period].concat());
    assert!(err.contains("no evidence"), "{err}");
    let out = Path::new(&out);
    assert!(!control_days(out).is_empty());
    for day in control_days(out) {
        assert_eq!((number(&day, "pass"), number(&day, "pass_ns")), (0, 0), "{day}");
    }
    for control in ["ac-01", "cm-01", "mo-01"] {
        let words = section(out, &format!("control-{control}")).to_lowercase();
        let says = |word: &str| words.split(|c: char| !c.is_alphabetic()).any(|w| w == word);
        assert!(words.contains("no evidence") && !says("pass") && !says("passed"), "{control}: {words}");
    }
    let results = fs::read_to_string(out.join("oscal/assessment-results.json")).unwrap();
    assert!(!results.contains("\"state\": \"satisfied\"") && !results.contains("\"state\":\"satisfied\""));
    assert!(words(out).to_lowercase().contains("no evidence"));
    // The week does pass somewhere.
    assert!(control_days(&WEEK.report).iter().any(|d| number(d, "pass") > 0));
}
