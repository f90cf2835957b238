//! Findings go in and are found again.

use std::ops::ControlFlow;

use crate::support::{
    DAY, SECOND, ack, assignment, disposition, finding, ledger, note, observation, store, store_of, time,
};
use avouch_finding::{Decision, Delivery, Fact, Time};
use avouch_store::{Column, Error, Filter, Order, Page, Period, Record};

const NEW_YEAR: &str = "2026-01-01T00:00:00Z";

fn findings(n: u64) -> Vec<Fact> {
    let from = time(NEW_YEAR).0 - 5 * SECOND;
    (0..n).map(|i| finding("R", Time(from + i * SECOND), i).into()).collect()
}

#[test]
fn pages_go_on_where_the_one_before_ended_across_months_and_both_ways() {
    let (_dir, store) = store_of(&ledger("l", findings(11)));
    let mut reader = store.reader().unwrap();
    for order in [Order::NewestFirst, Order::OldestFirst] {
        let mut events = Vec::new();
        let mut page = Page { limit: 3, order, after: None };
        loop {
            let rows = reader.findings(&Filter::default(), page).unwrap();
            assert!(rows.rows.len() == 3 || rows.next.is_none());
            events.extend(rows.rows.iter().map(|f| f.event));
            match rows.next {
                Some(next) => page.after = Some(next.to_string().parse().unwrap()),
                None => break,
            }
        }
        let mut expected: Vec<u64> = (0..11).collect();
        if order == Order::NewestFirst {
            expected.reverse();
        }
        assert_eq!(events, expected);
    }
}

#[test]
fn a_finding_is_read_as_it_was_written() {
    let mut written = finding("Shell in container", time(NEW_YEAR), 7);
    written.cluster = "prod".into();
    written.lost_events = Some(3);
    written.slice = Some("s.scap".into());
    written.criteria_secondary = vec!["CC7.1".into()];
    let fields =
        serde_json::json!({"user.name": "bob", "proc.name": "sh", "proc.cmdline": "sh -c id", "k8s.pod.name": "p"});
    written.fields = fields.as_object().cloned().unwrap();
    let records = ledger("l", [written.clone().into()]);
    let (_dir, store) = store_of(&records);
    let read = store.reader().unwrap().finding(&written.id).unwrap().unwrap();
    assert_eq!(
        (read.id.as_str(), read.time, &*read.node, &*read.cluster),
        (&*written.id, written.time, "node-1", "prod")
    );
    assert_eq!((&*read.user, &*read.process, read.command.as_str(), &*read.pod), ("bob", "sh", "sh -c id", "p"));
    assert_eq!((read.lost_events, read.slice.as_deref()), (Some(3), Some("s.scap")));
    assert_eq!(read.classes.criteria_secondary, ["CC7.1"]);
    assert_eq!((read.severity, &*read.priority, read.output.as_str()), (written.severity, "Warning", &*written.output));
    assert_eq!((&*read.record.ledger, read.record.seq, read.record.hash), ("l", 1, records[0].hash));
    assert_eq!((read.acknowledged, read.decided, read.suppressed), (None, None, None));
    assert!(store.reader().unwrap().finding("no such id").unwrap().is_none());
}

#[test]
fn the_first_look_and_the_latest_decision_count_whenever_they_come() {
    let f = finding("R", time(NEW_YEAR), 1);
    let at = |s: u64| Time(f.time.0 + s * SECOND);
    let facts = vec![
        ack(&f.id, at(20), "early in the ledger"),
        f.clone().into(),
        ack(&f.id, at(10), "first"),
        ack(&f.id, at(30), "later"),
        disposition(&f.id, at(50), Decision::Benign),
        disposition(&f.id, at(40), Decision::True),
    ];
    // All at once, and one by one.
    for size in [6, 1] {
        let (_dir, store) = store();
        let mut writer = store.writer().unwrap();
        for batch in ledger("l", facts.clone()).chunks(size) {
            writer.apply(batch).unwrap();
        }
        let mut reader = store.reader().unwrap();
        let read = reader.finding(&f.id).unwrap().unwrap();
        let first = read.acknowledged.unwrap();
        assert_eq!((first.time, first.by.as_str()), (at(10), "first"));
        let decided = read.decided.unwrap();
        assert_eq!((decided.time, decided.decision, decided.incident.as_str()), (at(50), Decision::Benign, "I-1"));
        let benign = Filter::default().only(Column::Decision, ["benign"]).only(Column::Acknowledged, ["yes"]);
        assert_eq!(reader.findings(&benign, Page::default()).unwrap().rows.len(), 1);
        assert_eq!(reader.history(&f.id).unwrap().len(), 5);
    }
}

