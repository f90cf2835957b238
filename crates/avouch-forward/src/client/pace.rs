//! How long to wait before the next try.

use std::time::Duration;

/// Waits between tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// After the first failure; each further one doubles it.
    pub first: Duration,
    /// The longest.
    pub longest: Duration,
    /// After a refusal, which another try alone does not change.
    pub refused: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { first: Duration::from_millis(250), longest: Duration::from_secs(30), refused: Duration::from_secs(60) }
    }
}

/// The longest wait that a server can ask for.
const MOST_ASKED: Duration = Duration::from_secs(600);

impl Pace {
    /// The wait after so many failures in a row, from 1 on. `random` spreads it over the upper half, so that the agents of a server that
    /// comes back do not all come at once.
    pub(super) fn after(&self, failures: u32, random: u32) -> Duration {
        let doubled = self.first.saturating_mul(1 << failures.saturating_sub(1).min(20)).min(self.longest);
        spread(doubled, random)
    }

    /// The wait that a server asked for, never shorter.
    pub(super) fn asked(&self, wait: Duration, failures: u32, random: u32) -> Duration {
        wait.min(MOST_ASKED) + self.after(failures, random) / 4
    }

    /// The wait after a refusal.
    pub(super) fn refused(&self, random: u32) -> Duration {
        spread(self.refused, random)
    }
}

/// A wait that is spread over the upper half of `wait`.
pub(super) fn spread(wait: Duration, random: u32) -> Duration {
    let half = wait / 2;
    half + half.mul_f64(f64::from(random) / f64::from(u32::MAX))
}

/// Value of `Retry-After` in seconds. The form with a date is not read: whoever sends it is waited for as if it had not been there.
pub(super) fn retry_after(value: &str) -> Option<Duration> {
    value.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit_and_are_spread() {
        let pace = Pace::default();
        let most: Vec<u128> = (1..=9).map(|n| pace.after(n, u32::MAX).as_millis()).collect();
        assert_eq!(most, [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
        assert_eq!(pace.after(1, 0), Duration::from_millis(125));
        assert_eq!(pace.after(u32::MAX, 0), Duration::from_secs(15));
        assert_eq!(pace.refused(0), Duration::from_secs(30));
    }

    #[test]
    fn what_a_server_asks_for_is_kept_within_reason() {
        let pace = Pace::default();
        assert_eq!(retry_after(" 7 "), Some(Duration::from_secs(7)));
        assert_eq!(retry_after("Wed, 21 Oct 2026 07:28:00 GMT"), None);
        assert_eq!(retry_after("-1"), None);
        assert!(pace.asked(Duration::from_secs(7), 1, 0) >= Duration::from_secs(7));
        assert!(pace.asked(Duration::from_secs(1 << 40), 1, u32::MAX) < Duration::from_secs(700));
    }
}
