//! Facts that a command leaves for the process that writes the ledger.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use avouch_finding::Fact;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::{EvidenceError, Result};

/// The largest file that is read.
const MAX_BYTES: u64 = 1 << 20;

/// A folder with one file a fact.
#[derive(Clone, Debug)]
pub struct Inbox(PathBuf);

#[derive(Serialize, Deserialize)]
struct Letter {
    kind: String,
    body: Json,
}

/// A fact and its file, which is removed once the fact is safe.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) fact: Fact,
    path: PathBuf,
}

impl Waiting {
    /// Removes the file.
    pub(crate) fn done(self) -> Result<()> {
        fs::remove_file(&self.path).map_err(failed("remove", &self.path))
    }
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> EvidenceError {
    let path = path.to_owned();
    move |source| EvidenceError::File { what, path, source }
}

impl Inbox {
    /// The inbox at `dir`, be it there or not.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self(dir.into())
    }

    /// Leaves a fact. It is on the disk when this returns; whoever writes the ledger takes it from there. `name` has to be new:
    /// files are taken in the order of their names.
    ///
    /// # Errors
    /// When the file cannot be written, or is there already.
    pub fn leave(&self, fact: &Fact, name: &str) -> Result<()> {
        fs::create_dir_all(&self.0).map_err(failed("make the folder", &self.0))?;
        let letter = Letter { kind: fact.kind().to_owned(), body: fact.body()? };
        let path = self.0.join(format!("{name}.json"));
        let draft = self.0.join(format!("{name}.new"));
        let text = serde_json::to_vec(&letter).map_err(|e| failed("write", &path)(e.into()))?;
        let write = || {
            let mut file = fs::File::create_new(&draft)?;
            file.write_all(&text)?;
            file.sync_all()?;
            fs::rename(&draft, &path)?;
            fs::File::open(&self.0)?.sync_all()
        };
        write().map_err(failed("write", &path))
    }

    /// Facts that wait, in order, and how many files are none. A file that is no fact is set aside under another name, for somebody to
    /// look at.
    pub(crate) fn take(&self) -> Result<(Vec<Waiting>, u64)> {
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok((Vec::new(), 0)),
            Err(e) => return Err(failed("list", &self.0)(e)),
        };
        let mut paths: Vec<PathBuf> = entries.filter_map(|e| e.ok().map(|e| e.path())).collect();
        paths.retain(|p| p.extension().is_some_and(|e| e == "json"));
        paths.sort();
        let (mut out, mut bad) = (Vec::new(), 0);
        for path in paths {
            match read(&path)? {
                Some(fact) => out.push(Waiting { fact, path }),
                None => {
                    bad += 1;
                    let aside = path.with_extension("refused");
                    fs::rename(&path, &aside).map_err(failed("set aside", &path))?;
                }
            }
        }
        Ok((out, bad))
    }
}

fn read(path: &Path) -> Result<Option<Fact>> {
    if fs::metadata(path).map_err(failed("read", path))?.len() > MAX_BYTES {
        return Ok(None);
    }
    let bytes = fs::read(path).map_err(failed("read", path))?;
    let letter: Option<Letter> = serde_json::from_slice(&bytes).ok();
    let fact = letter.and_then(|l| Fact::read(&l.kind, l.body).ok());
    // The ledger's own kinds are not for others to write, and a kind that is not known cannot be checked.
    Ok(fact.filter(|f| !matches!(f, Fact::Other { .. })))
}
