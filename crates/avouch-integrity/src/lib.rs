//! File integrity: what watched files were, what they are after a change, and who made it.
//!
//! [`Integrity::start`] begins a thread of low priority that reads every watched file once, slowly, and finds what changed
//! since the baseline that an earlier run saved. The caller tells it changes as events show them ([`Integrity::changed`],
//! which never waits), and takes records ([`Integrity::poll`]). A look at every watched file now and then finds what no
//! event told.
//!
//! It never guesses: a state that nobody read is unknown, with the reason. It never follows a link out of a container,
//! never opens a pipe or a device, and never holds more than its bounds; what does not fit is counted.
//!
//! ```no_run
//! use avouch_integrity::{Config, Integrity};
//!
//! # fn main() -> Result<(), avouch_integrity::IntegrityError> {
//! let mut integrity = Integrity::start(&Config::default(), Some("/var/lib/avouch/integrity-baseline.jsonl".into()))?;
//! while let Some(record) = integrity.poll() {
//!     let line = serde_json::to_string(&record);
//! #   drop(line);
//! }
//! # Ok(())
//! # }
//! ```

mod change;
mod config;
mod counts;
mod error;
mod file;
mod integrity;
mod known;
mod pending;
mod read;
mod saved;
mod walk;
mod watch;
mod worker;

pub use change::{
    Act, Ancestor, Baseline, Change, ChangeKind, Found, IntegrityChange, Place, Record, Seen, UnknownState, Who,
};
pub use config::Config;
pub use counts::Counts;
pub use error::IntegrityError;
pub use file::{Aspect, ContentChanged, FileKind, FileState, NotHashed, Sha256};
pub use integrity::Integrity;
pub use saved::{LoadCounts, Saved, parse_saved};
