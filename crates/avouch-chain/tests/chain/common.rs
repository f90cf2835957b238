//! A ledger in memory, made with the public functions of the format alone.

use avouch_chain::{
    Digest, Head, KeyEntry, Own, Purpose, RecordRef, Report, SecretKey, SignedHead, Source, SourceState, Time, Tree,
    Trust, Verifier, own_source, write_line,
};
use std::collections::BTreeMap;

pub(crate) const LEDGER: &str = "00112233445566778899aabbccddeeff";

/// Lines by segment, and lines of heads.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    pub(crate) segments: Vec<Vec<Vec<u8>>>,
    pub(crate) heads: Vec<Vec<u8>>,
}

pub(crate) struct Maker {
    pub(crate) memory: Memory,
    pub(crate) key: SecretKey,
    tree: Tree,
    first: u64,
    seq: u64,
    prev: Digest,
    last_head: Digest,
    sources: BTreeMap<Source, u64>,
}

pub(crate) fn key(n: u8) -> SecretKey {
    SecretKey::from_seed([n; 32])
}

pub(crate) fn source(name: &str) -> Source {
    Source { name: name.into(), run: "r1".into() }
}

impl Maker {
    pub(crate) fn new() -> Self {
        Self::with_key(key(1))
    }

    pub(crate) fn with_key(key: SecretKey) -> Self {
        let mut maker = Self {
            memory: Memory { segments: vec![Vec::new()], heads: Vec::new() },
            key,
            tree: Tree::default(),
            first: 1,
            seq: 0,
            prev: Digest::ZERO,
            last_head: Digest::ZERO,
            sources: BTreeMap::new(),
        };
        let key = KeyEntry::of(&maker.key.public());
        let about = serde_json::json!({"made_by": "test"});
        maker.own(Own::Created { about, key, ledger: LEDGER.into(), salt: Digest::of(b"salt") });
        maker
    }

    pub(crate) fn own(&mut self, own: Own) {
        let (kind, body) = own.parts();
        let mut text = Vec::new();
        avouch_chain::write_canonical(&mut text, &body).unwrap();
        self.put(&kind, &own_source(LEDGER), None, std::str::from_utf8(&text).unwrap());
    }

    pub(crate) fn record(&mut self, source: &str, body: &str) {
        self.put("finding", &self::source(source), None, body);
    }

    pub(crate) fn put(&mut self, kind: &str, source: &Source, source_seq: Option<u64>, body: &str) {
        self.seq += 1;
        let last = self.sources.entry(source.clone()).or_default();
        *last = source_seq.unwrap_or(*last + 1);
        let record = RecordRef {
            kind,
            prev: self.prev,
            redacted: 0,
            seq: self.seq,
            source: &source.name,
            run: &source.run,
            source_seq: *last,
            time: Time(1_795_000_000_000_000_000 + self.seq),
            body,
        };
        let mut line = Vec::new();
        write_line(&mut line, &record);
        self.prev = Digest::of(&line);
        self.tree.push(self.prev);
        self.memory.segments.last_mut().unwrap().push(line);
    }

    pub(crate) fn head(&mut self, sealed: bool) -> Vec<u8> {
        let head = Head {
            first_seq: self.first,
            key: self.key.public().id(),
            last_hash: self.prev,
            last_seq: self.seq,
            ledger: LEDGER.into(),
            merkle_root: self.tree.root(),
            prev_head: self.last_head,
            sealed,
            segment: self.memory.segments.len() as u64,
            time: Time(1_795_000_000_000_000_000).to_string(),
            v: 1,
        };
        let line = SignedHead::sign(head, &self.key).line();
        self.last_head = Digest::of(&line);
        self.memory.heads.push(line.clone());
        line
    }

    pub(crate) fn seal(&mut self) {
        self.head(true);
        let states = self.sources.iter();
        let sources = states.map(|(s, n)| SourceState { name: s.name.clone(), run: s.run.clone(), seq: *n }).collect();
        self.memory.segments.push(Vec::new());
        self.tree = Tree::default();
        self.first = self.seq + 1;
        self.own(Own::Segment {
            key: KeyEntry::of(&self.key.public()),
            ledger: LEDGER.into(),
            redacted: 0,
            salt: Digest::of(b"salt"),
            segment: self.memory.segments.len() as u64,
            sources,
        });
    }

    pub(crate) fn rotate(&mut self, next: SecretKey) {
        let new = KeyEntry::of(&next.public());
        let old = self.key.public().id();
        let sig = self.key.sign(Purpose::Key, &new.rotation(LEDGER, &old));
        self.own(Own::KeyRotated { new, old, sig });
        self.key = next;
    }
}

/// 3 segments of 6 to 7 records from two sources, with heads inside and at the ends.
pub(crate) fn small() -> Memory {
    let mut maker = Maker::new();
    for segment in 0..3 {
        for i in 0..6 {
            maker.record(["a", "b"][i % 2], &format!(r#"{{"n":{i},"text":"\"quoted\" \\ grün"}}"#));
            if i == 2 {
                maker.head(false);
            }
        }
        if segment < 2 {
            maker.seal();
        }
    }
    maker.head(false);
    maker.memory
}

pub(crate) fn trust() -> Trust {
    Trust { keys: vec![key(1).public()], ..Trust::default() }
}

pub(crate) fn verify(memory: &Memory, trust: &Trust) -> Report {
    verify_from(memory, 1, trust)
}

/// Verifies from segment `first` on.
pub(crate) fn verify_from(memory: &Memory, first: usize, trust: &Trust) -> Report {
    let mut verifier = Verifier::new(memory.heads.clone().into_iter().map(Ok), trust);
    for (number, lines) in memory.segments.iter().enumerate().skip(first - 1) {
        verifier.segment(number as u64 + 1);
        lines.iter().for_each(|line| verifier.line(line));
    }
    verifier.finish()
}
