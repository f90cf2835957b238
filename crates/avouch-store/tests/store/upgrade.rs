//! Stores of earlier versions are opened, upgraded, and answer as a store that is made today.

use std::fs;
use std::path::{Path, PathBuf};

use avouch_finding::{Fact, Time};
use avouch_store::{Column, Error, Filter, Options, Page, Store};

use crate::samples::{answers, facts, records};
use crate::support::{DAY, assignment, ledger, note, store, store_of};

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// How samples are made, once for each version, before the version after it: `AVOUCH_STORE_SAMPLE=v1 cargo test -p avouch-store --test store
/// write_a_sample -- --ignored`.
#[test]
#[ignore = "writes a sample of the current version"]
fn write_a_sample() {
    let name = std::env::var("AVOUCH_STORE_SAMPLE").unwrap();
    let dir = samples().join(name);
    assert!(!dir.exists(), "a sample is never written again");
    Store::open(&dir, Options::default()).unwrap().writer().unwrap().apply(&records()).unwrap();
    fs::remove_file(dir.join("writer.lock")).unwrap();
}

fn findings(facts: &[Fact]) -> Vec<String> {
    let id = |fact: &Fact| match fact {
        Fact::Finding(f) => Some(f.id.clone()),
        _ => None,
    };
    facts.iter().filter_map(id).collect()
}

#[test]
fn what_version_2_met_and_did_not_know_counts_after_the_upgrade() {
    let dir = tempfile::tempdir().unwrap();
    copy(&samples().join("v2"), dir.path());
    let id = findings(&facts(0, 400)).swap_remove(20);
    // As a program of version 2 kept kinds that it did not know: under the time of the record, of no finding.
    let met = [assignment(&id, Time(DAY), "bob"), note(&id, Time(DAY), "seen"), assignment(&id, Time(1), "eve")];
    let main = rusqlite::Connection::open(dir.path().join("1").join("main.db")).unwrap();
    let seq = records().len() as i64;
    for (n, fact) in (1..).zip(met) {
        let row = (seq + n, [7_u8; 32].as_slice(), 5, fact.kind().to_owned(), 5, fact.body().unwrap().to_string());
        main.execute(
            "INSERT INTO fact (ledger, seq, hash, recorded, kind, begins, ends, body) VALUES (1, ?1, ?2, ?3, ?4, ?5, ?5, ?6)",
            row,
        )
        .unwrap();
    }
    main.execute("UPDATE ledger SET seq = ?1", [seq + 3]).unwrap();
    drop(main);
    let store = Store::open(dir.path(), Options::default()).unwrap();
    let mut reader = store.reader().unwrap();
    let bobs = reader.findings(&Filter::default().only(Column::Assignee, ["bob"]), Page::default()).unwrap().rows;
    assert_eq!(bobs.len(), 1);
    assert_eq!((&bobs[0].id, bobs[0].assigned.as_ref().unwrap().time, bobs[0].notes), (&id, Time(DAY), 1));
    let history = reader.history(&id).unwrap();
    assert_eq!(history.iter().filter(|f| ["assignment", "note"].contains(&f.fact.kind())).count(), 3);
    let day = avouch_store::Period::new(Time(DAY), Time(DAY + 1));
    assert_eq!(reader.facts(avouch_finding::Kind::Assignment, day).unwrap().len(), 1);
}

#[test]
fn samples_of_every_version_answer_as_a_store_of_today_and_go_on() {
    let (_dir, today) = store_of(&records());
    let expected = answers(&today);
    // Among what comes later, somebody takes on findings that the sample has.
    let some = findings(&facts(0, 400)).into_iter().step_by(7);
    let later = some.flat_map(|id| [assignment(&id, Time(DAY), "bob"), note(&id, Time(DAY), "seen")]);
    let later = later.chain(facts(400, 500));
    let more = ledger("ledger-1", crate::samples::few().into_iter().chain(facts(0, 400)).chain(later));
    today.writer().unwrap().apply(&more).unwrap();
    let expected_later = answers(&today);
    let mut versions: Vec<_> =
        fs::read_dir(samples()).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()).collect();
    versions.sort();
    assert!(!versions.is_empty());
    for version in versions {
        let dir = tempfile::tempdir().unwrap();
        copy(&version, dir.path());
        let store = Store::open(dir.path(), Options::default()).unwrap();
        assert!(answers(&store) == expected, "{}", version.display());
        store.writer().unwrap().apply(&more).unwrap();
        assert!(answers(&store) == expected_later, "{}, later", version.display());
    }
}

#[test]
fn a_store_of_a_later_version_is_refused_and_left_alone() {
    let (dir, store) = store();
    let main = dir.path().join("store").join("1").join("main.db");
    let mut bytes = fs::read(&main).unwrap();
    // `user_version` of SQLite's header, big-endian.
    bytes[60..64].copy_from_slice(&99_u32.to_be_bytes());
    fs::write(&main, &bytes).unwrap();
    let refused = Store::open(store.dir(), Options::default()).unwrap_err();
    assert!(matches!(refused, Error::Newer { found: 99, .. }), "{refused}");
    assert!(matches!(store.reader().unwrap_err(), Error::Newer { found: 99, .. }));
    assert_eq!(fs::read(&main).unwrap(), bytes);
}
