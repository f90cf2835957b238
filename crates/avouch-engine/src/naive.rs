//! The meaning of conditions, straight from the language's definition: no sharing, no index, no cache. `explain` uses it,
//! and the compiled program must agree with it.

use std::sync::Arc;

use avouch_event::{Arena, FieldReader, IpNet, Shape, Value};
use avouch_rules::ast::{Modifier, Op};
use rustc_hash::FxHashMap;

use crate::constant::{Const, Kind};
use crate::operand::{Operand, Special};
use crate::pattern::{Glob, PathSet, Regex};
use crate::typed::{Typed, TypedCheck, TypedRhs};

/// Results of macro bodies on one event. Macros that use each other several times stand for far more text than anyone could
/// walk, but for few bodies.
pub(crate) type Memo = FxHashMap<*const Typed, bool>;

/// Whether a condition holds.
#[cfg(test)]
pub(crate) fn holds<R: FieldReader>(typed: &Typed, reader: &R, arena: &Arena) -> bool {
    holds_with(typed, reader, arena, &mut Memo::default())
}

/// Whether a condition holds, with what is already known about macros for this event.
pub(crate) fn holds_with<R: FieldReader>(typed: &Typed, reader: &R, arena: &Arena, memo: &mut Memo) -> bool {
    match typed {
        Typed::And(parts, _) => parts.iter().all(|p| holds_with(p, reader, arena, memo)),
        Typed::Or(parts, _) => parts.iter().any(|p| holds_with(p, reader, arena, memo)),
        Typed::Not(inner, _) => !holds_with(inner, reader, arena, memo),
        Typed::Macro { body, .. } => {
            let key = Arc::as_ptr(body);
            if let Some(known) = memo.get(&key) {
                return *known;
            }
            let result = holds_with(body, reader, arena, memo);
            memo.insert(key, result);
            result
        }
        Typed::Check(check) => check_holds(check, reader, arena) == Some(true),
    }
}

/// Whether a comparison holds; `None` when its left side is absent (which counts as false).
pub(crate) fn check_holds<R: FieldReader>(check: &TypedCheck, reader: &R, arena: &Arena) -> Option<bool> {
    let left = present(check.lhs.read(reader, arena))?;
    Some(match &check.rhs {
        TypedRhs::Operand(operand) => match present(operand.read(reader, arena)) {
            Some(right) => {
                let all = matches!((check.lhs.shape, check.op), (Shape::List, Op::In) | (Shape::Endpoints, Op::Ne));
                let signed = matches!(Kind::of(check.lhs.ty), Kind::Int { signed: true, .. });
                pair_holds(check.op, all, signed, left, right)
            }
            None => false,
        },
        TypedRhs::Consts(values) => consts_hold(check, left, values),
    })
}

/// Whether a comparison with constants holds for a value that is there.
pub(crate) fn consts_hold(check: &TypedCheck, left: Value<'_>, values: &[Const]) -> bool {
    match (check.modifier, check.op) {
        (_, Op::Exists) => true,
        (Some(m), op) => {
            let count = values.iter().filter(|v| quantified(op, &check.lhs, left, std::slice::from_ref(v))).count();
            match m {
                Modifier::OneOf => count == 1,
                Modifier::AnyOf => count > 0,
                Modifier::AllOf => count == values.len() && !values.is_empty(),
            }
        }
        (None, op) => quantified(op, &check.lhs, left, values),
    }
}

/// An empty list is absent.
pub(crate) fn present(value: Option<Value<'_>>) -> Option<Value<'_>> {
    value.filter(|v| !matches!(v, Value::List([])))
}

/// Applies `op` to one or several left values, by the shape of the field.
fn quantified(op: Op, lhs: &Operand, left: Value<'_>, values: &[Const]) -> bool {
    let test = |v: &Value<'_>| {
        if lhs.special == Special::Around {
            return compare(Op::Le, lhs, *v, values);
        }
        compare(op, lhs, *v, values)
    };
    let single = [left];
    let items: &[Value<'_>] = match left {
        Value::List(items) => items,
        _ => &single,
    };
    match (lhs.shape, op) {
        (Shape::List, Op::In) | (Shape::Endpoints, Op::Ne) => items.iter().all(test),
        _ => items.iter().any(test),
    }
}

