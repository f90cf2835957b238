//! From syntax trees to typed conditions, against the fields of one source.

mod check;
mod operand;

pub(crate) use operand::Place;

use std::sync::Arc;

use avouch_diagnostics::{Diagnostic, Span};
use avouch_event::FieldCatalog;
use avouch_rules::ast::{Expr, MacroUse};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::codes;
use crate::typed::Typed;

/// How deep a condition may be nested once macros are put in. Everything that walks conditions recurses that deep.
const DEPTH: usize = 400;
/// How many parts a condition may have where it is walked in full, shared macros counted once.
const PARTS: usize = 200_000;

/// Types conditions of one source. Bodies of macros are typed once, however often they are used.
pub(crate) struct Typer<'a> {
    pub(crate) source: &'a str,
    pub(crate) catalog: &'a dyn FieldCatalog,
    pub(crate) async_names: &'a [String],
    macros: FxHashMap<*const Expr, Body>,
    /// First words of field names (`proc`), to tell quickly that a text is no field.
    classes: FxHashSet<&'a str>,
    problems: Problems,
    parts: usize,
}

/// A typed macro body, with what is to say about it wherever it is used.
struct Body {
    typed: Option<Arc<Typed>>,
    problems: Vec<Diagnostic>,
    depth: usize,
}

/// Problems without repeats: one macro used twice must not say everything twice.
#[derive(Default)]
struct Problems {
    list: Vec<Diagnostic>,
    seen: FxHashSet<(&'static str, Option<Span>, String)>,
}

impl Problems {
    fn push(&mut self, d: Diagnostic) {
        if self.seen.insert((d.code, d.primary().map(|l| l.span), d.title.clone())) {
            self.list.push(d);
        }
    }
}

/// Macro uses that a diagnostic shows at most.
const SHOWN_USES: usize = 4;

impl<'a> Typer<'a> {
    pub(crate) fn new(source: &'a str, catalog: &'a dyn FieldCatalog, async_names: &'a [String]) -> Self {
        let classes = catalog.fields().iter().filter_map(|f| f.name.split('.').next()).collect();
        Self {
            source,
            catalog,
            async_names,
            macros: FxHashMap::default(),
            classes,
            problems: Problems::default(),
            parts: 0,
        }
    }

    /// Types a condition; `None` when a problem is an error.
    pub(crate) fn condition(&mut self, expr: &Expr) -> (Option<Arc<Typed>>, Vec<Diagnostic>) {
        self.parts = 0;
        let typed = self.expr(expr, 0).map(|(t, _)| t);
        (typed, std::mem::take(&mut self.problems).list)
    }

    /// Gives the typed tree and its depth. Goes on after an error, to report all of them.
    fn expr(&mut self, expr: &Expr, depth: usize) -> Option<(Arc<Typed>, usize)> {
        self.parts += 1;
        if depth > DEPTH || self.parts > PARTS {
            self.too_deep(expr);
            return None;
        }
        match expr {
            Expr::And(parts, span) | Expr::Or(parts, span) => {
                let (mut typed, mut deepest, mut bad) = (Vec::with_capacity(parts.len()), 0, false);
                for part in parts {
                    match self.expr(part, depth + 1) {
                        Some((t, d)) => {
                            typed.push(t);
                            deepest = deepest.max(d);
                        }
                        None => bad = true,
                    }
                }
                let node =
                    if matches!(expr, Expr::And(..)) { Typed::And(typed, *span) } else { Typed::Or(typed, *span) };
                (!bad).then(|| (Arc::new(node), deepest + 1))
            }
            Expr::Not(inner, span) => {
                let (inner, d) = self.expr(inner, depth + 1)?;
                Some((Arc::new(Typed::Not(inner, *span)), d + 1))
            }
            Expr::Macro(m) => self.macro_use(m, expr, depth),
            Expr::Check(check) => self.check(check).map(|c| (Arc::new(Typed::Check(c)), 1)),
        }
    }

    fn macro_use(&mut self, m: &MacroUse, expr: &Expr, depth: usize) -> Option<(Arc<Typed>, usize)> {
        let Some(body) = &m.body else {
            self.problems.push(
                codes::UNKNOWN_FIELD
                    .at_fault(format!("undefined macro `{}`", m.name))
                    .at(m.span, "no such macro")
                    .falco("LOAD_ERR_VALIDATE"),
            );
            return None;
        };
        let key = Arc::as_ptr(body);
        if !self.macros.contains_key(&key) {
            let outer = std::mem::take(&mut self.problems);
            let typed = self.expr(body, depth + 1);
            let problems = std::mem::replace(&mut self.problems, outer).list;
            let too_deep = problems.iter().any(|p| p.code == codes::TOO_DEEP.id);
            let deepest = typed.as_ref().map_or(0, |(_, d)| *d);
            let entry = Body { typed: typed.map(|(t, _)| t), problems, depth: deepest };
            if too_deep {
                // Depends on where it is used: not to be remembered.
                for p in entry.problems {
                    self.problems.push(p);
                }
                return None;
            }
            self.macros.insert(key, entry);
        }
        let entry = self.macros.get(&key)?;
        for p in &entry.problems {
            let shown = p.labels.iter().filter(|l| !l.primary).count() < SHOWN_USES;
            let p = p.clone();
            let p = if shown { p.context(m.span, format!("through macro `{}`", m.name)) } else { p };
            self.problems.push(p);
        }
        let typed = entry.typed.clone()?;
        let below = entry.depth;
        if depth + below + 1 > DEPTH {
            self.too_deep(expr);
            return None;
        }
        Some((Arc::new(Typed::Macro { name: m.name.clone(), span: m.span, body: typed }), below + 1))
    }

    fn too_deep(&mut self, expr: &Expr) {
        self.problems.push(
            codes::TOO_DEEP
                .at_fault(format!("the condition is nested deeper than {DEPTH} levels or too large"))
                .at(expr.span(), ""),
        );
    }
}
