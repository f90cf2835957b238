//! Times as requests write them.

/// Seconds since 1970 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Utc(pub u64);

impl Utc {
    fn parts(self) -> (u64, u64, u64, u64, u64, u64) {
        // Days to a date by eras of 400 years that begin in March.
        let (days, second) = (self.0 / 86_400 + 719_468, self.0 % 86_400);
        let (era, of_era) = (days / 146_097, days % 146_097);
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let shifted = (5 * of_year + 2) / 153;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let day = of_year - (153 * shifted + 2) / 5 + 1;
        (era * 400 + year + u64::from(month <= 2), month, day, second / 3600, second / 60 % 60, second % 60)
    }

    /// `20130524T000000Z`
    #[must_use]
    pub fn basic(self) -> String {
        let (year, month, day, hour, minute, second) = self.parts();
        format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
    }

    /// `2013-05-24T00:00:00Z`
    #[must_use]
    pub fn extended(self) -> String {
        let (year, month, day, hour, minute, second) = self.parts();
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_as_the_system_prints_them() {
        // date -u -d @951868799 +%FT%TZ
        assert_eq!(Utc(951_868_799).extended(), "2000-02-29T23:59:59Z");
        assert_eq!(Utc(1_369_353_600).basic(), "20130524T000000Z");
    }
}
