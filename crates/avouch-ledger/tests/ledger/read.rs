use avouch_ledger::{Ledger, Options, Reader};

use crate::common::{at, fill, open};

fn seqs(reader: &Reader, from: u64) -> Vec<u64> {
    let mut records = reader.records(from);
    let mut seqs = Vec::new();
    while let Some(entry) = records.next().unwrap() {
        seqs.push(entry.record.seq);
    }
    seqs
}

#[test]
fn records_are_read_from_any_number_on_across_segments() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { segment_bytes: 2000, ..Options::default() };
    let (mut ledger, _) = Ledger::open(dir.path(), options, at(0)).unwrap();
    for second in 1..=5 {
        fill(&mut ledger, 8);
        ledger.sync(at(second)).unwrap();
    }
    let last = ledger.last_seq();
    let reader = Reader::open(dir.path()).unwrap();
    for from in 1..=last + 1 {
        assert_eq!(seqs(&reader, from), (from..=last).collect::<Vec<_>>());
        let line = reader.read_at(from).unwrap();
        assert_eq!(line.is_some(), from <= last);
        let named = format!(",\"seq\":{from},");
        assert!(line.is_none_or(|line| String::from_utf8(line).unwrap().contains(&named)));
    }
    assert_eq!(reader.first_seq(), 1);
}

#[test]
fn a_reader_sees_what_was_written_since_once_it_looks_again() {
    let dir = tempfile::tempdir().unwrap();
    let (mut ledger, _) = open(dir.path());
    let mut reader = Reader::open(dir.path()).unwrap();
    fill(&mut ledger, 3);
    ledger.seal(at(1)).unwrap();
    ledger.packed().unwrap();
    assert_eq!(seqs(&reader, 1), [1, 2, 3, 4]);
    reader.refresh().unwrap();
    assert_eq!(seqs(&reader, 1), [1, 2, 3, 4, 5]);
    fill(&mut ledger, 1);
    ledger.sync(at(2)).unwrap();
    assert_eq!(seqs(&reader, 5), [5, 6]);
}
