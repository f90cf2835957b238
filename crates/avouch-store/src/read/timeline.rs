//! What was watched, and the facts that are few.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use avouch_finding::{Fact, Kind, NotRunning, Observation, RuleIdentity, RulesLoaded, Time};
use rusqlite::{Row, ToSql};
use serde::Deserialize;
use serde_json::Value as Json;

use crate::error::{At, Error, Result};
use crate::period::{Period, bound, moment};
use crate::read::Reader;
use crate::record::Source;

/// A fact with its place in the ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredFact {
    /// Its record.
    pub record: Source,
    /// When it was written to the ledger.
    pub recorded: Time,
    /// What it says.
    pub fact: Fact,
}

/// Adjoining observations of one node and run, alike in rule set, states of sources and gaps, of one
/// day of UTC. One with losses, or in which the
/// clock was set, is always a stretch of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Identity of the ledger.
    pub ledger: Arc<str>,
    /// Number of the first record.
    pub first_seq: u64,
    /// Number of the last record. Records of others stand between.
    pub last_seq: u64,
    /// Observations in it.
    pub records: u64,
    /// The least and the greatest clock offset, in ns.
    pub clock_offset_ns: (i64, i64),
    /// From the begin of the first to the end of the last, counts added up; the clock offset is the last one.
    pub observation: Observation,
}

/// A rule set that a run loaded.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleSetLoaded {
    /// Its record.
    pub record: Source,
    /// What was loaded.
    pub loaded: RulesLoaded,
}

/// The lists of a rule set, as they are kept apart.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Lists {
    rules: Vec<RuleIdentity>,
    not_running: Vec<NotRunning>,
}

const FACT: &str = "SELECT l.name, f.seq, f.hash, f.recorded, f.kind, f.body, i.body, f.list \
     FROM fact f JOIN ledger l ON l.id = f.ledger LEFT JOIN list i ON i.id = f.list";

/// The record that a row is of.
fn source(row: &Row<'_>) -> rusqlite::Result<Source> {
    Ok(Source { ledger: row.get(0)?, seq: row.get::<_, i64>(1)?.cast_unsigned(), hash: row.get(2)? })
}

/// A fact with its lists; `None` where it does not read.
fn fact(row: &Row<'_>) -> rusqlite::Result<Option<StoredFact>> {
    let read = |column: usize| -> rusqlite::Result<Option<Json>> {
        Ok(serde_json::from_str(row.get_ref(column)?.as_str_or_null()?.unwrap_or("{}")).ok())
    };
    let (Some(mut body), Some(lists)) = (read(5)?, read(6)?) else { return Ok(None) };
    if let (Json::Object(body), Json::Object(lists)) = (&mut body, lists) {
        body.extend(lists);
    }
    let Ok(fact) = Fact::read(row.get_ref(4)?.as_str()?, body) else { return Ok(None) };
    Ok(Some(StoredFact { record: source(row)?, recorded: moment(row.get(3)?), fact }))
}

/// A rule set, as [`fact`] reads it, but each list once, however many nodes loaded it: there are hundreds of rules in each.
fn rule_set(row: &Row<'_>, known: &mut BTreeMap<i64, Option<Lists>>) -> rusqlite::Result<Option<RuleSetLoaded>> {
    let body = serde_json::from_str(row.get_ref(5)?.as_str()?).ok();
    let Some(Ok(Fact::Rules(mut loaded))) = body.map(|body| Fact::read(Kind::Rules.name(), body)) else {
        return Ok(None);
    };
    if let Some(list) = row.get::<_, Option<i64>>(7)? {
        if let Entry::Vacant(unread) = known.entry(list) {
            let text = row.get_ref(6)?;
            unread.insert(text.as_str_or_null()?.and_then(|text| serde_json::from_str(text).ok()));
        }
        let Some(Some(lists)) = known.get(&list) else { return Ok(None) };
        (loaded.rules, loaded.not_running) = (lists.rules.clone(), lists.not_running.clone());
    }
    Ok(Some(RuleSetLoaded { record: source(row)?, loaded: *loaded }))
}

impl Reader {
    /// Facts that fit a condition, in order of the ledger, the first `limit` of them.
    pub(crate) fn facts_where(
        &mut self,
        condition: &str,
        limit: Option<usize>,
        values: &[&dyn ToSql],
    ) -> Result<Vec<StoredFact>> {
        self.read_where(condition, limit, values, &mut fact)
    }

