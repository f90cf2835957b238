//! What becomes of each rule's detections, counted.

use std::collections::{BTreeMap, BTreeSet};

use avouch_finding::Time;
use avouch_pipeline::RuleSet;
use avouch_rules::ResolvedRule;
use avouch_rules::ast::Expr;
use avouch_store::{Ask, Column, Filter, Period, StoredFinding};
use rustc_hash::{FxHashMap, FxHashSet};

use super::activity::Open;
use super::entry::{Entry, MayGain, Moment, moment};
use super::{Options, Read, RuleChange, RuleDiff, What};
use crate::activity::{ActivityRead, Asks};
use crate::condition::{Conditions, Truth, same};
use crate::findings::{Findings, Found, Sample, known_true};
use crate::known::RuleVersions;
use crate::replayed::{Key, Replayed};
use crate::{Result, Watch};

/// Rules of a period that are counted.
const RULES: usize = 100_000;
/// Events at which rules that gained are told apart, so that each counts once however many findings it has.
const EVENTS: usize = 1_000_000;
/// Findings that wait for what activity tells of their moment; about 2 kB each.
const OPEN: usize = 20_000;
/// Known true findings that are told.
const TRUE_ROWS: usize = 1_000;

pub(super) struct Tally {
    pub(super) entries: BTreeMap<String, Entry>,
    pub(super) conditions: Conditions,
    pub(super) may_gain: Vec<MayGain>,
    /// What the rules of the new set are about.
    pub(super) asks: Asks,
    gained_at: FxHashSet<(usize, u64, u64)>,
    /// Moments of rules that may gain of which findings tell, or told of a gain.
    pub(super) told_at: FxHashSet<Moment>,
    /// Those beyond the most that are remembered: activity may count them once more.
    not_told_apart: u64,
    /// Findings of which it cannot be said yet.
    pub(super) open: FxHashMap<Moment, Open>,
    lost_true: Sample,
    unknown_true: Sample,
    rows: usize,
}

fn running(set: &RuleSet) -> BTreeMap<&str, &ResolvedRule> {
    set.running().map(|(_, r)| (r.name.as_str(), r)).collect()
}

