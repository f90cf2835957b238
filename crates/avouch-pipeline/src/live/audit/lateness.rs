//! How long records take to come.

use avouch_finding::Time;

use super::minutes::Minutes;

/// Steps that lateness is told in, in seconds. Coarse, so that observations which follow one another say the same.
const STEPS: [u64; 15] = [1, 2, 5, 10, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 86_400];

/// Lateness of the records of a stretch.
#[derive(Clone, Debug, Default)]
pub(super) struct Lateness {
    /// Records by step; the last for those beyond all.
    counts: [u64; STEPS.len() + 1],
    /// Greatest lateness, ns.
    pub(super) most: u64,
    /// By how much a record was ahead of the clock, at most, ns.
    pub(super) ahead: u64,
    /// Minutes of the records that came later than the limit.
    pub(super) minutes: Minutes,
}

impl Lateness {
    /// A record of `event` came at `received`; later than `limit` ns, its minute was not watched in time.
    pub(super) fn add(&mut self, event: Time, received: Time, limit: u64) {
        let late = received.0.saturating_sub(event.0);
        if late > limit {
            self.minutes.add(event);
        }
        self.most = self.most.max(late);
        self.ahead = self.ahead.max(event.0.saturating_sub(received.0));
        let step = step(late);
        if let Some(count) = self.counts.get_mut(step) {
            *count += 1;
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.most = self.most.max(other.most);
        self.ahead = self.ahead.max(other.ahead);
        for (sum, n) in self.counts.iter_mut().zip(&other.counts) {
            *sum += n;
        }
        self.minutes.merge(&other.minutes);
    }

    /// The step within which 99 of 100 records came.
    fn most_records(&self) -> usize {
        let all: u64 = self.counts.iter().sum();
        let mut left = all - all / 100;
        for (step, n) in self.counts.iter().enumerate() {
            left = left.saturating_sub(*n);
            if left == 0 {
                return step;
            }
        }
        STEPS.len()
    }

    /// What there is to complain of, in sentences: records that came later than `limit` ns, or from the future by as much.
    pub(super) fn complaints(&self, limit: u64) -> Vec<String> {
        let mut out = Vec::new();
        if self.most > limit {
            let (all, most) = (told(step(self.most)), told(self.most_records()));
            out.push(format!("records come late: all {all}, 99 of 100 {most}"));
        }
        if self.ahead > limit {
            let ahead = told(step(self.ahead));
            out.push(format!("records bear times ahead of this machine's clock: {ahead}"));
        }
        out
    }
}

fn step(ns: u64) -> usize {
    STEPS.iter().position(|s| ns <= s * 1_000_000_000).unwrap_or(STEPS.len())
}

/// Why the minutes of late records count as watched in part.
pub(super) fn reason(limit: u64) -> String {
    format!("records came more than {} s after they were made", limit / 1_000_000_000)
}

fn told(step: usize) -> String {
    match STEPS.get(step) {
        None => "by more than 1 d".to_owned(),
        Some(s) if s % 86_400 == 0 => format!("within {} d", s / 86_400),
        Some(s) if s % 3_600 == 0 => format!("within {} h", s / 3_600),
        Some(s) if s % 60 == 0 => format!("within {} min", s / 60),
        Some(s) => format!("within {s} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn lateness_is_told_in_steps_and_only_beyond_the_limit() {
        let mut late = Lateness::default();
        let now = Time(1_000_000 * SECOND);
        for seconds in std::iter::repeat_n(3, 99).chain([400]) {
            late.add(Time(now.0 - seconds * SECOND), now, 400 * SECOND);
        }
        assert_eq!(late.complaints(400 * SECOND), Vec::<String>::new());
        assert_eq!(late.complaints(399 * SECOND), ["records come late: all within 10 min, 99 of 100 within 5 s"]);
        assert!(late.minutes.is_empty());
        late.add(Time(now.0 - 200_000 * SECOND), now, 400 * SECOND);
        late.add(Time(now.0 + 90 * SECOND), now, 400 * SECOND);
        assert_eq!(late.minutes.stretches().count(), 1);
        assert_eq!(
            late.complaints(60 * SECOND),
            [
                "records come late: all by more than 1 d, 99 of 100 within 10 min",
                "records bear times ahead of this machine's clock: within 2 min"
            ]
        );
    }
}
