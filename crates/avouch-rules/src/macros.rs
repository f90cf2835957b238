//! Macros: which ones a condition may use, and their conditions put in their place.

use std::sync::Arc;

use avouch_diagnostics::{Diagnostic, near_names};

use crate::ast::{Expr, MacroUse};
use crate::codes;
use crate::collect::Collector;
use crate::condition::parse;
use crate::items::Head;
use crate::lists::Lists;
use crate::problems::{Phase, Problems};

/// Deepest tree with macros written out; upstream rules reach 14. Whoever walks a tree may recurse that deep.
const MAX_DEPTH: u32 = 256;
/// Most nodes of a tree with macros written out; upstream rules reach about 1,000.
const MAX_NODES: u64 = 1_000_000;

/// Most nodes of all rules together, macros written out.
const MAX_ALL_NODES: u64 = 50_000_000;

/// Size of a tree with macros written out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Size {
    nodes: u64,
    depth: u32,
}

/// How far a macro is.
#[derive(Debug)]
enum State {
    Parsed(Box<Expr>),
    /// Being resolved; meeting it again is a loop.
    Open,
    Done(Arc<Expr>, Size),
    /// Has a problem of its own.
    Broken,
}

/// All macros, resolved on demand.
pub(crate) struct Macros<'a> {
    collector: &'a Collector,
    states: Vec<State>,
    pub(crate) used: Vec<bool>,
    all_nodes: u64,
}

/// Who uses a macro.
struct User<'a> {
    kind: &'static str,
    head: &'a Head,
    phase: Phase,
    /// Macros with a greater index cannot be seen.
    visibility: u32,
    depth: u32,
}

impl<'a> Macros<'a> {
    /// Parses and resolves all macros.
    pub(crate) fn new(collector: &'a Collector, lists: &mut Lists, problems: &mut Problems) -> Macros<'a> {
        let count = collector.macros.all.len();
        let mut macros =
            Macros { collector, states: Vec::with_capacity(count), used: vec![false; count], all_nodes: 0 };
        for m in &collector.macros.all {
            let state = match condition(&m.condition, lists) {
                Ok(expr) => State::Parsed(Box::new(expr)),
                Err(d) => {
                    problems.add(m.head.file, Phase::Macros, (*d).item("macro", m.head.name.text.clone()));
                    State::Broken
                }
            };
            macros.states.push(state);
        }
        for (i, m) in collector.macros.all.iter().enumerate() {
            if matches!(macros.states.get(i), Some(State::Broken)) {
                macros.mark_words(m.condition.as_str());
            }
        }
        for i in 0..count {
            macros.resolve(i, 0, problems);
        }
        macros
    }

    /// The resolved condition of a macro; `None` when it is broken.
    pub(crate) fn body(&self, i: usize) -> Option<&Arc<Expr>> {
        match self.states.get(i)? {
            State::Done(body, _) => Some(body),
            _ => None,
        }
    }

    /// Notes the macros that a text names; for conditions that could not be read, so that their macros do not count as
    /// unused.
    pub(crate) fn mark_words(&mut self, text: &str) {
        for word in text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')) {
            if let Some(used) = self.collector.macros.position(word).and_then(|i| self.used.get_mut(i)) {
                *used = true;
            }
        }
    }

    fn resolve(&mut self, i: usize, depth: u32, problems: &mut Problems) {
        let Some(State::Parsed(_)) = self.states.get(i) else { return };
        let Some(State::Parsed(mut expr)) = self.states.get_mut(i).map(|s| std::mem::replace(s, State::Open)) else {
            return;
        };
        let Some(head) = self.collector.macros.all.get(i).map(|m| &m.head) else { return };
        let user = User { kind: "macro", head, phase: Phase::Macros, visibility: head.visibility, depth };
        let size = self.fill(&mut expr, &user, problems);
        let state = size.map_or(State::Broken, |size| State::Done(Arc::from(expr), size));
        if let Some(slot) = self.states.get_mut(i) {
            *slot = state;
        }
    }

    /// Resolves the condition of a rule, which sees all macros; false when it cannot be used.
    pub(crate) fn fill_rule(&mut self, expr: &mut Expr, head: &Head, problems: &mut Problems) -> bool {
        let user = User { kind: "rule", head, phase: Phase::Rules, visibility: u32::MAX, depth: 0 };
        self.fill(expr, &user, problems).is_some()
    }

    /// Puts macros in their places. All problems are reported; with one, the tree cannot be used.
    fn fill(&mut self, expr: &mut Expr, user: &User<'_>, problems: &mut Problems) -> Option<Size> {
        let mut uses = Vec::new();
        macro_uses(expr, &mut uses);
        let mut sound = true;
        for m in uses {
            sound &= self.fill_one(m, user, problems);
        }
        if !sound {
            return None;
        }
        let size = self.size(expr);
        if user.kind == "rule" {
            self.all_nodes = self.all_nodes.saturating_add(size.nodes);
        }
        if size.depth > MAX_DEPTH || size.nodes > MAX_NODES || self.all_nodes > MAX_ALL_NODES {
            let d = codes::TOO_LARGE
                .at_fault(format!("condition of {} `{}` is too large", user.kind, user.head.name.text))
                .at(expr.span(), "with macros written out");
            self.report(d, user, problems);
            return None;
        }
        Some(size)
    }

    fn report(&self, d: Diagnostic, user: &User<'_>, problems: &mut Problems) {
        problems.add(user.head.file, user.phase, d.item(user.kind, user.head.name.text.clone()));
    }

