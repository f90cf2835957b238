//! Texts of a file and their numbers, for writing.

use rusqlite::{Connection, OptionalExtension};
use rustc_hash::FxHashMap;

use crate::column::Dict;

/// Texts remembered of one dictionary.
const REMEMBERED: usize = 50_000;
const DICTS: usize = 32;

/// Numbers of texts. Good for one open file and as long as nothing is rolled back.
#[derive(Debug)]
pub(crate) struct Dictionary {
    known: [FxHashMap<Box<str>, u32>; DICTS],
    /// The highest number of each dictionary.
    highest: [Option<u32>; DICTS],
}

impl Dictionary {
    pub(crate) fn new() -> Self {
        Self { known: std::array::from_fn(|_| FxHashMap::default()), highest: [None; DICTS] }
    }

    /// Number of a text, which gets one when it has none.
    pub(crate) fn number(&mut self, conn: &Connection, dict: Dict, text: &str) -> rusqlite::Result<u32> {
        if text.is_empty() {
            return Ok(0);
        }
        let kind = dict as u8;
        let known = &mut self.known[usize::from(kind)];
        if let Some(number) = known.get(text) {
            return Ok(*number);
        }
        let stored = conn
            .prepare_cached("SELECT id FROM text WHERE kind = ?1 AND text = ?2")?
            .query_row((kind, text), |r| r.get(0))
            .optional()?;
        let number = match stored {
            Some(number) => number,
            None => {
                let highest = &mut self.highest[usize::from(kind)];
                let last = match *highest {
                    Some(last) => last,
                    None => {
                        conn.query_row("SELECT coalesce(max(id), 0) FROM text WHERE kind = ?1", [kind], |r| r.get(0))?
                    }
                };
                let number = last + 1;
                conn.prepare_cached("INSERT INTO text (kind, id, text) VALUES (?1, ?2, ?3)")?
                    .execute((kind, number, text))?;
                *highest = Some(number);
                number
            }
        };
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(text.into(), number);
        Ok(number)
    }
}
