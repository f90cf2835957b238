use std::{
    fs::{self, OpenOptions},
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Command, Stdio},
};

use avouch_ledger::{Draft, Ledger, LedgerError, Options, Reader, Source, Verdict, Warning};
use serde_json::json;

use crate::common::{at, copy, draft, fast_dir, fill, of_kind, open, source, verify};

const SEGMENT: &str = "segments/00000001.jsonl";

fn cut(path: &Path, length: u64) {
    OpenOptions::new().write(true).open(path).unwrap().set_len(length).unwrap();
}

#[test]
fn cut_at_any_byte_the_open_segment_keeps_every_whole_record() {
    let dir = fast_dir();
    let whole = dir.path().join("whole");
    let (mut ledger, _) = open(&whole);
    fill(&mut ledger, 6);
    ledger.sync(at(1)).unwrap();
    drop(ledger);
    let text = fs::read(whole.join(SEGMENT)).unwrap();
    // The first record was signed when the ledger was begun.
    let signed = text.iter().position(|b| *b == b'\n').unwrap() + 1;
    for length in 0..=text.len() {
        let dir = dir.path().join(length.to_string());
        copy(&whole, &dir);
        cut(&dir.join(SEGMENT), length as u64);
        let opened = Ledger::open(&dir, Options::default(), at(2));
        if length < signed {
            let error = opened.unwrap_err();
            assert!(matches!(error, LedgerError::Damaged { .. }), "{error}");
            continue;
        }
        let (mut ledger, report) = opened.unwrap();
        let kept = text[..length].iter().rposition(|b| *b == b'\n').unwrap() + 1;
        let lines = text[..kept].iter().filter(|b| **b == b'\n').count() as u64;
        let recovered = report.recovered;
        if length == signed {
            // As if closed there.
            assert_eq!((recovered, ledger.last_seq()), (None, 1));
        } else {
            let recovered = recovered.unwrap();
            assert_eq!((recovered.bytes_cut, recovered.lines_cut), ((length - kept) as u64, 0));
            assert_eq!(ledger.last_seq(), lines + 1);
            let told = &of_kind(&dir, "ledger.recovery")[0];
            assert_eq!((&told["bytes_cut"], &told["last_seq"]), (&json!(length - kept), &json!(lines)));
        }
        ledger.append(draft("node-1", json!({}))).unwrap();
        ledger.checkpoint(at(3)).unwrap();
        let report = verify(&dir, &ledger);
        assert_eq!(report.verdict, Verdict::Intact, "{length} {report:#?}");
        drop(ledger);
        fs::remove_dir_all(&dir).unwrap();
    }
}

#[test]
fn rubbish_after_what_was_signed_is_cut_and_counted() {
    for rubbish in [&b"\0\0\0\0"[..], b"no record\n", b"{\"kind\":\"finding\"}\nhalf", &[b'\n'; 3]] {
        let dir = tempfile::tempdir().unwrap();
        let (ledger, _) = open(dir.path());
        ledger.close(at(1)).unwrap();
        let path = dir.path().join(SEGMENT);
        OpenOptions::new().append(true).open(&path).unwrap().write_all(rubbish).unwrap();
        let (ledger, report) = open(dir.path());
        let recovered = report.recovered.unwrap();
        let lines = rubbish.iter().filter(|b| **b == b'\n').count() as u64;
        assert_eq!((recovered.bytes_cut, recovered.lines_cut), (rubbish.len() as u64, lines));
        let report = verify(dir.path(), &ledger);
        assert_eq!(report.verdict, Verdict::Intact);
        let cut = Warning::Recovery { seq: 2, bytes_cut: rubbish.len() as u64, lines_cut: lines };
        assert_eq!(report.warnings, [cut]);
    }
}

#[test]
fn what_was_signed_is_never_cut() {
    let dir = tempfile::tempdir().unwrap();
    let whole = dir.path().join("whole");
    let (mut ledger, _) = open(&whole);
    fill(&mut ledger, 3);
    ledger.close(at(1)).unwrap();
    let text = fs::read(whole.join(SEGMENT)).unwrap();
    let damaged = |name: &str, change: &dyn Fn(&Path)| {
        let dir = dir.path().join(name);
        copy(&whole, &dir);
        change(&dir);
        let before = fs::read(dir.join(SEGMENT)).ok();
        let error = Ledger::open(&dir, Options::default(), at(2)).unwrap_err();
        assert!(matches!(error, LedgerError::Damaged { .. }), "{name}: {error}");
        assert_eq!(fs::read(dir.join(SEGMENT)).ok(), before, "{name}");
    };
    damaged("one byte short", &|dir| cut(&dir.join(SEGMENT), text.len() as u64 - 1));
    damaged("empty", &|dir| cut(&dir.join(SEGMENT), 0));
    damaged("no segment", &|dir| fs::remove_file(dir.join(SEGMENT)).unwrap());
    damaged("last record edited", &|dir| {
        let text = String::from_utf8(text.clone()).unwrap().replace("\"n\":2", "\"n\":3");
        fs::write(dir.join(SEGMENT), text).unwrap();
    });
    damaged("first record edited", &|dir| {
        let text = String::from_utf8(text.clone()).unwrap().replace("\"n\":0", "\"n\":9");
        fs::write(dir.join(SEGMENT), text).unwrap();
    });
    damaged("head edited", &|dir| {
        let path = dir.join("heads.jsonl");
        let text = fs::read_to_string(&path).unwrap().replace("\"v\":1", "\"v\":2");
        fs::write(path, text).unwrap();
    });
}

