//! Comparison with the text `<NA>` where an absent value is no text.

use avouch_diagnostics::{Diagnostic, Span};

use super::field_of;
use crate::ast::{Check, Op, Rhs};
use crate::codes;

pub(super) fn check(c: &Check, found: &mut Vec<(Diagnostic, Span)>) {
    if !matches!(c.op, Op::Eq | Op::Ne | Op::In | Op::Intersects | Op::PMatch) {
        return;
    }
    let Some(field) = field_of(&c.lhs).filter(|f| f.name.starts_with("ka.") || f.name.starts_with("jevt.")) else {
        return;
    };
    let values = match &c.rhs {
        Rhs::Literal(l) => std::slice::from_ref(l),
        Rhs::List(all, _) => all,
        _ => return,
    };
    let Some(na) = values.iter().find(|v| &*v.text == "<NA>") else { return };
    let help = if c.op == Op::Ne {
        format!("write `{} exists`", field.name)
    } else {
        format!("write `not {} exists`", field.name)
    };
    let d = codes::UNSAFE_NA
        .at_fault(format!("an absent `{}` is not the text `<NA>`", field.name))
        .at(na.span, "never equal to an absent value")
        .help(help);
    found.push((d, na.span));
}
