//! `avouch rules coverage`: which criteria and points of focus which rules serve, with the blanks.

use std::fmt::Write as _;
use std::io::Write;

use avouch_controls::{
    ControlList, Coverage, CoveringRule, CriterionCoverage, Crosswalk, Framework, FrameworkCoverage, RuleFacts,
    framework_coverage,
};
use serde_json::{Value as Json, json};

use super::controls::{describe, facts, read_list, rules};
use crate::Outcome;
use crate::args::{AgainstArgs, CoverageArgs, CoverageFormat, FrameworkArg};

/// Runs the command.
pub(crate) fn run(args: &CoverageArgs) -> anyhow::Result<Outcome> {
    let against = AgainstArgs { rules: args.rules.clone(), mapping: args.mapping.clone() };
    let rules = rules(&against)?;
    let facts = rules.as_ref().map(facts).unwrap_or_default();
    let list = args.controls.as_ref().map(|path| read_list(path, None)).transpose()?;
    let framework = match args.framework {
        FrameworkArg::Soc2 => None,
        FrameworkArg::Nist80053 => Some(Framework::Nist80053),
        FrameworkArg::PciDss => Some(Framework::PciDss),
        FrameworkArg::Iso27001 => Some(Framework::Iso27001),
        FrameworkArg::CisControls => Some(Framework::CisControls),
        FrameworkArg::NistCsf => Some(Framework::NistCsf),
    };
    let mut text = match framework {
        None => {
            let coverage = Coverage::of(&facts);
            match args.format {
                CoverageFormat::Json => format!("{}\n", to_json(&coverage, list.as_ref(), &facts)),
                CoverageFormat::Text => to_text(&coverage, &facts),
                CoverageFormat::Markdown => to_markdown(&coverage, &facts),
            }
        }
        Some(framework) => of_framework(framework, &facts, args.format),
    };
    if let (Some(list), CoverageFormat::Text | CoverageFormat::Markdown) = (&list, args.format) {
        text += &controls(list, &facts, args.format == CoverageFormat::Markdown);
    }
    std::io::stdout().lock().write_all(text.as_bytes())?;
    Ok(Outcome::Fine)
}

/// Writing to a text cannot fail.
macro_rules! line {
    ($out:expr, $($arg:tt)*) => { if writeln!($out, $($arg)*).is_err() { unreachable!("a text takes everything") } };
}

fn names(rules: &[CoveringRule]) -> Vec<String> {
    let name = |r: &CoveringRule| if r.runs { r.name.clone() } else { format!("{} (off)", r.name) };
    rules.iter().map(name).collect()
}

fn running(rules: &[CoveringRule]) -> usize {
    rules.iter().filter(|r| r.runs).count()
}

/// Points of focus with a running rule, of those shipped.
fn points(row: &CriterionCoverage) -> String {
    match row.points.len() {
        0 => "-".to_owned(),
        all => format!("{} of {all}", row.points.iter().filter(|p| running(&p.rules) > 0).count()),
    }
}

/// Criteria that no rule serves, and how they are meant to be served.
fn blank(row: &CriterionCoverage) -> bool {
    row.primary.is_empty() && row.secondary.is_empty() && row.points.iter().all(|p| p.rules.is_empty())
}

