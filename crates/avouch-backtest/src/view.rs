//! The loaded rules as they are listed, and which of them takes whose events.

use std::collections::BTreeMap;
use std::sync::Arc;

use avouch_diagnostics::Span;
use avouch_engine::{CompileOptions, Matching, RuleStatus, compile};
use avouch_pipeline::{RuleSet, catalogs};
use avouch_rules::ast::Expr;
use avouch_rules::{ResolvedRule, print_condition};
use rustc_hash::FxHashMap;
use serde::Serialize;

/// A place in a rule file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The file, as it was loaded.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
}

/// A loaded rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleView {
    /// Its name.
    pub name: String,
    /// Source of the events it is judged on.
    pub source: String,
    /// Falco's priority.
    pub priority: &'static str,
    /// Its description.
    pub description: String,
    /// It is judged.
    pub enabled: bool,
    /// `loaded`, `disabled`, `below priority`, `unknown source`, `skipped`, `failed`.
    pub status: &'static str,
    /// Where its name stands: the definition that counts.
    #[serde(flatten)]
    pub place: Place,
    /// Criteria that it is evidence for first.
    pub criteria: Vec<String>,
    /// Criteria that it touches.
    pub criteria_secondary: Vec<String>,
    /// Its tags, in the order of the file.
    pub tags: Vec<String>,
    /// As the file writes it, after appends.
    pub condition: String,
    /// With lists and macros put in; macros by name where they stand for more than anybody could read.
    pub resolved: String,
    /// Template of what it says.
    pub output: String,
    /// Other places of the files that define it too, append to it or override it, in order of loading.
    pub overridden_by: Vec<Place>,
    /// Rules that take all of its events when only the first matching rule fires; see [`shadowing`].
    pub shadowed_by: Vec<Place>,
}

/// A rule that never is the first to match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shadow {
    /// Its name.
    pub rule: String,
    /// The earlier rule that takes its events.
    pub by: String,
}

/// The loaded rules, in order of loading.
#[must_use]
pub fn rule_views(set: &RuleSet) -> Vec<RuleView> {
    let mentions = mentions(set);
    let places: BTreeMap<&str, Place> =
        set.loaded.rules.iter().filter_map(|r| Some((r.name.as_str(), place(set, r.name_span)?))).collect();
    let shadows: BTreeMap<String, String> = shadowing(set).into_iter().map(|s| (s.rule, s.by)).collect();
    let view = |(i, rule): (usize, &ResolvedRule)| {
        let status = set.compiled.status.get(i).map_or("failed", status);
        let own = places.get(rule.name.as_str()).cloned().unwrap_or(Place { file: String::new(), line: 0 });
        let others = mentions.get(rule.name.as_str()).into_iter().flatten().filter(|p| **p != own);
        let criteria = set.criteria.get(i).cloned().unwrap_or_default();
        let ids = |list: &[&avouch_controls::Criterion]| list.iter().map(|c| c.id.clone()).collect();
        RuleView {
            name: rule.name.clone(),
            source: rule.source.clone(),
            priority: rule.priority.name(),
            description: rule.desc.clone(),
            enabled: status == "loaded",
            status,
            criteria: ids(&criteria.primary),
            criteria_secondary: ids(&criteria.secondary),
            tags: rule.tags.clone(),
            condition: rule.condition_text.clone(),
            resolved: resolved(&rule.condition),
            output: rule.output.clone(),
            overridden_by: others.cloned().collect(),
            shadowed_by: shadows.get(&rule.name).and_then(|by| places.get(by.as_str())).cloned().into_iter().collect(),
            place: own,
        }
    };
    set.loaded.rules.iter().enumerate().map(view).collect()
}

/// Parts up to which macros are put in.
const PARTS: u64 = 20_000;

fn resolved(condition: &Expr) -> String {
    print_condition(condition, parts(condition, &mut FxHashMap::default()) <= PARTS)
}

/// Parts of a condition with macros put in, each macro counted once.
fn parts(expr: &Expr, known: &mut FxHashMap<*const Expr, u64>) -> u64 {
    let mut sum = |all: &[Expr]| all.iter().fold(1_u64, |n, p| n.saturating_add(parts(p, known)));
    match expr {
        Expr::And(all, _) | Expr::Or(all, _) => sum(all),
        Expr::Not(inner, _) => sum(std::slice::from_ref(inner)),
        Expr::Check(_) => 1,
        Expr::Macro(m) => {
            let Some(body) = &m.body else { return 1 };
            let key = Arc::as_ptr(body);
            if let Some(n) = known.get(&key) {
                return *n;
            }
            let n = parts(body, known);
            known.insert(key, n);
            n
        }
    }
}

fn status(status: &RuleStatus) -> &'static str {
    match status {
        RuleStatus::Loaded { .. } => "loaded",
        RuleStatus::Disabled => "disabled",
        RuleStatus::BelowPriority => "below priority",
        RuleStatus::UnknownSource => "unknown source",
        RuleStatus::Skipped => "skipped",
        RuleStatus::Failed => "failed",
    }
}

fn place(set: &RuleSet, span: Span) -> Option<Place> {
    let (line, _) = set.map.line_column(span)?;
    Some(Place { file: set.map.get(span.file)?.name.clone(), line })
}

/// Lines of all files that name a rule as an item does: the key `rule` with the name, alone on a line. Files that are written in another
/// style of YAML are read as well as any by the loader; here their lines are not found.
fn mentions(set: &RuleSet) -> BTreeMap<String, Vec<Place>> {
    let mut out: BTreeMap<String, Vec<Place>> = BTreeMap::new();
    for (_, file) in set.map.iter() {
        for (line, text) in (1..).zip(file.text.lines()) {
            let text = text.trim_start();
            let text = text.strip_prefix('-').map_or(text, str::trim_start);
            let Some(name) = text.strip_prefix("rule:") else { continue };
            let name = name.trim();
            let inner = |quote: char| name.strip_prefix(quote)?.strip_suffix(quote);
            let name = inner('"').or_else(|| inner('\'')).unwrap_or(name);
            out.entry(name.to_owned()).or_default().push(Place { file: file.name.clone(), line });
        }
    }
    out
}

/// Which running rule never is the first to match, and which earlier rule takes its events: what `avouch check` warns of, told also when
/// the set runs with all matching rules. It is told where the earlier rule's condition is implied; that two rules share some events is not.
#[must_use]
pub fn shadowing(set: &RuleSet) -> Vec<Shadow> {
    let mut rules: Vec<ResolvedRule> = set.running().map(|(_, r)| r.clone()).collect();
    for rule in &mut rules {
        // It runs, whatever its file says.
        rule.enabled = true;
    }
    let options = CompileOptions { matching: Matching::First, append_output: Vec::new(), ..CompileOptions::default() };
    let compiled = compile(&rules, &catalogs(), &options);
    let mut out = Vec::new();
    for d in compiled.diagnostics.iter().filter(|d| d.lint == Some("shadowed-rule")) {
        let first = d.labels.iter().find(|l| !l.primary).map(|l| l.span);
        let by = rules.iter().find(|r| Some(r.name_span) == first);
        if let (Some((_, rule)), Some(by)) = (&d.item, by) {
            out.push(Shadow { rule: rule.clone(), by: by.name.clone() });
        }
    }
    out
}
