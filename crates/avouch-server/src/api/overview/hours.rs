//! Findings over time, with spikes against what is usual for the hour of the week.

use std::collections::BTreeMap;

use avouch_finding::Time;
use avouch_store::{Bucket, Filter, Period, Reader};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::findings::Severities;
use crate::error::ApiResult;

const MINUTE: u64 = 60_000_000_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const WEEK: u64 = 7 * DAY;

/// Weeks before the period that the usual is taken from.
const WEEKS: u64 = 6;
/// Weeks of which something has to be known for there to be a usual.
const LEAST_WEEKS: usize = 3;
/// A spike is so many times the usual...
const TIMES: u64 = 3;
/// ...and so many findings more than it, so that one finding where there are none is no spike.
const MORE: u64 = 10;

/// Findings of a step.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Hour {
    #[schema(value_type = String, format = DateTime)]
    from: Time,
    severity: Severities,
    suppressed: u64,
    /// At least three times the usual, and ten more than it.
    spike: bool,
    /// The usual: the median of the same hour of the week in the six weeks before the period. `null` when less than three
    /// weeks are known, the step is not an hour, or the question is narrower than a period.
    median: Option<u64>,
}

/// Length of a step for a period: 120 steps or so, whole minutes, hours or days.
pub(super) fn step(period: Period) -> u64 {
    let length = period.to.0.saturating_sub(period.from.0);
    // Whole hours as soon as there are enough of them: spikes are known by hours.
    let steps = [MINUTE, 5 * MINUTE, HOUR, 6 * HOUR, DAY];
    steps.into_iter().find(|step| length / step <= 200).unwrap_or(DAY)
}

/// Marks the buckets.
pub(super) fn hours(reader: &mut Reader, filter: &Filter, buckets: Vec<Bucket>) -> ApiResult<Vec<Hour>> {
    // What is usual is known by hours and for everything only.
    let narrow = !filter.only.is_empty() || !filter.except.is_empty() || !filter.text.is_empty();
    let usual = match step(filter.period) == HOUR && !narrow {
        true => Some(usual(reader, filter.period)?),
        false => None,
    };
    let hour = |b: Bucket| {
        let median = usual.as_ref().and_then(|u| u.median(b.from));
        let all = b.counted.all();
        let spike = median.is_some_and(|m| all >= m.saturating_mul(TIMES) && all >= m + MORE);
        Hour { from: b.from, severity: b.counted.into(), suppressed: b.suppressed.all(), spike, median }
    };
    Ok(buckets.into_iter().map(hour).collect())
}

struct Usual {
    weeks: usize,
    by_hour: BTreeMap<u64, Vec<u64>>,
}

fn usual(reader: &mut Reader, period: Period) -> ApiResult<Usual> {
    let from = Time(period.from.0.saturating_sub(WEEKS * WEEK));
    let mut by_hour: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    let mut first = period.from;
    for bucket in reader.severities_by_hour(Period::new(from, period.from))? {
        first = first.min(bucket.from);
        by_hour.entry(bucket.from.0 % WEEK / HOUR).or_default().push(bucket.counted.all());
    }
    let weeks = usize::try_from((period.from.0 - first.0).div_ceil(WEEK)).unwrap_or(0);
    Ok(Usual { weeks, by_hour })
}

impl Usual {
    /// Hours without findings have no row and count as zero, from the first week in which anything is known.
    fn median(&self, at: Time) -> Option<u64> {
        if self.weeks < LEAST_WEEKS {
            return None;
        }
        let mut counts = self.by_hour.get(&(at.0 % WEEK / HOUR)).cloned().unwrap_or_default();
        counts.resize(self.weeks.max(counts.len()), 0);
        counts.sort_unstable();
        counts.get(counts.len() / 2).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_is_the_median_of_the_weeks_with_silent_ones_as_zero() {
        let usual = |weeks, counts: &[u64]| Usual { weeks, by_hour: BTreeMap::from([(5, counts.to_vec())]) };
        let at = Time(5 * HOUR + WEEK * 100);
        assert_eq!(usual(5, &[9, 1, 4, 100, 2]).median(at), Some(4));
        assert_eq!(usual(5, &[9, 9]).median(at), Some(0));
        assert_eq!(usual(2, &[9, 9]).median(at), None);
        assert_eq!(usual(3, &[9, 9, 9]).median(Time(HOUR)), Some(0));
    }

    #[test]
    fn steps_are_whole_and_not_too_many() {
        let of = |length| step(Period::new(Time(0), Time(length)));
        assert_eq!((of(HOUR), of(DAY), of(WEEK), of(90 * DAY)), (MINUTE, HOUR, HOUR, DAY));
        assert!((1..400).all(|days| days * DAY / of(days * DAY) <= 400));
    }
}
