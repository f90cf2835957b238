//! What an agent and a server send each other: batches of facts, and sets of rules.

use std::io::Write as _;

use avouch_finding::Fact;
use avouch_forward::{Batch, Limits, RuleTextSet, refusal};

/// Small, so that its bounds are reached.
const LIMITS: Limits = Limits { body: 32 << 10, inflated: 64 << 10, facts: 100 };

/// A body is a batch within its bounds or an error; what is read is written and read alike, compressed or not.
pub fn batch(data: &[u8]) {
    // As it came, should it be compressed; most bytes are not.
    drop(Batch::decode(data, Some("gzip"), &LIMITS));
    let Ok(batch) = Batch::decode(data, None, &LIMITS) else { return };
    assert!(data.len() <= LIMITS.body && batch.facts.len() <= LIMITS.facts);
    assert!(batch.facts.is_sorted_by(|a, b| a.seq < b.seq), "numbers rise");
    for fact in &batch.facts {
        let refused = refusal(&batch.sender, fact);
        // What is not taken need not be read; what is read keeps its kind, also one that this version does not know.
        if let (None, Ok(read)) = (refused, Fact::read(&fact.kind, fact.body.clone())) {
            assert_eq!(read.kind(), fact.kind);
            let body = read.body().expect("a fact that was read can be written");
            assert_eq!(Fact::read(&fact.kind, body).ok(), Some(read));
        }
    }
    let text = batch.encode().expect("a batch that was read can be written");
    let whole = Limits { body: usize::MAX, inflated: usize::MAX >> 1, facts: LIMITS.facts };
    assert_eq!(Batch::decode(&text, None, &whole).ok().as_ref(), Some(&batch));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let packed = gzip.write_all(&text).and_then(|()| gzip.finish()).expect("memory takes everything");
    assert_eq!(Batch::decode(&packed, Some("gzip"), &whole).ok(), Some(batch));
}

/// A document is a set within its bounds, whose digest is that of its texts, or an error.
pub fn rule_set(data: &[u8]) {
    let Ok(set) = RuleTextSet::decode(data) else { return };
    let again = RuleTextSet::new(set.texts().clone()).expect("texts of a set make a set");
    assert_eq!(again.digest(), set.digest());
    let document = set.encode().expect("a set can be written");
    assert_eq!(RuleTextSet::decode(&document).ok(), Some(set));
}
