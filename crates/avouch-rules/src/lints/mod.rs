//! Warnings that need no knowledge of fields. Each has a name under which it can be allowed or denied.

mod contradiction;
mod duplicate;
mod unused;

use avouch_diagnostics::{Diagnostic, FileId, Span};
use rustc_hash::FxHashSet;

use crate::ast::Expr;
use crate::collect::Collector;
use crate::load::Loaded;
use crate::problems::{Phase, Problems};
use crate::rule::ResolvedRule;

/// Runs all of them.
pub(crate) fn run(collector: &Collector, loaded: &Loaded, problems: &mut Problems) {
    unused::run(collector, loaded, problems);
    duplicate::run(loaded, problems);
    // A macro is used by many rules; it is looked at once, and each place is reported once.
    let mut seen: FxHashSet<(&'static str, Span)> = FxHashSet::default();
    let mut visited = Visited::default();
    for rule in &loaded.rules {
        let mut found = Vec::new();
        contradiction::check(&rule.condition, &mut visited, &mut found);
        for (d, place) in found {
            if seen.insert((d.code, place)) {
                report(d, place, rule, problems);
            }
        }
    }
}

fn report(mut d: Diagnostic, place: Span, rule: &ResolvedRule, problems: &mut Problems) {
    let inside = place.file == rule.span.file && rule.span.start <= place.start && place.end <= rule.span.end;
    if !inside {
        d = d.context(rule.name_span, "used by this rule");
    }
    problems.add(rule.name_span.file, Phase::Lints, d.item("rule", rule.name.clone()));
}

/// Macro bodies that were looked at.
#[derive(Default)]
struct Visited(FxHashSet<*const Expr>);

impl Visited {
    /// Whether this body is new.
    fn first(&mut self, body: &Expr) -> bool {
        self.0.insert(std::ptr::from_ref(body))
    }
}

/// File of the last change of an item, for the order of problems.
fn file_of(span: Span) -> FileId {
    span.file
}
