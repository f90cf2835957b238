//! `avouch rules test`: the cases beside the rules.

use std::io::Write;
use std::path::PathBuf;

use avouch_diagnostics::{Severity, render_text};
use avouch_engine::{CompileOptions, Matching, PartKind};
use avouch_pipeline::testing::{self, TestReport};
use avouch_pipeline::{RuleSet, RuleSetOptions};
use serde_json::json;

use crate::args::{Format, TestArgs};
use crate::{Outcome, terminal};

/// Runs the command.
pub(crate) fn run(args: &TestArgs) -> anyhow::Result<Outcome> {
    let compile = CompileOptions { matching: Matching::All, ..CompileOptions::default() };
    let rules = RuleSet::load(&args.paths, &RuleSetOptions { compile, ..RuleSetOptions::default() })?;
    let errors: Vec<_> = rules.diagnostics.iter().filter(|d| d.severity == Severity::Error).cloned().collect();
    if !errors.is_empty() {
        terminal::say(&render_text(&rules.map, &errors, terminal::error_colour()));
        return Ok(Outcome::WrongInput);
    }
    let files: Vec<PathBuf> = testing::case_files(&args.paths)?;
    let report = testing::run(&rules, &files, args.only.as_deref())?;
    if report.cases.is_empty() {
        anyhow::bail!("no test cases found beside the rules given (looked for *.md and *.test.yaml)");
    }
    let mut out = std::io::stdout().lock();
    match args.format {
        Format::Text => print(&mut out, &report, args.coverage)?,
        Format::Json => writeln!(out, "{}", as_json(&report))?,
    }
    Ok(if report.failed() > 0 { Outcome::Findings } else { Outcome::Fine })
}

fn print(out: &mut impl Write, report: &TestReport, coverage: bool) -> std::io::Result<()> {
    for case in report.cases.iter().filter(|c| !c.failures.is_empty()) {
        writeln!(out, "FAIL {}:{} {}", case.file.display(), case.line, case.name)?;
        for failure in &case.failures {
            writeln!(out, "     {failure}")?;
        }
    }
    if coverage {
        for rule in &report.coverage {
            let (checks, covered) = rule.checks();
            writeln!(out, "{covered:>4} of {checks:>4} comparisons seen both ways  {}", rule.rule)?;
            for part in rule.parts.iter().filter(|p| p.kind == PartKind::Check && (p.held == 0 || p.failed == 0)) {
                let missing = match (part.held, part.failed) {
                    (0, 0) => "never judged",
                    (0, _) => "never true",
                    _ => "never false",
                };
                writeln!(out, "       {missing:<12} {}", part.text)?;
            }
        }
    }
    for (what, rules) in [("never fires in a case", &report.never_fired), ("no near miss", &report.no_near_miss)] {
        if !rules.is_empty() {
            writeln!(out, "{what}: {}", rules.join("; "))?;
        }
    }
    let (total, failed) = (report.cases.len(), report.failed());
    writeln!(out, "{} of {total} cases pass, {failed} fail", total - failed)
}

fn as_json(report: &TestReport) -> serde_json::Value {
    let cases: Vec<_> = report
        .cases
        .iter()
        .map(
            |c| json!({ "file": c.file.display().to_string(), "line": c.line, "case": c.name, "failures": c.failures }),
        )
        .collect();
    let coverage: Vec<_> = report
        .coverage
        .iter()
        .map(|r| {
            let parts: Vec<_> = r.parts.iter().filter(|p| p.kind == PartKind::Check).collect();
            let parts: Vec<_> =
                parts.iter().map(|p| json!({ "check": p.text, "held": p.held, "failed": p.failed })).collect();
            json!({ "rule": r.rule, "checks": parts })
        })
        .collect();
    json!({
        "cases": cases, "failed": report.failed(), "coverage": coverage,
        "never_fired": report.never_fired, "no_near_miss": report.no_near_miss,
    })
}
