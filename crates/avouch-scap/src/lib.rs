//! Capture files (`.scap`): every block version and old event, read as one stream of [`avouch_event::Item`]s in the
//! current schema, and written again.
//!
//! [`Capture`] reads from memory (a mapped file: parameters are borrowed from it) or from any stream, plain or gzip. Old
//! events are rewritten by `tables/convert.tsv`, so that readers above know one schema only. [`Writer`] writes the newest
//! format. [`Amplify`] makes long captures out of short ones, for measurements.
//!
//! This crate maps no file, opens no file, and reads no clock. Input is hostile: what cannot be decoded is counted and
//! named, never a panic, and nothing is allocated on the word of a length field alone.
//!
//! ```
//! use avouch_event::{EventBuf, Item, MachineInfo, types};
//! use avouch_scap::{Capture, Writer};
//!
//! let mut writer = Writer::new(Vec::new());
//! writer.write(&Item::Machine(MachineInfo { hostname: b"node-1", ..MachineInfo::default() }))?;
//! let mut chdir = EventBuf::new(types::CHDIR_X);
//! chdir.push_i64(0).push_charbuf(b"/etc");
//! writer.write(&Item::Event(chdir.event()))?;
//! let bytes = writer.finish()?;
//!
//! let mut capture = Capture::from_slice(&bytes);
//! while let Some(item) = capture.next()? {
//!     if let Item::Event(event) = item {
//!         assert_eq!((event.num, event.params.charbuf(1)), (1, Some(&b"/etc"[..])));
//!     }
//! }
//! assert_eq!(capture.counts().yielded, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod amplify;
mod block;
mod capture;
mod convert;
mod counts;
mod cursor;
mod error;
mod event;
mod input;
mod lists;
mod writer;

pub use amplify::{Amplify, AmplifyError};
pub use capture::Capture;
pub use counts::Counts;
pub use error::{EntryFault, EventFault, Fault, ScapError};
pub use writer::{WriteError, Writer};
