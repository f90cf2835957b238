//! Rule files and conditions of the Falco language, up to a resolved syntax tree that knows no fields.

pub mod ast;
mod rule;

pub use rule::{ListItem, Priority, ResolvedRule};
