//! The ledger in files: one writer, any number of readers, and the verifier over them.
//!
//! A record that [`Ledger::append`] took is safe once [`Ledger::sync`] returned. A writer that is killed at any moment loses at
//! most what was not synced; the next opening cuts what was half written and records that it did. Secrets are redacted before
//! a record is hashed. What is written and what is checked is `avouch-chain`'s, which does no IO; all of it is at hand here.
//! The format stands in `docs/LEDGER.md`.
//!
//! It never changes what a head vouches for, and never continues a ledger that lacks such records.
//!
//! ```
//! use avouch_ledger::{Draft, Ledger, Options, Source, Time, Trust, Verdict, verify_dir};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let dir = tempfile::tempdir()?;
//! let (mut ledger, opened) = Ledger::open(dir.path(), Options::default(), Time(1_795_000_000_000_000_000))?;
//! assert!(opened.created);
//! let source = Source { name: "node-1".into(), run: "boot-7".into() };
//! let body = serde_json::json!({"rule": "Terminal shell in container"});
//! ledger.append(Draft { time: Time(1), source, source_seq: None, kind: "finding".into(), body })?;
//! let key = ledger.public_key();
//! ledger.close(Time(1_795_000_001_000_000_000))?;
//!
//! let report = verify_dir(dir.path(), &Trust { keys: vec![key], ..Trust::default() })?;
//! assert_eq!(report.verdict, Verdict::Intact);
//! # Ok(())
//! # }
//! ```

mod draft;
mod error;
mod files;
mod ledger;
mod reader;
mod recover;
mod secrets;
mod state;
mod verify;

pub use avouch_chain::*;
pub use avouch_redact::Redactor;
pub use draft::{Appended, Draft};
pub use error::{LedgerError, RecordError};
pub use files::{head_lines, read_keys};
pub use ledger::{Ledger, OpenReport, Options, Recovered};
pub use reader::{Entry, Reader, Records};
pub use verify::{verify_dir, verify_dir_with};