/// Rules by source: `82 syscall, 44 k8s_audit`.
fn sources(facts: &[RuleFacts<'_>]) -> String {
    let mut counts = std::collections::BTreeMap::new();
    for rule in facts {
        *counts.entry(rule.source).or_insert(0_usize) += 1;
    }
    counts.into_iter().map(|(s, n)| format!("{n} {s}")).collect::<Vec<_>>().join(", ")
}

const WATCHING: &str =
    "CC7.2 and CC7.3 are the watching and judging itself, of every rule: rules of ours have no tags of them.";

fn to_text(coverage: &Coverage, facts: &[RuleFacts<'_>]) -> String {
    let mut out = String::new();
    line!(out, "{} rules ({}), {} of them run\n", facts.len(), sources(facts), facts.iter().filter(|r| r.runs).count());
    line!(out, "criterion  first  also  points of focus");
    for row in coverage.rows.iter().filter(|r| !blank(r)) {
        let (first, also) = (running(&row.primary), running(&row.secondary));
        line!(out, "{:<10} {first:>5} {also:>5}  {:<10} {}", row.criterion.id, points(row), row.criterion.title);
        for p in &row.points {
            let rules = if p.rules.is_empty() { "no rule".to_owned() } else { names(&p.rules).join("; ") };
            line!(out, "    {:<12} {:<8} {}: {rules}", p.point.id, p.point.scope.name(), p.point.title);
        }
    }
    let blanks: Vec<&str> = coverage.rows.iter().filter(|r| blank(r)).map(|r| r.criterion.id.as_str()).collect();
    line!(out, "\nno rule: {}\n{WATCHING}", blanks.join(" "));
    for (rule, point) in &coverage.stray {
        line!(out, "doubtful: `{}` names {} and not its criterion {}", rule.name, point.id, point.criterion.id);
    }
    for (rule, tags) in &coverage.unknown_tags {
        line!(out, "doubtful: `{}` has tags that look like ids and are none: {}", rule.name, tags.join(", "));
    }
    if !coverage.unmapped.is_empty() {
        line!(out, "serve no criterion: {}", names(&coverage.unmapped).join("; "));
    }
    out
}

fn to_markdown(coverage: &Coverage, facts: &[RuleFacts<'_>]) -> String {
    let mut out = String::new();
    let runs = facts.iter().filter(|r| r.runs).count();
    line!(out, "# Which rules serve which criteria\n");
    line!(out, "Made by `avouch rules coverage --format markdown`.\n");
    line!(
        out,
        "{} rules ({}); {runs} of them run. Each serves one criterion first and may touch others. A rule is",
        facts.len(),
        sources(facts)
    );
    line!(out, "evidence that something watches, not that a criterion is met. {WATCHING}\n");
    line!(
        out,
        "| criterion | rules that serve it first | that touch it | points of focus with a rule | what a tool can show |"
    );
    line!(out, "|---|---:|---:|---:|---|");
    for row in &coverage.rows {
        let (first, also) = (running(&row.primary), running(&row.secondary));
        line!(out, "| {} | {first} | {also} | {} | {} |", row.criterion.id, points(row), row.criterion.scope.name());
    }
    for row in coverage.rows.iter().filter(|r| !blank(r)) {
        line!(out, "\n## {} {}\n", row.criterion.id, row.criterion.title);
        for (what, rules) in [("First", &row.primary), ("Also", &row.secondary)] {
            for (i, rule) in rules.iter().enumerate() {
                let head = if i == 0 { format!("{what}:\n\n") } else { String::new() };
                let off = if rule.runs { "" } else { " (off)" };
                line!(out, "{head}- {} ({}){off}", rule.name, rule.source);
            }
            if !rules.is_empty() {
                line!(out, "");
            }
        }
        if !row.points.is_empty() {
            line!(out, "| point of focus | what a tool can show | rules |\n|---|---|---|");
            for p in &row.points {
                let rules = if p.rules.is_empty() { "no rule".to_owned() } else { names(&p.rules).join("; ") };
                line!(out, "| {} {} | {} | {rules} |", p.point.id, p.point.title, p.point.scope.name());
            }
        }
    }
    let list = |out: &mut String, title: &str, rows: Vec<String>| {
        if !rows.is_empty() {
            line!(out, "\n## {title}\n");
            for row in rows {
                line!(out, "- {row}");
            }
        }
    };
    list(&mut out, "Rules that serve no criterion", names(&coverage.unmapped));
    let stray = coverage.stray.iter().map(|(r, p)| format!("{}: {} without {}", r.name, p.id, p.criterion.id));
    list(&mut out, "Points of focus without their criterion", stray.collect());
    let unknown = coverage.unknown_tags.iter().map(|(r, t)| format!("{}: {}", r.name, t.join(", ")));
    list(&mut out, "Tags that look like ids and are none", unknown.collect());
    out
}

fn controls(list: &ControlList, facts: &[RuleFacts<'_>], markdown: bool) -> String {
    let mut out = String::new();
    if markdown {
        line!(out, "\n## Controls of {}\n\n| control | rules that run | which |\n|---|---:|---|", describe(list));
    } else {
        line!(out, "\ncontrols of {}", describe(list));
    }
    for c in &list.controls {
        let selected: Vec<&str> =
            c.evidence.rules.select(facts).into_iter().filter(|r| r.runs).map(|r| r.name).collect();
        let which = if c.evidence.rules.all {
            "every rule".to_owned()
        } else if c.evidence.rules.is_empty() {
            "stands on no rule".to_owned()
        } else {
            let mut names = selected.clone();
            names.sort_unstable();
            names.join("; ")
        };
        if markdown {
            line!(out, "| {} {} | {} | {which} |", c.id, c.title, selected.len());
        } else {
            line!(out, "{:<11} {:>4}  {}: {which}", c.id, selected.len(), c.title);
        }
    }
    out
}

fn to_json(coverage: &Coverage, list: Option<&ControlList>, facts: &[RuleFacts<'_>]) -> Json {
    let rule = |r: &CoveringRule| json!({ "rule": r.name, "source": r.source, "runs": r.runs });
    let all = |list: &[CoveringRule]| list.iter().map(rule).collect::<Vec<_>>();
    let criteria: Vec<Json> = coverage
        .rows
        .iter()
        .map(|row| {
            let points: Vec<Json> = row
                .points
                .iter()
                .map(|p| json!({ "id": p.point.id, "scope": p.point.scope.name(), "rules": all(&p.rules) }))
                .collect();
            json!({
                "id": row.criterion.id, "title": row.criterion.title, "scope": row.criterion.scope.name(),
                "primary": all(&row.primary), "secondary": all(&row.secondary), "points_of_focus": points,
            })
        })
        .collect();
    let stray: Vec<Json> = coverage.stray.iter().map(|(r, p)| json!({ "rule": r.name, "point": p.id })).collect();
    let unknown: Vec<Json> = coverage.unknown_tags.iter().map(|(r, t)| json!({ "rule": r.name, "tags": t })).collect();
    let controls = list.map(|list| {
        let selected = |c: &avouch_controls::Control| {
            let rules = c.evidence.rules.select(facts);
            json!({ "id": c.id, "rules": rules.iter().filter(|r| r.runs).map(|r| r.name).collect::<Vec<_>>() })
        };
        list.controls.iter().map(selected).collect::<Vec<_>>()
    });
    json!({
        "framework": "soc2", "criteria": criteria, "unmapped": all(&coverage.unmapped),
        "points_without_criterion": stray, "unknown_tags": unknown, "controls": controls,
    })
}

fn of_framework(framework: Framework, facts: &[RuleFacts<'_>], format: CoverageFormat) -> String {
    let crosswalk = Crosswalk::built_in();
    let rows = framework_coverage(facts, framework, crosswalk);
    let relation = crosswalk.relation.map_or("intersect", avouch_controls::Relation::name);
    let criteria = |r: &FrameworkCoverage| r.criteria.iter().map(|c| c.id.as_str()).collect::<Vec<_>>();
    let mut out = String::new();
    match format {
        CoverageFormat::Json => {
            let row = |r: &FrameworkCoverage| json!({ "id": r.id, "named": names(&r.named), "criteria": criteria(r), "by_mapping": names(&r.by_mapping) });
            let rows: Vec<Json> = rows.iter().map(row).collect();
            line!(out, "{}", json!({ "framework": framework.name(), "relation": relation, "ids": rows }));
        }
        CoverageFormat::Text => {
            line!(out, "{} through SOC 2 (relation: {relation}, never equal)\n", framework.title());
            line!(out, "{:<12} named by rules  by mapping  criteria", "id");
            for r in &rows {
                let (named, mapped) = (running(&r.named), running(&r.by_mapping));
                line!(out, "{:<12} {named:>14} {mapped:>11}  {}", r.id, criteria(r).join(" "));
            }
        }
        CoverageFormat::Markdown => {
            line!(
                out,
                "# {} through SOC 2\n\nRelation: {relation}; meeting one never proves the other.\n",
                framework.title()
            );
            line!(out, "| id | rules that name it | by mapping | criteria |\n|---|---:|---:|---|");
            for r in &rows {
                let (named, mapped) = (running(&r.named), running(&r.by_mapping));
                line!(out, "| {} | {named} | {mapped} | {} |", r.id, criteria(r).join(", "));
            }
        }
    }
    out
}
