//! Commands, connections and file changes come back whole and are found.

use avouch_finding::{Command, Fact, Time, Who};
use avouch_store::{ActivityColumn, ActivityFilter, Order, Page, Period};

use crate::samples::facts;
use crate::support::{SECOND, ledger, store_of, time};

fn is_activity(fact: &Fact) -> bool {
    matches!(fact, Fact::Command(_) | Fact::Connection(_) | Fact::File(_))
}

#[test]
fn every_fact_comes_back_as_it_was() {
    let records = ledger("l", facts(0, 200));
    let (_dir, store) = store_of(&records);
    let page = Page { limit: 1000, order: Order::OldestFirst, after: None };
    let rows = store.reader().unwrap().activity(&ActivityFilter::default(), page).unwrap().rows;
    let expected: Vec<_> = records.iter().filter(|r| is_activity(&r.fact)).map(|r| (r.seq, r.fact.clone())).collect();
    assert_eq!(rows.into_iter().map(|a| (a.seq, a.fact)).collect::<Vec<_>>(), expected);
}

#[test]
fn values_that_are_too_long_for_a_dictionary_come_back_too() {
    let long = "x".repeat(5_000);
    let who = Who { exe: format!("/{long}"), user: "bob".into(), pod: long.clone(), ..Who::default() };
    let command =
        Command { time: Time(5), node: long.clone(), who, cmdline: format!("echo {long}"), ..Command::default() };
    let (_dir, store) = store_of(&ledger("l", [command.clone().into()]));
    let rows = store.reader().unwrap().activity(&ActivityFilter::default(), Page::default()).unwrap().rows;
    assert_eq!(rows[0].fact, command.into());
}

#[test]
fn activity_is_found_by_column_text_and_time() {
    let records = ledger("l", facts(0, 300));
    let (_dir, store) = store_of(&records);
    let mut reader = store.reader().unwrap();
    let mut found = |filter: ActivityFilter| -> Vec<u64> {
        let page = Page { limit: 1000, order: Order::OldestFirst, after: None };
        reader.activity(&filter, page).unwrap().rows.iter().map(|a| a.seq).collect()
    };
    let expected = |holds: &dyn Fn(&Fact) -> bool| -> Vec<u64> {
        records.iter().filter(|r| is_activity(&r.fact) && holds(&r.fact)).map(|r| r.seq).collect()
    };
    let all = ActivityFilter::default;
    let kind = |kind: &'static str| expected(&move |f| f.kind() == kind);
    assert_eq!(found(all().only(ActivityColumn::Kind, ["connection"])), kind("connection"));
    assert_eq!(
        found(all().text("192.0.2.7:443")),
        expected(&|f| matches!(f, Fact::Connection(c) if c.address == "192.0.2.7"))
    );
    assert_eq!(
        found(all().text("/etc/cron.d/job8")),
        expected(&|f| matches!(f, Fact::File(c) if c.path.contains("/job8")))
    );
    assert_eq!(
        found(all().text("/etc/cron.d job88")),
        expected(&|f| matches!(f, Fact::File(c) if c.path.ends_with("/job88")))
    );
    let user = |f: &Fact| match f {
        Fact::Command(c) => c.who.user.clone(),
        Fact::Connection(c) => c.who.user.clone(),
        Fact::File(c) => c.who.user.clone(),
        _ => String::new(),
    };
    let filter = all().only(ActivityColumn::User, ["user1"]).only(ActivityColumn::Pod, ["pod-1"]);
    assert_eq!(found(filter), expected(&|f| user(f) == "user1"));
    let night = Period::new(time("2026-01-31T00:00:00Z"), time("2026-01-31T06:00:00Z"));
    let at_night = expected(&|f| f.time().is_some_and(|t| night.contains(t)));
    assert!(!at_night.is_empty());
    assert_eq!(found(ActivityFilter::of(night)), at_night);
}

#[test]
fn what_happened_around_a_moment_on_a_node() {
    let command = |n: u64, node: &str| -> Fact {
        Command { time: Time(n * SECOND), node: node.into(), cmdline: format!("c{n}"), ..Command::default() }.into()
    };
    let facts = (0..20).map(|n| command(n, "n1")).chain((0..20).map(|n| command(n, "n2")));
    let (_dir, store) = store_of(&ledger("l", facts));
    let mut reader = store.reader().unwrap();
    let mut around = |at: u64, within: u64, most: usize| -> Vec<u64> {
        let rows = reader.activity_around("n1", Time(at), within, most).unwrap();
        assert!(rows.iter().all(|r| matches!(&r.fact, Fact::Command(c) if c.node == "n1")));
        rows.iter().map(|r| r.time.0 / SECOND).collect()
    };
    assert_eq!(around(10 * SECOND, 2 * SECOND, 10), [8, 9, 10, 11, 12]);
    assert_eq!(around(10 * SECOND, 9 * SECOND, 2), [8, 9, 10, 11]);
}
