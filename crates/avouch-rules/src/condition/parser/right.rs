//! Operators, and what stands right of them: texts, numbers, lists, operands.

use super::{Parser, Result};
use crate::ast::{Check, Expr, Literal, Modifier, Op, Operand, Rhs, Transformer, TransformerArg};
use crate::condition::lex::{self, TokenKind};

/// Operators, longest first where one begins like another; the flag says that a blank must follow.
pub(super) const OPERATORS: [(&str, Op, bool); 20] = [
    ("exists", Op::Exists, false),
    ("<=", Op::Le, false),
    ("<", Op::Lt, false),
    (">=", Op::Ge, false),
    (">", Op::Gt, false),
    ("==", Op::Eq, false),
    ("=", Op::Eq, false),
    ("!=", Op::Ne, false),
    ("glob", Op::Glob, true),
    ("iglob", Op::IGlob, true),
    ("contains", Op::Contains, true),
    ("icontains", Op::IContains, true),
    ("bcontains", Op::BContains, true),
    ("startswith", Op::StartsWith, true),
    ("bstartswith", Op::BStartsWith, true),
    ("endswith", Op::EndsWith, true),
    ("regex", Op::Regex, true),
    ("intersects", Op::Intersects, false),
    ("in", Op::In, false),
    ("pmatch", Op::PMatch, false),
];

const MODIFIERS: [Modifier; 3] = [Modifier::OneOf, Modifier::AnyOf, Modifier::AllOf];

