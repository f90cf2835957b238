//! What is kept of one rule while its detections are counted.

use std::collections::BTreeMap;
use std::hash::{Hash as _, Hasher as _};

use avouch_finding::Time;
use rustc_hash::FxHasher;

use super::{Day, RuleChange, What};
use crate::condition::ConditionId;

/// Days of a rule that are told apart: ten years.
const DAYS: usize = 3_660;
/// ns in a day.
const DAY: u64 = 86_400_000_000_000;

/// A rule of either set.
pub(super) struct Entry {
    pub(super) what: What,
    pub(super) source: String,
    /// Its condition under the old rules, when it runs there and differs.
    pub(super) before: Option<ConditionId>,
    /// Under the new ones.
    pub(super) after: Option<ConditionId>,
    /// Its stored findings are looked at one by one, because it differs or recordings have detections of it.
    pub(super) visited: bool,
    pub(super) change: RuleChange,
    pub(super) days: BTreeMap<u64, Day>,
}

impl Entry {
    /// The counts of the day of `time`; none to keep when there are too many days.
    pub(super) fn day(&mut self, time: Time) -> Option<&mut Day> {
        let day = time.day();
        if self.what == What::Same || (self.days.len() >= DAYS && !self.days.contains_key(&day)) {
            return None;
        }
        Some(self.days.entry(day).or_insert_with(|| Day { day: Time(day.saturating_mul(DAY)), ..Day::default() }))
    }

    pub(super) fn count(&mut self, time: Time, count: impl FnOnce(&mut Day)) {
        if let Some(day) = self.day(time) {
            count(day);
        }
    }
}

/// A rule that may gain.
pub(super) struct MayGain {
    pub(super) source: String,
    pub(super) name: String,
    pub(super) before: Option<ConditionId>,
    pub(super) after: ConditionId,
}

/// A rule that may gain (by place), a node and a time, as one number.
pub(super) type Moment = u64;

pub(super) fn moment(rule: usize, node: &str, time: Time) -> Moment {
    let mut hasher = FxHasher::default();
    (rule, node, time.0).hash(&mut hasher);
    hasher.finish()
}
