//! Whatever facts come in whatever order, every question is answered as if all of them were looked at one by one.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use avouch_finding::{Decision, Fact, FindingKey, Severity, Suppressed, Time};
use avouch_store::{Ask, Column, Condensed, Cursor, Filter, GroupOrder, Order, Page, Period, Reader};
use proptest::prelude::*;
use serde_json::json;

use crate::naive::{self, Known};
use crate::support::{SECOND, ack, assignment, disposition, finding, ledger, note, store, time};

const HOUR: u64 = 3600 * SECOND;
const DAY: u64 = 24 * HOUR;

fn begin() -> u64 {
    time("2026-02-28T20:00:00Z").0
}

/// Few moments, so that many are the same, on both sides of the end of a month.
fn moments() -> impl Strategy<Value = Time> {
    prop_oneof![
        (0..12_u64).prop_map(|n| Time(begin() + n * HOUR)),
        (0..12 * 3600_u64).prop_map(|n| Time(begin() + n * SECOND)),
        (0..3_u64).prop_map(|n| Time(begin() + 4 * HOUR - 1 + n)),
    ]
}

const WORDS: [&str; 6] = ["/etc/shadow", "Sh -c 'id'", "etc", "user=ROOT", "shadows;x", "été"];

prop_compose! {
    fn findings()(
        at in moments(), rule in 0..4_u32, node in 0..2_u32, severity in 0..5_usize, flags in 0..16_u32, event in 0..3_u64,
        user in prop::option::of(0..3_u32), criteria in prop::collection::vec(0..3_u32, 0..3), words in prop::collection::vec(0..6_usize, 0..4),
    ) -> Fact {
        let rule = format!("Rule {rule}");
        let mut f = finding(&rule, at, event);
        f.node = format!("node-{node}");
        f.id = FindingKey { node: &f.node, source: "syscall", time: at, event, rule: &rule }.id();
        f.severity = Severity::ALL[severity];
        f.criteria = criteria.iter().map(|c| format!("CC6.{c}")).collect();
        f.criteria_secondary = if flags & 1 == 1 { vec!["CC7.1".into()] } else { Vec::new() };
        f.tags = f.criteria.clone();
        f.suppressed = (flags & 2 == 2).then(|| Suppressed { acceptance: format!("ACC-{user:?}") });
        f.lost_events = (flags & 4 == 4).then_some(u64::from(flags & 1));
        f.container_unknown = flags & 8 == 8;
        if let Some(user) = user {
            f.fields = json!({"user.name": format!("u{user}"), "k8s.ns.name": "ns"}).as_object().cloned().unwrap();
        }
        f.cluster = if node == 0 { String::new() } else { "c".into() };
        f.output = words.iter().map(|w| WORDS[*w]).collect::<Vec<_>>().join(" ");
        f.into()
    }
}

#[derive(Clone, Debug)]
enum Step {
    Finding(Fact),
    /// A decision about one of the findings, also one still to come, by its place.
    Ack(prop::sample::Index, u64),
    Disposition(prop::sample::Index, u64, usize),
    Assignment(prop::sample::Index, u64, usize),
    Note(prop::sample::Index, u64),
}

const PEOPLE: [&str; 3] = ["", "alice", "bob"];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        5 => findings().prop_map(Step::Finding),
        1 => (any::<prop::sample::Index>(), 0..9_u64).prop_map(|(i, s)| Step::Ack(i, s)),
        1 => (any::<prop::sample::Index>(), 0..9_u64, 0..3_usize).prop_map(|(i, s, d)| Step::Disposition(i, s, d)),
        1 => (any::<prop::sample::Index>(), 0..9_u64, 0..3_usize).prop_map(|(i, s, d)| Step::Assignment(i, s, d)),
        1 => (any::<prop::sample::Index>(), 0..9_u64).prop_map(|(i, s)| Step::Note(i, s)),
    ];
    prop::collection::vec(step, 1..60)
}

