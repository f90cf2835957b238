//! Times: nanoseconds since 1970 UTC, and their one text form. No clock is read here.

use std::fmt;

use serde::{Serialize, Serializer};

const DAY: u64 = 86_400;

/// Nanoseconds since 1970-01-01T00:00:00 UTC, leap seconds not counted; reaches to the year 2554. Its text form is RFC 3339
/// in UTC with nine digits of a second, always 30 bytes: `2026-11-26T06:51:22.123456789Z`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub u64);

impl Time {
    /// The text form as bytes.
    pub(crate) fn text(self) -> [u8; 30] {
        let (seconds, ns) = (self.0 / 1_000_000_000, self.0 % 1_000_000_000);
        let (days, of_day) = (seconds / DAY, seconds % DAY);
        let (year, month, day) = civil(days);
        let mut text = *b"0000-00-00T00:00:00.000000000Z";
        let mut put = |at: usize, len: usize, mut n: u64| {
            for byte in text[at..at + len].iter_mut().rev() {
                *byte = b'0' + (n % 10) as u8;
                n /= 10;
            }
        };
        put(0, 4, year);
        put(5, 2, month);
        put(8, 2, day);
        put(11, 2, of_day / 3600);
        put(14, 2, of_day / 60 % 60);
        put(17, 2, of_day % 60);
        put(20, 9, ns);
        text
    }

    /// Reads the text form, and no other.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let number = |at: usize, len: usize| {
            text.get(at..at + len)?
                .iter()
                .try_fold(0u64, |n, b| b.is_ascii_digit().then(|| n * 10 + u64::from(b - b'0')))
        };
        let (year, month, day) = (number(0, 4)?, number(5, 2)?, number(8, 2)?);
        let of_day = number(11, 2)? * 3600 + number(14, 2)? * 60 + number(17, 2)?;
        if !(1970..=2554).contains(&year) || !(1..=12).contains(&month) {
            return None;
        }
        let seconds = (days_from_civil(year, month, day) * DAY).checked_add(of_day)?;
        let time = Self(seconds.checked_mul(1_000_000_000)?.checked_add(number(20, 9)?)?);
        // A day, an hour or a separator that is not one prints differently.
        (text == time.text()).then_some(time)
    }
}

/// Year, month and day of a day since 1970. After Howard Hinnant's description of the civil calendar in 400-year eras.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year + era * 400 + u64::from(month <= 2), month, of_year - (153 * shifted + 2) / 5 + 1)
}

/// The inverse of [`civil`], from 1970 on.
fn days_from_civil(year: u64, month: u64, day: u64) -> u64 {
    let year = year - u64::from(month <= 2);
    let (era, of_era) = (year / 400, year % 400);
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day;
    // `day` counts from 1: the epoch's number is one larger for it.
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_469
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.text()))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
