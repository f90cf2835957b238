use std::{fs, time::Duration};

use avouch_ledger::{Draft, Ledger, LedgerError, Options, RecordError, Redactor, Source, Verdict, Warning};
use serde_json::json;

use crate::common::{at, draft, fill, of_kind, open, source, verify};

#[test]
fn what_was_closed_is_intact_and_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let (mut ledger, report) = open(dir.path());
    assert!(report.created && report.recovered.is_none());
    let id = ledger.id().to_owned();
    fill(&mut ledger, 10);
    assert_eq!(ledger.sync(at(1)).unwrap(), 11);
    ledger.close(at(2)).unwrap();

    let (mut ledger, report) = open(dir.path());
    assert!(!report.created && report.recovered.is_none() && !report.key_lost);
    assert_eq!((ledger.id(), ledger.last_seq()), (&*id, 11));
    let appended = ledger.append(draft("node-1", json!({}))).unwrap();
    assert_eq!((appended.seq, appended.source_seq), (12, 11));
    ledger.checkpoint(at(3)).unwrap();
    let report = verify(dir.path(), &ledger);
    assert_eq!((report.verdict, report.records, report.ledger), (Verdict::Intact, 12, Some(id)));
    assert_eq!(report.warnings, []);
}

#[test]
fn records_are_canonical_json_with_their_content_last() {
    let dir = tempfile::tempdir().unwrap();
    let (mut ledger, _) = open(dir.path());
    ledger.append(draft("node-1", json!({"z": 1.0, "a": "\u{1f600}\n", "big": u64::MAX}))).unwrap();
    ledger.sync(at(1)).unwrap();
    let text = fs::read_to_string(dir.path().join("segments/00000001.jsonl")).unwrap();
    let line = text.lines().nth(1).unwrap();
    let begin = r#"{"kind":"finding","prev":""#;
    let end = concat!(
        r#"","redacted":0,"seq":2,"source":{"name":"node-1","run":"boot-1"},"source_seq":1,"#,
        r#""time":"2026-11-18T11:06:41.000000000Z","v":1,"what":{"a":"😀\n","big":"18446744073709551615","z":1}}"#
    );
    assert!(line.starts_with(begin) && line.ends_with(end), "{line}");
}

#[test]
fn a_second_writer_is_refused_while_the_first_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = open(dir.path());
    let error = Ledger::open(dir.path(), Options::default(), at(1)).unwrap_err();
    assert!(matches!(error, LedgerError::Locked { .. }), "{error}");
    drop(ledger);
    open(dir.path());
}

#[test]
fn what_is_no_record_is_refused_and_leaves_no_trace() {
    let dir = tempfile::tempdir().unwrap();
    let (mut ledger, _) = open(dir.path());
    let good = draft("node-1", json!({}));
    let mut deep = json!({});
    for _ in 0..200 {
        deep = json!({ "a": deep });
    }
    let bad = [
        Draft { kind: "ledger.recovery".into(), ..good.clone() },
        Draft { kind: "Finding".into(), ..good.clone() },
        Draft { kind: String::new(), ..good.clone() },
        Draft { source: source("a\"b"), ..good.clone() },
        Draft { source: Source { name: "a".into(), run: "x".repeat(257) }, ..good.clone() },
        Draft { body: json!([1]), ..good.clone() },
        Draft { body: deep, ..good.clone() },
        Draft { body: json!({"text": "x".repeat(5 << 20)}), ..good.clone() },
        Draft { source_seq: Some(0), ..good.clone() },
        // Passes a gap over, but is refused itself: the gap is not recorded either.
        Draft { source_seq: Some(9), body: json!({"text": "x".repeat(5 << 20)}), ..good.clone() },
    ];
    for draft in bad {
        let error = ledger.append(draft).unwrap_err();
        assert!(matches!(error, LedgerError::Record(_)), "{error}");
    }
    assert_eq!(ledger.last_seq(), 1);
    assert_eq!(ledger.append(good).unwrap().seq, 2);
}

#[test]
fn numbers_of_a_source_that_never_came_are_recorded_and_repeats_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (mut ledger, _) = open(dir.path());
    let told = |n| Draft { source_seq: Some(n), ..draft("node-1", json!({"n": n})) };
    for n in [1, 2, 5, 6] {
        ledger.append(told(n)).unwrap();
    }
    let error = ledger.append(told(6)).unwrap_err();
    assert!(matches!(error, LedgerError::Record(RecordError::SourceRepeat { given: 6, last: 6, .. })));
    ledger.checkpoint(at(1)).unwrap();
    assert_eq!(
        of_kind(dir.path(), "ledger.source_gap"),
        [json!({"first": 3, "last": 4, "name": "node-1", "run": "boot-1"})]
    );
    let report = verify(dir.path(), &ledger);
    assert_eq!((report.verdict, report.lost), (Verdict::Intact, 2));
}