#[test]
fn the_latest_assignment_counts_notes_are_counted_and_all_is_in_the_history() {
    let (f, other) = (finding("R", time(NEW_YEAR), 1), finding("R", time(NEW_YEAR), 2));
    let at = |s: u64| Time(f.time.0 + s * SECOND);
    let delivery = |findings: &[&str]| -> Fact {
        let findings = findings.iter().map(|id| (*id).to_owned()).collect();
        Delivery { time: at(9), channel: "ops".into(), findings, count: 1, ..Delivery::default() }.into()
    };
    let facts = vec![
        note(&f.id, at(1), "before it came"),
        assignment(&f.id, at(30), "alice"),
        f.clone().into(),
        other.clone().into(),
        assignment(&f.id, at(20), "bob"),
        note(&f.id, at(2), "looks odd"),
        delivery(&[&f.id]),
        delivery(&[&f.id, &other.id]),
        assignment(&other.id, at(40), "alice"),
        assignment(&other.id, at(41), ""),
    ];
    for size in [facts.len(), 1] {
        let (_dir, store) = store();
        let mut writer = store.writer().unwrap();
        for batch in ledger("l", facts.clone()).chunks(size) {
            writer.apply(batch).unwrap();
        }
        let mut reader = store.reader().unwrap();
        let read = reader.finding(&f.id).unwrap().unwrap();
        let assigned = read.assigned.unwrap();
        assert_eq!((assigned.time, &*assigned.by, &*assigned.to), (at(30), "dora", "alice"));
        assert_eq!(read.notes, 2);
        let taken = reader.finding(&other.id).unwrap().unwrap();
        assert_eq!((taken.assigned.unwrap().to.as_str(), taken.notes), ("", 0));
        let mut of = |to: &str| {
            let rows = reader.findings(&Filter::default().only(Column::Assignee, [to]), Page::default()).unwrap().rows;
            rows.into_iter().map(|f| f.id).collect::<Vec<_>>()
        };
        assert_eq!((of("alice"), of(""), of("bob")), (vec![f.id.clone()], vec![other.id.clone()], vec![]));
        let kinds: Vec<_> = reader.history(&f.id).unwrap().iter().map(|f| f.fact.kind().to_owned()).collect();
        assert_eq!(kinds, ["note", "assignment", "assignment", "note", "delivery"]);
    }
}

#[test]
fn a_batch_that_is_given_again_changes_nothing_and_a_hole_is_an_error() {
    let mut facts = findings(4);
    facts.push(facts[0].clone());
    let records = ledger("l", facts);
    let (_dir, store) = store_of(&records[..3]);
    let mut writer = store.writer().unwrap();
    let applied = writer.apply(&records).unwrap();
    assert_eq!((applied.known, applied.new, applied.repeated), (3, 2, 1));
    assert_eq!(writer.position("l").unwrap().seq, 5);
    assert_eq!(writer.position("another"), None);
    let mut later = records[4].clone();
    later.seq = 7;
    let error = writer.apply(&[later]).unwrap_err();
    assert!(matches!(error, Error::Hole { after: 5, got: 7, .. }), "{error}");
    assert_eq!(store.reader().unwrap().findings(&Filter::default(), Page::default()).unwrap().rows.len(), 4);
}

#[test]
fn there_is_one_writer_and_readers_see_what_it_applied() {
    let (_dir, store) = store();
    let mut reader = store.reader().unwrap();
    let mut writer = store.writer().unwrap();
    assert!(matches!(store.writer(), Err(Error::Locked { .. })));
    let records = ledger("l", findings(8));
    for (n, record) in records.iter().enumerate() {
        writer.apply(std::slice::from_ref(record)).unwrap();
        assert_eq!(reader.findings(&Filter::default(), Page::default()).unwrap().rows.len(), n + 1);
        let fresh = reader.freshness(Period::ALL).unwrap();
        assert_eq!((fresh.ledgers[0].seq, fresh.last_fact()), (record.seq, record.fact.time()));
    }
    drop(writer);
    assert!(store.writer().is_ok());
}

