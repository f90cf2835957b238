//! One record apart from the others, with what shows that it belongs to a signed head.

use std::collections::{BTreeMap, BTreeSet};

use avouch_ledger::{Digest, LedgerError, Reader, RecordRef, SignedHead, leaf, node, prev_of};
use serde::{Deserialize, Serialize};

/// One record and what shows that it belongs to a signed head.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// The line.
    pub line: Vec<u8>,
    /// A head over its segment that reaches it.
    pub head: SignedHead,
    /// From the record to the head's root.
    pub proof: Proof,
}

impl Evidence {
    /// Whether the record belongs to the head. Who signed the head is asked with [`SignedHead::verify`].
    #[must_use]
    pub fn holds(&self) -> bool {
        let head = &self.head.head;
        // The numbers are whatever a file says: their sums may be beyond any number.
        let place = head.first_seq.checked_add(self.proof.index);
        let in_place = RecordRef::parse(&self.line).is_ok_and(|r| Some(r.seq) == place);
        let count = head.last_seq.checked_sub(head.first_seq).and_then(|n| n.checked_add(1));
        in_place && count == Some(self.proof.count) && self.proof.holds(Digest::of(&self.line), head.merkle_root)
    }
}

/// A record with the head and proof that show it belongs to the ledger; `None` when there is no such record, or no head
/// reaches it yet.
///
/// # Errors
/// When the ledger cannot be read.
pub fn prove(reader: &Reader, seq: u64) -> Result<Option<Evidence>, LedgerError> {
    Ok(prove_all(reader, &BTreeSet::from([seq]))?.remove(&seq))
}

/// As [`prove`] for many records: each segment is read once. Records that are not there, that do not stand
/// where their numbers say, or that no head reaches, are left out.
///
/// # Errors
/// When the ledger cannot be read.
pub fn prove_all(reader: &Reader, seqs: &BTreeSet<u64>) -> Result<BTreeMap<u64, Evidence>, LedgerError> {
    let mut segments: BTreeMap<(u64, u64), BTreeSet<u64>> = BTreeMap::new();
    for seq in seqs {
        if let Some(segment) = reader.segment_of(*seq) {
            segments.entry(segment).or_default().insert(*seq);
        }
    }
    let heads = last_heads(reader, &segments.keys().map(|(segment, _)| *segment).collect())?;
    let mut out = BTreeMap::new();
    for ((segment, first), wanted) in segments {
        let Some(head) = heads.get(&segment) else { continue };
        let (mut hashes, mut lines, mut last) = (Vec::new(), Vec::new(), Vec::new());
        let mut records = reader.records(first);
        for seq in first..=head.head.last_seq {
            let Some(line) = records.next_line()? else { break };
            // Each record says the hash of the one before. Where a line was changed since, its own proof fails, as it must; so does
            // that of one that does not stand where its number says.
            if !last.is_empty() {
                hashes.push(prev_of(line).unwrap_or_default());
            }
            last.clear();
            last.extend_from_slice(line);
            if wanted.contains(&seq) && RecordRef::parse(line).is_ok_and(|record| record.seq == seq) {
                lines.push((seq, line.to_vec()));
            }
        }
        if !last.is_empty() {
            hashes.push(Digest::of(&last));
        }
        let tree = Levels::of(&hashes);
        for (seq, line) in lines {
            let index = usize::try_from(seq - first).ok();
            if let Some(proof) = index.and_then(|index| tree.proof(index)) {
                out.insert(seq, Evidence { line, head: head.clone(), proof });
            }
        }
    }
    Ok(out)
}