impl Tally {
    pub(super) fn new<'r>(old: &'r RuleSet, new: &'r RuleSet, options: Options) -> Self {
        let (before, after) = (running(old), running(new));
        let mut given: Vec<(&str, &Expr)> = Vec::new();
        let mut entries = BTreeMap::new();
        let mut may_gain = Vec::new();
        let names: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
        let mut ids = Vec::new();
        let asks = |r: &&'r ResolvedRule| (r.source.as_str(), &r.condition);
        let pairs: Vec<_> = names.iter().map(|n| (before.get(n).map(asks), after.get(n).map(asks))).collect();
        for (name, same) in names.into_iter().zip(same(&pairs)) {
            let (was, is) = (before.get(name), after.get(name));
            let what = match (was, is) {
                (None, _) => What::Added,
                (_, None) => What::Removed,
                _ if same => What::Same,
                _ => What::Changed,
            };
            let mut places = [None, None];
            for (place, rule) in places.iter_mut().zip([was.copied(), is.copied()]) {
                if let Some(rule) = rule.filter(|_| what != What::Same) {
                    *place = Some(given.len());
                    given.push((rule.source.as_str(), &rule.condition));
                }
            }
            let source = is.or(was).map(|r| r.source.clone()).unwrap_or_default();
            ids.push((name.to_owned(), what, source, places));
        }
        let conditions = Conditions::new(&given);
        for (name, what, source, [was, is]) in ids {
            let id = |place: Option<usize>| place.and_then(|p| conditions.id(p));
            let (was, is) = (id(was), id(is));
            if let Some(is) = is {
                may_gain.push(MayGain { source: source.clone(), name: name.clone(), before: was, after: is });
            }
            let sample = || Sample::new(options.rows);
            let change = RuleChange {
                rule: name.clone(),
                what,
                before: 0,
                after: 0,
                gained: sample(),
                lost: sample(),
                unknown: 0,
                replayed: 0,
                activity: None,
                days: Vec::new(),
            };
            let days = BTreeMap::new();
            entries.insert(
                name,
                Entry { what, source, before: was, after: is, visited: what != What::Same, change, days },
            );
        }
        Self {
            entries,
            conditions,
            may_gain,
            asks: Asks::of(new),
            gained_at: FxHashSet::default(),
            told_at: FxHashSet::default(),
            not_told_apart: 0,
            open: FxHashMap::default(),
            lost_true: Sample::new(TRUE_ROWS),
            unknown_true: Sample::new(TRUE_ROWS),
            rows: options.rows,
        }
    }

    /// Rules of which recordings have detections are looked at finding by finding, so that none counts twice.
    pub(super) fn look_at_replayed(&mut self, replayed: &mut Replayed) {
        let with: FxHashSet<u32> = replayed.hits.keys().map(|key| key.rule).collect();
        for (name, entry) in &mut self.entries {
            entry.visited |= with.contains(&replayed.number(name));
        }
    }

    /// Counts the findings of rules that ask the same, and of which recordings tell nothing.
    pub(super) fn unchanged(&mut self, findings: &mut Findings<'_>, period: Period) -> Result<()> {
        let ask = Ask { columns: &[Column::Rule], values: RULES, step: None };
        for value in findings.store.counts(&Filter::of(period), ask)?.facets.into_iter().flat_map(|f| f.values) {
            if let Some(entry) = self.entries.get_mut(&*value.value)
                && !entry.visited
            {
                entry.change.before += value.count;
                entry.change.after += value.count;
            }
        }
        Ok(())
    }

    /// The findings that have to be looked at; `None` when there are none.
    pub(super) fn filter(&self, period: Period, gains: bool) -> Option<Filter> {
        let visited: Vec<(&String, &Entry)> = self.entries.iter().filter(|(_, e)| e.visited).collect();
        let filter = Filter::of(period);
        if gains && !self.may_gain.is_empty() {
            let sources: BTreeSet<&str> = visited.iter().map(|(_, e)| e.source.as_str()).collect();
            return Some(filter.only(Column::Source, sources));
        }
        (!visited.is_empty()).then(|| filter.only(Column::Rule, visited.iter().map(|(name, _)| name.as_str())))
    }

    pub(super) fn finding(
        &mut self,
        row: &StoredFinding,
        body: Option<&str>,
        known: &RuleVersions,
        replayed: &mut Replayed,
    ) {
        let shown = body.is_some_and(|body| self.conditions.show_body(&row.source, body));
        let gains = self.may_gain.iter().position(|g| g.name == *row.rule);
        let moment = gains.map(|place| moment(place, &row.node, row.time));
        if let Some(moment) = moment {
            self.told(moment);
        }
        if let Some(entry) = self.entries.get_mut(&*row.rule).filter(|e| e.visited) {
            let exact = replayed.met(&row.rule, row.time);
            entry.change.before += 1;
            entry.count(row.time, |day| day.before += 1);
            entry.change.replayed += u64::from(exact.is_some_and(|e| e.before));
            let same = known.same(&row.rules, &row.rule);
            let fate = match (exact, entry.after) {
                (None, None) if entry.what == What::Same => Truth::True,
                (None, None) => Truth::False,
                (Some(exact), _) => Truth::of(exact.after),
                (None, Some(_)) if !shown => Truth::Unknown,
                (None, Some(after)) => match entry.before {
                    Some(before) if same => self.conditions.truth_given(after, before),
                    _ => self.conditions.truth(after),
                },
            };
            // What activity tells of its moment may settle it.
            match (fate, moment) {
                (Truth::Unknown, Some(moment)) if self.open.len() < OPEN && !self.open.contains_key(&moment) => {
                    let found = Found::of(row);
                    self.open.insert(moment, Open { found, known_true: known_true(row), same });
                }
                _ => self.fate(fate, row.time, &row.rule, known_true(row), || Found::of(row)),
            }
        }
        if shown {
            self.gains(row, replayed);
        }
    }

    /// Counts what becomes of a stored finding.
    pub(super) fn fate(&mut self, fate: Truth, time: Time, rule: &str, known_true: bool, found: impl Fn() -> Found) {
        let Some(entry) = self.entries.get_mut(rule) else { return };
        match fate {
            Truth::True => {
                entry.change.after += 1;
                entry.count(time, |day| day.after += 1);
            }
            Truth::False => {
                entry.change.lost.add(time, &found);
                if known_true {
                    self.lost_true.add(time, &found);
                }
            }
            Truth::Unknown => {
                entry.change.unknown += 1;
                entry.count(time, |day| day.unknown += 1);
                if known_true {
                    self.unknown_true.add(time, &found);
                }
            }
        }
    }

    /// Rules that would have matched the event of another rule's finding, and that did not.
    fn gains(&mut self, row: &StoredFinding, replayed: &Replayed) {
        let mut told = Vec::new();
        for (number, gain) in self.may_gain.iter().enumerate() {
            let MayGain { source, name, before, after } = gain;
            if **source != *row.source || **name == *row.rule || self.conditions.truth(*after) != Truth::True {
                continue;
            }
            // It may have matched before too, and told of it in a finding of its own.
            if before.is_some_and(|before| self.conditions.truth(before) != Truth::False) {
                continue;
            }
            let node = row.node.bytes().fold(row.event, |hash, b| hash.wrapping_mul(0x100_0000_01b3) ^ u64::from(b));
            if self.gained_at.len() < EVENTS && !self.gained_at.insert((number, row.time.0, node)) {
                continue;
            }
            told.push(moment(number, &row.node, row.time));
            // Counted where it is replayed.
            if replayed.exact(name, row.time).is_some_and(|e| e.after) {
                continue;
            }
            if let Some(entry) = self.entries.get_mut(name) {
                entry.change.after += 1;
                entry.count(row.time, |day| day.after += 1);
                entry.change.gained.add(row.time, || Found { rule: name.clone(), ..Found::of(row) });
            }
        }
        told.into_iter().for_each(|moment| self.told(moment));
    }

    fn told(&mut self, moment: Moment) {
        if self.told_at.len() < EVENTS {
            self.told_at.insert(moment);
        } else if !self.told_at.contains(&moment) {
            self.not_told_apart += 1;
        }
    }

    /// What recordings give beyond stored findings.
    pub(super) fn recordings(
        &mut self,
        replayed: &mut Replayed,
        old: &RuleSet,
        new: &RuleSet,
        period: Period,
        watch: &mut Watch<'_>,
    ) -> Result<()> {
        let numbers: Vec<(String, u32)> =
            self.entries.keys().map(|name| (name.clone(), replayed.number(name))).collect();
        let by_number: FxHashMap<u32, &str> = numbers.iter().map(|(name, number)| (*number, name.as_str())).collect();
        let (mut lost, mut gained): (FxHashSet<Key>, FxHashSet<Key>) = Default::default();
        let mut hits: Vec<_> = replayed.hits.iter().collect();
        hits.sort_unstable_by_key(|(key, _)| (key.rule, key.time));
        for (key, hit) in hits {
            let Some(entry) = by_number.get(&key.rule).and_then(|name| self.entries.get_mut(*name)) else { continue };
            // A stored finding that was counted.
            if replayed.moments.get(&(key.rule, key.time)).is_some_and(|m| m.stored) {
                continue;
            }
            entry.count(Time(key.time), |day| {
                day.before += u64::from(hit.before);
                day.after += u64::from(hit.after);
            });
            let change = &mut entry.change;
            if hit.before {
                change.before += 1;
                change.replayed += 1;
            }
            change.after += u64::from(hit.after);
            match (hit.before, hit.after) {
                (true, false) => {
                    change.lost.count += 1;
                    lost.insert(*key);
                }
                (false, true) => {
                    change.gained.count += 1;
                    gained.insert(*key);
                }
                _ => {}
            }
        }
        for (wanted, rules, is_lost) in [(lost, old, true), (gained, new, false)] {
            if wanted.is_empty() {
                continue;
            }
            let mut samples: FxHashMap<u32, Sample> =
                numbers.iter().map(|(_, number)| (*number, Sample::new(self.rows))).collect();
            replayed.fetch(&wanted, rules, period, &mut samples, watch)?;
            for (name, number) in &numbers {
                let (Some(entry), Some(mut sample)) = (self.entries.get_mut(name), samples.remove(number)) else {
                    continue;
                };
                sample.finish();
                let to = if is_lost { &mut entry.change.lost } else { &mut entry.change.gained };
                for row in sample.rows {
                    let time = row.time;
                    to.show(time, || row);
                }
            }
        }
        Ok(())
    }

    pub(super) fn finish(mut self, mut read: Read, activity: ActivityRead) -> RuleDiff {
        self.close();
        if self.not_told_apart > 0 && activity.records() > 0 {
            read.missing.push(format!(
                "{} findings beyond the first {EVENTS} were not told apart from activity, which may count them as new",
                self.not_told_apart
            ));
        }
        self.lost_true.finish();
        self.unknown_true.finish();
        let mut rules: Vec<RuleChange> = self
            .entries
            .into_values()
            .map(|e| RuleChange { days: e.days.into_values().collect(), ..e.change })
            .collect();
        for rule in &mut rules {
            rule.lost.finish();
            rule.gained.finish();
        }
        let quiet = |r: &RuleChange| r.what == What::Same && r.lost.count == 0 && r.gained.count == 0;
        rules.sort_by(|a, b| quiet(a).cmp(&quiet(b)).then_with(|| a.rule.cmp(&b.rule)));
        let unknown = rules.iter().map(|r| r.unknown).sum();
        RuleDiff { lost_true: self.lost_true, unknown_true: self.unknown_true, rules, unknown, read, activity }
    }
}
