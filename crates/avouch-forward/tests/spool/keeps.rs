//! Step by step.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use avouch_evidence::FactSink;
use avouch_finding::{Fact, Observation, Stop, Time};
use avouch_forward::{Most, Options, Spool, SpoolError, WireFact};

use crate::common::{command, drain, gap, sender, text, told_dropped};

#[test]
fn facts_come_in_the_order_they_were_told_whatever_their_row() {
    let dir = tempfile::tempdir().expect("a folder");
    let (mut spool, mut outbox, report) = Spool::open(dir.path(), Options::new(1 << 20), sender("a")).expect("opens");
    assert_eq!((report.waiting, report.runs, report.torn_bytes), (0, 0, 0));
    for n in 0..50 {
        let fact = if n % 3 == 0 { gap(&n.to_string()) } else { command(&n.to_string()) };
        assert_eq!(spool.record(&fact, Time(100 + n)).expect("records"), n + 1);
        if n == 20 {
            spool.flush(Time(100 + n)).expect("flushes");
        }
    }
    // Only what is safe is sent.
    let sent = outbox.next(Most { facts: 10, bytes: 1 << 20 }).expect("reads").expect("something waits");
    assert_eq!((sent.first, sent.last, sent.oldest), (1, 10, Time(100)));
    let again = outbox.next(Most { facts: 10, bytes: 1 << 20 }).expect("reads").expect("something waits");
    assert_eq!(again.body, sent.body);
    assert_eq!(outbox.acknowledge(&sent, 4).expect("forgets"), 4);
    let rest = drain(&mut outbox, Most { facts: 3, bytes: 1 << 20 });
    assert_eq!(rest.iter().map(|(_, f)| f.seq).collect::<Vec<_>>(), (5..=21).collect::<Vec<_>>());
    spool.flush(Time(200)).expect("flushes");
    let rest = drain(&mut outbox, Most::default());
    assert_eq!(rest.iter().map(|(_, f)| f.seq).collect::<Vec<_>>(), (22..=50).collect::<Vec<_>>());
    assert_eq!(
        rest.iter().map(|(_, f)| text(f)).collect::<Vec<_>>(),
        (21..50).map(|n| n.to_string()).collect::<Vec<_>>()
    );
    assert_eq!(Fact::read(&rest[0].1.kind, rest[0].1.body.clone()).expect("a fact"), gap("21"));
}

#[test]
fn bytes_bound_a_batch_and_one_fact_always_goes() {
    let dir = tempfile::tempdir().expect("a folder");
    let (mut spool, mut outbox, _) = Spool::open(dir.path(), Options::new(16 << 20), sender("a")).expect("opens");
    for _ in 0..3 {
        spool.record(&gap(&"x".repeat(100_000)), Time(1)).expect("records");
    }
    spool.flush(Time(1)).expect("flushes");
    for n in 1..=3 {
        let sent = outbox.next(Most { facts: 10, bytes: 1_000 }).expect("reads").expect("something waits");
        assert_eq!((sent.first, sent.last), (n, n));
        outbox.acknowledge(&sent, n).expect("forgets");
    }
}

