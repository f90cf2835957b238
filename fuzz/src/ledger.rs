//! Lines of a ledger and manifests of bundles, which whoever handed them over can have written.

use avouch_bundle::Manifest;
use avouch_chain::{Digest, RecordRef, SignedHead, Trust, Verdict, Verifier, write_line};

/// What is read has one form; what nobody signed is never called intact.
pub fn ledger(data: &[u8]) {
    let lines: Vec<&[u8]> = data.split(|b| *b == b'\n').collect();
    for line in &lines {
        if let Ok(record) = RecordRef::parse(line) {
            let mut again = Vec::new();
            write_line(&mut again, &record);
            assert_eq!(again, *line);
        }
        if let Ok(head) = SignedHead::parse(line) {
            assert_eq!(head.line(), *line);
        }
    }
    if let Ok(manifest) = Manifest::parse(data) {
        assert!(manifest.files.is_sorted_by(|a, b| a.path < b.path));
    }
    // The same bytes as heads, as records of two segments, and as a head from outside.
    let heads: Vec<_> = lines.iter().map(|line| Ok(line.to_vec())).collect();
    let trust = Trust { anchors: lines.iter().take(1).map(|line| line.to_vec()).collect(), ..Trust::default() };
    let mut verifier = Verifier::new(heads.into_iter(), &trust);
    for segment in 1..=2 {
        verifier.segment(segment);
        lines.iter().for_each(|line| verifier.line(line));
    }
    let report = verifier.finish();
    assert_ne!(report.verdict, Verdict::Intact);
    assert!(report.problems.len() <= 100);
    assert!(report.last_hash.is_none_or(|hash| lines.iter().any(|line| Digest::of(line) == hash)));
}
