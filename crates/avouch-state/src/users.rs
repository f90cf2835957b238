//! Users and groups, of the machine and of containers.

use rustc_hash::FxHashMap;

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct User {
    pub uid: u32,
    pub gid: u32,
    pub name: Box<[u8]>,
    pub home: Box<[u8]>,
    pub shell: Box<[u8]>,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Group {
    pub gid: u32,
    pub name: Box<[u8]>,
}

/// Things with a number, apart for each container.
#[derive(Clone, Debug)]
pub struct PerContainer<T> {
    host: FxHashMap<u32, T>,
    containers: FxHashMap<Box<[u8]>, FxHashMap<u32, T>>,
    len: usize,
}

impl<T> Default for PerContainer<T> {
    fn default() -> Self {
        Self { host: FxHashMap::default(), containers: FxHashMap::default(), len: 0 }
    }
}

impl<T> PerContainer<T> {
    /// Number `id` of the container, or of the machine when `container` is empty.
    #[must_use]
    pub fn get(&self, container: &[u8], id: u32) -> Option<&T> {
        if container.is_empty() { self.host.get(&id) } else { self.containers.get(container)?.get(&id) }
    }

    /// How many are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether none is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Every entry with its container, sorted, so that two runs list alike.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &T)> {
        let host = self.host.iter().map(|(id, t)| (&b""[..], *id, t));
        let inner = self.containers.iter().flat_map(|(c, m)| m.iter().map(|(id, t)| (&**c, *id, t)));
        let mut all: Vec<_> = host.chain(inner).collect();
        all.sort_unstable_by_key(|(c, id, _)| (*c, *id));
        all.into_iter().map(|(c, _, t)| (c, t))
    }

    /// Adds or replaces; false when there is no room for another.
    pub(crate) fn insert(&mut self, container: &[u8], id: u32, value: T, limit: usize) -> bool {
        if self.len >= limit && self.get(container, id).is_none() {
            return false;
        }
        let old = if container.is_empty() {
            self.host.insert(id, value)
        } else {
            self.containers.entry(container.into()).or_default().insert(id, value)
        };
        self.len += usize::from(old.is_none());
        true
    }

    pub(crate) fn remove(&mut self, container: &[u8], id: u32) {
        let old = if container.is_empty() {
            self.host.remove(&id)
        } else {
            let inner = self.containers.get_mut(container);
            let old = inner.and_then(|m| m.remove(&id));
            if self.containers.get(container).is_some_and(FxHashMap::is_empty) {
                self.containers.remove(container);
            }
            old
        };
        self.len -= usize::from(old.is_some());
    }

    pub(crate) fn remove_container(&mut self, container: &[u8]) {
        if let Some(gone) = self.containers.remove(container) {
            self.len -= gone.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_apart_per_container() {
        let mut t = PerContainer::default();
        assert!(t.insert(b"", 0, "root", 3));
        assert!(t.insert(b"c1", 0, "admin", 3));
        assert_eq!((t.get(b"", 0), t.get(b"c1", 0), t.get(b"c2", 0)), (Some(&"root"), Some(&"admin"), None));
        assert!(t.insert(b"c1", 1, "x", 3));
        assert!(!t.insert(b"c1", 2, "y", 3) && t.insert(b"c1", 1, "z", 3));
        t.remove_container(b"c1");
        assert_eq!((t.len(), t.get(b"c1", 0)), (1, None));
    }
}
