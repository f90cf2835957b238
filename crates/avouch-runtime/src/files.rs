//! Files of runtimes and of /proc, read with a limit and without waiting: a pipe or a huge file in their place is an
//! error.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::errors::RuntimeError;

/// `O_NONBLOCK` of Linux on every architecture that we build for: opening a pipe must not wait for its writer.
const NONBLOCK: i32 = 0o4000;

/// The bytes of a plain file; `None` when there is none.
pub(crate) fn read(path: &Path, limit: usize) -> Result<Option<Vec<u8>>, RuntimeError> {
    match open_plain(path).and_then(|file| read_all(file, limit)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(source) => Err(RuntimeError::File { path: path.to_owned(), source }),
    }
}

fn open_plain(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).custom_flags(NONBLOCK).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("not a plain file")) }
}

fn read_all(file: File, limit: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > limit { Err(io::Error::other("larger than the limit")) } else { Ok(bytes) }
}

/// The value of a JSON file; `None` when there is no such file.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path, limit: usize) -> Result<Option<T>, RuntimeError> {
    let Some(bytes) = read(path, limit)? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|e| RuntimeError::Unreadable {
        place: path.display().to_string(),
        operation: "a read".to_owned(),
        problem: e.to_string(),
    })
}

/// One process as /proc shows it.
#[derive(Clone, Copy)]
pub(crate) struct Process<'a> {
    /// The machine's root.
    pub(crate) root: &'a Path,
    pub(crate) pid: u32,
}

/// Bytes of a command line that are read.
const CMDLINE: usize = 64 << 10;

impl<'a> Process<'a> {
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(format!("proc/{}/{name}", self.pid))
    }

    /// The process that started it; `None` at the top or when it is gone.
    pub(crate) fn parent(&self) -> Option<Self> {
        let stat = read(&self.path("stat"), CMDLINE).ok()??;
        let text = String::from_utf8_lossy(&stat);
        // The name stands in parentheses and may hold anything, the last one ends it.
        let pid = text.rsplit_once(')')?.1.split_ascii_whitespace().nth(1)?.parse().ok()?;
        (pid > 1).then_some(Process { root: self.root, pid })
    }

    /// Its command line.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let bytes = read(&self.path("cmdline"), CMDLINE).ok().flatten().unwrap_or_default();
        bytes.split(|b| *b == 0).map(|a| String::from_utf8_lossy(a).into_owned()).collect()
    }

    /// The user it runs as.
    pub(crate) fn uid(&self) -> Option<u32> {
        fs::metadata(self.path("")).ok().map(|m| m.uid())
    }

    /// Whether it shares a namespace (`pid`, `net`, `ipc`) with the machine's first process; `None` when either may not
    /// be looked at.
    pub(crate) fn shares_with_host(&self, namespace: &str) -> Option<bool> {
        let of = |process: &Process<'_>| fs::read_link(process.path(&format!("ns/{namespace}"))).ok();
        Some(of(self)? == of(&Process { root: self.root, pid: 1 })?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_files_within_the_limit_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        fs::write(&path, "12345").unwrap();
        assert_eq!(read(&path, 5).unwrap().unwrap(), b"12345");
        assert!(read(&path, 4).is_err());
        assert!(read(dir.path(), 100).is_err());
        assert!(read(&dir.path().join("none"), 100).unwrap().is_none());
        assert!(read_json::<serde_json::Value>(&path, 5).unwrap().is_some());
        fs::write(&path, "{").unwrap();
        assert!(read_json::<serde_json::Value>(&path, 5).is_err());
    }

    #[test]
    fn this_process_shares_with_itself() {
        let me = Process { root: Path::new("/"), pid: std::process::id() };
        assert!(me.parent().is_some());
        assert!(!me.arguments()[0].is_empty());
        assert!(me.uid().is_some());
    }
}
