//! One record apart from the others, with what shows that it belongs to a signed head.

use std::collections::{BTreeMap, BTreeSet};

use avouch_ledger::{Digest, LedgerError, Reader, RecordRef, SignedHead, Tree, leaf, node};
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

/// As [`prove`] for many records: each segment is read once. Records that are not there, or that no head reaches, are left out.
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
    let mut out = BTreeMap::new();
    for ((segment, first), wanted) in segments {
        let Some(head) = last_head(reader, segment)? else { continue };
        let (mut hashes, mut lines) = (Vec::new(), Vec::new());
        let mut records = reader.records(first);
        while let Some(entry) = records.next()? {
            if entry.record.seq > head.head.last_seq {
                break;
            }
            hashes.push(Digest::of(entry.line));
            if wanted.contains(&entry.record.seq) {
                lines.push((entry.record.seq, entry.line.to_vec()));
            }
        }
        for (seq, line) in lines {
            let index = usize::try_from(seq - first).ok();
            if let Some(proof) = index.and_then(|index| Proof::of(&hashes, index)) {
                out.insert(seq, Evidence { line, head: head.clone(), proof });
            }
        }
    }
    Ok(out)
}

/// The last head over a segment.
fn last_head(reader: &Reader, segment: u64) -> Result<Option<SignedHead>, LedgerError> {
    let mut head = None;
    // Heads of a year are many: only those of the segment are read in whole.
    let mark = format!("\"segment\":{segment},");
    for line in reader.heads()? {
        let line = line.ok().filter(|line| line.windows(mark.len()).any(|part| part == mark.as_bytes()));
        // A line that cannot be read is the verifier's matter.
        let signed = line.and_then(|line| SignedHead::parse(&line).ok());
        head = signed.filter(|s| s.head.segment == segment).or(head);
    }
    Ok(head)
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
            path.push(root_of(other));
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

fn root_of(records: &[Digest]) -> Digest {
    let mut tree = Tree::default();
    records.iter().for_each(|record| tree.push(*record));
    tree.root()
}
