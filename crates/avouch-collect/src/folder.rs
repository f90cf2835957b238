//! A folder, and all that lies below it, looked through every few seconds.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use flate2::bufread::MultiGzDecoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{Ack, Arrived, CollectError, Round, hex, is_json, state};

/// Files that are handed over between two writings of the state, at least.
const SAVE_EVERY: u64 = 64;

/// Folders inside one another.
const DEPTH: usize = 24;

/// How a folder is watched. Links are not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderOptions {
    /// The folder.
    pub folder: PathBuf,
    /// File of the state.
    pub state: PathBuf,
    /// Bytes of a file; a larger one is refused.
    pub file_bytes: u64,
    /// Files that are remembered; those beyond are refused.
    pub files: usize,
    /// A file that was written less than this ago, in ns, may still be written to: it has to look the same twice.
    pub settle_ns: u64,
    /// How long a file that is not complete is waited for, in ns. It is handed over as it is then.
    pub patience_ns: u64,
    /// How long a file that is gone is remembered, in ns: a share that was not mounted must not come all over again.
    pub forget_ns: u64,
}

impl FolderOptions {
    /// 256 MiB a file, 500,000 files; 2 s to settle, 10 min of patience, a week of memory.
    #[must_use]
    pub fn new(folder: PathBuf, state: PathBuf) -> Self {
        const SECOND: u64 = 1_000_000_000;
        Self {
            folder,
            state,
            file_bytes: 256 << 20,
            files: 500_000,
            settle_ns: 2 * SECOND,
            patience_ns: 600 * SECOND,
            forget_ns: 7 * 86_400 * SECOND,
        }
    }
}

/// A file as it lay there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Found {
    path: PathBuf,
    bytes: u64,
    modified: u64,
}

/// A file that was handed over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    bytes: u64,
    modified: u64,
    sha256: String,
    /// Since when it is gone; 0 while it is there.
    #[serde(default, skip_serializing_if = "is_zero")]
    gone: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// A file that is not handed over yet.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    bytes: u64,
    modified: u64,
    /// Since when it looks so.
    since: u64,
}

/// See [`FolderOptions`].
#[derive(Debug)]
pub struct FolderWatch {
    options: FolderOptions,
    seen: BTreeMap<String, Seen>,
    waiting: BTreeMap<String, Waiting>,
}

impl FolderWatch {
    /// Reads the state. The folder need not be there yet.
    ///
    /// # Errors
    /// When there is a state and it cannot be read.
    pub fn open(options: FolderOptions) -> Result<Self, CollectError> {
        let seen = state::load(&options.state)?;
        Ok(Self { options, seen, waiting: BTreeMap::new() })
    }

