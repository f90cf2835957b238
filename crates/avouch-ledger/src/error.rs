//! What can go wrong.

use std::{io, path::PathBuf};

/// Why a record is refused. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// See [`crate::Draft::kind`].
    #[error("`{0}` is not a kind of record: 1 to 64 of a-z, 0-9, `_`, `-` and `.`, and `ledger.` is the ledger's own")]
    Kind(String),
    /// See [`crate::Source`].
    #[error("`{0}` is not a name of a source or run: 1 to 256 bytes without controls, quotes and backslashes")]
    Source(String),
    /// A body must be an object.
    #[error("the body of a record is not a JSON object")]
    NotAnObject,
    /// Values nest at most 120 deep.
    #[error("the body of a record is nested too deep")]
    TooDeep,
    /// A line has at most [`crate::MAX_LINE`] bytes.
    #[error("a record of {0} bytes is too large")]
    TooLarge(usize),
    /// Its number is not larger than the one before: the record is known, or the source counts anew without a new run.
    #[error("record {given} of source `{source_name}` was told after record {last}")]
    #[expect(missing_docs, reason = "named in the message")]
    SourceRepeat { source_name: String, given: u64, last: u64 },
}

/// Why a ledger cannot be opened, written or read.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are named in the messages")]
pub enum LedgerError {
    /// One writer at a time.
    #[error("another process writes to the ledger `{}`", dir.display())]
    Locked { dir: PathBuf },
    #[error("failed to {what} `{}`", path.display())]
    Io { what: &'static str, path: PathBuf, source: io::Error },
    /// What a head vouches for is not there any more: no torn tail, and never cut. Set the folder aside and begin a new ledger.
    #[error("the ledger `{}` is damaged: {reason}", dir.display())]
    Damaged { dir: PathBuf, reason: String },
    /// See [`crate::Options::declare_loss`].
    #[error("`{}` is missing, though the ledger was written with it", path.display())]
    SecretMissing { path: PathBuf },
    #[error("`{}` does not hold {what}", path.display())]
    BadSecret { path: PathBuf, what: &'static str },
    #[error("failed to get random bytes: {0}")]
    Random(getrandom::Error),
    #[error("record refused")]
    Record(#[from] RecordError),
    /// A write failed before; what is on disk is only known once the ledger was opened anew.
    #[error("the ledger `{}` could not be written before and must be opened anew", dir.display())]
    Broken { dir: PathBuf },
}

/// Names the operation and its file: `.map_err(io("read", &path))`.
pub(crate) fn io(what: &'static str, path: &std::path::Path) -> impl FnOnce(io::Error) -> LedgerError {
    let path = path.to_owned();
    move |source| LedgerError::Io { what, path, source }
}

/// See [`LedgerError::Damaged`].
pub(crate) fn damaged(dir: &std::path::Path, reason: impl Into<String>) -> LedgerError {
    LedgerError::Damaged { dir: dir.to_owned(), reason: reason.into() }
}
