//! The full-text index's own pages, read directly.
//!
//! The engine hands out the rows of a word one by one, each by a step of a statement: 100 ns and more a row, and for a word that may go on
//! it first puts together all that has the prefix. Here the lists of rows are read where they lie, 10 ns a row. Their form is that of FTS5,
//! version 4, as `fts5_index.c` describes it; it has stood still since 2015, and a database that a later engine wrote would say another
//! version. What does not look as described is left to the engine (`None`), never guessed.
//!
//! An index is a few segments, each a run of pages (`words_data`) of words in order. A word is followed by its rows, each with the places of
//! the word in it. `words_idx` tells on which page of a segment to begin.

use rusqlite::{Connection, OptionalExtension};

use crate::error::{At, Result};
use crate::read::file::FileReader;

/// Version of the form that is read here.
const VERSION: i64 = 4;
/// Where the record stands that names the segments.
const STRUCTURE: i64 = 10;
/// Marks the form of that record which tables have from which rows can be deleted.
const DELETING: [u8; 4] = [0xff, 0, 0, 1];
/// Bits of a page's number; above them stands the segment's.
const PAGE: u32 = 37;
/// Bytes before a page's content: where the first row stands, where the content ends.
const HEADER: usize = 4;

/// A run of pages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    id: i64,
    first: i64,
    last: i64,
}

/// Reads a number of variable length.
fn number(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0;
    for _ in 0..8 {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value = value << 7 | u64::from(byte & 0x7f);
        if byte < 0x80 {
            return Some(value);
        }
    }
    let byte = *bytes.get(*at)?;
    *at += 1;
    Some(value << 8 | u64::from(byte))
}

fn size(bytes: &[u8], at: &mut usize) -> Option<usize> {
    number(bytes, at).and_then(|n| usize::try_from(n).ok())
}

/// The segments of a file's index; `None` when it is of another form.
pub(super) fn segments(conn: &Connection) -> rusqlite::Result<Option<Vec<Segment>>> {
    let version = conn
        .prepare_cached("SELECT v FROM words_config WHERE k = 'version'")?
        .query_row([], |r| r.get::<_, i64>(0))
        .optional()?;
    if version != Some(VERSION) {
        return Ok(None);
    }
    let read = |r: &rusqlite::Row<'_>| Ok(structure(r.get_ref(0)?.as_blob()?));
    let mut find = conn.prepare_cached("SELECT block FROM words_data WHERE id = ?1")?;
    Ok(find.query_row([STRUCTURE], read).optional()?.flatten())
}

fn structure(bytes: &[u8]) -> Option<Vec<Segment>> {
    // Behind a number that changes with the table's settings.
    let mut at = 4;
    if bytes.get(at..at + 4).is_some_and(|form| form == DELETING) {
        return None;
    }
    let (levels, count, _writes) = (size(bytes, &mut at)?, size(bytes, &mut at)?, number(bytes, &mut at)?);
    let mut segments = Vec::new();
    for _ in 0..levels {
        let (_merging, here) = (number(bytes, &mut at)?, number(bytes, &mut at)?);
        for _ in 0..here {
            let mut next = || number(bytes, &mut at).and_then(|n| i64::try_from(n).ok());
            let segment = Segment { id: next()?, first: next()?, last: next()? };
            if segment.id <= 0 || segment.id >= 1 << 16 || segment.last >= 1 << 31 {
                return None;
            }
            segments.push(segment);
        }
    }
    if segments.len() != count {
        return None;
    }
    // One whose words have all gone over into another one has no first page.
    segments.retain(|s| s.first > 0 && s.first <= s.last);
    Some(segments)
}

impl Segment {
    /// The page on which a word stands, when the segment has it.
    fn page(self, conn: &Connection, word: &[u8]) -> rusqlite::Result<i64> {
        let mut find = conn.prepare_cached(
            "SELECT pgno >> 1 FROM words_idx WHERE segid = ?1 AND term <= ?2 ORDER BY term DESC LIMIT 1",
        )?;
        let page: Option<i64> = find.query_row((self.id, word), |r| r.get(0)).optional()?;
        Ok(page.unwrap_or(1).max(self.first))
    }

