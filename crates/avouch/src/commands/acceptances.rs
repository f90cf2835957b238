//! `avouch acceptances`: dated, approved holes checked and listed.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use avouch_controls::{Acceptance, FileKind, Narrowing, Time, codes};
use avouch_diagnostics::{Diagnostic, Severity, SourceMap, near_names, render_text};
use avouch_pipeline::read_text;
use avouch_store::Period;
use serde_json::{Value as Json, json};

use super::controls::{facts, files, report, rules, time};
use crate::args::{AcceptancesCheckArgs, AcceptancesCommand, AcceptancesListArgs, Format};
use crate::{Outcome, evidence, terminal};

/// Runs the command.
pub(crate) fn run(command: &AcceptancesCommand) -> anyhow::Result<Outcome> {
    match command {
        AcceptancesCommand::Check(args) => check(args),
        AcceptancesCommand::List(args) => list(args),
    }
}

/// All acceptances of the files, and what is wrong with them. Files of other kinds in a folder are reported.
fn read(paths: &[PathBuf]) -> anyhow::Result<(SourceMap, Vec<Acceptance>, Vec<Diagnostic>, usize)> {
    let (mut map, mut all, mut problems) = (SourceMap::default(), Vec::new(), Vec::new());
    let files = files(paths)?;
    for path in &files {
        let text = read_text(path)?;
        let file = map.add(path.display().to_string(), text.clone());
        match FileKind::of(&text) {
            None => problems.extend(avouch_controls::check_file(file, &text).1),
            Some(_) => {
                let (found, wrong) = avouch_controls::parse_acceptances(file, &text);
                all.extend(found);
                problems.extend(wrong);
            }
        }
    }
    Ok((map, all, problems, files.len()))
}

fn check(args: &AcceptancesCheckArgs) -> anyhow::Result<Outcome> {
    let at = time(args.at.as_deref())?;
    let rules = rules(&args.against)?;
    let (map, all, mut problems, files) = read(&args.paths)?;
    let hits = args.data.as_deref().map(hits).transpose()?;
    problems.extend(avouch_controls::lint_acceptances(&all, Some(at), hits.as_ref()));
    if let Some(rules) = &rules {
        let facts = facts(rules);
        for a in &all {
            let Some(rule) = &a.rule else { continue };
            if facts.iter().any(|f| f.name.to_lowercase() == rule.text.to_lowercase()) {
                continue;
            }
            let problem = codes::UNKNOWN_RULE
                .at_fault(format!("no loaded rule is named `{}`", rule.text))
                .at(rule.span, "no such rule")
                .item("acceptance", &a.id);
            problems.push(match near_names(&rule.text, facts.iter().map(|f| f.name), 1).first() {
                Some(near) => problem.help(format!("a rule with a similar name is loaded: `{near}`")),
                None => problem,
            });
        }
    }
    let (files, usable) = (terminal::counted(files, "file"), terminal::counted(all.len(), "acceptance"));
    let checked = format!("{files}: {usable} can be used");
    report(&args.report, &map, problems, &checked)
}

/// Findings that each acceptance hid in a folder of evidence, by its id.
fn hits(data: &Path) -> anyhow::Result<BTreeMap<String, u64>> {
    let days = evidence::reader(&evidence::folder(data)?)?.acceptances_by_day(Period::ALL)?;
    let mut out = BTreeMap::new();
    for day in days {
        *out.entry(day.acceptance.to_string()).or_default() += day.suppressed;
    }
    Ok(out)
}

fn list(args: &AcceptancesListArgs) -> anyhow::Result<Outcome> {
    let at = time(args.at.as_deref())?;
    let (map, all, problems, _) = read(&args.paths)?;
    let errors: Vec<Diagnostic> = problems.into_iter().filter(|p| p.severity == Severity::Error).collect();
    terminal::say(&render_text(&map, &errors, terminal::error_colour()));
    let mut out = std::io::stdout().lock();
    for a in &all {
        match args.format {
            Format::Json => writeln!(out, "{}", entry(a, at))?,
            Format::Text => writeln!(
                out,
                "{:<14} {:<8} {:<24} {}  {}  ({}, approved by {})",
                a.id,
                a.standing(at).name(),
                a.period.to_string(),
                selects(a),
                narrowing(a),
                a.reason.trim(),
                a.approver
            )?,
        }
    }
    if args.format == Format::Text {
        writeln!(out, "{} acceptances as of {at}", all.len())?;
    }
    Ok(if errors.is_empty() { Outcome::Fine } else { Outcome::WrongInput })
}

/// What it lets be, in words.
fn selects(a: &Acceptance) -> String {
    let parts = [("rule", &a.rule), ("check", &a.check), ("control", &a.control), ("criterion", &a.criterion)];
    let named = parts.into_iter().filter_map(|(what, p)| p.as_ref().map(|p| format!("{what} {}", p.text)));
    named.collect::<Vec<_>>().join(", ")
}

fn narrowing(a: &Acceptance) -> String {
    match &a.narrowing {
        Narrowing::Nothing => "all of it".to_owned(),
        Narrowing::Condition(text) => format!("where {}", text.text),
        Narrowing::Subject(fields) => {
            let field = |f: &avouch_controls::SubjectField| format!("{}={}", f.field.text, f.values.join("|"));
            format!("where {}", fields.iter().map(field).collect::<Vec<_>>().join(" "))
        }
    }
}

fn entry(a: &Acceptance, at: Time) -> Json {
    let text = |p: &Option<avouch_controls::Placed>| p.as_ref().map(|p| p.text.clone());
    let (condition, subject) = match &a.narrowing {
        Narrowing::Nothing => (None, None),
        Narrowing::Condition(text) => (Some(text.text.clone()), None),
        Narrowing::Subject(fields) => {
            let fields = fields.iter().map(|f| (f.field.text.clone(), json!(f.values)));
            (None, Some(Json::Object(fields.collect())))
        }
    };
    let expires = (a.period.to != Time::END).then(|| a.period.to.to_string());
    let reviews: Vec<Json> =
        a.reviews.iter().map(|r| json!({ "by": r.by, "on": r.on.to_string(), "note": r.note })).collect();
    json!({
        "id": a.id, "standing": a.standing(at).name(), "rule": text(&a.rule), "check": text(&a.check),
        "control": text(&a.control), "criterion": text(&a.criterion), "condition": condition, "subject": subject,
        "reason": a.reason, "risk": a.risk, "compensating": a.compensating, "requester": a.requester,
        "approver": a.approver, "ticket": a.ticket, "from": a.period.from.to_string(), "expires": expires,
        "review_due": a.review_due().map(|t| t.to_string()), "reviews": reviews,
    })
}
