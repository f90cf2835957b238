//! Times as texts: how an event's time prints, and reading RFC 3339. No clock, no time zone database: the caller says
//! how many seconds local time is ahead of UTC.

use std::fmt;

const SECOND: u64 = 1_000_000_000;
const DAY: i64 = 86_400;

/// How a time prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeStyle {
    /// `09:41:07.000000012`, local (`evt.time`).
    Clock,
    /// `09:41:07`, local (`evt.time.s`).
    ClockSeconds,
    /// `2026-11-23 09:41:07.000000012`, local (`evt.datetime`).
    DateTime,
    /// `2026-11-23 09:41:07`, local (`evt.datetime.s`).
    DateTimeSeconds,
    /// `2026-11-23T09:41:07.000000012+0000`, always UTC (`evt.time.iso8601`).
    Iso8601,
    /// `2026-11-23T09:41:07.000000012Z`, always UTC (`time` of a JSON alert).
    Iso8601Zulu,
}

/// A time that prints in some style.
#[derive(Clone, Copy, Debug)]
pub struct TimeText {
    ns: u64,
    style: TimeStyle,
    utc_offset: i32,
}

/// `ns` since the epoch in `style`; local styles are `utc_offset` seconds ahead of UTC.
#[must_use]
pub fn time_text(ns: u64, style: TimeStyle, utc_offset: i32) -> TimeText {
    TimeText { ns, style, utc_offset }
}

impl fmt::Display for TimeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use TimeStyle::{Clock, ClockSeconds, DateTime, DateTimeSeconds, Iso8601, Iso8601Zulu};
        let offset = if matches!(self.style, Iso8601 | Iso8601Zulu) { 0 } else { i64::from(self.utc_offset) };
        // A u64 of nanoseconds is at most 1.8e10 seconds: no overflow here.
        let seconds = i64::try_from(self.ns / SECOND).unwrap_or(i64::MAX - DAY) + offset;
        let fraction = self.ns % SECOND;
        let (days, of_day) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
        let (h, m, s) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
        let (year, month, day) = civil(days);
        // By digits: reports and outputs print millions of times, for which `write!` is slow.
        let mut text = *b"0000-00-00 00:00:00.000000000";
        let fraction = i64::try_from(fraction).unwrap_or(0);
        let parts =
            [(0..4, year), (5..7, month), (8..10, day), (11..13, h), (14..16, m), (17..19, s), (20..29, fraction)];
        for (place, mut rest) in parts {
            for digit in text.get_mut(place).unwrap_or_default().iter_mut().rev() {
                *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
                rest /= 10;
            }
        }
        let (part, zone) = match self.style {
            Clock => (11..29, ""),
            ClockSeconds => (11..19, ""),
            DateTime => (0..29, ""),
            DateTimeSeconds => (0..19, ""),
            Iso8601 => (0..29, "+0000"),
            Iso8601Zulu => (0..29, "Z"),
        };
        if !zone.is_empty() {
            text[10] = b'T';
        }
        f.write_str(text.get(part).and_then(|text| str::from_utf8(text).ok()).unwrap_or_default())?;
        f.write_str(zone)
    }
}

/// Year, month, day of a day counted from 1970-01-01, in the proleptic Gregorian calendar.
///
/// Counted in eras of 400 years that start on 1 March, so that the leap day is the last of its year.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

/// Days from 1970-01-01 to a date; the inverse of [`civil`].
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let march_month = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * march_month + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 719_468
}

