//! Stores of earlier versions are opened, upgraded, and answer as a store that is made today.

use std::fs;
use std::path::{Path, PathBuf};

use avouch_store::{Error, Options, Store};

use crate::samples::{answers, facts, records};
use crate::support::{ledger, store, store_of};

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

#[test]
fn samples_of_every_version_answer_as_a_store_of_today_and_go_on() {
    let (_dir, today) = store_of(&records());
    let expected = answers(&today);
    let more = ledger("ledger-1", crate::samples::few().into_iter().chain(facts(0, 500)));
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
