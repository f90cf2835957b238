//! One period file, open to read.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use avouch_finding::Time;
use rusqlite::{Connection, OptionalExtension};
use rustc_hash::FxHashMap;

use crate::classes::Classes;
use crate::column::{Dict, LATE, Packed, Place};
use crate::error::{At, Error, Result};
use crate::period::{Period, bound, moment};
use crate::schema;
use crate::slot::SHIFT;
use crate::stop::Stop;

/// Texts remembered of one dictionary: those with the lowest numbers.
const REMEMBERED: usize = 200_000;
const DICTS: usize = 32;

/// A period file and what was read of its dictionaries, whose entries never change.
#[derive(Debug)]
pub(crate) struct FileReader {
    pub(crate) path: PathBuf,
    pub(crate) period: Period,
    pub(crate) conn: Connection,
    /// Of the main file's row for it, how often it was dropped: the file of this name may be a new one.
    pub(crate) dropped: i64,
    /// By dictionary and number.
    texts: [Vec<Option<Arc<str>>>; DICTS],
    classes: FxHashMap<u32, Arc<Classes>>,
    empty: Arc<str>,
    /// Ends questions.
    pub(crate) stop: Stop,
}

impl FileReader {
    pub(crate) fn open(dir: &Path, name: &str, period: Period, dropped: i64, cache_kib: i64) -> Result<Self> {
        let path = dir.join(name).with_extension("db");
        let conn = schema::open_to_read(&path, cache_kib)?;
        let texts = std::array::from_fn(|_| Vec::new());
        Ok(Self {
            path,
            period,
            conn,
            dropped,
            texts,
            classes: FxHashMap::default(),
            empty: "".into(),
            stop: Stop::default(),
        })
    }

    /// Runs a question on one state of the file.
    pub(crate) fn still<T>(&mut self, ask: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.conn.execute_batch("BEGIN").at("begin to read", &self.path)?;
        let answer = ask(self);
        let end = self.conn.execute_batch("COMMIT").at("end to read", &self.path);
        let answer = answer?;
        end?;
        Ok(answer)
    }

    /// The same for a question that goes through the whole file: what it read does not stay mapped, so that memory does not grow with the file.
    pub(crate) fn walk<T>(&mut self, ask: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        schema::map(&self.conn, 0).at("set up a database", &self.path)?;
        let answer = self.still(ask);
        schema::map(&self.conn, schema::MAPPED).at("set up a database", &self.path)?;
        answer
    }

    /// Time of a row.
    pub(crate) fn time(&self, slot: i64, row: &Packed) -> Time {
        moment(bound(self.period.from).saturating_add(slot >> SHIFT).saturating_sub(i64::from(row[LATE])))
    }

    /// A text of a dictionary.
    pub(crate) fn text(&mut self, dict: Dict, number: u32) -> Result<Arc<str>> {
        if number == 0 {
            return Ok(Arc::clone(&self.empty));
        }
        if let Some(Some(text)) = self.texts[dict as usize].get(number as usize) {
            return Ok(Arc::clone(text));
        }
        let find = || -> rusqlite::Result<_> {
            self.conn
                .prepare_cached("SELECT text FROM text WHERE kind = ?1 AND id = ?2")?
                .query_row((dict as u8, number), |r| r.get::<_, Arc<str>>(0))
                .optional()
        };
        let text = find()
            .at("read a text", &self.path)?
            .ok_or_else(|| Error::Damaged { path: self.path.clone(), what: "a row with a text that is not there" })?;
        self.keep(dict, number, Arc::clone(&text));
        Ok(text)
    }

    fn keep(&mut self, dict: Dict, number: u32, text: Arc<str>) {
        let (texts, number) = (&mut self.texts[dict as usize], number as usize);
        if number < REMEMBERED {
            if number >= texts.len() {
                texts.resize(number + 1, None);
            }
            texts[number] = Some(text);
        }
    }

    /// Reads a dictionary ahead.
    pub(crate) fn remember(&mut self, dict: Dict) -> Result<()> {
        let known = self.texts[dict as usize].len();
        let read = || -> rusqlite::Result<Vec<(u32, Arc<str>)>> {
            self.conn
                .prepare_cached("SELECT id, text FROM text WHERE kind = ?1 AND id >= ?2 AND id < ?3")?
                .query_map((dict as u8, known as i64, REMEMBERED as i64), |r| Ok((r.get(0)?, r.get(1)?)))?
                .collect()
        };
        for (number, text) in read().at("read a dictionary", &self.path)? {
            self.keep(dict, number, text);
        }
        Ok(())
    }

    /// Number of a text, when it has one.
    pub(crate) fn number(&self, dict: Dict, text: &str) -> Result<Option<u32>> {
        if text.is_empty() {
            return Ok(Some(0));
        }
        let find = || -> rusqlite::Result<_> {
            self.conn
                .prepare_cached("SELECT id FROM text WHERE kind = ?1 AND text = ?2")?
                .query_row((dict as u8, text), |r| r.get(0))
                .optional()
        };
        find().at("find a text", &self.path)
    }

    /// The highest number of a dictionary.
    pub(crate) fn highest(&self, dict: Dict) -> Result<u32> {
        let find = || -> rusqlite::Result<_> {
            self.conn
                .prepare_cached("SELECT coalesce(max(id), 0) FROM text WHERE kind = ?1")?
                .query_row([dict as u8], |r| r.get(0))
        };
        find().at("read a dictionary", &self.path)
    }

    /// What a finding stands for.
    pub(crate) fn classes(&mut self, number: u32) -> Result<Arc<Classes>> {
        if let Some(classes) = self.classes.get(&number) {
            return Ok(Arc::clone(classes));
        }
        let text = self.text(Dict::Classes, number)?;
        let classes: Classes = if text.is_empty() {
            Classes::default()
        } else {
            serde_json::from_str(&text)
                .map_err(|_| Error::Damaged { path: self.path.clone(), what: "criteria of a finding" })?
        };
        let classes = Arc::new(classes);
        self.classes.insert(number, Arc::clone(&classes));
        Ok(classes)
    }

    /// Values that a number of a column stands for: one, or those of a list, each once.
    pub(crate) fn values(&mut self, place: Place, number: u32) -> Result<Vec<Arc<str>>> {
        Ok(match place {
            Place::Text(_, dict) | Place::High(_, _, dict) => vec![self.text(dict, number)?],
            Place::Bits { names, .. } => vec![names.get(number as usize).copied().unwrap_or_default().into()],
            Place::Listed(list) => {
                let classes = self.classes(number)?;
                let items = classes.list(list);
                let first = |(n, item): &(usize, &String)| !items[..*n].contains(item);
                items.iter().enumerate().filter(first).map(|(_, item)| item.as_str().into()).collect()
            }
        })
    }
}
