//! Recursive descent over the text of a condition.
//!
//! The grammar is Falco's, with its surprises: `and` and `or` are found by prefix, `exists`, `in`, `intersects` and
//! `pmatch` need no blank after them, and what directly follows `and(` is a whole expression.

mod left;
mod messages;
mod right;

use std::ops::Range;

use super::error::ParseError;
use super::lex::{self, Token, TokenKind};
use crate::ast::{Expr, MacroUse, Operand};
use crate::text::Places;

/// Units of nesting that a condition may spend; Falco compiles rules with the same figure.
const MAX_UNITS: u32 = 1000;
/// Units that one pair of parentheses costs.
const GROUP_UNITS: u32 = 5;
/// Units that one transformer costs.
const CALL_UNITS: u32 = 5;

/// Boxed, since every frame of the descent holds room for a result.
type Result<T> = std::result::Result<T, Box<ParseError>>;

/// Parses a condition; spans are those that `places` gives.
pub(crate) fn parse(text: &str, places: &Places) -> std::result::Result<Expr, ParseError> {
    Parser::new(text, places, false).condition().map_err(|e| *e)
}

/// Parses a condition and gives its tokens as well.
pub(crate) fn parse_tokens(text: &str, places: &Places) -> std::result::Result<(Expr, Vec<Token>), ParseError> {
    let mut parser = Parser::new(text, places, true);
    let expr = parser.condition().map_err(|e| *e)?;
    Ok((expr, parser.tokens))
}

