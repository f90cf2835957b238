//! Groups, open findings by age, what came since a record.

use std::collections::{BTreeMap, BTreeSet};

use avouch_finding::{Decision, Fact, Gap, Kind, Severity, Suppressed, Time};
use avouch_store::{Column, Error, Filter, GroupOrder, Happened};

use crate::support::{DAY, SECOND, ack, assignment, disposition, finding, ledger, note, store, store_of, time};

const END_OF_MONTH: &str = "2026-01-31T23:59:00Z";

/// Findings of two months: two rules, users in turn, the third one suppressed.
fn findings() -> Vec<avouch_finding::Finding> {
    let one = |n: u64| {
        let mut f = finding(
            if n.is_multiple_of(3) { "Rare" } else { "Often" },
            Time(time(END_OF_MONTH).0 + n * 20 * SECOND),
            n,
        );
        f.severity = [Severity::Medium, Severity::Low, Severity::Critical, Severity::High, Severity::Informational]
            [(n % 5) as usize];
        f.criteria = ["CC6.1", "CC6.2"][..(n % 3) as usize].iter().map(|c| (*c).to_owned()).collect();
        f.suppressed = (n == 2).then(|| Suppressed { acceptance: "A".into() });
        f
    };
    (0..8).map(one).collect()
}

#[test]
fn groups_tell_their_size_and_times_across_months_and_the_newest_of_each() {
    let all = findings();
    let mut facts: Vec<Fact> = all.iter().cloned().map(Fact::from).collect();
    facts.push(ack(&all[1].id, Time(time(END_OF_MONTH).0 + DAY), "alice"));
    facts.push(disposition(&all[4].id, Time(time(END_OF_MONTH).0 + DAY), Decision::Benign));
    let (_dir, store) = store_of(&ledger("l", facts));
    let mut reader = store.reader().unwrap();
    let groups = reader.groups(&Filter::default(), &[Column::Rule], GroupOrder::Most, 10).unwrap();
    let told: Vec<_> = groups
        .groups
        .iter()
        .map(|g| (&*g.key[0], g.count, g.open, g.first, g.last, g.severity, g.newest.event))
        .collect();
    // Often: 1, 2, 4, 5, 7; of these 1 is acknowledged, 2 suppressed, 4 decided. Rare: 0, 3, 6.
    let at = |n: usize| all[n].time;
    assert_eq!(
        told,
        [("Often", 5, 2, at(1), at(7), Severity::Critical, 7), ("Rare", 3, 3, at(0), at(6), Severity::High, 6)]
    );
    assert_eq!((groups.count, groups.distinct), (8, 2));
    let newest = reader.groups(&Filter::default(), &[Column::Rule, Column::Severity], GroupOrder::Newest, 2).unwrap();
    assert_eq!(newest.groups.iter().map(|g| g.newest.event).collect::<Vec<_>>(), [7, 6]);
    // 2 and 7 are alike in both.
    assert_eq!((newest.groups.len(), newest.distinct, newest.count), (2, 7, 8));
    let one = reader.groups(&Filter::default().only(Column::Rule, ["Rare"]), &[], GroupOrder::Most, 9).unwrap();
    assert_eq!((one.groups.len(), one.groups[0].count, one.groups[0].key.len()), (1, 3, 0));
    let none = reader.groups(&Filter::default().text("zebra"), &[Column::Rule], GroupOrder::Most, 9).unwrap();
    assert_eq!((none.groups.len(), none.distinct, none.count), (0, 0, 0));
}

#[test]
fn a_finding_of_two_criteria_is_in_both_groups_and_counted_once() {
    let (_dir, store) = store_of(&ledger("l", findings().into_iter().map(Fact::from)));
    let groups =
        store.reader().unwrap().groups(&Filter::default(), &[Column::Criterion], GroupOrder::Most, 10).unwrap();
    let sizes: BTreeMap<&str, u64> = groups.groups.iter().map(|g| (&*g.key[0], g.count)).collect();
    // None: 0, 3, 6. The first one: 1, 2, 4, 5, 7. Both: 2, 5.
    assert_eq!(sizes, [("", 3), ("CC6.1", 5), ("CC6.2", 2)].into());
    assert_eq!((groups.count, groups.distinct), (8, 3));
}

#[test]
fn too_many_columns_or_groups_are_refused() {
    let (_dir, store) = store();
    let mut reader = store.reader().unwrap();
    let mut refused = |by: &[Column], limit| {
        matches!(reader.groups(&Filter::default(), by, GroupOrder::Most, limit), Err(Error::Limit { .. }))
    };
    assert!(refused(&[Column::Rule; 7], 1));
    assert!(refused(&[Column::Rule], 1_000_000));
    assert!(!refused(&[Column::Rule; 6], 0));
}

