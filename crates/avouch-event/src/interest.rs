//! What a live source is asked to collect: an event type, and which of its events and parts.

use std::collections::BTreeSet;

use crate::table::{EventType, types};

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

/// Which files opened for reading are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadPaths {
    /// Those whose absolute path, as the call gave it, begins with one of these; and every path that is not plain: relative,
    /// long, with two dots one after the other anywhere, with `.` or an empty component.
    Prefixes(BTreeSet<Box<[u8]>>),
    /// Every one.
    Any,
}

impl ReadPaths {
    /// Calls of which a source tells by the path which opens for reading are wanted.
    pub const TYPES: [EventType; 3] = [types::OPEN_X, types::OPENAT_2_X, types::OPENAT2_X];
    /// Longer paths are not looked at, and wanted.
    pub const LONGEST: usize = 126;

    /// Whether an open for reading with this path, as the call gave it, is wanted. The kernel programs do the same.
    #[must_use]
    pub fn passes(&self, path: &[u8]) -> bool {
        let Self::Prefixes(prefixes) = self else { return true };
        if path.first() != Some(&b'/') || path.len() > Self::LONGEST || Self::never_plain(path) || path.ends_with(b"/.")
        {
            return true;
        }
        (0..=path.len()).filter_map(|len| path.get(..len)).any(|head| prefixes.contains(head))
    }

    /// Lets all through that `other` does.
    pub fn widen(&mut self, other: &Self) {
        match (self, other) {
            (Self::Prefixes(mine), Self::Prefixes(theirs)) => {
                mine.extend(theirs.iter().cloned());
                drop_covered(mine);
            }
            (mine, Self::Any) => *mine = Self::Any,
            (Self::Any, _) => {}
        }
    }

    /// Whether every path that has `part` in it passes, whatever the prefixes: it need not lead where it seems to.
    #[must_use]
    pub fn never_plain(part: &[u8]) -> bool {
        let has = |what: &[u8]| part.windows(what.len()).any(|w| w == what);
        has(b"..") || has(b"//") || has(b"/./")
    }
}

/// What is wanted of every event type. Types are exit events, and `procexit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interest {
    wants: Box<[Want]>,
    read_paths: ReadPaths,
}

impl Default for ReadPaths {
    /// None but those that are not plain.
    fn default() -> Self {
        Self::Prefixes(BTreeSet::new())
    }
}

impl Default for Interest {
    /// Nothing.
    fn default() -> Self {
        Self { wants: vec![Want::NONE; EventType::COUNT].into(), read_paths: ReadPaths::default() }
    }
}

impl Interest {
    /// Every event with all its parts: for recordings.
    #[must_use]
    pub fn everything() -> Self {
        Self { wants: vec![Want::ALL; EventType::COUNT].into(), read_paths: ReadPaths::Any }
    }

    /// What is wanted of `ty`.
    #[must_use]
    pub fn of(&self, ty: EventType) -> Want {
        self.wants.get(usize::from(ty.0)).copied().unwrap_or_default()
    }

    /// Which files opened for reading are wanted, where [`Want::READS`] of a call that opens is.
    #[must_use]
    pub fn read_paths(&self) -> &ReadPaths {
        &self.read_paths
    }

    /// Adds `want` to what is wanted of `ty`; files opened for reading whatever their path. A number that the table does not
    /// have is left alone.
    pub fn add(&mut self, ty: EventType, want: Want) {
        if ReadPaths::TYPES.contains(&ty) && want.contains(Want::READS) {
            self.read_paths = ReadPaths::Any;
        }
        self.set(ty, want);
    }

