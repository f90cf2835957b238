//! Parts of a condition that exclude each other.
//!
//! Only what the text shows: a field that must equal two different values, and a part that stands beside its own negation.
//! `evt.num = 0`, the customary way to switch a rule off, is left alone.

use avouch_diagnostics::{Diagnostic, Span};

use super::Visited;
use crate::ast::{Check, Expr, Field, Literal, Op, Operand, Rhs};
use crate::codes;
use crate::condition::print_condition;

/// Comparisons of one `and` that are held against each other.
const MOST: usize = 256;

/// Fields that have several values at once, so that two of them may be asked for.
fn has_many_values(field: &Field) -> bool {
    let ancestors = ["proc.aname", "proc.aexe", "proc.aexepath", "proc.acmdline", "proc.apid", "proc.aenv"];
    let ends = ["fd.ip", "fd.net", "fd.port", "fd.proto"];
    (ancestors.contains(&&*field.name) && field.arg.is_none()) || ends.contains(&&*field.name)
}

pub(super) fn check(expr: &Expr, visited: &mut Visited, found: &mut Vec<(Diagnostic, Span)>) {
    match expr {
        Expr::And(all, span) => {
            let mut parts = Vec::new();
            all.iter().for_each(|e| flatten(e, &mut parts));
            one_and(&parts, *span, found);
            all.iter().for_each(|e| check(e, visited, found));
        }
        Expr::Or(all, _) => all.iter().for_each(|e| check(e, visited, found)),
        // Never true under a negation is always true; that is another matter.
        Expr::Not(..) | Expr::Check(_) => {}
        Expr::Macro(m) => {
            if let Some(body) = m.body.as_deref().filter(|b| visited.first(b)) {
                check(body, visited, found);
            }
        }
    }
}

/// The parts of a conjunction through parentheses and macros, with where the reader sees them.
fn flatten<'e>(expr: &'e Expr, out: &mut Vec<&'e Expr>) {
    if out.len() >= MOST {
        return;
    }
    match expr {
        Expr::And(all, _) => all.iter().for_each(|e| flatten(e, out)),
        Expr::Macro(m) => match m.body.as_deref() {
            Some(body @ (Expr::And(..) | Expr::Macro(_) | Expr::Check(_))) => flatten(body, out),
            _ => out.push(expr),
        },
        _ => out.push(expr),
    }
}

fn one_and(parts: &[&Expr], whole: Span, found: &mut Vec<(Diagnostic, Span)>) {
    for (i, later) in parts.iter().enumerate() {
        for earlier in parts.get(..i).unwrap_or_default() {
            if let Some((title, help)) = excluded(earlier, later) {
                let (a, b) = (earlier.span(), later.span());
                let mut d = codes::CONTRADICTION.at_fault(title).at(b, "excludes the other part");
                d = d.context(a, "the other part");
                if let Some(help) = help {
                    d = d.help(help);
                }
                let inside = |s: Span| s.file == whole.file && whole.start <= s.start && s.end <= whole.end;
                if !inside(a) || !inside(b) {
                    d = d.context(whole, "joined by this `and`");
                }
                found.push((d, b));
                return;
            }
        }
    }
}

fn excluded(a: &Expr, b: &Expr) -> Option<(String, Option<String>)> {
    match (a, b) {
        (Expr::Check(x), Expr::Check(y)) => different_values(x, y),
        (Expr::Not(inner, _), other) | (other, Expr::Not(inner, _)) if !matches!(other, Expr::Not(..)) => {
            let text = print_condition(inner, false);
            (text == print_condition(other, false))
                .then(|| (format!("condition asks for `{}` and its negation", shorten(&text)), None))
        }
        _ => None,
    }
}

fn shorten(text: &str) -> String {
    if text.chars().count() <= 60 { text.to_owned() } else { text.chars().take(57).chain("...".chars()).collect() }
}

/// The values of which the field must have one.
fn values(c: &Check) -> Option<&[Literal]> {
    match (c.op, c.modifier, &c.rhs) {
        (Op::Eq, None, Rhs::Literal(l)) => Some(std::slice::from_ref(l)),
        (Op::In, None, Rhs::List(all, _)) => Some(all),
        _ => None,
    }
}

fn different_values(a: &Check, b: &Check) -> Option<(String, Option<String>)> {
    let (Operand::Field(f), Operand::Field(g)) = (&a.lhs, &b.lhs) else { return None };
    // Where both are `in`, the field may be a list, which can hold several values.
    if f.name != g.name || f.arg != g.arg || has_many_values(f) || (a.op == Op::In && b.op == Op::In) {
        return None;
    }
    let (x, y) = (values(a)?, values(b)?);
    if x.iter().any(|v| y.iter().any(|w| v.as_bytes() == w.as_bytes())) {
        return None;
    }
    // Numbers and addresses can be written in several ways.
    let same_number = |v: &Literal, w: &Literal| v.text.parse::<f64>().is_ok_and(|n| w.text.parse() == Ok(n));
    if x.iter().any(|v| y.iter().any(|w| same_number(v, w))) {
        return None;
    }
    let all: Vec<&str> = x.iter().chain(y).map(|l| &*l.text).collect();
    let help = (all.len() <= 4).then(|| format!("to ask for one of them, write `{} in ({})`", f.name, all.join(", ")));
    Some((format!("`{}` cannot have both values", f.name), help))
}