fn facts(steps: &[Step]) -> Vec<Fact> {
    let ids: Vec<String> = steps
        .iter()
        .filter_map(|s| match s {
            Step::Finding(Fact::Finding(f)) => Some(f.id.clone()),
            _ => None,
        })
        .collect();
    let of = |index: &prop::sample::Index| if ids.is_empty() { "none".to_owned() } else { index.get(&ids).clone() };
    let later = |seconds: &u64| Time(begin() + 50 * HOUR + seconds * SECOND);
    steps
        .iter()
        .map(|s| match s {
            Step::Finding(fact) => fact.clone(),
            Step::Ack(i, s) => ack(&of(i), later(s), "alice"),
            Step::Disposition(i, s, d) => disposition(&of(i), later(s), Decision::ALL[*d]),
            Step::Assignment(i, s, to) => assignment(&of(i), later(s), PEOPLE[*to]),
            Step::Note(i, s) => note(&of(i), later(s), "text"),
        })
        .collect()
}

fn value(column: Column) -> BoxedStrategy<String> {
    let of = |values: &'static [&'static str]| prop::sample::select(values).prop_map(str::to_owned).boxed();
    match column {
        Column::Severity => of(&["informational", "low", "medium", "high", "critical", "nonsense"]),
        Column::Rule => of(&["Rule 0", "Rule 1", "Rule 2", "Rule 9"]),
        Column::Criterion | Column::Tag => of(&["CC6.0", "CC6.1", "CC6.9", ""]),
        Column::CriterionSecondary => of(&["CC7.1", ""]),
        Column::Node => of(&["node-0", "node-1"]),
        Column::Cluster => of(&["c", ""]),
        Column::User => of(&["u0", "u1", ""]),
        Column::Namespace => of(&["ns", ""]),
        Column::Acceptance => of(&["ACC-None", "ACC-Some(1)", ""]),
        Column::Assignee => of(&["alice", "bob", "carol", ""]),
        Column::Decision => of(&["none", "true", "benign", "test"]),
        _ => of(&["yes", "no", "", "syscall"]),
    }
}

fn filters() -> impl Strategy<Value = Filter> {
    let bound = prop_oneof![2 => Just(None), 3 => moments().prop_map(Some)];
    let column = prop::sample::select(Column::ALL);
    let values = column.prop_flat_map(|c| (Just(c), prop::collection::btree_set(value(c), 1..3)));
    let text = prop::sample::select(vec![
        "",
        "",
        "",
        "etc",
        "/etc/sh",
        "shadow sh",
        "sh shadow",
        "etc/sh ",
        "shadow; ",
        "-c",
        "root /etc",
        "id id",
        "/ ;",
        "ét",
        "c id",
        "s",
        "e",
        "id ",
        "sh c id",
        "etc/shadow ",
        "zebra",
    ]);
    let columns = prop::collection::vec((values, any::<bool>()), 0..3);
    // What is counted by the hour is asked for often enough.
    let kept = prop::sample::select(vec![Column::Severity, Column::Cluster, Column::Suppressed]);
    let kept = kept.prop_flat_map(|c| (Just(c), prop::collection::btree_set(value(c), 1..3)));
    let kept = (prop::collection::vec((kept, any::<bool>()), 0..2), Just("")).boxed();
    let asked = prop_oneof![2 => (columns, text).boxed(), 1 => kept];
    (bound.clone(), bound, asked, any::<bool>()).prop_map(|(from, to, (columns, text), open)| {
        let mut filter = Filter::of(Period::new(from.unwrap_or(Time(0)), to.unwrap_or(Time(u64::MAX)))).text(text);
        for ((column, values), only) in columns {
            filter = if only { filter.only(column, values) } else { filter.except(column, values) };
        }
        if open { filter.open() } else { filter }
    })
}

fn ids(found: &[&Known]) -> Vec<String> {
    found.iter().map(|k| k.finding.id.clone()).collect()
}

