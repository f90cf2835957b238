//! Typing of comparisons: operator, type and constants, and what looks like a mistake.

use avouch_diagnostics::{Diagnostic, near_names};
use avouch_event::{FieldType, Shape};
use avouch_rules::ast::{Check, Literal, Op, Rhs};

use super::Typer;
use super::operand::Place;
use crate::codes;
use crate::constant::{self, Const, Kind};
use crate::event_types;
use crate::operand::{Operand, Source, Special};
use crate::pattern::{Regex, simpler};
use crate::transform::Func;
use crate::typed::{TypedCheck, TypedRhs};

/// Components a `pmatch` path may have.
const PATH_PARTS: usize = 512;

impl Typer<'_> {
    pub(super) fn check(&mut self, check: &Check) -> Option<TypedCheck> {
        let lhs = self.operand(&check.lhs, Place::Left);
        // Both sides are looked at, to report the problems of both.
        let right = match &check.rhs {
            Rhs::Operand(operand) => Some(self.operand(operand, Place::Right)?),
            _ => None,
        };
        let lhs = lhs?;
        if !self.operator_fits(check, &lhs) {
            return None;
        }
        let (rhs, right_text) = match (&check.rhs, right) {
            (_, Some(operand)) => {
                self.rhs_fits(check, &lhs, &operand)?;
                let text = operand.text.to_string();
                (TypedRhs::Operand(operand), text)
            }
            (Rhs::None, _) => (TypedRhs::Consts([].into()), String::new()),
            (Rhs::Literal(literal), _) => {
                let value = self.literal(check, &lhs, literal)?;
                let text = if takes_list(check.op) { format!("({})", quoted(literal)) } else { quoted(literal) };
                (TypedRhs::Consts([value].into()), text)
            }
            (Rhs::List(literals, _), _) => {
                // Every bad value is reported.
                let values: Vec<Option<Const>> = literals.iter().map(|l| self.literal(check, &lhs, l)).collect();
                let values: Option<Vec<Const>> = values.into_iter().collect();
                let texts: Vec<String> = literals.iter().map(quoted).collect();
                (TypedRhs::Consts(values?.into()), format!("({})", texts.join(", ")))
            }
            (Rhs::Operand(_), None) => return None,
        };
        self.lint_check(check, &lhs, &rhs);
        let mut text = format!("{} {}", lhs.text, check.op.text());
        if let Some(m) = check.modifier {
            text = format!("{text} {}", m.text());
        }
        if !right_text.is_empty() {
            text = format!("{text} {right_text}");
        }
        Some(TypedCheck { lhs, op: check.op, modifier: check.modifier, rhs, span: check.span, text: text.into() })
    }

    fn operator_fits(&mut self, check: &Check, lhs: &Operand) -> bool {
        if operator_allowed(check.op, lhs) {
            return true;
        }
        let mut d = codes::OPERATOR_TYPE
            .at_fault(format!(
                "operator `{}` does not apply to `{}`, which is {}",
                check.op.text(),
                lhs.text,
                what(lhs)
            ))
            .at(check.op_span, "");
        if lhs.shape == Shape::List {
            d = d.help("lists take `in`, `intersects` and `exists`");
        } else if matches!(check.op, Op::BContains | Op::BStartsWith) {
            d = d.help("`bcontains` and `bstartswith` are for bytes; text takes `contains` and `startswith`");
        }
        self.problems.push(d);
        false
    }

    fn rhs_fits(&mut self, check: &Check, lhs: &Operand, rhs: &Operand) -> Option<()> {
        let span = check.rhs_span();
        if matches!(check.op, Op::PMatch | Op::Regex) || Kind::of(lhs.ty) == Kind::Net || lhs.special == Special::Around
        {
            let title = format!("`{} {}` takes no field on the right", lhs.text, check.op.text());
            self.problems.push(codes::FIELD_PLACE.at_fault(title).at(span, ""));
            return None;
        }
        let lists = (lhs.shape == Shape::List) == (rhs.shape == Shape::List);
        let alike = |t: FieldType| if t == FieldType::Fspath { FieldType::Charbuf } else { t };
        if alike(lhs.ty) != alike(rhs.ty) || !lists {
            let title = format!(
                "`{}` is {} and cannot be compared with `{}`, which is {}",
                lhs.text,
                what(lhs),
                rhs.text,
                what(rhs)
            );
            self.problems.push(codes::TYPE_MISMATCH.at_fault(title).at(span, ""));
            return None;
        }
        Some(())
    }

    fn literal(&mut self, check: &Check, lhs: &Operand, literal: &Literal) -> Option<Const> {
        let parsed = match check.op {
            Op::BContains | Op::BStartsWith => constant::parse_hex(&literal.text),
            // Text that is not UTF-8 compares byte by byte; patterns take it with replacement characters.
            _ if literal.bytes.is_some()
                && check.op != Op::Regex
                && matches!(Kind::of(lhs.ty), Kind::Text | Kind::Bytes) =>
            {
                Ok(Const::Text(literal.as_bytes().into()))
            }
            _ => constant::parse(lhs.ty, &literal.text),
        };
        let value = match parsed {
            Ok(value) => value,
            Err(wanted) => {
                let title = format!("`{}` is not a value for `{}`, which is {}", literal.text, lhs.text, what(lhs));
                self.problems.push(codes::BAD_VALUE.at_fault(title).at(literal.span, wanted));
                return None;
            }
        };
        match check.op {
            Op::Regex => {
                if let Err(why) = Regex::new(&literal.text) {
                    let d = codes::BAD_REGEX.at_fault("the regular expression does not compile").at(literal.span, why);
                    self.problems.push(d);
                    return None;
                }
                if let Some((op, text)) = simpler(&literal.text) {
                    let d = codes::NEEDLESS_REGEX
                        .at_fault(format!("`regex` does here what `{op}` does faster"))
                        .at(literal.span, "")
                        .help(format!("write `{} {op} {text}`", lhs.text));
                    self.problems.push(d);
                }
            }
            Op::PMatch if literal.text.split('/').count() > PATH_PARTS => {
                let d = codes::BAD_VALUE.at_fault(format!("a path of more than {PATH_PARTS} parts"));
                self.problems.push(d.at(literal.span, ""));
                return None;
            }
            _ => {}
        }
        if lhs.special == Special::EventType {
            self.event_name(check, literal)?;
        }
        self.lint_literal(check, lhs, literal);
        Some(value)
    }

    fn event_name(&mut self, check: &Check, literal: &Literal) -> Option<()> {
        let name = &*literal.text;
        if event_types::is_known(name) || self.async_names.iter().any(|n| n == name) {
            return Some(());
        }
        if !matches!(check.op, Op::Eq | Op::Ne | Op::In | Op::Intersects) {
            let d = codes::FALCO_WOULD_NOT
                .at_fault(format!(
                    "Falco refuses `evt.type {} {name}`, as no event has this whole name",
                    check.op.text()
                ))
                .at(literal.span, "");
            self.problems.push(d);
            return Some(());
        }
        let mut d = codes::UNKNOWN_EVENT_TYPE
            .at_fault(format!("unknown event type `{name}`"))
            .at(literal.span, "neither an event nor a system call")
            .falco_message(format!("unknown event type {name}"));
        for near in near_names(name, event_types::all_names(), 2) {
            d = d.help(format!("an event with a similar name exists: `{near}`"));
        }
        self.problems.push(d);
        None
    }

    fn lint_literal(&mut self, check: &Check, lhs: &Operand, literal: &Literal) {
        let text = &*literal.text;
        if Kind::of(lhs.ty) == Kind::Text && self.looks_like_field(text) {
            let kind = if text.contains('(') { "transformer" } else { "field" };
            let falco = if kind == "field" { "field" } else { "field transformer" };
            let d = codes::FIELD_LIKE_VALUE
                .at_fault(format!("`{text}` is compared as text, but is the name of a {kind}"))
                .at(literal.span, "plain text")
                .help(format!("write `{}` to compare with its value", as_operand(text)))
                .falco_message(format!("'{text}' may be a valid {falco} misused as a const string value"));
            self.problems.push(d);
        }
        let json = lhs.text.starts_with("ka.") || lhs.text.starts_with("jevt.");
        let compares = matches!(check.op, Op::Eq | Op::Ne | Op::In | Op::Intersects | Op::PMatch);
        if json && compares && text == "<NA>" {
            let d = codes::UNSAFE_ABSENT_CHECK
                .at_fault(format!("`{}` is never the text `<NA>`: an absent field compares as false", lhs.text))
                .at(literal.span, "")
                .help(format!("write `{} exists` or `not {} exists`", lhs.text, lhs.text));
            self.problems.push(d);
        }
    }

    fn lint_check(&mut self, check: &Check, lhs: &Operand, rhs: &TypedRhs) {
        let would_not = |text: String, help: &str| -> Diagnostic {
            codes::FALCO_WOULD_NOT.at_fault(text).at(check.span, "").help(help)
        };
        let several = match rhs {
            TypedRhs::Consts(values) => values.len(),
            TypedRhs::Operand(_) => 0,
        };
        if matches!(check.op, Op::In | Op::Intersects) && several > 0 {
            let never = match lhs.shape {
                Shape::Ancestors => matches!(Kind::of(lhs.ty), Kind::Int { .. }),
                Shape::Endpoints => Kind::of(lhs.ty) == Kind::Ip,
                _ => self.dynamic(lhs) && matches!(Kind::of(lhs.ty), Kind::Int { .. }),
            };
            if never {
                let title = format!("Falco never matches `{} {} (...)`; avouch does", lhs.text, check.op.text());
                self.problems.push(would_not(title, "write several `=` joined by `or` to match in both"));
            } else if lhs.shape == Shape::Endpoints && Kind::of(lhs.ty) == Kind::Net && several > 1 {
                let title =
                    format!("Falco looks only at the first network of `{} {} (...)`", lhs.text, check.op.text());
                self.problems.push(would_not(title, "write several `=` joined by `or` to match in both"));
            }
        }
        let mut sides = vec![lhs];
        if let TypedRhs::Operand(right) = rhs {
            sides.push(right);
        }
        let computed = sides.len() > 1 || !matches!(lhs.source, Source::Field(_));
        let names_type = |side: &&Operand| {
            let mut found = false;
            side.fields(&mut |_, f| found |= matches!(f.special, Special::EventType | Special::SyscallType));
            found
        };
        if computed && let Some(side) = sides.into_iter().find(names_type) {
            let title = format!("Falco refuses rules that compare `{}` with anything but constants", side.text);
            self.problems.push(would_not(title, "compare `evt.type` itself with names"));
        }
        if check.op == Op::Ne && lhs.shape == Shape::Ancestors {
            let d = codes::SOME_DIFFERS
                .at_fault(format!("`{} !=` holds when some ancestor differs, which is nearly always", lhs.text))
                .at(check.span, "")
                .help(format!("write `not {} = ...` for: no ancestor is", lhs.text));
            self.problems.push(d);
        }
    }

    fn dynamic(&self, operand: &Operand) -> bool {
        match &operand.source {
            Source::Field(f) => self.catalog.decl(f.id).ty == FieldType::Dyn,
            _ => false,
        }
    }

    /// Whether a plain text is the name of a field of this source, or a call of a transformer.
    fn looks_like_field(&self, text: &str) -> bool {
        if let Some((name, rest)) = text.split_once('(') {
            return Func::parse(name).is_some()
                && rest.strip_suffix(')').is_some_and(|inner| {
                    let first = inner.split(',').next().unwrap_or(inner).trim();
                    self.looks_like_field(first)
                });
        }
        let (name, arg) = match text.split_once('[') {
            Some((name, rest)) => match rest.strip_suffix(']') {
                Some(arg) => (name, Some(arg)),
                None => return false,
            },
            None => (text, None),
        };
        let Some((class, _)) = name.split_once('.') else { return false };
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        self.classes.contains(class) && name.chars().all(plain) && self.catalog.resolve(name, arg).is_ok()
    }
}

