//! A record with its proof in a file of its own, which anybody may hand to `avouch verify`.

use avouch_bundle::Exhibit;
use avouch_chain::{SignedHead, Trust, Verdict};

/// What nobody signed under a key that is trusted is never called intact, and a file says the same twice.
pub fn exhibit(data: &[u8]) {
    let Ok(exhibit) = Exhibit::parse(data) else { return };
    let report = exhibit.check(&Trust::default());
    assert_ne!(report.verdict, Verdict::Intact);
    assert!(report.verdict == Verdict::Unproven || !report.problems.is_empty());
    if let Ok(text) = serde_json::to_vec(&exhibit) {
        assert_eq!(Exhibit::parse(&text).ok(), Some(exhibit.clone()));
    }
    // A head that was kept outside and is of another place vouches for nothing.
    let other = exhibit.head.clone().map(|mut signed: SignedHead| {
        signed.head.last_seq ^= 1;
        signed.line()
    });
    let trust = Trust { anchors: other.into_iter().collect(), ..Trust::default() };
    assert_ne!(exhibit.check(&trust).verdict, Verdict::Intact);
}