    fn fill_one(&mut self, m: &mut MacroUse, user: &User<'_>, problems: &mut Problems) -> bool {
        let position = self.collector.macros.position(&m.name);
        let other = position.and_then(|i| Some((i, &self.collector.macros.all.get(i)?.head)));
        if let Some(used) = position.and_then(|i| self.used.get_mut(i)) {
            *used = true;
        }
        let Some((i, head)) = other.filter(|(_, h)| h.index < user.visibility && h.first_file <= user.head.file) else {
            let d = self.undefined(m, other.map(|o| o.1), user);
            if let Some(d) = d {
                self.report(d, user, problems);
            }
            return false;
        };
        if user.depth > MAX_DEPTH {
            let d = codes::TOO_LARGE.at_fault(format!("macros of `{}` are nested too deeply", user.head.name.text));
            self.report(d.at(m.span, "deeper than this is not resolved"), user, problems);
            return false;
        }
        self.resolve(i, user.depth + 1, problems);
        let d = match self.states.get(i) {
            Some(State::Done(body, _)) => {
                m.body = Some(Arc::clone(body));
                return true;
            }
            Some(State::Open) => codes::MACRO_LOOP
                .at_fault(format!("macro `{}` uses itself", m.name))
                .at(m.span, if user.head.name.text == *m.name { "by itself" } else { "through other macros" })
                .context(head.name.span, "this macro"),
            _ => codes::BROKEN_PART
                .at_fault(format!(
                    "{} `{}` cannot be used, since macro `{}` has an error",
                    user.kind, user.head.name.text, m.name
                ))
                .at(m.span, "used here")
                .context(head.name.span, "has an error"),
        };
        self.report(d, user, problems);
        false
    }

    /// A macro that is not there, or not there yet. `None` when its own definition was refused.
    fn undefined(&self, m: &MacroUse, later: Option<&Head>, user: &User<'_>) -> Option<Diagnostic> {
        let falco = format!("Undefined macro '{}' used in filter.", m.name);
        let d = codes::UNDEFINED_MACRO.at_fault(format!("undefined macro `{}`", m.name)).falco_message(falco);
        let d = d.at(m.span, if later.is_some() { "not defined yet" } else { "no such macro" });
        let d = if self.outer_differs(m, user) {
            d.context(user.head.name.span, format!("used by this {}", user.kind))
        } else {
            d
        };
        if let Some(head) = later {
            let how = if head.first_file > user.head.file { "load this file before, or move" } else { "move" };
            let d = d.context(head.name.span, "defined later");
            return Some(d.help(format!("{how} macro `{}` to before {} `{}`", m.name, user.kind, user.head.name.text)));
        }
        if self.collector.is_broken("macro", &m.name) {
            let d = codes::BROKEN_PART.at_fault(format!(
                "{} `{}` cannot be used, since macro `{}` has an error",
                user.kind, user.head.name.text, m.name
            ));
            return Some(d.at(m.span, "used here"));
        }
        if self.collector.lists.get(&m.name).is_some() {
            return Some(d.help(format!("`{}` is a list; write `field in ({})`", m.name, m.name)));
        }
        let near = near_names(&m.name, self.collector.macros.names(), 1);
        Some(match near.first() {
            Some(near) => d.help(format!("a macro with a similar name exists: `{near}`")),
            None => d.help("a field has a dot in its name; a text stands after an operator"),
        })
    }

    /// Whether the name came from another place than the item itself.
    fn outer_differs(&self, m: &MacroUse, user: &User<'_>) -> bool {
        let item = user.head.span;
        m.span.file != item.file || m.span.start < item.start || m.span.end > item.end
    }

    fn size(&self, expr: &Expr) -> Size {
        match expr {
            Expr::And(all, _) | Expr::Or(all, _) => {
                let sum = all.iter().map(|e| self.size(e)).fold(Size::default(), |a, b| Size {
                    nodes: a.nodes.saturating_add(b.nodes),
                    depth: a.depth.max(b.depth),
                });
                Size { nodes: sum.nodes.saturating_add(1), depth: sum.depth + 1 }
            }
            Expr::Not(inner, _) => {
                let inner = self.size(inner);
                Size { nodes: inner.nodes.saturating_add(1), depth: inner.depth + 1 }
            }
            Expr::Macro(m) => {
                let body = self.collector.macros.position(&m.name).and_then(|i| self.states.get(i));
                match body {
                    Some(State::Done(_, s)) => Size { nodes: s.nodes.saturating_add(1), depth: s.depth + 1 },
                    _ => Size { nodes: 1, depth: 1 },
                }
            }
            Expr::Check(_) => Size { nodes: 1, depth: 1 },
        }
    }
}

/// All uses of macros, in order.
fn macro_uses<'e>(expr: &'e mut Expr, out: &mut Vec<&'e mut MacroUse>) {
    match expr {
        Expr::And(all, _) | Expr::Or(all, _) => all.iter_mut().for_each(|e| macro_uses(e, out)),
        Expr::Not(inner, _) => macro_uses(inner, out),
        Expr::Macro(m) => out.push(m),
        Expr::Check(_) => {}
    }
}

/// Replaces lists in a condition and parses it.
pub(crate) fn condition(text: &crate::text::MappedText, lists: &mut Lists) -> Result<Expr, Box<Diagnostic>> {
    let start = text.places().leaf(0..text.len());
    let text = lists.substitute(text.clone()).map_err(|_| {
        let d = codes::TOO_LARGE.at_fault("condition is too large with lists written out");
        Box::new(d.at(start, "this condition"))
    })?;
    parse(text.as_str(), text.places()).map_err(|e| {
        let d = Diagnostic::from(&e);
        // A place inside a list's definition says little without the place where the list is used.
        let at = e.offset.min(text.len().saturating_sub(1));
        let outer = text.places().outer(at..at + 1);
        let same = (outer.file, outer.start) == (e.span.file, e.span.start);
        Box::new(if same { d } else { d.context(outer, "put in here") })
    })
}