#[test]
fn an_earlier_life_is_sent_first_and_remembered() {
    let dir = tempfile::tempdir().expect("a folder");
    let watched = Observation { from: Time(10), to: Time(20), node: "n1".into(), ..Observation::default() };
    for run in ["a", "b"] {
        let (mut spool, _outbox, _) = Spool::open(dir.path(), Options::new(1 << 20), sender(run)).expect("opens");
        spool.record(&gap(run), Time(1)).expect("records");
        spool.record(&watched.clone().into(), Time(1)).expect("records");
        if run == "b" {
            let stop = Stop { time: Time(21), node: "n1".into(), reason: "SIGTERM".into(), ..Stop::default() };
            spool.record(&stop.into(), Time(1)).expect("records");
        }
        spool.flush(Time(1)).expect("flushes");
    }
    let (mut spool, mut outbox, report) = Spool::open(dir.path(), Options::new(1 << 20), sender("c")).expect("opens");
    assert_eq!((report.waiting, report.runs, report.torn_bytes), (5, 2, 0));
    let last = report.memory.watched.expect("something was watched");
    assert_eq!((last.node.as_str(), last.to, last.stopped.as_deref()), ("n1", Time(20), Some("SIGTERM")));
    spool.record(&gap("c"), Time(1)).expect("records");
    spool.flush(Time(1)).expect("flushes");
    let all = drain(&mut outbox, Most::default());
    let runs: Vec<(&str, u64)> = all.iter().map(|(run, f)| (run.as_str(), f.seq)).collect();
    assert_eq!(runs, [("a", 1), ("a", 2), ("b", 1), ("b", 2), ("b", 3), ("c", 1)]);
}

#[test]
fn what_was_acknowledged_is_not_sent_by_the_next_life() {
    let dir = tempfile::tempdir().expect("a folder");
    {
        let (mut spool, mut outbox, _) = Spool::open(dir.path(), Options::new(1 << 20), sender("a")).expect("opens");
        for n in 0..9 {
            spool.record(&gap(&n.to_string()), Time(1)).expect("records");
        }
        spool.flush(Time(1)).expect("flushes");
        let sent = outbox.next(Most::default()).expect("reads").expect("something waits");
        outbox.acknowledge(&sent, 6).expect("forgets");
    }
    // The same name of a run, or none, must not hide facts: numbers count for one life.
    let (_spool, mut outbox, report) = Spool::open(dir.path(), Options::new(1 << 20), sender("b")).expect("opens");
    assert_eq!(report.waiting, 3);
    assert_eq!(drain(&mut outbox, Most::default()).iter().map(|(_, f)| f.seq).collect::<Vec<_>>(), [7, 8, 9]);
}

#[test]
fn one_process_at_a_time_and_only_its_owner_reads() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("spool");
    let first = Spool::open(&path, Options::new(1 << 20), sender("a")).expect("opens");
    assert!(matches!(Spool::open(&path, Options::new(1 << 20), sender("b")), Err(SpoolError::Locked { .. })));
    let (mut spool, outbox, _) = first;
    spool.record(&gap("x"), Time(1)).expect("records");
    spool.flush(Time(1)).expect("flushes");
    drop(spool);
    assert!(matches!(Spool::open(&path, Options::new(1 << 20), sender("b")), Err(SpoolError::Locked { .. })));
    drop(outbox);
    Spool::open(&path, Options::new(1 << 20), sender("b")).expect("opens");
    assert_eq!(fs::metadata(&path).expect("a folder").permissions().mode() & 0o777, 0o700);
    for file in fs::read_dir(&path).expect("lists") {
        let file = file.expect("a file");
        assert_eq!(file.metadata().expect("a file").permissions().mode() & 0o777, 0o600, "{file:?}");
    }
}

#[test]
fn no_secret_is_on_the_disk_in_clear() {
    let dir = tempfile::tempdir().expect("a folder");
    let (mut spool, mut outbox, _) = Spool::open(dir.path(), Options::new(1 << 20), sender("a")).expect("opens");
    spool.record(&command("mysql --password hunter2-is-the-word -h db"), Time(1)).expect("records");
    spool.flush(Time(1)).expect("flushes");
    for file in fs::read_dir(dir.path()).expect("lists") {
        let bytes = fs::read(file.expect("a file").path()).expect("reads");
        assert!(!bytes.windows(7).any(|w| w == b"hunter2"));
    }
    let all = drain(&mut outbox, Most::default());
    assert!(text(&all[0].1).starts_with("mysql --password [redacted:"), "{}", text(&all[0].1));
}

