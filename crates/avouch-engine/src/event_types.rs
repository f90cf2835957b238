//! Names of event types, and sets of them.

use std::sync::OnceLock;

use avouch_event::{EVENTS, EventType, SourceCategory, syscalls::SYSCALLS, types};
use rustc_hash::{FxHashMap, FxHashSet};

/// Set of event types.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TypeSet([u64; 8]);

impl std::fmt::Debug for TypeSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter().map(|t| t.0)).finish()
    }
}

impl TypeSet {
    pub(crate) const EMPTY: Self = Self([0; 8]);

    /// Every type of the table.
    pub(crate) const ALL: Self = {
        let mut words = [0; 8];
        let mut i = 0;
        while i < EventType::COUNT {
            words[i / 64] |= 1 << (i % 64);
            i += 1;
        }
        Self(words)
    };

    pub(crate) fn insert(&mut self, ty: EventType) {
        if let Some(word) = self.0.get_mut(usize::from(ty.0 / 64)) {
            *word |= 1 << (ty.0 % 64);
        }
    }

    pub(crate) fn contains(&self, ty: EventType) -> bool {
        self.0.get(usize::from(ty.0 / 64)).is_some_and(|w| w >> (ty.0 % 64) & 1 == 1)
    }

    pub(crate) fn union(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.word(i) | other.word(i)))
    }

    pub(crate) fn intersection(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.word(i) & other.word(i)))
    }

    pub(crate) fn complement(self) -> Self {
        Self(std::array::from_fn(|i| Self::ALL.word(i) & !self.word(i)))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|w| w.count_ones() as usize).sum()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = EventType> + '_ {
        (0..EVENTS.len()).filter_map(|i| {
            let ty = EventType(u16::try_from(i).ok()?);
            self.contains(ty).then_some(ty)
        })
    }

    fn word(&self, i: usize) -> u64 {
        self.0.get(i).copied().unwrap_or(0)
    }
}

/// The events named so, or, for a system call without an event of its own, the two generic events.
pub(crate) fn named(name: &str) -> TypeSet {
    if let Some(set) = names().events.get(name) {
        return *set;
    }
    let mut set = TypeSet::EMPTY;
    if names().syscalls.contains(name) {
        set.insert(types::GENERIC_E);
        set.insert(types::GENERIC_X);
    }
    set
}

/// Whether an event or a system call has this name.
pub(crate) fn is_known(name: &str) -> bool {
    names().events.contains_key(name) || names().syscalls.contains(name)
}

/// All names, for suggestions.
pub(crate) fn all_names() -> impl Iterator<Item = &'static str> {
    EVENTS.iter().map(|e| e.name).chain(SYSCALLS.iter().map(|s| s.name))
}

/// What `evt.type` reads on every event of this type, or `None` when it depends on the event.
pub(crate) fn fixed_name(ty: EventType) -> Option<&'static str> {
    let varies = matches!(ty, types::GENERIC_E | types::GENERIC_X | types::ASYNCEVENT_E | types::PLUGINEVENT_E);
    (!varies).then(|| ty.name())
}

/// Whether `syscall.type` reads the same as `evt.type` for this type. Elsewhere it is left to the reader.
pub(crate) fn is_syscall(ty: EventType) -> bool {
    ty.info().is_some_and(|i| i.source == SourceCategory::Syscall)
}

struct Names {
    events: FxHashMap<&'static str, TypeSet>,
    syscalls: FxHashSet<&'static str>,
}

fn names() -> &'static Names {
    static NAMES: OnceLock<Names> = OnceLock::new();
    NAMES.get_or_init(|| {
        let mut events: FxHashMap<&'static str, TypeSet> = FxHashMap::default();
        // The generic events carry the names of system calls, not their own.
        for info in EVENTS.iter().skip(2) {
            events.entry(info.name).or_insert(TypeSet::EMPTY).insert(EventType(info.number));
        }
        Names { events, syscalls: SYSCALLS.iter().map(|s| s.name).collect() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_covers_all_versions_of_an_event() {
        let open = named("open");
        assert!(open.contains(types::OPEN_X) && open.contains(types::OPEN_E) && open.len() == 2);
        assert!(named("execve").len() > 10);
    }

    #[test]
    fn calls_without_an_event_are_generic() {
        assert!(named("restart_syscall").contains(types::GENERIC_X));
        assert!(is_known("restart_syscall") && !is_known("nosuchcall"));
        assert_eq!(named("nosuchcall"), TypeSet::EMPTY);
    }

    #[test]
    fn complement_is_within_the_table() {
        assert_eq!(TypeSet::EMPTY.complement().len(), EventType::COUNT);
        assert_eq!(named("open").complement().len(), EventType::COUNT - 2);
    }
}