    /// How many pages the rows of a word take, about.
    pub(super) fn pages(self, conn: &Connection, word: &[u8], goes_on: bool) -> rusqlite::Result<i64> {
        let mut find = conn
            .prepare_cached("SELECT pgno >> 1 FROM words_idx WHERE segid = ?1 AND term > ?2 ORDER BY term LIMIT 1")?;
        let mut behind = word.to_vec();
        if goes_on {
            // Behind all that begin with it: no word has this byte.
            behind.push(0xff);
        }
        let end: Option<i64> = find.query_row((self.id, &behind), |r| r.get(0)).optional()?;
        Ok(end.unwrap_or(self.last + 1) - self.page(conn, word)?)
    }
}

/// What takes the rows of words.
pub(super) trait Take {
    /// Rows of another word, or of another segment, begin: they come in order.
    fn begin(&mut self);
    /// A row; whether its places are wanted.
    fn row(&mut self, slot: i64) -> bool;
    /// The places in that row, where they were wanted; false when they are not of the form.
    fn places(&mut self, slot: i64, places: &[u8]) -> bool;
}

/// Calls `each` with the places of a row, counted from 0; false when they are not of the form.
pub(super) fn places(bytes: &[u8], mut each: impl FnMut(u32)) -> bool {
    let (mut at, mut place) = (0, 0_u64);
    while at < bytes.len() {
        // Numbers below 2 stand for other columns, of which there are none.
        let Some(more) = number(bytes, &mut at).and_then(|n| n.checked_sub(2)) else { return false };
        place += more;
        let Ok(place) = u32::try_from(place) else { return false };
        each(place);
    }
    true
}

/// Where the walk through the rows of a word stands between two pages.
#[derive(Default)]
struct Rows {
    /// Within rows of a word that is asked for.
    inside: bool,
    slot: i64,
    /// Bytes of places still to come.
    rest: usize,
    /// Places that are wanted, as far as they came, when they go over a page.
    wanted: Option<Vec<u8>>,
}

impl Rows {
    /// Rows between two places of a page, the first of which begins with its slot, or for `absolute` the slot itself.
    fn read(&mut self, page: &[u8], mut at: usize, absolute: bool, take: &mut impl Take) -> Option<()> {
        let mut absolute = absolute;
        while at < page.len() {
            let slot = number(page, &mut at)?.cast_signed();
            self.slot = if std::mem::take(&mut absolute) { slot } else { self.slot.checked_add(slot)? };
            let size = size(page, &mut at)?;
            if size & 1 == 1 {
                // A row that was deleted.
                return None;
            }
            let size = size >> 1;
            let wanted = take.row(self.slot);
            let here = page.get(at..page.len().min(at + size))?;
            at += here.len();
            self.rest = size - here.len();
            if self.rest > 0 {
                self.wanted = wanted.then(|| here.to_vec());
            } else if wanted && !take.places(self.slot, here) {
                return None;
            }
        }
        Some(())
    }

    /// The begin of a page, up to its first word, which belongs to rows that began before.
    fn go_on(&mut self, page: &[u8], first: usize, take: &mut impl Take) -> Option<()> {
        let mut at = HEADER;
        if self.rest > 0 {
            let here = page.get(at..page.len().min(at + self.rest))?;
            at += here.len();
            self.rest -= here.len();
            if let Some(wanted) = &mut self.wanted {
                wanted.extend_from_slice(here);
            }
            if self.rest == 0
                && let Some(wanted) = self.wanted.take()
                && !take.places(self.slot, &wanted)
            {
                return None;
            }
        }
        match first {
            // No row begins before the first word.
            0 => (at == page.len()).then_some(()),
            first if first == at => self.read(page, at, true, take),
            _ => None,
        }
    }
}

