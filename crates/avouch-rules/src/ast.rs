//! Syntax tree of conditions. Every node knows the bytes of the *file* it came from, also through folded YAML, macros
//! and lists.

use std::sync::Arc;

use avouch_diagnostics::Span;

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// All hold. Two or more.
    And(Vec<Expr>, Span),
    /// One holds. Two or more.
    Or(Vec<Expr>, Span),
    /// Does not hold.
    Not(Box<Expr>, Span),
    /// A macro by name; `body` is set once resolved.
    Macro(MacroUse),
    /// One comparison.
    Check(Check),
}

impl Expr {
    /// Where it stands.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Expr::And(_, s) | Expr::Or(_, s) | Expr::Not(_, s) => *s,
            Expr::Macro(m) => m.span,
            Expr::Check(c) => c.span,
        }
    }
}

/// Use of a macro.
#[derive(Clone, Debug, PartialEq)]
pub struct MacroUse {
    /// Name as written.
    pub name: Box<str>,
    /// Where it is used.
    pub span: Span,
    /// The macro's own (resolved) condition; `None` straight after parsing.
    pub body: Option<Arc<Expr>>,
}

/// One comparison: `lhs op rhs`.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// Left side.
    pub lhs: Operand,
    /// Operator.
    pub op: Op,
    /// `oneof`, `anyof`, `allof` after a string operator.
    pub modifier: Option<Modifier>,
    /// Right side.
    pub rhs: Rhs,
    /// Whole comparison.
    pub span: Span,
    /// The operator alone.
    pub op_span: Span,
}

/// Something that has a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// `proc.name`, `evt.arg[0]`, `proc.env[PATH]`.
    Field(Field),
    /// `tolower(proc.name)`; `val(proc.name)` on the right is a transformer named `val`.
    Transformer(Transformer),
}

impl Operand {
    /// Where it stands.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Operand::Field(f) => f.span,
            Operand::Transformer(t) => t.span,
        }
    }
}

/// Use of a field.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Dotted name, `evt.arg.flags`.
    pub name: Box<str>,
    /// Text between the brackets, unescaped.
    pub arg: Option<Box<str>>,
    /// Where, brackets included.
    pub span: Span,
}

/// Use of a transformer.
#[derive(Clone, Debug, PartialEq)]
pub struct Transformer {
    /// `tolower`, `join`, ...
    pub name: Box<str>,
    /// Arguments.
    pub args: Vec<TransformerArg>,
    /// `getopt(...)[c]`.
    pub arg: Option<Box<str>>,
    /// Where.
    pub span: Span,
}

/// Argument of a transformer.
#[derive(Clone, Debug, PartialEq)]
pub enum TransformerArg {
    /// A number or quoted text.
    Literal(Literal),
    /// `(a, "b", tolower(f))`.
    List(Vec<TransformerArg>, Span),
    /// A field or a transformer.
    Operand(Operand),
}

/// Right side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub enum Rhs {
    /// Nothing (`exists`).
    None,
    /// One text.
    Literal(Literal),
    /// Texts in parentheses.
    List(Vec<Literal>, Span),
    /// `val(...)` or a transformer.
    Operand(Operand),
}

/// A text in a condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Literal {
    /// Unescaped. Bytes that are not UTF-8 (`"\xff"`) show as U+FFFD here; `bytes` has them.
    pub text: Box<str>,
    /// The bytes, only when they are not UTF-8.
    pub bytes: Option<Box<[u8]>>,
    /// Written in quotes.
    pub quoted: bool,
    /// Where; inside a list's own definition when it came through a list.
    pub span: Span,
}

impl Literal {
    /// The bytes to compare with.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.as_deref().unwrap_or(self.text.as_bytes())
    }
}

/// Comparison operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the language's own")]
pub enum Op {
    /// `=` and `==`.
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Exists,
    Contains,
    IContains,
    BContains,
    StartsWith,
    BStartsWith,
    EndsWith,
    Glob,
    IGlob,
    Regex,
    In,
    Intersects,
    PMatch,
}

impl Op {
    /// As rules write it; `=` for equality.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Op::Eq => "=",
            Op::Ne => "!=",
            Op::Lt => "<",
            Op::Le => "<=",
            Op::Gt => ">",
            Op::Ge => ">=",
            Op::Exists => "exists",
            Op::Contains => "contains",
            Op::IContains => "icontains",
            Op::BContains => "bcontains",
            Op::StartsWith => "startswith",
            Op::BStartsWith => "bstartswith",
            Op::EndsWith => "endswith",
            Op::Glob => "glob",
            Op::IGlob => "iglob",
            Op::Regex => "regex",
            Op::In => "in",
            Op::Intersects => "intersects",
            Op::PMatch => "pmatch",
        }
    }
}

/// How many of a list's texts must satisfy a string operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the language's own")]
pub enum Modifier {
    OneOf,
    AnyOf,
    AllOf,
}

impl Modifier {
    /// As rules write it.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Modifier::OneOf => "oneof",
            Modifier::AnyOf => "anyof",
            Modifier::AllOf => "allof",
        }
    }
}
