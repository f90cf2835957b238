//! Falco's own tests of its rule loader: documents, and what must hold after loading them.
//!
//! What needs fields (misused field names, deprecated fields) is asked of the compiler; the rest of the loader alone.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test")]

use avouch_conformance::{Tally, testdata};
use avouch_diagnostics::{Diagnostic, Severity, SourceMap};
use avouch_engine::{CompileOptions, Compiled, compile};
use avouch_rules::{LoadOptions, Loaded, load, print_condition};
use avouch_state::SyscallFields;
use serde_json::{Value, json};

/// What stands before the documents that are only a rule's exceptions.
const RULE: &str = "- rule: test_rule\n  desc: test rule\n  condition: evt.type = open\n  output: command=%proc.cmdline\n  priority: INFO\n";

/// Messages that the cases give by the name of Falco's constant, and our code for each.
const CONSTANTS: [(&str, &str); 7] = [
    ("WARNING_APPEND", "R0033"),
    ("WARNING_ENABLED", "R0034"),
    ("ERROR_OVERRIDE_APPEND", "R0008"),
    ("ERROR_NO_PREVIOUS_MACRO", "R0009"),
    ("ERROR_NO_PREVIOUS_LIST", "R0009"),
    ("ERROR_NO_PREVIOUS_RULE_APPEND", "R0009"),
    ("ERROR_NO_PREVIOUS_RULE_REPLACE", "R0009"),
];

/// What Falco's messages on a value that looks like a field end with; our lint has its own wording.
const LOOKS_LIKE_A_FIELD: &str = "misused as a const string value";

struct Case {
    map: SourceMap,
    loaded: Loaded,
    compiled: Compiled,
}

impl Case {
    fn new(documents: &[Value]) -> Case {
        let mut map = SourceMap::default();
        let ids: Vec<_> = documents
            .iter()
            .map(|d| {
                let text = d.as_str().unwrap();
                let whole = if text.trim_start().starts_with("exceptions:") {
                    format!("{RULE}{}", text.trim_start_matches('\n'))
                } else {
                    text.to_owned()
                };
                map.add("rules.yaml", whole)
            })
            .collect();
        let options = LoadOptions { known_sources: &["syscall", "k8s_audit"], ..LoadOptions::default() };
        let loaded = load(&map, &ids, &options);
        let fields = SyscallFields;
        let compiled = compile(&loaded.rules, &[("syscall", &fields)], &CompileOptions::default());
        Case { map, loaded, compiled }
    }

    fn all(&self) -> impl Iterator<Item = &Diagnostic> {
        self.loaded.diagnostics.iter().chain(&self.compiled.diagnostics)
    }

    /// Warnings that Falco has as well.
    fn warnings(&self) -> Vec<&Diagnostic> {
        self.all().filter(|d| d.severity == Severity::Warning && d.falco.is_some()).collect()
    }

    fn errors(&self) -> Vec<&Diagnostic> {
        self.all().filter(|d| d.severity == Severity::Error).collect()
    }

    /// The same facts as Falco's description in JSON, as far as the cases look at it.
    fn description(&self) -> Value {
        let rules: Vec<Value> = self
            .loaded
            .rules
            .iter()
            .map(|r| {
                json!({"info": {
                    "name": r.name, "condition": r.condition_text, "output": r.output, "description": r.desc,
                    "priority": r.priority.name(), "capture": r.capture, "capture_duration": r.capture_duration,
                }})
            })
            .collect();
        let lists: Vec<Value> = self
            .loaded
            .lists
            .iter()
            .map(|l| {
                let items: Vec<&str> = l.items.iter().map(|i| i.text.as_str()).collect();
                json!({"details": {"lists": l.lists, "items_compiled": items}})
            })
            .collect();
        let macros: Vec<Value> = self.loaded.macros.iter().map(|m| json!({"info": {"name": m.name}})).collect();
        json!({"rules": rules, "lists": lists, "macros": macros})
    }

