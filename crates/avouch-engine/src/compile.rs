//! From resolved rules to programs, one for each source.

use std::sync::Arc;

use avouch_diagnostics::{Diagnostic, Severity, Span};
use avouch_event::FieldCatalog;
use avouch_rules::{Priority, ResolvedRule, operand_prefixes};
use rustc_hash::FxHashMap;

use crate::codes;
use crate::event_types::TypeSet;
use crate::output::{AppendOutput, output_of};
use crate::program::{Matching, Program, ProgramRule, RuleIndex, build};
use crate::scope;
use crate::select::{Selector, enabled};
use crate::typed::Typed;
use crate::typing::{Place, Typer};

/// Types that a system call rule may be judged on without the no-event-type lint.
const MANY_TYPES: usize = 100;

/// What decides the programs besides the rules.
#[derive(Clone, Debug)]
pub struct CompileOptions {
    /// First or all.
    pub matching: Matching,
    /// Rules less severe than this are left out.
    pub min_priority: Priority,
    /// Enabling and disabling, in order.
    pub selectors: Vec<Selector>,
    /// What is appended to outputs.
    pub append_output: Vec<AppendOutput>,
    /// Names of asynchronous events, which `evt.type` may be compared with.
    pub async_names: Vec<String>,
}

impl Default for CompileOptions {
    fn default() -> Self {
        Self {
            matching: Matching::First,
            min_priority: Priority::Debug,
            selectors: Vec::new(),
            append_output: vec![AppendOutput::suggested()],
            async_names: vec!["container".to_owned()],
        }
    }
}

/// What became of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleStatus {
    /// It runs: place of its program among [`Compiled::programs`], and its number there.
    Loaded {
        /// Place of the program.
        program: usize,
        /// Number in the program.
        rule: RuleIndex,
    },
    /// It compiles but is switched off by its file or by a selector.
    Disabled,
    /// It is less severe than the threshold, and was not looked at.
    BelowPriority,
    /// Its source is not loaded, and it was not looked at.
    UnknownSource,
    /// It uses something unknown and says that it is to be skipped then.
    Skipped,
    /// It has an error.
    Failed,
}

/// Programs, and what is to say about the rules.
#[derive(Debug)]
pub struct Compiled {
    /// One program for each catalogue, in the same order; without rules for sources that have none.
    pub programs: Vec<Program>,
    /// Problems of all rules.
    pub diagnostics: Vec<Diagnostic>,
    /// By rule, in the order given.
    pub status: Vec<RuleStatus>,
}

impl Compiled {
    /// The program of a source.
    #[must_use]
    pub fn program(&self, source: &str) -> Option<&Program> {
        self.programs.iter().find(|p| p.source == source)
    }
}

/// Compiles `rules`, given in load order, against the fields of each source. A rule with an error is left out; the others
/// stay.
#[must_use]
pub fn compile(rules: &[ResolvedRule], catalogs: &[(&str, &dyn FieldCatalog)], options: &CompileOptions) -> Compiled {
    let mut report = Report::default();
    let mut status = Vec::with_capacity(rules.len());
    let mut typers: Vec<Typer<'_>> = catalogs.iter().map(|(s, c)| Typer::new(s, *c, &options.async_names)).collect();
    let mut parts: Vec<Vec<ProgramRule>> = catalogs.iter().map(|_| Vec::new()).collect();
    for (input, rule) in rules.iter().enumerate() {
        status.push(one(rule, input, &mut typers, &mut parts, options, &mut report));
    }
    let mut programs = Vec::with_capacity(catalogs.len());
    for ((source, _), part) in catalogs.iter().zip(parts) {
        let built = build(source, options.matching, part);
        lint(&built, rules, options.matching, &mut report);
        programs.push(built.program);
    }
    Compiled { programs, diagnostics: report.list, status }
}

