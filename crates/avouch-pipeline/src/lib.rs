//! Joins source, state, engine and sinks; counts what is lost.
//!
//! [`RuleSet`] loads rule files, [`Input`] opens what a user points at, [`Replay`] runs one over the other and hands
//! [`Detection`]s to a [`Sink`]; [`alert`] shapes them as Falco does. [`testing`] runs the test cases beside rules.
//!
//! Invariant: nothing is dropped without a count in [`Summary`].

mod acceptance_files;
mod acceptances;
pub mod alert;
pub mod case;
pub mod config;
mod context;
pub mod facts;
mod folder;
pub mod input;
pub mod interest;
mod judge;
pub mod live;
mod replay;
mod ruleset;
pub mod script;
mod summary;
pub mod testing;

pub use acceptance_files::AcceptanceFiles;
pub use acceptances::{Acceptances, Accepted, NotCompiled, condition_of};
pub use input::Input;
pub use judge::{Detection, EventReader, Judged, Sink};
pub use replay::{Replay, ReplayError, ReplayOptions};
pub use ruleset::{RuleFileError, RuleSet, RuleSetOptions, SYSCALL, catalogs, codes, read_text, rule_files};
pub use summary::Summary;
