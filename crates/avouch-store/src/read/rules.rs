//! Findings by day and rule.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use avouch_finding::Time;
use rustc_hash::FxHashMap;

use crate::column::{BITS, Column, Dict, bit};
use crate::error::{At, Result};
use crate::filter::{Filter, Order};
use crate::period::{Period, Shelf};
use crate::read::Reader;
use crate::read::count::RuleDay;
use crate::read::file::FileReader;
use crate::read::kept::split;
use crate::read::plan::{Plan, Wanted};
use crate::read::rollup::{DAY, units};
use crate::read::scan::scan;

/// Counted and suppressed, by day since the epoch and number of the rule.
type Sums = FxHashMap<(u64, u32), [u64; 2]>;

/// Whole days of a filter that the counts by day can answer, and the rest of it.
fn kept(filter: &Filter) -> Option<(Period, Vec<Period>)> {
    let known = |column: &Column| *column == Column::Cluster;
    let columns = filter.only.keys().chain(filter.except.keys()).all(known);
    if columns && filter.text.is_empty() { split(filter.period, DAY) } else { None }
}

/// Adds what the rows of a file say.
fn add_rows(sums: &mut Sums, file: &mut FileReader, filter: &Filter) -> Result<()> {
    let plan = Plan::new(file, filter, Wanted::All)?;
    let file = &*file;
    scan(file, &plan, Order::OldestFirst, None, |slot, row| {
        let suppressed = row[BITS] >> bit::SUPPRESSED & 1;
        // Word 0 is the rule.
        sums.entry((file.time(slot, row).day(), row[0])).or_default()[suppressed as usize] += 1;
        Ok(ControlFlow::Continue(()))
    })
}

/// Adds what the file keeps of whole days.
fn add_kept(sums: &mut Sums, file: &mut FileReader, days: Period, filter: &Filter) -> Result<()> {
    const SELECT: &str = "SELECT day, rule, cluster, n, suppressed FROM rule_day WHERE day >= ?1 AND day < ?2";
    let clusters = |file: &FileReader, of: &BTreeMap<Column, BTreeSet<String>>| -> Result<Option<Vec<u32>>> {
        let Some(names) = of.get(&Column::Cluster) else { return Ok(None) };
        let numbers = names.iter().map(|name| file.number(Dict::Cluster, name)).collect::<Result<Vec<_>>>();
        Ok(Some(numbers?.into_iter().flatten().collect()))
    };
    let (only, except) = (clusters(file, &filter.only)?, clusters(file, &filter.except)?);
    let mut read = || -> rusqlite::Result<()> {
        let mut find = file.conn.prepare_cached(SELECT)?;
        let mut rows = find.query(units(days, DAY))?;
        while let Some(row) = rows.next()? {
            let cluster = row.get(2)?;
            let wanted = only.as_ref().is_none_or(|only| only.contains(&cluster));
            if !wanted || except.as_ref().is_some_and(|except| except.contains(&cluster)) {
                continue;
            }
            let number = |column: usize| row.get::<_, i64>(column).map(i64::cast_unsigned);
            let sum = sums.entry((number(0)?, row.get(1)?)).or_default();
            sum[0] += number(3)?;
            sum[1] += number(4)?;
        }
        Ok(())
    };
    read().at("read counts", &file.path)
}

impl Reader {
    /// Findings of a filter by day and rule, for every day that has some, in order.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn rule_days(&mut self, filter: &Filter) -> Result<Vec<RuleDay>> {
        let listed = self.shelf(Shelf::Findings, filter.period)?;
        let kept = kept(filter);
        let files = self.each_file(&listed, |file| {
            let mut sums = Sums::default();
            match &kept {
                None => add_rows(&mut sums, file, filter)?,
                Some((days, rest)) => {
                    for period in rest {
                        add_rows(&mut sums, file, &Filter { period: *period, ..filter.clone() })?;
                    }
                    add_kept(&mut sums, file, *days, filter)?;
                }
            }
            let named = |((day, rule), sums)| Ok((Time(day * DAY), file.text(Dict::Rule, rule)?, sums));
            sums.into_iter().map(named).collect::<Result<Vec<_>>>()
        })?;
        let mut all: BTreeMap<(Time, Arc<str>), [u64; 2]> = BTreeMap::new();
        for (day, rule, [counted, suppressed]) in files.into_iter().flatten() {
            let sum = all.entry((day, rule)).or_default();
            sum[0] += counted;
            sum[1] += suppressed;
        }
        let day = |((day, rule), [counted, suppressed]): ((Time, Arc<str>), [u64; 2])| RuleDay {
            day,
            rule,
            counted,
            suppressed,
        };
        Ok(all.into_iter().map(day).collect())
    }
}
