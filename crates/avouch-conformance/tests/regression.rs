//! The peer's own regression cases: captures and audit logs under rule files; detections by rule and priority, exit code,
//! names of errors and warnings.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use avouch_conformance::{Tally, testdata};
use avouch_diagnostics::{Diagnostic, Severity};
use avouch_engine::{CompileOptions, Matching, Selector};
use avouch_pipeline::alert::{self, AlertOptions};
use avouch_pipeline::{Detection, Input, Replay, ReplayOptions, RuleSet, RuleSetOptions, Sink};
use avouch_rules::Priority;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    test: String,
    captures: Vec<String>,
    capture_files: Vec<Option<String>>,
    rules: Vec<String>,
    configs: Vec<String>,
    validate_only: bool,
    options: Vec<String>,
    detections_of_rule: BTreeMap<String, u64>,
    detections: Vec<String>,
    exit_code: Option<i32>,
    validation: Vec<Validation>,
    stderr_regex: Vec<String>,
}

#[derive(Deserialize)]
struct Validation {
    kind: String,
    #[serde(rename = "Code")]
    code: String,
    #[serde(rename = "ItemType")]
    item_type: String,
    #[serde(rename = "ItemName")]
    item_name: Option<String>,
    #[serde(rename = "Message")]
    message: Option<String>,
}

#[derive(Default)]
struct Counts {
    by_rule: BTreeMap<String, u64>,
    by_priority: BTreeMap<Priority, u64>,
    total: u64,
    lines: Vec<String>,
}

impl Sink for Counts {
    fn detection(&mut self, d: &Detection<'_>) {
        self.lines.push(alert::text(d, &AlertOptions { criteria: false, ..AlertOptions::default() }));
        *self.by_rule.entry(d.rule.name.clone()).or_default() += 1;
        *self.by_priority.entry(d.rule.priority).or_default() += 1;
        self.total += 1;
    }
}

#[test]
fn detections_exit_codes_and_names_of_problems() {
    let Some(data) = testdata() else { return };
    let base = data.join("falco");
    let text = std::fs::read_to_string(base.join("expected.jsonl")).unwrap();
    let mut tally = Tally::new("regression");
    for line in text.lines() {
        let case: Case = serde_json::from_str(line).unwrap();
        tally.case(&case.test, difference(&case, &base));
    }
    tally.finish();
}

/// What differs from the recorded case; parts that avouch has no counterpart for count as different.
fn difference(case: &Case, base: &Path) -> Option<String> {
    if case.capture_files.iter().any(Option::is_none) {
        return Some(format!("capture {:?} is not to be had", case.captures));
    }
    if case.options.iter().any(|o| o.contains("engine.kind=nodriver")) {
        return Some("asks for the peer's live program".to_owned());
    }
    if case.rules.is_empty() {
        return Some("asks for a command of the peer's own program".to_owned());
    }
    if !case.configs.is_empty() && !case.configs.iter().all(|c| base.join(c).exists() || is_about_outputs(c)) {
        return Some(format!("configuration {:?} is not to be had", case.configs));
    }
    let path = |rules: &String| match rules.as_str() {
        // The peer's tests name the published pack.
        "K8SAuditRules" => base.join("../rules/plugins/k8saudit/k8s_audit_rules.yaml"),
        file => base.join(file),
    };
    let files: Vec<PathBuf> = case.rules.iter().map(path).collect();
    let options = RuleSetOptions { compile: compile_options(case), ..RuleSetOptions::default() };
    let rules = match RuleSet::load(&files, &options) {
        Ok(rules) => rules,
        Err(e) => return Some(format!("{e}")),
    };
    let mut wrong: Vec<String> = case.validation.iter().filter_map(|v| missing(v, &rules.diagnostics)).collect();
    let exit = i32::from(rules.has_errors());
    if case.exit_code.is_some_and(|c| c != exit) {
        let errors: Vec<&str> =
            rules.diagnostics.iter().filter(|d| d.severity == Severity::Error).map(|d| d.title.as_str()).collect();
        wrong.push(format!("exit code {exit}, recorded {:?}; errors {errors:?}", case.exit_code));
    }
    if !case.validate_only && exit == 0 {
        let mut counts = Counts::default();
        let mut replay = Replay::new(&rules, ReplayOptions::default());
        for file in case.capture_files.iter().flatten() {
            let run = Input::open(&base.join(file)).map_err(|e| e.to_string());
            match run.and_then(|mut input| replay.run(&mut input, &mut counts).map_err(|e| e.to_string())) {
                Ok(()) => {}
                Err(e) => wrong.push(e),
            }
        }
        for (rule, expected) in &case.detections_of_rule {
            let found = counts.by_rule.get(rule).copied().unwrap_or(0);
            if found != *expected {
                wrong.push(format!("rule {rule}: {found}, recorded {expected}"));
            }
        }
        wrong.extend(case.detections.iter().filter_map(|text| unmet(text, &counts)));
        counts.lines.extend(replay.summary().problems.iter().cloned());
        for pattern in case.stderr_regex.iter().map(|r| r.trim_matches('`')) {
            let regex = regex::Regex::new(pattern).unwrap();
            if !counts.lines.iter().any(|l| regex.is_match(l)) {
                wrong.push(format!("does not print `{pattern}`"));
            }
        }
    }
    (!wrong.is_empty()).then(|| wrong.join("; "))
}

