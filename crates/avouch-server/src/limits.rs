//! How much one caller may ask for: requests in a time, time of one request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::error::{ApiError, ApiResult};

/// Callers that are remembered; whoever is forgotten has a full bucket again.
const REMEMBERED: usize = 10_000;
/// Time until an answer begins. What is streamed may then go on.
const LONGEST: Duration = Duration::from_secs(60);

/// How many requests one caller may make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestRate {
    /// In a second, on the whole; 0 is without limit.
    pub per_second: u32,
    /// At once after a pause.
    pub burst: u32,
}

impl Default for RequestRate {
    fn default() -> Self {
        Self { per_second: 50, burst: 200 }
    }
}

/// What each caller has used.
#[derive(Clone, Debug)]
pub(crate) struct Limits(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    rate: RequestRate,
    begun: Instant,
    /// ns after `begun` at which the bucket of a caller is full again.
    full_at: Mutex<HashMap<String, u64>>,
}

impl Limits {
    /// Nobody has used anything.
    pub(crate) fn new(rate: RequestRate) -> Self {
        let inner = Inner { rate, begun: Instant::now(), full_at: Mutex::default() };
        Self(Arc::new(inner))
    }

    /// Takes one request of a caller.
    ///
    /// # Errors
    /// 429 when there is none left.
    pub(crate) fn take(&self, caller: &str) -> ApiResult<()> {
        let now = u64::try_from(self.0.begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let wait = take(&mut lock(&self.0.full_at), self.0.rate, caller, now);
        if wait == 0 {
            return Ok(());
        }
        let seconds = wait.div_ceil(1_000_000_000);
        Err(ApiError::busy("rate_limited", format!("too many requests; try again in {seconds} s"), seconds))
    }
}

/// ns to wait for a request; 0 when it was taken.
fn take(full_at: &mut HashMap<String, u64>, rate: RequestRate, caller: &str, now: u64) -> u64 {
    if rate.per_second == 0 {
        return 0;
    }
    let step = 1_000_000_000 / u64::from(rate.per_second);
    let depth = step * u64::from(rate.burst.max(1));
    let at = full_at.get(caller).map_or(now, |at| (*at).max(now)) + step;
    if at > now + depth {
        return at - now - depth;
    }
    if full_at.len() >= REMEMBERED && !full_at.contains_key(caller) {
        full_at.retain(|_, at| *at > now);
        if full_at.len() >= REMEMBERED {
            full_at.clear();
        }
    }
    full_at.insert(caller.to_owned(), at);
    0
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers for a handler that takes too long, or whose caller does not send the body.
pub(crate) async fn in_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(LONGEST, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::busy("timeout", format!("no answer within {} s", LONGEST.as_secs()), 5).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: RequestRate = RequestRate { per_second: 10, burst: 3 };
    const TENTH: u64 = 100_000_000;

    #[test]
    fn a_bucket_empties_says_when_and_fills_with_time_for_each_caller_alone() {
        let mut table = HashMap::new();
        for _ in 0..3 {
            assert_eq!(take(&mut table, RATE, "a", 7), 0);
        }
        assert_eq!(take(&mut table, RATE, "a", 7), TENTH);
        assert_eq!(take(&mut table, RATE, "b", 7), 0);
        assert_eq!(take(&mut table, RATE, "a", 7 + TENTH), 0);
        assert_eq!(take(&mut table, RATE, "a", 7 + TENTH), TENTH);
        // A long pause fills it to its depth and no further.
        for _ in 0..3 {
            assert_eq!(take(&mut table, RATE, "a", 900 * TENTH), 0);
        }
        assert_ne!(take(&mut table, RATE, "a", 900 * TENTH), 0);
        assert_eq!(take(&mut table, RequestRate { per_second: 0, burst: 0 }, "a", 7), 0);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut table = HashMap::new();
        for n in 0..REMEMBERED * 2 {
            assert_eq!(take(&mut table, RATE, &n.to_string(), 0), 0);
        }
        assert!(table.len() <= REMEMBERED);
    }
}
