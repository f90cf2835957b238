//! The first few of many.

use std::cmp::Ordering;

/// The first `limit` of some, in order. All are looked at, whatever the limit.
pub(crate) fn first<T>(all: impl Iterator<Item = T>, limit: usize, compare: impl Fn(&T, &T) -> Ordering) -> Vec<T> {
    let mut first: Vec<T> = Vec::new();
    if limit == 0 {
        all.for_each(drop);
        return first;
    }
    let mut full = false;
    for one in all {
        // Behind those that are known to be first already, whose last stands at the end when there were too many.
        if full && first.get(limit - 1).is_some_and(|last| compare(&one, last) != Ordering::Less) {
            continue;
        }
        first.push(one);
        if first.len() == limit * 2 {
            first.select_nth_unstable_by(limit - 1, &compare);
            first.truncate(limit);
            full = true;
        }
    }
    first.sort_unstable_by(&compare);
    first.truncate(limit);
    first
}
