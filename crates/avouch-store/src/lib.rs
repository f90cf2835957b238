//! Embedded store: an index over facts, to ask quickly what the ledger holds.
//!
//! The ledger is the truth. The store is made from its records, in their order ([`Writer::apply`]), and can be made anew from
//! them. It is one folder of SQLite files: `main.db` has the positions, what was watched and the facts that are few; findings
//! stand in a file a month, activity in a file a day, and old ones are dropped as files. Each file holds its own dictionaries, so none
//! depends on another.
//!
//! A period file commits before `main.db` does and remembers by ledger how far it is, so that after a crash the records that come
//! again are passed over where they are already.
//!
//! Rows are narrow: what is filtered and counted is 60 packed bytes; output, command and place in the ledger stand in a row beside
//! it; the fields of a finding stand in the ledger alone and are read from there ([`Bodies`]). Measured with findings of 1,100 bytes
//! as JSON: the store takes 950 to 1,030 bytes a finding, some 350 of them for the full-text index. Bodies would add 130, compressed in blocks of
//! 64, or 533, one by one. Reading one from a sealed ledger segment of 64 MiB takes up to 50 ms of CPU: one click, not one list.
//!
//! Rows stand in blocks of up to 59, and counts by hour, day, rule, criterion and cluster are kept with each finding. Words are found in the
//! full-text index's own pages (`read/words`), counts are made word by word of packed rows (`read/tally.rs`), groups part by part
//! (`read/parted.rs`). Months are read at the same time. What a file's rows came to is kept until the file changes (`read/known.rs`), so that who asks again while
//! findings come in has one month counted, not all. `cargo bench -p avouch-store` measures all questions in wall time; README.md has the figures
//! at the API.
//!
//! Memory, besides pages of the files: texts of dictionaries that were asked for, 300 MiB at most, and counts that are kept, 32 MiB, both shared by all readers;
//! while a question is answered, 8 bytes a row that has its words (128 MiB a file at most) or 16 a place of a word (64 MiB), and 60 to 80 a group, of which
//! there are a million at most.
//!
//! Invariants: no clock (time is an argument); nothing is stored that was not in a record; what is dropped, cut or missing is said.
//!
//! ```
//! use avouch_finding::{Finding, Severity, Time};
//! use avouch_store::{Column, Filter, Options, Page, Record, Store};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let dir = tempfile::tempdir()?;
//! let store = Store::open(dir.path(), Options::default())?;
//! let finding = Finding { id: "f-1".into(), rule: "R".into(), severity: Severity::High, ..Finding::default() };
//! let record = Record { ledger: "l".into(), seq: 1, hash: [0; 32], recorded: Time(1), fact: finding.into() };
//! store.writer()?.apply(&[record])?;
//!
//! let filter = Filter::default().only(Column::Severity, ["high"]);
//! let page = store.reader()?.findings(&filter, Page::default())?;
//! assert_eq!((page.rows.len(), &*page.rows[0].rule), (1, "R"));
//! # Ok(())
//! # }
//! ```

mod block;
mod classes;
mod column;
mod error;
mod filter;
mod generation;
mod period;
mod pool;
mod read;
mod record;
mod schema;
mod slot;
mod stop;
mod store;
mod texts;
mod write;

pub use classes::Classes;
pub use column::{ActivityColumn, Column};
pub use error::{Error, Result};
pub use filter::{ActivityFilter, Cursor, CursorError, Filter, Order, Page, Rows};
pub use period::Period;
pub use pool::ReaderPool;
pub use read::{
    AcceptanceDay, Acknowledged, Ask, Assigned, Bodies, Bucket, BySeverity, Condensed, Counts, CriterionDay, Decided,
    DroppedPeriod, Facet, FacetValue, Freshness, Group, GroupOrder, Groups, Happened, LedgerPosition, OpenByAge,
    Reader, RuleDay, RuleSetLoaded, Since, StoredActivity, StoredFact, StoredFinding, Stretch,
};
pub use record::{Applied, Record, Source};
pub use stop::Stop;
pub use store::{Options, Store};
pub use write::{Dropped, Keep, Position, RetentionPolicy, Writer};
