//! Where a ledger stands: what its next record needs to know.

use std::collections::BTreeMap;

use avouch_chain::{Digest, KeyEntry, Own, RecordRef, Source, SourceState, Time, Tree};

/// Sources whose numbers are remembered from one segment to the next; the ones that told last. The record that lists them has
/// at most 2.4 MB.
const MAX_SOURCES: usize = 4096;

#[derive(Clone, Debug)]
pub(crate) struct State {
    /// Id of the ledger; empty before its first record.
    pub(crate) ledger: String,
    pub(crate) key: KeyEntry,
    pub(crate) salt: Digest,
    pub(crate) segment: u64,
    /// First record of the segment.
    pub(crate) first_seq: u64,
    pub(crate) next_seq: u64,
    /// Hash of the last record.
    pub(crate) prev: Digest,
    pub(crate) tree: Tree,
    /// Bytes of the segment.
    pub(crate) bytes: u64,
    /// Time of the segment's first record.
    pub(crate) began: Time,
    pub(crate) redacted: u64,
    /// Last number of a source, and the record that told it.
    pub(crate) sources: BTreeMap<Source, (u64, u64)>,
}

impl State {
    /// Before the first record of all.
    pub(crate) fn new() -> Self {
        Self {
            ledger: String::new(),
            key: KeyEntry { id: String::new(), public: String::new() },
            salt: Digest::ZERO,
            segment: 1,
            first_seq: 1,
            next_seq: 1,
            prev: Digest::ZERO,
            tree: Tree::default(),
            bytes: 0,
            began: Time(0),
            redacted: 0,
            sources: BTreeMap::new(),
        }
    }

    /// A record was added. `own` is what it says of the ledger itself.
    pub(crate) fn apply(&mut self, record: &RecordRef<'_>, hash: Digest, line: usize, own: Option<Own>) {
        if self.bytes == 0 {
            (self.first_seq, self.began) = (record.seq, record.time);
        }
        self.next_seq = record.seq + 1;
        self.prev = hash;
        self.tree.push(hash);
        self.bytes += line as u64 + 1;
        self.redacted += record.redacted;
        match own {
            Some(Own::Created { key, ledger, salt, .. }) => (self.key, self.ledger, self.salt) = (key, ledger, salt),
            Some(Own::Segment { key, ledger, salt, redacted, segment, sources }) => {
                (self.key, self.ledger, self.salt) = (key, ledger, salt);
                (self.redacted, self.segment) = (redacted, segment);
                let source = |s: SourceState| (Source { name: s.name, run: s.run }, (s.seq, record.seq - 1));
                self.sources = sources.into_iter().map(source).collect();
            }
            Some(Own::KeyRotated { new, .. } | Own::KeyLost { new, .. }) => self.key = new,
            Some(Own::SaltLost { salt }) => self.salt = salt,
            Some(Own::Recovery { .. } | Own::SourceGap { .. }) | None => {}
        }
    }

    /// A source told this number.
    pub(crate) fn told(&mut self, source: &Source, source_seq: u64, seq: u64) {
        match self.sources.get_mut(source) {
            Some(last) => *last = (source_seq, seq),
            None => drop(self.sources.insert(source.clone(), (source_seq, seq))),
        }
    }

    /// The next segment begins. Returns the record that must come first in it.
    pub(crate) fn next_segment(&mut self) -> Own {
        self.segment += 1;
        (self.tree, self.bytes) = (Tree::default(), 0);
        if self.sources.len() > MAX_SOURCES {
            let mut by_age: Vec<u64> = self.sources.values().map(|(_, seq)| *seq).collect();
            by_age.sort_unstable_by(|a, b| b.cmp(a));
            let oldest = by_age[MAX_SOURCES - 1];
            self.sources.retain(|_, (_, seq)| *seq >= oldest);
        }
        let source =
            |(s, (seq, _)): (&Source, &(u64, u64))| SourceState { name: s.name.clone(), run: s.run.clone(), seq: *seq };
        Own::Segment {
            key: self.key.clone(),
            ledger: self.ledger.clone(),
            redacted: self.redacted,
            salt: self.salt,
            segment: self.segment,
            sources: self.sources.iter().map(source).collect(),
        }
    }
}