/// How the text is written as an operand on the right.
fn as_operand(text: &str) -> String {
    if text.contains('(') { text.to_owned() } else { format!("val({text})") }
}

fn takes_list(op: Op) -> bool {
    matches!(op, Op::In | Op::Intersects | Op::PMatch)
}

/// Whether the language has this operator for fields of this type and shape.
fn operator_allowed(op: Op, lhs: &Operand) -> bool {
    if op == Op::Exists {
        return true;
    }
    if lhs.shape == Shape::List {
        return matches!(op, Op::In | Op::Intersects);
    }
    if lhs.special == Special::Around {
        return op == Op::Eq;
    }
    let set = matches!(op, Op::Eq | Op::Ne | Op::In | Op::Intersects);
    let order = matches!(op, Op::Lt | Op::Le | Op::Gt | Op::Ge);
    match Kind::of(lhs.ty) {
        Kind::Text => !matches!(op, Op::BContains | Op::BStartsWith),
        Kind::Bytes => {
            set || matches!(op, Op::Contains | Op::StartsWith | Op::EndsWith | Op::BContains | Op::BStartsWith)
        }
        Kind::Int { .. } | Kind::Double => set || order,
        Kind::Bool | Kind::Ip | Kind::Net => set,
        Kind::Opaque => false,
    }
}