impl Parser<'_> {
    pub(super) fn comparison(&mut self, start: usize, lhs: Operand, units: u32) -> Result<Expr> {
        self.blanks();
        let found = OPERATORS.iter().find(|(word, _, blank)| {
            self.rest()
                .strip_prefix(word.as_bytes())
                .is_some_and(|r| !blank || r.first().is_some_and(|b| lex::is_blank(*b)))
        });
        let Some((word, op, _)) = found else { return Err(self.expected_operator()) };
        let op_range = self.take(word.len(), TokenKind::Operator);
        let op_span = self.places.leaf(op_range.clone());
        let (modifier, rhs) = match op {
            Op::Exists => (None, Rhs::None),
            Op::Lt | Op::Le | Op::Gt | Op::Ge => (None, self.number_rhs(word, units)?),
            Op::In | Op::Intersects | Op::PMatch => (None, self.list_rhs(word, units)?),
            _ => self.string_rhs(word, units)?,
        };
        let span = self.places.outer(start..self.last.end);
        Ok(Expr::Check(Check { lhs, op: *op, modifier, rhs, span, op_span }))
    }

    fn number_rhs(&mut self, word: &str, units: u32) -> Result<Rhs> {
        self.blanks();
        if let Some(rhs) = self.operand_rhs(units)? {
            return Ok(rhs);
        }
        if let Some(n) = lex::number(self.rest()) {
            return Ok(Rhs::Literal(self.plain(n)));
        }
        Err(self.error(format!("expected a number after `{word}`"), "expected a number here"))
    }

    fn string_rhs(&mut self, word: &str, units: u32) -> Result<(Option<Modifier>, Rhs)> {
        let blank = self.blanks();
        if blank && let Some(modifier) = self.modifier() {
            self.take(modifier.text().len(), TokenKind::Operator);
            self.blanks();
            return Ok((Some(modifier), self.list_or_name(modifier.text())?));
        }
        if let Some(rhs) = self.operand_rhs(units)? {
            return Ok((None, rhs));
        }
        if let Some(literal) = self.value()? {
            return Ok((None, Rhs::Literal(literal)));
        }
        let mut e = self.error(format!("expected a value after `{word}`"), "expected a value here");
        match self.rest().first() {
            Some(b'"' | b'\'') => {
                e.label = "this quote is never closed".to_owned();
                e.help
                    .push("a quote after a backslash does not end the text; write `\\x5c` for a last backslash".into());
            }
            Some(b'(') => {
                e.help.push(format!("`{word}` takes one value; for several write `in (...)` or `{word} anyof (...)`"))
            }
            _ => {}
        }
        Err(e)
    }

    /// A modifier counts as one only when a list or a name follows; otherwise it is a value.
    fn modifier(&self) -> Option<Modifier> {
        let modifier = MODIFIERS.into_iter().find(|m| self.rest().starts_with(m.text().as_bytes()))?;
        let after = self.rest().get(modifier.text().len()..)?;
        let blanks = lex::blanks(after);
        if blanks == 0 {
            return None;
        }
        let next = after.get(blanks..)?;
        if next.first() == Some(&b'(') {
            return Some(modifier);
        }
        let name = next.get(..lex::identifier(next)?)?;
        (!matches!(name, b"and" | b"or" | b"not")).then_some(modifier)
    }

    fn list_rhs(&mut self, word: &str, units: u32) -> Result<Rhs> {
        self.blanks();
        if self.rest().first() != Some(&b'(')
            && let Some(rhs) = self.operand_rhs(units)?
        {
            return Ok(rhs);
        }
        self.list_or_name(word)
    }

    fn list_or_name(&mut self, word: &str) -> Result<Rhs> {
        if self.rest().first() == Some(&b'(') {
            return self.list();
        }
        if let Some(n) = lex::identifier(self.rest()) {
            return Ok(Rhs::Literal(self.plain(n)));
        }
        let mut e = self.error(format!("expected a list after `{word}`"), "expected `(` here");
        e.help.push(format!("write `{word} (a, b)`"));
        Err(e)
    }

    fn list(&mut self) -> Result<Rhs> {
        let open = self.take(1, TokenKind::Open);
        let mut values = Vec::new();
        self.blanks();
        if let Some(first) = self.value()? {
            values.push(first);
            self.blanks();
            while self.eat(",", TokenKind::Comma) {
                self.blanks();
                let Some(value) = self.value()? else {
                    return Err(self.error("expected a value after `,`", "expected a value here"));
                };
                values.push(value);
                self.blanks();
            }
        }
        if self.eat(")", TokenKind::Close) {
            return Ok(Rhs::List(values, self.places.outer(open.start..self.pos)));
        }
        let mut e = self.error("expected `,` or `)` in a list", "the list goes on or ends here");
        if self.pos >= self.bytes.len() {
            e.span = self.places.outer(open);
            e.label = "this parenthesis is never closed".to_owned();
        } else if matches!(self.rest().first(), Some(b'"' | b'\'')) {
            e.label = "this quote is never closed, or a `,` is missing before it".to_owned();
        }
        Err(e)
    }

    /// `val(field)` or a transformer on the right side.
    fn operand_rhs(&mut self, units: u32) -> Result<Option<Rhs>> {
        let start = self.pos;
        if self.rest().starts_with(b"val(") {
            self.take(4, TokenKind::Call);
            self.blanks();
            let Some(n) = lex::field(self.rest()) else {
                return Err(self.error("expected a field in `val(...)`", "expected a field here"));
            };
            let field = self.field(n)?;
            self.close_call("val", start)?;
            let args = vec![TransformerArg::Operand(Operand::Field(field))];
            let span = self.places.leaf(start..self.pos);
            let val = Transformer { name: "val".into(), args, arg: None, span };
            return Ok(Some(Rhs::Operand(Operand::Transformer(val))));
        }
        let Some(n) = lex::transformer(self.rest()) else { return Ok(None) };
        Ok(Some(Rhs::Operand(Operand::Transformer(self.transformer(n, units)?))))
    }

    fn value(&mut self) -> Result<Option<Literal>> {
        if let Some(literal) = self.quoted()? {
            return Ok(Some(literal));
        }
        Ok(lex::bare(self.rest()).map(|n| self.plain(n)))
    }

    pub(super) fn quoted(&mut self) -> Result<Option<Literal>> {
        let Some(n) = lex::quoted(self.rest()) else { return Ok(None) };
        let range = self.take(n, TokenKind::Value);
        let span = self.places.leaf(range.clone());
        let literal = match String::from_utf8(self.unescape(range)?) {
            Ok(text) => Literal { text: text.into(), bytes: None, quoted: true, span },
            Err(e) => Literal {
                text: String::from_utf8_lossy(e.as_bytes()).into(),
                bytes: Some(e.into_bytes().into()),
                quoted: true,
                span,
            },
        };
        Ok(Some(literal))
    }

    pub(super) fn plain(&mut self, n: usize) -> Literal {
        let range = self.take(n, TokenKind::Value);
        let span = self.places.leaf(range.clone());
        Literal { text: self.slice(range).into(), bytes: None, quoted: false, span }
    }
}
