//! Fetches files of audit records (CloudTrail's, say) as they come: [`FolderWatch`] from a folder, [`BucketPoll`] from an
//! S3-compatible bucket. Each is asked now and then to look (`poll`), and hands over what is new, the oldest first, to a function
//! that says whether it is safe ([`Ack`]). What was safe is noted in a small state file, and comes again only when it changed;
//! what was not comes with the next look. So everything comes at least once, and after a crash some of it twice: whoever takes
//! it must be able to tell.
//!
//! Nothing is passed over in silence: what could not be read, was too large or is not there yet is counted and named in the
//! [`Round`].
//!
//! ```
//! use avouch_collect::{Ack, FolderOptions, FolderWatch};
//!
//! let dir = tempfile::tempdir()?;
//! let folder = dir.path().join("trail");
//! std::fs::create_dir(&folder)?;
//! std::fs::write(folder.join("a.json"), r#"{"Records":[]}"#)?;
//! let mut watch = FolderWatch::open(FolderOptions::new(folder, dir.path().join("state.json")))?;
//! let now = u64::try_from(std::time::UNIX_EPOCH.elapsed()?.as_nanos())? + 3_000_000_000;
//! let mut names = Vec::new();
//! let round = watch.poll(now, &mut |file| {
//!     // judge.take(...), write the facts, judge.settle(...)
//!     names.push(file.name.to_owned());
//!     Ack::Safe
//! })?;
//! assert_eq!((names, round.delivered), (vec!["a.json".to_owned()], 1));
//! assert_eq!(watch.poll(now, &mut |_| Ack::Safe)?.delivered, 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bucket;
mod folder;
mod state;
mod streams;

use std::{io, path::PathBuf};

pub use bucket::{BucketOptions, BucketPoll, CredentialsFrom, Layout, Waits};
pub use folder::{FolderOptions, FolderWatch};

/// Something new.
#[derive(Clone, Copy, Debug)]
pub struct Arrived<'a> {
    /// Name in the folder or bucket, with `/` between its parts.
    pub name: &'a str,
    /// All of it, as it stands there: gzip is not undone.
    pub bytes: &'a [u8],
    /// The `signature` in its metadata, where the bucket keeps one. Files in folders have none.
    pub signature: Option<&'a str>,
    /// When it was last written, ns since 1970 UTC.
    pub modified: u64,
    /// SHA-256 of the bytes, in hex.
    pub sha256: &'a str,
    /// It came before, with another content.
    pub changed: bool,
    /// It looks complete. Else it was waited for, and nobody wrote on.
    pub whole: bool,
}

/// What became of something that was handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ack {
    /// It is safe: it need not come again.
    Safe,
    /// It is not safe. The round ends, and the next one begins with it.
    Later,
}

/// What a look came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Files that were handed over and are safe.
    pub delivered: u64,
    /// Of these, those that came before with another content.
    pub changed: u64,
    /// Files that are still written to, or are not complete.
    pub waiting: u64,
    /// Files that will not be read: too large, or beyond the number that can be remembered.
    pub refused: u64,
    /// Files that could not be read this time.
    pub failed: u64,
    /// Names with another ending.
    pub ignored: u64,
    /// Everything that is there was looked at.
    pub complete: bool,
    /// The first things that were wrong, in words.
    pub problems: Vec<String>,
}

/// Problems that are told.
const TOLD: usize = 20;

impl Round {
    fn problem(&mut self, text: impl FnOnce() -> String) {
        if self.problems.len() < TOLD {
            self.problems.push(text());
        }
    }
}

/// A look failed as a whole: the source is not being watched.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are named in the messages")]
pub enum CollectError {
    #[error("failed to {what} `{}`", path.display())]
    Io { what: &'static str, path: PathBuf, source: io::Error },
    #[error("the state file `{}` cannot be read: {why}", path.display())]
    State { path: PathBuf, why: String },
    #[error(transparent)]
    Credentials(#[from] avouch_s3::CredentialsError),
    #[error("bucket `{bucket}` cannot be {what}: {source}")]
    Bucket { bucket: String, what: &'static str, source: avouch_s3::S3Error },
    #[error("bucket `{bucket}` has no folders by day (`.../2026/11/26/`) under `{prefix}`")]
    NoDays { bucket: String, prefix: String },
}

/// Endings of names that are taken.
fn is_json(name: &str) -> bool {
    name.ends_with(".json") || name.ends_with(".json.gz")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
