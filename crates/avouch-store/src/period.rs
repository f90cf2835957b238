//! Stretches of time, and the files that hold them.

use avouch_finding::Time;

/// From `from`, which belongs to it, to `to`, which does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "said above")]
pub struct Period {
    pub from: Time,
    pub to: Time,
}

impl Period {
    /// All of time.
    pub const ALL: Self = Self { from: Time(0), to: Time(u64::MAX) };

    /// From `from` to `to`.
    #[must_use]
    pub fn new(from: Time, to: Time) -> Self {
        Self { from, to }
    }

    /// Whether `time` belongs to it.
    #[must_use]
    pub fn contains(self, time: Time) -> bool {
        self.from <= time && time < self.to
    }

    /// Whether some moment belongs to both.
    #[must_use]
    pub fn meets(self, other: Self) -> bool {
        self.from.max(other.from) < self.to.min(other.to)
    }
}

impl Default for Period {
    fn default() -> Self {
        Self::ALL
    }
}

const DAY: u64 = 86_400_000_000_000;

/// What a period file holds, and how much time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Shelf {
    /// Findings of a month.
    Findings,
    /// Activity of a day.
    Activity,
}

impl Shelf {
    pub(crate) const ALL: [Self; 2] = [Self::Findings, Self::Activity];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Findings => "findings",
            Self::Activity => "activity",
        }
    }

    /// Name, without its ending, and stretch of the file that `time` belongs to: `findings-2026-11`, `activity-2026-11-26`.
    pub(crate) fn file(self, time: Time) -> (String, Period) {
        let text = time.to_string();
        let day = time.day() * DAY;
        match self {
            Self::Activity => {
                (format!("activity-{}", &text[..10]), Period::new(Time(day), Time(day.saturating_add(DAY))))
            }
            Self::Findings => {
                let of_month: u64 = text[8..10].parse().unwrap_or(1);
                let from = day - (of_month - 1) * DAY;
                // The 28th of a month plus four days is in the next one, whose own day says by how much.
                let beyond = Time(from.saturating_add(31 * DAY));
                let back: u64 = beyond.to_string()[8..10].parse().unwrap_or(1);
                let to = (beyond.day() - (back - 1)) * DAY;
                (format!("findings-{}", &text[..7]), Period::new(Time(from), Time(to)))
            }
        }
    }
}

/// The latest moment that the store tells apart, in 2262; what is said to be later counts as this.
pub(crate) const LATEST: u64 = i64::MAX as u64 - 1;

/// A moment as it is stored.
pub(crate) fn sql(time: Time) -> i64 {
    bound(time).min(i64::MAX - 1)
}

/// A moment as the end of a period: whatever is stored may lie before it.
pub(crate) fn bound(time: Time) -> i64 {
    i64::try_from(time.0).unwrap_or(i64::MAX)
}

/// A moment from a number of the engine.
pub(crate) fn moment(ns: i64) -> Time {
    Time(u64::try_from(ns).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Time {
        Time::parse(text).unwrap()
    }

    #[test]
    fn months_and_days_have_their_own_files() {
        for (at, name, from, to) in [
            ("2024-02-29T12:00:00Z", "findings-2024-02", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"),
            ("2026-12-31T23:59:59.999999999Z", "findings-2026-12", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            ("2025-02-01T00:00:00Z", "findings-2025-02", "2025-02-01T00:00:00Z", "2025-03-01T00:00:00Z"),
            ("2026-04-30T00:00:00Z", "findings-2026-04", "2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z"),
        ] {
            assert_eq!(Shelf::Findings.file(time(at)), (name.to_owned(), Period::new(time(from), time(to))));
        }
        let (name, period) = Shelf::Activity.file(time("2026-11-26T23:59:59Z"));
        assert_eq!(name, "activity-2026-11-26");
        assert_eq!(period, Period::new(time("2026-11-26T00:00:00Z"), time("2026-11-27T00:00:00Z")));
        let (_, last) = Shelf::Findings.file(Time(LATEST));
        assert!(last.contains(Time(LATEST)));
    }
}