#[test]
fn what_no_ledger_takes_is_refused_and_nothing_else_is_lost() {
    let dir = tempfile::tempdir().expect("a folder");
    let (mut spool, mut outbox, _) = Spool::open(dir.path(), Options::new(64 << 20), sender("a")).expect("opens");
    let other = |kind: &str, body| Fact::Other { kind: kind.to_owned(), body };
    let mut deep = serde_json::json!({});
    for _ in 0..130 {
        deep = serde_json::json!({ "a": deep });
    }
    for bad in [
        other("ledger.created", serde_json::json!({})),
        other("Not a kind", serde_json::json!({})),
        other("list", serde_json::json!([])),
        other("deep", deep),
        gap(&"x".repeat(5 << 20)),
    ] {
        assert!(matches!(spool.record(&bad, Time(1)), Err(SpoolError::Unfit { .. })), "{}", bad.kind());
    }
    assert_eq!(spool.record(&gap("fine"), Time(1)).expect("records"), 1);
    spool.flush(Time(1)).expect("flushes");
    assert_eq!(drain(&mut outbox, Most::default()).len(), 1);
    assert!(matches!(Spool::open(dir.path(), Options::new(1), sender("bad \"name\"")), Err(SpoolError::Sender(_))));
}

#[test]
fn a_damaged_segment_is_told_and_the_rest_is_sent() {
    let dir = tempfile::tempdir().expect("a folder");
    let options = Options { bytes: 1 << 20, segment_bytes: 4 << 10 };
    {
        let (mut spool, _outbox, _) = Spool::open(dir.path(), options, sender("a")).expect("opens");
        for n in 0..200 {
            spool.record(&gap(&n.to_string()), Time(1_000 + n)).expect("records");
        }
        spool.flush(Time(2_000)).expect("flushes");
    }
    let path = dir.path().join("00000001-facts-00000002.seg");
    let mut bytes = fs::read(&path).expect("a second segment");
    let half = bytes.len() / 2;
    bytes[half] ^= 1;
    fs::write(&path, &bytes).expect("writes");
    let (mut spool, mut outbox, report) = Spool::open(dir.path(), options, sender("b")).expect("opens");
    assert!(report.torn_bytes > 0);
    spool.flush(Time(3_000)).expect("flushes");
    let all = drain(&mut outbox, Most::default());
    let first: Vec<u64> = all.iter().filter(|(run, _)| run == "a").map(|(_, f)| f.seq).collect();
    assert!(first.contains(&1) && first.contains(&200) && first.len() < 200);
    let told: Vec<&str> = all.iter().filter(|(run, _)| run == "b").map(|(_, f)| f.kind.as_str()).collect();
    assert_eq!(told, ["gap", "left_out"]);
}

#[test]
fn a_segment_that_goes_bad_while_it_waits_is_told() {
    let dir = tempfile::tempdir().expect("a folder");
    let options = Options { bytes: 1 << 20, segment_bytes: 4 << 10 };
    let (mut spool, mut outbox, _) = Spool::open(dir.path(), options, sender("a")).expect("opens");
    for n in 0..200 {
        spool.record(&gap(&n.to_string()), Time(1_000 + n)).expect("records");
    }
    spool.flush(Time(2_000)).expect("flushes");
    let path = dir.path().join("00000001-facts-00000002.seg");
    let mut bytes = fs::read(&path).expect("a second segment");
    let half = bytes.len() / 2;
    bytes[half] ^= 1;
    fs::write(&path, &bytes).expect("writes");
    let mut seen: Vec<WireFact> = drain(&mut outbox, Most::default()).into_iter().map(|(_, f)| f).collect();
    spool.flush(Time(3_000)).expect("flushes");
    seen.extend(drain(&mut outbox, Most::default()).into_iter().map(|(_, f)| f));
    let told = seen.iter().find(|f| f.kind == "left_out").expect("the loss is told");
    let lost = told.body["by_kind"]["unreadable"].as_u64().expect("a count");
    assert_eq!(outbox.standing().dropped, lost);
    let own = seen.iter().filter(|f| f.body["reason"].as_str().is_some_and(|r| r.parse::<u64>().is_ok())).count();
    assert_eq!(own as u64 + lost, 200);
}

