//! Facts that are few, by kind and time.

use avouch_finding::{Fact, Gap, Kind, RulesLoaded, Time};
use avouch_store::Period;

use crate::samples::few;
use crate::support::{ledger, store_of};

#[test]
fn every_kind_comes_back_in_order_of_the_ledger() {
    let records = ledger("l", few());
    let (_dir, store) = store_of(&records);
    let mut reader = store.reader().unwrap();
    let mut found = Vec::new();
    for kind in Kind::ALL {
        found.extend(reader.facts(*kind, Period::ALL).unwrap());
    }
    found.extend(reader.facts_named("ledger.key", Period::ALL).unwrap());
    found.sort_by_key(|f| f.record.seq);
    assert_eq!(found.len(), records.len());
    for (found, record) in found.iter().zip(&records) {
        assert_eq!((&found.fact, found.record.seq, found.record.hash), (&record.fact, record.seq, record.hash));
        assert_eq!(found.recorded, record.recorded);
    }
}

#[test]
fn a_gap_belongs_to_every_period_that_it_meets() {
    let gap =
        |from, to| Fact::from(Gap { from: Time(from), to: Time(to), reason: format!("{from}"), ..Gap::default() });
    let (_dir, store) = store_of(&ledger("l", [gap(10, 20), gap(20, 30), gap(25, 25)]));
    let mut reader = store.reader().unwrap();
    let mut found = |from, to| -> Vec<u64> {
        let facts = reader.facts(Kind::Gap, Period::new(Time(from), Time(to))).unwrap();
        facts.iter().map(|f| f.fact.time().unwrap().0).collect()
    };
    assert!(found(0, 10).is_empty());
    assert_eq!(found(0, 11), [10]);
    assert_eq!(found(19, 20), [10]);
    assert_eq!(found(20, 25), [20]);
    assert_eq!(found(25, 26), [20, 25]);
    assert!(found(30, 99).is_empty());
}

#[test]
fn rule_sets_of_a_period_begin_with_those_in_force_before_it() {
    let loaded = |time, node: &str, digest: &str| {
        let (node, digest) = (node.to_owned(), digest.to_owned());
        Fact::from(RulesLoaded { time: Time(time), node, run: "r".into(), digest, ..RulesLoaded::default() })
    };
    let facts =
        [loaded(1, "a", "1"), loaded(2, "b", "2"), loaded(3, "a", "3"), loaded(10, "a", "4"), loaded(20, "b", "5")];
    let (_dir, store) = store_of(&ledger("l", facts));
    let mut reader = store.reader().unwrap();
    let mut digests = |from, to| -> Vec<String> {
        let sets = reader.rule_sets(Period::new(Time(from), Time(to))).unwrap();
        sets.into_iter().map(|s| s.loaded.digest).collect()
    };
    assert_eq!(digests(5, 20), ["2", "3", "4"]);
    assert_eq!(digests(10, 21), ["2", "3", "4", "5"]);
    assert_eq!(digests(0, 2), ["1"]);
}
