//! `avouch controls`: control lists checked, listed, counted by family, compared.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use avouch_controls::{
    Catalogue, Change, Control, ControlHistory, ControlList, FamilyTable, FileKind, Period, Profile, RuleFacts, Time,
};
use avouch_diagnostics::{
    Diagnostic, LintLevels, Severity, SourceMap, render_concise, render_json, render_sarif, render_text,
};
use avouch_engine::{CompileOptions, RuleStatus};
use avouch_pipeline::{RuleSet, RuleSetOptions, read_text, rule_files};
use serde_json::{Value as Json, json};

use crate::args::{
    AgainstArgs, ControlsCheckArgs, ControlsCommand, ControlsDiffArgs, ControlsListArgs, ControlsTableArgs, Format,
    ReportArgs, ReportFormat,
};
use crate::{Outcome, terminal};

/// Runs the command.
pub(crate) fn run(command: &ControlsCommand) -> anyhow::Result<Outcome> {
    match command {
        ControlsCommand::Check(args) => check(args),
        ControlsCommand::List(args) => list(args),
        ControlsCommand::Table(args) => table(args),
        ControlsCommand::Diff(args) => diff(args),
    }
}

/// The rules to hold something against, when any are named; their own problems are for `rules check`.
pub(crate) fn rules(against: &AgainstArgs) -> anyhow::Result<Option<RuleSet>> {
    if against.rules.is_empty() {
        if !against.mapping.is_empty() {
            bail!("--mapping says what rules are evidence for; name the rules with --rules");
        }
        return Ok(None);
    }
    let options = RuleSetOptions {
        mappings: against.mapping.clone(),
        compile: CompileOptions::default(),
        ..RuleSetOptions::default()
    };
    let rules = RuleSet::load(&against.rules, &options)?;
    let errors = rules.diagnostics.iter().filter(|d| d.severity == Severity::Error).count();
    if errors > 0 {
        terminal::say(&format!(
            "{errors} errors in rule files; `avouch rules check` shows them. Broken rules serve nothing.\n"
        ));
    }
    Ok(Some(rules))
}

/// What controls ask of the rules of a set.
pub(crate) fn facts(rules: &RuleSet) -> Vec<RuleFacts<'_>> {
    let of = rules.loaded.rules.iter().zip(&rules.criteria).enumerate();
    of.map(|(i, (rule, criteria))| RuleFacts {
        name: &rule.name,
        source: &rule.source,
        tags: &rule.tags,
        runs: matches!(rules.compiled.status.get(i), Some(RuleStatus::Loaded { .. })),
        criteria,
    })
    .collect()
}

/// The files that paths mean; the message for one that is not there speaks of no rules.
pub(crate) fn files(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    if let Some(missing) = paths.iter().find(|p| !p.exists()) {
        bail!("there is no file or folder `{}`", missing.display());
    }
    Ok(rule_files(paths)?)
}

/// The time given, else now.
pub(crate) fn time(at: Option<&str>) -> anyhow::Result<Time> {
    match at {
        Some(text) => {
            Time::parse(text).with_context(|| format!("`{text}` is no time; write 2026-07-01 or 2026-07-01T08:00:00Z"))
        }
        None => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock stands before 1970")?;
            Ok(Time(u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)))
        }
    }
}