    /// The same, each read by `one`, which gives `None` for one that does not read.
    fn read_where<T>(
        &mut self,
        condition: &str,
        limit: Option<usize>,
        values: &[&dyn ToSql],
        one: &mut dyn FnMut(&Row<'_>) -> rusqlite::Result<Option<T>>,
    ) -> Result<Vec<T>> {
        self.refresh()?;
        let mut read = || -> rusqlite::Result<Vec<Option<T>>> {
            let limit = limit.map_or_else(String::new, |limit| format!(" LIMIT {limit}"));
            let mut find =
                self.main.prepare_cached(&format!("{FACT} WHERE {condition} ORDER BY l.name, f.seq{limit}"))?;
            let mut rows = find.query(values)?;
            let mut out = Vec::new();
            while let Some(row) = rows.next()? {
                out.push(one(row)?);
            }
            Ok(out)
        };
        let all = read().at("read facts", &self.main_path)?;
        let damaged = || Error::Damaged { path: self.main_path.clone(), what: "a fact" };
        all.into_iter().map(|one| one.ok_or_else(damaged)).collect()
    }

    /// Facts of a kind whose time, or some of whose time, is in a period, in order of the ledger. Findings, observations and activity have
    /// questions of their own; here they are none.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn facts(&mut self, kind: Kind, period: Period) -> Result<Vec<StoredFact>> {
        self.facts_named(kind.name(), period)
    }

    /// As [`Reader::facts`], for the name of any kind, also one that this version does not know. What such a fact says of time is not known
    /// either: the time counts at which it was recorded.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn facts_named(&mut self, kind: &str, period: Period) -> Result<Vec<StoredFact>> {
        let condition = "f.kind = ?1 AND f.begins < ?2 AND (f.ends > ?3 OR f.begins >= ?3)";
        self.facts_where(condition, None, &[&kind, &bound(period.to), &bound(period.from)])
    }

    /// Everything that was done and decided about a finding, in order of the ledger.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn history(&mut self, finding: &str) -> Result<Vec<StoredFact>> {
        self.facts_where("f.finding = ?1", None, &[&finding])
    }

    /// Rule sets loaded in a period, and for each run of a node the last one before it, in order of the ledger.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn rule_sets(&mut self, period: Period) -> Result<Vec<RuleSetLoaded>> {
        let mut lists = BTreeMap::new();
        let loaded = &mut |row: &Row<'_>| rule_set(row, &mut lists);
        let all = self.read_where("f.kind = 'rules' AND f.begins < ?1", None, &[&bound(period.to)], loaded)?;
        let mut before: BTreeMap<(String, String), RuleSetLoaded> = BTreeMap::new();
        let mut sets = Vec::new();
        for set in all {
            if set.loaded.time >= period.from {
                sets.push(set);
                continue;
            }
            let run = (set.loaded.node.clone(), set.loaded.run.clone());
            match before.get(&run) {
                Some(known) if known.loaded.time > set.loaded.time => {}
                _ => {
                    before.insert(run, set);
                }
            }
        }
        sets.extend(before.into_values());
        sets.sort_by(|a, b| a.record.cmp(&b.record));
        Ok(sets)
    }

    /// Stretches that meet a period, whole, by node and time. Their counts are of the whole stretch.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn stretches(&mut self, period: Period) -> Result<Vec<Stretch>> {
        self.refresh()?;
        let read = || -> rusqlite::Result<_> {
            let mut find = self.main.prepare_cached(
                "SELECT l.name, s.first_seq, s.last_seq, s.records, s.clock_least, s.clock_most, s.body \
                 FROM stretch s JOIN ledger l ON l.id = s.ledger \
                 WHERE s.begins < ?2 AND (s.ends > ?1 OR s.begins >= ?1) ORDER BY s.node, s.begins, l.name, s.first_seq",
            )?;
            let mut rows = find.query([bound(period.from), bound(period.to)])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(match serde_json::from_str(row.get_ref(6)?.as_str()?) {
                    Err(_) => None,
                    Ok(observation) => Some(Stretch {
                        ledger: row.get(0)?,
                        first_seq: row.get::<_, i64>(1)?.cast_unsigned(),
                        last_seq: row.get::<_, i64>(2)?.cast_unsigned(),
                        records: row.get::<_, i64>(3)?.cast_unsigned(),
                        clock_offset_ns: (row.get(4)?, row.get(5)?),
                        observation,
                    }),
                });
            }
            Ok(found)
        };
        let found: Vec<Option<Stretch>> = read().at("read observations", &self.main_path)?;
        let damaged = || Error::Damaged { path: self.main_path.clone(), what: "an observation" };
        found.into_iter().map(|stretch| stretch.ok_or_else(damaged)).collect()
    }
}
