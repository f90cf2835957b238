//! Source map, spans and diagnostics: what is wrong in a user's file, where, and what to type instead.
//!
//! Diagnostics are collected, never thrown. This crate knows nothing of rules, reads no file and prints nothing.

mod diagnostic;
mod source;

pub use diagnostic::{Diagnostic, Label, Severity};
pub use source::{FileId, Source, SourceMap, Span};