/// Reads an RFC 3339 time (`2026-11-23T13:13:53.958447Z`, `...+02:00`) as ns since the epoch. Digits beyond the ninth
/// of the fraction are dropped; a leap second counts as the first second of the next minute. `None` for anything else,
/// and for times before 1970 or after 2554, which 64 bits of ns do not hold.
#[must_use]
pub fn parse_rfc3339(text: &[u8]) -> Option<u64> {
    let number = |from: usize, len: usize| -> Option<i64> {
        text.get(from..from + len)?.iter().try_fold(0_i64, |n, b| {
            let digit = b.checked_sub(b'0').filter(|d| *d <= 9)?;
            Some(n * 10 + i64::from(digit))
        })
    };
    let is = |at: usize, any_of: &[u8]| text.get(at).is_some_and(|b| any_of.contains(b));
    if !(is(4, b"-") && is(7, b"-") && is(10, b"Tt ") && is(13, b":") && is(16, b":")) {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 2)?, number(8, 2)?);
    let (h, m, s) = (number(11, 2)?, number(14, 2)?, number(17, 2)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_in_month = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=days_in_month).contains(&day) || h > 23 || m > 59 || s > 60 {
        return None;
    }
    let mut at = 19;
    let mut fraction = 0_u64;
    if is(at, b".") {
        at += 1;
        let digits = text.get(at..)?.iter().take_while(|b| b.is_ascii_digit()).count();
        if digits == 0 {
            return None;
        }
        for i in 0..9 {
            let digit = text.get(at + i).filter(|_| i < digits).map_or(0, |b| u64::from(b - b'0'));
            fraction = fraction * 10 + digit;
        }
        at += digits;
    }
    let offset = match text.get(at)? {
        b'Z' | b'z' if text.len() == at + 1 => 0,
        sign @ (b'+' | b'-') if text.len() == at + 6 && is(at + 3, b":") => {
            let (oh, om) = (number(at + 1, 2)?, number(at + 4, 2)?);
            if oh > 23 || om > 59 {
                return None;
            }
            (oh * 3600 + om * 60) * if *sign == b'-' { -1 } else { 1 }
        }
        _ => return None,
    };
    let seconds = days_from_civil(year, month, day) * DAY + h * 3600 + m * 60 + s - offset;
    u64::try_from(seconds).ok()?.checked_mul(SECOND)?.checked_add(fraction)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(ns: u64, style: TimeStyle, offset: i32) -> String {
        time_text(ns, style, offset).to_string()
    }

    #[test]
    fn styles_print_as_rules_expect() {
        // The second event of a recorded regression case.
        let ns = 1_534_551_451_397_761_344;
        assert_eq!(text(ns, TimeStyle::Clock, 0), "00:17:31.397761344");
        assert_eq!(text(ns, TimeStyle::ClockSeconds, 7200), "02:17:31");
        assert_eq!(text(ns, TimeStyle::DateTime, -3600), "2018-08-17 23:17:31.397761344");
        assert_eq!(text(ns, TimeStyle::DateTimeSeconds, 0), "2018-08-18 00:17:31");
        assert_eq!(text(ns, TimeStyle::Iso8601, 7200), "2018-08-18T00:17:31.397761344+0000");
        assert_eq!(text(ns, TimeStyle::Iso8601Zulu, 7200), "2018-08-18T00:17:31.397761344Z");
        assert_eq!(text(0, TimeStyle::DateTimeSeconds, -1), "1969-12-31 23:59:59");
        assert_eq!(text(u64::MAX, TimeStyle::DateTimeSeconds, i32::MAX), "2622-08-10 02:48:40");
    }

    #[test]
    fn rfc3339_reads_fractions_and_offsets() {
        assert_eq!(parse_rfc3339(b"2018-10-25T16:05:49.112945Z"), Some(1_540_483_549_112_945_000));
        assert_eq!(parse_rfc3339(b"2014-03-06T21:22:54Z"), Some(1_394_140_974_000_000_000));
        assert_eq!(parse_rfc3339(b"1970-01-01T01:00:00+01:00"), Some(0));
        assert_eq!(parse_rfc3339(b"1970-01-01T00:00:00.1234567899Z"), Some(123_456_789));
        assert_eq!(parse_rfc3339(b"2024-02-29T00:00:00Z"), Some(1_709_164_800_000_000_000));
        assert_eq!(parse_rfc3339(b"2016-12-31T23:59:60Z"), parse_rfc3339(b"2017-01-01T00:00:00Z"));
        for bad in [
            "",
            "2024",
            "2023-02-29T00:00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-01-01T24:00:00Z",
            "2024-01-01T00:00:00",
            "2024-01-01T00:00:00.Z",
            "2024-01-01T00:00:00+0100",
            "2024-01-01T00:00:00Zx",
            "1969-12-31T23:59:59Z",
            "9999-01-01T00:00:00Z",
            "2024-01-01T00:00:00+24:00",
            "é024-01-01T00:00:00Z",
        ] {
            assert_eq!(parse_rfc3339(bad.as_bytes()), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_prints_reads_back(ns in any::<u64>()) {
            prop_assert_eq!(parse_rfc3339(text(ns, TimeStyle::Iso8601Zulu, 0).as_bytes()), Some(ns));
        }

        #[test]
        fn any_bytes_read_or_not(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            // That it returns at all is the point.
            std::hint::black_box(parse_rfc3339(&bytes));
        }
    }
}
