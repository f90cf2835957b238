//! Stored activity judged by the rules that were added or changed.

use avouch_finding::{Fact, Time};
use avouch_pipeline::SYSCALL;
use avouch_store::{Period, Reader, StoredActivity};

use super::entry::{MayGain, moment};
use super::tally::Tally;
use super::{ActivityChange, Options};
use crate::activity::{self, ActivityRead, Teller, tell};
use crate::condition::Truth;
use crate::findings::{Found, Sample};
use crate::known::RuleVersions;
use crate::replayed::Replayed;
use crate::{Result, Watch};

/// A stored finding of which its own fields do not tell what becomes of it.
pub(super) struct Open {
    pub(super) found: Found,
    pub(super) known_true: bool,
    /// The rule that made it is the old one.
    pub(super) same: bool,
}

impl Tally {
    /// Judges the activity of a period, when some rule may gain by it.
    pub(super) fn activity(
        &mut self,
        store: &mut Reader,
        period: Period,
        options: Options,
        known: &RuleVersions,
        replayed: &Replayed,
        watch: &mut Watch<'_>,
    ) -> Result<ActivityRead> {
        let places: Vec<usize> =
            (0..).zip(&self.may_gain).filter(|(_, g)| g.source == SYSCALL).map(|(place, _)| place).collect();
        if places.is_empty() || !options.gains || options.activity == 0 {
            return Ok(ActivityRead::default());
        }
        for place in &places {
            let Some(MayGain { name, after, .. }) = self.may_gain.get(*place) else { continue };
            let about = self.asks.about(name, *after, &mut self.conditions);
            if let Some(entry) = self.entries.get_mut(name) {
                let unknown = Sample::new(options.rows);
                entry.change.activity = Some(ActivityChange { about, unknown, ..ActivityChange::default() });
            }
        }
        let read = activity::each(store, period, options.activity, watch, &mut |row| {
            let told = self.conditions.show_told(SYSCALL, |leaves| tell(&row.fact, &mut Teller(leaves)));
            if let Some(time) = told {
                for place in &places {
                    self.record(*place, row, time, known, replayed);
                }
            }
        })?;
        for entry in self.entries.values_mut() {
            if let Some(activity) = &mut entry.change.activity {
                activity.unknown.finish();
                activity.missing.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            }
        }
        Ok(read)
    }

    /// What one rule makes of a record, the fields of which were shown.
    fn record(&mut self, place: usize, row: &StoredActivity, time: Time, known: &RuleVersions, replayed: &Replayed) {
        let Some(MayGain { name, before, after, .. }) = self.may_gain.get(place) else { return };
        let (before, after) = (*before, *after);
        let fires = self.conditions.truth(after);
        if fires == Truth::False && self.open.is_empty() {
            return;
        }
        let Some(node) = node(&row.fact) else { return };
        let moment = moment(place, node, time);
        if self.open.contains_key(&moment) {
            self.settle(place, moment, time);
            return;
        }
        // Counted as the finding that there is, or where it is replayed.
        if fires == Truth::False || self.told_at.contains(&moment) || replayed.exact(name, time).is_some() {
            return;
        }
        let name = name.clone();
        let fired = match (fires, before) {
            (Truth::True, Some(before)) => match self.conditions.truth(before) {
                // The very rule was loaded, and would have left a finding.
                Truth::Unknown if known.ran(node, time, &name) => Truth::False,
                truth => truth,
            },
            _ => Truth::False,
        };
        let missing = if fires == Truth::Unknown { self.conditions.missing(after) } else { Vec::new() };
        let Some(entry) = self.entries.get_mut(&name) else { return };
        let Some(activity) = &mut entry.change.activity else { return };
        match (fires, fired) {
            (Truth::True, Truth::False) => {
                activity.gained += 1;
                entry.change.after += 1;
                entry.count(time, |day| day.after += 1);
                entry.change.gained.add_some(time, || activity::found(row, &name, time));
            }
            (Truth::True, Truth::True) => activity.already += 1,
            (Truth::True, Truth::Unknown) => {
                activity.unknown_before += 1;
                entry.count(time, |day| day.unknown += 1);
            }
            (Truth::Unknown, _) => {
                activity.unknown.add_some(time, || activity::found(row, &name, time));
                for field in missing {
                    match activity.missing.iter_mut().find(|(known, _)| known == field) {
                        Some((_, records)) => *records += 1,
                        None => activity.missing.push((field.to_owned(), 1)),
                    }
                }
                entry.count(time, |day| day.unknown += 1);
            }
            (Truth::False, _) => {}
        }
    }

    /// Decides about a finding by the activity at its moment, where that is the same event and tells enough.
    fn settle(&mut self, place: usize, moment: u64, time: Time) {
        let Some(MayGain { before, after, .. }) = self.may_gain.get(place) else { return };
        let (before, after) = (*before, *after);
        let Some(open) = self.open.get(&moment) else { return };
        let fate = match before.filter(|_| open.same) {
            // Another event of the same nanosecond.
            Some(before) if self.conditions.truth(before) == Truth::False => Truth::Unknown,
            Some(before) => self.conditions.truth_given(after, before),
            None => self.conditions.truth(after),
        };
        if fate == Truth::Unknown {
            return;
        }
        let Some(Open { found, known_true, .. }) = self.open.remove(&moment) else { return };
        let rule = found.rule.clone();
        if let Some(activity) = self.entries.get_mut(&rule).and_then(|e| e.change.activity.as_mut()) {
            activity.settled += 1;
        }
        self.fate(fate, time, &rule, known_true, || found.clone());
    }

    /// Counts the findings that nothing settled.
    pub(super) fn close(&mut self) {
        let mut left: Vec<Open> = std::mem::take(&mut self.open).into_values().collect();
        left.sort_by(|a, b| a.found.time.cmp(&b.found.time).then_with(|| a.found.id.cmp(&b.found.id)));
        for open in left {
            let (time, rule) = (open.found.time, open.found.rule.clone());
            self.fate(Truth::Unknown, time, &rule, open.known_true, || open.found.clone());
        }
    }
}

fn node(fact: &Fact) -> Option<&str> {
    match fact {
        Fact::Command(c) => Some(&c.node),
        Fact::Connection(c) => Some(&c.node),
        Fact::File(f) => Some(&f.node),
        _ => None,
    }
}
