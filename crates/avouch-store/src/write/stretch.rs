//! Observations, adjoining ones merged.

use avouch_finding::{Observation, Time};
use rusqlite::Connection;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::period::sql;
use crate::record::Record;

/// A stretch that a batch made or made longer.
#[derive(Debug)]
struct Open {
    /// Its row, when it has one.
    id: Option<i64>,
    ledger: i64,
    first: i64,
    last: i64,
    records: i64,
    clock: (i64, i64),
    observation: Observation,
}

/// Stretches that a batch touches. They are written when it ends.
#[derive(Debug, Default)]
pub(crate) struct Stretches {
    open: Vec<Open>,
    /// By node, run and end.
    ending: FxHashMap<(String, String, Time), Vec<usize>>,
    /// Rows that are in `open`.
    taken: FxHashSet<i64>,
}

/// A stretch with losses, or in which the clock was set, stays alone: what it says must not be spread over a longer time.
fn alone(o: &Observation) -> bool {
    o.lost.events > 0 || !o.lost.by_cause.is_empty() || o.clock_jump_ns.is_some()
}

/// Whether `next` goes on with what `before` says. Node, run and end are known to fit. A stretch begins anew with each day of UTC, so that
/// counts of a period of whole days are those of its stretches, and do not change while the next day is watched.
fn goes_on(before: &Observation, next: &Observation) -> bool {
    let states = |o: &Observation| -> Vec<_> {
        o.sources.iter().map(|(name, s)| (name.clone(), s.state, s.reason.clone())).collect()
    };
    !alone(before)
        && !alone(next)
        && before.from.day() == next.from.day()
        && before.rules == next.rules
        && before.cluster == next.cluster
        && before.gaps == next.gaps
        && before.sources.len() == next.sources.len()
        && states(before) == states(next)
}

impl Stretches {
    /// Takes an observation in.
    pub(crate) fn add(
        &mut self,
        conn: &Connection,
        ledger: i64,
        record: &Record,
        next: &Observation,
    ) -> rusqlite::Result<()> {
        let seq = record.seq.cast_signed();
        let key = (next.node.clone(), next.run.clone(), next.from);
        let fits = |o: &Open| o.ledger == ledger && goes_on(&o.observation, next);
        let mut found = if alone(next) || next.from >= next.to {
            None
        } else {
            self.ending.get(&key).and_then(|ending| ending.iter().copied().find(|n| fits(&self.open[*n])))
        };
        if found.is_none() && !alone(next) && next.from < next.to {
            let stored = self.stored(conn, ledger, &key)?;
            if let Some(open) = stored.into_iter().find(fits) {
                self.taken.extend(open.id);
                self.ending.entry(key.clone()).or_default().push(self.open.len());
                found = Some(self.open.len());
                self.open.push(open);
            }
        }
        let end = (key.0, key.1, next.to);
        let Some(n) = found else {
            self.ending.entry(end).or_default().push(self.open.len());
            self.open.push(Open {
                id: None,
                ledger,
                first: seq,
                last: seq,
                records: 1,
                clock: (next.clock_offset_ns, next.clock_offset_ns),
                observation: next.clone(),
            });
            return Ok(());
        };
        let key = (end.0.clone(), end.1.clone(), next.from);
        if let Some(ending) = self.ending.get_mut(&key) {
            ending.retain(|m| *m != n);
        }
        self.ending.entry(end).or_default().push(n);
        let open = &mut self.open[n];
        open.last = seq;
        open.records += 1;
        open.clock = (open.clock.0.min(next.clock_offset_ns), open.clock.1.max(next.clock_offset_ns));
        let whole = &mut open.observation;
        whole.to = next.to;
        whole.events = whole.events.saturating_add(next.events);
        whole.detections = whole.detections.saturating_add(next.detections);
        whole.clock_offset_ns = next.clock_offset_ns;
        for (name, state) in &next.sources {
            if let Some(sum) = whole.sources.get_mut(name) {
                sum.events = sum.events.saturating_add(state.events);
            }
        }
        Ok(())
    }

    /// Stretches in the store that end where another begins, the oldest first.
    fn stored(&self, conn: &Connection, ledger: i64, key: &(String, String, Time)) -> rusqlite::Result<Vec<Open>> {
        let mut find = conn.prepare_cached(
            "SELECT id, first_seq, last_seq, records, clock_least, clock_most, body FROM stretch \
             WHERE node = ?1 AND run = ?2 AND ends = ?3 AND ledger = ?4 ORDER BY id",
        )?;
        let mut rows = find.query((&key.0, &key.1, sql(key.2), ledger))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let id = row.get(0)?;
            let Ok(observation) = serde_json::from_str(row.get_ref(6)?.as_str()?) else { continue };
            if !self.taken.contains(&id) {
                found.push(Open {
                    id: Some(id),
                    ledger,
                    first: row.get(1)?,
                    last: row.get(2)?,
                    records: row.get(3)?,
                    clock: (row.get(4)?, row.get(5)?),
                    observation,
                });
            }
        }
        Ok(found)
    }

    /// Writes what the batch brought.
    pub(crate) fn write(&mut self, conn: &Connection) -> rusqlite::Result<()> {
        for open in self.open.drain(..) {
            let o = &open.observation;
            let body = serde_json::to_string(o).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))?;
            conn.prepare_cached(
                "INSERT OR REPLACE INTO stretch (id, ledger, first_seq, last_seq, records, node, run, begins, ends, \
                 clock_least, clock_most, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            )?
            .execute((
                open.id,
                open.ledger,
                open.first,
                open.last,
                open.records,
                &o.node,
                &o.run,
                sql(o.from),
                sql(o.to),
                open.clock.0,
                open.clock.1,
                body,
            ))?;
        }
        self.ending.clear();
        self.taken.clear();
        Ok(())
    }
}
