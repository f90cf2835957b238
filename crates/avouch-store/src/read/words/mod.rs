//! Rows of a file that have words.
//!
//! Where all rows of a question are wanted, or a word may go on, they are read from the full-text index's own pages ([`segment`]) into a
//! list of slots in order: 8 bytes a row that has the word, 16 a place while words have to follow one another. From [`ROWS`] or [`PLACES`] of
//! a file on the engine is asked instead, which is slower and needs no memory.

mod query;
mod segment;

use crate::error::{At, Result};
use crate::read::file::FileReader;

pub(crate) use self::query::{Phrase, Words};

use self::segment::{Segment, Take, places, segments, walk};

/// Rows with a word that are held at most: 128 MiB.
const ROWS: usize = 1 << 24;
/// Places of a word that are held at most: 64 MiB.
const PLACES: usize = 1 << 22;
/// Rows from which on those that came twice are let go.
const TIDY: usize = 1 << 21;

/// Slots from the first to the last one, among those of `slots`, whose rows have all the words, in order. `None` when the engine has to be
/// asked.
pub(crate) fn find(file: &FileReader, words: &Words, slots: (i64, i64)) -> Result<Option<Vec<i64>>> {
    let Some(phrases) = &words.phrases else { return Ok(None) };
    let Some(segments) = segments(&file.conn).at("read the full-text index", &file.path)? else { return Ok(None) };
    let index = Index { file, segments, slots };
    // The rarest first: then less of the others has to be held.
    let mut phrases = phrases.iter().map(|phrase| index.order(phrase)).collect::<Result<Vec<_>>>()?;
    phrases.sort_by_key(|phrase| phrase.first().map(|word| word.pages));
    let mut rows: Option<Vec<i64>> = None;
    for phrase in phrases {
        let found = match phrase.as_slice() {
            [word] => index.rows(word, rows.as_deref())?,
            words => index.run(words, rows.as_deref())?,
        };
        let Some(found) = found else { return Ok(None) };
        if found.is_empty() {
            return Ok(Some(found));
        }
        rows = Some(found);
    }
    Ok(rows)
}

/// A word of a phrase.
struct Word<'a> {
    bytes: &'a [u8],
    goes_on: bool,
    /// Its place in the phrase.
    at: u32,
    /// Pages that its rows take, about.
    pages: i64,
}

/// The full-text index of a file.
struct Index<'a> {
    file: &'a FileReader,
    segments: Vec<Segment>,
    slots: (i64, i64),
}

