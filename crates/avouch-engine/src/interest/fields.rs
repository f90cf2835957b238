//! Which fields a rule reads.

use std::sync::Arc;

use avouch_event::FieldRef;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::operand::Operand;
use crate::output::{Extra, Output};
use crate::program::ProgramRule;
use crate::typed::{Typed, TypedRhs};

/// A rule's fields by name, those of its output included.
pub(super) type Fields<'a> = FxHashMap<&'a str, &'a FieldRef>;

pub(super) fn of(rule: &ProgramRule) -> Fields<'_> {
    let mut fields = Fields::default();
    condition(&rule.typed, &mut FxHashSet::default(), &mut fields);
    output(&rule.output, &mut fields);
    fields
}

fn add<'a>(operand: &'a Operand, fields: &mut Fields<'a>) {
    operand.fields(&mut |field, operand| {
        fields.insert(&operand.text, field);
    });
}

fn condition<'a>(typed: &'a Typed, seen: &mut FxHashSet<*const Typed>, fields: &mut Fields<'a>) {
    match typed {
        Typed::And(parts, _) | Typed::Or(parts, _) => parts.iter().for_each(|p| condition(p, seen, fields)),
        Typed::Not(inner, _) => condition(inner, seen, fields),
        Typed::Macro { body, .. } => {
            if seen.insert(Arc::as_ptr(body)) {
                condition(body, seen, fields);
            }
        }
        Typed::Check(check) => {
            add(&check.lhs, fields);
            if let TypedRhs::Operand(right) = &check.rhs {
                add(right, fields);
            }
        }
    }
}

fn output<'a>(out: &'a Output, fields: &mut Fields<'a>) {
    out.tokens.iter().for_each(|t| add(&t.operand, fields));
    for extra in &out.extra {
        match extra {
            Extra::Value(token) => add(&token.operand, fields),
            Extra::Text { output: inner, .. } => output(inner, fields),
        }
    }
}
