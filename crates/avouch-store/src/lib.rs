//! Embedded store: an index over facts, to ask quickly what the ledger holds.
//!
//! The ledger is the truth. The store is made from its records, in their order ([`Writer::apply`]), and can be made anew from
//! them. It is one folder of SQLite files: `main.db` has the positions, what was watched and the facts that are few; findings
//! stand in a file a month, activity in a file a day, and old ones are dropped as files. Each file holds its own dictionaries, so none
//! depends on another.
//!
//! Invariants: no clock (time is an argument); nothing is stored that was not in a record; what is dropped, cut or missing is said.

mod classes;
mod column;
mod error;
mod filter;
mod generation;
mod period;
mod read;
mod record;
mod schema;
mod slot;
mod store;
mod write;

pub use classes::Classes;
pub use column::{ActivityColumn, Column};
pub use error::{Error, Result};
pub use filter::{ActivityFilter, Cursor, CursorError, Filter, Order, Page, Rows};
pub use period::Period;
pub use read::{
    AcceptanceDay, Acknowledged, Ask, Bodies, Bucket, BySeverity, Counts, CriterionDay, Decided, DroppedPeriod, Facet,
    FacetValue, Freshness, LedgerPosition, Reader, RuleDay, RuleSetLoaded, StoredActivity, StoredFact, StoredFinding,
    Stretch,
};
pub use record::{Applied, Record, Source};
pub use store::{Options, Store};
pub use write::{Dropped, Keep, Position, RetentionPolicy, Writer};
