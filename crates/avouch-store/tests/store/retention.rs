//! Old files go, and it is said that they went.

use std::time::Duration;

use avouch_finding::{Fact, Kind, Time};
use avouch_store::{ActivityFilter, Filter, Keep, Page, Period, RetentionPolicy};

use crate::samples::{facts, few};
use crate::support::{DAY, finding, ledger, store, store_of, time};

fn days(n: u64) -> Option<Duration> {
    Some(Duration::from_secs(n * 86_400))
}

#[test]
fn files_whose_time_is_past_are_dropped_whole_and_the_loss_is_told() {
    let records = ledger("l", few().into_iter().chain(facts(0, 400)));
    let (_dir, store) = store_of(&records);
    let mut reader = store.reader().unwrap();
    let all = reader.count(&Filter::default()).unwrap();
    let february = time("2026-02-01T00:00:00Z");
    let old = Filter::of(Period::new(Time(0), february));
    let january = reader.count(&old).unwrap();
    assert!(january > 0 && january < all);
    let mut writer = store.writer().unwrap();
    let policy =
        RetentionPolicy { findings: Keep { max_age: days(10), max_bytes: None }, ..RetentionPolicy::default() };
    // The last moment of January is not yet ten days ago.
    assert_eq!(writer.retain(Time(february.0 + 10 * DAY - 1), policy).unwrap(), []);
    let now = Time(february.0 + 10 * DAY);
    let dropped = writer.retain(now, policy).unwrap();
    assert_eq!(dropped.len(), 1);
    assert_eq!((dropped[0].rows, dropped[0].what), (january, "findings"));
    assert_eq!(dropped[0].period.to, february);
    assert!(dropped[0].bytes > 0);

    assert_eq!(reader.count(&old).unwrap(), 0);
    assert_eq!(reader.count(&Filter::default()).unwrap(), all - january);
    let told = reader.freshness(Period::new(Time(0), Time(1 + time("2026-01-31T00:00:00Z").0))).unwrap().dropped;
    assert_eq!((told.len(), told[0].rows, told[0].at), (1, january, now));
    assert_eq!(reader.freshness(Period::new(february, Time(u64::MAX))).unwrap().dropped, []);
    // What was watched, what is few and the position stay, and a batch that is given again brings nothing back.
    assert_eq!(reader.facts(Kind::Gap, Period::ALL).unwrap().len(), 1);
    assert!(!reader.stretches(Period::ALL).unwrap().is_empty());
    assert_eq!(writer.apply(&records).unwrap().known, records.len());
    assert_eq!(reader.count(&old).unwrap(), 0);
}

#[test]
fn the_oldest_days_go_until_the_rest_is_small_enough_and_the_latest_stays() {
    let (_dir, store) = store_of(&ledger("l", facts(0, 400)));
    let mut reader = store.reader().unwrap();
    let page = Page { limit: 1000, ..Page::default() };
    let before = reader.activity(&ActivityFilter::default(), page).unwrap().rows.len() as u64;
    let mut writer = store.writer().unwrap();
    let keep = |max_bytes| RetentionPolicy {
        activity: Keep { max_age: None, max_bytes: Some(max_bytes) },
        ..RetentionPolicy::default()
    };
    assert_eq!(writer.retain(Time(0), keep(u64::MAX)).unwrap(), []);
    let dropped = writer.retain(Time(0), keep(1)).unwrap();
    assert!(dropped.len() > 2 && dropped.iter().all(|d| d.what == "activity"));
    assert!(dropped.windows(2).all(|d| d[0].period.to <= d[1].period.from));
    let rows: u64 = dropped.iter().map(|d| d.rows).sum();
    let after = reader.activity(&ActivityFilter::default(), page).unwrap().rows;
    assert_eq!(after.len() as u64 + rows, before);
    assert!(!after.is_empty() && after.iter().all(|a| a.time >= dropped[dropped.len() - 1].period.to));
}

#[test]
fn a_late_finding_of_a_dropped_month_is_kept_until_the_next_time() {
    let (_dir, store) = store();
    let mut writer = store.writer().unwrap();
    let old = time("2025-03-05T00:00:00Z");
    let facts: Vec<Fact> = vec![
        finding("R", old, 1).into(),
        finding("R", time("2026-01-01T00:00:00Z"), 2).into(),
        finding("R", old, 3).into(),
    ];
    let records = ledger("l", facts);
    let mut reader = store.reader().unwrap();
    let policy =
        RetentionPolicy { findings: Keep { max_age: days(30), max_bytes: None }, ..RetentionPolicy::default() };
    let mut events = Vec::new();
    for record in &records {
        writer.apply(std::slice::from_ref(record)).unwrap();
        let rows = reader.findings(&Filter::default(), Page::default()).unwrap().rows;
        events.push(rows.iter().map(|f| f.event).collect::<Vec<_>>());
        if record.seq == 2 {
            assert_eq!(writer.retain(time("2026-01-01T00:00:00Z"), policy).unwrap().len(), 1);
        }
    }
    assert_eq!(events, [vec![1], vec![2, 1], vec![2, 3]]);
    assert_eq!(writer.retain(time("2026-01-01T00:00:00Z"), policy).unwrap()[0].rows, 1);
    assert_eq!(reader.freshness(Period::ALL).unwrap().dropped[0].rows, 2);
}
