//! What an earlier life left in the folder.

use std::fs::{File, OpenOptions};
use std::io::BufReader;
use std::path::Path;

use avouch_finding::Time;
use serde::{Deserialize, Serialize};

use super::entry::{Entries, Next};
use super::files::failed;
use super::queue::{Queue, Segment, count_lost, remove};
use super::{OpenReport, SpoolError};
use crate::wire::Sender;

/// Name and version of the form of segments.
pub(super) const FORMAT: &str = "avouch.spool/1";

/// First entry of a segment, under number 0.
#[derive(Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) format: String,
    #[serde(flatten)]
    pub(super) sender: Sender,
}

/// Brings what is found into the queue, and cuts what was torn.
pub(super) fn scan(dir: &Path, queue: &mut Queue, report: &mut OpenReport) -> Result<u64, SpoolError> {
    let (names, dropped) = super::files::list(dir)?;
    let last_run = names.iter().chain(&dropped).map(|name| name.run).max().unwrap_or(0);
    for (at, name) in names.iter().enumerate() {
        let path = name.path(dir);
        let found = segment(&path, name.number)?;
        report.torn_bytes += found.torn;
        let follows = names.get(at + 1).is_some_and(|next| (next.run, next.lane) == (name.run, name.lane));
        if found.torn > 0 && follows {
            // No crash tears a segment that was followed by another: it was safe, and its disk lost it.
            queue.lost.unreadable(1, found.at);
        }
        match found.head.filter(|head| head.format == FORMAT && head.sender.is_valid()) {
            Some(head) if found.segment.waiting > 0 => queue.found(*name, head.sender, found.segment),
            Some(_) => remove(&path)?,
            None => {
                queue.lost.unreadable(found.segment.waiting, found.at);
                remove(&path)?;
            }
        }
    }
    queue.load_acked()?;
    for name in dropped {
        // It may have been told; who cannot know tells it again.
        let path = name.dropped(dir);
        count_lost(&path, 0, &mut queue.lost)?;
        queue.condemned.push(path);
    }
    report.waiting = queue.waiting;
    report.runs = queue.runs.iter().filter(|run| run.waits()).count();
    queue.dropped = queue.lost.count();
    Ok(last_run)
}

struct Found {
    head: Option<Head>,
    segment: Segment,
    torn: u64,
    /// Time of the last entry.
    at: Time,
}

/// Reads a segment to its end, or to where it does not hold any more, and cuts it there.
fn segment(path: &Path, number: u64) -> Result<Found, SpoolError> {
    let file = File::open(path).map_err(failed("open", path))?;
    let bytes = file.metadata().map_err(failed("read", path))?.len();
    let mut entries = Entries::new(BufReader::with_capacity(256 << 10, file), bytes);
    let mut segment =
        Segment { number, bytes: 0, last: 0, waiting: 0, offset: 0, first: 0, sealed: true, broken: false };
    let (mut head, mut payload, mut last) = (None, Vec::new(), Time(0));
    while let Next::Entry { seq, at } = entries.next(&mut payload).map_err(failed("read", path))? {
        last = Time(at);
        if seq == 0 {
            head = serde_json::from_slice(&payload).ok();
            segment.offset = entries.read;
            continue;
        }
        segment.first = if segment.waiting == 0 { seq } else { segment.first };
        segment.last = seq;
        segment.waiting += 1;
    }
    segment.bytes = entries.read;
    let torn = bytes - entries.read;
    if torn > 0 {
        let cut = |file: File| {
            file.set_len(entries.read)?;
            file.sync_all()
        };
        OpenOptions::new().write(true).open(path).and_then(cut).map_err(failed("cut", path))?;
    }
    Ok(Found { head, segment, torn, at: last })
}
