//! The Merkle tree of a segment, as in RFC 9162 (2.1), over the hashes of its records: the root stands in every head, so one
//! record can be shown to belong to a signed head without the others.

use crate::Digest;

/// Hash of a leaf, from a record's hash: 0x00 keeps it from being taken for an inner node.
pub fn leaf(record: Digest) -> Digest {
    Digest::of_parts(&[&[0], &record.0])
}

/// Hash of an inner node.
pub fn node(left: Digest, right: Digest) -> Digest {
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
    pub fn root(&self) -> Digest {
        let mut halves = self.halves.iter().rev().copied();
        let last = halves.next().unwrap_or_else(|| Digest::of(b""));
        halves.fold(last, |right, left| node(left, right))
    }
}