impl Index<'_> {
    /// Words of a phrase, the rarest first.
    fn order<'p>(&self, phrase: &'p Phrase) -> Result<Vec<Word<'p>>> {
        let last = phrase.words.len() - 1;
        let mut words = Vec::with_capacity(phrase.words.len());
        for (at, bytes) in (0_u32..).zip(&phrase.words) {
            let goes_on = phrase.goes_on && at as usize == last;
            let mut pages = 0;
            for segment in &self.segments {
                let here = segment.pages(&self.file.conn, bytes, goes_on);
                pages += here.at("read the full-text index", &self.file.path)?;
            }
            words.push(Word { bytes, goes_on, at, pages });
        }
        words.sort_by_key(|word| word.pages);
        Ok(words)
    }

    /// Shows the rows of a word; false when the index is not of the form.
    fn walk(&self, word: &Word<'_>, take: &mut impl Take) -> Result<bool> {
        for segment in &self.segments {
            if walk(self.file, *segment, word.bytes, word.goes_on, take)?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Rows that have a word, of those `among` which they have to be.
    fn rows(&self, word: &Word<'_>, among: Option<&[i64]>) -> Result<Option<Vec<i64>>> {
        let mut take = Rows { slots: self.slots, among, at: 0, found: Vec::new(), tidy: TIDY, full: false };
        let whole = self.walk(word, &mut take)? && !take.full;
        tidy(&mut take.found);
        Ok(whole.then_some(take.found))
    }

    /// Rows in which words follow one another.
    fn run(&self, words: &[Word<'_>], among: Option<&[i64]>) -> Result<Option<Vec<i64>>> {
        let mut begun: Option<Vec<(i64, u32)>> = None;
        for word in words {
            let mut take = Begins {
                slots: self.slots,
                among,
                begun: begun.as_deref(),
                at: (0, 0),
                word: word.at,
                found: Vec::new(),
                full: false,
            };
            if !self.walk(word, &mut take)? || take.full {
                return Ok(None);
            }
            let mut found = take.found;
            tidy(&mut found);
            begun = Some(found);
        }
        let mut rows: Vec<i64> = begun.unwrap_or_default().into_iter().map(|(slot, _)| slot).collect();
        rows.dedup();
        Ok(Some(rows))
    }
}

/// In order, each once. What comes is a few long runs, or very many short ones.
fn tidy<T: Ord>(found: &mut Vec<T>) {
    if !found.is_sorted() {
        found.sort();
    }
    found.dedup();
}

/// Moves on to the first of some in order that is not before `wanted`; it is mostly near.
fn seek<T>(all: &[T], at: &mut usize, before: impl Fn(&T) -> bool) {
    let mut step = 1;
    while all.get(*at + step).is_some_and(&before) {
        *at += step;
        step *= 2;
    }
    let end = all.len().min(*at + step);
    *at += all.get(*at..end).unwrap_or_default().partition_point(before);
}

/// Takes rows.
struct Rows<'a> {
    slots: (i64, i64),
    among: Option<&'a [i64]>,
    at: usize,
    found: Vec<i64>,
    tidy: usize,
    full: bool,
}

fn is_among(among: Option<&[i64]>, at: &mut usize, slot: i64) -> bool {
    let Some(among) = among else { return true };
    seek(among, at, |known| *known < slot);
    among.get(*at) == Some(&slot)
}

impl Take for Rows<'_> {
    fn begin(&mut self) {
        self.at = 0;
    }

    fn row(&mut self, slot: i64) -> bool {
        let (first, last) = self.slots;
        if slot < first || slot > last || self.full || !is_among(self.among, &mut self.at, slot) {
            return false;
        }
        if self.found.len() == self.tidy {
            tidy(&mut self.found);
            self.tidy = TIDY.max(self.found.len() * 2);
            self.full = self.found.len() > ROWS;
        }
        self.found.push(slot);
        false
    }

    fn places(&mut self, _slot: i64, _places: &[u8]) -> bool {
        true
    }
}

/// Takes the places at which a phrase would begin, by one of its words.
struct Begins<'a> {
    slots: (i64, i64),
    among: Option<&'a [i64]>,
    /// Where it begins by the words before.
    begun: Option<&'a [(i64, u32)]>,
    /// Places in the two.
    at: (usize, usize),
    /// Which word of the phrase it is.
    word: u32,
    found: Vec<(i64, u32)>,
    full: bool,
}

impl Take for Begins<'_> {
    fn begin(&mut self) {
        self.at = (0, 0);
    }

    fn row(&mut self, slot: i64) -> bool {
        let (first, last) = self.slots;
        if slot < first || slot > last || self.full {
            return false;
        }
        if let Some(begun) = self.begun {
            seek(begun, &mut self.at.1, |(known, _)| *known < slot);
            return begun.get(self.at.1).is_some_and(|(known, _)| *known == slot);
        }
        is_among(self.among, &mut self.at.0, slot)
    }

    fn places(&mut self, slot: i64, bytes: &[u8]) -> bool {
        let known = self.begun.map(|begun| begun.get(self.at.1..).unwrap_or_default());
        let known = known.map(|known| known.iter().take_while(|(of, _)| *of == slot));
        let whole = places(bytes, |place| {
            let Some(begin) = place.checked_sub(self.word) else { return };
            if known.clone().is_none_or(|mut known| known.any(|(_, known)| *known == begin)) {
                self.found.push((slot, begin));
            }
        });
        self.full = self.found.len() > PLACES;
        whole
    }
}

#[cfg(test)]
mod tests;
