//! A question, put for one file.

use std::collections::{BTreeMap, BTreeSet};

use crate::column::{ActivityColumn, CLASSES, Column, Dict, Packed, Place};
use crate::error::{At, Result};
use crate::filter::Filter;
use crate::period::{Period, bound};
use crate::read::file::FileReader;
use crate::read::words;
use crate::slot::SHIFT;

/// Columns of a kind of period files.
pub(crate) trait Columns: Copy + Ord {
    fn at(self) -> Place;
}

impl Columns for Column {
    fn at(self) -> Place {
        self.place()
    }
}

impl Columns for ActivityColumn {
    fn at(self) -> Place {
        self.place()
    }
}

/// One condition on a packed row: the number in some bits of a word is, or is not, one of these.
#[derive(Debug)]
struct Test {
    word: usize,
    shift: u32,
    mask: u32,
    among: Vec<bool>,
    wanted: bool,
}

impl Test {
    fn holds(&self, row: &Packed) -> bool {
        let number = (row[self.word] >> self.shift) & self.mask;
        self.among.get(number as usize).copied().unwrap_or(false) == self.wanted
    }
}

/// How much of what is found will be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A page of it.
    First,
    /// All of it.
    All,
}

/// How the rows with the words of a filter are found.
#[derive(Debug)]
pub(crate) enum Named {
    /// By this query of the full-text index, one after the other.
    Query(String),
    /// They are known: their slots, in order.
    Slots(Vec<i64>),
}

/// Of a file's time the part, one of so many, from which on all rows with some words are read at once: for less the engine, which
/// begins in the middle, is as quick.
const PART: i64 = 8;

/// What to look for in one file.
#[derive(Debug)]
pub(crate) struct Plan {
    /// First and last slot that can be of the period.
    pub(crate) slots: (i64, i64),
    /// Which rows have the words, when words are asked for.
    pub(crate) words: Option<Named>,
    tests: Vec<Test>,
    /// The period, when slots alone do not tell.
    exactly: Option<Period>,
    /// Nothing can match.
    pub(crate) never: bool,
}

impl Plan {
    pub(crate) fn new<C: Columns>(file: &mut FileReader, filter: &Filter<C>, wanted: Wanted) -> Result<Self> {
        let spill: i64 = file
            .conn
            .query_row("SELECT coalesce(max(value), 0) FROM own WHERE name = 'spill'", [], |r| r.get(0))
            .at("read the file's own values", &file.path)?;
        let begin = bound(file.period.from);
        let offset = |time| bound(time).saturating_sub(begin);
        let length = offset(file.period.to);
        let first = offset(filter.period.from).clamp(0, length) << SHIFT;
        let end = offset(filter.period.to).clamp(0, length).saturating_add(spill);
        let last = end.saturating_mul(1 << SHIFT) - 1;
        let mut plan = Self {
            slots: (first, last),
            words: None,
            tests: Vec::new(),
            exactly: (spill > 0).then_some(filter.period),
            never: last < first,
        };
        for (wanted, columns) in [(true, &filter.only), (false, &filter.except)] {
            plan.add(file, columns, wanted)?;
        }
        if plan.never || filter.text.is_empty() {
            return Ok(plan);
        }
        let Some(asked) = file.words(&filter.text)? else { return Ok(plan) };
        let wide = (last - first) / PART > (length << SHIFT) / (PART * PART);
        let at_once = asked.goes_on() || wanted == Wanted::All && wide;
        let known = if at_once { words::find(file, &asked, plan.slots)? } else { None };
        plan.never = known.as_ref().is_some_and(Vec::is_empty);
        plan.words = Some(known.map_or_else(|| Named::Query(asked.query.clone()), Named::Slots));
        Ok(plan)
    }

    fn add<C: Columns>(
        &mut self,
        file: &mut FileReader,
        columns: &BTreeMap<C, BTreeSet<String>>,
        wanted: bool,
    ) -> Result<()> {
        for (column, values) in columns {
            let mut test = Test { word: CLASSES, shift: 0, mask: u32::MAX, among: Vec::new(), wanted };
            let mut numbers: Vec<u32> = Vec::new();
            match column.at() {
                Place::Text(word, dict) => {
                    test.word = word;
                    for value in values {
                        numbers.extend(file.number(dict, value)?);
                    }
                }
                Place::High(word, shift, dict) => {
                    (test.word, test.shift) = (word, shift);
                    for value in values {
                        numbers.extend(file.number(dict, value)?);
                    }
                    // One that no row can hold.
                    numbers.retain(|n| *n <= u32::MAX >> shift);
                }
                Place::Listed(list) => {
                    for number in 0..=file.highest(Dict::Classes)? {
                        let classes = file.classes(number)?;
                        let items = classes.list(list);
                        if items.iter().any(|i| values.contains(i)) || items.is_empty() && values.contains("") {
                            numbers.push(number);
                        }
                    }
                }
                Place::Bits { word, shift, width, names } => {
                    (test.word, test.shift, test.mask) = (word, shift, (1 << width) - 1);
                    let named = names.iter().enumerate().filter(|(_, name)| values.contains(**name));
                    numbers.extend(named.filter_map(|(n, _)| u32::try_from(n).ok()));
                }
            }
            // A number beyond this is of no row that can be counted either; see `count`.
            numbers.retain(|n| *n < 1 << 24);
            test.among = vec![false; numbers.iter().max().map_or(0, |n| *n as usize + 1)];
            for number in &numbers {
                test.among[*number as usize] = true;
            }
            match (numbers.is_empty(), wanted) {
                (true, true) => self.never = true,
                (true, false) => {}
                (false, _) => self.tests.push(test),
            }
        }
        Ok(())
    }

    /// Whether a row is asked for, as far as its packed columns tell.
    pub(crate) fn holds(&self, file: &FileReader, slot: i64, row: &Packed) -> bool {
        self.tests.iter().all(|t| t.holds(row)) && self.exactly.is_none_or(|p| p.contains(file.time(slot, row)))
    }
}
