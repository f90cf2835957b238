//! Recursive descent over the text of a condition.
//!
//! The grammar is Falco's, with its surprises: `and` and `or` are found by prefix, `exists`, `in`, `intersects` and
//! `pmatch` need no blank after them, and what directly follows `and(` is a whole expression.

mod messages;

use std::ops::Range;

use super::error::ParseError;
use super::lex::{self, Token, TokenKind};
use crate::ast::{Check, Expr, Field, Literal, MacroUse, Modifier, Op, Operand, Rhs, Transformer, TransformerArg};
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

/// Operators, longest first where one begins like another; the flag says that a blank must follow.
const OPERATORS: [(&str, Op, bool); 20] = [
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

    /// A field of `n` bytes with its argument.
    fn field(&mut self, n: usize) -> Result<Field> {
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

    fn unescape(&self, range: Range<usize>) -> Result<Vec<u8>> {
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
    fn transformer(&mut self, n: usize, units: u32) -> Result<Transformer> {
        let units = self.nest(units, CALL_UNITS)?;
        let start = self.pos;
        let name = self.slice(start..start + n);
        self.take(n + 1, TokenKind::Call);
        self.blanks();
        let mut args = Vec::new();
        loop {
            self.blanks();
            args.push(self.transformer_arg(name, true, units)?);
            self.blanks();
            if !self.eat(",", TokenKind::Comma) {
                break;
            }
        }
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

    fn close_call(&mut self, name: &str, start: usize) -> Result<()> {
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
                loop {
                    self.blanks();
                    all.push(self.transformer_arg(name, false, units)?);
                    self.blanks();
                    if !self.eat(",", TokenKind::Comma) {
                        break;
                    }
                }
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

    fn comparison(&mut self, start: usize, lhs: Operand, units: u32) -> Result<Expr> {
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

    fn quoted(&mut self) -> Result<Option<Literal>> {
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

    fn plain(&mut self, n: usize) -> Literal {
        let range = self.take(n, TokenKind::Value);
        let span = self.places.leaf(range.clone());
        Literal { text: self.slice(range).into(), bytes: None, quoted: false, span }
    }

    /// An operand at the start of the text, for output templates: how many bytes it takes.
    pub(super) fn operand(&mut self) -> Result<(Operand, usize)> {
        let operand = if let Some(n) = lex::transformer(self.rest()) {
            Operand::Transformer(self.transformer(n, 0)?)
        } else if let Some(n) = lex::field(self.rest()) {
            Operand::Field(self.field(n)?)
        } else {
            return Err(self.error("expected a field or a transformer", "expected a field here"));
        };
        Ok((operand, self.pos))
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
