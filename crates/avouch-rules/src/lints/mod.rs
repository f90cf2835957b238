//! Warnings that need no knowledge of fields. Each has a name under which it can be allowed or denied.

mod duplicate;
mod na;
mod never_true;
mod regex;
mod unused;

use avouch_diagnostics::{Diagnostic, FileId, Span};
use rustc_hash::FxHashSet;

use crate::ast::{Check, Expr, Field, Operand, TransformerArg};
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
    let mut visited_ands = Visited::default();
    for rule in &loaded.rules {
        let mut found = Vec::new();
        visit(&rule.condition, &mut visited, &mut |c| {
            na::check(c, &mut found);
            regex::check(c, &mut found);
        });
        never_true::check(&rule.condition, &mut visited_ands, &mut found);
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

/// Calls `f` with every comparison, those of each macro once.
fn visit<'e>(expr: &'e Expr, visited: &mut Visited, f: &mut impl FnMut(&'e Check)) {
    match expr {
        Expr::And(all, _) | Expr::Or(all, _) => all.iter().for_each(|e| visit(e, visited, f)),
        Expr::Not(inner, _) => visit(inner, visited, f),
        Expr::Macro(m) => {
            if let Some(body) = m.body.as_deref().filter(|b| visited.first(b)) {
                visit(body, visited, f);
            }
        }
        Expr::Check(c) => f(c),
    }
}

/// The first field of an operand.
fn field_of(operand: &Operand) -> Option<&Field> {
    match operand {
        Operand::Field(f) => Some(f),
        Operand::Transformer(t) => t.args.iter().find_map(|a| match a {
            TransformerArg::Operand(o) => field_of(o),
            _ => None,
        }),
    }
}

/// File of the last change of an item, for the order of problems.
fn file_of(span: Span) -> FileId {
    span.file
}
