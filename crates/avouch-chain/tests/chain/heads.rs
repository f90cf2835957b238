//! Heads, keys and anchors.

use crate::common::{Maker, key, small, source, trust, verify, verify_from};
use avouch_chain::{Fault, KeyEntry, Own, SourceReport, Trust, Verdict, Warning};

#[test]
fn every_changed_byte_of_every_head_is_found() {
    let memory = small();
    for at in 0..memory.heads.len() {
        for byte in 0..memory.heads[at].len() {
            let mut changed = memory.clone();
            changed.heads[at][byte] ^= 1;
            let report = verify(&changed, &trust());
            assert_eq!(report.verdict, Verdict::Failed, "head {at} byte {byte}");
        }
    }
}

#[test]
fn heads_cannot_be_left_out_doubled_or_swapped() {
    let memory = small();
    for at in 0..memory.heads.len() - 1 {
        let mut less = memory.clone();
        less.heads.remove(at);
        let mut twice = memory.clone();
        twice.heads.insert(at, memory.heads[at].clone());
        let mut swapped = memory.clone();
        swapped.heads.swap(at, at + 1);
        for changed in [less, twice, swapped] {
            let report = verify(&changed, &trust());
            assert!(report.problems.iter().any(|p| p.fault == Fault::HeadOrder), "{report:#?}");
        }
    }
}

#[test]
fn without_its_last_head_the_tail_is_unsigned_and_an_anchor_tells() {
    let mut memory = small();
    let last = memory.heads.pop().unwrap();
    let report = verify(&memory, &trust());
    assert_eq!(report.verdict, Verdict::Intact);
    assert_eq!(report.warnings, [Warning::UnsignedTail { first_seq: 19, records: 3 }]);

    // Cut to what the heads vouch for, nobody inside can tell.
    memory.segments[2].truncate(4);
    assert_eq!(verify(&memory, &trust()).problems, []);
    let anchored = Trust { anchors: vec![last], ..trust() };
    let report = verify(&memory, &anchored);
    assert_eq!(report.verdict, Verdict::Failed);
    let problem = &report.problems[0];
    assert_eq!((problem.fault, problem.seq, problem.to_seq), (Fault::CutTail, Some(19), Some(21)));
    assert_eq!(report.anchors[0].matches, Some(false));
}

#[test]
fn anchors_that_match_are_said_to() {
    let memory = small();
    let anchors = vec![memory.heads[5].clone(), memory.heads[0].clone()];
    let report = verify(&memory, &Trust { anchors, ..trust() });
    assert_eq!(report.verdict, Verdict::Intact, "{report:#?}");
    assert_eq!(
        report.anchors.iter().map(|a| (a.last_seq, a.matches)).collect::<Vec<_>>(),
        [(4, Some(true)), (21, Some(true))]
    );
}

