//! Findings as a judgement needs them: those that nobody dealt with added up where they are alike, the others one by one.

use std::ops::ControlFlow;
use std::sync::Arc;

use avouch_finding::{Decision, Severity, Time};

use crate::column::{BITS, CLUSTER, Dict, Packed, bit};
use crate::error::{At, Error, Result};
use crate::filter::{Filter, Order};
use crate::period::{Period, Shelf, moment};
use crate::read::file::FileReader;
use crate::read::finding::decision;
use crate::read::known::{KnownCondensed, version};
use crate::read::plan::{Plan, Wanted};
use crate::read::scan::scan;
use crate::read::table::{Sum, Table};
use crate::read::{Acknowledged, Reader};

/// Numbers of a key: what [`Condensed`] tells, and in which stretch.
const KEY: usize = 7;
/// Different keys of a file at most.
const KEYS: usize = 1 << 20;
/// Bits of [`BITS`] that are part of a key.
const PART: u32 = 7 << bit::SEVERITY | 1 << bit::SUPPRESSED | 1 << bit::LOSSES;
/// Shift of the stretch's number beside them.
const STRETCH: u32 = 8;
/// Cuts in the time of a file up to which it is divided.
const PARTS: usize = 16;
const DAY: u64 = 86_400_000_000_000;
/// Stretches at most.
const STRETCHES: usize = 1 << 16;

/// One finding that somebody dealt with, or several that are alike and that nobody acknowledged or decided.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "as in `Finding`, where nothing else is said")]
pub struct Condensed {
    pub rule: Arc<str>,
    pub source: Arc<str>,
    pub node: Arc<str>,
    pub cluster: Arc<str>,
    pub priority: Arc<str>,
    pub severity: Severity,
    /// Id of the acceptance that suppressed them.
    pub suppressed: Option<Arc<str>>,
    /// Events were lost around them.
    pub losses: bool,
    /// How many.
    pub count: u64,
    /// Time of the first.
    pub first: Time,
    /// Time of the last.
    pub last: Time,
    /// The first look at it.
    pub acknowledged: Option<Acknowledged>,
    /// The latest decision: when, by whom, what.
    pub decided: Option<(Time, String, Decision)>,
    /// Number of its record, of a finding that somebody called true.
    pub seq: Option<u64>,
}

/// What people made of a finding, by its place.
struct Dealt {
    slot: i64,
    acknowledged: Option<Acknowledged>,
    decided: Option<(Time, String, Decision)>,
}

fn dealt(row: &rusqlite::Row<'_>) -> rusqlite::Result<Dealt> {
    let acknowledged = match row.get::<_, Option<i64>>(1)? {
        Some(time) => Some(Acknowledged { time: moment(time), by: row.get(2)? }),
        None => None,
    };
    let decided = match row.get::<_, Option<i64>>(3)? {
        Some(time) => Some((moment(time), row.get(4)?, decision(row.get(5)?))),
        None => None,
    };
    Ok(Dealt { slot: row.get(0)?, acknowledged, decided })
}

/// What people made of findings of a file between two places, in order.
fn all_dealt(file: &FileReader, first: i64, last: i64) -> Result<Vec<Dealt>> {
    const SELECT: &str = "SELECT slot, acknowledged, acknowledged_by, decided, decided_by, decision FROM triage \
         WHERE slot BETWEEN ?1 AND ?2 AND (acknowledged IS NOT NULL OR decided IS NOT NULL) ORDER BY slot";
    let read = || file.conn.prepare_cached(SELECT)?.query_map([first, last], dealt)?.collect::<rusqlite::Result<_>>();
    read().at("read decisions", &file.path)
}

fn seq(file: &FileReader, slot: i64) -> Result<u64> {
    let read = || file.conn.prepare_cached("SELECT seq FROM finding WHERE slot = ?1")?.query_row([slot], |r| r.get(0));
    read().at("read a finding", &file.path).map(i64::cast_unsigned)
}

/// The key of a row in a stretch.
fn key(row: &Packed, stretch: u32) -> [u32; KEY] {
    // Rule, node, cluster, source, priority, acceptance.
    [row[0], row[2], row[CLUSTER], row[4], row[11], row[12], row[BITS] & PART | stretch << STRETCH]
}

