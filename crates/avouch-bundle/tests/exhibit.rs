//! One record in a file of its own, changed in every way.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::path::Path;

use avouch_bundle::{Exhibit, ExhibitNote, ExhibitProblem, prove};
use avouch_ledger::{Draft, Ledger, Options, PublicKey, Reader, SignedHead, Source, Time, Trust, Verdict};
use serde_json::json;

/// A ledger of 20 findings, its key, its last head, and record 7 of it.
fn record(dir: &Path) -> (Exhibit, PublicKey, SignedHead) {
    let (mut ledger, _) = Ledger::open(dir, Options::default(), Time(0)).unwrap();
    for n in 0..20 {
        let source = Source { name: "node-1".into(), run: "1".into() };
        let body = json!({ "n": n });
        ledger.append(Draft { time: Time(n), source, source_seq: None, kind: "finding".into(), body }).unwrap();
    }
    let head = ledger.checkpoint(Time(20)).unwrap();
    let evidence = prove(&Reader::open(dir).unwrap(), 7).unwrap().unwrap();
    let key = ledger.public_key();
    (Exhibit::proven(&evidence, Some(&key)), key, head)
}

fn trusting(key: PublicKey) -> Trust {
    Trust { keys: vec![key], ..Trust::default() }
}

#[test]
fn a_record_as_it_stands_is_intact_under_a_trusted_key_and_unproven_under_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let (exhibit, key, head) = record(dir.path());
    // As it is handed over: alone, or within the answer of a server.
    let text = serde_json::to_string_pretty(&exhibit).unwrap();
    assert_eq!(Exhibit::parse(text.as_bytes()).unwrap(), exhibit);
    let answer = json!({"seq": 7, "exhibit": exhibit}).to_string();
    assert_eq!(Exhibit::parse(answer.as_bytes()).unwrap(), exhibit);

    let report = exhibit.check(&trusting(key));
    assert_eq!((report.verdict, report.seq, report.head_seq), (Verdict::Intact, Some(7), Some(21)), "{report:#?}");
    let report = exhibit.check(&Trust::default());
    assert_eq!((report.verdict, report.notes), (Verdict::Unproven, vec![ExhibitNote::KeyNotChecked]));
    // A head that was kept outside vouches as well as a key.
    let anchored = Trust { anchors: vec![head.line()], ..Trust::default() };
    let report = exhibit.check(&anchored);
    assert!(report.anchored && report.verdict == Verdict::Intact, "{report:#?}");
}

#[test]
fn whatever_is_changed_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let (exhibit, key, head) = record(dir.path());
    let trust = trusting(key);
    let problems = |changed: &Exhibit, trust: &Trust| {
        let report = changed.check(trust);
        assert_eq!(report.verdict, Verdict::Failed, "{report:#?}");
        report.problems
    };

    let mut changed = exhibit.clone();
    changed.record = changed.record.replace("\"n\":5", "\"n\":6");
    assert_ne!(changed, exhibit);
    assert_eq!(problems(&changed, &trust), [ExhibitProblem::NotUnderHead { last_seq: 21 }]);

    let mut changed = exhibit.clone();
    changed.record = changed.record.replace("\"kind\":\"finding\"", "\"kind\":\"FINDING\"");
    assert!(problems(&changed, &trust).contains(&ExhibitProblem::Malformed { part: "kind" }));

    let mut changed = exhibit.clone();
    changed.proof.as_mut().unwrap().index += 1;
    assert_eq!(problems(&changed, &trust), [ExhibitProblem::NotUnderHead { last_seq: 21 }]);

    let mut changed = exhibit.clone();
    changed.head.as_mut().unwrap().head.time = "2026-01-01T00:00:00.000000000Z".to_owned();
    assert_eq!(problems(&changed, &trust), [ExhibitProblem::Unsigned { key: key.id() }]);

    // Numbers whose sums are beyond any number.
    for place in [
        |e: &mut Exhibit| e.proof.as_mut().unwrap().index = u64::MAX,
        |e: &mut Exhibit| {
            e.head.as_mut().unwrap().head.first_seq = u64::MAX;
        },
    ] {
        let mut changed = exhibit.clone();
        place(&mut changed);
        assert_eq!(problems(&changed, &trust)[0], ExhibitProblem::NotUnderHead { last_seq: 21 });
    }

    // A ledger that somebody made anew, under a key of their own.
    let other = tempfile::tempdir().unwrap();
    let (forged, other_key, other_head) = record(other.path());
    assert_eq!(problems(&forged, &trust), [ExhibitProblem::OtherKey { key: other_key.id() }]);

    // The same key signed two heads of one place.
    let mut twice = head.head.clone();
    twice.merkle_root = other_head.head.merkle_root;
    let twice = SignedHead { head: twice, ..head };
    let trust = Trust { anchors: vec![twice.line()], ..trust };
    assert_eq!(problems(&exhibit, &trust), [ExhibitProblem::AnchorDiffers { last_seq: 21 }]);
}

#[test]
fn without_a_head_nothing_is_proven_and_hostile_text_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (exhibit, key, _) = record(dir.path());
    let bare = Exhibit::unproven(exhibit.record.clone());
    let report = bare.check(&trusting(key));
    assert_eq!((report.verdict, report.notes), (Verdict::Unproven, vec![ExhibitNote::NoHead]));
    // A proof without its head is none.
    let half = Exhibit { head: None, ..exhibit };
    assert_eq!(half.check(&trusting(key)).verdict, Verdict::Unproven);
    for text in ["", "[]", "{}", "{\"exhibit\":7}", "{\"format\":\"avouch.record/1\",\"record\":7}", "\u{0}"] {
        assert!(Exhibit::parse(text.as_bytes()).is_err(), "{text}");
    }
    let other = json!({"format": "avouch.record/2", "record": "", "head": null, "proof": null, "key": null});
    assert!(Exhibit::parse(other.to_string().as_bytes()).unwrap_err().to_string().contains("avouch.record/1"));
}
