//! Diagnostics as JSON.

use serde_json::{Value, json};

use super::lines::Lines;
use crate::{Diagnostic, Severity, SourceMap};

/// `{"errors": n, "warnings": n, "diagnostics": [...]}` in one object. Offsets are bytes; lines and columns count from
/// 1, columns in characters, ends exclusive.
#[must_use]
pub fn render_json(map: &SourceMap, diagnostics: &[Diagnostic]) -> String {
    let mut lines = Lines::new(map);
    let count = |s: Severity| diagnostics.iter().filter(|d| d.severity == s).count();
    let all: Vec<Value> = diagnostics.iter().map(|d| one(&mut lines, d)).collect();
    let whole = json!({"errors": count(Severity::Error), "warnings": count(Severity::Warning), "diagnostics": all});
    format!("{whole:#}\n")
}

fn one(lines: &mut Lines<'_>, d: &Diagnostic) -> Value {
    let labels: Vec<Value> = d
        .labels
        .iter()
        .map(|l| {
            let region = lines.region(l.span);
            json!({
                "file": lines.name(l.span.file),
                "start": l.span.start,
                "end": l.span.end,
                "line": region.map(|r| r.line),
                "column": region.map(|r| r.column),
                "end_line": region.map(|r| r.end_line),
                "end_column": region.map(|r| r.end_column),
                "text": l.text,
                "primary": l.primary,
            })
        })
        .collect();
    json!({
        "code": d.code,
        "severity": d.severity.name(),
        "title": d.title,
        "lint": d.lint,
        "falco": d.falco,
        "falco_message": d.falco_message,
        "item": d.item.as_ref().map(|(kind, name)| json!({"kind": kind, "name": name})),
        "labels": labels,
        "help": d.help,
        "notes": d.notes,
    })
}
