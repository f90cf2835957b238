//! Records read back, also while another process writes.

use std::path::{Path, PathBuf};

use avouch_chain::RecordRef;

use crate::{
    error::{LedgerError, damaged, io},
    files::{self, Lines, open_segment},
};

/// Reads a ledger. It checks that lines are records, not that they are the ones that were written: that is
/// [`crate::verify_dir`].
#[derive(Clone, Debug)]
pub struct Reader {
    dir: PathBuf,
    /// Number and first record of each segment, in order.
    segments: Vec<(u64, u64)>,
}

impl Reader {
    /// Looks where each segment begins. Records that are written later are seen by [`Reader::refresh`].
    ///
    /// # Errors
    /// When files cannot be read.
    pub fn open(dir: &Path) -> Result<Self, LedgerError> {
        let mut reader = Self { dir: dir.to_owned(), segments: Vec::new() };
        reader.refresh()?;
        Ok(reader)
    }

    /// Looks for segments that began since.
    ///
    /// # Errors
    /// As [`Reader::open`].
    pub fn refresh(&mut self) -> Result<(), LedgerError> {
        let known = self.segments.last().map_or(0, |(segment, _)| *segment);
        for segment in files::list(&self.dir)?.into_iter().filter(|segment| *segment > known) {
            let mut lines = open_segment(&self.dir, segment)?;
            let first = lines.next().map_err(io("read", &files::plain(&self.dir, segment)))?;
            // A segment without a whole line has no record yet.
            if let Some(line) = first.filter(|line| line.whole) {
                let record = parse(&self.dir, segment, line.bytes)?;
                self.segments.push((segment, record.seq));
            }
        }
        Ok(())
    }

    /// Number of the first record that is here; 0 when there is none.
    #[must_use]
    pub fn first_seq(&self) -> u64 {
        self.segments.first().map_or(0, |(_, first)| *first)
    }

    /// Records from number `seq` on, to the last one that was whole when the end was reached.
    #[must_use]
    pub fn records(&self, seq: u64) -> Records {
        let at = self.segments.partition_point(|(_, first)| *first <= seq).saturating_sub(1);
        let segments = self.segments[at..].iter().rev().map(|(segment, _)| *segment).collect();
        Records { dir: self.dir.clone(), segments, segment: 0, from: seq, lines: None }
    }

    /// The line of one record; its segment is read up to it.
    ///
    /// # Errors
    /// When files cannot be read, or a line before it is no record.
    pub fn read_at(&self, seq: u64) -> Result<Option<Vec<u8>>, LedgerError> {
        let mut records = self.records(seq);
        Ok(records.next()?.filter(|entry| entry.record.seq == seq).map(|entry| entry.line.to_vec()))
    }

    /// Number and first record of the segment that holds record `seq`, or would.
    #[must_use]
    pub fn segment_of(&self, seq: u64) -> Option<(u64, u64)> {
        let at = self.segments.partition_point(|(_, first)| *first <= seq);
        at.checked_sub(1).map(|at| self.segments[at])
    }

    /// Lines of the heads as they are now, unchecked.
    ///
    /// # Errors
    /// When their file cannot be opened.
    pub fn heads(&self) -> Result<impl Iterator<Item = std::io::Result<Vec<u8>>> + use<>, LedgerError> {
        files::head_lines(&self.dir)
    }
}

fn parse<'a>(dir: &Path, segment: u64, line: &'a [u8]) -> Result<RecordRef<'a>, LedgerError> {
    let why = |part| format!("a line of segment {segment} is not a record: its `{part}`");
    RecordRef::parse(line).map_err(|part| damaged(dir, why(part)))
}

/// A record and its line.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Without a newline; its SHA-256 is the record's hash.
    pub line: &'a [u8],
    /// Read from it.
    pub record: RecordRef<'a>,
}

/// Records in order; see [`Reader::records`].
pub struct Records {
    dir: PathBuf,
    /// Segments to come, last first.
    segments: Vec<u64>,
    segment: u64,
    from: u64,
    lines: Option<Lines>,
}

impl Records {
    /// The next record. Not an iterator: the record lends from a buffer.
    ///
    /// # Errors
    /// When files cannot be read or a line is no record.
    #[expect(clippy::should_implement_trait, reason = "an iterator cannot lend")]
    pub fn next(&mut self) -> Result<Option<Entry<'_>>, LedgerError> {
        let found = self.next_line()?.is_some();
        let line = self.lines.as_ref().filter(|_| found).map(Lines::current);
        line.map(|line| Ok(Entry { line, record: parse(&self.dir, self.segment, line)? })).transpose()
    }

    /// The line of the next record, which nobody looked at yet: sooner, for whoever needs few of many.
    ///
    /// # Errors
    /// When files cannot be read.
    pub fn next_line(&mut self) -> Result<Option<&[u8]>, LedgerError> {
        loop {
            if self.lines.is_none() {
                let Some(segment) = self.segments.pop() else { return Ok(None) };
                (self.segment, self.lines) = (segment, Some(open_segment(&self.dir, segment)?));
            }
            let skip = |lines| skip_to(lines, &self.dir, self.segment, self.from);
            if self.lines.as_mut().map(skip).transpose()? == Some(true) {
                // All that come after are wanted.
                self.from = 0;
                return Ok(self.lines.as_ref().map(Lines::current));
            }
            self.lines = None;
        }
    }
}

/// Goes on to the next record that is wanted; `false` at the end of the segment.
fn skip_to(lines: &mut Lines, dir: &Path, segment: u64, from: u64) -> Result<bool, LedgerError> {
    let failed = |error| io("read", &files::plain(dir, segment))(error);
    while let Some(line) = lines.next().map_err(failed)?.filter(|line| line.whole) {
        if from == 0 || parse(dir, segment, line.bytes)?.seq >= from {
            return Ok(true);
        }
    }
    Ok(false)
}
