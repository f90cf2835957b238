//! What goes into the store.

use avouch_finding::{Fact, Time};

/// A record of a ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Identity of the ledger.
    pub ledger: String,
    /// Number of the record in it, from 1, without holes.
    pub seq: u64,
    /// SHA-256 of the record, as the ledger links it.
    pub hash: [u8; 32],
    /// When it was written to the ledger.
    pub recorded: Time,
    /// What it says.
    pub fact: Fact,
}

/// Where something stands in the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source {
    /// Identity of the ledger.
    pub ledger: std::sync::Arc<str>,
    /// Number of the record.
    pub seq: u64,
    /// SHA-256 of the record.
    pub hash: [u8; 32],
}

/// What [`crate::Writer::apply`] did with a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Records that are new.
    pub new: usize,
    /// Records that were applied before.
    pub known: usize,
    /// Among the new ones, findings whose id was there already: the first one stays.
    pub repeated: usize,
}
