//! What is handed over besides the report: populations, samples, and the part of the ledger that they stand on.

mod ledger;
mod packets;

pub use ledger::CopyError;
pub(crate) use ledger::copy_ledger;
pub use packets::PacketError;
pub(crate) use packets::write_packets;

use std::io;
use std::path::{Path, PathBuf};

/// Why a file of the report cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("failed to {what} `{}`", path.display())]
#[expect(missing_docs, reason = "named in the message")]
pub struct FileError {
    pub what: &'static str,
    pub path: PathBuf,
    pub source: io::Error,
}

pub(crate) fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FileError {
    let path = path.to_owned();
    move |source| FileError { what, path, source }
}

/// Makes a folder and writes a file into it.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir).map_err(failed("make the folder", dir))?;
    }
    std::fs::write(path, bytes).map_err(failed("write", path))
}

/// JSON for people, with a newline at its end.
pub(crate) fn pretty(value: &serde_json::Value) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}
