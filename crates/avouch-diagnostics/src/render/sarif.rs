//! Diagnostics as SARIF 2.1.0, the form that code hosts show beside a change.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::lines::Lines;
use crate::{Code, Diagnostic, Label, Severity, SourceMap};

/// One SARIF log with one run. `codes` fill the tool's rule table; codes that no diagnostic uses are left out.
#[must_use]
pub fn render_sarif(map: &SourceMap, diagnostics: &[Diagnostic], codes: &[&Code]) -> String {
    let mut lines = Lines::new(map);
    let mut rules: BTreeMap<&str, Value> = BTreeMap::new();
    for d in diagnostics {
        rules.entry(d.code).or_insert_with(|| match Code::find(codes, d.code) {
            None => json!({"id": d.code}),
            Some(c) => json!({
                "id": c.id,
                "name": c.name,
                "shortDescription": {"text": c.name.replace('-', " ")},
                "fullDescription": {"text": c.meaning},
                "help": {"text": c.fix},
                "defaultConfiguration": {"level": level(c.severity)},
            }),
        });
    }
    let index: BTreeMap<&str, usize> = rules.keys().enumerate().map(|(i, k)| (*k, i)).collect();
    let results: Vec<Value> = diagnostics
        .iter()
        .map(|d| {
            let place = |lines: &mut Lines<'_>, l: &Label| location(lines, l);
            let primary: Vec<Value> = d.primary().map(|l| place(&mut lines, l)).into_iter().collect();
            let first = d.primary().map(std::ptr::from_ref);
            let related: Vec<Value> = d
                .labels
                .iter()
                .filter(|l| first != Some(std::ptr::from_ref(*l)))
                .map(|l| place(&mut lines, l))
                .collect();
            let mut text = d.title.clone();
            for help in &d.help {
                text.push_str("\nhelp: ");
                text.push_str(help);
            }
            for note in &d.notes {
                text.push_str("\nnote: ");
                text.push_str(note);
            }
            json!({
                "ruleId": d.code,
                "ruleIndex": index.get(d.code),
                "level": level(d.severity),
                "message": {"text": text},
                "locations": primary,
                "relatedLocations": related,
                "properties": {"falco": d.falco, "lint": d.lint},
            })
        })
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "avouch", "rules": rules.into_values().collect::<Vec<_>>()}},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn level(severity: Severity) -> &'static str {
    severity.name()
}

fn location(lines: &mut Lines<'_>, label: &Label) -> Value {
    let mut place = json!({"artifactLocation": {"uri": uri(lines.name(label.span.file))}});
    if let Some(r) = lines.region(label.span) {
        place["region"] = json!({
            "startLine": r.line,
            "startColumn": r.column,
            "endLine": r.end_line,
            "endColumn": r.end_column,
        });
    }
    let mut whole = json!({"physicalLocation": place});
    if !label.text.is_empty() {
        whole["message"] = json!({"text": label.text});
    }
    whole
}

/// A path as a relative reference: everything but unreserved characters and `/` is escaped.
fn uri(path: &str) -> String {
    let mut out = String::new();
    for b in path.bytes() {
        match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(b)),
            b'\\' => out.push('/'),
            _ => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}
