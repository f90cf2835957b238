//! Rule files and conditions of the Falco language, up to a resolved syntax tree that knows no fields.

pub mod ast;
pub mod codes;
pub mod condition;
mod rule;
mod text;
mod yaml;

pub use condition::{ParseError, ParsedOperand, operand_prefixes, parse_condition, print_condition};
pub use rule::{ListItem, Priority, ResolvedRule};
