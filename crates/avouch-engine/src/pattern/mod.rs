//! Compiled patterns: prefixes and suffixes, globs, path prefixes, regular expressions.

mod affix;
mod glob;
mod path;
mod regex;

pub(crate) use affix::AffixSet;
pub(crate) use glob::Glob;
pub(crate) use path::{PathSet, components};
pub(crate) use regex::{Regex, simpler};