/// Configurations that only say where alerts go.
fn is_about_outputs(config: &str) -> bool {
    ["StdoutOutput", "FileOutput", "ProgramOutput", "PluginsJson"].iter().any(|n| config.contains(n))
}

/// `WithDisabledTags("a", "b")` and so on.
fn compile_options(case: &Case) -> CompileOptions {
    let mut options = CompileOptions { append_output: Vec::new(), ..CompileOptions::default() };
    for option in &case.options {
        let (name, rest) = option.split_once('(').unwrap_or((option, ""));
        let args: Vec<String> = rest.split('"').skip(1).step_by(2).map(str::to_owned).collect();
        let tags = |enable| args.iter().map(move |t| Selector { enable, rule: None, tag: Some(t.clone()) });
        match name {
            "WithDisabledTags" => options.selectors.extend(tags(false)),
            "WithEnabledTags" => {
                options.selectors.push(Selector { enable: false, rule: Some("*".to_owned()), tag: None });
                options.selectors.extend(tags(true));
            }
            "WithDisabledRules" => {
                let rules = args.iter().map(|r| Selector { enable: false, rule: Some(format!("*{r}*")), tag: None });
                options.selectors.extend(rules);
            }
            "WithMinRulePriority" => {
                options.min_priority = args.first().and_then(|p| Priority::parse(p)).unwrap();
            }
            _ => {}
        }
    }
    if case.configs.iter().any(|c| c.contains("RuleMatchingAll")) {
        options.matching = Matching::All;
    }
    options
}

/// `>0`, `==8 total`, `>0 Priority WARNING`.
fn unmet(text: &str, counts: &Counts) -> Option<String> {
    let (number, what) = text.split_once(' ').unwrap_or((text, ""));
    let found = match what.strip_prefix("Priority ") {
        Some(name) => counts.by_priority.get(&Priority::parse(name).unwrap()).copied().unwrap_or(0),
        None => counts.total,
    };
    let holds = match (number.strip_prefix('>'), number.strip_prefix("==")) {
        (Some(n), _) => found > n.parse::<u64>().unwrap(),
        (_, Some(n)) => found == n.parse::<u64>().unwrap(),
        _ => panic!("unknown expectation {text}"),
    };
    (!holds).then(|| format!("{found} detections, recorded {text}"))
}

fn missing(v: &Validation, diagnostics: &[Diagnostic]) -> Option<String> {
    let severity = if v.kind == "error" { Severity::Error } else { Severity::Warning };
    let names = |d: &&Diagnostic| d.severity == severity && d.falco == Some(v.code.as_str());
    let item = |d: &&Diagnostic| {
        let (kind, name) = d.item.clone().unwrap_or(("rules content", String::new()));
        kind == v.item_type && v.item_name.as_ref().is_none_or(|n| *n == name)
    };
    let says = |d: &&Diagnostic| {
        v.message.as_ref().is_none_or(|m| d.falco_message.as_ref().is_some_and(|f| f.contains(m.as_str())))
    };
    if diagnostics.iter().any(|d| names(&d) && item(&d) && says(&d)) {
        return None;
    }
    let near: Vec<String> = diagnostics
        .iter()
        .filter(|d| d.severity == severity)
        .map(|d| format!("{:?} {:?} {:?}", d.falco, d.item, d.falco_message))
        .collect();
    Some(format!("no {} {} {:?} {:?} {:?}; have {near:?}", v.kind, v.code, v.item_type, v.item_name, v.message))
}
