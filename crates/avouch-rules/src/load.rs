//! Loads rule files: reads all of them, applies appends and overrides, resolves names.

use std::collections::BTreeSet;
use std::sync::Arc;

use avouch_diagnostics::{Diagnostic, FileId, Severity, SourceMap, Span};

use crate::ast::Expr;
use crate::collect::Collector;
use crate::items::{Entry, Exception, RequiredPlugin, RuleDef};
use crate::lints;
use crate::lists::Lists;
use crate::macros::{Macros, condition};
use crate::problems::{Phase, Problems};
use crate::read::Reader;
use crate::rule::{ListItem, ResolvedRule, RuleException};
use crate::{codes, exceptions};

/// What the engine that will run the rules offers.
#[derive(Clone, Copy, Debug)]
pub struct LoadOptions<'a> {
    /// Event sources that are known; empty when any will do.
    pub known_sources: &'a [&'a str],
    /// Plugins whose fields are known: name and version. `None` leaves requirements unchecked.
    pub plugins: Option<&'a [(&'a str, &'a str)]>,
    /// Version of the rule language, in Falco's count.
    pub engine_version: (u32, u32, u32),
}

impl Default for LoadOptions<'_> {
    fn default() -> Self {
        Self { known_sources: &[], plugins: None, engine_version: (0, 63, 0) }
    }
}

/// A list after loading.
#[derive(Clone, Debug, PartialEq)]
pub struct ListInfo {
    /// Name.
    pub name: String,
    /// Where the name stands in the definition.
    pub name_span: Span,
    /// Items, references to other lists replaced; without the quotes that they get in conditions.
    pub items: Vec<ListItem>,
    /// Names of the lists it refers to.
    pub lists: Vec<String>,
    /// Whether anything uses it.
    pub used: bool,
}

/// A macro after loading.
#[derive(Clone, Debug, PartialEq)]
pub struct MacroInfo {
    /// Name.
    pub name: String,
    /// Where the name stands in the definition.
    pub name_span: Span,
    /// Condition as loaded, after appends, before lists.
    pub condition_text: String,
    /// The condition with lists and macros resolved; `None` when it has an error.
    pub condition: Option<Arc<Expr>>,
    /// Whether anything uses it.
    pub used: bool,
}

/// A rule that was loaded but cannot run here.
#[derive(Clone, Debug, PartialEq)]
pub struct SkippedRule {
    /// Name.
    pub name: String,
    /// Where the name stands.
    pub name_span: Span,
    /// Its event source, which is not known.
    pub source: String,
}

/// Everything that the files define.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// Rules that can be compiled, in the order in which they are tried.
    pub rules: Vec<ResolvedRule>,
    /// Rules of unknown sources.
    pub skipped: Vec<SkippedRule>,
    /// All lists, in order of definition.
    pub lists: Vec<ListInfo>,
    /// All macros, in order of definition.
    pub macros: Vec<MacroInfo>,
    /// The highest required version of the language.
    pub required_engine: Option<(u32, u32, u32)>,
    /// Required plugins.
    pub required_plugins: Vec<RequiredPlugin>,
    /// What is wrong, in the order in which Falco would come upon it.
    pub diagnostics: Vec<Diagnostic>,
}

impl Loaded {
    /// The problem at which Falco would stop, if there is one.
    #[must_use]
    pub fn first_error(&self) -> Option<&Diagnostic> {
        self.diagnostics.iter().find(|d| d.severity == Severity::Error)
    }

    /// Whether nothing worse than warnings was found.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.first_error().is_none()
    }
}

/// Loads files in the given order. A file sees what itself and earlier ones define. Problems are collected: an item that
/// has one is left out, the others stay.
#[must_use]
pub fn load(map: &SourceMap, files: &[FileId], options: &LoadOptions<'_>) -> Loaded {
    let mut problems = Problems::default();
    let mut collector = Collector::new(options.engine_version, options.known_sources);
    for file in files {
        let Some(source) = map.get(*file) else { continue };
        let mut reader = Reader { file: *file, text: &source.text, problems: &mut problems, collector: &mut collector };
        reader.read();
    }
    if let Some(have) = options.plugins {
        let mut reader =
            Reader { file: FileId(u32::MAX), text: "", problems: &mut problems, collector: &mut collector };
        reader.check_plugins(have);
    }
    let mut lists = Lists::new(&collector.lists);
    let mut macros = Macros::new(&collector, &mut lists, &mut problems);
    let mut loaded = Loaded { required_engine: collector.required_engine, ..Loaded::default() };
    for rule in &collector.rules.all {
        if !rule.known_source {
            macros.mark_words(rule.condition.as_str());
            lists.mark_words(rule.condition.as_str());
            loaded.skipped.push(SkippedRule {
                name: rule.head.name.text.clone(),
                name_span: rule.head.name.span,
                source: rule.source.clone(),
            });
        } else if let Some(resolved) = resolve(rule, &mut lists, &mut macros, &mut problems) {
            loaded.rules.push(resolved);
        }
    }
    loaded.lists = list_infos(&collector, &lists);
    loaded.macros = macro_infos(&collector, &macros);
    lints::run(&collector, &loaded, &mut problems);
    loaded.required_plugins = collector.required_plugins;
    loaded.diagnostics = problems.finish();
    loaded
}

