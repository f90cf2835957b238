//! Activity as it is read.

use avouch_finding::{Fact, Time};
use serde_json::{Map, Value as Json};

use crate::column::{ActivityColumn, BITS, Dict, Packed, bit};
use crate::error::{At, Error, Result};
use crate::filter::{ActivityFilter, Page, Rows};
use crate::period::{Period, Shelf};
use crate::read::Reader;
use crate::read::file::FileReader;
use crate::write::{KEYED, KINDS};

/// A command, connection or file change.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredActivity {
    /// When.
    pub time: Time,
    /// What, whole.
    pub fact: Fact,
    /// Identity of the ledger.
    pub ledger: std::sync::Arc<str>,
    /// Number of its record.
    pub seq: u64,
}

fn activity(file: &mut FileReader, slot: i64, row: &Packed) -> Result<StoredActivity> {
    let read = || -> rusqlite::Result<(u32, i64, String, String)> {
        file.conn
            .prepare_cached("SELECT ledger, seq, text, rest FROM activity WHERE slot = ?1")?
            .query_row([slot], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)))
    };
    let (ledger, seq, text, rest) = read().at("read activity", &file.path)?;
    let damaged = || Error::Damaged { path: file.path.clone(), what: "activity" };
    let mut body: Map<String, Json> = serde_json::from_str(&rest).map_err(|_| damaged())?;
    let kind = row[BITS] >> bit::ACTIVITY & 3;
    let (kind, key) = KINDS.get(kind as usize).copied().ok_or_else(damaged)?;
    let time = file.time(slot, row);
    body.insert("time".to_owned(), Json::String(time.to_string()));
    if let Some(key) = key {
        body.insert(key.to_owned(), Json::String(text));
    }
    for (key, word, dict) in KEYED {
        // A value that was too long for a dictionary is in the rest.
        if row[word] != 0 {
            body.insert(key.to_owned(), Json::String(file.text(dict, row[word])?.as_ref().to_owned()));
        }
    }
    let fact = Fact::read(kind, Json::Object(body))
        .map_err(|_| Error::Damaged { path: file.path.clone(), what: "activity" })?;
    Ok(StoredActivity { time, fact, ledger: file.text(Dict::Ledger, ledger)?, seq: seq.cast_unsigned() })
}

impl Reader {
    /// A page of activity.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn activity(&mut self, filter: &ActivityFilter, page: Page) -> Result<Rows<StoredActivity>> {
        self.page(Shelf::Activity, filter, page, activity)
    }

    /// Activity of a node around a moment: at most `most` before it and `most` after it, none farther away than `within` ns, in order of
    /// time.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn activity_around(&mut self, node: &str, at: Time, within: u64, most: usize) -> Result<Vec<StoredActivity>> {
        use crate::filter::Order;
        let of = |from: u64, to: u64| {
            ActivityFilter::of(Period::new(Time(from), Time(to))).only(ActivityColumn::Node, [node])
        };
        let before = of(at.0.saturating_sub(within), at.0);
        let after = of(at.0, at.0.saturating_add(within).saturating_add(1));
        let mut rows = self.activity(&before, Page { limit: most, order: Order::NewestFirst, after: None })?.rows;
        rows.reverse();
        rows.extend(self.activity(&after, Page { limit: most, order: Order::OldestFirst, after: None })?.rows);
        Ok(rows)
    }
}