/// What a key says, of so many findings.
fn named(file: &mut FileReader, key: &[u32; KEY], count: u64, first: Time, last: Time) -> Result<Condensed> {
    let [rule, node, cluster, source, priority, acceptance, bits] = *key;
    let severity = bits >> bit::SEVERITY & 7;
    let severity = Severity::ALL.into_iter().find(|s| u32::from(s.ocsf()) == severity + 1);
    let suppressed = bits >> bit::SUPPRESSED & 1 == 1;
    Ok(Condensed {
        rule: file.text(Dict::Rule, rule)?,
        source: file.text(Dict::Source, source)?,
        node: file.text(Dict::Node, node)?,
        cluster: file.text(Dict::Cluster, cluster)?,
        priority: file.text(Dict::Priority, priority)?,
        severity: severity.ok_or_else(|| Error::Damaged { path: file.path.clone(), what: "a severity" })?,
        suppressed: if suppressed { Some(file.text(Dict::Acceptance, acceptance)?) } else { None },
        losses: bits >> bit::LOSSES & 1 == 1,
        count,
        first,
        last,
        acknowledged: None,
        decided: None,
        seq: None,
    })
}

/// Findings of one file.
fn condense(file: &mut FileReader, filter: &Filter, cuts: &[Time]) -> Result<Vec<Condensed>> {
    let plan = Plan::new(file, filter, Wanted::All)?;
    let mut alike: Table<KEY> = Table::default();
    let mut single: Vec<(i64, Packed)> = Vec::new();
    let (mut stretch, mut from, mut to) = (0, Time(0), Time(0));
    scan(file, &plan, Order::OldestFirst, None, |slot, row| {
        if row[BITS] & (1 << bit::ACKNOWLEDGED | 3 << bit::DECISION) != 0 {
            single.push((slot, *row));
            return Ok(ControlFlow::Continue(()));
        }
        let time = file.time(slot, row);
        if time < from || time >= to {
            let at = cuts.partition_point(|cut| *cut <= time);
            stretch = u32::try_from(at).unwrap_or(0);
            from = at.checked_sub(1).and_then(|at| cuts.get(at)).copied().unwrap_or(Time(0));
            to = cuts.get(at).copied().unwrap_or(Time(u64::MAX));
        }
        let sum = Sum { first: time, last: time, slot, file: 0, count: 1, open: 0, severity: 0 };
        alike.add(&key(row, stretch), &sum);
        if alike.groups.len() > KEYS {
            return Err(Error::Limit { what: "groups", asked: KEYS as u64 + 1, limit: KEYS as u64 });
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let mut out = Vec::with_capacity(alike.groups.len() + single.len());
    for (key, sum) in &alike.groups {
        out.push(named(file, key, sum.count.into(), sum.first, sum.last)?);
    }
    let (Some((first, _)), Some((last, _))) = (single.first(), single.last()) else {
        out.sort_by_key(|one| one.first);
        return Ok(out);
    };
    let mut dealt = all_dealt(file, *first, *last)?.into_iter().peekable();
    for (slot, row) in &single {
        while dealt.next_if(|dealt| dealt.slot < *slot).is_some() {}
        let time = file.time(*slot, row);
        let mut one = named(file, &key(row, 0), 1, time, time)?;
        if let Some(dealt) = dealt.next_if(|dealt| dealt.slot == *slot) {
            (one.acknowledged, one.decided) = (dealt.acknowledged, dealt.decided);
        }
        if matches!(one.decided, Some((_, _, Decision::True))) {
            one.seq = Some(seq(file, *slot)?);
        }
        out.push(one);
    }
    out.sort_by_key(|one| one.first);
    Ok(out)
}

/// A part of a question to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// Whole days without a cut: whoever asks a moment later asks the same of them.
    Days(Period),
    /// The rest: days with a cut in them, or a begin or an end.
    Rest(Period),
}

/// Divides what a question asks of a file, in order of time. Begin, end and cuts move on with the time of whoever asks; what lies between
/// them does not.
fn parts(file: Period, asked: Period, cuts: &[Time]) -> Vec<Part> {
    let (from, to) = (file.from.max(asked.from), file.to.min(asked.to));
    let first = cuts.partition_point(|cut| *cut <= from);
    let last = cuts.partition_point(|cut| *cut < to);
    let within = cuts.get(first..last).unwrap_or_default();
    if within.len() > PARTS || from >= to {
        return vec![Part::Rest(Period::new(from, to))];
    }
    let (mut out, mut at) = (Vec::new(), from);
    let mut begin = from;
    for end in within.iter().copied().chain([to]) {
        let days = (begin.0.div_ceil(DAY).saturating_mul(DAY), end.0 / DAY * DAY);
        if days.0 < days.1 {
            let days = Period::new(Time(days.0), Time(days.1));
            if at < days.from {
                out.push(Part::Rest(Period::new(at, days.from)));
            }
            out.push(Part::Days(days));
            at = days.to;
        }
        begin = end;
    }
    if at < to {
        out.push(Part::Rest(Period::new(at, to)));
    }
    out
}

/// Findings of one file, by parts in order of time.
fn condense_parts(
    file: &mut FileReader,
    known: &KnownCondensed,
    filter: &Filter,
    cuts: &[Time],
) -> Result<Vec<Arc<Vec<Condensed>>>> {
    let version = version(file)?;
    let mut out = Vec::new();
    for part in parts(file.period, filter.period, cuts) {
        out.push(match part {
            Part::Days(days) => {
                let filter = Filter { period: days, ..filter.clone() };
                known.condensed(file, &version, &filter, |file| condense(file, &filter, &[]))?
            }
            Part::Rest(period) => Arc::new(condense(file, &Filter { period, ..filter.clone() }, cuts)?),
        });
    }
    Ok(out)
}

impl Reader {
    /// Findings of a filter as judgements need them. Those that are added up lie all before or all behind each of `cuts`. They come in several
    /// parts, all together in order of their first times. Parts of files that have not changed since they were last asked for are not
    /// read again.
    ///
    /// # Errors
    /// When the store cannot be read; when there are more than 65,535 cuts, or a million findings that are not alike in a file.
    pub fn condensed(&mut self, filter: &Filter, cuts: &[Time]) -> Result<Vec<Arc<Vec<Condensed>>>> {
        if cuts.len() >= STRETCHES {
            return Err(Error::Limit { what: "cuts", asked: cuts.len() as u64, limit: STRETCHES as u64 - 1 });
        }
        let mut cuts = cuts.to_vec();
        cuts.sort_unstable();
        cuts.dedup();
        let listed = self.shelf(Shelf::Findings, filter.period)?;
        let texts = Arc::clone(&self.texts);
        let files = self.each_file(&listed, |file| condense_parts(file, &texts.condensed, filter, &cuts))?;
        Ok(files.into_iter().flatten().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_days_between_moments_that_move_are_parts_of_their_own() {
        let at = |day: u64, hour: u64| Time(day * DAY + hour * DAY / 24);
        let period = |from, to| Period::new(from, to);
        let file = period(at(100, 0), at(130, 0));
        let of = |from, to, cuts: &[Time]| parts(file, period(from, to), cuts);
        assert_eq!(of(at(0, 0), at(900, 0), &[]), [Part::Days(file)]);
        assert_eq!(of(at(0, 0), Period::ALL.to, &[at(50, 1), at(130, 0), at(200, 2)]), [Part::Days(file)]);
        // Another hour of the same days asks the same of the days between.
        for hour in 1..24 {
            let found = of(at(103, hour), at(120, hour), &[at(110, hour)]);
            assert_eq!(found[1], Part::Days(period(at(104, 0), at(110, 0))));
            assert_eq!(found[2], Part::Rest(period(at(110, 0), at(111, 0))));
            assert_eq!(found[3], Part::Days(period(at(111, 0), at(120, 0))));
            assert_eq!(found.len(), 5);
        }
        assert_eq!(of(at(103, 1), at(103, 9), &[at(103, 4)]), [Part::Rest(period(at(103, 1), at(103, 9)))]);
        // A cut at midnight divides days and has none of its own.
        let (a, b) = (period(at(100, 0), at(105, 0)), period(at(105, 0), at(130, 0)));
        assert_eq!(of(at(0, 0), at(900, 0), &[at(105, 0)]), [Part::Days(a), Part::Days(b)]);
        let many: Vec<Time> = (0..24).map(|hour| at(110, hour)).collect();
        assert_eq!(of(at(0, 0), at(900, 0), &many), [Part::Rest(file)]);
    }
}