fn resolve(
    rule: &RuleDef,
    lists: &mut Lists,
    macros: &mut Macros<'_>,
    problems: &mut Problems,
) -> Option<ResolvedRule> {
    let name = &rule.head.name;
    let parsed = exceptions::build(&rule.condition, &rule.exceptions).and_then(|text| condition(&text, lists));
    let mut condition = match parsed {
        Ok(condition) => condition,
        Err(d) => {
            let mut d = *d;
            if d.item.is_none() {
                d = d.item("rule", name.text.clone());
            }
            problems.add(rule.head.file, Phase::Rules, d);
            macros.mark_words(rule.condition.as_str());
            return None;
        }
    };
    if !macros.fill_rule(&mut condition, &rule.head, problems) {
        return None;
    }
    let fields = rule.exceptions.iter().filter_map(|e| e.fields.as_ref()).flat_map(Entry::texts);
    Some(ResolvedRule {
        name: name.text.clone(),
        name_span: name.span,
        span: rule.head.span,
        desc: rule.desc.clone(),
        condition_text: rule.condition.as_str().to_owned(),
        condition,
        output: rule.output.clone(),
        output_span: rule.output_span,
        priority: rule.priority,
        source: rule.source.clone(),
        enabled: rule.enabled,
        tags: without_repeats(&rule.tags),
        warn_evttypes: rule.warn_evttypes,
        skip_if_unknown_filter: rule.skip_if_unknown_filter,
        capture: rule.capture,
        capture_duration: rule.capture_duration,
        exceptions: rule.exceptions.iter().map(rule_exception).collect(),
        exception_fields: fields.map(|t| ListItem { text: t.text.clone(), span: t.span }).collect(),
    })
}

/// Once for a rule, however often something was appended: the work stays bounded on hostile files.
fn without_repeats(tags: &[String]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    tags.iter().filter(|t| seen.insert(t.as_str())).cloned().collect()
}

fn rule_exception(e: &Exception) -> RuleException {
    let fields = e.fields.iter().flat_map(Entry::texts);
    RuleException {
        name: e.name.text.clone(),
        name_span: e.name.span,
        fields: fields.map(|t| ListItem { text: t.text.clone(), span: t.span }).collect(),
        comps: e.comps.iter().flat_map(Entry::texts).map(|t| t.text.trim().to_owned()).collect(),
        values: e.values.len(),
    }
}

fn list_infos(collector: &Collector, lists: &Lists) -> Vec<ListInfo> {
    let defined = collector.lists.all.iter().enumerate();
    defined
        .map(|(i, l)| ListInfo {
            name: l.head.name.text.clone(),
            name_span: l.head.name.span,
            items: lists.items(i).iter().map(|t| ListItem { text: t.text.clone(), span: t.span }).collect(),
            lists: lists.references.get(i).cloned().unwrap_or_default(),
            used: lists.used.get(i).copied().unwrap_or_default(),
        })
        .collect()
}

fn macro_infos(collector: &Collector, macros: &Macros<'_>) -> Vec<MacroInfo> {
    let defined = collector.macros.all.iter().enumerate();
    defined
        .map(|(i, m)| MacroInfo {
            name: m.head.name.text.clone(),
            name_span: m.head.name.span,
            condition_text: m.condition.as_str().to_owned(),
            condition: macros.body(i).cloned(),
            used: macros.used.get(i).copied().unwrap_or_default(),
        })
        .collect()
}

/// A file that could not be read from disk, for whoever reads files.
#[must_use]
pub fn unreadable(name: &str, reason: &str) -> Diagnostic {
    codes::FILE_UNREADABLE.at_fault(format!("cannot read `{name}`: {reason}")).item("rules content", name)
}