#[test]
fn open_findings_are_counted_by_age_and_the_oldest_is_told() {
    let all = findings();
    let now = Time(all[7].time.0 + 20 * SECOND);
    let mut facts: Vec<Fact> = all.iter().cloned().map(Fact::from).collect();
    facts.push(ack(&all[0].id, now, "alice"));
    facts.push(disposition(&all[5].id, now, Decision::True));
    // Assigned or spoken of, it is as open as before.
    facts.push(assignment(&all[6].id, now, "bob"));
    facts.push(note(&all[6].id, now, "looking"));
    let (_dir, store) = store_of(&ledger("l", facts));
    let mut reader = store.reader().unwrap();
    // Ages in steps of 20 s: 7 is 1 step old, 6 two, 4 four, 3 five, 1 seven; 0, 2, 5 are dealt with.
    let step = 20 * SECOND;
    let open = reader.open_by_age(&Filter::default(), now, &[step, 2 * step, 5 * step + 1]).unwrap();
    assert_eq!(open.ages.iter().map(|a| a.all()).collect::<Vec<_>>(), [0, 1, 3, 1]);
    assert_eq!(open.ages[1].of(all[7].severity), 1);
    assert_eq!(open.oldest.unwrap().event, 1);
    let early = reader.open_by_age(&Filter::default(), all[3].time, &[step]).unwrap();
    assert_eq!(early.ages.iter().map(|a| a.all()).collect::<Vec<_>>(), [4, 1]);
    let rare = Filter::default().only(Column::Rule, ["Rare"]).only(Column::Acknowledged, ["yes"]);
    let none = reader.open_by_age(&rare, now, &[]).unwrap();
    assert_eq!((none.ages.len(), none.ages[0].all(), none.oldest), (1, 0, None));
}

#[test]
fn what_came_since_a_record_comes_in_order_of_the_ledger_and_goes_on() {
    let all = findings();
    let at = Time(time(END_OF_MONTH).0 + DAY);
    let mut facts: Vec<Fact> = Vec::new();
    // Later months first, and between them what is no matter of findings.
    for f in all.iter().rev() {
        facts.push(f.clone().into());
        facts.push(Gap { from: at, to: at, ..Gap::default() }.into());
        facts.push(note(&f.id, at, "n"));
    }
    facts.push(all[0].clone().into());
    facts.extend([ack(&all[0].id, at, "a"), disposition(&all[1].id, at, Decision::Test), assignment("none", at, "b")]);
    let records = ledger("l", facts);
    let expected: Vec<(u64, &str)> = records
        .iter()
        .filter(|r| !matches!(r.fact, Fact::Gap(_)) && r.seq != 25)
        .map(|r| (r.seq, r.fact.kind()))
        .collect();
    let (_dir, store) = store_of(&records);
    let mut other = ledger("other", [note("x", at, "of another ledger"), finding("Other", at, 99).into()]);
    other.truncate(2);
    store.writer().unwrap().apply(&other).unwrap();
    let mut reader = store.reader().unwrap();
    let last = records.len() as u64;
    for limit in [1, 2, 5, 100] {
        let (mut found, mut after) = (Vec::new(), 0);
        loop {
            let since = reader.since("l", after, limit).unwrap();
            assert!(since.happened.len() <= limit && since.as_of == last && since.to <= last);
            for happened in &since.happened {
                found.push((
                    happened.seq(),
                    match happened {
                        Happened::Finding(_) => Kind::Finding.name(),
                        Happened::Act(fact) => {
                            Kind::ALL.iter().map(|k| k.name()).find(|k| *k == fact.fact.kind()).unwrap()
                        }
                    },
                ));
            }
            assert!(since.to > after || since.to == since.as_of, "it stands still at {after}");
            after = since.to;
            if since.to == since.as_of {
                break;
            }
        }
        assert_eq!(found, expected, "{limit} at a time");
    }
    assert_eq!(reader.since("l", last, 10).unwrap().happened, []);
    assert_eq!(reader.since("l", last + 5, 10).unwrap().to, last);
    assert_eq!(reader.since("unknown", 0, 10).unwrap(), avouch_store::Since::default());
    let some: BTreeSet<u64> = reader.since("l", 20, 100).unwrap().happened.iter().map(Happened::seq).collect();
    assert_eq!(some, expected.iter().map(|(seq, _)| *seq).filter(|seq| *seq > 20).collect());
}