/// `value op constants` for one value; with several constants, for one of them.
fn compare(op: Op, lhs: &Operand, value: Value<'_>, constants: &[Const]) -> bool {
    if op == Op::PMatch {
        let Value::Str(text) = value else { return false };
        return constants
            .iter()
            .any(|c| matches!(c, Const::Text(path) if PathSet::new([&**path].into_iter()).matches(text)));
    }
    constants.iter().any(|c| one(op, lhs, value, c))
}

fn one(op: Op, lhs: &Operand, value: Value<'_>, constant: &Const) -> bool {
    match (value, constant) {
        (Value::Str(v) | Value::Bytes(v), Const::Text(c)) => text(op, v, c),
        (Value::Int(_) | Value::Uint(_), Const::Num(c)) => {
            let signed = matches!(Kind::of(lhs.ty), Kind::Int { signed: true, .. });
            let v = bits(value);
            if signed { order(op, v.cast_signed(), c.cast_signed()) } else { order(op, v, *c) }
        }
        (Value::Bool(v), Const::Bool(c)) => order(op, v, *c),
        (Value::Double(v), Const::Double(c)) => order(op, v, f64::from(*c)),
        (Value::Ip(v), Const::Ip(c)) => order(op, v, *c),
        (Value::Ip(v), Const::Net(addr, prefix)) => {
            let inside = IpNet::new(*addr, *prefix).is_some_and(|n| n.contains(v));
            if op == Op::Ne { !inside } else { inside }
        }
        // A reader that gives another type than it declared: never equal.
        _ => op == Op::Ne,
    }
}

/// The 64 bits of a number, sign-extended.
pub(crate) fn bits(value: Value<'_>) -> u64 {
    match value {
        Value::Int(v) => v.cast_unsigned(),
        Value::Uint(v) => v,
        _ => 0,
    }
}

/// `a op b`.
pub(crate) fn order<T: PartialOrd>(op: Op, a: T, b: T) -> bool {
    match op {
        Op::Eq | Op::In | Op::Intersects => a == b,
        Op::Ne => a != b,
        Op::Lt => a < b,
        Op::Le => a <= b,
        Op::Gt => a > b,
        Op::Ge => a >= b,
        _ => false,
    }
}

fn text(op: Op, v: &[u8], c: &[u8]) -> bool {
    match op {
        Op::Contains | Op::BContains => contains(v, c),
        Op::IContains => contains(&v.to_ascii_lowercase(), &c.to_ascii_lowercase()),
        Op::StartsWith | Op::BStartsWith => v.starts_with(c),
        Op::EndsWith => v.ends_with(c),
        Op::Glob => Glob::new(c, false).matches(v),
        Op::IGlob => Glob::new(c, true).matches(v),
        Op::Regex => std::str::from_utf8(c).ok().and_then(|p| Regex::new(p).ok()).is_some_and(|r| r.matches(v)),
        op => order(op, v, c),
    }
}

fn contains(v: &[u8], c: &[u8]) -> bool {
    c.is_empty() || v.windows(c.len()).any(|w| w == c)
}

/// `left op right` with both sides read from the event; for all left values or for one of them.
pub(crate) fn pair_holds(op: Op, all: bool, signed: bool, left: Value<'_>, right: Value<'_>) -> bool {
    let one_left = [left];
    let lefts: &[Value<'_>] = if let Value::List(items) = left { items } else { &one_left };
    let one_right = [right];
    let rights: &[Value<'_>] = if let Value::List(items) = right { items } else { &one_right };
    let test = |a: &Value<'_>| rights.iter().any(|b| pair(op, signed, *a, *b));
    if all { lefts.iter().all(test) } else { lefts.iter().any(test) }
}

fn pair(op: Op, signed: bool, a: Value<'_>, b: Value<'_>) -> bool {
    match (a, b) {
        (Value::Str(a) | Value::Bytes(a), Value::Str(b) | Value::Bytes(b)) => text(op, a, b),
        (Value::Int(_) | Value::Uint(_), Value::Int(_) | Value::Uint(_)) if signed => {
            order(op, bits(a).cast_signed(), bits(b).cast_signed())
        }
        (Value::Int(_) | Value::Uint(_), Value::Int(_) | Value::Uint(_)) => order(op, bits(a), bits(b)),
        (Value::Bool(a), Value::Bool(b)) => order(op, a, b),
        (Value::Double(a), Value::Double(b)) => order(op, a, b),
        (Value::Ip(a), Value::Ip(b)) => order(op, a, b),
        _ => op == Op::Ne,
    }
}
