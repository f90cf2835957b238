//! Audit records kept as they came, but for their secrets, so that rules can be tried on what was: a folder a source and node, a
//! file of gzip'd JSON lines an hour (`<folder>/k8s_audit/prod/2026-11-26T10.jsonl.gz`), which [`crate::Input`] reads.
//!
//! It is no evidence, and nothing waits for it: what cannot be kept is counted ([`ArchiveCounts`]). A crash of avouch loses
//! nothing, one of the machine the open minute.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use avouch_finding::Time;
use avouch_redact::Redactor;

use super::roll::{ENDING, HOUR, Lane, is_hour, make_folder};
use super::taken::Kept;

/// Bounds of an [`Archive`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveOptions {
    /// Its folder.
    pub folder: PathBuf,
    /// Bytes of all its files. When there are more, the oldest hours go.
    pub bytes: u64,
    /// How long records wait before they are compressed, ns.
    pub roll_ns: u64,
    /// Bytes that wait at most.
    pub roll_bytes: u64,
}

impl ArchiveOptions {
    /// 4 GiB in `folder`; records wait a minute, or until there are 8 MiB of them.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, bytes: 4 << 30, roll_ns: 60_000_000_000, roll_bytes: 8 << 20 }
    }
}

/// What an archive did since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ArchiveCounts {
    /// Records kept.
    pub records: u64,
    /// Secrets replaced in them.
    pub secrets: u64,
    /// Records that may hold a secret and could not be read well enough to take it out: not kept.
    pub not_redacted: u64,
    /// Records that could not be written.
    pub not_written: u64,
    /// Records that a crash of the machine had cut off.
    pub cut_off: u64,
    /// Files of hours that made room, and their bytes.
    pub removed_files: u64,
    /// See [`Self::removed_files`].
    pub removed_bytes: u64,
}

/// The archive cannot be opened or listed.
#[derive(Debug, thiserror::Error)]
#[error("failed to {what} the archive of audit records at `{}`", path.display())]
pub struct ArchiveError {
    /// What was tried.
    pub what: &'static str,
    /// With what.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// See the module.
pub struct Archive {
    options: ArchiveOptions,
    redactor: Redactor,
    lanes: BTreeMap<PathBuf, Lane>,
    rolled: Option<Time>,
    counts: ArchiveCounts,
}

impl Archive {
    /// Opens the archive, makes its folder where there is none, and finishes what a crash left undone.
    ///
    /// # Errors
    /// When that fails.
    pub fn open(options: ArchiveOptions, redactor: Redactor) -> Result<Self, ArchiveError> {
        let failed = |source| ArchiveError { what: "open", path: options.folder.clone(), source };
        make_folder(&options.folder).map_err(failed)?;
        let (mut lanes, mut counts) = (BTreeMap::new(), ArchiveCounts::default());
        for folder in folders(&options.folder).map_err(failed)? {
            let (lane, rolled) = Lane::open(folder.clone()).map_err(failed)?;
            counts.cut_off += rolled.broken_lines;
            lanes.insert(folder, lane);
        }
        Ok(Self { options, redactor, lanes, rolled: None, counts })
    }

    /// What it did.
    #[must_use]
    pub fn counts(&self) -> ArchiveCounts {
        self.counts
    }

    /// Keeps records, at `now`.
    pub fn append(&mut self, records: &[Kept], now: Time) {
        let mut lines: BTreeMap<PathBuf, (u64, Vec<u8>)> = BTreeMap::new();
        for kept in records {
            let folder = self.options.folder.join(kept.source).join(folder_name(&kept.node));
            let (n, out) = lines.entry(folder).or_default();
            let hour = kept.time.to_string();
            let Some(hour) = hour.get(..HOUR).filter(|h| is_hour(h)) else {
                self.counts.not_written += 1;
                continue;
            };
            match self.line(&kept.record) {
                Some(line) => {
                    *n += 1;
                    out.extend_from_slice(hour.as_bytes());
                    out.push(b' ');
                    out.extend(line);
                    out.push(b'\n');
                }
                None => self.counts.not_redacted += 1,
            }
        }
        for (folder, (n, lines)) in lines.into_iter().filter(|(_, (n, _))| *n > 0) {
            match self.lane(folder).and_then(|lane| lane.append(&lines).map(|()| lane.bytes)) {
                Ok(_) => self.counts.records += n,
                Err(_) => self.counts.not_written += n,
            }
        }
        self.tick(now);
    }