fn one(
    rule: &ResolvedRule,
    input: usize,
    typers: &mut [Typer<'_>],
    parts: &mut [Vec<ProgramRule>],
    options: &CompileOptions,
    report: &mut Report,
) -> RuleStatus {
    if rule.priority > options.min_priority {
        return RuleStatus::BelowPriority;
    }
    let place = typers.iter().position(|t| t.source == rule.source);
    let Some((program, typer)) = place.and_then(|i| Some((i, typers.get_mut(i)?))) else {
        let d = codes::UNKNOWN_SOURCE
            .at_fault(format!("unknown source `{}`: rule `{}` is never judged", rule.source, rule.name))
            .at(rule.name_span, "")
            .falco_message(format!("Unknown source {}, skipping", rule.source));
        report.add(rule, d);
        return RuleStatus::UnknownSource;
    };
    let (typed, mut problems) = typer.condition(&rule.condition);
    let output = match output_of(rule, &options.append_output, typer) {
        Ok((output, warnings)) => {
            problems.extend(warnings);
            Some(output)
        }
        Err(d) => {
            problems.push(*d);
            None
        }
    };
    let exceptions = exception_problems(rule, typer);
    let ours = exceptions.is_empty();
    for d in exceptions {
        report.list.push(d);
    }
    if rule.skip_if_unknown_filter
        && let Some(d) = problems.iter().find(|d| is_unknown(d))
    {
        let d = codes::UNKNOWN_FILTER
            .at_fault(format!("rule `{}` is skipped: {}", rule.name, d.title))
            .at(d.primary().map_or(rule.span, |l| l.span), "")
            .falco_message(d.falco_message.clone().unwrap_or_default());
        report.add(rule, d);
        return RuleStatus::Skipped;
    }
    for d in problems {
        report.add(rule, d);
    }
    let (Some(typed), Some(output), true) = (typed, output, ours) else { return RuleStatus::Failed };
    let types = types(rule, &typed, report);
    if !enabled(rule, &options.selectors) {
        return RuleStatus::Disabled;
    }
    let Some(part) = parts.get_mut(program) else { return RuleStatus::Failed };
    let index = RuleIndex(u32::try_from(part.len()).unwrap_or(u32::MAX));
    part.push(ProgramRule { name: rule.name.clone(), input, output, typed, types });
    RuleStatus::Loaded { program, rule: index }
}

/// What `skip-if-unknown-filter` forgives.
fn is_unknown(d: &Diagnostic) -> bool {
    d.severity == Severity::Error
        && [codes::UNKNOWN_FIELD.id, codes::UNKNOWN_EVENT_TYPE.id, codes::BAD_OUTPUT.id, codes::FIELD_ARGUMENT.id]
            .contains(&d.code)
}

fn types(rule: &ResolvedRule, typed: &Arc<Typed>, report: &mut Report) -> TypeSet {
    if rule.source != "syscall" {
        return scope::plugin_types();
    }
    let types = scope::syscall_types(typed);
    if types.len() > MANY_TYPES && rule.warn_evttypes {
        let d = codes::NO_EVENT_TYPE
            .at_fault(format!("rule `{}` is judged on {} of 454 event types", rule.name, types.len()))
            .at(rule.condition.span(), "no test of `evt.type` narrows it")
            .help("add a test such as `evt.type in (open, openat)`")
            .falco_message("Rule matches too many evt.type values. This has a significant performance penalty.");
        report.add(rule, d);
    }
    types
}

/// Fields of exceptions are checked even when the exception has no values yet.
fn exception_problems(rule: &ResolvedRule, typer: &Typer<'_>) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    for field in &rule.exception_fields {
        let text = field.text.trim();
        let whole = operand_prefixes(text, field.span.file, field.span.start).into_iter().find(|p| p.len == text.len());
        let error = match whole.map(|p| typer.try_operand(&p.operand, Place::Left)) {
            Some(Ok(_)) => continue,
            Some(Err(error)) => Some(error),
            None => None,
        };
        let mut d = codes::EXCEPTION_FIELD
            .at_fault(format!("`{text}` is no field of source `{}`", rule.source))
            .at(field.span, "in this exception")
            .item("exception", rule.exception_of(field).map_or_else(|| rule.name.clone(), |e| e.name.clone()))
            .falco_message(format!("'{text}' is not a supported filter field"));
        if let Some(error) = error {
            d.help = error.help;
            d = d.note(error.title);
        }
        out.push(d);
    }
    out
}

fn lint(built: &crate::program::Entry, rules: &[ResolvedRule], matching: Matching, report: &mut Report) {
    for (i, program_rule) in built.program.rules.iter().enumerate() {
        let Some(rule) = rules.get(program_rule.input) else { continue };
        if built.never.get(i).copied().unwrap_or(false) {
            let d = codes::NEVER_TRUE
                .at_fault(format!("the condition of rule `{}` can never be true", rule.name))
                .at(rule.condition.span(), "");
            report.add(rule, d);
            continue;
        }
        let hider = built.shadows.get(i).copied().flatten().filter(|_| matching == Matching::First);
        if let Some(first) = hider.and_then(|h| rules.get(built.program.rules.get(h as usize)?.input)) {
            let d = codes::SHADOWED_RULE
                .at_fault(format!("rule `{}` can never fire: rule `{}` always matches first", rule.name, first.name))
                .at(rule.name_span, "never the first match")
                .context(first.name_span, "matches all that the other does");
            report.add(rule, d);
        }
    }
}

/// Diagnostics; what several rules share (a mistake in a macro) is said once.
#[derive(Default)]
struct Report {
    list: Vec<Diagnostic>,
    seen: FxHashMap<(&'static str, Option<Span>, String), (usize, usize)>,
}

/// Rules that one diagnostic names at most.
const NAMED: usize = 5;

impl Report {
    fn add(&mut self, rule: &ResolvedRule, mut d: Diagnostic) {
        let key = (d.code, d.primary().map(|l| l.span), d.title.clone());
        if let Some((at, count)) = self.seen.get_mut(&key) {
            *count += 1;
            if let Some(first) = self.list.get_mut(*at)
                && *count <= NAMED
            {
                first.notes.push(format!("the same in rule `{}`", rule.name));
            } else if let Some(first) = self.list.get_mut(*at) {
                let more = format!("and in {} more rules", *count - NAMED);
                if *count == NAMED + 1 {
                    first.notes.push(more);
                } else if let Some(last) = first.notes.last_mut() {
                    *last = more;
                }
            }
            return;
        }
        if let Some(last) = d.labels.iter_mut().rfind(|l| !l.primary && l.text.starts_with("through macro")) {
            last.text = format!("{}, used by rule `{}`", last.text, rule.name);
        }
        d.item.get_or_insert_with(|| ("rule", rule.name.clone()));
        self.seen.insert(key, (self.list.len(), 0));
        self.list.push(d);
    }
}