#[test]
fn activity_goes_first_when_it_is_full_and_the_run_tells_of_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let options = Options { bytes: 64 << 10, segment_bytes: 8 << 10 };
    let (mut spool, mut outbox, _) = Spool::open(dir.path(), options, sender("a")).expect("opens");
    for n in 0..1_000u64 {
        spool.record(&command(&n.to_string()), Time(n)).expect("records");
        if n % 20 == 0 {
            spool.record(&gap(&n.to_string()), Time(n)).expect("records");
        }
        if n % 7 == 0 {
            spool.flush(Time(n)).expect("flushes");
        }
    }
    spool.flush(Time(1_000)).expect("flushes");
    assert!(outbox.standing().bytes <= (64 << 10) + 2_048, "{:?}", outbox.standing());
    let all: Vec<WireFact> = drain(&mut outbox, Most::default()).into_iter().map(|(_, f)| f).collect();
    let commands = all.iter().filter(|f| f.kind == "command").count() as u64;
    assert_eq!(all.iter().filter(|f| f.kind == "gap").count(), 50, "no finding or observation went");
    assert!(commands < 1_000);
    assert_eq!(told_dropped(&all), BTreeMap::from([("command".to_owned(), 1_000 - commands)]));
    // The newest are still there.
    assert!(all.iter().any(|f| text(f) == "999"));
}

#[test]
fn without_activity_the_oldest_of_the_rest_goes_and_makes_a_gap() {
    let dir = tempfile::tempdir().expect("a folder");
    let options = Options { bytes: 64 << 10, segment_bytes: 8 << 10 };
    let (mut spool, mut outbox, _) = Spool::open(dir.path(), options, sender("a")).expect("opens");
    let watched = |n: u64| -> Fact {
        Observation { from: Time(n), to: Time(n + 1), node: "n1".into(), ..Observation::default() }.into()
    };
    for n in 0..2_000u64 {
        spool.record(&watched(n), Time(n)).expect("records");
    }
    spool.flush(Time(2_000)).expect("flushes");
    let all: Vec<WireFact> = drain(&mut outbox, Most::default()).into_iter().map(|(_, f)| f).collect();
    let kept = all.iter().filter(|f| f.kind == "observation").count() as u64;
    // What a dropped fact said of losses, the next says again; gaps that were dropped are counted as gaps.
    assert_eq!(told_dropped(&all).get("observation"), Some(&(2_000 - kept)));
    assert!(all.iter().any(|f| f.kind == "gap"));
    assert!(kept > 50);
}

#[test]
fn what_cannot_be_kept_ends_no_run_and_is_told() {
    let dir = tempfile::tempdir().expect("a folder");
    let (spool, mut outbox, _) = Spool::open(dir.path(), Options::new(64 << 20), sender("a")).expect("opens");
    let mut sink: Box<dyn FactSink> = Box::new(spool);
    let source = sender("a").source();
    sink.record(&gap("before"), &source, Time(1)).expect("records");
    sink.record(&command(&"x".repeat(5 << 20)), &source, Time(2)).expect("counts");
    sink.record(&gap("after"), &source, Time(3)).expect("records");
    assert!(sink.record(&gap("x"), &sender("b").source(), Time(3)).is_err());
    sink.close(Time(4)).expect("ends");
    let all: Vec<WireFact> = drain(&mut outbox, Most::default()).into_iter().map(|(_, f)| f).collect();
    assert_eq!(all.iter().map(|f| f.kind.as_str()).collect::<Vec<_>>(), ["gap", "gap", "left_out"]);
    assert_eq!(told_dropped(&all), BTreeMap::from([("command".to_owned(), 1)]));
    assert_eq!(outbox.standing().dropped, 1);
}
