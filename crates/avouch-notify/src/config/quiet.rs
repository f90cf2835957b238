//! Hours in which nobody is told.

use avouch_finding::{Severity, Time};
use jiff::civil::{self, Weekday};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};

/// Hours of some days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quiet {
    /// Days on which they begin; none named is every day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<Day>,
    /// When they begin: `22:00`.
    pub from: Hour,
    /// When they end; on the next day, when that is not later. `00:00` to `00:00` is a whole day.
    pub to: Hour,
    /// Where: `UTC`, `+02:00`, or the name of a place of the time zone database, whose summer time counts.
    #[serde(default)]
    pub zone: Zone,
    /// Findings this severe, or worse, are told all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unless: Option<Severity>,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "self-explanatory")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Day {
    fn is(self, day: Weekday) -> bool {
        i8::try_from(self as usize) == Ok(day.to_monday_zero_offset())
    }
}

/// A time of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hour {
    hour: i8,
    minute: i8,
}

impl TryFrom<String> for Hour {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let wrong = "a time of the day is written `07:30`, from `00:00` to `23:59`";
        let (hour, minute) = text.split_once(':').ok_or(wrong)?;
        let two = |t: &str, most: i8| {
            let digits = t.len() == 2 && t.bytes().all(|b| b.is_ascii_digit());
            t.parse::<i8>().ok().filter(|n| digits && *n <= most).ok_or(wrong)
        };
        Ok(Self { hour: two(hour, 23)?, minute: two(minute, 59)? })
    }
}

impl From<Hour> for String {
    fn from(hour: Hour) -> Self {
        format!("{:02}:{:02}", hour.hour, hour.minute)
    }
}

/// A time zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone {
    name: String,
    zone: TimeZone,
}

impl Default for Zone {
    fn default() -> Self {
        Self { name: "UTC".to_owned(), zone: TimeZone::UTC }
    }
}

impl TryFrom<String> for Zone {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        let fixed = || {
            let (sign, rest) = name.split_at_checked(1)?;
            let sign = match sign {
                "+" => 1,
                "-" => -1,
                _ => return None,
            };
            let at = Hour::try_from(rest.to_owned()).ok().filter(|at| at.hour <= 14)?;
            let seconds = (i32::from(at.hour) * 3600 + i32::from(at.minute) * 60) * sign;
            Offset::from_seconds(seconds).ok().map(TimeZone::fixed)
        };
        let zone = match name.as_str() {
            "UTC" | "utc" | "Z" => Some(TimeZone::UTC),
            _ => fixed().or_else(|| TimeZone::get(&name).ok()),
        };
        match zone {
            Some(zone) => Ok(Self { name, zone }),
            None => Err("a time zone is `UTC`, `+02:00` or a name of the time zone database: `Europe/Berlin`"),
        }
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.name
    }
}

impl Quiet {
    /// When the hours end in which `now` lies, if it does and they hold for findings of this severity.
    #[must_use]
    pub fn until(&self, now: Time, severity: Severity) -> Option<Time> {
        if self.unless.is_some_and(|least| severity >= least) {
            return None;
        }
        let now = Timestamp::from_nanosecond(i128::from(now.0)).ok()?;
        let today = self.zone.zone.to_datetime(now).date();
        // Hours that began yesterday may still last.
        let ends = [today.checked_sub(1.day()).ok(), Some(today)].into_iter().flatten();
        let ends = ends.filter(|day| self.days.is_empty() || self.days.iter().any(|d| d.is(day.weekday())));
        let end = ends.filter_map(|day| self.on(day)).filter(|(from, to)| *from <= now && now < *to).map(|(_, to)| to);
        end.max().and_then(|end| u64::try_from(end.as_nanosecond()).ok()).map(Time)
    }

    /// The hours that begin on a day.
    fn on(&self, day: civil::Date) -> Option<(Timestamp, Timestamp)> {
        let at = |day: civil::Date, h: Hour| {
            self.zone.zone.to_ambiguous_timestamp(day.at(h.hour, h.minute, 0, 0)).compatible().ok()
        };
        let next = (self.to.hour, self.to.minute) <= (self.from.hour, self.from.minute);
        let last = if next { day.checked_add(1.day()).ok()? } else { day };
        Some((at(day, self.from)?, at(last, self.to)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet(days: &[Day], from: &str, to: &str, zone: &str) -> Quiet {
        let hour = |t: &str| Hour::try_from(t.to_owned()).unwrap();
        let zone = Zone::try_from(zone.to_owned()).unwrap();
        Quiet { days: days.to_vec(), from: hour(from), to: hour(to), zone, unless: Some(Severity::Critical) }
    }

    fn until(quiet: &Quiet, now: &str) -> Option<String> {
        let end = quiet.until(Time::parse(now).unwrap(), Severity::High)?;
        Some(end.to_string().replace(".000000000", ""))
    }

    #[test]
    fn a_night_ends_the_next_morning_and_summer_time_counts() {
        let night = quiet(&[], "22:00", "07:00", "Europe/Berlin");
        // In winter Berlin is one hour before UTC, in summer two.
        assert_eq!(until(&night, "2026-01-10T20:59:59Z"), None);
        assert_eq!(until(&night, "2026-01-10T21:00:00Z").as_deref(), Some("2026-01-11T06:00:00Z"));
        assert_eq!(until(&night, "2026-01-11T05:59:59Z").as_deref(), Some("2026-01-11T06:00:00Z"));
        assert_eq!(until(&night, "2026-01-11T06:00:00Z"), None);
        assert_eq!(until(&night, "2026-07-10T20:00:00Z").as_deref(), Some("2026-07-11T05:00:00Z"));
        // The night in which the clocks go forward (2026-03-29) is an hour shorter.
        assert_eq!(until(&night, "2026-03-28T22:00:00Z").as_deref(), Some("2026-03-29T05:00:00Z"));
        assert_eq!(night.until(Time::parse("2026-01-10T23:00:00Z").unwrap(), Severity::Critical), None);
    }

    #[test]
    fn days_are_those_on_which_the_hours_begin() {
        let weekend = quiet(&[Day::Sat, Day::Sun], "00:00", "00:00", "+02:00");
        // 2026-11-28 is a Saturday.
        assert_eq!(until(&weekend, "2026-11-27T21:59:59Z"), None);
        assert_eq!(until(&weekend, "2026-11-27T22:00:00Z").as_deref(), Some("2026-11-28T22:00:00Z"));
        assert_eq!(until(&weekend, "2026-11-29T21:59:59Z").as_deref(), Some("2026-11-29T22:00:00Z"));
        assert_eq!(until(&weekend, "2026-11-29T22:00:00Z"), None);
        let friday = quiet(&[Day::Fri], "22:00", "06:00", "UTC");
        assert_eq!(until(&friday, "2026-11-28T05:00:00Z").as_deref(), Some("2026-11-28T06:00:00Z"));
        assert_eq!(until(&friday, "2026-11-28T23:00:00Z"), None);
    }

    #[test]
    fn hours_and_zones_that_are_none_are_refused() {
        for text in ["", "7:00", "24:00", "12:60", "noon", "12:00:00", "+1:00"] {
            assert!(Hour::try_from(text.to_owned()).is_err(), "{text}");
        }
        for text in ["", "+2", "+15:00", "Nowhere/Here", "02:00"] {
            assert!(Zone::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