#[test]
fn secrets_are_redacted_before_they_are_hashed_and_can_be_compared() {
    let dir = tempfile::tempdir().unwrap();
    let (mut ledger, _) = open(dir.path());
    let body = json!({"cmdline": "mysql -u root -phunter22 shop", "env": {"DB_PASSWORD": "hunter22"}, "quiet": "ls"});
    let appended = ledger.append(draft("node-1", body)).unwrap();
    assert_eq!((appended.redacted, ledger.redacted()), (2, 2));
    ledger.checkpoint(at(1)).unwrap();
    let digest = ledger.redactor().digest("hunter22");
    let body = &of_kind(dir.path(), "finding")[0];
    assert_eq!(body["cmdline"], format!("mysql -u root -p[redacted:login-option {digest}] shop"));
    assert_eq!(body["env"]["DB_PASSWORD"], format!("[redacted:named-secret {digest}]"));
    assert_eq!(body["quiet"], "ls");
    assert!(!fs::read_to_string(dir.path().join("segments/00000001.jsonl")).unwrap().contains("hunter22"));
    assert_eq!(verify(dir.path(), &ledger).redacted, 2);
    // Another ledger has another salt.
    let other = tempfile::tempdir().unwrap();
    assert_ne!(open(other.path()).0.redactor().digest("hunter22"), digest);
    assert_eq!(Redactor::new([1; 32]).digest("a"), Redactor::new([1; 32]).digest("a"));
}

#[test]
fn full_segments_are_sealed_compressed_and_still_read() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { segment_bytes: 4000, ..Options::default() };
    let (mut ledger, _) = Ledger::open(dir.path(), options, at(0)).unwrap();
    for second in 1..=10 {
        fill(&mut ledger, 10);
        ledger.sync(at(second)).unwrap();
    }
    ledger.packed().unwrap();
    let report = verify(dir.path(), &ledger);
    assert_eq!((report.verdict, report.segments), (Verdict::Intact, 6), "{report:#?}");
    assert_eq!(report.sources[0].last, 100);
    let mut names: Vec<_> = fs::read_dir(dir.path().join("segments"))
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names[0], "00000001.jsonl.zst");
    assert_eq!(names[5], "00000006.jsonl");
    ledger.close(at(11)).unwrap();

    // Without its older segments, as retention leaves it.
    fs::remove_file(dir.path().join("segments/00000001.jsonl.zst")).unwrap();
    fs::remove_file(dir.path().join("segments/00000002.jsonl.zst")).unwrap();
    let (ledger, _) = open(dir.path());
    let report = verify(dir.path(), &ledger);
    assert_eq!(report.verdict, Verdict::Intact, "{report:#?}");
    assert!(matches!(report.warnings[..], [Warning::StartsLate { linked_to_head: true, .. }]));
}

#[test]
fn old_segments_are_sealed_and_heads_are_signed_when_due() {
    let dir = tempfile::tempdir().unwrap();
    let options =
        Options { segment_age: Duration::from_secs(100), head_every: Duration::from_secs(10), ..Options::default() };
    let (mut ledger, _) = Ledger::open(dir.path(), options, at(0)).unwrap();
    let mut heads = Vec::new();
    for second in [5, 9, 10, 15, 20, 99, 100, 105] {
        fill(&mut ledger, 1);
        ledger.sync(at(second)).unwrap();
        let head = &ledger.last_head().unwrap().head;
        heads.push((head.last_seq, head.sealed));
    }
    assert_eq!(heads, [(1, false), (1, false), (4, false), (4, false), (6, false), (7, false), (8, true), (8, true)]);
    assert_eq!(verify(dir.path(), &ledger).verdict, Verdict::Intact);
}

#[test]
fn a_ledger_can_be_verified_and_read_while_it_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let (mut ledger, _) = open(dir.path());
    fill(&mut ledger, 2000);
    // Written in part, nothing of it acknowledged.
    let report = verify(dir.path(), &ledger);
    assert_eq!(report.problems, []);
    assert!(report.records > 500 && report.records < 2001, "{report:#?}");
    let unsigned = Warning::UnsignedTail { first_seq: 2, records: report.records - 1 };
    assert_eq!((report.verdict, report.warnings), (Verdict::Intact, vec![unsigned]));
    ledger.checkpoint(at(1)).unwrap();
    let report = verify(dir.path(), &ledger);
    assert_eq!((report.verdict, report.records), (Verdict::Intact, 2001));
}
