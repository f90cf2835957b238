//! `avouch rules list`: what the files define.

use std::io::Write;

use avouch_engine::RuleStatus;
use avouch_pipeline::RuleSet;
use serde_json::{Value as Json, json};

use crate::args::{Format, ListArgs, ListWhat};
use crate::{Outcome, load};

/// Runs the command.
pub(crate) fn run(args: &ListArgs) -> anyhow::Result<Outcome> {
    let rules = load::rule_set(&args.load, avouch_engine::CompileOptions::default(), &args.mapping)?;
    let entries = match args.what {
        ListWhat::Rules => rule_entries(&rules),
        ListWhat::Macros => macros(&rules),
        ListWhat::Lists => lists(&rules),
    };
    let mut out = std::io::stdout().lock();
    for (text, json) in entries {
        match args.format {
            Format::Text => writeln!(out, "{text}")?,
            Format::Json => writeln!(out, "{json}")?,
        }
    }
    Ok(Outcome::Fine)
}

fn place(rules: &RuleSet, span: avouch_diagnostics::Span) -> String {
    let file = rules.map.get(span.file).map_or("", |s| s.name.as_str());
    let line = rules.map.line_column(span).map_or(0, |(line, _)| line);
    format!("{file}:{line}")
}

fn rule_entries(rules: &RuleSet) -> Vec<(String, Json)> {
    let mut out = Vec::new();
    for (i, rule) in rules.loaded.rules.iter().enumerate() {
        let status = match rules.compiled.status.get(i) {
            Some(RuleStatus::Loaded { .. }) => "enabled",
            Some(RuleStatus::Disabled) => "disabled",
            Some(RuleStatus::BelowPriority) => "below priority",
            Some(RuleStatus::UnknownSource) => "unknown source",
            Some(RuleStatus::Skipped) => "skipped",
            Some(RuleStatus::Failed) | None => "broken",
        };
        let criteria: Vec<&str> =
            rules.criteria.get(i).map(|c| c.primary.iter().map(|c| c.id.as_str()).collect()).unwrap_or_default();
        let at = place(rules, rule.name_span);
        let text = format!(
            "{:<13} {:<15} {:<14} {:<12} {}  ({at})",
            rule.priority.name(),
            rule.source,
            status,
            criteria.join(","),
            rule.name
        );
        let json = json!({
            "rule": rule.name, "desc": rule.desc, "condition": rule.condition_text, "output": rule.output,
            "priority": rule.priority.name(), "source": rule.source, "status": status, "tags": rule.tags,
            "criteria": criteria, "exceptions": rule.exceptions.iter().map(|e| &e.name).collect::<Vec<_>>(), "place": at,
        });
        out.push((text, json));
    }
    out
}

fn macros(rules: &RuleSet) -> Vec<(String, Json)> {
    let entry = |m: &avouch_rules::MacroInfo| {
        let at = place(rules, m.name_span);
        let used = if m.used { "used" } else { "unused" };
        let json = json!({ "macro": m.name, "condition": m.condition_text, "used": m.used, "place": at });
        (format!("{used:<7} {}  ({at})", m.name), json)
    };
    rules.loaded.macros.iter().map(entry).collect()
}

fn lists(rules: &RuleSet) -> Vec<(String, Json)> {
    let entry = |l: &avouch_rules::ListInfo| {
        let at = place(rules, l.name_span);
        let used = if l.used { "used" } else { "unused" };
        let items: Vec<&str> = l.items.iter().map(|i| i.text.as_str()).collect();
        let json = json!({ "list": l.name, "items": items, "used": l.used, "place": at });
        (format!("{used:<7} {:>5} items  {}  ({at})", items.len(), l.name), json)
    };
    rules.loaded.lists.iter().map(entry).collect()
}
