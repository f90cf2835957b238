//! Which minutes something is about, in bounded room.

use std::collections::BTreeMap;

use avouch_finding::Time;

/// ns.
const MINUTE: u64 = 60_000_000_000;
/// Stretches that are told apart.
const STRETCHES: usize = 32;

/// Whole minutes, as the stretches that they make. When there would be too many of these, the two that are nearest to one another become
/// one: then it holds minutes that were not added, and is never without one that was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Minutes {
    /// First minute of each stretch, and the one after its last.
    stretches: BTreeMap<u64, u64>,
}

impl Minutes {
    /// Adds the minute of a time.
    pub(super) fn add(&mut self, time: Time) {
        let minute = time.0 / MINUTE;
        self.put(minute, minute + 1);
    }

    /// Adds all of another.
    pub(super) fn merge(&mut self, other: &Self) {
        other.stretches.iter().for_each(|(from, to)| self.put(*from, *to));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.stretches.is_empty()
    }

    /// The stretches, in order of time.
    pub(super) fn stretches(&self) -> impl Iterator<Item = (Time, Time)> + '_ {
        let time = |minute: u64| Time(minute.saturating_mul(MINUTE));
        self.stretches.iter().map(move |(from, to)| (time(*from), time(*to)))
    }

    fn put(&mut self, mut from: u64, mut to: u64) {
        // Those that touch it become part of it.
        while let Some((first, last)) = self.stretches.range(..=to).next_back().filter(|(_, last)| **last >= from) {
            let first = *first;
            (from, to) = (from.min(first), to.max(*last));
            self.stretches.remove(&first);
        }
        self.stretches.insert(from, to);
        if self.stretches.len() > STRETCHES {
            self.join_nearest();
        }
    }

    fn join_nearest(&mut self) {
        let pairs = self.stretches.iter().zip(self.stretches.iter().skip(1));
        let nearest = pairs.min_by_key(|((_, end), (begin, _))| begin.saturating_sub(**end));
        if let Some((left, right, to)) = nearest.map(|((left, _), (right, to))| (*left, *right, *to)) {
            self.stretches.remove(&right);
            self.stretches.insert(left, to);
        }
    }
}

/// The whole minutes that a stretch lies in: what is missing of a file is told in them, since the file's own first and last record may be
/// one moment.
pub(super) fn whole_minutes(from: Time, to: Time) -> (Time, Time) {
    let end = to.0.max(from.0.saturating_add(1)).div_ceil(MINUTE).saturating_mul(MINUTE);
    (Time(from.0 / MINUTE * MINUTE), Time(end))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(minutes: &Minutes) -> Vec<(u64, u64)> {
        minutes.stretches().map(|(from, to)| (from.0 / MINUTE, to.0 / MINUTE)).collect()
    }

    #[test]
    fn minutes_that_touch_are_one_stretch() {
        let mut minutes = Minutes::default();
        for second in [600, 601, 660, 540, 1_200] {
            minutes.add(Time(second * 1_000_000_000));
        }
        assert_eq!(told(&minutes), [(9, 12), (20, 21)]);
        assert_eq!(whole_minutes(Time(MINUTE), Time(MINUTE)), (Time(MINUTE), Time(2 * MINUTE)));
        assert_eq!(whole_minutes(Time(MINUTE + 5), Time(3 * MINUTE)), (Time(MINUTE), Time(3 * MINUTE)));
    }

    proptest! {
        #[test]
        fn every_minute_that_was_added_is_in_it_and_few_others(
            added in prop::collection::vec(0..2_000_u64, 1..200),
            other in prop::collection::vec(0..2_000_u64, 0..20),
        ) {
            let of = |all: &[u64]| {
                let mut minutes = Minutes::default();
                all.iter().for_each(|m| minutes.add(Time(m * MINUTE)));
                minutes
            };
            let mut minutes = of(&added);
            minutes.merge(&of(&other));
            let stretches = told(&minutes);
            prop_assert!(stretches.len() <= STRETCHES);
            prop_assert!(stretches.windows(2).all(|w| w[0].1 < w[1].0), "{stretches:?}");
            for minute in added.iter().chain(&other) {
                prop_assert!(stretches.iter().any(|(from, to)| from <= minute && minute < to));
            }
            let distinct: std::collections::BTreeSet<u64> = added.iter().chain(&other).copied().collect();
            if distinct.len() <= STRETCHES {
                let sum: u64 = stretches.iter().map(|(from, to)| to - from).sum();
                prop_assert_eq!(sum, distinct.len() as u64);
            }
        }
    }
}
