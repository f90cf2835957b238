//! The condition language: lexer, parser, printer.

mod error;
mod fields;
mod lex;
mod parser;
mod print;

pub use error::ParseError;
pub use fields::{ParsedOperand, operand_prefixes};
pub use print::print_condition;

pub(crate) use lex::{Token, TokenKind, is_bare, is_identifier};
pub(crate) use parser::{parse, parse_tokens};

use avouch_diagnostics::FileId;

use crate::ast::Expr;
use crate::text::Places;

/// Parses a condition whose first byte stands at offset `start` of `file`.
///
/// # Errors
/// The first place where the text leaves the grammar.
pub fn parse_condition(text: &str, file: FileId, start: u32) -> Result<Expr, ParseError> {
    parse(text, &Places::run(file, start))
}

#[cfg(test)]
mod tests;
