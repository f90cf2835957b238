//! What can go wrong.

use std::io;
use std::path::PathBuf;

/// An operation of the store failed. What stood in the store before stands there still.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder.
    #[error("cannot {act} `{}`", path.display())]
    File {
        /// What was tried.
        act: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A database file.
    #[error("cannot {act} in `{}`", path.display())]
    Database {
        /// What was tried.
        act: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// Another writer has the store.
    #[error("another process writes to the store `{}`", path.display())]
    Locked {
        /// Its folder.
        path: PathBuf,
    },
    /// The store is of a later version.
    #[error("`{}` is of schema version {found}, this program knows up to {known}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The latest version that is known.
        known: u32,
    },
    /// The store is of an earlier version, and whoever may upgrade it did not yet.
    #[error("`{}` is of schema version {found} and has to be upgraded to {known} by a writer first", path.display())]
    Older {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The version that is needed.
        known: u32,
    },
    /// Records of a ledger are missing between what is stored and what was given.
    #[error("record {got} of ledger `{ledger}` does not follow record {after}")]
    Hole {
        /// The ledger.
        ledger: String,
        /// The last record before it.
        after: u64,
        /// The record that was given.
        got: u64,
    },
    /// The store was made anew while a question was answered.
    #[error("the store `{}` was made anew meanwhile; ask again", path.display())]
    Replaced {
        /// Its folder.
        path: PathBuf,
    },
    /// The question was ended before it was answered.
    #[error("the question was ended before it was answered")]
    Stopped,
    /// What a file of the store holds is not what was written there.
    #[error("`{}` holds {what} that cannot be read", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What.
        what: &'static str,
    },
    /// A question whose answer would be too large.
    #[error("the question asks for {asked} {what}, the limit is {limit}")]
    Limit {
        /// Of what.
        what: &'static str,
        /// How many.
        asked: u64,
        /// How many may be.
        limit: u64,
    },
    /// Free text that the index cannot be asked for.
    #[error("the text `{text}` cannot be searched for")]
    Text {
        /// The text.
        text: String,
        /// Why.
        source: rusqlite::Error,
    },
    /// Records could not be had from where they are kept.
    #[error("cannot read the records of ledger `{ledger}`")]
    Ledger {
        /// The ledger.
        ledger: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A record of the ledger is not the one that was indexed.
    #[error("record {seq} of ledger `{ledger}` is not the record that the store has indexed")]
    Mismatch {
        /// The ledger.
        ledger: String,
        /// Number of the record.
        seq: u64,
    },
}

/// Result of an operation of the store.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Names file and act in an error of the engine.
pub(crate) trait At<T> {
    fn at(self, act: &'static str, path: &std::path::Path) -> Result<T>;
}

impl<T> At<T> for rusqlite::Result<T> {
    fn at(self, act: &'static str, path: &std::path::Path) -> Result<T> {
        self.map_err(|source| Error::Database { act, path: path.to_owned(), source })
    }
}

impl<T> At<T> for io::Result<T> {
    fn at(self, act: &'static str, path: &std::path::Path) -> Result<T> {
        self.map_err(|source| Error::File { act, path: path.to_owned(), source })
    }
}
