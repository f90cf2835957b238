//! Counts kept beside the findings of a file, in the same transaction.

use std::collections::BTreeMap;

use avouch_finding::Time;
use rusqlite::Connection;

use crate::column::Dict;
use crate::write::dictionary::Dictionary;

const HOUR: u64 = 3_600_000_000_000;

/// What one finding adds to the counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted<'a> {
    pub(crate) time: Time,
    pub(crate) severity: u32,
    pub(crate) rule: u32,
    pub(crate) cluster: u32,
    pub(crate) criteria: &'a [String],
    pub(crate) touched: &'a [String],
    /// Number of the acceptance that suppressed it.
    pub(crate) suppressed: Option<u32>,
}

/// Changes of the counts that a batch brings. Days and hours are those since the epoch, UTC.
#[derive(Debug, Default)]
pub(crate) struct Rollups {
    /// Day, criterion, severity, cluster: counted, suppressed, touched.
    criterion_day: BTreeMap<(u64, u32, u32, u32), [i64; 3]>,
    /// Hour, severity, cluster: counted, suppressed, open.
    severity_hour: BTreeMap<(u64, u32, u32), [i64; 3]>,
    /// Day, rule, cluster: counted, suppressed.
    rule_day: BTreeMap<(u64, u32, u32), [i64; 2]>,
    /// Day, acceptance, rule: suppressed.
    acceptance_day: BTreeMap<(u64, u32, u32), i64>,
}

impl Rollups {
    pub(crate) fn add(
        &mut self,
        conn: &Connection,
        texts: &mut Dictionary,
        finding: Counted<'_>,
    ) -> rusqlite::Result<()> {
        let day = finding.time.day();
        let suppressed = finding.suppressed.is_some();
        let which = usize::from(suppressed);
        // Nobody can have decided about it yet.
        self.recount(finding.time, finding.severity, finding.rule, finding.cluster, suppressed, !suppressed);
        if let Some(acceptance) = finding.suppressed {
            *self.acceptance_day.entry((day, acceptance, finding.rule)).or_default() += 1;
        }
        for (criteria, which) in [(finding.criteria, which), (finding.touched, 2)] {
            for (n, criterion) in criteria.iter().enumerate() {
                if criteria[..n].contains(criterion) {
                    continue;
                }
                let criterion = texts.number(conn, Dict::Criterion, criterion)?;
                let key = (day, criterion, finding.severity, finding.cluster);
                self.criterion_day.entry(key).or_default()[which] += 1;
            }
        }
        Ok(())
    }

    /// Adds to the counts by hour and by rule.
    pub(crate) fn recount(&mut self, time: Time, severity: u32, rule: u32, cluster: u32, suppressed: bool, open: bool) {
        let which = usize::from(suppressed);
        let hour = self.severity_hour.entry((time.0 / HOUR, severity, cluster)).or_default();
        hour[which] += 1;
        hour[2] += i64::from(open);
        self.rule_day.entry((time.day(), rule, cluster)).or_default()[which] += 1;
    }

    /// Somebody dealt with a finding that was open, or `more` is one when it is open again.
    pub(crate) fn reopen(&mut self, time: Time, severity: u32, cluster: u32, more: i64) {
        self.severity_hour.entry((time.0 / HOUR, severity, cluster)).or_default()[2] += more;
    }

    pub(crate) fn write(&self, conn: &Connection) -> rusqlite::Result<()> {
        if self.severity_hour.is_empty() {
            return Ok(());
        }
        let mut write = conn.prepare_cached(
            "INSERT INTO criterion_day (day, criterion, severity, cluster, n, suppressed, touched) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET \
             n = n + excluded.n, suppressed = suppressed + excluded.suppressed, touched = touched + excluded.touched",
        )?;
        for ((day, criterion, severity, cluster), [n, suppressed, touched]) in &self.criterion_day {
            write.execute((day.cast_signed(), criterion, severity, cluster, n, suppressed, touched))?;
        }
        let mut write = conn.prepare_cached(
            "INSERT INTO severity_hour (hour, severity, cluster, n, suppressed, open) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
             ON CONFLICT DO UPDATE SET \
             n = n + excluded.n, suppressed = suppressed + excluded.suppressed, open = open + excluded.open",
        )?;
        for ((hour, severity, cluster), [n, suppressed, open]) in &self.severity_hour {
            write.execute((hour.cast_signed(), severity, cluster, n, suppressed, open))?;
        }
        let mut write = conn.prepare_cached(
            "INSERT INTO rule_day (day, rule, cluster, n, suppressed) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT DO UPDATE SET n = n + excluded.n, suppressed = suppressed + excluded.suppressed",
        )?;
        for ((day, rule, cluster), [n, suppressed]) in &self.rule_day {
            write.execute((day.cast_signed(), rule, cluster, n, suppressed))?;
        }
        let mut write = conn.prepare_cached(
            "INSERT INTO acceptance_day (day, acceptance, rule, suppressed) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT DO UPDATE SET suppressed = suppressed + excluded.suppressed",
        )?;
        for ((day, acceptance, rule), suppressed) in &self.acceptance_day {
            write.execute((day.cast_signed(), acceptance, rule, suppressed))?;
        }
        Ok(())
    }
}
