//! What was flushed can be asked for, whatever happens in between.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::path::Path;

use avouch_evidence::{EvidenceError, Folder, Inbox, Recorder, Settings};
use avouch_finding::{Acknowledgement, Fact, Finding, FindingKey, Gap, Kind, Time};
use avouch_ledger::{LedgerError, Source};
use avouch_store::{Filter, Period, Store};

const SECOND: u64 = 1_000_000_000;
const BEGIN: u64 = 1_782_864_000 * SECOND;

fn source() -> Source {
    Source { name: "n1".to_owned(), run: "run-1".to_owned() }
}

fn open(dir: &Path) -> Recorder {
    Recorder::open(&Folder::new(dir), Settings::default(), Time(BEGIN), &mut |_| {}).unwrap().0
}

fn finding(n: u64, output: &str) -> Finding {
    let time = Time(BEGIN + n * SECOND);
    let key = FindingKey { node: "n1", source: "syscall", time, event: n, rule: "Shell" };
    Finding {
        id: key.id(),
        time,
        node: "n1".to_owned(),
        source: "syscall".to_owned(),
        rule: "Shell".to_owned(),
        output: output.to_owned(),
        ..Finding::default()
    }
}

/// Ids and outputs, the oldest first.
fn stored(dir: &Path) -> Vec<(String, String)> {
    let store = Store::open(Folder::new(dir).store(), avouch_store::Options::default()).unwrap();
    let mut out = Vec::new();
    let mut visit = |f: avouch_store::StoredFinding| {
        out.push((f.id, f.output));
        std::ops::ControlFlow::Continue(())
    };
    store.reader().unwrap().for_each_finding(&Filter::default(), &mut visit).unwrap();
    out
}

#[test]
fn facts_are_in_the_store_once_flushed_and_survive_a_writer_that_never_closed() {
    let dir = tempfile::tempdir().unwrap();
    let mut recorder = open(dir.path());
    for n in 0..3 {
        recorder.record(&finding(n, "a shell").into(), &source(), Time(BEGIN)).unwrap();
    }
    assert_eq!(stored(dir.path()).len(), 0);
    recorder.flush(Time(BEGIN)).unwrap();
    assert_eq!(stored(dir.path()).len(), 3);
    drop(recorder);
    let mut recorder = open(dir.path());
    recorder.record(&finding(3, "a shell").into(), &source(), Time(BEGIN)).unwrap();
    recorder.close(Time(BEGIN + SECOND)).unwrap();
    assert_eq!(stored(dir.path()).len(), 4);
    let report =
        avouch_ledger::verify_dir(&Folder::new(dir.path()).ledger(), &avouch_ledger::Trust::default()).unwrap();
    assert_eq!(report.problems, []);
}

#[test]
fn a_store_that_was_thrown_away_is_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let mut recorder = open(dir.path());
    for n in 0..5_000 {
        recorder.record(&finding(n, &format!("shell {n}")).into(), &source(), Time(BEGIN)).unwrap();
    }
    recorder.close(Time(BEGIN)).unwrap();
    let before = stored(dir.path());
    std::fs::remove_dir_all(Folder::new(dir.path()).store()).unwrap();
    open(dir.path());
    assert_eq!(stored(dir.path()), before);
    assert_eq!(before.len(), 5_000);
}

#[test]
fn the_store_sees_what_the_ledger_holds_secrets_gone() {
    let dir = tempfile::tempdir().unwrap();
    let mut recorder = open(dir.path());
    let secret = "mysql --password=Tr0ub4dor3xyz";
    recorder.record(&finding(0, secret).into(), &source(), Time(BEGIN)).unwrap();
    recorder.close(Time(BEGIN)).unwrap();
    let output = &stored(dir.path())[0].1;
    assert!(output.contains("redacted") && !output.contains("Tr0ub4dor3xyz"), "{output}");
}

