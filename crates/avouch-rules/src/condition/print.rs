//! Conditions as text, in the one canonical form: blanks around operators, parentheses around every `and` and `or`,
//! quotes only where they are needed. Parsing the text gives the same tree.

use super::lex;
use crate::ast::{Check, Expr, Field, Literal, Operand, Rhs, Transformer, TransformerArg};

/// The condition as text. Macros print as their own condition where they are resolved and `expand` is set, else by name.
#[must_use]
pub fn print_condition(expr: &Expr, expand: bool) -> String {
    let mut out = String::new();
    expression(&mut out, expr, expand);
    out
}

fn expression(out: &mut String, expr: &Expr, expand: bool) {
    let mut joined = |all: &[Expr], word: &str| {
        out.push('(');
        for (i, e) in all.iter().enumerate() {
            if i > 0 {
                out.push_str(word);
            }
            expression(out, e, expand);
        }
        out.push(')');
    };
    match expr {
        Expr::And(all, _) => joined(all, " and "),
        Expr::Or(all, _) => joined(all, " or "),
        Expr::Not(inner, _) => {
            out.push_str("not ");
            expression(out, inner, expand);
        }
        Expr::Macro(m) => match &m.body {
            Some(body) if expand => expression(out, body, expand),
            _ => out.push_str(&m.name),
        },
        Expr::Check(c) => check(out, c),
    }
}

fn check(out: &mut String, c: &Check) {
    operand(out, &c.lhs);
    out.push(' ');
    out.push_str(c.op.text());
    if let Some(m) = c.modifier {
        out.push(' ');
        out.push_str(m.text());
    }
    if c.rhs != Rhs::None {
        out.push(' ');
    }
    match &c.rhs {
        Rhs::None => {}
        Rhs::Literal(l) => literal(out, l),
        Rhs::Operand(o) => operand(out, o),
        Rhs::List(all, _) => {
            out.push('(');
            for (i, l) in all.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                literal(out, l);
            }
            out.push(')');
        }
    }
}

pub(super) fn operand(out: &mut String, o: &Operand) {
    match o {
        Operand::Field(f) => field(out, f),
        Operand::Transformer(t) => transformer(out, t),
    }
}

fn field(out: &mut String, f: &Field) {
    out.push_str(&f.name);
    argument(out, f.arg.as_deref());
}

fn argument(out: &mut String, arg: Option<&str>) {
    let Some(arg) = arg else { return };
    out.push('[');
    if lex::is_bare_arg(arg) {
        out.push_str(arg);
    } else {
        quoted(out, arg.as_bytes());
    }
    out.push(']');
}

fn transformer(out: &mut String, t: &Transformer) {
    out.push_str(&t.name);
    out.push('(');
    transformer_args(out, &t.args);
    out.push(')');
    argument(out, t.arg.as_deref());
}

fn transformer_args(out: &mut String, args: &[TransformerArg]) {
    for (i, arg) in args.iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        match arg {
            TransformerArg::Operand(o) => operand(out, o),
            TransformerArg::Literal(l) if !l.quoted => out.push_str(&l.text),
            TransformerArg::Literal(l) => quoted(out, l.as_bytes()),
            TransformerArg::List(all, _) => {
                out.push('(');
                transformer_args(out, all);
                out.push(')');
            }
        }
    }
}

fn literal(out: &mut String, l: &Literal) {
    if l.bytes.is_none() && lex::is_bare(&l.text) {
        out.push_str(&l.text);
    } else {
        quoted(out, l.as_bytes());
    }
}

fn quoted(out: &mut String, bytes: &[u8]) {
    out.push('"');
    let mut rest = bytes;
    while !rest.is_empty() {
        let (text, bad) = match std::str::from_utf8(rest) {
            Ok(text) => (text, 0),
            Err(e) => (
                rest.get(..e.valid_up_to()).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or_default(),
                e.error_len().unwrap_or(rest.len() - e.valid_up_to()),
            ),
        };
        let ends_here = bad == 0;
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '"' => out.push_str("\\\""),
                // A backslash before the closing quote would hide it.
                '\\' if ends_here && chars.peek().is_none() => out.push_str("\\x5c"),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '\u{8}' => out.push_str("\\b"),
                '\u{c}' => out.push_str("\\f"),
                c if c.is_ascii_control() => escape(out, c as u8),
                c => out.push(c),
            }
        }
        let (bad_bytes, after) = rest.get(text.len()..).unwrap_or_default().split_at_checked(bad).unwrap_or_default();
        for b in bad_bytes {
            escape(out, *b);
        }
        rest = after;
    }
    out.push('"');
}

fn escape(out: &mut String, b: u8) {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    out.push_str("\\x");
    out.extend([b >> 4, b & 15].iter().filter_map(|n| DIGITS.get(usize::from(*n))));
}