#[test]
fn a_history_written_anew_with_the_same_key_does_not_match_an_anchor() {
    let anchor = small().heads[0].clone();
    let mut maker = Maker::new();
    for _ in 0..6 {
        maker.record("a", r#"{"forged":true}"#);
    }
    maker.head(false);
    assert_eq!(verify(&maker.memory, &trust()).verdict, Verdict::Intact);
    let report = verify(&maker.memory, &Trust { anchors: vec![anchor], ..trust() });
    assert_eq!((report.verdict, report.anchors[0].matches), (Verdict::Failed, Some(false)));
}

#[test]
fn a_history_written_anew_with_another_key_is_found_only_against_the_real_one() {
    // The forger's ledger is well-formed in itself.
    let mut maker = Maker::with_key(key(9));
    maker.record("a", "{}");
    maker.head(false);
    let forged = maker.memory;
    let report = verify(&forged, &Trust::default());
    assert_eq!(report.verdict, Verdict::Intact);
    assert!(report.warnings.contains(&Warning::KeyNotChecked));
    let report = verify(&forged, &trust());
    assert_eq!((report.verdict, report.problems[0].fault), (Verdict::Failed, Fault::WrongKey));
}

#[test]
fn a_head_by_another_key_than_the_ledgers_is_named() {
    let mut maker = Maker::new();
    maker.record("a", "{}");
    maker.key = key(2);
    maker.head(false);
    let report = verify(&maker.memory, &trust());
    assert_eq!((report.verdict, report.problems[0].fault), (Verdict::Failed, Fault::WrongKey));
    assert_eq!(report.problems[0].seq, Some(2));
}

#[test]
fn a_rotated_key_is_trusted_as_the_one_before_it() {
    let mut maker = Maker::new();
    maker.record("a", "{}");
    maker.head(false);
    maker.rotate(key(2));
    maker.head(false);
    maker.record("a", "{}");
    maker.seal();
    maker.head(false);
    for known in [key(1), key(2)] {
        let report = verify(&maker.memory, &Trust { keys: vec![known.public()], ..Trust::default() });
        assert_eq!((report.verdict, report.trusted_to), (Verdict::Intact, Some(5)), "{report:#?}");
    }
    let keys = verify(&maker.memory, &trust()).keys;
    assert_eq!(keys.iter().map(|k| (k.from_seq, k.trusted)).collect::<Vec<_>>(), [(1, true), (3, true)]);
}

#[test]
fn a_rotation_that_the_old_key_did_not_sign_is_named() {
    let mut maker = Maker::new();
    let new = KeyEntry::of(&key(2).public());
    let old = maker.key.public().id();
    let sig = key(2).sign(avouch_chain::Purpose::Key, &new.rotation(crate::common::LEDGER, &old));
    maker.own(Own::KeyRotated { new, old, sig });
    maker.key = key(2);
    maker.head(false);
    let report = verify(&maker.memory, &trust());
    assert_eq!((report.problems[0].fault, report.problems[0].seq), (Fault::BadSignature, Some(2)));
}

#[test]
fn after_a_lost_key_nothing_is_trusted_until_the_new_one_is_given() {
    let mut maker = Maker::new();
    maker.head(false);
    let (new, old) = (KeyEntry::of(&key(2).public()), maker.key.public().id());
    maker.own(Own::KeyLost { new: new.clone(), old: old.clone() });
    maker.key = key(2);
    maker.record("a", "{}");
    maker.head(false);
    let report = verify(&maker.memory, &trust());
    assert_eq!((report.verdict, report.trusted_to, report.signed_to), (Verdict::Unproven, Some(1), Some(3)));
    assert!(report.warnings.contains(&Warning::KeyLost { seq: 2, old, new: new.id }));
    let report = verify(&maker.memory, &Trust { keys: vec![key(1).public(), key(2).public()], ..Trust::default() });
    assert_eq!((report.verdict, report.trusted_to), (Verdict::Intact, Some(3)));
}

#[test]
fn nothing_at_all_is_not_a_pass() {
    let report = verify(&crate::common::Memory::default(), &Trust::default());
    assert_eq!((report.verdict, report.records), (Verdict::Unproven, 0));
    let mut memory = small();
    memory.heads.clear();
    assert_eq!(verify(&memory, &trust()).verdict, Verdict::Unproven);
}

#[test]
fn records_after_kept_heads_hang_from_them() {
    let memory = small();
    for first in 2..=3 {
        let report = verify_from(&memory, first, &trust());
        assert_eq!(report.verdict, Verdict::Intact, "{report:#?}");
        let first_seq = report.first_seq.unwrap();
        assert_eq!(report.warnings, [Warning::StartsLate { first_seq, linked_to_head: true }]);

        let mut changed = memory.clone();
        changed.segments[first - 1].remove(0);
        let report = verify_from(&changed, first, &trust());
        assert_eq!((report.problems[0].fault, report.problems[0].seq), (Fault::Deleted, Some(first_seq)));
    }
    let mut cut = memory.clone();
    cut.heads.drain(..4);
    let report = verify_from(&cut, 3, &trust());
    // The first head that is left names one that is not there.
    assert_eq!(report.problems[0].fault, Fault::HeadOrder);
    assert!(report.warnings.contains(&Warning::StartsLate { first_seq: 15, linked_to_head: false }));
}

#[test]
fn holes_and_repeats_of_a_source_are_named_unless_declared() {
    let with = |numbers: &[u64], declare: bool| {
        let mut maker = Maker::new();
        for n in numbers {
            if declare && *n == 5 {
                maker.own(Own::SourceGap { first: 3, last: 4, name: "a".into(), run: "r1".into() });
            }
            maker.put("finding", &source("a"), Some(*n), "{}");
        }
        maker.head(false);
        verify(&maker.memory, &trust())
    };
    let hole = with(&[1, 2, 5, 6], false);
    assert_eq!((hole.problems[0].fault, hole.problems[0].seq), (Fault::SourceHole, Some(4)));
    let repeat = with(&[1, 2, 2], false);
    assert_eq!((repeat.problems[0].fault, repeat.problems[0].seq), (Fault::SourceRepeat, Some(4)));
    let late = with(&[2], false);
    assert_eq!((late.problems[0].fault, late.problems[0].seq), (Fault::SourceHole, Some(2)));
    let declared = with(&[1, 2, 5, 6], true);
    assert_eq!((declared.verdict, declared.lost), (Verdict::Intact, 2), "{declared:#?}");
    assert_eq!(declared.sources, [SourceReport { name: "a".into(), run: "r1".into(), last: 6 }]);
}

#[test]
fn many_problems_end_the_reading() {
    let mut memory = small();
    memory.segments[0] = vec![b"no record".to_vec(); 1000];
    let report = verify(&memory, &trust());
    assert_eq!((report.problems.len(), report.stopped), (100, true));
}
