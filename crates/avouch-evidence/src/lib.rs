//! A folder of evidence: `ledger/` is the truth, `store/` an index made from it, `inbox/` where other commands leave facts
//! while a process writes.
//!
//! A [`Recorder`] takes facts; once [`Recorder::flush`] returned they are safe in the ledger and can be asked for in the store.
//! The store gets each fact from the ledger, read back as it was written (redacted, linked), never from memory: so a store that was
//! left behind by a crash, or thrown away, is made up for by the same code ([`Recorder::open`]).
//!
//! It never tells the store what the ledger has not acknowledged.

mod folder;
mod inbox;
mod index;
mod recorder;
mod sink;

pub use folder::Folder;
pub use inbox::Inbox;
pub use index::{Index, Indexed, Listener};
pub use recorder::{Recorder, Settings};
pub use sink::{FactSink, SinkError};

/// Why evidence cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] avouch_ledger::LedgerError),
    /// The store.
    #[error(transparent)]
    Store(#[from] avouch_store::Error),
    /// A fact.
    #[error(transparent)]
    Fact(#[from] avouch_finding::FactError),
    /// A file of the inbox.
    #[error("failed to {what} `{}`", path.display())]
    #[expect(missing_docs, reason = "named in the message")]
    File { what: &'static str, path: std::path::PathBuf, source: std::io::Error },
    /// The store knows more of the ledger than the ledger does: one of them is not the other's.
    #[error(
        "the store holds records up to {store} of a ledger that ends at {ledger}: it is not made from this ledger; remove it to make it anew"
    )]
    #[expect(missing_docs, reason = "named in the message")]
    Ahead { store: u64, ledger: u64 },
}

/// The result of work on evidence.
pub type Result<T> = std::result::Result<T, EvidenceError>;