/// Shows the rows of a word, or of all words that begin with it, in one segment; `None` when a page is not of the form.
pub(super) fn walk(
    file: &FileReader,
    segment: Segment,
    word: &[u8],
    goes_on: bool,
    take: &mut impl Take,
) -> Result<Option<()>> {
    const ACT: &str = "read the full-text index";
    const PAGES: &str = "SELECT id, block FROM words_data WHERE id BETWEEN ?1 AND ?2 ORDER BY id";
    let begin = segment.page(&file.conn, word).at(ACT, &file.path)?;
    let id = |page: i64| segment.id << PAGE | page;
    let mut read = file.conn.prepare_cached(PAGES).at(ACT, &file.path)?;
    let mut pages = read.query([id(begin), id(segment.last)]).at(ACT, &file.path)?;
    let (mut rows, mut term, mut next) = (Rows::default(), Vec::new(), id(begin));
    while let Some(found) = pages.next().at(ACT, &file.path)? {
        file.stop.check()?;
        if found.get::<_, i64>(0).at(ACT, &file.path)? != next {
            return Ok(None);
        }
        next += 1;
        let bytes = found.get_ref(1).at(ACT, &file.path)?.as_blob_or_null().ok().flatten();
        match page(bytes.unwrap_or_default(), word, goes_on, &mut rows, &mut term, take) {
            Some(true) => {}
            Some(false) => return Ok(Some(())),
            None => return Ok(None),
        }
    }
    // A segment ends with a whole row.
    Ok((next == id(segment.last + 1) && rows.rest == 0).then_some(()))
}

/// One page; whether the next one may have more.
fn page(
    bytes: &[u8],
    word: &[u8],
    goes_on: bool,
    rows: &mut Rows,
    term: &mut Vec<u8>,
    take: &mut impl Take,
) -> Option<bool> {
    let header = bytes.first_chunk::<HEADER>()?;
    let first = usize::from(u16::from_be_bytes([header[0], header[1]]));
    let end = usize::from(u16::from_be_bytes([header[2], header[3]]));
    let (page, footer) = bytes.split_at_checked(end)?;
    let mut foot = 0;
    let mut begin = if footer.is_empty() { None } else { Some(size(footer, &mut foot)?) };
    if rows.inside {
        rows.go_on(page.get(..begin.unwrap_or(end))?, first, take)?;
        if rows.rest > 0 && begin.is_some() {
            return None;
        }
    }
    let mut alone = true;
    while let Some(at) = begin {
        let following = if foot < footer.len() { Some(at.checked_add(size(footer, &mut foot)?)?) } else { None };
        let entry = page.get(..following.unwrap_or(end))?;
        let mut at = at;
        // The first word of a page is whole, the others leave out what they have in common with the one before.
        let common = if std::mem::take(&mut alone) { 0 } else { size(entry, &mut at)? };
        let more = size(entry, &mut at)?;
        let new = entry.get(at..at.checked_add(more)?)?;
        if common > term.len() {
            return None;
        }
        term.truncate(common);
        term.extend_from_slice(new);
        at += more;
        rows.inside = if goes_on { term.starts_with(word) } else { term.as_slice() == word };
        if rows.inside {
            take.begin();
            rows.read(entry, at, true, take)?;
            if rows.rest > 0 && following.is_some() {
                return None;
            }
        } else if term.as_slice() > word {
            return Some(false);
        }
        begin = following;
    }
    Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_the_engine_writes_them() {
        let read = |bytes: &[u8]| {
            let mut at = 0;
            number(bytes, &mut at).map(|n| (n, at))
        };
        assert_eq!(read(&[0x7f]), Some((127, 1)));
        assert_eq!(read(&[0x81, 0x00]), Some((128, 2)));
        assert_eq!(read(&[0xff; 9]), Some((u64::MAX, 9)));
        assert_eq!(read(&[0x80, 0x80]), None);
        assert_eq!(read(&[]), None);
    }

    #[test]
    fn a_structure_of_another_form_is_none() {
        assert_eq!(structure(&[0, 0, 0, 1, 0, 0, 0]).map(|s| s.len()), Some(0));
        // One level, one segment: number 1, pages 1 to 3.
        let one = structure(&[0, 0, 0, 1, 1, 1, 9, 0, 1, 1, 1, 3]).unwrap();
        assert_eq!((one.len(), one[0].id, one[0].first, one[0].last), (1, 1, 1, 3));
        assert!(structure(&[0, 0, 0, 1, 0xff, 0, 0, 1, 0, 0, 0]).is_none());
        assert!(structure(&[0, 0, 0, 1, 1, 2, 9, 0, 1, 1, 1, 3]).is_none(), "fewer segments than it says");
        assert!(structure(&[0, 0, 0, 1, 1, 1, 9, 0, 1, 1]).is_none(), "cut");
        assert!(structure(&[]).is_none());
    }
}