    /// Why an expectation does not hold.
    fn differs(&self, expect: &Value) -> Option<String> {
        let text = |key: &str| expect[key].as_str();
        let failed = |what: String| {
            let all: Vec<String> =
                self.all().map(|d| format!("{} {} {:?}", d.code, d.title, d.falco_message)).collect();
            Some(format!("{what}; {all:?}"))
        };
        if let Some(loads) = expect["loads"].as_bool() {
            return if loads == self.errors().is_empty() { None } else { failed(format!("loads: {}", !loads)) };
        }
        if let Some(schema) = text("schema") {
            // Falco's schema check sees unknown keys at every level.
            let sound = !self.all().any(|d| d.code == "R0004");
            return if sound == (schema == "ok") { None } else { failed(format!("schema is not {schema}")) };
        }
        if let Some(wanted) = expect["warnings"].as_bool() {
            return if wanted != self.warnings().is_empty() { None } else { failed(format!("warnings: {}", !wanted)) };
        }
        if let Some(wanted) = text("warning_contains") {
            return if contains(&self.warnings(), wanted) { None } else { failed(format!("no warning {wanted}")) };
        }
        if let Some(wanted) = text("error_contains") {
            return if contains(&self.errors(), wanted) { None } else { failed(format!("no error {wanted}")) };
        }
        if let Some(wanted) = expect["rules_enabled"].as_u64() {
            let enabled = self.loaded.rules.iter().filter(|r| r.enabled).count() as u64;
            return if enabled == wanted { None } else { failed(format!("{enabled} rules enabled")) };
        }
        if let (Some(name), Some(condition)) = (text("rule"), text("condition")) {
            let Some(rule) = self.loaded.rules.iter().find(|r| r.name == name) else {
                return failed(format!("no rule {name}"));
            };
            let printed = print_condition(&rule.condition, true);
            return (printed != condition).then(|| format!("{printed}, not {condition}"));
        }
        if let Some(path) = expect["describe"].as_array() {
            let mut at = self.description();
            for step in path {
                at = match step {
                    Value::String(key) => at[key.as_str()].take(),
                    Value::Number(n) => at[n.as_u64().unwrap() as usize].take(),
                    other => panic!("{other}"),
                };
            }
            let sound = match &expect["size"] {
                Value::Number(n) => at.as_array().map(|a| a.len() as u64) == n.as_u64(),
                _ => at == expect["equals"],
            };
            return if sound { None } else { failed(format!("{path:?} is {at}")) };
        }
        if expect["result_json"].is_array() {
            let wanted = text("contains").unwrap();
            let shown = self.errors().iter().any(|d| {
                let Some(label) = d.primary() else { return false };
                let source = &self.map.get(label.span.file).unwrap().text;
                source[label.span.start as usize..label.span.end as usize].contains(wanted)
            });
            return if shown { None } else { failed(format!("no place shows {wanted}")) };
        }
        panic!("unknown expectation {expect}")
    }
}

fn contains(found: &[&Diagnostic], wanted: &str) -> bool {
    if let Some((_, code)) = CONSTANTS.iter().find(|(c, _)| *c == wanted) {
        return found.iter().any(|d| d.code == *code);
    }
    if wanted.ends_with(LOOKS_LIKE_A_FIELD) {
        let value = wanted.split('\'').nth(1).unwrap();
        return found.iter().any(|d| d.lint == Some("field-like-value") && d.title.contains(value));
    }
    found.iter().any(|d| d.falco_message.as_deref().is_some_and(|m| m.contains(wanted)))
}

#[test]
fn documents_load_as_in_falco() {
    let Some(dir) = testdata() else { return };
    let text = std::fs::read_to_string(dir.join("falco/rule_loader_cases.jsonl")).unwrap();
    let mut tally = Tally::new("rule_loader");
    for line in text.lines() {
        let value: Value = serde_json::from_str(line).unwrap();
        let case = Case::new(value["documents"].as_array().unwrap());
        let differences: Vec<String> =
            value["expect"].as_array().unwrap().iter().filter_map(|e| case.differs(e)).collect();
        let name = value["test"].as_str().unwrap().trim_start_matches("test_falco_engine.");
        tally.case(name, (!differences.is_empty()).then(|| differences.join(" | ")));
    }
    tally.finish();
}

/// What Falco says of the rule files of its regression suite: code, kind and name of the item, message.
#[test]
fn files_give_falcos_errors_and_warnings() {
    let Some(dir) = testdata() else { return };
    let dir = dir.join("falco");
    let text = std::fs::read_to_string(dir.join("expected.jsonl")).unwrap();
    let mut tally = Tally::new("load_results");
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let wanted = case["validation"].as_array().unwrap();
        let files: Vec<&str> = case["rules"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        if wanted.is_empty() || files.iter().any(|f| !dir.join(f).is_file()) {
            continue;
        }
        let texts: Vec<Value> = files.iter().map(|f| std::fs::read_to_string(dir.join(f)).unwrap().into()).collect();
        let loaded = Case::new(&texts);
        for entry in wanted {
            let part = |key: &str| entry[key].as_str();
            let is_error = entry["kind"] == "error";
            let severity = if is_error { Severity::Error } else { Severity::Warning };
            let mut found = loaded.all().filter(|d| d.severity == severity);
            let fits = |d: &Diagnostic| {
                d.falco == part("Code")
                    && part("ItemType").is_none_or(|k| d.item.as_ref().is_some_and(|i| i.0 == k))
                    && part("ItemName").is_none_or(|n| d.item.as_ref().is_some_and(|i| i.1 == n))
                    && part("Message").is_none_or(|m| d.falco_message.as_deref().is_some_and(|f| f.contains(m)))
            };
            // Falco stops at its first error; ours must be that one too. Warnings come in any order.
            let sound = if is_error { found.next().is_some_and(fits) } else { found.any(fits) };
            let all: Vec<_> = loaded.all().map(|d| (d.code, d.falco, &d.item, &d.falco_message, &d.title)).collect();
            let name = case["test"].as_str().unwrap().trim_start_matches("TestFalco_Legacy_");
            tally.case(name, (!sound).then(|| format!("{entry}: {all:?}")));
        }
    }
    tally.finish();
}

#[test]
fn codes_and_their_names_are_unique_over_the_crates() {
    let mut all: Vec<&avouch_diagnostics::Code> = avouch_rules::CODES.to_vec();
    all.extend(avouch_engine::CODES);
    for (i, code) in all.iter().enumerate() {
        let same = all.iter().take(i).find(|c| c.id == code.id || c.name == code.name);
        assert!(same.is_none(), "{} {} and {:?}", code.id, code.name, same.map(|c| (c.id, c.name)));
    }
}
