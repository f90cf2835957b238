//! Counts from those that the writer keeps by hour, where these answer: whole hours from there, what is left at both ends from rows.

use avouch_finding::{Severity, Time};

use crate::column::{Column, Dict};
use crate::error::{At, Result};
use crate::filter::Filter;
use crate::period::Period;
use crate::read::count::{Ask, Bucket};
use crate::read::file::FileReader;
use crate::read::rollup::units;
use crate::read::tally::{Tallied, Tally};

pub(crate) const HOUR: u64 = 3_600_000_000_000;

/// What is taken from where for a question that the counts by hour can answer.
#[derive(Debug)]
pub(crate) struct Kept {
    /// Whole hours.
    hours: Period,
    /// The rest of the period, looked at row by row.
    rest: Vec<Period>,
    /// Only open findings are asked for.
    open: bool,
}

/// Whether a filter asks for open findings, and what else it asks for.
fn open(filter: &Filter) -> Option<Filter> {
    let open = Filter::default().open();
    let has = open.only.iter().all(|(column, values)| filter.only.get(column) == Some(values));
    has.then(|| {
        let mut rest = filter.clone();
        rest.only.retain(|column, _| !open.only.contains_key(column));
        rest
    })
}

/// Splits a period into whole units and what is left at its ends; `None` when there is no whole one.
pub(crate) fn split(period: Period, unit: u64) -> Option<(Period, Vec<Period>)> {
    let from = Time(period.from.0.checked_next_multiple_of(unit)?);
    let to = if period.to.0 == u64::MAX { period.to } else { Time(period.to.0 - period.to.0 % unit) };
    if from >= to {
        return None;
    }
    let ends = [Period::new(period.from, from), Period::new(to, period.to)];
    Some((Period::new(from, to), ends.into_iter().filter(|p| p.from < p.to).collect()))
}

impl Kept {
    /// How a question is answered; `None` when it asks for what is not kept.
    pub(crate) fn of(filter: &Filter, ask: Ask<'_>) -> Option<Self> {
        let left = open(filter);
        let asked = left.as_ref().unwrap_or(filter);
        let known = |column: &Column| matches!(column, Column::Severity | Column::Suppressed | Column::Cluster);
        let columns = asked.only.keys().chain(asked.except.keys()).chain(ask.columns).all(known);
        // A step beyond all time is one bucket.
        let step = ask.step.is_none_or(|step| step.is_multiple_of(HOUR) || step == u64::MAX);
        if !columns || !step || !filter.text.is_empty() {
            return None;
        }
        let (hours, rest) = split(filter.period, HOUR)?;
        Some(Self { hours, rest, open: left.is_some() })
    }

    /// Counts of one file.
    pub(crate) fn tally(&self, file: &mut FileReader, filter: &Filter, ask: Ask<'_>) -> Result<Tallied> {
        let mut tally = Tally::new(ask);
        for period in &self.rest {
            tally.more(file, &Filter { period: *period, ..filter.clone() })?;
        }
        let mut all = tally.finish(file)?;
        for row in hours(file, self.hours)? {
            let cluster = file.text(Dict::Cluster, row.cluster)?;
            let severity = Severity::ALL.into_iter().find(|s| u32::from(s.ocsf()) == row.severity + 1);
            let severity = severity.map(Severity::name).unwrap_or_default();
            for (suppressed, number) in [(false, row.counted), (true, row.suppressed)] {
                let number = match (self.open, suppressed) {
                    (true, false) => row.open,
                    (true, true) => 0,
                    (false, _) => number,
                };
                let value = |column: &Column| match column {
                    Column::Severity => severity,
                    Column::Cluster => cluster.as_ref(),
                    _ if suppressed => "yes",
                    _ => "no",
                };
                // What makes a finding an open one is known of all of them.
                let asks = |column: &Column| !self.open || matches!(column, Column::Severity | Column::Cluster);
                let wanted = filter.only.iter().all(|(c, values)| !asks(c) || values.contains(value(c)));
                if number == 0 || !wanted || filter.except.iter().any(|(c, values)| values.contains(value(c))) {
                    continue;
                }
                all.count += number;
                for (column, values) in ask.columns.iter().zip(&mut all.values) {
                    values.push((file.shared_number(value(column)), number));
                }
                if let Some(step) = ask.step {
                    let mut bucket = Bucket::empty(Time(row.from.0 - row.from.0 % step));
                    let counts = if suppressed { &mut bucket.suppressed } else { &mut bucket.counted };
                    counts.add(row.severity, number);
                    match all.buckets.last_mut() {
                        Some(last) if last.from == bucket.from => {
                            last.counted += bucket.counted;
                            last.suppressed += bucket.suppressed;
                        }
                        _ => all.buckets.push(bucket),
                    }
                }
            }
        }
        Ok(all)
    }
}

/// Counts of an hour, a severity and a cluster.
pub(crate) struct HourRow {
    /// Begin of the hour.
    pub(crate) from: Time,
    /// Number of the severity, from 0.
    pub(crate) severity: u32,
    /// Number of the cluster.
    pub(crate) cluster: u32,
    pub(crate) counted: u64,
    pub(crate) suppressed: u64,
    pub(crate) open: u64,
}

/// Every hour that meets the period and has findings, in order.
pub(crate) fn hours(file: &FileReader, period: Period) -> Result<Vec<HourRow>> {
    const SELECT: &str = "SELECT hour, severity, cluster, n, suppressed, open FROM severity_hour \
         WHERE hour >= ?1 AND hour < ?2 ORDER BY hour, severity, cluster";
    let read = || -> rusqlite::Result<_> {
        file.conn
            .prepare_cached(SELECT)?
            .query_map(units(period, HOUR), |r| {
                let number = |column: usize| r.get::<_, i64>(column).map(i64::cast_unsigned);
                Ok(HourRow {
                    from: Time(HOUR.saturating_mul(number(0)?)),
                    severity: r.get(1)?,
                    cluster: r.get(2)?,
                    counted: number(3)?,
                    suppressed: number(4)?,
                    open: number(5)?,
                })
            })?
            .collect()
    };
    read().at("read counts", &file.path)
}
