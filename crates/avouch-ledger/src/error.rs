//! What can go wrong.

use std::{io, path::PathBuf};

use avouch_chain::RecordError;

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
