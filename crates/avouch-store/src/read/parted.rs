//! Sums by key where there may be a million keys.
//!
//! What costs then is memory that is touched in no order. So sums are not looked up among all others: they are dealt out by a hash of
//! their keys into parts, each small enough for a core's own cache, and what belongs together is put together part by part.

use crate::read::table::Sum;

/// Parts; a million sums make 8,192 of each.
const PARTS: usize = 128;
/// Keys whose sums are at hand while rows are added.
const NEAR: usize = 8192;

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

/// Adds up rows by key. Sums of keys that come again and again are at hand; one that has to make room for another goes to its part.
pub(crate) struct Adding<const N: usize> {
    near: Vec<Option<Keyed<N>>>,
    pub(crate) parted: Parted<N>,
}

impl<const N: usize> Default for Adding<N> {
    fn default() -> Self {
        Self { near: vec![None; NEAR], parted: Parted::default() }
    }
}

impl<const N: usize> Adding<N> {
    /// Adds to the sum of a key.
    pub(crate) fn add(&mut self, key: &[u32; N], sum: &Sum) {
        let near = &mut self.near[hash(key) as usize & (NEAR - 1)];
        match near {
            Some((known, total)) if known == key => total.add(sum),
            _ => {
                if let Some((known, total)) = near.replace((*key, *sum)) {
                    self.parted.add(known, total);
                }
            }
        }
    }

    /// All sums; those of one key may be several.
    pub(crate) fn finish(self) -> Parted<N> {
        let mut parted = self.parted;
        for (key, sum) in self.near.into_iter().flatten() {
            parted.add(key, sum);
        }
        parted
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

    #[test]
    fn sums_come_to_the_same_however_often_their_keys_make_room() {
        // Few keys that come again and again between many that come once or twice.
        let key = |n: u64| match n % 4 {
            0 => [(n % 28) as u32, 0],
            1 => [(n % 30_011) as u32, 7],
            _ => [n as u32, n as u32],
        };
        let (mut adding, mut expected) = (Adding::default(), BTreeMap::<[u32; 2], Sum>::new());
        for n in 0..60_000 {
            adding.add(&key(n), &one(n));
            expected.entry(key(n)).and_modify(|sum| sum.add(&one(n))).or_insert(one(n));
            if n == 40_000 {
                adding.parted.tidy();
            }
        }
        let mut parted = adding.finish();
        assert!(parted.len() > expected.len(), "nothing had to make room");
        parted.tidy();
        assert_eq!(parted.len(), expected.len());
        let told = |(key, s): (&[u32; 2], &Sum)| (*key, (s.first, s.last, s.slot, s.count, s.open, s.severity));
        let found: BTreeMap<_, _> = parted.into_parts().iter().flatten().map(|(key, sum)| told((key, sum))).collect();
        assert_eq!(found, expected.iter().map(told).collect());
    }
}