fn all_pages(reader: &mut Reader, filter: &Filter, order: Order, limit: usize) -> Vec<String> {
    let mut all = Vec::new();
    let mut after: Option<Cursor> = None;
    loop {
        let rows = reader.findings(filter, Page { limit, order, after }).unwrap();
        all.extend(rows.rows.into_iter().map(|f| f.id));
        match rows.next {
            Some(next) => after = Some(next),
            None => return all,
        }
    }
}

fn check_lists(reader: &mut Reader, filter: &Filter, asked: &[&Known], limit: usize) {
    assert_eq!(all_pages(reader, filter, Order::OldestFirst, limit), ids(asked), "{filter:?}");
    let mut newest = ids(asked);
    newest.reverse();
    assert_eq!(all_pages(reader, filter, Order::NewestFirst, limit), newest, "{filter:?}");
    let mut streamed = Vec::new();
    let mut visit = |f: avouch_store::StoredFinding| {
        streamed.push(f);
        ControlFlow::Continue(())
    };
    reader.for_each_finding(filter, &mut visit).unwrap();
    assert_eq!(streamed.len(), asked.len());
    for (read, known) in streamed.iter().zip(asked) {
        let f = &known.finding;
        assert_eq!((&read.id, read.time, &read.output, read.record.seq), (&f.id, f.time, &f.output, known.seq));
        assert_eq!(read.lost_events, f.lost_events);
        assert_eq!(read.acknowledged.as_ref().map(|a| a.time), known.ack.as_ref().map(|a| a.time));
        let assigned = read.assigned.as_ref().map(|a| (a.time, a.to.as_str(), a.by.as_str()));
        assert_eq!(assigned, known.assignment.as_ref().map(|a| (a.time, a.to.as_str(), a.by.as_str())));
        assert_eq!(read.notes, known.notes);
        let decided = |time: Time, decision| (time, decision);
        assert_eq!(
            read.decided.as_ref().map(|d| decided(d.time, d.decision)),
            known.disposition.as_ref().map(|d| decided(d.time, d.decision))
        );
    }
}

fn check_counts(reader: &mut Reader, filter: &Filter, asked: &[&Known], step: u64) {
    assert_eq!(reader.count(filter).unwrap(), asked.len() as u64, "{filter:?}");
    let counts = reader.counts(filter, Ask { columns: Column::ALL, values: 1000, step: Some(step) }).unwrap();
    assert_eq!(counts.count, asked.len() as u64);
    for facet in &counts.facets {
        let expected = naive::facet(asked, facet.column);
        assert_eq!(facet.distinct, expected.len());
        let found: BTreeMap<String, u64> = facet.values.iter().map(|v| (v.value.to_string(), v.count)).collect();
        assert_eq!(found, expected, "{} of {filter:?}", facet.column);
        let order: Vec<_> = facet.values.iter().map(|v| (std::cmp::Reverse(v.count), v.value.clone())).collect();
        assert!(order.is_sorted());
    }
    // The same with and without the look at rows that most facets need.
    assert_eq!(reader.histogram(filter, step).unwrap(), counts.buckets, "{filter:?} by {step}");
    let columns = [Column::Cluster, Column::Severity, Column::Suppressed];
    let some = reader.counts(filter, Ask { columns: &columns, values: 1000, step: Some(step) }).unwrap();
    assert_eq!((some.count, &some.buckets), (counts.count, &counts.buckets), "{filter:?} by {step}");
    for facet in some.facets {
        assert!(counts.facets.contains(&facet), "{filter:?}: {facet:?} {:?}", counts.facets);
    }
    let mut expected: BTreeMap<(u64, Severity, bool), u64> = BTreeMap::new();
    for k in asked {
        let at = k.finding.time.0 / step * step;
        *expected.entry((at, k.finding.severity, k.finding.suppressed.is_some())).or_default() += 1;
    }
    let mut found = BTreeMap::new();
    for bucket in &counts.buckets {
        for severity in Severity::ALL {
            found.insert((bucket.from.0, severity, false), bucket.counted.of(severity));
            found.insert((bucket.from.0, severity, true), bucket.suppressed.of(severity));
        }
    }
    found.retain(|_, n| *n > 0);
    assert_eq!(found, expected);
}

