//! What a writer finds when it opens a ledger: the last head, the open segment, and what must be cut from their ends.

use std::{
    fs::{File, OpenOptions},
    io::{Read as _, Seek as _, SeekFrom},
    path::Path,
};

use avouch_chain::{Digest, Own, RecordRef, SignedHead, Source};
use sha2::{Digest as _, Sha256};

use crate::{
    error::{LedgerError, damaged, io},
    files::{self, open_segment},
    state::State,
};

/// Longest line of a head; real ones have about 600 bytes.
const MAX_HEAD: u64 = 8 * 1024;

/// The end of `heads.jsonl`.
#[derive(Default)]
pub(crate) struct LastHead {
    pub(crate) head: Option<SignedHead>,
    /// SHA-256 of its line.
    pub(crate) hash: Digest,
    /// Bytes after the last newline, cut.
    pub(crate) cut: u64,
}

/// What was cut from a segment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cut {
    pub(crate) bytes: u64,
    pub(crate) lines: u64,
    pub(crate) sha256: Digest,
}

/// Reads the last head and cuts what stands after it.
pub(crate) fn last_head(dir: &Path) -> Result<LastHead, LedgerError> {
    let path = files::heads(dir);
    let Ok(mut file) = OpenOptions::new().read(true).write(true).open(&path) else { return Ok(LastHead::default()) };
    let length = file.metadata().map_err(io("read", &path))?.len();
    let from = length.saturating_sub(2 * MAX_HEAD);
    let mut tail = Vec::new();
    file.seek(SeekFrom::Start(from)).map_err(io("read", &path))?;
    file.read_to_end(&mut tail).map_err(io("read", &path))?;
    let end = memchr::memrchr(b'\n', &tail);
    let cut = tail.len() as u64 - end.map_or(0, |end| end as u64 + 1);
    if cut > MAX_HEAD {
        return Err(damaged(dir, "the last line of its heads is too long"));
    }
    if cut > 0 {
        cut_file(&path, length - cut)?;
    }
    let Some(end) = end else { return Ok(LastHead { cut, ..LastHead::default() }) };
    let start = memchr::memrchr(b'\n', &tail[..end]).map_or(0, |at| at + 1);
    let line = &tail[start..end];
    let head = SignedHead::parse(line).map_err(|why| damaged(dir, format!("the last of its heads: {why}")))?;
    Ok(LastHead { head: Some(head), hash: Digest::of(line), cut })
}

/// Reads a segment to its end, or to where it does not hold any more. `None` when not even its first record does.
pub(crate) fn scan(
    dir: &Path,
    segment: u64,
    head: Option<&SignedHead>,
) -> Result<(Option<State>, u64, Cut), LedgerError> {
    let head = head.map(|signed| &signed.head);
    let mut state = State::new();
    state.segment = segment;
    // The link of the first record: known for the first segment, and where the last head sealed the one before.
    let mut link = match head {
        _ if segment == 1 => Some((1, Digest::ZERO)),
        Some(head) if head.sealed && head.segment + 1 == segment => Some((head.last_seq + 1, head.last_hash)),
        _ => None,
    };
    let mut lines = open_segment(dir, segment)?;
    let (mut kept, mut cut, mut hasher) = (0, Cut::default(), Sha256::new());
    let mut ended = false;
    while let Some(line) = lines.next().map_err(io("read", &files::plain(dir, segment)))? {
        let bytes = line.bytes;
        let record = RecordRef::parse(bytes)
            .ok()
            .filter(|record| !ended && line.whole && link.is_none_or(|link| link == (record.seq, record.prev)));
        let own = record.as_ref().map(|record| Own::parse(record.kind, record.body));
        let begins = |own: &Option<Option<Own>>| matches!(own, Some(Some(Own::Created { .. } | Own::Segment { .. })));
        match (record, own) {
            (Some(record), Some(own)) if kept > 0 || begins(&own) => {
                let hash = Digest::of(bytes);
                if head.is_some_and(|head| head.last_seq == record.seq && head.last_hash != hash) {
                    return Err(damaged(dir, format!("record {} is not the one that was signed", record.seq)));
                }
                state.apply(&record, hash, bytes.len(), own.flatten());
                let source = Source { name: record.source.to_owned(), run: record.run.to_owned() };
                state.told(&source, record.source_seq, record.seq);
                link = Some((state.next_seq, hash));
                kept = state.bytes;
            }
            _ => {
                // A record that follows what is no record was never acknowledged: all before an acknowledgement is whole.
                ended = true;
                let end: &[u8] = if line.whole { b"\n" } else { b"" };
                hasher.update(bytes);
                hasher.update(end);
                cut.bytes += (bytes.len() + end.len()) as u64;
                cut.lines += u64::from(line.whole);
            }
        }
    }
    let vouched = head.filter(|head| head.segment == segment).map(|head| head.last_seq);
    if let Some(vouched) = vouched.filter(|vouched| kept == 0 || *vouched >= state.next_seq) {
        let end = if kept == 0 { 0 } else { state.next_seq - 1 };
        return Err(damaged(dir, format!("its records end at {end}, but a head vouches for record {vouched}")));
    }
    if cut.bytes > 0 {
        cut.sha256 = Digest(hasher.finalize().into());
    }
    Ok(((kept > 0).then_some(state), kept, cut))
}

pub(crate) fn cut_file(path: &Path, length: u64) -> Result<(), LedgerError> {
    let cut = |file: File| {
        file.set_len(length)?;
        file.sync_all()
    };
    OpenOptions::new().write(true).open(path).and_then(cut).map_err(io("cut", path))
}
