//! Dates, times and durations of files, and stretches of time. No clock: whoever needs "now" gives it.

use std::fmt;

use avouch_event::{TimeStyle, parse_rfc3339, time_text};

const SECOND: u64 = 1_000_000_000;

/// A point in time: ns since the epoch, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub u64);

impl Time {
    /// Before everything.
    pub const START: Time = Time(0);
    /// After everything: where a stretch without an end ends.
    pub const END: Time = Time(u64::MAX);

    /// A date (midnight UTC) or an RFC 3339 time; `None` for anything else and for times before 1970 or after 2554.
    #[must_use]
    pub fn parse(text: &str) -> Option<Time> {
        parse_time(text)
    }
}

/// As a date when it is midnight UTC, else RFC 3339; what [`Time::parse`] reads.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Time::END {
            return f.write_str("open end");
        }
        let text = time_text(self.0, TimeStyle::Iso8601Zulu, 0).to_string();
        let date = text.strip_suffix("T00:00:00.000000000Z");
        let seconds = || text.strip_suffix(".000000000Z").map(|t| format!("{t}Z"));
        match date.map(str::to_owned).or_else(seconds) {
            Some(short) => f.write_str(&short),
            None => f.write_str(&text),
        }
    }
}

/// A stretch of time, half-open: `to` does not belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    /// First point.
    pub from: Time,
    /// One past the last.
    pub to: Time,
}

impl Period {
    /// All time.
    pub const ALL: Period = Period { from: Time::START, to: Time::END };

    /// What both cover, if anything.
    #[must_use]
    pub fn and(self, other: Period) -> Option<Period> {
        let both = Period { from: self.from.max(other.from), to: self.to.min(other.to) };
        (both.from < both.to).then_some(both)
    }

    /// Whether the time lies in it.
    #[must_use]
    pub fn holds(self, time: Time) -> bool {
        self.from <= time && time < self.to
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.from, self.to) {
            (Time::START, Time::END) => f.write_str("all time"),
            (Time::START, to) => write!(f, "until {to}"),
            (from, Time::END) => write!(f, "from {from}"),
            (from, to) => write!(f, "{from} to {to}"),
        }
    }
}

pub(crate) fn parse_time(text: &str) -> Option<Time> {
    let bytes = text.as_bytes();
    if bytes.len() == 10 {
        return parse_rfc3339(format!("{text}T00:00:00Z").as_bytes()).map(Time);
    }
    parse_rfc3339(bytes).map(Time)
}

/// `30m`, `4h`, `2d` as ns.
pub(crate) fn parse_duration(text: &str) -> Option<u64> {
    let unit = match text.bytes().last()? {
        b'm' => 60,
        b'h' => 3_600,
        b'd' => 86_400,
        _ => return None,
    };
    let number = text.get(..text.len() - 1)?;
    if number.is_empty() || number.len() > 5 || !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(number.parse::<u64>().ok()? * unit * SECOND)
}

/// Days in ns.
pub(crate) const fn days(n: u64) -> u64 {
    n * 86_400 * SECOND
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_are_read_and_print_as_they_were_written() {
        for text in ["2026-07-01", "2026-07-01T08:00:00Z", "2026-07-01T08:00:00.500000000Z"] {
            assert_eq!(parse_time(text).unwrap().to_string(), text);
        }
        assert_eq!(parse_time("2026-07-01T02:00:00+02:00"), parse_time("2026-07-01"));
        assert_eq!(parse_time("1970-01-02"), Some(Time(days(1))));
        for text in ["", "2026-13-01", "2026-02-30", "01.07.2026", "2026-07-01 ", "soon", "1969-01-01"] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }

    #[test]
    fn durations_have_a_unit() {
        assert_eq!((parse_duration("90m"), parse_duration("36h")), (Some(days(1) / 16), Some(days(3) / 2)));
        for text in ["", "4", "h", "-1h", "4 h", "999999d", "1w"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn stretches_are_half_open() {
        let stretch = |a, b| Period { from: Time(a), to: Time(b) };
        assert_eq!(stretch(0, 10).and(stretch(5, 20)), Some(stretch(5, 10)));
        assert_eq!(stretch(0, 10).and(stretch(10, 20)), None);
        assert!(stretch(0, 10).holds(Time(0)) && !stretch(0, 10).holds(Time(10)));
    }
}
