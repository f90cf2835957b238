//! Counts kept beside the findings of a file, in the same transaction.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::column::Dict;
use crate::write::dictionary::Dictionary;

const HOUR: u64 = 3_600_000_000_000;

/// What one finding adds to the counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted<'a> {
    pub(crate) time: avouch_finding::Time,
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
    /// Hour, severity: counted, suppressed.
    severity_hour: BTreeMap<(u64, u32), [i64; 2]>,
    /// Day, rule: counted, suppressed.
    rule_day: BTreeMap<(u64, u32), [i64; 2]>,
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
        let which = usize::from(finding.suppressed.is_some());
        self.severity_hour.entry((finding.time.0 / HOUR, finding.severity)).or_default()[which] += 1;
        self.rule_day.entry((day, finding.rule)).or_default()[which] += 1;
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
            "INSERT INTO severity_hour (hour, severity, n, suppressed) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT DO UPDATE SET n = n + excluded.n, suppressed = suppressed + excluded.suppressed",
        )?;
        for ((hour, severity), [n, suppressed]) in &self.severity_hour {
            write.execute((hour.cast_signed(), severity, n, suppressed))?;
        }
        let mut write = conn.prepare_cached(
            "INSERT INTO rule_day (day, rule, n, suppressed) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT DO UPDATE SET n = n + excluded.n, suppressed = suppressed + excluded.suppressed",
        )?;
        for ((day, rule), [n, suppressed]) in &self.rule_day {
            write.execute((day.cast_signed(), rule, n, suppressed))?;
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
