//! The ledger's format and its verifier. Pure: bytes and times come in, bytes and a report go out; files, clocks and random
//! numbers are `avouch-ledger`'s. `docs/LEDGER.md` says the same in words, for whoever writes another verifier.
//!
//! ```
//! use avouch_chain::{Trust, Verdict, Verifier};
//!
//! let mut verifier = Verifier::new(std::iter::empty(), &Trust::default());
//! verifier.segment(1);
//! verifier.line(b"{\"kind\":\"finding\"}");
//! let report = verifier.finish();
//! assert_eq!(report.verdict, Verdict::Failed);
//! assert_eq!(report.problems[0].to_string(), "record 1: the line in its place is not a record: its `prev` is not as it must be");
//! ```

mod canonical;
mod digest;
mod head;
mod keys;
mod merkle;
mod own;
mod record;
mod report;
mod time;
mod verify;

pub use canonical::{TooDeep, write_canonical};
pub use digest::Digest;
pub use head::{Head, SignedHead, canonical};
pub use keys::{KeyEntry, PublicKey, Purpose, SecretKey};
pub use merkle::{Tree, leaf, node};
pub use own::{Own, SourceState, own_source};
pub use record::{MAX_LINE, OWN, RecordRef, Source, is_kind, is_name, prev_of, write_line};
pub use report::{AnchorReport, Fault, KeyReport, Problem, Report, SourceReport, Verdict, Warning};
pub use time::Time;
pub use verify::{Trust, Verifier};