    /// Compresses what waited long enough, and makes room. Called now and then when nothing is appended.
    pub fn tick(&mut self, now: Time) {
        let last = *self.rolled.get_or_insert(now);
        let full = self.lanes.values().any(|lane| lane.bytes >= self.options.roll_bytes);
        // A clock that was set back must not keep records waiting.
        if full || now < last || now.0.saturating_sub(last.0) >= self.options.roll_ns {
            self.flush(now);
        }
    }

    /// Compresses everything that waits, so that [`Self::list`] tells of it.
    pub fn flush(&mut self, now: Time) {
        self.rolled = Some(now);
        for lane in self.lanes.values_mut() {
            // What cannot be rolled now waits on, and is counted where it cannot even wait.
            if let Ok(rolled) = lane.roll() {
                self.counts.cut_off += rolled.broken_lines;
            }
        }
        self.make_room();
    }

    /// Files that hold records of the period, half-open, by source, node and time. Records that still wait are in none of
    /// them.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn list(&self, from: Time, to: Time) -> Result<Vec<PathBuf>, ArchiveError> {
        let hour = |time: Time| time.to_string().get(..HOUR).unwrap_or_default().to_owned();
        let (first, last) = (hour(from), hour(Time(to.0.saturating_sub(1))));
        let all =
            self.hours().map_err(|source| ArchiveError { what: "list", path: self.options.folder.clone(), source })?;
        let mut out: Vec<PathBuf> =
            all.into_iter().filter(|f| f.hour >= first && f.hour <= last && from < to).map(|f| f.path).collect();
        out.sort();
        Ok(out)
    }

    /// The record as one line without secrets; `None` when they cannot be taken out.
    fn line(&mut self, record: &[u8]) -> Option<Vec<u8>> {
        if self.redactor.may_hold(record) {
            let mut value = serde_json::from_slice(record).ok()?;
            self.counts.secrets += self.redactor.redact(&mut value);
            return serde_json::to_vec(&value).ok();
        }
        // Between the parts of a record a newline is as good as a blank; inside a text none may stand.
        Some(record.iter().map(|b| if matches!(b, b'\n' | b'\r') { b' ' } else { *b }).collect())
    }

    fn lane(&mut self, folder: PathBuf) -> io::Result<&mut Lane> {
        if !self.lanes.contains_key(&folder) {
            let (lane, rolled) = Lane::open(folder.clone())?;
            self.counts.cut_off += rolled.broken_lines;
            self.lanes.insert(folder.clone(), lane);
        }
        self.lanes.get_mut(&folder).ok_or_else(|| io::Error::other("a lane is gone"))
    }

    fn make_room(&mut self) {
        let Ok(mut all) = self.hours() else { return };
        let mut bytes: u64 = all.iter().map(|f| f.bytes).sum();
        all.sort_by(|a, b| (&a.hour, &a.path).cmp(&(&b.hour, &b.path)));
        for file in all {
            if bytes <= self.options.bytes {
                break;
            }
            if fs::remove_file(&file.path).is_ok() {
                bytes -= file.bytes;
                self.counts.removed_files += 1;
                self.counts.removed_bytes += file.bytes;
            }
        }
    }

    fn hours(&self) -> io::Result<Vec<HourFile>> {
        let mut out = Vec::new();
        for folder in folders(&self.options.folder)? {
            for entry in fs::read_dir(&folder)? {
                let entry = entry?;
                let name = entry.file_name();
                let hour = name.to_str().and_then(|n| n.strip_suffix(ENDING)).filter(|h| is_hour(h));
                if let (Some(hour), Ok(meta)) = (hour, entry.metadata())
                    && meta.is_file()
                {
                    out.push(HourFile { hour: hour.to_owned(), path: entry.path(), bytes: meta.len() });
                }
            }
        }
        Ok(out)
    }
}

struct HourFile {
    hour: String,
    path: PathBuf,
    bytes: u64,
}

/// The folders of sources and nodes.
fn folders(root: &Path) -> io::Result<Vec<PathBuf>> {
    let inside = |folder: &Path| -> io::Result<Vec<PathBuf>> {
        let mut out = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                out.push(entry.path());
            }
        }
        Ok(out)
    };
    let mut out = Vec::new();
    for source in inside(root)? {
        out.extend(inside(&source)?);
    }
    out.sort();
    Ok(out)
}

/// The name of a node as that of a folder: what is no plain letter is written as `=` and its two hex digits.
fn folder_name(node: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    let mut out: String = node
        .bytes()
        .map(|b| if plain(b) { char::from(b).to_string() } else { format!("={b:02X}") })
        .take(200)
        .collect();
    if out.is_empty() {
        out.push('=');
    }
    out
}
