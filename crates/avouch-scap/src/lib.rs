//! Capture files (`.scap`): every block version and old event, read as one stream of [`avouch_event::Item`]s in the
//! current schema, and written again.
//!
//! [`Capture`] reads from memory (a mapped file: parameters are borrowed from it) or from any stream, plain or gzip. Old
//! events are rewritten by `tables/convert.tsv`, so that readers above know one schema only.
//!
//! This crate maps no file, opens no file, and reads no clock. Input is hostile: what cannot be decoded is counted and
//! named, never a panic, and nothing is allocated on the word of a length field alone.
//!
//! ```
//! use avouch_scap::Capture;
//!
//! let mut capture = Capture::from_slice(b"not a capture");
//! assert!(capture.next().is_err());
//! ```

mod block;
mod capture;
mod convert;
mod counts;
mod cursor;
mod error;
mod event;
mod input;
mod lists;

pub use capture::Capture;
pub use counts::Counts;
pub use error::{EntryFault, EventFault, Fault, ScapError};
