//! The Merkle tree of a segment, as in RFC 9162 (2.1), over the hashes of its records: the root stands in every head, so one
//! record can be shown to belong to a signed head without the others.

use serde::{Deserialize, Serialize};

use crate::Digest;

/// A leaf: 0x00 keeps it from being taken for an inner node.
fn leaf(record: Digest) -> Digest {
    Digest::of_parts(&[&[0], &record.0])
}

fn node(left: Digest, right: Digest) -> Digest {
    Digest::of_parts(&[&[1], &left.0, &right.0])
}

/// The tree while it grows; holds the roots of its complete halves only.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    count: u64,
    halves: Vec<Digest>,
}

impl Tree {
    /// Adds the record with this hash.
    pub fn push(&mut self, record: Digest) {
        let mut hash = leaf(record);
        // As many halves become one as the count has trailing one bits.
        for _ in 0..self.count.trailing_ones() {
            if let Some(left) = self.halves.pop() {
                hash = node(left, hash);
            }
        }
        self.halves.push(hash);
        self.count += 1;
    }

    /// The root over all records so far.
    #[must_use]
    pub fn root(&self) -> Digest {
        let mut halves = self.halves.iter().rev().copied();
        let last = halves.next().unwrap_or_else(|| Digest::of(b""));
        halves.fold(last, |right, left| node(left, right))
    }

    pub(crate) fn root_of(records: &[Digest]) -> Digest {
        let mut tree = Self::default();
        records.iter().for_each(|record| tree.push(*record));
        tree.root()
    }
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
    /// The proof for `records[index]` in a segment of these record hashes; `None` when there is no such record.
    #[must_use]
    pub fn of(records: &[Digest], index: usize) -> Option<Self> {
        let (mut path, mut part, mut at) = (Vec::new(), records, index);
        if index >= records.len() {
            return None;
        }
        while part.len() > 1 {
            let (left, right) = part.split_at(part.len().next_power_of_two() / 2);
            let other;
            (part, other) = if at < left.len() { (left, right) } else { (right, left) };
            at -= if at < left.len() { 0 } else { left.len() };
            path.push(Tree::root_of(other));
        }
        path.reverse();
        Some(Self { index: index as u64, count: records.len() as u64, path })
    }

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
