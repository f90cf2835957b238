//! Keeping what a run saw as evidence: a folder with ledger and store.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, ensure};
use avouch_evidence::{EvidenceError, Folder, Inbox, Recorder, Settings};
use avouch_finding::{Fact, Kind, Time};
use avouch_ledger::{LedgerError, OpenReport, Source};
use avouch_store::{Period, Reader, Store};
use clap::Args;
use sha2::{Digest, Sha256};

use crate::terminal;

/// Where evidence is kept, and whose it is. A command that takes these has a group `keeping` of all places that it can be kept in.
#[derive(Debug, Clone, Args)]
pub(crate) struct KeepArgs {
    /// Keep what was watched and found as evidence in this folder: a signed, hash-linked ledger and an index over it.
    #[arg(long, value_name = "DIR", help_heading = "Evidence")]
    pub(crate) data: Option<PathBuf>,
    /// Name under which it is kept: the machine, cluster or account that was watched. Default: the host name.
    #[arg(long, value_name = "NAME", requires = "keeping", help_heading = "Evidence")]
    pub(crate) node: Option<String>,
    /// Cluster that the node belongs to.
    #[arg(long, value_name = "NAME", requires = "keeping", help_heading = "Evidence")]
    pub(crate) cluster: Option<String>,
    /// Acceptances: dated, approved holes. Detections that one covers are kept and counted, and nobody is told of them. A file
    /// or folder; may be repeated.
    #[arg(long, value_name = "PATH", requires = "keeping", help_heading = "Evidence")]
    pub(crate) acceptances: Vec<PathBuf>,
}

/// The clock.
pub(crate) fn now() -> Time {
    let ns = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos());
    Time(u64::try_from(ns).unwrap_or(u64::MAX))
}

/// The folder of evidence at a path.
pub(crate) fn folder(dir: &Path) -> anyhow::Result<Folder> {
    let folder = Folder::new(dir);
    ensure!(folder.is_there(), "`{}` holds no evidence; agent and replay keep some with --data", dir.display());
    Ok(folder)
}

/// Reads the index of a folder of evidence, also while somebody writes it.
pub(crate) fn reader(folder: &Folder) -> anyhow::Result<Reader> {
    Ok(Store::open(folder.store(), avouch_store::Options::default())?.reader()?)
}

/// A day or a time as a user writes it.
pub(crate) fn time(text: &str) -> anyhow::Result<Time> {
    let time = avouch_controls::Time::parse(text);
    time.map(|t| Time(t.0)).with_context(|| format!("`{text}` is no time; write 2026-07-01 or 2026-07-01T08:00:00Z"))
}

/// Bytes in hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Opens a folder of evidence to write. Says what the opening found, and how far it is when it takes long.
pub(crate) fn open(dir: &Path) -> anyhow::Result<Recorder> {
    open_unless_locked(dir)?.with_context(|| {
        format!("another avouch writes to `{}`; let it end first, or give another folder with --data", dir.display())
    })
}

/// As [`open`]; `None` when another process writes the folder.
pub(crate) fn open_unless_locked(dir: &Path) -> anyhow::Result<Option<Recorder>> {
    let bar = terminal::progress("index", None);
    let opened = Recorder::open(&Folder::new(dir), settings(), now(), &mut |n| bar.set_message(format!("{n} records")));
    bar.finish_and_clear();
    let (recorder, report) = match opened {
        Err(EvidenceError::Ledger(LedgerError::Locked { .. })) => return Ok(None),
        other => other.with_context(|| format!("failed to open the evidence in `{}`", dir.display()))?,
    };
    tell(&report, &recorder);
    Ok(Some(recorder))
}

fn settings() -> Settings {
    let about = serde_json::json!({"made_by": format!("avouch {}", env!("CARGO_PKG_VERSION"))});
    let ledger = avouch_ledger::Options { about, ..avouch_ledger::Options::default() };
    Settings { ledger, ..Settings::default() }
}

fn tell(report: &OpenReport, recorder: &Recorder) {
    if report.created {
        let key = recorder.ledger().public_key().id();
        terminal::say(&format!("evidence: new ledger {}, key {key}\n", recorder.ledger().id()));
    }
    if let Some(r) = &report.recovered {
        terminal::say(&format!(
            "evidence: the writer before did not end well; {} bytes that were not acknowledged were cut ({} whole records)\n",
            r.bytes_cut, r.lines_cut
        ));
    }
    if recorder.unreadable() > 0 {
        terminal::say(&format!(
            "evidence: {} records do not read as their kind says; the ledger has them, reports leave them out\n",
            recorder.unreadable()
        ));
    }
    if report.key_lost || report.salt_lost {
        terminal::say("evidence: a secret of the ledger was lost and made anew, and the ledger says so\n");
    }
}

/// Records a fact that does not need an open recorder: at once when nobody writes the folder, else by its inbox, from which the
/// process that writes takes it within a second or so. Returns whether it is safe in the ledger already.
pub(crate) fn leave(dir: &Path, facts: &[Fact], by: &str) -> anyhow::Result<bool> {
    let folder = folder(dir)?;
    let Some(mut recorder) = open_unless_locked(dir)? else {
        let inbox = Inbox::new(folder.inbox());
        for (n, fact) in facts.iter().enumerate() {
            inbox.leave(fact, &format!("{:020}-{}-{n:04}", now().0, std::process::id()))?;
        }
        return Ok(false);
    };
    let source = source("command", by);
    for fact in facts {
        recorder.record(fact, &source, now())?;
    }
    recorder.close(now())?;
    Ok(true)
}

/// Who tells records. Names that the ledger does not take are made fit.
pub(crate) fn source(name: &str, run: &str) -> Source {
    let fit = |text: &str| -> String {
        let text: String = text.chars().filter(|c| !c.is_control() && !matches!(c, '"' | '\\')).take(60).collect();
        if text.is_empty() { "-".to_owned() } else { text }
    };
    Source { name: fit(name), run: fit(run) }
}

/// SHA-256 of a file in hex, and its size.
pub(crate) fn digest(path: &Path) -> anyhow::Result<(String, u64)> {
    let failed = || format!("failed to read `{}`", path.display());
    let mut file = File::open(path).with_context(failed)?;
    let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; 256 << 10]);
    loop {
        let n = file.read(&mut buffer).with_context(failed)?;
        if n == 0 {
            break;
        }
        hash.update(buffer.get(..n).unwrap_or_default());
        bytes += n as u64;
    }
    Ok((hex(&hash.finalize()), bytes))
}

/// The fact that other mapping files count than before; `None` when the evidence says of the same files already.
pub(crate) fn mapping_change(store: &mut Reader, files: &[PathBuf], time: Time) -> anyhow::Result<Option<Fact>> {
    mapping_change_since(last_mapping(store)?.as_deref(), files, time)
}

/// Digest of the mapping files that the evidence says count.
pub(crate) fn last_mapping(store: &mut Reader) -> anyhow::Result<Option<String>> {
    let known = store.facts(Kind::Mapping, Period::ALL)?;
    Ok(known.into_iter().rev().find_map(|f| match f.fact {
        Fact::Mapping(m) => Some(m.digest),
        _ => None,
    }))
}

/// The same when the digest of the files that counted last is `last`.
pub(crate) fn mapping_change_since(last: Option<&str>, files: &[PathBuf], time: Time) -> anyhow::Result<Option<Fact>> {
    Ok(avouch_pipeline::facts::mapping_change(last, files, time)?.map(Fact::from))
}