#[test]
fn a_head_that_was_cut_short_is_cut_and_signed_anew() {
    let dir = tempfile::tempdir().unwrap();
    let whole = dir.path().join("whole");
    let (mut ledger, _) = open(&whole);
    fill(&mut ledger, 3);
    ledger.close(at(1)).unwrap();
    let heads = fs::read(whole.join("heads.jsonl")).unwrap();
    let first = heads.iter().position(|b| *b == b'\n').unwrap() + 1;
    for length in [first, first + 1, first + 100, heads.len() - 1] {
        let dir = dir.path().join(length.to_string());
        copy(&whole, &dir);
        cut(&dir.join("heads.jsonl"), length as u64);
        let (ledger, report) = Ledger::open(&dir, Options::default(), at(2)).unwrap();
        assert_eq!(report.recovered.unwrap().head_bytes_cut, (length - first) as u64);
        assert_eq!(verify(&dir, &ledger).verdict, Verdict::Intact);
    }
}

#[test]
fn killed_while_sealing_the_ledger_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let whole = dir.path().join("whole");
    let (mut ledger, _) = open(&whole);
    fill(&mut ledger, 3);
    ledger.append(Draft { source: source("node-2"), ..draft("", json!({})) }).unwrap();
    ledger.seal(at(1)).unwrap();
    ledger.packed().unwrap();
    let first = fs::read(whole.join("segments/00000001.jsonl.zst")).unwrap();
    drop(ledger);
    let second = "segments/00000002.jsonl";
    let went_on = |name: &str, change: &dyn Fn(&Path)| {
        let dir = dir.path().join(name);
        copy(&whole, &dir);
        change(&dir);
        let (mut ledger, report) = Ledger::open(&dir, Options::default(), at(2)).unwrap();
        assert!(report.recovered.is_some(), "{name}");
        // Where its numbers stood is known, though its records are in the segment before.
        assert_eq!(ledger.append(draft("node-2", json!({}))).unwrap().source_seq, 2, "{name}");
        ledger.checkpoint(at(3)).unwrap();
        ledger.packed().unwrap();
        let report = verify(&dir, &ledger);
        assert_eq!((report.verdict, report.segments), (Verdict::Intact, 2), "{name} {report:#?}");
        assert!(dir.join("segments/00000001.jsonl.zst").exists() && !dir.join(SEGMENT).exists(), "{name}");
    };
    went_on("before the next file", &|dir| fs::remove_file(dir.join(second)).unwrap());
    went_on("before its first record", &|dir| cut(&dir.join(second), 0));
    went_on("inside its first record", &|dir| cut(&dir.join(second), 100));
    went_on("before it was compressed", &|dir| {
        let text = zstd::decode_all(&first[..]).unwrap();
        fs::write(dir.join(SEGMENT), text).unwrap();
        fs::remove_file(dir.join("segments/00000001.jsonl.zst")).unwrap();
        fs::write(dir.join("segments/00000001.jsonl.zst.tmp"), &first[..first.len() / 2]).unwrap();
    });
    went_on("before the old file was removed", &|dir| {
        fs::write(dir.join(SEGMENT), zstd::decode_all(&first[..]).unwrap()).unwrap();
    });
}

#[test]
fn killed_for_good_a_writer_loses_nothing_that_was_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..8 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::child_writer", "--ignored", "--nocapture"])
            .env("AVOUCH_LEDGER_CHILD", dir.path())
            .env("AVOUCH_LEDGER_ROUND", round.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut acknowledged = 0;
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        for line in lines.map_while(Result::ok).filter_map(|l| l.strip_prefix("acknowledged ")?.parse().ok()) {
            acknowledged = line;
            if acknowledged >= (round + 1) * 700 {
                child.kill().unwrap();
            }
        }
        assert!(!child.wait().unwrap().success());
        assert!(acknowledged > 0);
        let reader = Reader::open(dir.path()).unwrap();
        assert!(reader.read_at(acknowledged).unwrap().is_some(), "round {round}: {acknowledged}");
    }
    let (ledger, _) = open(dir.path());
    let report = verify(dir.path(), &ledger);
    assert_eq!(report.verdict, Verdict::Intact, "{report:#?}");
    assert!(report.segments > 3);
}

/// Writes until it is killed. Segments are small and heads frequent, so that a kill meets each of them.
#[test]
#[ignore = "the writer that the test above kills"]
fn child_writer() {
    let Some(dir) = std::env::var_os("AVOUCH_LEDGER_CHILD") else { return };
    let run = std::env::var("AVOUCH_LEDGER_ROUND").unwrap();
    let head_every = std::time::Duration::from_nanos(3);
    let options = Options { segment_bytes: 60_000, head_every, ..Options::default() };
    let (mut ledger, _) = Ledger::open(Path::new(&dir), options, at(0)).unwrap();
    for tick in 0.. {
        for n in 0..25 {
            let source = Source { name: "node-1".into(), run: run.clone() };
            ledger.append(Draft { source, ..draft("", json!({"n": n, "text": "x".repeat(n * 10)})) }).unwrap();
        }
        let now = avouch_ledger::Time(at(1).0 + tick);
        println!("acknowledged {}", ledger.sync(now).unwrap());
    }
}