/// Shows problems and says how it went: how many of what was checked.
pub(crate) fn report(
    args: &ReportArgs,
    map: &SourceMap,
    mut problems: Vec<Diagnostic>,
    checked: &str,
) -> anyhow::Result<Outcome> {
    let codes = avouch_controls::codes::ALL;
    LintLevels::parse(args.lints.iter().map(String::as_str), codes)?.apply(&mut problems);
    problems.sort_by_key(|p| p.primary().map(|l| l.span));
    let count = |severity| problems.iter().filter(|p| p.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let mut out = std::io::stdout().lock();
    let text = match args.format {
        ReportFormat::Text if args.concise => render_concise(map, &problems),
        ReportFormat::Text => render_text(map, &problems, terminal::colour()),
        ReportFormat::Json => render_json(map, &problems),
        ReportFormat::Sarif => render_sarif(map, &problems, codes),
    };
    out.write_all(text.as_bytes())?;
    if args.format == ReportFormat::Text {
        let (errors, warnings) = (terminal::counted(errors, "error"), terminal::counted(warnings, "warning"));
        writeln!(out, "{checked}; {errors}, {warnings}")?;
    }
    Ok(if errors > 0 || (args.strict && warnings > 0) { Outcome::WrongInput } else { Outcome::Fine })
}

fn check(args: &ControlsCheckArgs) -> anyhow::Result<Outcome> {
    let rules = rules(&args.against)?;
    let facts = rules.as_ref().map(facts);
    let mut map = SourceMap::default();
    let mut problems = Vec::new();
    let mut lists: Vec<ControlList> = Vec::new();
    let files = files(&args.paths)?;
    for path in &files {
        let text = read_text(path)?;
        let file = map.add(path.display().to_string(), text.clone());
        if FileKind::of(&text) == Some(FileKind::List) {
            let (list, found) = ControlList::parse(file, &text);
            problems.extend(found);
            lists.extend(list);
        } else {
            problems.extend(avouch_controls::check_file(file, &text).1);
        }
    }
    for list in &lists {
        problems.extend(avouch_controls::lint_selectors(list, facts.as_deref(), Catalogue::built_in()));
    }
    let mut ids: Vec<&str> = lists.iter().map(|l| l.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    for id in &ids {
        let versions: Vec<&ControlList> = lists.iter().filter(|l| l.id == *id).collect();
        problems.extend(ControlHistory::new(&versions, Period::ALL).1);
    }
    let controls: usize = lists.iter().map(|l| l.controls.len()).sum();
    let counted = terminal::counted;
    let checked = format!(
        "{}: {} in {} with {}",
        counted(files.len(), "file"),
        counted(ids.len(), "control list"),
        counted(lists.len(), "version"),
        counted(controls, "control")
    );
    report(&args.report, &map, problems, &checked)
}

/// Reads the control list at a path: the version asked for, else the highest. Errors in it are fatal, warnings are counted.
pub(crate) fn read_list(path: &Path, version: Option<u32>) -> anyhow::Result<ControlList> {
    let mut map = SourceMap::default();
    let mut problems = Vec::new();
    let mut lists = Vec::new();
    for found in files(&[path.to_owned()])? {
        let text = read_text(&found)?;
        // A folder may hold other files beside its lists.
        if FileKind::of(&text) != Some(FileKind::List) && path.is_dir() {
            continue;
        }
        let file = map.add(found.display().to_string(), text.clone());
        let (list, found) = ControlList::parse(file, &text);
        problems.extend(found);
        lists.extend(list);
    }
    let errors: Vec<Diagnostic> = problems.iter().filter(|p| p.severity == Severity::Error).cloned().collect();
    terminal::say(&render_text(&map, &errors, terminal::error_colour()));
    let first = lists.first().map(|l: &ControlList| l.id.clone()).unwrap_or_default();
    if let Some(other) = lists.iter().find(|l| l.id != first) {
        bail!("`{}` holds several control lists (`{first}`, `{}`); name one of them", path.display(), other.id);
    }
    let list = match version {
        Some(n) => lists.into_iter().find(|l| l.version == n),
        None => lists.into_iter().max_by_key(|l| l.version),
    };
    let list = list.with_context(|| match version {
        Some(n) => format!("`{}` has no version {n} of a control list", path.display()),
        None => format!("`{}` has no control list that can be read", path.display()),
    })?;
    if list.refused > 0 {
        terminal::say(&format!("{} controls with errors are left out\n", list.refused));
    }
    Ok(list)
}

/// `kubernetes-starter version 1, a draft: nobody approved it`.
pub(crate) fn describe(list: &ControlList) -> String {
    let approved = match &list.approved {
        Some(a) => format!("approved by {} on {}", a.by.join(", "), a.on),
        None => "a draft: nobody approved it".to_owned(),
    };
    let valid = list.valid.map_or_else(|| "not dated".to_owned(), |v| format!("valid {v}"));
    format!("{} version {}: {} ({}); {approved}; {valid}", list.id, list.version, list.title, list.entity)
}

fn list(args: &ControlsListArgs) -> anyhow::Result<Outcome> {
    let rules = rules(&args.against)?;
    let facts = rules.as_ref().map(facts);
    let list = read_list(&args.path, args.version)?;
    let mut out = std::io::stdout().lock();
    match args.format {
        Format::Json => {
            for control in &list.controls {
                writeln!(out, "{}", control_json(&list, control, facts.as_deref()))?;
            }
        }
        Format::Text => {
            writeln!(out, "{}", describe(&list))?;
            for c in &list.controls {
                let criteria: Vec<&str> = c.criteria.iter().map(|c| c.id.as_str()).collect();
                let watching = facts.as_ref().map(|f| {
                    let n = c.evidence.rules.select(f).iter().filter(|r| r.runs).count();
                    format!("{n:>4} rules  ")
                });
                writeln!(
                    out,
                    "{:<11} {:<12} {:<10} {:<12} {:<11} {}{}  ({})",
                    c.id,
                    criteria.join(","),
                    c.kind.name(),
                    c.nature.name(),
                    c.frequency.name(),
                    watching.unwrap_or_default(),
                    c.title,
                    c.owner
                )?;
            }
            writeln!(out, "{} controls; `--format json` shows all of each", list.controls.len())?;
        }
    }
    Ok(Outcome::Fine)
}

fn control_json(list: &ControlList, control: &Control, facts: Option<&[RuleFacts<'_>]>) -> Json {
    let mut fields = serde_json::Map::new();
    fields.insert("id".to_owned(), json!(control.id));
    for (name, text) in control.fields() {
        fields.insert(name.to_owned(), json!(text));
    }
    fields.insert("list".to_owned(), json!(list.id));
    fields.insert("version".to_owned(), json!(list.version));
    fields.insert("draft".to_owned(), json!(list.is_draft()));
    if let Some(facts) = facts {
        let selected = control.evidence.rules.select(facts);
        let names = |runs| selected.iter().filter(|r| r.runs == runs).map(|r| r.name).collect::<Vec<_>>();
        fields.insert("rules".to_owned(), json!(names(true)));
        fields.insert("rules_off".to_owned(), json!(names(false)));
    }
    Json::Object(fields)
}

fn profile(name: &str) -> anyhow::Result<Profile> {
    if let Some(profile) = Profile::built_in(name) {
        return Ok(profile);
    }
    let path = PathBuf::from(name);
    if !path.exists() {
        bail!("`{name}` is neither a file nor a built-in profile ({})", Profile::BUILT_IN.join(", "));
    }
    let text = read_text(&path)?;
    let mut map = SourceMap::default();
    let (profile, problems) = Profile::parse(map.add(name, text.clone()), &text);
    terminal::say(&render_text(&map, &problems, terminal::error_colour()));
    profile.with_context(|| format!("`{name}` has no profile that can be read"))
}

fn table(args: &ControlsTableArgs) -> anyhow::Result<Outcome> {
    let rules = rules(&args.against)?;
    let facts = rules.as_ref().map(facts);
    let given = facts.as_deref().unwrap_or(&[]);
    let (title, table) = match (&args.profile, &args.path) {
        (Some(name), _) => {
            let profile = profile(name)?;
            let edition = profile.edition.map(|e| format!(" of the {e} edition")).unwrap_or_default();
            let title = format!("{}; counts {}{edition}", profile.title, profile.counts.name().replace('-', " "));
            (title, avouch_controls::profile_table(&profile, given))
        }
        (None, Some(path)) => {
            let list = read_list(path, args.version)?;
            (describe(&list), avouch_controls::list_table(&list, given))
        }
        (None, None) => ("Trust Services Criteria".to_owned(), avouch_controls::standard_table(given)),
    };
    let mut out = std::io::stdout().lock();
    match args.format {
        Format::Json => writeln!(out, "{}", table_json(&title, &table, facts.is_some()))?,
        Format::Text => table_text(&mut out, &title, &table, facts.as_deref())?,
    }
    Ok(Outcome::Fine)
}

fn table_json(title: &str, table: &FamilyTable, with_rules: bool) -> Json {
    let rows: Vec<Json> = table
        .rows
        .iter()
        .map(|r| {
            let mut row = json!({ "family": r.family, "controls": r.controls, "relevant": r.relevant });
            if let (true, Some(row)) = (with_rules, row.as_object_mut()) {
                row.insert("served".to_owned(), json!(r.served));
                row.insert("criteria".to_owned(), json!({ "served": r.criteria_served.0, "all": r.criteria_served.1 }));
            }
            row
        })
        .collect();
    json!({ "title": title, "counts": table.counts, "families": rows })
}

fn table_text(
    out: &mut impl Write,
    title: &str,
    table: &FamilyTable,
    facts: Option<&[RuleFacts<'_>]>,
) -> std::io::Result<()> {
    writeln!(out, "{title}\nCounted: {}\n", table.counts.replace('-', " "))?;
    let served_head = if facts.is_some() { "  served now   criteria with a rule" } else { "" };
    writeln!(out, "family   controls       relevant{served_head}")?;
    let share = |n: u32, of: u32| (u64::from(n) * 100 + u64::from(of) / 2).checked_div(u64::from(of)).unwrap_or(0);
    for r in &table.rows {
        let relevant = r.relevant.map_or_else(|| "unknown".to_owned(), |n| format!("{n} ({} %)", share(n, r.controls)));
        write!(out, "{:<8} {:>8} {relevant:>14}", r.family, r.controls)?;
        if facts.is_some() {
            write!(out, " {:>11} {:>14} of {}", r.served, r.criteria_served.0, r.criteria_served.1)?;
        }
        writeln!(out)?;
    }
    match facts {
        Some(facts) => {
            let running = facts.iter().filter(|r| r.runs).count();
            writeln!(
                out,
                "\nServed now: of {} loaded rules, {running} run; at least one of them is evidence for it. That is no verdict on a \
                 criterion.\nCC7.2 and CC7.3 are the watching itself: rules are not tagged with them, so that they are not counted here.",
                facts.len()
            )
        }
        None => writeln!(out, "\nName rules with --rules to see what they serve now."),
    }
}

fn diff(args: &ControlsDiffArgs) -> anyhow::Result<Outcome> {
    let (before, after) = (read_list(&args.before, None)?, read_list(&args.after, None)?);
    let changes = avouch_controls::diff(&before, &after);
    let mut out = std::io::stdout().lock();
    for change in &changes {
        match (args.format, change) {
            (Format::Json, change) => writeln!(out, "{}", change_json(change))?,
            (Format::Text, Change::Added { control, title }) => writeln!(out, "{control}: added: {title}")?,
            (Format::Text, Change::Removed { control, title }) => writeln!(out, "{control}: removed: {title}")?,
            (Format::Text, Change::Field { control, field, before, after }) => {
                let shown = |t: &str| if t.is_empty() { "(nothing)".to_owned() } else { t.to_owned() };
                let of = control.as_deref().unwrap_or("list");
                writeln!(out, "{of}: {field}\n  - {}\n  + {}", shown(before), shown(after))?;
            }
        }
    }
    if args.format == Format::Text {
        writeln!(out, "{} changes from {} to {}", changes.len(), describe(&before), describe(&after))?;
    }
    Ok(Outcome::Fine)
}

fn change_json(change: &Change) -> Json {
    match change {
        Change::Added { control, title } => json!({ "change": "added", "control": control, "title": title }),
        Change::Removed { control, title } => json!({ "change": "removed", "control": control, "title": title }),
        Change::Field { control, field, before, after } => {
            json!({ "change": "field", "control": control, "field": field, "before": before, "after": after })
        }
    }
}
