//! Answers that were made a moment ago.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Keeps the latest answers by question for a while. Each answer says how fresh it is, so nobody takes it for newer.
pub(crate) struct Cache<T> {
    most: usize,
    fresh: Duration,
    kept: Mutex<HashMap<String, (Instant, T)>>,
}

impl<T: Clone> Cache<T> {
    /// At most `most` answers, none older than `fresh`.
    pub(crate) fn new(most: usize, fresh: Duration) -> Self {
        Self { most, fresh, kept: Mutex::new(HashMap::new()) }
    }

    /// An answer that is still fresh.
    pub(crate) fn get(&self, key: &str, now: Instant) -> Option<T> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, answer) = kept.get(key)?;
        (now.saturating_duration_since(*at) < self.fresh).then(|| answer.clone())
    }

    /// Keeps an answer; those that are no longer fresh go, and when there are still too many, all.
    pub(crate) fn put(&self, key: String, answer: T, now: Instant) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= self.most {
            kept.retain(|_, (at, _)| now.saturating_duration_since(*at) < self.fresh);
        }
        if kept.len() >= self.most {
            kept.clear();
        }
        kept.insert(key, (now, answer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_handed_out_while_they_are_fresh_and_the_cache_stays_small() {
        let (cache, begun) = (Cache::new(2, Duration::from_secs(3)), Instant::now());
        cache.put("a".to_owned(), 1, begun);
        assert_eq!(cache.get("a", begun + Duration::from_secs(2)), Some(1));
        assert_eq!(cache.get("a", begun + Duration::from_secs(3)), None);
        assert_eq!(cache.get("b", begun), None);
        for n in 0..100 {
            cache.put(n.to_string(), n, begun);
            assert!(cache.kept.lock().unwrap().len() <= 2);
        }
    }
}
