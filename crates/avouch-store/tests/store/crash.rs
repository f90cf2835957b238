//! What was acknowledged is there after a crash, and the rest comes from the ledger.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use avouch_store::{Options, Store};

use crate::samples::{answers, facts, records};
use crate::support::{ledger, store};

const DIR: &str = "AVOUCH_STORE_CRASH_DIR";
const BATCH: u64 = 40;
const BATCHES: u64 = 60;

/// Runs as a process of its own, which the other test kills.
#[test]
#[ignore = "started by another test"]
fn child() {
    let Ok(dir) = std::env::var(DIR) else { return };
    let mut writer = Store::open(dir, Options::default()).unwrap().writer().unwrap();
    let records = ledger("ledger-1", facts(0, BATCH * BATCHES));
    let from = writer.position("ledger-1").map_or(0, |p| p.seq as usize);
    for batch in records[from..].chunks(BATCH as usize) {
        writer.apply(batch).unwrap();
        println!("acked {}", batch.last().unwrap().seq);
    }
}

#[test]
fn a_killed_writer_loses_nothing_that_it_acknowledged_and_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store");
    let records = ledger("ledger-1", facts(0, BATCH * BATCHES));
    // Each child goes on where the one before was killed.
    for lines in [1, 3, 8, 2, 13] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::child", "--ignored", "--nocapture"])
            .env(DIR, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut acked = 0;
        let stdout = BufReader::new(child.stdout.take().unwrap());
        for line in stdout
            .lines()
            .map_while(Result::ok)
            .filter_map(|l| l.rsplit_once("acked ").map(|l| l.1.to_owned()))
            .take(lines)
        {
            acked = line.parse().unwrap();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(acked > 0, "the child acknowledged nothing");
        let store = Store::open(&path, Options::default()).unwrap();
        let position = store.writer().unwrap().position("ledger-1").cloned().unwrap();
        assert!(position.seq >= acked, "{} of {acked}", position.seq);
        assert_eq!(position.hash, records[position.seq as usize - 1].hash);
        let (_dir, expected) = crate::support::store_of(&records[..position.seq as usize]);
        // Files may be ahead of the position; the rest of the ledger makes both the same.
        store.writer().unwrap().apply(&records[..position.seq as usize + 1]).unwrap();
        expected.writer().unwrap().apply(&records[position.seq as usize..=position.seq as usize]).unwrap();
        if position.seq + BATCH < records.len() as u64 {
            let rest = &records[position.seq as usize + 1..(position.seq + BATCH) as usize];
            store.writer().unwrap().apply(rest).unwrap();
            expected.writer().unwrap().apply(rest).unwrap();
        }
        assert!(answers(&store) == answers(&expected));
    }
}

#[test]
fn files_that_committed_before_a_crash_pass_over_what_they_have() {
    let records = records();
    let (_dir, expected) = crate::support::store_of(&records);
    for cut in [17, 40, 100, 300] {
        let (dir, store) = store();
        let main = dir.path().join("store").join("1").join("main.db");
        store.writer().unwrap().apply(&records[..cut]).unwrap();
        let before = std::fs::read(&main).unwrap();
        store.writer().unwrap().apply(&records[cut..]).unwrap();
        // As if the machine had stopped after the period files committed and before the main file did.
        std::fs::write(&main, before).unwrap();
        let mut writer = store.writer().unwrap();
        assert_eq!(writer.position("ledger-1").unwrap().seq, cut as u64);
        for batch in records[cut..].chunks(30) {
            writer.apply(batch).unwrap();
        }
        drop(writer);
        assert!(answers(&store) == answers(&expected), "cut at {cut}");
    }
}

#[test]
fn damaged_files_give_answers_or_errors_and_end_nothing() {
    use avouch_store::{Ask, Column, Filter, Page, Period};
    let (dir, store) = crate::support::store_of(&records());
    let folder = dir.path().join("store").join("1");
    let mut errors = 0;
    for name in ["findings-2026-01.db", "main.db"] {
        let whole = std::fs::read(folder.join(name)).unwrap();
        for at in (100..whole.len()).step_by(whole.len() / 60) {
            let mut damaged = whole.clone();
            damaged[at] ^= 0xff;
            damaged[at + 1] ^= 0x55;
            std::fs::write(folder.join(name), damaged).unwrap();
            let Ok(mut reader) = store.reader() else {
                errors += 1;
                continue;
            };
            let ask = Ask { columns: Column::ALL, values: 10, step: Some(3_600_000_000_000) };
            let answered = [
                reader.findings(&Filter::default().text("etc"), Page::default()).is_ok(),
                reader.counts(&Filter::default(), ask).is_ok(),
                reader.stretches(Period::ALL).is_ok(),
                reader.rule_sets(Period::ALL).is_ok(),
                reader.criteria_by_day(Period::ALL).is_ok(),
            ];
            errors += answered.iter().filter(|ok| !**ok).count();
        }
        std::fs::write(folder.join(name), whole).unwrap();
    }
    assert!(errors > 0, "nothing was damaged");
}
