//! A store that is made anew answers as the one that grew.

use avouch_store::{Error, Filter, Options, Page, Store};

use crate::samples::{answers, facts, few, records};
use crate::support::{finding, ledger, store, time};

#[test]
fn batches_of_any_size_and_a_rebuild_give_the_same_answers() {
    let records = records();
    let (_dir, whole) = store();
    whole.writer().unwrap().apply(&records).unwrap();
    let expected = answers(&whole);
    // A store that answers nothing would be the same every time.
    assert!(expected.contains("ACC-1") && expected.contains("cron.d") && expected.contains("digest-2"));
    for size in [1, 7, 64] {
        let (_dir, grown) = store();
        let mut writer = grown.writer().unwrap();
        for batch in records.chunks(size) {
            writer.apply(batch).unwrap();
        }
        drop(writer);
        assert!(answers(&grown) == expected, "batches of {size}");
        grown.rebuild(records.iter().cloned().map(Ok)).unwrap();
        assert!(answers(&grown) == expected, "rebuilt after batches of {size}");
        // And it goes on.
        let position = grown.writer().unwrap().position("ledger-1").cloned().unwrap();
        assert_eq!(position.seq, records.len() as u64);
    }
}

#[test]
fn a_reader_goes_over_to_the_new_files() {
    let (dir, store) = store();
    let old = finding("Old", time("2026-01-01T00:00:00Z"), 1);
    let new = finding("New", time("2026-01-01T00:00:00Z"), 1);
    store.writer().unwrap().apply(&ledger("l", [old.into()])).unwrap();
    let mut reader = store.reader().unwrap();
    let mut rules = || -> Vec<String> {
        let rows = reader.findings(&Filter::default(), Page::default()).unwrap().rows;
        rows.iter().map(|f| f.rule.to_string()).collect()
    };
    assert_eq!(rules(), ["Old"]);
    store.rebuild(ledger("l", [new.into()]).into_iter().map(Ok)).unwrap();
    assert_eq!(rules(), ["New"]);
    let generations =
        std::fs::read_dir(dir.path().join("store")).unwrap().filter(|e| e.as_ref().unwrap().path().is_dir());
    assert_eq!(generations.count(), 1);
}

#[test]
fn a_rebuild_that_fails_leaves_the_store_as_it_was() {
    let (dir, store) = store();
    store.writer().unwrap().apply(&ledger("l", few())).unwrap();
    let before = answers(&store);
    let broken = || Err(Error::Ledger { ledger: "l".into(), source: "gone".into() });
    let records = ledger("l", facts(0, 30)).into_iter().map(Ok).chain([broken()]);
    assert!(matches!(store.rebuild(records), Err(Error::Ledger { .. })));
    assert!(answers(&store) == before);
    let again = Store::open(dir.path().join("store"), Options::default()).unwrap();
    assert!(answers(&again) == before);
}
