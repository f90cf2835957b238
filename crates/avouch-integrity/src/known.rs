//! The last state that is known of each path, within bounds.

use std::collections::{BTreeMap, VecDeque};
use std::mem::size_of;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use crate::file::FileState;

/// Files in containers of which the last state is remembered; the oldest make room for new ones.
const IN_CONTAINERS: usize = 8_192;

/// A path and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    /// Empty on the host.
    pub(crate) container: Arc<str>,
    pub(crate) path: PathBuf,
}

/// What is known of one path.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) state: FileState,
    /// ns since the epoch when it was read; 0 for what an earlier run saved.
    pub(crate) read_at: u64,
    /// Number of the walk that came by last.
    pub(crate) walk: u64,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Known {
    entries: BTreeMap<Key, Entry>,
    in_containers: VecDeque<Key>,
    max_files: usize,
    max_memory: usize,
    memory: usize,
}

/// Bytes that an entry takes, with its share of the tree's nodes.
fn cost(key: &Key, entry: &Entry) -> usize {
    const NODE_SHARE: usize = 32;
    let texts = key.path.as_os_str().as_bytes().len() + entry.state.target.as_ref().map_or(0, String::len);
    size_of::<Key>() + size_of::<Entry>() + texts + NODE_SHARE
}

impl Known {
    pub(crate) fn new(max_files: usize, max_memory: usize) -> Self {
        Self { entries: BTreeMap::new(), in_containers: VecDeque::new(), max_files, max_memory, memory: 0 }
    }

    pub(crate) fn get(&self, key: &Key) -> Option<&Entry> {
        self.entries.get(key)
    }

    pub(crate) fn get_mut(&mut self, key: &Key) -> Option<&mut Entry> {
        self.entries.get_mut(key)
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether one more with a long path finds no room.
    pub(crate) fn is_full(&self) -> bool {
        const LONG: usize = 1 << 10;
        self.entries.len() >= self.max_files || self.memory + LONG > self.max_memory
    }

    /// Files of this machine, in order.
    pub(crate) fn of_host(&self) -> impl Iterator<Item = (&PathBuf, &Entry)> {
        self.entries.iter().filter(|(key, _)| key.container.is_empty()).map(|(key, entry)| (&key.path, entry))
    }

    /// Whether there was room.
    pub(crate) fn insert(&mut self, key: Key, entry: Entry) -> bool {
        let before = self.entries.get(&key).map_or(0, |e| cost(&key, e));
        let new = before == 0;
        let memory = self.memory - before + cost(&key, &entry);
        if !new || (self.entries.len() < self.max_files && memory <= self.max_memory) {
            self.memory = memory;
            if new && !key.container.is_empty() {
                self.in_containers.push_back(key.clone());
            }
            self.entries.insert(key, entry);
            while self.in_containers.len() > IN_CONTAINERS {
                let Some(oldest) = self.in_containers.pop_front() else { break };
                self.forget(&oldest);
            }
            return true;
        }
        false
    }

    pub(crate) fn remove(&mut self, key: &Key) {
        self.forget(key);
        if !key.container.is_empty() {
            self.in_containers.retain(|k| k != key);
        }
    }

    fn forget(&mut self, key: &Key) {
        if let Some(entry) = self.entries.remove(key) {
            self.memory -= cost(key, &entry);
        }
    }
}
