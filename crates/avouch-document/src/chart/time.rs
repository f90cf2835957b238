//! Days of the civil calendar, for ticks. All times are UTC.

/// Seconds of a day.
pub(crate) const DAY: i64 = 86_400;

/// Short names of months; tables and charts keep to English, as the words of states do.
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Year, month (1 to 12) and day (1 to 31) of a count of days since 1970-01-01 in the proleptic Gregorian calendar.
/// After Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
pub(crate) fn civil(days: i64) -> (i64, u32, u32) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = (doy - (153 * mp + 2) / 5 + 1) as u32;
    let month = if mp < 10 { mp + 3 } else { mp - 9 } as u32;
    (yoe + era * 400 + i64::from(month <= 2), month, day)
}

/// Start and end of some cells, kept within the years 1 to 9999, so that no sum overflows.
pub(crate) fn period(from: i64, cell_seconds: i64, cells: usize) -> (i64, i64) {
    const FIRST: i64 = -62_135_596_800;
    const END: i64 = 253_402_300_800;
    let from = from.clamp(FIRST, END);
    let length = i64::try_from(cells).unwrap_or(END).saturating_mul(cell_seconds);
    (from, from.saturating_add(length).clamp(FIRST, END))
}

/// A mark on a time axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    /// Seconds since 1970.
    pub(crate) at: i64,
    /// "Mar", "Jan 2026", "7 Mar", "06:00".
    pub(crate) label: String,
}

/// At most `most` ticks (at least 2 asked for) in `[from, to)`: months, else days, else hours, as the stretch is long.
pub(crate) fn ticks(from: i64, to: i64, most: usize) -> Vec<Tick> {
    let most = most.max(2) as i64;
    let days = (to.saturating_sub(from)) / DAY;
    if days > 45 {
        return months(from, to, most);
    }
    if days >= 3 {
        let step = [1, 2, 7, 14].into_iter().find(|step| days / step < most).unwrap_or(28);
        return every(from, to, step * DAY, |at| {
            let (_, month, day) = civil(at.div_euclid(DAY));
            format!("{day} {}", MONTHS[(month - 1) as usize])
        });
    }
    let hours = (to.saturating_sub(from)) / 3_600;
    let step = [1, 3, 6, 12, 24].into_iter().find(|step| hours / step < most).unwrap_or(24);
    every(from, to, step * 3_600, |at| {
        let (_, month, day) = civil(at.div_euclid(DAY));
        match at.rem_euclid(DAY) / 3_600 {
            0 => format!("{day} {}", MONTHS[(month - 1) as usize]),
            hour => format!("{hour:02}:00"),
        }
    })
}

/// Ticks at multiples of `step` seconds from midnight of the first day.
fn every(from: i64, to: i64, step: i64, label: impl Fn(i64) -> String) -> Vec<Tick> {
    let mut at = from.div_euclid(DAY) * DAY;
    let mut ticks = Vec::new();
    while at < to && ticks.len() < 64 {
        if at >= from {
            ticks.push(Tick { at, label: label(at) });
        }
        at += step;
    }
    ticks
}

/// First days of months; a January, and the first tick, name the year.
fn months(from: i64, to: i64, most: i64) -> Vec<Tick> {
    let mut firsts = Vec::new();
    let mut day = from.div_euclid(DAY);
    // A thousand months at most: a hostile period must not turn into a loop without end.
    while day * DAY < to && firsts.len() < 1_000 {
        let (year, month, of_month) = civil(day);
        if of_month == 1 && day * DAY >= from {
            firsts.push((day, year, month));
        }
        day += if of_month == 1 { 28 } else { 1 };
    }
    let step =
        [1, 2, 3, 6, 12, 24, 60, 120].into_iter().find(|step| firsts.len() as i64 / step < most).unwrap_or(1_000);
    let mut ticks: Vec<Tick> = Vec::new();
    for (day, year, month) in firsts {
        if (i64::from(month) - 1 + year.rem_euclid(1_000) * 12) % step == 0 {
            let name = MONTHS[(month - 1) as usize];
            let label = if month == 1 || ticks.is_empty() { format!("{name} {year}") } else { name.into() };
            ticks.push(Tick { at: day * DAY, label });
        }
    }
    ticks
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `date -u -d 2024-02-29 +%s`: 1709164800; `-d 0001-01-01`: -62135596800; `-d 10000-01-01`: 253402300800; `date -u -d 1969-12-31 +%s`: -86400.
    #[test]
    fn days_are_named_as_date_does() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(1_709_164_800 / DAY), (2024, 2, 29));
        assert_eq!(civil(-1), (1969, 12, 31));
        assert_eq!(civil(-62_135_596_800 / DAY), (1, 1, 1));
        assert_eq!(civil(253_402_300_800 / DAY), (10_000, 1, 1));
    }

    #[test]
    fn a_quarter_is_ticked_by_month() {
        // 2025-12-15 to 2026-03-15.
        let labels: Vec<String> = ticks(1_765_756_800, 1_773_532_800, 8).into_iter().map(|t| t.label).collect();
        assert_eq!(labels, ["Jan 2026", "Feb", "Mar"]);
    }

    #[test]
    fn a_week_is_ticked_by_day_and_a_day_by_hours() {
        let week: Vec<String> = ticks(1_772_323_200, 1_772_928_000, 8).into_iter().map(|t| t.label).collect();
        assert_eq!(week, ["1 Mar", "2 Mar", "3 Mar", "4 Mar", "5 Mar", "6 Mar", "7 Mar"]);
        let day: Vec<String> = ticks(1_772_323_200, 1_772_409_600, 8).into_iter().map(|t| t.label).collect();
        assert_eq!(day, ["1 Mar", "06:00", "12:00", "18:00"]);
    }

    #[test]
    fn a_hostile_period_ends() {
        for start in [i64::MIN, -1, i64::MAX] {
            let (from, to) = period(start, i64::from(u32::MAX), usize::MAX);
            assert!(from <= to && ticks(from, to, 8).len() <= 64);
        }
        assert!(ticks(5, 5, 8).is_empty());
    }
}
