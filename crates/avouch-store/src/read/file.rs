//! One period file, open to read.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use avouch_finding::Time;
use rusqlite::{Connection, OptionalExtension};
use rustc_hash::FxHashMap;

use crate::classes::Classes;
use crate::column::{Dict, Packed, Place};
use crate::error::{At, Error, Result};
use crate::period::Period;
use crate::read::count::NUMBERS;
use crate::read::words::Words;
use crate::schema;
use crate::slot::time_of;
use crate::stop::Stop;
use crate::texts::{Numbers, Texts, UNKNOWN};

/// Texts kept at hand of one dictionary: those with the lowest numbers.
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
    texts: Arc<Texts>,
    /// What its numbers stand for among the texts.
    numbers: Arc<Numbers>,
    /// Texts at hand, by dictionary and number.
    near: [Vec<Option<Arc<str>>>; DICTS],
    classes: FxHashMap<u32, Arc<Classes>>,
    empty: Arc<str>,
    /// The words that were asked for last.
    asked: Option<Arc<Words>>,
    /// Ends questions.
    pub(crate) stop: Stop,
}

impl FileReader {
    pub(crate) fn open(
        dir: &Path,
        name: &str,
        period: Period,
        dropped: i64,
        cache_kib: i64,
        texts: &Arc<Texts>,
    ) -> Result<Self> {
        let path = dir.join(name).with_extension("db");
        let conn = schema::open_to_read(&path, cache_kib)?;
        let numbers = texts.file(&path, dropped);
        Ok(Self {
            path,
            period,
            conn,
            dropped,
            texts: Arc::clone(texts),
            numbers,
            near: std::array::from_fn(|_| Vec::new()),
            classes: FxHashMap::default(),
            empty: "".into(),
            asked: None,
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
        time_of(self.period.from, slot, row)
    }

    /// Free text, cut into words; `None` when it has none.
    pub(crate) fn words(&mut self, text: &str) -> Result<Option<Arc<Words>>> {
        if self.asked.as_ref().is_none_or(|asked| asked.text != text) {
            self.asked = Words::new(text).at("cut a text into words", &self.path)?.map(Arc::new);
        }
        Ok(self.asked.clone())
    }

    /// A text of a dictionary.
    pub(crate) fn text(&mut self, dict: Dict, number: u32) -> Result<Arc<str>> {
        if number == 0 {
            return Ok(Arc::clone(&self.empty));
        }
        let (dictionary, at) = (&mut self.near[dict as usize], number as usize);
        if let Some(Some(text)) = dictionary.get(at) {
            return Ok(Arc::clone(text));
        }
        let known = self.numbers.of(dict).get(at).copied().filter(|shared| *shared != UNKNOWN);
        let shared = match known {
            Some(shared) => shared,
            None => self.look_up(dict, number)?,
        };
        let text = self.texts.text(shared);
        if at < REMEMBERED {
            let dictionary = &mut self.near[dict as usize];
            if at >= dictionary.len() {
                dictionary.resize(at + 1, None);
            }
            dictionary[at] = Some(Arc::clone(&text));
        }
        Ok(text)
    }

    fn look_up(&self, dict: Dict, number: u32) -> Result<u32> {
        let find = || -> rusqlite::Result<_> {
            self.conn
                .prepare_cached("SELECT text FROM text WHERE kind = ?1 AND id = ?2")?
                .query_row((dict as u8, number), |r| r.get::<_, String>(0))
                .optional()
        };
        let text = find().at("read a text", &self.path)?.ok_or_else(|| self.no_text())?;
        let shared = self.texts.number(&text);
        // What comes later in the dictionary is noted in one go, by whoever needs many.
        if self.numbers.of(dict).len() > number as usize {
            self.texts.note(&self.numbers, dict, [(number, text.as_str())]);
        }
        Ok(shared)
    }

    pub(crate) fn no_text(&self) -> Error {
        Error::Damaged { path: self.path.clone(), what: "a row with a text that is not there" }
    }

    /// What the numbers of a dictionary stand for, up to `most`: the place is the number.
    fn shared(&self, dict: Dict, most: u32) -> Result<Vec<u32>> {
        let most = most as usize;
        let known = self.numbers.of(dict).len();
        if known <= most {
            let read = || -> rusqlite::Result<Vec<(u32, String)>> {
                self.conn
                    .prepare_cached("SELECT id, text FROM text WHERE kind = ?1 AND id >= ?2 AND id <= ?3")?
                    .query_map((dict as u8, known as i64, most as i64), |r| Ok((r.get(0)?, r.get(1)?)))?
                    .collect()
            };
            let read = read().at("read a dictionary", &self.path)?;
            self.texts.note(&self.numbers, dict, read.iter().map(|(number, text)| (*number, text.as_str())));
        }
        let mut numbers: Vec<u32> = self.numbers.of(dict).iter().take(most + 1).copied().collect();
        numbers.resize(most + 1, UNKNOWN);
        Ok(numbers)
    }

    /// Number of a text among those of all files.
    pub(crate) fn shared_number(&self, text: &str) -> u32 {
        self.texts.number(text)
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

    /// Values that all numbers of a column stand for, by the number; [`UNKNOWN`] where the dictionary has none.
    pub(crate) fn all_values(&mut self, place: Place) -> Result<Values> {
        let highest = match place {
            Place::Text(_, dict) | Place::High(_, _, dict) => self.highest(dict)?,
            Place::Listed(_) => self.highest(Dict::Classes)?,
            Place::Bits { width, .. } => (1 << width) - 1,
        };
        if highest as usize > NUMBERS {
            return Err(Error::Limit { what: "values of a column", asked: highest.into(), limit: NUMBERS as u64 });
        }
        match place {
            Place::Text(_, dict) | Place::High(_, _, dict) => Ok(Values::One(self.shared(dict, highest)?)),
            _ => self.values(place, &vec![true; highest as usize + 1]),
        }
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

    /// Values that numbers of a column stand for, by the number: one, or those of a list, each once. Only of those that are `used`; `used` has
    /// a place for each number.
    pub(crate) fn values(&mut self, place: Place, used: &[bool]) -> Result<Values> {
        let most = u32::try_from(used.len().saturating_sub(1)).unwrap_or(u32::MAX);
        match place {
            Place::Text(_, dict) | Place::High(_, _, dict) => {
                let numbers = self.shared(dict, most)?;
                match numbers.iter().zip(used).any(|(number, used)| *used && *number == UNKNOWN) {
                    true => Err(self.no_text()),
                    false => Ok(Values::One(numbers)),
                }
            }
            Place::Bits { names, .. } => {
                let name = |n: usize| self.texts.number(names.get(n).copied().unwrap_or_default());
                Ok(Values::One((0..used.len()).map(name).collect()))
            }
            Place::Listed(list) => {
                let mut several = vec![Vec::new(); used.len()];
                for (number, values) in (0..).zip(&mut several).filter(|(n, _)| used[*n as usize]) {
                    let classes = self.classes(number)?;
                    let items = classes.list(list);
                    let first = |(n, item): &(usize, &String)| !items[..*n].contains(item);
                    values.extend(items.iter().enumerate().filter(first).map(|(_, item)| self.texts.number(item)));
                }
                Ok(Values::Several(several))
            }
        }
    }
}

/// What the numbers of a column stand for, by the number: shared numbers of texts, see [`Texts`].
#[derive(Debug)]
pub(crate) enum Values {
    /// Each one text.
    One(Vec<u32>),
    /// Each any number of texts.
    Several(Vec<Vec<u32>>),
}

impl Values {
    /// Of one number; `None` when it is higher than those that were asked for.
    pub(crate) fn of(&self, number: u32) -> Option<&[u32]> {
        let at = number as usize;
        match self {
            Self::One(numbers) => numbers.get(at).map(std::slice::from_ref),
            Self::Several(numbers) => numbers.get(at).map(Vec::as_slice),
        }
    }
}
