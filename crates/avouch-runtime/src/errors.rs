//! Why a runtime or the cluster's API gave no answer.

use std::path::PathBuf;

/// A call that gave no answer. Where it went is part of the text.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// Nothing listens there; the runtime is not in use.
    #[error("nothing listens at {0}")]
    NotThere(String),
    /// The connection failed.
    #[error("failed to connect to {place}")]
    Connect {
        /// Socket or address.
        place: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The connection broke, or the other side does not speak the protocol.
    #[error("failed to talk to {place}: {problem}")]
    Protocol {
        /// Socket or address.
        place: String,
        /// What went wrong.
        problem: String,
    },
    /// The other side refused.
    #[error("{place} refused {operation}: {status}")]
    Refused {
        /// Socket or address.
        place: String,
        /// What was asked.
        operation: String,
        /// Status of HTTP or gRPC.
        status: String,
    },
    /// The answer is larger than the limit.
    #[error("the answer of {place} to {operation} is larger than {limit} bytes")]
    TooLarge {
        /// Socket or address.
        place: String,
        /// What was asked.
        operation: String,
        /// The limit.
        limit: usize,
    },
    /// The answer is not what the protocol says.
    #[error("the answer of {place} to {operation} does not read: {problem}")]
    Unreadable {
        /// Socket or address.
        place: String,
        /// What was asked.
        operation: String,
        /// What is wrong.
        problem: String,
    },
    /// No answer in time.
    #[error("no answer from {0} in time")]
    Timeout(String),
    /// Several containers go by the name, and nothing tells which is meant.
    #[error("{count} namespaces at {place} have a container of that name")]
    Ambiguous {
        /// Socket.
        place: String,
        /// How many.
        count: usize,
    },
    /// A file of a runtime does not read.
    #[error("failed to read {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Access to the cluster is set up in a way that is not supported, or wrong.
    #[error("cannot use the cluster's access data in {place}: {problem}")]
    Access {
        /// File or address.
        place: String,
        /// What is wrong.
        problem: String,
    },
}

impl RuntimeError {
    /// Whether the answer came but could not be used.
    pub(crate) fn is_bad_answer(&self) -> bool {
        matches!(self, Self::Protocol { .. } | Self::TooLarge { .. } | Self::Unreadable { .. })
    }
}
