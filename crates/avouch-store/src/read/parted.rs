//! Sums by key where there may be a million keys.
//!
//! What costs then is memory that is touched in no order. So sums are not looked up among all others: they are dealt out by a hash of
//! their keys into parts, each small enough for a core's own cache, and what belongs together is put together part by part.

use crate::read::table::Sum;

/// Parts; a million sums make 8,192 of each.
const PARTS: usize = 128;
/// Keys whose sums are at hand while rows are added.
const NEAR: usize = 8192;
/// Rows after which it is known whether keys come again.
const LOOK: usize = 4 * NEAR;

/// A key of numbers, with its sum.
pub(crate) type Keyed<const N: usize> = ([u32; N], Sum);

fn hash<const N: usize>(key: &[u32; N]) -> u64 {
    const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, number: &u32| (hash.rotate_left(23) ^ u64::from(*number)).wrapping_mul(SEED);
    let hash = key.iter().fold(SEED, mix);
    hash ^ hash >> 32
}

/// Sums by key, dealt out. A key may stand there several times until its part is put together.
pub(crate) struct Parted<const N: usize> {
    parts: Vec<Vec<Keyed<N>>>,
    len: usize,
}

impl<const N: usize> Default for Parted<N> {
    fn default() -> Self {
        Self { parts: (0..PARTS).map(|_| Vec::new()).collect(), len: 0 }
    }
}

impl<const N: usize> Parted<N> {
    /// Adds a sum.
    pub(crate) fn add(&mut self, key: [u32; N], sum: Sum) {
        // Bits that no table of a part uses.
        self.parts[(hash(&key) >> 57) as usize & (PARTS - 1)].push((key, sum));
        self.len += 1;
    }

    /// Sums that stand there, several of one key or not.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Puts together what belongs together.
    pub(crate) fn tidy(&mut self) {
        let mut places = Vec::new();
        for part in &mut self.parts {
            together(part, &mut places);
        }
        self.len = self.parts.iter().map(Vec::len).sum();
    }

    /// Its parts. Those of the same number have the same keys, whoever dealt them out.
    pub(crate) fn into_parts(self) -> Vec<Vec<Keyed<N>>> {
        self.parts
    }
}

/// Puts together the sums of one key. `places` is room to work in.
pub(crate) fn together<const N: usize>(part: &mut Vec<Keyed<N>>, places: &mut Vec<u32>) {
    let mask = (part.len() * 2).next_power_of_two() - 1;
    places.clear();
    // Places among those that stay, counted from 1.
    places.resize(mask + 1, 0);
    let mut kept = 0;
    for n in 0..part.len() {
        let (key, sum) = part[n];
        let mut at = hash(&key) as usize & mask;
        loop {
            let place = places[at] as usize;
            if place == 0 {
                part[kept] = (key, sum);
                kept += 1;
                places[at] = u32::try_from(kept).unwrap_or(u32::MAX);
                break;
            }
            let (known, total) = &mut part[place - 1];
            if *known == key {
                total.add(&sum);
                break;
            }
            at = (at + 1) & mask;
        }
    }
    part.truncate(kept);
}

/// Adds up rows by key before they are dealt out: sums of keys that come again and again are at hand, and one that has to make room for another
/// goes. Where hardly a key comes again, nothing is kept at hand.
pub(crate) struct Adding<const N: usize> {
    near: Vec<Option<Keyed<N>>>,
    rows: usize,
    /// Rows whose key was at hand.
    found: usize,
}

impl<const N: usize> Default for Adding<N> {
    fn default() -> Self {
        Self { near: vec![None; NEAR], rows: 0, found: 0 }
    }
}

impl<const N: usize> Adding<N> {
    /// Adds to the sum of a key; the sum that goes.
    pub(crate) fn add(&mut self, key: [u32; N], sum: Sum) -> Option<Keyed<N>> {
        // Looked at once, when there was time for keys to come again.
        if self.rows >= LOOK && self.found < LOOK / 4 {
            return Some((key, sum));
        }
        let near = &mut self.near[hash(&key) as usize & (NEAR - 1)];
        let found = matches!(near, Some((known, _)) if *known == key);
        if self.rows < LOOK {
            self.rows += 1;
            self.found += usize::from(found);
        }
        match near {
            Some((_, total)) if found => {
                total.add(&sum);
                None
            }
            _ => near.replace((key, sum)),
        }
    }

    /// The sums at hand.
    pub(crate) fn finish(self) -> impl Iterator<Item = Keyed<N>> {
        self.near.into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use avouch_finding::Time;

    use super::*;

    fn one(slot: u64) -> Sum {
        Sum {
            first: Time(slot),
            last: Time(slot),
            slot: slot.cast_signed(),
            file: 0,
            count: 1,
            open: u32::from(slot.is_multiple_of(3)),
            severity: (slot % 5) as u32,
        }
    }

    /// Adds up rows as a question does; the sums, and how many were dealt out before they were put together.
    fn added(keys: impl Iterator<Item = [u32; 2]>) -> (BTreeMap<[u32; 2], Sum>, usize) {
        let (mut adding, mut parted) = (Adding::default(), Parted::default());
        for (n, key) in keys.enumerate() {
            if let Some((key, sum)) = adding.add(key, one(n as u64)) {
                parted.add(key, sum);
            }
            if n == 40_000 {
                parted.tidy();
            }
        }
        adding.finish().for_each(|(key, sum)| parted.add(key, sum));
        let dealt = parted.len();
        parted.tidy();
        let left = parted.len();
        let all: BTreeMap<_, _> = parted.into_parts().into_iter().flatten().collect();
        assert_eq!(all.len(), left);
        (all, dealt)
    }

    #[test]
    fn sums_come_to_the_same_however_often_their_keys_make_room() {
        const ROWS: u32 = 60_000;
        // Few keys that come again and again between many that come once or twice; hardly one that comes again; few.
        let mixed = |n: u32| match n % 4 {
            0 => [n % 28, 0],
            1 => [n % 30_011, 7],
            _ => [n, n],
        };
        let alone = |n: u32| [n.max(100), 5];
        let few = |n: u32| [n % 90, n % 2];
        for (name, key) in [("mixed", &mixed as &dyn Fn(u32) -> [u32; 2]), ("alone", &alone), ("few", &few)] {
            let mut expected = BTreeMap::<[u32; 2], Sum>::new();
            for n in 0..ROWS {
                expected.entry(key(n)).and_modify(|sum| sum.add(&one(n.into()))).or_insert(one(n.into()));
            }
            let (found, dealt) = added((0..ROWS).map(key));
            let told = |s: &Sum| (s.first, s.last, s.slot, s.count, s.open, s.severity);
            let (found_told, told): (Vec<_>, Vec<_>) = (
                found.iter().map(|(k, s)| (*k, told(s))).collect(),
                expected.iter().map(|(k, s)| (*k, told(s))).collect(),
            );
            assert_eq!(found_told, told, "{name}");
            assert_eq!(dealt > expected.len(), name == "mixed", "{name}: {dealt} of {}", expected.len());
        }
    }
}