pub(super) struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    places: &'a Places,
    pos: usize,
    /// The last token, for messages and for where a node ends.
    last: Range<usize>,
    trace: bool,
    tokens: Vec<Token>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str, places: &'a Places, trace: bool) -> Self {
        Self { text, bytes: text.as_bytes(), places, pos: 0, last: 0..0, trace, tokens: Vec::new() }
    }

    fn condition(&mut self) -> Result<Expr> {
        if self.text.trim().is_empty() {
            return Err(self.error("condition is empty", "expected a condition here"));
        }
        let expr = self.or(0)?;
        self.blanks();
        if self.pos < self.bytes.len() {
            return Err(self.trailing());
        }
        Ok(expr)
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.pos..).unwrap_or_default()
    }

    fn slice(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or_default()
    }

    fn blanks(&mut self) -> bool {
        let n = lex::blanks(self.rest());
        self.pos += n;
        n > 0
    }

    /// Takes `len` bytes as a token.
    fn take(&mut self, len: usize, kind: TokenKind) -> Range<usize> {
        let range = self.pos..self.pos + len;
        self.pos = range.end;
        self.last = range.clone();
        if self.trace {
            self.tokens.push(Token { kind, start: range.start, end: range.end });
        }
        range
    }

    fn eat(&mut self, word: &str, kind: TokenKind) -> bool {
        let found = self.rest().starts_with(word.as_bytes());
        if found {
            self.take(word.len(), kind);
        }
        found
    }

    fn or(&mut self, units: u32) -> Result<Expr> {
        self.blanks();
        let start = self.pos;
        let first = self.and(units)?;
        let mut all = Vec::new();
        loop {
            self.blanks();
            if !self.eat("or", TokenKind::Or) {
                break;
            }
            all.push(if self.blanks() { self.and(units)? } else { self.group_after("or", units)? });
        }
        if all.is_empty() {
            return Ok(first);
        }
        all.insert(0, first);
        Ok(Expr::Or(all, self.places.outer(start..self.last.end)))
    }

    fn and(&mut self, units: u32) -> Result<Expr> {
        self.blanks();
        let start = self.pos;
        let first = self.not(units)?;
        let mut all = Vec::new();
        loop {
            self.blanks();
            if !self.eat("and", TokenKind::And) {
                break;
            }
            all.push(if self.blanks() { self.not(units)? } else { self.group_after("and", units)? });
        }
        if all.is_empty() {
            return Ok(first);
        }
        all.insert(0, first);
        Ok(Expr::And(all, self.places.outer(start..self.last.end)))
    }

    /// What follows `and` or `or` without a blank: a whole expression in parentheses.
    fn group_after(&mut self, word: &str, units: u32) -> Result<Expr> {
        if self.eat("(", TokenKind::Open) {
            return self.group(units);
        }
        let end = self.pos + lex::bare(self.rest()).unwrap_or(0);
        let written = self.slice(self.pos - word.len()..end);
        let mut e = self.error(
            format!("expected a blank or `(` after `{word}`"),
            if written == word { "here".to_owned() } else { format!("`{written}` is read as `{word}` and more") },
        );
        if written != word {
            e.help.push(format!("a condition goes on with `and` or `or` here; put one before `{written}`"));
        }
        Err(e)
    }

    fn not(&mut self, units: u32) -> Result<Expr> {
        self.blanks();
        let start = self.pos;
        let mut negated = false;
        while self.rest().starts_with(b"not") {
            let spaces = lex::spaces(self.rest().get(3..).unwrap_or_default());
            if spaces == 0 {
                break;
            }
            self.take(3, TokenKind::Not);
            self.pos += spaces;
            negated = !negated;
        }
        let child = if self.rest().starts_with(b"not(") {
            self.take(3, TokenKind::Not);
            self.take(1, TokenKind::Open);
            negated = !negated;
            self.group(units)?
        } else {
            self.check(units)?
        };
        if !negated {
            return Ok(child);
        }
        Ok(match child {
            Expr::Not(inner, _) => *inner,
            other => Expr::Not(Box::new(other), self.places.outer(start..self.last.end)),
        })
    }

    /// The rest of `( expr )` after the opening parenthesis.
    fn group(&mut self, units: u32) -> Result<Expr> {
        let open = self.last.clone();
        let units = self.nest(units, GROUP_UNITS)?;
        let inner = self.or(units)?;
        self.blanks();
        if !self.eat(")", TokenKind::Close) {
            return Err(self.unclosed(open));
        }
        Ok(inner)
    }

    fn unclosed(&self, open: Range<usize>) -> Box<ParseError> {
        if self.pos < self.bytes.len() {
            return self.trailing();
        }
        let mut e = self.error("expected `)`", "this parenthesis is never closed");
        e.span = self.places.outer(open.clone());
        e.offset = open.start;
        e
    }

    fn nest(&self, units: u32, cost: u32) -> Result<u32> {
        let units = units + cost;
        if units >= MAX_UNITS {
            return Err(self.error("condition is nested too deeply", "deeper than this is not read"));
        }
        Ok(units)
    }

    fn check(&mut self, units: u32) -> Result<Expr> {
        self.blanks();
        if self.eat("(", TokenKind::Open) {
            return self.group(units);
        }
        self.simple_check(units)
    }

    fn simple_check(&mut self, units: u32) -> Result<Expr> {
        let start = self.pos;
        if let Some(n) = lex::transformer(self.rest()) {
            let lhs = self.transformer(n, units)?;
            return self.comparison(start, Operand::Transformer(lhs), units);
        }
        if let Some(n) = lex::field(self.rest()) {
            let lhs = self.field(n)?;
            return self.comparison(start, Operand::Field(lhs), units);
        }
        if let Some(n) = lex::identifier(self.rest()) {
            let range = self.take(n, TokenKind::Name);
            let span = self.places.leaf(range.clone());
            return Ok(Expr::Macro(MacroUse { name: self.slice(range).into(), span, body: None }));
        }
        Err(self.expected_check())
    }

    fn error(&self, title: impl Into<String>, label: impl Into<String>) -> Box<ParseError> {
        // Point at the word that stands here, or at the last token when the text ends.
        let here = self.pos + lex::blanks(self.rest());
        let rest = self.bytes.get(here..).unwrap_or_default();
        let len = lex::bare(rest).or_else(|| self.slice(here..self.text.len()).chars().next().map(char::len_utf8));
        let range = len.map_or(self.last.clone(), |n| here..here + n);
        self.error_at(range, title, label)
    }

    fn error_at(&self, range: Range<usize>, title: impl Into<String>, label: impl Into<String>) -> Box<ParseError> {
        Box::new(ParseError {
            title: title.into(),
            label: label.into(),
            offset: range.start,
            span: self.places.leaf(range),
            help: Vec::new(),
            falco_message: None,
        })
    }

    fn word_here(&self) -> &'a str {
        let end = self.pos + lex::bare(self.rest()).unwrap_or(0);
        self.slice(self.pos..end)
    }
}
