//! The part of a ledger that a report stands on, cut where the report stopped to read.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::Duration;

use avouch_ledger::{LedgerError, Reader, SignedHead};

use super::{FileError, failed};

/// How long a sealed segment may take to be compressed by the process that writes the ledger.
const PACKING: Duration = Duration::from_secs(60);

/// Why it cannot be copied.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "named in the message")]
pub enum CopyError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error("segment {0} of the ledger is sealed and not compressed yet; try again in a minute")]
    NotPacked(u64),
    #[error("the ledger has no record {0}")]
    NoRecord(u64),
}

/// Copies the segments from that of record `from` to record `last`, which is the last one copied, with the heads and public keys
/// that vouch for them. Sealed segments are copied as they are; the last one is written as plain lines, so that the copy does not
/// depend on what was written after `last`.
///
/// # Errors
/// When files cannot be read or written, or a record is not there.
pub(crate) fn copy_ledger(source: &Path, target: &Path, from: u64, last: u64) -> Result<(), CopyError> {
    let reader = Reader::open(source)?;
    let (first_segment, _) = reader.segment_of(from.max(reader.first_seq())).ok_or(CopyError::NoRecord(from))?;
    let (last_segment, last_first) = reader.segment_of(last).ok_or(CopyError::NoRecord(last))?;
    let segments = target.join("segments");
    fs::create_dir_all(&segments).map_err(failed("make the folder", &segments))?;
    for segment in first_segment..last_segment {
        let name = format!("{segment:08}.jsonl.zst");
        let path = source.join("segments").join(&name);
        let mut waited = Duration::ZERO;
        while !path.exists() {
            if waited > PACKING {
                return Err(CopyError::NotPacked(segment));
            }
            let step = Duration::from_millis(200);
            std::thread::sleep(step);
            waited += step;
        }
        fs::copy(&path, segments.join(&name)).map_err(failed("copy", &path))?;
    }
    let path = segments.join(format!("{last_segment:08}.jsonl"));
    let mut file = BufWriter::new(File::create(&path).map_err(failed("make", &path))?);
    let mut records = reader.records(last_first);
    while let Some(entry) = records.next()? {
        if entry.record.seq > last {
            break;
        }
        file.write_all(entry.line).and_then(|()| file.write_all(b"\n")).map_err(failed("write", &path))?;
    }
    file.flush().map_err(failed("write", &path))?;
    heads(&reader, target, first_segment, last)?;
    keys(source, target)
}

/// Heads of the copied segments, the last one before them included, which the first of them names; none that reaches beyond.
fn heads(reader: &Reader, target: &Path, first_segment: u64, last: u64) -> Result<(), CopyError> {
    let path = target.join("heads.jsonl");
    let mut out = Vec::new();
    for line in reader.heads()? {
        let line = line.map_err(failed("read the heads for", &path))?;
        let Ok(signed) = SignedHead::parse(&line) else { continue };
        if signed.head.segment >= first_segment && signed.head.last_seq <= last {
            out.extend_from_slice(&line);
            out.push(b'\n');
        }
    }
    Ok(super::write(&path, &out)?)
}

fn keys(source: &Path, target: &Path) -> Result<(), CopyError> {
    let (from, to) = (source.join("keys"), target.join("keys"));
    fs::create_dir_all(&to).map_err(failed("make the folder", &to))?;
    let entries = fs::read_dir(&from).map_err(failed("list", &from))?;
    for entry in entries {
        let path = entry.map_err(failed("list", &from))?.path();
        // Public keys only: a secret must never leave, whatever somebody put there.
        if path.extension().is_some_and(|e| e == "pub")
            && let Some(name) = path.file_name()
        {
            fs::copy(&path, to.join(name)).map_err(failed("copy", &path))?;
        }
    }
    Ok(())
}
