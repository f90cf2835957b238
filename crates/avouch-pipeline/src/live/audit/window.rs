//! Records that were judged lately, so that those that are sent again are not judged again.

use std::collections::VecDeque;

use rustc_hash::FxHashSet;

/// What a record is known by: the first half of a SHA-256 over its source and its bytes. The ids inside records are not enough:
/// whoever calls an API server may choose the audit id of his request, and could hide behind one that was used before.
pub(super) type RecordKey = u128;

/// The last `limit` keys.
#[derive(Debug)]
pub(super) struct Window {
    keys: FxHashSet<RecordKey>,
    order: VecDeque<RecordKey>,
    limit: usize,
}

impl Window {
    pub(super) fn new(limit: usize) -> Self {
        Self { keys: FxHashSet::default(), order: VecDeque::new(), limit: limit.max(1) }
    }

    pub(super) fn holds(&self, key: RecordKey) -> bool {
        self.keys.contains(&key)
    }

    /// Remembers a key and forgets the oldest when there are too many.
    pub(super) fn add(&mut self, key: RecordKey) {
        if !self.keys.insert(key) {
            return;
        }
        self.order.push_back(key);
        if self.order.len() > self.limit
            && let Some(oldest) = self.order.pop_front()
        {
            self.keys.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_first_and_nothing_is_held_twice() {
        let mut window = Window::new(3);
        for key in [1, 2, 2, 3, 1, 4] {
            window.add(key);
        }
        assert_eq!((1..=4).map(|k| window.holds(k)).collect::<Vec<_>>(), [false, true, true, true]);
        assert_eq!((window.keys.len(), window.order.len()), (3, 3));
    }
}
