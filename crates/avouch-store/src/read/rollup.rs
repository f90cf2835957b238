//! Counts that the writer keeps: charts are made from these, not from findings.

use avouch_finding::{Severity, Time};
use rusqlite::Row;

use crate::column::Dict;
use crate::error::{At, Error, Result};
use crate::period::{Period, Shelf};
use crate::read::Reader;
use crate::read::count::{AcceptanceDay, Bucket, CriterionDay, RuleDay};
use crate::read::file::FileReader;
use crate::read::kept::{HOUR, hours};

pub(crate) const DAY: u64 = 24 * HOUR;

/// First unit of a period, and the unit after its last.
pub(crate) fn units(period: Period, unit: u64) -> [i64; 2] {
    let end = period.to.0.div_ceil(unit);
    [period.from.0 / unit, end].map(|n| i64::try_from(n).unwrap_or(i64::MAX))
}

fn rows<T>(
    file: &FileReader,
    select: &str,
    bounds: [i64; 2],
    read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    let ask = || -> rusqlite::Result<_> {
        file.conn.prepare_cached(select)?.query_map(bounds, |row| read(row))?.collect::<rusqlite::Result<Vec<T>>>()
    };
    ask().at("read counts", &file.path)
}

fn at(unit: u64, number: i64) -> Time {
    Time(unit.saturating_mul(number.cast_unsigned()))
}

fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::cast_unsigned)
}

impl Reader {
    fn each(&mut self, period: Period, mut ask: impl FnMut(&mut FileReader) -> Result<()>) -> Result<()> {
        for listed in self.shelf(Shelf::Findings, period)? {
            if let Some(file) = self.file(&listed)? {
                file.still(&mut ask)?;
            }
        }
        Ok(())
    }

    /// Findings by hour and severity, for every hour that meets the period and has findings.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn severities_by_hour(&mut self, period: Period) -> Result<Vec<Bucket>> {
        let mut all: Vec<Bucket> = Vec::new();
        self.each(period, |file| {
            for row in hours(file, period)? {
                if all.last().is_none_or(|hour| hour.from != row.from) {
                    all.push(Bucket::empty(row.from));
                }
                if let Some(hour) = all.last_mut() {
                    hour.counted.add(row.severity, row.counted);
                    hour.suppressed.add(row.severity, row.suppressed);
                }
            }
            Ok(())
        })?;
        Ok(all)
    }

    /// Findings by day, criterion, severity and cluster, for every day that meets the period.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn criteria_by_day(&mut self, period: Period) -> Result<Vec<CriterionDay>> {
        let mut days = Vec::new();
        let select = "SELECT day, criterion, severity, cluster, n, suppressed, touched FROM criterion_day \
                      WHERE day >= ?1 AND day < ?2";
        self.each(period, |file| {
            let read = |r: &Row<'_>| {
                let counts = [number(r, 4)?, number(r, 5)?, number(r, 6)?];
                Ok((at(DAY, r.get(0)?), r.get(1)?, r.get::<_, u8>(2)?, r.get(3)?, counts))
            };
            for (day, criterion, severity, cluster, [counted, suppressed, touched]) in
                rows(file, select, units(period, DAY), read)?
            {
                let damaged = || Error::Damaged { path: file.path.clone(), what: "a severity" };
                let severity = Severity::ALL.into_iter().find(|s| s.ocsf() == severity + 1).ok_or_else(damaged)?;
                let (criterion, cluster) = (file.text(Dict::Criterion, criterion)?, file.text(Dict::Cluster, cluster)?);
                days.push(CriterionDay { day, criterion, severity, cluster, counted, suppressed, touched });
            }
            Ok(())
        })?;
        days.sort_by(|a, b| {
            (a.day, &a.criterion, a.severity, &a.cluster).cmp(&(b.day, &b.criterion, b.severity, &b.cluster))
        });
        Ok(days)
    }

    /// Findings by day and rule, for every day that meets the period.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn rules_by_day(&mut self, period: Period) -> Result<Vec<RuleDay>> {
        let mut days = Vec::new();
        let select =
            "SELECT day, rule, sum(n), sum(suppressed) FROM rule_day WHERE day >= ?1 AND day < ?2 GROUP BY day, rule";
        self.each(period, |file| {
            let read = |r: &Row<'_>| Ok((at(DAY, r.get(0)?), r.get(1)?, number(r, 2)?, number(r, 3)?));
            for (day, rule, counted, suppressed) in rows(file, select, units(period, DAY), read)? {
                days.push(RuleDay { day, rule: file.text(Dict::Rule, rule)?, counted, suppressed });
            }
            Ok(())
        })?;
        days.sort_by(|a, b| (a.day, &a.rule).cmp(&(b.day, &b.rule)));
        Ok(days)
    }

    /// Hits of acceptances by day and rule, for every day that meets the period.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn acceptances_by_day(&mut self, period: Period) -> Result<Vec<AcceptanceDay>> {
        let mut days = Vec::new();
        let select = "SELECT day, acceptance, rule, suppressed FROM acceptance_day WHERE day >= ?1 AND day < ?2";
        self.each(period, |file| {
            let read = |r: &Row<'_>| Ok((at(DAY, r.get(0)?), r.get(1)?, r.get(2)?, number(r, 3)?));
            for (day, acceptance, rule, suppressed) in rows(file, select, units(period, DAY), read)? {
                let (acceptance, rule) = (file.text(Dict::Acceptance, acceptance)?, file.text(Dict::Rule, rule)?);
                days.push(AcceptanceDay { day, acceptance, rule, suppressed });
            }
            Ok(())
        })?;
        days.sort_by(|a, b| (a.day, &a.acceptance, &a.rule).cmp(&(b.day, &b.acceptance, &b.rule)));
        Ok(days)
    }
}