    /// Looks for what is new, at `now` (ns since 1970 UTC), and hands it over.
    ///
    /// # Errors
    /// When the folder cannot be read or the state not be written. Single files that cannot be read are told in the round.
    pub fn poll(&mut self, now: u64, take: &mut dyn FnMut(&Arrived<'_>) -> Ack) -> Result<Round, CollectError> {
        let mut round = Round { complete: true, ..Round::default() };
        let found = self.walk(&mut round)?;
        self.waiting.retain(|name, _| found.contains_key(name));
        let mut dirty = self.note_gone(&found, now, round.complete);
        let mut order: Vec<(&String, &Found)> = found.iter().collect();
        order.sort_by_key(|(name, file)| (file.modified, *name));
        let mut unsaved = 0;
        for (name, file) in order {
            let known = self.seen.get(name);
            if known.is_some_and(|s| (s.bytes, s.modified) == (file.bytes, file.modified)) {
                continue;
            }
            if file.bytes > self.options.file_bytes {
                round.refused += 1;
                round.problem(|| format!("`{name}` has {} bytes: too large", file.bytes));
                continue;
            }
            if known.is_none() && self.seen.len() >= self.options.files {
                round.refused += 1;
                round.problem(|| format!("`{name}` is one file too many to be remembered"));
                continue;
            }
            if !self.is_settled(name, file, now) {
                round.waiting += 1;
                continue;
            }
            let bytes = match read(file) {
                Ok(Some(bytes)) => bytes,
                // It is being written to.
                Ok(None) => {
                    round.waiting += 1;
                    continue;
                }
                Err(error) => {
                    round.failed += 1;
                    round.problem(|| format!("`{name}` cannot be read: {error}"));
                    continue;
                }
            };
            let whole = is_whole(name, &bytes);
            if !whole && self.waits(name, now) {
                round.waiting += 1;
                continue;
            }
            let sha256 = hex(&Sha256::digest(&bytes));
            let seen = Seen { bytes: file.bytes, modified: file.modified, sha256, gone: 0 };
            let before = self.seen.get(name).map(|s| s.sha256.clone());
            if before.as_ref() != Some(&seen.sha256) {
                let changed = before.is_some();
                let (modified, sha256) = (file.modified, seen.sha256.as_str());
                let arrived = Arrived { name, bytes: &bytes, signature: None, modified, sha256, changed, whole };
                if take(&arrived) == Ack::Later {
                    round.complete = false;
                    break;
                }
                round.delivered += 1;
                round.changed += u64::from(changed);
                unsaved += 1;
            }
            self.seen.insert(name.clone(), seen);
            self.waiting.remove(name);
            dirty = true;
            // The more there is to write, the more seldom it is written.
            if unsaved >= SAVE_EVERY.max(self.seen.len() as u64 / 32) {
                state::save(&self.options.state, &self.seen)?;
                (unsaved, dirty) = (0, false);
            }
        }
        if dirty {
            state::save(&self.options.state, &self.seen)?;
        }
        Ok(round)
    }

    /// Every file below the folder that is to be read, by name.
    fn walk(&self, round: &mut Round) -> Result<BTreeMap<String, Found>, CollectError> {
        let root = &self.options.folder;
        let mut out = BTreeMap::new();
        let mut open = vec![(root.clone(), String::new(), 0)];
        while let Some((folder, prefix, depth)) = open.pop() {
            let entries = match fs::read_dir(&folder).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
                Ok(entries) => entries,
                Err(source) if folder == *root => return Err(CollectError::Io { what: "list", path: folder, source }),
                Err(error) => {
                    round.complete = false;
                    round.failed += 1;
                    round.problem(|| format!("`{}` cannot be listed: {error}", folder.display()));
                    continue;
                }
            };
            for entry in entries {
                // A name that is no text cannot be told in a state file.
                let Ok(name) = entry.file_name().into_string() else {
                    round.refused += 1;
                    round.problem(|| format!("a name in `{}` is no text", folder.display()));
                    continue;
                };
                let name = format!("{prefix}{name}");
                let Ok(meta) = fs::symlink_metadata(entry.path()) else { continue };
                if meta.is_dir() && depth < DEPTH {
                    open.push((entry.path(), format!("{name}/"), depth + 1));
                } else if meta.is_file() && is_json(&name) {
                    let modified = meta.modified().ok().and_then(|t| t.duration_since(UNIX_EPOCH).ok());
                    let modified = modified.and_then(|d| u64::try_from(d.as_nanos()).ok()).unwrap_or_default();
                    out.insert(name, Found { path: entry.path(), bytes: meta.len(), modified });
                } else {
                    round.ignored += 1;
                }
            }
        }
        Ok(out)
    }

    /// Notes what is gone and forgets what is gone for long; whether anything changed.
    fn note_gone(&mut self, found: &BTreeMap<String, Found>, now: u64, complete: bool) -> bool {
        let forget = self.options.forget_ns;
        let before = self.seen.len();
        let mut dirty = false;
        self.seen.retain(|name, seen| {
            if found.contains_key(name) || !complete {
                dirty |= seen.gone != 0;
                seen.gone = 0;
            } else if seen.gone == 0 {
                seen.gone = now.max(1);
                dirty = true;
            }
            seen.gone == 0 || now.saturating_sub(seen.gone) < forget
        });
        dirty || self.seen.len() != before
    }

    /// Whether nobody seems to write to it any more.
    fn is_settled(&mut self, name: &str, file: &Found, now: u64) -> bool {
        let looks = (file.bytes, file.modified);
        let same = self.waiting.get(name).is_some_and(|w| (w.bytes, w.modified) == looks);
        if !same {
            let waiting = Waiting { bytes: file.bytes, modified: file.modified, since: now };
            self.waiting.insert(name.to_owned(), waiting);
        }
        same || now.saturating_sub(file.modified) >= self.options.settle_ns
    }

    fn waits(&self, name: &str, now: u64) -> bool {
        let since = self.waiting.get(name).map_or(now, |w| w.since);
        now.saturating_sub(since) < self.options.patience_ns
    }
}

/// All of a file, or `None` when it is not what it was when it was found.
fn read(file: &Found) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    File::open(&file.path)?.take(file.bytes.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 == file.bytes).then_some(bytes))
}

/// Whether it ends as a file of its kind does.
fn is_whole(name: &str, bytes: &[u8]) -> bool {
    if Path::new(name).extension().is_some_and(|e| e == "gz") || bytes.starts_with(&[0x1f, 0x8b]) {
        /// Bytes beyond which nobody looks whether a file is whole: its taker will refuse it.
        const ENOUGH: u64 = 1 << 30;
        return io::copy(&mut MultiGzDecoder::new(bytes).take(ENOUGH), &mut io::sink()).is_ok_and(|n| n > 0);
    }
    matches!(bytes.trim_ascii_end().last(), Some(b'}' | b']'))
}
