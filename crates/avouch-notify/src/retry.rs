//! How long to wait before the next attempt.

use std::time::Duration;

use avouch_finding::Time;

use crate::channel::Wait;
use crate::config::Retry;

/// The other side can ask for no longer wait than this: a message must not be kept for ever by a wrong header.
const LONGEST_ASKED: Duration = Duration::from_secs(3600);

/// The wait after `failed` attempts, of which there is at least one. It doubles with each, up to the longest, and half of it is
/// left to chance (`jitter`, from 0 up to 1). What the other side asked for is waited for at least.
#[must_use]
pub fn back_off(retry: &Retry, failed: u64, jitter: f64, asked: Option<Wait>, now: Time) -> Duration {
    let doublings = u32::try_from(failed.saturating_sub(1)).unwrap_or(u32::MAX).min(32);
    let whole = retry.first.duration().saturating_mul(2u32.saturating_pow(doublings)).min(retry.longest.duration());
    let jittered = whole.mul_f64(0.5 + 0.5 * jitter.clamp(0.0, 1.0));
    let asked = match asked {
        None => Duration::ZERO,
        Some(Wait::For(wait)) => wait,
        Some(Wait::Until(at)) => Duration::from_nanos(at.0.saturating_sub(now.0)),
    };
    jittered.max(asked.min(LONGEST_ASKED))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn waits_lie_between_half_and_all_of_a_doubling_length(failed in 1u64..200, jitter in 0.0f64..1.0) {
            let retry = Retry::default();
            let wait = back_off(&retry, failed, jitter, None, Time(0));
            let whole = Duration::from_secs(300.min(1u64.checked_shl(u32::try_from(failed - 1).unwrap()).unwrap_or(300).max(1)));
            let whole = if failed > 9 { Duration::from_secs(300) } else { whole };
            prop_assert!(wait >= whole / 2 && wait <= whole, "{wait:?} of {whole:?}");
        }
    }

    #[test]
    fn what_the_other_side_asks_for_is_waited_for_within_reason() {
        let asked = |wait| back_off(&Retry::default(), 1, 0.0, Some(wait), Time(5_000_000_000));
        assert_eq!(asked(Wait::For(Duration::from_secs(30))), Duration::from_secs(30));
        assert_eq!(asked(Wait::Until(Time(25_000_000_000))), Duration::from_secs(20));
        assert_eq!(asked(Wait::Until(Time(0))), Duration::from_millis(500));
        assert_eq!(asked(Wait::For(Duration::from_secs(1_000_000))), LONGEST_ASKED);
    }
}