#[test]
fn every_kind_of_fact_that_goes_in_can_be_read_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut recorder = open(dir.path());
    for kind in Kind::ALL {
        let body = serde_json::json!({"clock_offset_ns": i64::MAX, "moved_ns": i64::MIN, "count": 7_u64});
        recorder.record(&Fact::read(kind.name(), body).unwrap(), &source(), Time(BEGIN)).unwrap();
    }
    recorder.flush(Time(BEGIN)).unwrap();
    assert_eq!(recorder.unreadable(), 0);
}

#[test]
fn the_same_finding_twice_is_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut recorder = open(dir.path());
    for _ in 0..2 {
        recorder.record(&finding(0, "a shell").into(), &source(), Time(BEGIN)).unwrap();
    }
    assert_eq!(recorder.flush(Time(BEGIN)).unwrap().repeated, 1);
    assert_eq!(stored(dir.path()).len(), 1);
}

#[test]
fn a_command_leaves_a_fact_for_the_process_that_writes() {
    let dir = tempfile::tempdir().unwrap();
    let mut recorder = open(dir.path());
    let folder = Folder::new(dir.path());
    let second = Recorder::open(&folder, Settings::default(), Time(BEGIN), &mut |_| {});
    assert!(matches!(second, Err(EvidenceError::Ledger(LedgerError::Locked { .. }))));

    let inbox = Inbox::new(folder.inbox());
    let ack =
        Acknowledgement { finding: finding(0, "").id, by: "ann".to_owned(), time: Time(BEGIN), ..Default::default() };
    inbox.leave(&ack.clone().into(), "0001").unwrap();
    std::fs::write(folder.inbox().join("0002.json"), "{\"kind\":\"ledger.created\",\"body\":{}}").unwrap();
    recorder.record(&finding(0, "a shell").into(), &source(), Time(BEGIN)).unwrap();
    recorder.flush(Time(BEGIN + 2 * SECOND)).unwrap();
    assert_eq!(recorder.refused(), 1);

    let store = Store::open(folder.store(), avouch_store::Options::default()).unwrap();
    let found = store.reader().unwrap().finding(&ack.finding).unwrap().unwrap();
    assert_eq!(found.acknowledged.unwrap().by, "ann");
    let left: Vec<_> = std::fs::read_dir(folder.inbox()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["0002.refused"]);
}

#[test]
fn a_ledger_that_went_back_behind_its_store_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::new(dir.path());
    let gap = Gap { from: Time(BEGIN), to: Time(BEGIN + 1), ..Gap::default() };
    let mut recorder = open(dir.path());
    recorder.record(&gap.clone().into(), &source(), Time(BEGIN)).unwrap();
    recorder.close(Time(BEGIN)).unwrap();
    let store = Store::open(folder.store(), avouch_store::Options::default()).unwrap();
    let facts = store.reader().unwrap().facts(Kind::Gap, Period::ALL).unwrap();
    assert_eq!(facts.iter().map(|f| f.fact.clone()).collect::<Vec<_>>(), [Fact::from(gap)]);

    // As after somebody put an older copy of the ledger in its place.
    std::fs::remove_dir_all(folder.ledger()).unwrap();
    open(dir.path());
    let old = tempfile::tempdir().unwrap();
    copy(&folder.ledger(), &old.path().join("ledger"));
    let mut recorder = open(dir.path());
    for n in 0..3 {
        recorder.record(&finding(n, "a shell").into(), &source(), Time(BEGIN)).unwrap();
    }
    recorder.close(Time(BEGIN)).unwrap();
    std::fs::remove_dir_all(folder.ledger()).unwrap();
    std::fs::rename(old.path().join("ledger"), folder.ledger()).unwrap();
    let result = Recorder::open(&folder, Settings::default(), Time(BEGIN), &mut |_| {});
    assert!(matches!(result, Err(EvidenceError::Ahead { .. })), "{result:?}");
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