fn check_days(reader: &mut Reader, known: &[Known], period: Period) {
    let first = period.from.0 / DAY * DAY;
    let last = period.to.0.div_ceil(DAY).saturating_mul(DAY);
    let mut rules: BTreeMap<(Time, String), [u64; 2]> = BTreeMap::new();
    let mut acceptances: BTreeMap<(Time, String, String), u64> = BTreeMap::new();
    let mut criteria: BTreeMap<(Time, String, Severity, String), [u64; 3]> = BTreeMap::new();
    for f in known.iter().map(|k| &k.finding).filter(|f| first <= f.time.0 && f.time.0 < last) {
        let day = Time(f.time.0 / DAY * DAY);
        let which = usize::from(f.suppressed.is_some());
        rules.entry((day, f.rule.clone())).or_default()[which] += 1;
        if let Some(suppressed) = &f.suppressed {
            *acceptances.entry((day, suppressed.acceptance.clone(), f.rule.clone())).or_default() += 1;
        }
        for (list, which) in [(&f.criteria, which), (&f.criteria_secondary, 2)] {
            for criterion in list.iter().collect::<std::collections::BTreeSet<_>>() {
                criteria.entry((day, criterion.clone(), f.severity, f.cluster.clone())).or_default()[which] += 1;
            }
        }
    }
    let found = reader.rules_by_day(period).unwrap();
    let found: Vec<_> = found.iter().map(|d| ((d.day, d.rule.to_string()), [d.counted, d.suppressed])).collect();
    assert_eq!(found, rules.into_iter().collect::<Vec<_>>());
    let found = reader.acceptances_by_day(period).unwrap();
    let found: Vec<_> =
        found.iter().map(|d| ((d.day, d.acceptance.to_string(), d.rule.to_string()), d.suppressed)).collect();
    assert_eq!(found, acceptances.into_iter().collect::<Vec<_>>());
    let found = reader.criteria_by_day(period).unwrap();
    let found: Vec<_> = found
        .iter()
        .map(|d| {
            ((d.day, d.criterion.to_string(), d.severity, d.cluster.to_string()), [d.counted, d.suppressed, d.touched])
        })
        .collect();
    assert_eq!(found, criteria.into_iter().collect::<Vec<_>>());
}

fn check_rule_days(reader: &mut Reader, filter: &Filter, asked: &[&Known]) {
    let mut expected: BTreeMap<(Time, String), [u64; 2]> = BTreeMap::new();
    for f in asked.iter().map(|k| &k.finding) {
        let day = Time(f.time.0 / DAY * DAY);
        expected.entry((day, f.rule.clone())).or_default()[usize::from(f.suppressed.is_some())] += 1;
    }
    let found = reader.rule_days(filter).unwrap();
    let found: Vec<_> = found.iter().map(|d| ((d.day, d.rule.to_string()), [d.counted, d.suppressed])).collect();
    assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{filter:?}");
}

/// What a condensed finding says, apart from how many and when: with its stretch, and its record when somebody called it true.
fn condensed_key(k: &Known, cuts: &[Time]) -> (Vec<String>, usize, Option<u64>) {
    let f = &k.finding;
    let dealt = k.ack.is_some() || k.disposition.is_some();
    let mut key: Vec<String> = [&f.rule, &f.source, &f.node, &f.cluster, &f.priority].into_iter().cloned().collect();
    key.push(f.severity.name().to_owned());
    key.push(format!("{:?} {}", f.suppressed, f.lost_events.is_some_and(|n| n > 0)));
    if dealt {
        key.push(format!(
            "{:?} {:?}",
            k.ack.as_ref().map(|a| a.time),
            k.disposition.as_ref().map(|d| (d.time, d.decision))
        ));
    }
    let stretch = if dealt { usize::MAX } else { cuts.iter().filter(|cut| **cut <= f.time).count() };
    let called_true = matches!(&k.disposition, Some(d) if d.decision == Decision::True);
    (key, stretch, called_true.then_some(k.seq))
}

