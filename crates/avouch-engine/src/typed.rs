//! Conditions after typing: like the syntax tree, with operands resolved and constants parsed.

use std::sync::Arc;

use avouch_diagnostics::Span;
use avouch_rules::ast::{Modifier, Op};

use crate::constant::Const;
use crate::operand::Operand;

/// A typed condition. Macro bodies are shared, so a tree may stand for far more text than it takes memory.
#[derive(Debug)]
pub(crate) enum Typed {
    And(Vec<Arc<Typed>>, Span),
    Or(Vec<Arc<Typed>>, Span),
    Not(Arc<Typed>, Span),
    Macro { name: Box<str>, span: Span, body: Arc<Typed> },
    Check(TypedCheck),
}

/// One comparison.
#[derive(Debug)]
pub(crate) struct TypedCheck {
    pub(crate) lhs: Operand,
    pub(crate) op: Op,
    pub(crate) modifier: Option<Modifier>,
    pub(crate) rhs: TypedRhs,
    pub(crate) span: Span,
    /// As rules write it, lists spelled out.
    pub(crate) text: Box<str>,
}

/// Right side.
#[derive(Debug)]
pub(crate) enum TypedRhs {
    /// Constants: one for plain operators, any number for lists; none for `exists`.
    Consts(Box<[Const]>),
    /// A field or transformer.
    Operand(Operand),
}
