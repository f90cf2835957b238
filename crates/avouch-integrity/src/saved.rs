//! The baseline in a file, so that the next run finds what changed in between.
//!
//! JSON lines: a head, then one line a path. It is written to a new file that then takes the name, so there is always a
//! whole one. Reading trusts nothing: lines that are wrong are counted, and then nothing is said to be new or removed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read as _, Write as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::IntegrityError;
use crate::file::{FileState, from_hex};

/// Of the layout of the lines; another one is not read.
const VERSION: u32 = 1;

/// Bytes a line may have: the longest path, thrice for escapes, and the longest target.
const MAX_LINE: usize = 32 << 10;

/// Bytes a line has at most on average; bounds what is read of a file that claims to be a baseline.
const MEAN_LINE: u64 = 1 << 10;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    avouch_integrity_baseline: u32,
    /// Every watched path is in it.
    complete: bool,
    files: u64,
    watch: Vec<String>,
    exclude: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    path: Name,
    file: FileState,
}

/// A path; hexadecimal digits of its bytes where it is no text.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Name {
    Text(String),
    Hex { hex: String },
}

impl Name {
    fn of(path: &Path) -> Self {
        match path.to_str() {
            Some(text) => Self::Text(text.to_owned()),
            None => {
                let hex = path.as_os_str().as_bytes().iter().map(|b| format!("{b:02x}")).collect();
                Self::Hex { hex }
            }
        }
    }

    fn path(self) -> Option<PathBuf> {
        let path = match self {
            Self::Text(text) => PathBuf::from(text),
            Self::Hex { hex } => PathBuf::from(std::ffi::OsString::from_vec(from_hex(&hex)?)),
        };
        (path.is_absolute() && !path.as_os_str().as_bytes().contains(&0)).then_some(path)
    }
}

/// What was read from a saved baseline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// States by path, in the order of the file.
    pub files: Vec<(PathBuf, FileState)>,
    /// Every path that was watched then is in it.
    pub complete: bool,
    /// Patterns of what was watched then.
    pub watch: Vec<String>,
    /// Patterns of what was not.
    pub exclude: Vec<String>,
    /// What was wrong with it.
    pub counts: LoadCounts,
}

/// Parts of a saved baseline that were not taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoadCounts {
    /// Lines that are no state of a file.
    pub bad_lines: u64,
    /// Lines beyond the limit of files.
    pub beyond_limit: u64,
}

/// Reads a saved baseline; of a head that is not one of ours, nothing.
#[must_use]
pub fn parse_saved(data: &[u8], max_files: usize) -> Option<Saved> {
    let mut lines = data.split(|b| *b == b'\n');
    let head: Head = serde_json::from_slice(lines.next().filter(|l| l.len() <= MAX_LINE)?).ok()?;
    if head.avouch_integrity_baseline != VERSION {
        return None;
    }
    let mut out = Saved { watch: head.watch, exclude: head.exclude, ..Saved::default() };
    for line in lines.filter(|line| !line.is_empty()) {
        if out.files.len() >= max_files {
            out.counts.beyond_limit += 1;
            continue;
        }
        let parsed = if line.len() <= MAX_LINE { serde_json::from_slice::<Line>(line).ok() } else { None };
        match parsed.and_then(|line| Some((line.path.path()?, line.file))) {
            Some(file) => out.files.push(file),
            None => out.counts.bad_lines += 1,
        }
    }
    let whole = out.counts == LoadCounts::default() && out.files.len() as u64 == head.files;
    out.complete = head.complete && whole;
    Some(out)
}

/// Loads what an earlier run saved; `None` when there is no such file.
pub(crate) fn load(path: &Path, max_files: usize) -> Result<Option<Saved>, IntegrityError> {
    let fail = |source| IntegrityError::Load { path: path.to_owned(), source };
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).unwrap_or(0);
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(fail(e)),
    };
    if !file.metadata().map_err(fail)?.is_file() {
        return Err(fail(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")));
    }
    let most = (max_files as u64).saturating_mul(MEAN_LINE).saturating_add(MAX_LINE as u64);
    let mut data = Vec::new();
    file.take(most).read_to_end(&mut data).map_err(fail)?;
    let no_baseline = || fail(io::Error::new(io::ErrorKind::InvalidData, "not a baseline of this version"));
    parse_saved(&data, max_files).map(Some).ok_or_else(no_baseline)
}

/// Saves it: after this the file is the new one or the old one, whole.
pub(crate) fn save<'f>(
    path: &Path,
    complete: bool,
    (watch, exclude): (&[String], &[String]),
    count: u64,
    files: impl Iterator<Item = (&'f PathBuf, &'f FileState)>,
) -> Result<(), IntegrityError> {
    let new = path.with_extension("new");
    let write = || -> io::Result<()> {
        match fs::remove_file(&new) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        let mut out = BufWriter::new(OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?);
        let head = Head {
            avouch_integrity_baseline: VERSION,
            complete,
            files: count,
            watch: watch.to_vec(),
            exclude: exclude.to_vec(),
        };
        serde_json::to_writer(&mut out, &head)?;
        for (path, state) in files {
            out.write_all(b"\n")?;
            let line = Line { path: Name::of(path), file: state.clone() };
            serde_json::to_writer(&mut out, &line)?;
        }
        out.write_all(b"\n")?;
        out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(&new, path)?;
        match path.parent().filter(|p| !p.as_os_str().is_empty()) {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    };
    write().map_err(|source| IntegrityError::Save { path: path.to_owned(), source })
}
