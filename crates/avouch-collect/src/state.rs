//! State files: JSON, replaced as a whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use serde::{Serialize, de::DeserializeOwned};

use crate::CollectError;

/// Largest state file that is read, in bytes.
const MAX_STATE: u64 = 512 << 20;

/// Reads a state; none is the empty one.
pub(crate) fn load<S: DeserializeOwned + Default>(path: &Path) -> Result<S, CollectError> {
    let failed = |source| CollectError::Io { what: "read", path: path.to_owned(), source };
    let bad = |why: String| CollectError::State { path: path.to_owned(), why };
    let size = match fs::metadata(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(S::default()),
        meta => meta.map_err(failed)?.len(),
    };
    if size > MAX_STATE {
        return Err(bad("it is too large".to_owned()));
    }
    let bytes = fs::read(path).map_err(failed)?;
    serde_json::from_slice(&bytes).map_err(|e| bad(e.to_string()))
}

/// Writes a state beside the old one, and then in its place.
pub(crate) fn save<S: Serialize>(path: &Path, state: &S) -> Result<(), CollectError> {
    let failed = |source| CollectError::Io { what: "write", path: path.to_owned(), source };
    let bytes = serde_json::to_vec(state).map_err(|e| failed(e.into()))?;
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = Path::new(&part);
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(part)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(part, path)?;
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()
    };
    write().map_err(failed)
}