fn check_condensed(reader: &mut Reader, filter: &Filter, asked: &[&Known], cuts: &[Time]) {
    type Sum = (u64, Time, Time);
    // What nobody dealt with is one sum, however many months it comes from.
    let add = |sums: &mut Vec<Sum>, dealt: bool, (n, first, last): Sum| match sums.first_mut().filter(|_| !dealt) {
        Some(sum) => *sum = (sum.0 + n, sum.1.min(first), sum.2.max(last)),
        None => sums.push((n, first, last)),
    };
    let mut expected: BTreeMap<_, Vec<Sum>> = BTreeMap::new();
    for k in asked {
        let key = condensed_key(k, cuts);
        let (dealt, at) = (key.1 == usize::MAX, k.finding.time);
        add(expected.entry(key).or_default(), dealt, (1, at, at));
    }
    let parts = reader.condensed(filter, cuts).unwrap();
    let found: Vec<&Condensed> = parts.iter().flat_map(|part| part.iter()).collect();
    assert!(found.iter().is_sorted_by_key(|c| c.first));
    let mut sums: BTreeMap<_, Vec<Sum>> = BTreeMap::new();
    for c in found {
        let mut key: Vec<String> =
            [&c.rule, &c.source, &c.node, &c.cluster, &c.priority].into_iter().map(ToString::to_string).collect();
        key.push(c.severity.name().to_owned());
        let suppressed = c.suppressed.as_ref().map(|s| Suppressed { acceptance: s.to_string() });
        key.push(format!("{suppressed:?} {}", c.losses));
        let dealt = c.acknowledged.is_some() || c.decided.is_some();
        if dealt {
            let decided = c.decided.as_ref().map(|(time, _, decision)| (*time, *decision));
            key.push(format!("{:?} {decided:?}", c.acknowledged.as_ref().map(|a| a.time)));
        }
        let stretch = if dealt { usize::MAX } else { cuts.iter().filter(|cut| **cut <= c.first).count() };
        add(sums.entry((key, stretch, c.seq)).or_default(), dealt, (c.count, c.first, c.last));
    }
    assert_eq!(sums, expected, "{filter:?} {cuts:?}");
}

type Sums = BTreeMap<Vec<String>, (u64, u64, Time, Time, Severity, String)>;

/// Groups by looking at every finding; those of several values of a column are in several groups.
fn grouped(asked: &[&Known], by: &[Column]) -> Sums {
    let mut sums = Sums::new();
    for k in asked {
        let mut keys = vec![Vec::new()];
        for column in by {
            let mut values = naive::values(k, *column);
            if values.is_empty() {
                values.push(String::new());
            }
            values.sort();
            values.dedup();
            let longer =
                |key: &Vec<String>| values.iter().map(|v| [key.clone(), vec![v.clone()]].concat()).collect::<Vec<_>>();
            keys = keys.iter().flat_map(longer).collect();
        }
        let f = &k.finding;
        let open = u64::from(k.ack.is_none() && k.disposition.is_none() && f.suppressed.is_none());
        for key in keys {
            let sum = sums.entry(key).or_insert((0, 0, f.time, f.time, f.severity, String::new()));
            *sum = (sum.0 + 1, sum.1 + open, sum.2, f.time, sum.4.max(f.severity), f.id.clone());
        }
    }
    sums
}

