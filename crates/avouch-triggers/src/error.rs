//! What can go wrong around an act.

use std::io;
use std::path::{Path, PathBuf};

/// An act could not be prepared or run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file operation of the preparation failed.
    #[error("failed to {operation} `{}`", .path.display())]
    File {
        /// What was tried.
        operation: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A system call of the preparation failed.
    #[error("failed to {operation}")]
    Call {
        /// What was tried.
        operation: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// A program of the preparation failed.
    #[error("`{program}` failed: {output}")]
    Tool {
        /// Its command line.
        program: String,
        /// What it said.
        output: String,
    },
    /// No server can listen on an address.
    #[error("failed to listen on {address}")]
    Listen {
        /// The address.
        address: std::net::SocketAddrV4,
        /// Why not.
        source: io::Error,
    },
    /// The act took longer than any case may.
    #[error("`{what}` took longer than {seconds} seconds")]
    Late {
        /// Which.
        what: String,
        /// The limit.
        seconds: u64,
    },
}

impl Error {
    pub(crate) fn file(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::File { operation, path, source }
    }

    pub(crate) fn call<E: Into<io::Error>>(operation: &'static str) -> impl FnOnce(E) -> Self {
        move |source| Self::Call { operation, source: source.into() }
    }
}
