//! Why a question about history cannot be answered.

/// See each.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] avouch_store::Error),
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] avouch_ledger::LedgerError),
    /// Somebody asked to stop.
    #[error("it was stopped before its end")]
    Cancelled,
    /// The condition or subject of an acceptance cannot be compiled.
    #[error("acceptance `{id}` cannot be compiled: {why}")]
    #[expect(missing_docs, reason = "named in the message")]
    NotCompiled { id: String, why: String },
    /// A finding has no field that could tell it from others of its rule.
    #[error("finding `{id}` recorded no field to narrow an acceptance by; write a condition by hand")]
    #[expect(missing_docs, reason = "named in the message")]
    NothingToNarrowBy { id: String },
    /// The capture of a finding cannot be read.
    #[error("the capture `{file}` cannot be read: {why}")]
    #[expect(missing_docs, reason = "named in the message")]
    Capture { file: String, why: String },
}

/// The result of a question about history.
pub type Result<T> = std::result::Result<T, Error>;
