//! Alerts of the upstream packs, whole: text, fields, tags, time, as the peer printed them.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::path::{Path, PathBuf};

use avouch_conformance::{Tally, testdata};
use avouch_engine::{CompileOptions, Matching};
use avouch_pipeline::alert::{self, AlertOptions};
use avouch_pipeline::{Detection, Input, Replay, ReplayOptions, RuleSet, RuleSetOptions, Sink};
use serde_json::Value as Json;

struct Alerts {
    json: Vec<Json>,
    text: Vec<String>,
    options: AlertOptions,
}

impl Sink for Alerts {
    fn detection(&mut self, detection: &Detection<'_>) {
        self.json.push(alert::json(detection, &self.options));
        self.text.push(alert::text(detection, &self.options));
    }
}

fn alerts(rules: &RuleSet, capture: &Path, options: AlertOptions) -> Alerts {
    let mut alerts = Alerts { json: Vec::new(), text: Vec::new(), options };
    let mut input = Input::open(capture).unwrap();
    Replay::new(rules, ReplayOptions::default()).run(&mut input, &mut alerts).unwrap();
    alerts
}

fn load(files: &[PathBuf], matching: Matching) -> RuleSet {
    let compile = CompileOptions { matching, append_output: Vec::new(), ..CompileOptions::default() };
    let rules = RuleSet::load(files, &RuleSetOptions { compile, ..RuleSetOptions::default() }).unwrap();
    assert!(!rules.has_errors(), "{:?}", rules.diagnostics);
    rules
}

fn packs(data: &Path) -> Vec<PathBuf> {
    ["falco_rules", "falco-incubating_rules", "falco-sandbox_rules"]
        .iter()
        .map(|p| data.join(format!("rules/5.1.0/{p}.yaml")))
        .collect()
}

/// Without our additions, and without the name of the machine that ran the peer.
fn plain() -> AlertOptions {
    AlertOptions { criteria: false, ..AlertOptions::default() }
}

/// The keys that both have.
fn shared(json: &Json) -> Vec<&Json> {
    ["output", "output_fields", "priority", "rule", "source", "tags", "time"].iter().map(|k| &json[*k]).collect()
}

fn lines(path: &Path) -> Vec<Json> {
    std::fs::read_to_string(path).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

#[test]
fn three_packs_over_every_recorded_capture() {
    let Some(data) = testdata() else { return };
    let mut tally = Tally::new("pack-detections");
    let rules = load(&packs(&data), Matching::First);
    for entry in std::fs::read_dir(data.join("falco/golden")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Some(capture) = name.strip_suffix(".stable.jsonl") else { continue };
        let capture = match capture.strip_prefix("libs_") {
            Some(file) => data.join("captures").join(file),
            None => {
                let file = capture.strip_prefix("falco-test_trace_files_").unwrap();
                let folder = data.join("falco/falco-test/trace_files");
                [folder.join(file), folder.join(file.replacen('_', "/", 1))].into_iter().find(|p| p.exists()).unwrap()
            }
        };
        let recorded = lines(&path);
        let found = alerts(&rules, &capture, plain()).json;
        let same = recorded.iter().map(shared).collect::<Vec<_>>() == found.iter().map(shared).collect::<Vec<_>>();
        tally.case(&name, (!same).then(|| format!("{found:?} recorded {recorded:?}")));
    }
    for recorded in lines(&data.join("falco/golden/three-packs-5.1.0.detections.jsonl")) {
        let all = recorded["rule_matching"] == "all";
        let rules = load(&packs(&data), if all { Matching::All } else { Matching::First });
        let capture = recorded["capture"].as_str().unwrap();
        let found = alerts(&rules, &data.join(capture), plain()).json;
        let same = found.len() == 1 && shared(&found[0]) == shared(&recorded);
        let name = format!("{capture}:{}", recorded["rule_matching"].as_str().unwrap());
        tally.case(&name, (!same).then(|| format!("{found:?} recorded {recorded}")));
    }
    tally.finish();
}

#[test]
fn text_and_json_lines_of_the_regression_suite() {
    let Some(data) = testdata() else { return };
    let base = data.join("falco");
    let mut tally = Tally::new("output-files");
    let rules = load(&[base.join("falco-testing/rules/SingleRuleWithTags.yaml")], Matching::First);
    let options = AlertOptions { iso8601: true, hostname: "test-falco-hostname".to_owned(), ..plain() };
    let found = alerts(&rules, &base.join("falco-test/trace_files/cat_write.scap"), options);
    // Recorded when enter events still counted: every second line is of an exit event, which is what remains.
    let recorded = std::fs::read_to_string(base.join("falco-testing/outputs/SingleRuleWithCatWriteText.txt")).unwrap();
    let recorded: Vec<&str> = recorded.lines().skip(1).step_by(2).collect();
    tally.case("text", (found.text != recorded).then(|| format!("{:?} recorded {recorded:?}", found.text)));
    let recorded = lines(&base.join("falco-testing/outputs/SingleRuleWithCatWriteJSON.json"));
    let recorded: Vec<Json> = recorded.into_iter().skip(1).step_by(2).collect();
    // The capture names its own machine, which the peer does not read.
    let mut json = found.json;
    for line in &mut json {
        line["hostname"] = Json::from("test-falco-hostname");
    }
    tally.case("json", (json != recorded).then(|| format!("{json:?} recorded {recorded:?}")));
    tally.finish();
}
