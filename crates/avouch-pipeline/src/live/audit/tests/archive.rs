//! The archive: what comes out is what went in, once, without secrets, whatever is killed.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use avouch_redact::Redactor;

use super::*;
use crate::judge::{Detection, Sink};
use crate::replay::{Replay, ReplayOptions};

fn redactor() -> Redactor {
    Redactor::new([7; 32])
}

fn open(folder: &Path) -> Archive {
    Archive::open(ArchiveOptions::new(folder.to_owned()), redactor()).unwrap()
}

fn kept(n: u64) -> Kept {
    let record = event(&n.to_string(), "eve", "get", at(n)).into_bytes();
    Kept { source: "k8s_audit", node: "prod-api".into(), time: at(n), record }
}

/// Numbers of the messages that a replay of these files gives.
#[derive(Default)]
struct Count(u64);

impl Sink for Count {
    fn detection(&mut self, _: &Detection<'_>) {
        self.0 += 1;
    }
}

/// Records and detections of all files, read as any input is.
fn replayed(files: &[PathBuf]) -> (u64, u64) {
    let rules = rules(SECRETS);
    let mut replay = Replay::new(&rules, ReplayOptions::default());
    let mut count = Count::default();
    for file in files {
        replay.run(&mut crate::Input::open(file).unwrap(), &mut count).unwrap();
    }
    assert_eq!(replay.summary().all_losses().len(), 0, "{:?}", replay.summary().all_losses());
    (replay.summary().events, count.0)
}

fn all(archive: &Archive) -> Vec<PathBuf> {
    archive.list(Time(0), Time(u64::MAX)).unwrap()
}

#[test]
fn records_come_out_as_they_went_in_by_hour_and_lane() {
    let dir = tempfile::tempdir().unwrap();
    let mut archive = open(dir.path());
    let mut judge = judge();
    let events: Vec<String> = (0..120).map(|n| event(&n.to_string(), "eve", "get", at(n * 60))).collect();
    let taken = take(&mut judge, &prod(), "w", list(&events).as_bytes(), at(7_200));
    archive.append(&taken.kept, at(7_200));
    let calls = format!("{{\"Records\":[{}]}}", call("1", "111122223333", at(0)));
    let taken = take(&mut judge, &trail(), "x", calls.as_bytes(), at(7_201));
    archive.append(&taken.kept, at(7_201));
    assert_eq!(all(&archive).len(), 0, "they wait");
    archive.tick(at(7_259));
    assert_eq!(all(&archive).len(), 0);
    archive.tick(at(7_260));
    let names: Vec<String> =
        all(&archive).iter().map(|p| p.strip_prefix(dir.path()).unwrap().display().to_string()).collect();
    assert_eq!(
        names,
        [
            "aws_cloudtrail/111122223333/2026-11-26T10.jsonl.gz",
            "k8s_audit/prod-api/2026-11-26T10.jsonl.gz",
            "k8s_audit/prod-api/2026-11-26T11.jsonl.gz"
        ]
    );
    assert_eq!(replayed(&all(&archive)), (121, 121));
    assert_eq!(archive.counts().records, 121);
    // The period is half-open, hours whole.
    let listed = |from, to| archive.list(at(from), at(to)).unwrap().len();
    assert_eq!((listed(0, 3_600), listed(3_599, 3_601), listed(3_600, 9_000), listed(5, 5)), (2, 3, 1, 0));
    // Found by whoever looks at the folder alone.
    assert_eq!(crate::input::expand(&[dir.path().to_owned()]).unwrap(), all(&archive));
}

#[test]
fn secrets_do_not_stay() {
    let dir = tempfile::tempdir().unwrap();
    let mut archive = open(dir.path());
    let secret = "ghp_0123456789abcdefghijABCDEFGHIJ012345";
    let with = event("1", "eve", "get", at(0))
        .replace("\"level\"", &format!("\"x\":{{\"password\":\"hunter2!\",\"t\":\"{secret}\"}},\"level\""));
    // One that cannot be parsed strictly, and names a secret: a lone surrogate.
    let odd = event("2", "eve", "get", at(1)).replace("\"level\"", "\"x\":{\"password\":\"\\ud800\"},\"level\"");
    let mut judge = judge();
    let taken = take(&mut judge, &prod(), "w", list(&[with, odd]).as_bytes(), at(2));
    assert_eq!(taken.records, 2);
    archive.append(&taken.kept, at(2));
    let waiting = fs::read_to_string(dir.path().join("k8s_audit/prod-api/open.part")).unwrap();
    assert!(!waiting.contains(secret) && !waiting.contains("hunter2!"), "{waiting}");
    archive.flush(at(3));
    assert_eq!(replayed(&all(&archive)), (1, 1));
    let counts = archive.counts();
    assert_eq!((counts.records, counts.not_redacted), (1, 1));
    assert!(counts.secrets >= 2, "{counts:?}");
}

