//! From arguments to a rule set, with its problems shown.

use std::path::PathBuf;

use anyhow::{Context, bail};
use avouch_diagnostics::{Diagnostic, LintLevels, Severity, SourceMap, render_concise, render_text};
use avouch_engine::{AppendOutput, CompileOptions, Matching, Selector};
use avouch_forward::{NamedText, RuleTexts};
use avouch_pipeline::config::{self, FalcoConfig};
use avouch_pipeline::{RuleSet, RuleSetOptions, codes, read_text};
use avouch_rules::Priority;

use crate::args::{DiagnosticStyle, LoadArgs, MatchingArg, SelectArgs};
use crate::terminal;

/// A priority by name.
pub(crate) fn priority(text: &str) -> anyhow::Result<Priority> {
    let names: Vec<&str> = Priority::ALL.iter().map(|p| p.name()).collect();
    Priority::parse(text).with_context(|| format!("`{text}` is no priority; use one of {}", names.join(", ")))
}

/// Levels of lints.
pub(crate) fn lints(settings: &[String]) -> anyhow::Result<LintLevels> {
    Ok(LintLevels::parse(settings.iter().map(String::as_str), &codes())?)
}

/// What the configuration file and the options say together: selection, matching, priority, outputs.
pub(crate) fn config(select: &SelectArgs) -> anyhow::Result<FalcoConfig> {
    let mut config = match &select.config {
        None => config::parse("{}")?,
        Some(path) => {
            let config =
                config::parse(&read_text(path)?).with_context(|| format!("failed to use `{}`", path.display()))?;
            if !config.unread.is_empty() {
                terminal::say(&format!("{}: not used here: {}\n", path.display(), config.unread.join(", ")));
            }
            config
        }
    };
    let compile = &mut config.compile;
    if select.no_suggested_output {
        compile.append_output.iter_mut().for_each(|a| a.suggested_output = false);
    }
    for template in &select.append_output {
        compile.append_output.push(AppendOutput { extra_output: Some(template.clone()), ..AppendOutput::default() });
    }
    // Disabling stands first, so that `--disable '*' --enable 'Terminal*'` means what it says in either order.
    let selector = |enable: bool, text: &String| match text.strip_prefix("tag:") {
        Some(tag) => Selector { enable, rule: None, tag: Some(tag.to_owned()) },
        None => Selector { enable, rule: Some(text.clone()), tag: None },
    };
    compile.selectors.extend(select.disable.iter().map(|t| selector(false, t)));
    compile.selectors.extend(select.enable.iter().map(|t| selector(true, t)));
    match select.matching {
        None => {}
        Some(MatchingArg::First) => compile.matching = Matching::First,
        Some(MatchingArg::All) => compile.matching = Matching::All,
    }
    if let Some(text) = &select.priority {
        compile.min_priority = priority(text)?;
    }
    Ok(config)
}

/// Loads rules and shows what is wrong with them on standard error.
///
/// Fails when a file cannot be read, when `--strict` and anything is an error, or when no rule is left.
pub(crate) fn rule_set(load: &LoadArgs, compile: CompileOptions, mappings: &[PathBuf]) -> anyhow::Result<RuleSet> {
    let options = RuleSetOptions { compile, lints: lints(&load.lints)?, mappings: mappings.to_vec() };
    let rules = RuleSet::load(&load.rules, &options)?;
    show(&rules.map, &rules.diagnostics, load.diagnostics);
    usable(load, rules)
}

/// The same of texts that came from elsewhere; nothing is read.
pub(crate) fn rule_set_of(load: &LoadArgs, compile: CompileOptions, texts: &RuleTexts) -> anyhow::Result<RuleSet> {
    let options = RuleSetOptions { compile, lints: lints(&load.lints)?, mappings: Vec::new() };
    let rules = RuleSet::from_texts(pairs(&texts.rules), pairs(&texts.mappings), &options);
    // Whoever wrote these is not at this terminal, and does not draw on it.
    let errors: Vec<Diagnostic> = rules.diagnostics.iter().filter(|d| d.severity == Severity::Error).cloned().collect();
    let text = render_concise(&rules.map, &errors);
    terminal::say(&text.chars().filter(|c| *c == '\n' || !c.is_control()).collect::<String>());
    usable(load, rules)
}

/// Texts as loaders take them.
pub(crate) fn pairs(texts: &[NamedText]) -> Vec<(String, String)> {
    texts.iter().map(|t| (t.name.clone(), t.text.clone())).collect()
}

/// The errors of rules in a line: the first with its place, and how many there are. `None` when there is none.
pub(crate) fn errors(rules: &RuleSet) -> Option<String> {
    let mut errors = rules.diagnostics.iter().filter(|d| d.severity == Severity::Error);
    let first = errors.next()?;
    let place = first.primary().and_then(|l| Some((rules.map.get(l.span.file)?, rules.map.line_column(l.span)?)));
    let place = place.map(|(file, (line, _))| format!("{}:{line}: ", file.name)).unwrap_or_default();
    let more = match errors.count() {
        0 => String::new(),
        n => format!(" (and {n} more)"),
    };
    let title: String = first.title.chars().filter(|c| !c.is_control()).take(400).collect();
    Some(format!("{place}{title}{more}"))
}

fn usable(load: &LoadArgs, rules: RuleSet) -> anyhow::Result<RuleSet> {
    if load.strict && rules.has_errors() {
        bail!("rule files have errors, and --strict was given");
    }
    if rules.running().next().is_none() {
        bail!("no rule is left to run; {} were loaded from the files given", rules.loaded.rules.len());
    }
    Ok(rules)
}

fn show(map: &SourceMap, diagnostics: &[Diagnostic], style: DiagnosticStyle) {
    let errors: Vec<Diagnostic> = diagnostics.iter().filter(|d| d.severity == Severity::Error).cloned().collect();
    let text = match style {
        DiagnosticStyle::Full => render_text(map, &errors, terminal::error_colour()),
        DiagnosticStyle::Concise => render_concise(map, diagnostics),
        DiagnosticStyle::Errors => render_concise(map, &errors),
    };
    terminal::say(&text);
    let warnings = diagnostics.iter().filter(|d| d.severity == Severity::Warning).count();
    if style == DiagnosticStyle::Full && warnings > 0 {
        terminal::say(&format!("{warnings} warnings in rule files; `avouch rules check` shows them\n"));
    }
}
