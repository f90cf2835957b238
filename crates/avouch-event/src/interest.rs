//! What a live source is asked to collect: an event type, and which of its events and parts.

use crate::table::EventType;

/// Which events of one type are wanted, and which costly parts of them. A set of bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Want(pub u16);

impl Want {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Successful calls; of calls that open files, those that open for reading only.
    pub const READS: Self = Self(1);
    /// Successful calls; of calls that open files, those that may write or create.
    pub const WRITES: Self = Self(1 << 1);
    /// Calls that failed.
    pub const FAILURES: Self = Self(1 << 2);
    /// What the descriptor is that the call works on (path, both ends of the connection).
    pub const FD_FACTS: Self = Self(1 << 3);
    /// The bytes that were read or written, up to the source's snap length.
    pub const DATA: Self = Self(1 << 4);
    /// The call's effect on the state (descriptors, directories, identities) is needed by fields of later events.
    pub const STATE: Self = Self(1 << 5);
    /// Successful calls of either kind.
    pub const SUCCESSES: Self = Self(Self::READS.0 | Self::WRITES.0);
    /// All events, with all their parts.
    pub const ALL: Self = Self((1 << 6) - 1);

    /// Whether all bits of `other` are set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any event is wanted at all.
    #[must_use]
    pub const fn any(self) -> bool {
        self.0 & (Self::SUCCESSES.0 | Self::FAILURES.0) != 0
    }

    /// Bits of either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// What is wanted of every event type. Types are exit events, and `procexit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interest(Box<[Want]>);

impl Default for Interest {
    /// Nothing.
    fn default() -> Self {
        Self(vec![Want::NONE; EventType::COUNT].into())
    }
}

impl Interest {
    /// Every event with all its parts: for recordings.
    #[must_use]
    pub fn everything() -> Self {
        Self(vec![Want::ALL; EventType::COUNT].into())
    }

    /// What is wanted of `ty`.
    #[must_use]
    pub fn of(&self, ty: EventType) -> Want {
        self.0.get(usize::from(ty.0)).copied().unwrap_or_default()
    }

    /// Adds `want` to what is wanted of `ty`. A number that the table does not have is left alone.
    pub fn add(&mut self, ty: EventType, want: Want) {
        if let Some(w) = self.0.get_mut(usize::from(ty.0)) {
            *w = w.union(want);
        }
    }

    /// Adds all that `other` wants.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine = mine.union(*theirs);
        }
    }

    /// Types of which events are wanted, in order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (EventType, Want)> + '_ {
        self.0.iter().enumerate().filter(|(_, w)| w.any()).filter_map(|(i, w)| {
            let number = u16::try_from(i).ok()?;
            Some((EventType(number), *w))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types;

    #[test]
    fn wants_add_up() {
        let mut a = Interest::default();
        assert!(!a.of(types::OPEN_X).any());
        a.add(types::OPEN_X, Want::WRITES);
        let mut b = Interest::default();
        b.add(types::OPEN_X, Want::FAILURES);
        b.add(EventType(60_000), Want::ALL);
        a.merge(&b);
        assert_eq!(a.iter().collect::<Vec<_>>(), [(types::OPEN_X, Want::WRITES.union(Want::FAILURES))]);
        assert!(!a.of(types::OPEN_X).contains(Want::SUCCESSES));
    }
}
