//! Where heads of a ledger are kept outside of it, so that a cut tail shows: a file, a git repository, a bucket with object
//! lock, a time-stamp authority. One file each; adding one is adding a file and a variant of nothing: [`Anchor`] is a trait.
//!
//! An anchor takes bytes, the line of a head, and gives a [`Receipt`]. It knows nothing of ledgers, and checks nothing of a
//! head. What it sends away is that line or its digest alone; neither holds a fact of the ledger.
//!
//! It never reports as published what the other side did not confirm.

mod der;
mod file;
mod git;
mod http;
mod s3;
mod stamp;
mod tsa;

use std::{io, path::PathBuf};

pub use avouch_s3::{Credentials as S3Credentials, Utc};
pub use file::FileAnchor;
pub use git::GitAnchor;
pub use s3::{LockMode, S3Anchor};
pub use stamp::StampTrust;
pub use tsa::{StampReply, TsaAnchor, parse_reply, stamp_request};

/// A head to publish.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// Id of the ledger: 1 to 64 of a-z, 0-9 and `-`.
    pub ledger: &'a str,
    /// Last record that it vouches for.
    pub last_seq: u64,
    /// Its line, without a newline.
    pub line: &'a [u8],
    /// Nanoseconds since 1970 UTC, by the caller's clock.
    pub now: u64,
}

impl Head<'_> {
    fn check(&self) -> Result<(), AnchorError> {
        let plain = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-');
        let good = (1..=64).contains(&self.ledger.len()) && self.ledger.bytes().all(plain);
        if good && !self.line.contains(&b'\n') { Ok(()) } else { Err(AnchorError::NotAHead) }
    }
}

/// What shows that a head was published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// Where, in a word that a person can follow: a path, a commit, an address, a policy and serial number.
    pub place: String,
    /// When, as the other side says, when it says.
    pub time: Option<String>,
    /// What the other side gave, to be kept beside the head: a time-stamp reply.
    pub bytes: Option<Vec<u8>>,
}

/// A place outside the ledger.
pub trait Anchor {
    /// Its name in records: `file`, `git`, `s3`, `tsa`.
    fn name(&self) -> &'static str;

    /// Publishes a head, and waits until that is done. The same head may be published again.
    ///
    /// # Errors
    /// When the other side did not confirm it.
    fn publish(&self, head: &Head<'_>) -> Result<Receipt, AnchorError>;
}

/// Why a head was not published.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are named in the messages")]
pub enum AnchorError {
    #[error("what is to be published is not the line of a head")]
    NotAHead,
    #[error("failed to {what} `{}`", path.display())]
    Io { what: &'static str, path: PathBuf, source: io::Error },
    #[error("`git {command}` in `{}` failed: {message}", repository.display())]
    Git { repository: PathBuf, command: String, message: String },
    #[error("`{url}` is not an address of the form http(s)://host[:port][/path]")]
    Url { url: String },
    #[error("`{url}` could not be reached: {message}")]
    Http { url: String, message: String },
    #[error("`{url}` answered {status}: {message}")]
    Refused { url: String, status: u16, message: String },
    #[error("the time-stamp authority refused with status {status}: {message}")]
    StampRefused { status: u64, message: String },
    #[error("the time-stamp reply {reason}")]
    StampReply { reason: &'static str },
    #[error("the signature of the time-stamp reply {reason}")]
    StampSignature { reason: &'static str },
    #[error(
        "there is no certificate of a time-stamp authority in what was given as trusted, or one that cannot be read"
    )]
    StampTrust,
    #[error("failed to get random bytes: {0}")]
    Random(getrandom::Error),
}

fn io_error(what: &'static str, path: &std::path::Path) -> impl FnOnce(io::Error) -> AnchorError {
    let path = path.to_owned();
    move |source| AnchorError::Io { what, path, source }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