    /// As [`Self::add`], but of files opened for reading only those whose path begins with one of `prefixes`.
    pub fn add_reads_below<'p>(&mut self, ty: EventType, want: Want, prefixes: impl IntoIterator<Item = &'p [u8]>) {
        if let ReadPaths::Prefixes(all) = &mut self.read_paths {
            all.extend(prefixes.into_iter().map(Box::from));
            drop_covered(all);
        }
        self.set(ty, want);
    }

    fn set(&mut self, ty: EventType, want: Want) {
        if let Some(w) = self.wants.get_mut(usize::from(ty.0)) {
            *w = w.union(want);
        }
    }

    /// Adds all that `other` wants.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.wants.iter_mut().zip(&other.wants) {
            *mine = mine.union(*theirs);
        }
        self.read_paths.widen(&other.read_paths);
    }

    /// Types of which events are wanted, in order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (EventType, Want)> + '_ {
        self.wants.iter().enumerate().filter(|(_, w)| w.any()).filter_map(|(i, w)| {
            let number = u16::try_from(i).ok()?;
            Some((EventType(number), *w))
        })
    }
}

/// Leaves out what begins with another prefix. In their order a text stands behind its own prefixes, with nothing but longer
/// texts of that prefix between.
fn drop_covered(prefixes: &mut BTreeSet<Box<[u8]>>) {
    let mut last: Option<Box<[u8]>> = None;
    prefixes.retain(|prefix| {
        let covered = last.as_ref().is_some_and(|l| prefix.starts_with(l));
        if !covered {
            last = Some(prefix.clone());
        }
        !covered
    });
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

    #[test]
    fn paths_widen_and_never_narrow() {
        let mut a = Interest::default();
        a.add_reads_below(types::OPENAT_2_X, Want::READS, [&b"/etc/shadow"[..]]);
        let mut b = Interest::default();
        b.add_reads_below(types::OPEN_X, Want::READS, [&b"/root/"[..]]);
        a.merge(&b);
        let ReadPaths::Prefixes(paths) = a.read_paths() else { panic!("{a:?}") };
        assert_eq!(paths.iter().map(|p| &**p).collect::<Vec<_>>(), [&b"/etc/shadow"[..], b"/root/"]);
        // Writes alone say nothing of paths that are read.
        b.add(types::OPEN_X, Want::WRITES);
        assert_ne!(b.read_paths(), &ReadPaths::Any);
        b.add(types::OPEN_X, Want::SUCCESSES);
        a.merge(&b);
        assert_eq!(a.read_paths(), &ReadPaths::Any);
        a.add_reads_below(types::OPEN_X, Want::READS, [&b"/x"[..]]);
        assert_eq!(a.read_paths(), &ReadPaths::Any);
    }

    #[test]
    fn a_path_passes_by_its_beginning_or_for_not_being_plain() {
        let mut interest = Interest::default();
        interest.add_reads_below(types::OPEN_X, Want::READS, [&b"/etc/shadow"[..], b"/root/", b"/root/.ssh"]);
        let ReadPaths::Prefixes(prefixes) = interest.read_paths() else { panic!() };
        assert_eq!(prefixes.len(), 2);
        let passes = |path: &str| interest.read_paths().passes(path.as_bytes());
        for path in ["/etc/shadow", "/etc/shadow-", "/root/x", "/root/"] {
            assert!(passes(path), "{path}");
        }
        for path in ["", "etc/x", "x", "/lib/../x", "/lib/a..b", "/lib//x", "/lib/./x", "/lib/.", "//"] {
            assert!(passes(path), "{path}");
        }
        for path in ["/", "/etc/shado", "/root", "/lib/x", "/lib/", "/lib/.x", "/lib/x.", "/lib/x./y", "/etc/sha\u{e9}"]
        {
            assert!(!passes(path), "{path}");
        }
        let long = |len: usize| format!("/{}", "x".repeat(len - 1));
        assert!(!passes(&long(ReadPaths::LONGEST)) && passes(&long(ReadPaths::LONGEST + 1)));
        assert!(!ReadPaths::Prefixes(BTreeSet::new()).passes(b"/") && ReadPaths::Any.passes(b"/"));
    }

    #[test]
    fn calls_that_are_not_told_apart_by_path_leave_the_paths_alone() {
        let mut a = Interest::default();
        a.add(types::OPEN_BY_HANDLE_AT_X, Want::ALL);
        a.add(types::READ_X, Want::ALL);
        assert_eq!(a.read_paths(), &ReadPaths::Prefixes(BTreeSet::new()));
    }
}