#[test]
fn all_findings_of_a_period_come_in_order_of_time() {
    let mut facts = findings(11);
    facts.reverse();
    let (_dir, store) = store_of(&ledger("l", facts));
    let from = time(NEW_YEAR).0;
    let filter = Filter::of(Period::new(Time(from - 2 * SECOND), Time(from + 2 * SECOND)));
    let mut events = Vec::new();
    store
        .reader()
        .unwrap()
        .for_each_finding(&filter, &mut |f| {
            events.push(f.event);
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(events, [3, 4, 5, 6]);
}

#[test]
fn thousands_of_findings_of_one_nanosecond_are_all_kept_and_found_by_their_own_time() {
    let at = time(NEW_YEAR);
    let facts: Vec<Fact> = (0..5000).map(|i| finding("R", at, i).into()).collect();
    let (_dir, store) = store();
    let mut writer = store.writer().unwrap();
    for batch in ledger("l", facts).chunks(700) {
        writer.apply(batch).unwrap();
    }
    let mut reader = store.reader().unwrap();
    let mut count = |from: u64, to: u64| {
        let mut events = Vec::new();
        let filter = Filter::of(Period::new(Time(from), Time(to)));
        reader
            .for_each_finding(&filter, &mut |f| {
                assert_eq!(f.time, at);
                events.push(f.event);
                ControlFlow::Continue(())
            })
            .unwrap();
        assert!(events.is_sorted());
        events.len()
    };
    assert_eq!((count(0, at.0), count(at.0, at.0 + 1), count(at.0 + 1, u64::MAX)), (0, 5000, 0));
}

#[test]
fn a_stretch_begins_anew_with_each_day() {
    const DAY: u64 = 86_400_000_000_000;
    let (_dir, store) = store();
    let facts: Vec<Fact> = [(0, DAY / 2), (DAY / 2, DAY), (DAY, DAY + 5)]
        .into_iter()
        .map(|(a, b)| observation("n", a, b).into())
        .collect();
    store.writer().unwrap().apply(&ledger("l", facts)).unwrap();
    let all = store.reader().unwrap().stretches(Period::ALL).unwrap();
    let spans: Vec<(u64, u64)> = all.iter().map(|s| (s.observation.from.0, s.observation.to.0)).collect();
    assert_eq!(spans, [(0, DAY), (DAY, DAY + 5)]);
}

#[test]
fn adjoining_observations_are_one_stretch_and_those_with_losses_stay_apart() {
    let mut lossy = observation("n", 20, 30);
    lossy.lost.events = 2;
    let mut other = observation("n", 50, 60);
    other.rules = "digest-2".into();
    let facts: Vec<Fact> = [
        observation("n", 0, 10),
        observation("m", 0, 10),
        observation("n", 10, 20),
        lossy,
        observation("n", 30, 40),
        observation("n", 40, 50),
        other,
        observation("n", 61, 70),
    ]
    .into_iter()
    .map(Fact::from)
    .collect();
    for size in [1, 3, 8] {
        let (_dir, store) = store();
        let mut writer = store.writer().unwrap();
        for batch in ledger("l", facts.clone()).chunks(size) {
            writer.apply(batch).unwrap();
        }
        let all = store.reader().unwrap().stretches(Period::ALL).unwrap();
        let of_n: Vec<_> = all
            .iter()
            .filter(|s| s.observation.node == "n")
            .map(|s| {
                let o = &s.observation;
                (o.from.0, o.to.0, s.records, o.events, o.sources["syscall"].events, o.lost.events)
            })
            .collect();
        assert_eq!(
            of_n,
            [
                (0, 20, 2, 20, 20, 0),
                (20, 30, 1, 10, 10, 2),
                (30, 50, 2, 20, 20, 0),
                (50, 60, 1, 10, 10, 0),
                (61, 70, 1, 10, 10, 0),
            ]
        );
        let some = store.reader().unwrap().stretches(Period::new(Time(25), Time(30))).unwrap();
        assert_eq!(some.len(), 1);
    }
}

#[test]
fn times_beyond_2262_count_as_the_last_that_is_told_apart() {
    let records: Vec<Record> = ledger("l", [finding("R", Time(u64::MAX), 1).into(), finding("R", Time(DAY), 1).into()]);
    let (_dir, store) = store_of(&records);
    let rows = store.reader().unwrap().findings(&Filter::default(), Page::default()).unwrap().rows;
    assert_eq!(rows.iter().map(|f| f.time).collect::<Vec<_>>(), [Time(i64::MAX as u64 - 1), Time(DAY)]);
}
