//! How many records may be written.

use super::Kind;

const SECOND: u64 = 1_000_000_000;

/// A bucket of records that fills with time. File changes, which come in floods (a package manager, a build), may take half
/// of it: a flood of them must not hide the commands that made it.
pub(super) struct Budget {
    per_second: u64,
    /// In billionths of a record.
    left: [u64; 2],
    last: u64,
}

const ALL: usize = 0;
const FILES: usize = 1;

impl Budget {
    pub(super) fn new(per_second: u32) -> Self {
        let per_second = u64::from(per_second);
        Self { per_second, left: [per_second * SECOND, per_second * SECOND / 2], last: 0 }
    }

    /// Whether one more record of `kind` may be written at `now` (ns); if so it is counted.
    pub(super) fn take(&mut self, kind: Kind, now: u64) -> bool {
        // Two CPUs' events may come out of order: time then stands still. Somebody who sets the clock back begins anew.
        let passed = now.saturating_sub(self.last).min(SECOND);
        self.last = if now.saturating_add(SECOND) < self.last { now } else { self.last.max(now) };
        for (left, share) in self.left.iter_mut().zip([self.per_second, self.per_second / 2]) {
            *left = left.saturating_add(passed * share).min(share * SECOND);
        }
        let files = kind == Kind::File;
        if self.left[ALL] < SECOND || (files && self.left[FILES] < SECOND) {
            return false;
        }
        self.left[ALL] -= SECOND;
        if files {
            self.left[FILES] -= SECOND;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_of_records_and_no_more_is_saved_up() {
        let mut budget = Budget::new(10);
        let mut take = |kind, now, n| (0..n).filter(|_| budget.take(kind, now)).count();
        assert_eq!(take(Kind::File, 5 * SECOND, 20), 5, "half of it");
        assert_eq!(take(Kind::Command, 5 * SECOND, 20), 5, "the rest");
        assert_eq!(take(Kind::Command, 5 * SECOND + SECOND / 2, 20), 5);
        assert_eq!(take(Kind::Command, 900 * SECOND, 20), 10);
        assert_eq!(take(Kind::Command, 900 * SECOND - 5, 20), 0, "out of order gives nothing");
        assert_eq!(take(Kind::Command, 800 * SECOND, 20), 0, "nor does a clock that is set back");
        assert_eq!(take(Kind::Command, 801 * SECOND, 20), 10, "it goes on from there");
    }

    #[test]
    fn no_budget_writes_nothing() {
        assert!(!Budget::new(0).take(Kind::Command, SECOND));
    }
}