/// The type in words.
fn what(operand: &Operand) -> &'static str {
    if operand.shape == Shape::List {
        return "a list";
    }
    match Kind::of(operand.ty) {
        Kind::Text => "text",
        Kind::Bytes => "bytes",
        Kind::Bool => "a boolean",
        Kind::Int { .. } if operand.ty == FieldType::Port => "a port",
        Kind::Int { .. } => "a number",
        Kind::Double => "a number",
        Kind::Ip => "an address",
        Kind::Net => "a network",
        Kind::Opaque => "of a type that only `exists` applies to",
    }
}

/// The text as a rule would write it.
fn quoted(literal: &Literal) -> String {
    let bare = !literal.text.is_empty() && !literal.text.chars().any(|c| c.is_whitespace() || "()\"'=,".contains(c));
    if bare { literal.text.to_string() } else { format!("{:?}", literal.text) }
}

trait RhsSpan {
    fn rhs_span(&self) -> avouch_diagnostics::Span;
}

impl RhsSpan for Check {
    fn rhs_span(&self) -> avouch_diagnostics::Span {
        match &self.rhs {
            Rhs::None => self.op_span,
            Rhs::Literal(l) => l.span,
            Rhs::List(_, span) => *span,
            Rhs::Operand(o) => o.span(),
        }
    }
}
