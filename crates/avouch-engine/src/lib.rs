//! Types rules against a field catalogue, compiles all rules of a source into one program, evaluates and explains.
//!
//! [`compile`] takes resolved rules and gives one [`Program`] for each source, with the problems it found. A program is
//! immutable and may be shared between threads; [`Program::judge`] takes an event's fields and gives the rules that match.
//! [`Program::explain`] says why. The engine knows fields only through `FieldCatalog` and `FieldReader`.
//!
//! Invariant: **judging never changes anything, never fails, and never depends on the order of tests.** The compiled program
//! and a plain walk over the condition agree on every condition and event; a property test holds that.

mod codes;
mod compile;
mod constant;
mod cost;
mod dictionary;
mod event_types;
mod explain;
mod getopt;
mod graph;
mod interest;
mod lints;
mod matcher;
mod naive;
mod operand;
mod output;
mod pattern;
mod program;
mod scope;
mod select;
mod services;
mod transform;
mod typed;
mod typing;

#[cfg(test)]
mod tests;

pub use codes::CODES;
pub use compile::{CompileOptions, Compiled, RuleStatus, compile};
pub use explain::{CoveredPart, Explanation, Outcome, Part, PartKind, Read, RuleCoverage, Verdict};
pub use interest::{Asked, Asks, Known, SourceFacts, Values, interest};
pub use output::{AppendOutput, ExtraField, Output, RenderOptions};
pub use program::{Matching, Program, ProgramRule, RuleIndex, Scratch};
pub use select::Selector;