fn check_groups(reader: &mut Reader, filter: &Filter, asked: &[&Known], by: &[Column], limit: usize) {
    let expected = grouped(asked, by);
    for order in [GroupOrder::Most, GroupOrder::Newest] {
        let all = reader.groups(filter, by, order, 10_000).unwrap();
        assert_eq!((all.count, all.distinct), (asked.len() as u64, expected.len()));
        let sums = |g: &avouch_store::Group| {
            let key: Vec<String> = g.key.iter().map(ToString::to_string).collect();
            (key, (g.count, g.open, g.first, g.last, g.severity, g.newest.id.clone()))
        };
        assert_eq!(all.groups.iter().map(sums).collect::<Sums>(), expected, "{by:?} of {filter:?}");
        let place = |g: &avouch_store::Group| match order {
            GroupOrder::Most => (u64::MAX - g.count, u64::MAX - g.last.0, g.key.clone()),
            GroupOrder::Newest => (u64::MAX - g.last.0, u64::MAX - g.count, g.key.clone()),
        };
        assert!(all.groups.iter().is_sorted_by_key(place));
        let some = reader.groups(filter, by, order, limit).unwrap().groups;
        assert_eq!(some, all.groups[..limit.min(all.groups.len())]);
    }
}

fn check_open(reader: &mut Reader, filter: &Filter, asked: &[&Known], now: Time) {
    let edges = [HOUR, 5 * HOUR];
    let open = reader.open_by_age(filter, now, &edges).unwrap();
    let mut expected = vec![BTreeMap::new(); 3];
    let mut oldest = None;
    for k in asked {
        let f = &k.finding;
        if k.ack.is_none() && k.disposition.is_none() && f.suppressed.is_none() {
            let age = now.0.saturating_sub(f.time.0);
            *expected[edges.iter().filter(|edge| age >= **edge).count()].entry(f.severity).or_insert(0_u64) += 1;
            oldest = oldest.or(Some(f.id.clone()));
        }
    }
    let numbers = |ages: &avouch_store::BySeverity| -> BTreeMap<Severity, u64> {
        Severity::ALL.into_iter().map(|s| (s, ages.of(s))).filter(|(_, n)| *n > 0).collect()
    };
    assert_eq!(open.ages.iter().map(numbers).collect::<Vec<_>>(), expected);
    assert_eq!(open.oldest.map(|f| f.id), oldest);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn every_question_is_answered_as_by_looking_at_every_fact(
        steps in steps(),
        filters in prop::collection::vec(filters(), 1..8),
        size in 1..40_usize,
        limit in 1..7_usize,
        by in prop::collection::vec(prop::sample::select(Column::ALL), 0..4),
        now in moments(),
        cuts in prop::collection::btree_set(moments(), 0..3),
        step in prop::sample::select(vec![HOUR, 2 * HOUR, DAY, 60 * SECOND, 7 * HOUR / 2]),
    ) {
        let records = ledger("l", facts(&steps));
        let cuts: Vec<Time> = cuts.into_iter().collect();
        let (_dir, store) = store();
        let mut writer = store.writer().unwrap();
        let mut reader = store.reader().unwrap();
        // Whoever asks while a writer is at work, and goes on to ask, gets what is there each time.
        let (first, rest) = records.split_at(records.len() / 2);
        for batch in first.chunks(size) {
            writer.apply(batch).unwrap();
        }
        let known = naive::findings(first);
        for filter in &filters {
            let asked = naive::asked(&known, filter);
            check_counts(&mut reader, filter, &asked, step);
            check_groups(&mut reader, filter, &asked, &by, limit);
            // Asked twice: what was kept is what there is.
            for _ in 0..2 {
                check_condensed(&mut reader, filter, &asked, &cuts);
            }
        }
        for batch in rest.chunks(size) {
            writer.apply(batch).unwrap();
        }
        let known = naive::findings(&records);
        for filter in &filters {
            let asked = naive::asked(&known, filter);
            check_lists(&mut reader, filter, &asked, limit);
            check_counts(&mut reader, filter, &asked, step);
            check_groups(&mut reader, filter, &asked, &by, limit);
            check_open(&mut reader, filter, &asked, now);
            check_days(&mut reader, &known, filter.period);
            check_rule_days(&mut reader, filter, &asked);
            for _ in 0..2 {
                check_condensed(&mut reader, filter, &asked, &cuts);
            }
        }
    }
}