/// The last head over each of these segments.
fn last_heads(reader: &Reader, segments: &BTreeSet<u64>) -> Result<BTreeMap<u64, SignedHead>, LedgerError> {
    let mut heads = BTreeMap::new();
    for line in reader.heads()? {
        // Heads of a year are many: only those of the segments are read in whole.
        let line = line.ok().filter(|line| named_segment(line).is_none_or(|segment| segments.contains(&segment)));
        // A line that cannot be read is the verifier's matter.
        let signed = line.and_then(|line| SignedHead::parse(&line).ok());
        if let Some(signed) = signed.filter(|s| segments.contains(&s.head.segment)) {
            heads.insert(signed.head.segment, signed);
        }
    }
    Ok(heads)
}

/// The segment that a head's line names, as far as that can be told at a glance.
fn named_segment(line: &[u8]) -> Option<u64> {
    const KEY: &[u8] = b"\"segment\":";
    let start = line.windows(KEY.len()).position(|part| part == KEY)? + KEY.len();
    let digits = line.get(start..)?.split(|b| !b.is_ascii_digit()).next()?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Shows that a record belongs to a signed head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// Place of the record in its segment, from 0.
    pub index: u64,
    /// Records under the head: `last_seq - first_seq + 1`.
    pub count: u64,
    /// Hashes of the halves that the record is not in, from the leaf up.
    pub path: Vec<Digest>,
}

impl Proof {
    /// Whether the record with this hash belongs under `root`.
    #[must_use]
    pub fn holds(&self, record: Digest, root: Digest) -> bool {
        if self.index >= self.count {
            return false;
        }
        let (mut at, mut last, mut hash) = (self.index, self.count - 1, leaf(record));
        for other in &self.path {
            if last == 0 {
                return false;
            }
            if at % 2 == 1 || at == last {
                hash = node(*other, hash);
                // On the right edge, levels without a partner are passed over.
                while at % 2 == 0 && at != 0 {
                    (at, last) = (at / 2, last / 2);
                }
            } else {
                hash = node(hash, *other);
            }
            (at, last) = (at / 2, last / 2);
        }
        last == 0 && hash == root
    }
}

/// The tree over a segment, level by level from the leaves up: many proofs come from one.
///
/// A hash that has no partner goes up as it is, which is the tree that [`Tree`](avouch_ledger::Tree) makes.
struct Levels(Vec<Vec<Digest>>);

impl Levels {
    fn of(records: &[Digest]) -> Self {
        let mut levels = vec![records.iter().map(|record| leaf(*record)).collect::<Vec<_>>()];
        while let Some(below) = levels.last().filter(|level| level.len() > 1) {
            let above = below.chunks(2).map(|pair| match *pair {
                [left, right] => node(left, right),
                ref alone => alone.first().copied().unwrap_or_default(),
            });
            levels.push(above.collect());
        }
        Self(levels)
    }

    /// The proof for a record by its place; `None` when there is no such record.
    fn proof(&self, index: usize) -> Option<Proof> {
        let count = self.0.first()?.len();
        if index >= count {
            return None;
        }
        let partner = |(level, hashes): (usize, &Vec<Digest>)| hashes.get((index >> level) ^ 1).copied();
        let path = self.0.iter().enumerate().filter_map(partner).collect();
        Some(Proof { index: index as u64, count: count as u64, path })
    }
}

#[cfg(test)]
mod tests {
    use avouch_ledger::Tree;

    use super::*;

    #[test]
    fn each_record_of_a_tree_of_any_size_is_proven_and_no_other() {
        let records: Vec<Digest> = (0..70u8).map(|n| Digest::of(&[n])).collect();
        for count in 1..=records.len() {
            let records = &records[..count];
            let mut tree = Tree::default();
            records.iter().for_each(|record| tree.push(*record));
            let levels = Levels::of(records);
            for (index, record) in records.iter().enumerate() {
                let proof = levels.proof(index).unwrap();
                assert!(proof.holds(*record, tree.root()), "{index} of {count}");
                assert!(!proof.holds(Digest::of(b"another"), tree.root()), "{index} of {count}");
            }
            assert!(levels.proof(count).is_none());
        }
    }
}
