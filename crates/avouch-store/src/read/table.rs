//! Sums of findings by a key.

use avouch_finding::Time;

/// Sums by key, in the order in which keys came first.
///
/// Where nearly every finding is a group of its own, what costs is memory that is touched in no order: here that is eight bytes a group, not a
/// key with its sum.
#[derive(Debug, Default)]
pub(crate) struct Table<const N: usize> {
    pub(crate) groups: Vec<([u32; N], Sum)>,
    /// Some bits of a key's hash, and its place among the groups, counted from 1.
    slots: Vec<(u32, u32)>,
}

impl<const N: usize> Table<N> {
    fn hash(key: &[u32; N]) -> u32 {
        const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
        let mix = |hash: u64, number: &u32| (hash.rotate_left(23) ^ u64::from(*number)).wrapping_mul(SEED);
        (key.iter().fold(SEED, mix) >> 32) as u32
    }

    /// Adds to the sum of a key.
    pub(crate) fn add(&mut self, key: &[u32; N], sum: &Sum) {
        if self.groups.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let hash = Self::hash(key);
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            match self.slots[at] {
                (_, 0) => break,
                (same, place) if same == hash => {
                    let (known, total) = &mut self.groups[place as usize - 1];
                    if known == key {
                        total.add(sum);
                        return;
                    }
                }
                _ => {}
            }
            at = (at + 1) & mask;
        }
        self.groups.push((*key, *sum));
        // There are far fewer, see who adds.
        self.slots[at] = (hash, u32::try_from(self.groups.len()).unwrap_or(u32::MAX));
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(256);
        let old = std::mem::replace(&mut self.slots, vec![(0, 0); size]);
        for (hash, place) in old.into_iter().filter(|(_, place)| *place > 0) {
            let mut at = hash as usize & (size - 1);
            while self.slots[at].1 > 0 {
                at = (at + 1) & (size - 1);
            }
            self.slots[at] = (hash, place);
        }
    }
}

/// What findings with one key come to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sum {
    pub(crate) first: Time,
    pub(crate) last: Time,
    /// Place of the newest.
    pub(crate) slot: i64,
    /// Its file, counted from 0.
    pub(crate) file: u32,
    pub(crate) count: u32,
    pub(crate) open: u32,
    pub(crate) severity: u32,
}

impl Sum {
    pub(crate) fn add(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        self.open = self.open.saturating_add(other.open);
        self.first = self.first.min(other.first);
        // The later file, or the later place, when times are the same.
        if (other.last, other.file, other.slot) > (self.last, self.file, self.slot) {
            (self.last, self.file, self.slot) = (other.last, other.file, other.slot);
        }
        self.severity = self.severity.max(other.severity);
    }
}
