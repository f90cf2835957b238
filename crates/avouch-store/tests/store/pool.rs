//! Many ask at once while somebody writes, and some go away before they are answered.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use avouch_finding::{Fact, Time};
use avouch_store::{Ask, Column, Error, Filter, GroupOrder, Page, Reader, ReaderPool, Result, Stop};

use crate::support::{SECOND, finding, ledger, store, store_of, time};

fn findings(n: u64) -> Vec<Fact> {
    let begin = time("2026-01-31T23:00:00Z").0;
    (0..n).map(|i| finding(&format!("Rule {}", i % 3), Time(begin + i * SECOND), i).into()).collect()
}

/// Asks in three ways that have to agree as far as nothing was added between them.
fn agree(reader: &mut Reader) -> Result<u64> {
    let everything = Filter::default();
    let before = reader.count(&everything)?;
    let ask = Ask { columns: &[Column::Rule], values: 10, step: Some(3600 * SECOND) };
    let counts = reader.counts(&everything, ask)?;
    let groups = reader.groups(&everything, &[Column::Rule], GroupOrder::Most, 10)?;
    assert_eq!(counts.facets[0].values.iter().map(|v| v.count).sum::<u64>(), counts.count);
    assert_eq!(groups.groups.iter().map(|g| g.count).sum::<u64>(), groups.count);
    assert!(before <= counts.count && counts.count <= groups.count);
    let page = reader.findings(&everything, Page { limit: 10, ..Page::default() })?;
    assert!(page.rows.iter().is_sorted_by(|a, b| a.time >= b.time));
    Ok(groups.count)
}

#[test]
fn many_ask_while_one_writes_and_no_more_at_once_than_the_pool_has() {
    const ALL: u64 = 6_000;
    let (_dir, store) = store();
    let mut writer = store.writer().unwrap();
    let pool = ReaderPool::new(store, 2);
    let (done, now, most) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..5 {
            scope.spawn(|| {
                let mut seen = 0;
                while !done.load(Ordering::SeqCst) {
                    let count = pool.ask(&Stop::default(), |reader| {
                        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        let count = agree(reader);
                        now.fetch_sub(1, Ordering::SeqCst);
                        count
                    });
                    let count = count.unwrap();
                    assert!(seen <= count && count <= ALL);
                    seen = count;
                }
            });
        }
        for batch in ledger("l", findings(ALL)).chunks(200) {
            writer.apply(batch).unwrap();
        }
        done.store(true, Ordering::SeqCst);
    });
    assert!(most.load(Ordering::SeqCst) <= 2);
    assert_eq!(pool.ask(&Stop::default(), agree).unwrap(), ALL);
}

#[test]
fn a_question_is_ended_while_it_is_answered_and_the_next_one_is_not() {
    let (_dir, store) = store_of(&ledger("l", findings(9_000)));
    let pool = ReaderPool::new(store, 1);
    let stop = Stop::default();
    let mut seen = 0;
    let ended: Result<()> = pool.ask(&stop, |reader| {
        reader.for_each_finding(&Filter::default(), &mut |_| {
            seen += 1;
            if seen == 3 {
                stop.stop();
            }
            ControlFlow::Continue(())
        })
    });
    assert!(matches!(ended, Err(Error::Stopped)));
    assert!(seen < 9_000);
    let asked = [
        pool.ask(&stop, |reader| {
            reader.counts(&Filter::default(), Ask { columns: &[Column::Rule], ..Ask::default() }).map(drop)
        }),
        pool.ask(&stop, |reader| reader.findings(&Filter::default().text("matched"), Page::default()).map(drop)),
        pool.ask(&stop, |reader| reader.groups(&Filter::default(), &[], GroupOrder::Most, 1).map(drop)),
    ];
    assert!(asked.iter().all(|answer| matches!(answer, Err(Error::Stopped))));
    assert_eq!(pool.ask(&Stop::default(), |reader| reader.count(&Filter::default().text("matched"))).unwrap(), 9_000);
}

#[test]
fn whoever_waits_for_a_reader_can_go_away() {
    let (_dir, store) = store();
    let pool = ReaderPool::new(store, 1);
    let (stop, waits) = (Stop::default(), AtomicBool::new(false));
    thread::scope(|scope| {
        let held: Result<()> = pool.ask(&Stop::default(), |_| {
            let waiting = scope.spawn(|| {
                waits.store(true, Ordering::SeqCst);
                pool.ask(&stop, |reader| reader.count(&Filter::default()))
            });
            while !waits.load(Ordering::SeqCst) {
                thread::yield_now();
            }
            stop.stop();
            assert!(matches!(waiting.join().unwrap(), Err(Error::Stopped)));
            Ok(())
        });
        held.unwrap();
    });
}

#[test]
fn a_question_that_fails_or_panics_takes_no_reader_away() {
    let (_dir, store) = store_of(&ledger("l", findings(10)));
    let pool = ReaderPool::new(store, 1);
    let failed: Result<u64> = pool.ask(&Stop::default(), |reader| {
        let too_many = Page { limit: usize::MAX, ..Page::default() };
        reader.findings(&Filter::default(), too_many).map(|rows| rows.rows.len() as u64)
    });
    assert!(matches!(failed, Err(Error::Limit { .. })));
    thread::scope(|scope| {
        let panics = scope.spawn(|| pool.ask::<u64, Error>(&Stop::default(), |_| panic!("on purpose")));
        assert!(panics.join().is_err());
    });
    assert_eq!(pool.ask(&Stop::default(), |reader| reader.count(&Filter::default())).unwrap(), 10);
}
