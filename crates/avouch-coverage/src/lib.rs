//! Was it watched? From observations to the share of a period in which a rule was watching, to the list of gaps, and to the
//! time line of a control.
//!
//! A *subject* is one source on one node: the system calls of a machine, the audit log of a cluster, the records of a cloud
//! account. A [`Question`] names the rules and sources that a control stands on; [`cover`] answers, for every subject that
//! was to be watched, when it was and when not, and why not. [`time_line`] joins that with failures into pass, fail and
//! unknown.
//!
//! What is learned of a source afterwards (a gap that names it: files that never came, a silence, records that were late) counts against
//! the time that it is about, not against the time at which it was learned.
//!
//! Invariants: what nothing says is unknown, never watched; every nanosecond that was to be watched is counted once, so
//! states always add up to subjects times time. No IO, no clock.

mod cause;
mod cover;
mod expect;
mod spans;
mod time_line;
mod unheard;
mod watched;

pub use cause::Cause;
pub use cover::{Coverage, GapLine, Question, Sorted, SubjectCoverage, Totals, cover};
pub use expect::{Expectation, expectations};
pub use spans::{Span, Spans};
pub use time_line::{Day, Mark, Marked, State, TimeLine, time_line};
pub use unheard::unheard;
pub use watched::{Period, RuleKey, RuleSet, Stretch, Watched};
