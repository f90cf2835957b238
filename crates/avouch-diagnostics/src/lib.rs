//! Source map, spans and diagnostics: what is wrong in a user's file, where, and what to type instead.
//!
//! Diagnostics are collected, never thrown. This crate knows nothing of rules, reads no file and prints nothing: the
//! renderers return text.

mod code;
mod diagnostic;
mod lint;
mod near;
mod render;
mod source;

pub use code::Code;
pub use diagnostic::{Diagnostic, Label, Severity};
pub use lint::{LintLevel, LintLevelError, LintLevels};
pub use near::near_names;
pub use render::{render_concise, render_json, render_sarif, render_text};
pub use source::{FileId, Source, SourceMap, Span};