#[test]
fn pretty_records_become_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let mut archive = open(dir.path());
    let value: serde_json::Value = serde_json::from_str(&event("1", "eve", "get", at(0))).unwrap();
    let record = serde_json::to_vec_pretty(&value).unwrap();
    archive.append(&[Kept { record, ..kept(0) }], at(1));
    archive.flush(at(2));
    assert_eq!(replayed(&all(&archive)), (1, 1));
}

/// Stops at every point of the step that moves waiting records to their hours.
#[test]
fn a_crash_neither_loses_nor_doubles() {
    for stop in 0..6 {
        let dir = tempfile::tempdir().unwrap();
        let lane = dir.path().join("k8s_audit/prod-api");
        let (hour, part, journal) =
            (lane.join("2026-11-26T10.jsonl.gz"), lane.join("open.part"), lane.join("journal.json"));
        let mut archive = open(dir.path());
        archive.append(&[kept(0), kept(1)], at(1));
        archive.flush(at(2));
        let before = fs::metadata(&hour).unwrap().len();
        archive.append(&[kept(2), kept(3), kept(4)], at(3));
        let waiting = fs::read(&part).unwrap();
        if stop > 0 {
            archive.flush(at(4));
        }
        let note = format!("{{\"2026-11-26T10.jsonl.gz\":{before}}}");
        let put_back = || {
            fs::write(&part, &waiting).unwrap();
            fs::write(&journal, &note).unwrap();
        };
        match stop {
            // Killed before the step, and right after it.
            0 | 1 => {}
            // After all was appended, before `open.part` went.
            2 => put_back(),
            // In the middle of what is appended, and before it.
            3 | 4 => {
                put_back();
                let length = if stop == 3 { before + 20 } else { before };
                fs::OpenOptions::new().write(true).open(&hour).unwrap().set_len(length).unwrap();
            }
            // After `open.part` went, before the journal did.
            _ => fs::write(&journal, &note).unwrap(),
        }
        drop(archive);
        let archive = open(dir.path());
        assert_eq!(replayed(&all(&archive)), (5, 5), "stopped at {stop}");
        assert!(!part.exists() && !journal.exists());
        assert_eq!(archive.counts().cut_off, 0);
    }
}

#[test]
fn a_line_that_was_cut_off_is_counted_and_loses_only_itself() {
    let dir = tempfile::tempdir().unwrap();
    let mut archive = open(dir.path());
    archive.append(&[kept(0), kept(1)], at(1));
    drop(archive);
    let part = dir.path().join("k8s_audit/prod-api/open.part");
    let length = fs::metadata(&part).unwrap().len();
    fs::OpenOptions::new().write(true).open(&part).unwrap().set_len(length - 10).unwrap();
    let archive = open(dir.path());
    assert_eq!((replayed(&all(&archive)), archive.counts().cut_off), ((1, 1), 1));
    // A file of garbage is no reason not to start.
    fs::File::create(&part).unwrap().write_all(&[0; 5_000]).unwrap();
    fs::write(dir.path().join("k8s_audit/prod-api/journal.json"), "{\"../../x\": 0, ").unwrap();
    let archive = open(dir.path());
    assert_eq!((replayed(&all(&archive)), archive.counts().cut_off), ((1, 1), 1));
}

#[test]
fn the_oldest_hours_make_room() {
    let dir = tempfile::tempdir().unwrap();
    let options = ArchiveOptions { bytes: 700, ..ArchiveOptions::new(dir.path().to_owned()) };
    let mut archive = Archive::open(options, redactor()).unwrap();
    for hour in 0..6 {
        archive.append(&[kept(hour * 3_600)], at(hour * 3_600));
        archive.flush(at(hour * 3_600 + 1));
    }
    let left = all(&archive);
    let bytes: u64 = left.iter().map(|f| fs::metadata(f).unwrap().len()).sum();
    assert!(bytes <= 700 && !left.is_empty(), "{bytes}");
    assert!(left.last().unwrap().ends_with("2026-11-26T15.jsonl.gz"), "{left:?}");
    let counts = archive.counts();
    assert_eq!(counts.removed_files as usize + left.len(), 6);
    assert!(counts.removed_bytes > 0);
}

#[test]
fn what_cannot_be_written_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    let mut archive = open(dir.path());
    // Where the folder of the source should be stands a file.
    fs::write(dir.path().join("k8s_audit"), "").unwrap();
    archive.append(&[kept(0), kept(1)], at(1));
    assert_eq!((archive.counts().records, archive.counts().not_written), (0, 2));
}

#[test]
fn names_of_nodes_stay_inside_the_folder() {
    let dir = tempfile::tempdir().unwrap();
    let mut archive = open(&dir.path().join("archive"));
    for node in ["../../etc", "", "a/b", "prod api", &"x".repeat(900)] {
        archive.append(&[Kept { node: node.into(), ..kept(0) }], at(1));
    }
    archive.flush(at(2));
    assert_eq!(archive.counts().not_written, 0);
    assert_eq!(all(&archive).len(), 5);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}
