use std::{fs, path::Path};

use avouch_ledger::{Draft, Ledger, OpenReport, Options, Source, Time, Trust, verify_dir};
use serde_json::{Value, json};

/// A second of the tests' clock.
pub(crate) const SECOND: u64 = 1_000_000_000;
pub(crate) const START: u64 = 1_795_000_000 * SECOND;

pub(crate) fn at(second: u64) -> Time {
    Time(START + second * SECOND)
}

pub(crate) fn source(name: &str) -> Source {
    Source { name: name.into(), run: "boot-1".into() }
}

/// A folder in memory where there is one, for tests that open a ledger thousands of times.
pub(crate) fn fast_dir() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

pub(crate) fn draft(name: &str, body: Value) -> Draft {
    Draft { time: at(1), source: source(name), source_seq: None, kind: "finding".into(), body }
}

pub(crate) fn open(dir: &Path) -> (Ledger, OpenReport) {
    Ledger::open(dir, Options::default(), at(0)).unwrap()
}

/// Appends `count` records that hold a number and some text.
pub(crate) fn fill(ledger: &mut Ledger, count: u64) {
    for n in 0..count {
        ledger.append(draft("node-1", json!({"n": n, "text": "a line of text"}))).unwrap();
    }
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Verifies against the key of `ledger`.
pub(crate) fn verify(dir: &Path, ledger: &Ledger) -> avouch_ledger::Report {
    verify_dir(dir, &Trust { keys: vec![ledger.public_key()], ..Trust::default() }).unwrap()
}

/// Bodies of the records of a kind.
pub(crate) fn of_kind(dir: &Path, kind: &str) -> Vec<Value> {
    let reader = avouch_ledger::Reader::open(dir).unwrap();
    let mut records = reader.records(1);
    let mut found = Vec::new();
    while let Some(entry) = records.next().unwrap() {
        if entry.record.kind == kind {
            found.push(serde_json::from_str(entry.record.body).unwrap());
        }
    }
    found
}
