//! Descriptors of one process, by number.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::fd::Fd;

/// Numbers below this may live in the vector.
const DENSE_MAX: usize = 1024;

/// Descriptors of one process, by number. Cloning shares every descriptor until one side changes it.
#[derive(Clone, Debug, Default)]
pub struct FdTable {
    /// Low numbers, which is nearly all of them.
    dense: Vec<Option<Arc<Fd>>>,
    /// What would leave the vector mostly empty.
    sparse: FxHashMap<i64, Arc<Fd>>,
    len: usize,
}

impl FdTable {
    /// The descriptor `fd`.
    #[must_use]
    pub fn get(&self, fd: i64) -> Option<&Fd> {
        self.get_shared(fd).map(|f| &**f)
    }

    pub(crate) fn get_shared(&self, fd: i64) -> Option<&Arc<Fd>> {
        let dense = usize::try_from(fd).ok().and_then(|i| self.dense.get(i)).and_then(Option::as_ref);
        match dense {
            Some(found) => Some(found),
            None if self.sparse.is_empty() => None,
            None => self.sparse.get(&fd),
        }
    }

    /// The descriptor `fd`, to change; copied first when another process still sees the old one.
    pub(crate) fn get_mut(&mut self, fd: i64) -> Option<&mut Fd> {
        let dense = usize::try_from(fd).ok().and_then(|i| self.dense.get_mut(i)).and_then(Option::as_mut);
        match dense {
            Some(found) => Some(Arc::make_mut(found)),
            None => self.sparse.get_mut(&fd).map(Arc::make_mut),
        }
    }

    /// How many are open.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether none is open.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// All descriptors: those of ordinary numbers in order, then the outliers in order.
    pub fn iter(&self) -> impl Iterator<Item = (i64, &Fd)> {
        let low = self.dense.iter().zip(0i64..).filter_map(|(f, n)| Some((n, &**f.as_ref()?)));
        let mut high: Vec<_> = self.sparse.iter().map(|(n, f)| (*n, &**f)).collect();
        high.sort_unstable_by_key(|(n, _)| *n);
        low.chain(high)
    }

    /// Puts `value` at `fd`; returns what was there.
    pub(crate) fn insert(&mut self, fd: i64, value: Arc<Fd>) -> Option<Arc<Fd>> {
        if let Some(slot) = usize::try_from(fd).ok().and_then(|i| self.dense.get_mut(i))
            && self.sparse.is_empty()
        {
            let old = slot.replace(value);
            self.len += usize::from(old.is_none());
            return old;
        }
        let room = (64 + 4 * self.len).min(DENSE_MAX).max(self.dense.len());
        let old = match usize::try_from(fd) {
            Ok(i) if i < room => {
                if i >= self.dense.len() {
                    self.dense.resize(i + 1, None);
                }
                let moved = if self.sparse.is_empty() { None } else { self.sparse.remove(&fd) };
                self.dense.get_mut(i).and_then(|slot| slot.replace(value)).or(moved)
            }
            _ => self.sparse.insert(fd, value),
        };
        self.len += usize::from(old.is_none());
        old
    }

    /// Forgets `fd`; returns what was there.
    pub(crate) fn remove(&mut self, fd: i64) -> Option<Arc<Fd>> {
        let slot = usize::try_from(fd).ok().and_then(|i| self.dense.get_mut(i));
        let gone = slot.and_then(Option::take);
        let gone = if gone.is_none() && !self.sparse.is_empty() { self.sparse.remove(&fd) } else { gone };
        self.len -= usize::from(gone.is_some());
        gone
    }

    /// Forgets all for which `drop` says so; returns how many.
    pub(crate) fn remove_if(&mut self, mut drop: impl FnMut(i64, &Fd) -> bool) -> usize {
        let before = self.len;
        for (slot, n) in self.dense.iter_mut().zip(0i64..) {
            if slot.as_ref().is_some_and(|f| drop(n, f)) {
                *slot = None;
            }
        }
        self.sparse.retain(|n, f| !drop(*n, f));
        self.len = self.dense.iter().flatten().count() + self.sparse.len();
        before - self.len
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fd::FdType;

    fn fd(name: &[u8]) -> Arc<Fd> {
        Arc::new(Fd::new(FdType::File, name))
    }

    #[test]
    fn low_and_high_numbers_live_side_by_side() {
        let mut t = FdTable::default();
        for n in [0, 3, 500, 1_000_000, -7] {
            assert!(t.insert(n, fd(b"x")).is_none());
            assert_eq!(t.insert(n, fd(b"y")).map(|old| old.name.clone()), Some(b"x".to_vec()));
        }
        assert_eq!(t.len(), 5);
        assert_eq!(t.iter().map(|(n, _)| n).collect::<Vec<_>>(), [0, 3, -7, 500, 1_000_000]);
        assert!(t.remove(500).is_some() && t.remove(500).is_none() && t.remove(-7).is_some());
        assert_eq!(t.remove_if(|n, _| n > 0), 2);
        assert_eq!((t.len(), t.get(0).map(|f| &*f.name)), (1, Some(&b"y"[..])));
    }

    #[test]
    fn a_copy_does_not_see_later_changes() {
        let mut a = FdTable::default();
        a.insert(1, fd(b"x"));
        let b = a.clone();
        a.get_mut(1).unwrap().open_flags = 7;
        assert_eq!(b.get(1).unwrap().open_flags, 0);
    }

    #[test]
    fn growing_table_moves_nothing_twice() {
        let mut t = FdTable::default();
        assert!(t.insert(700, fd(b"early")).is_none());
        for n in 0..300 {
            t.insert(n, fd(b"x"));
        }
        assert!(t.insert(700, fd(b"late")).is_some());
        assert_eq!((t.len(), &*t.get(700).unwrap().name), (301, &b"late"[..]));
        assert!(t.remove(700).is_some());
        assert!(t.get(700).is_none());
    }
}
