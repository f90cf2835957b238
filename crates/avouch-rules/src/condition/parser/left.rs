//! What stands left of an operator: fields, their arguments, transformers.

use std::ops::Range;

use super::{CALL_UNITS, Parser, Result};
use crate::ast::{Field, Operand, Transformer, TransformerArg};
use crate::condition::lex::{self, TokenKind};

impl Parser<'_> {
    /// A field of `n` bytes with its argument.
    pub(super) fn field(&mut self, n: usize) -> Result<Field> {
        let start = self.pos;
        let name = self.slice(start..start + n);
        self.pos += n;
        let arg = self.argument()?;
        let end = self.pos;
        self.pos = start;
        self.take(end - start, TokenKind::Name);
        Ok(Field { name: name.into(), arg, span: self.places.leaf(start..end) })
    }

    /// `[argument]`, if one follows at once.
    fn argument(&mut self) -> Result<Option<Box<str>>> {
        if self.rest().first() != Some(&b'[') {
            return Ok(None);
        }
        let open = self.pos;
        self.pos += 1;
        let arg: Box<str> = if let Some(n) = lex::quoted(self.rest()) {
            let range = self.pos..self.pos + n;
            self.pos = range.end;
            String::from_utf8_lossy(&self.unescape(range)?).into()
        } else if let Some(n) = lex::bare_arg(self.rest()) {
            self.pos += n;
            self.slice(self.pos - n..self.pos).into()
        } else {
            return Err(self.error("expected a field argument after `[`", "expected a name, a number or a quoted text"));
        };
        if self.rest().first() != Some(&b']') {
            let mut e = self.error("expected `]`", "expected `]` here");
            e.help.push("an argument holds no blanks or brackets unless it is quoted".to_owned());
            e.offset = open;
            return Err(e);
        }
        self.pos += 1;
        Ok(Some(arg))
    }

    pub(super) fn unescape(&self, range: Range<usize>) -> Result<Vec<u8>> {
        let start = range.start;
        lex::unescape(self.bytes.get(range).unwrap_or_default()).map_err(|at| {
            let at = start + at;
            let len = self.slice(at..self.text.len()).chars().nth(1).map_or(1, |c| 1 + c.len_utf8());
            let mut e = self.error_at(at..at + len, "invalid escape in quoted text", "no such escape");
            e.help.push(
                "write `\\\\` for a backslash; known are \\b \\f \\n \\r \\t \\/ \\xHH and the quote itself".into(),
            );
            e
        })
    }

    /// A transformer call whose name has `n` bytes.
    pub(super) fn transformer(&mut self, n: usize, units: u32) -> Result<Transformer> {
        let units = self.nest(units, CALL_UNITS)?;
        let start = self.pos;
        let name = self.slice(start..start + n);
        self.take(n + 1, TokenKind::Call);
        let args = self.arguments(name, true, units)?;
        self.close_call(name, start)?;
        let arg = self.argument()?;
        if arg.is_some() {
            self.last.end = self.pos;
            if let Some(token) = self.tokens.last_mut() {
                token.end = self.pos;
            }
        }
        Ok(Transformer { name: name.into(), args, arg, span: self.places.leaf(start..self.pos) })
    }

    pub(super) fn close_call(&mut self, name: &str, start: usize) -> Result<()> {
        self.blanks();
        if self.eat(")", TokenKind::CallClose) {
            return Ok(());
        }
        let mut e = self.error(format!("expected `)` after the arguments of `{name}`"), "expected `)` here");
        if self.pos >= self.bytes.len() {
            e.span = self.places.leaf(start..start + name.len() + 1);
            e.label = "this parenthesis is never closed".to_owned();
        }
        Err(e)
    }

    /// One argument or more, with commas between them.
    fn arguments(&mut self, name: &str, list_allowed: bool, units: u32) -> Result<Vec<TransformerArg>> {
        let mut all = Vec::new();
        loop {
            self.blanks();
            all.push(self.transformer_arg(name, list_allowed, units)?);
            self.blanks();
            if !self.eat(",", TokenKind::Comma) {
                return Ok(all);
            }
        }
    }

    fn transformer_arg(&mut self, name: &str, list_allowed: bool, units: u32) -> Result<TransformerArg> {
        if let Some(n) = lex::transformer(self.rest()) {
            return Ok(TransformerArg::Operand(Operand::Transformer(self.transformer(n, units)?)));
        }
        if let Some(n) = lex::field(self.rest()) {
            return Ok(TransformerArg::Operand(Operand::Field(self.field(n)?)));
        }
        if let Some(n) = lex::number(self.rest()) {
            return Ok(TransformerArg::Literal(self.plain(n)));
        }
        if let Some(literal) = self.quoted()? {
            return Ok(TransformerArg::Literal(literal));
        }
        if list_allowed && self.rest().first() == Some(&b'(') {
            let start = self.pos;
            let units = self.nest(units, CALL_UNITS)?;
            self.take(1, TokenKind::Open);
            let mut all = Vec::new();
            self.blanks();
            if !self.eat(")", TokenKind::Close) {
                all = self.arguments(name, false, units)?;
                if !self.eat(")", TokenKind::Close) {
                    return Err(self.error("expected `)` or `,`", "the list goes on or ends here"));
                }
            }
            return Ok(TransformerArg::List(all, self.places.outer(start..self.pos)));
        }
        let mut e = self.error(format!("expected an argument of `{name}`"), "expected a field here");
        if lex::identifier(self.rest()).is_some() {
            e.help.push("a text must be quoted here".to_owned());
        }
        Err(e)
    }

    /// An operand at the start of the text, for output templates: how many bytes it takes.
    pub(in crate::condition) fn operand(&mut self) -> Result<(Operand, usize)> {
        let operand = if let Some(n) = lex::transformer(self.rest()) {
            Operand::Transformer(self.transformer(n, 0)?)
        } else if let Some(n) = lex::field(self.rest()) {
            Operand::Field(self.field(n)?)
        } else {
            return Err(self.error("expected a field or a transformer", "expected a field here"));
        };
        Ok((operand, self.pos))
    }
}
