//! Bytes of an enemy.

use proptest::prelude::*;

use super::*;

/// Cuts, doubles, overwrites and inserts, each at a place.
#[derive(Clone, Debug)]
enum Change {
    Cut(usize, usize),
    Repeat(usize, usize),
    Write(usize, Vec<u8>),
    Insert(usize, Vec<u8>),
}

fn change() -> impl Strategy<Value = Change> {
    let place = || 0..4_000usize;
    let bytes = || proptest::collection::vec(any::<u8>(), 1..12);
    let json = prop_oneof![
        Just(b"\"items\":[".to_vec()),
        Just(b"{\"auditID\":\"z\",\"stageTimestamp\":\"9999-99-99T99:99:99Z\"},".to_vec()),
        Just(b"]}".to_vec()),
        Just(b"{\"a\":".repeat(300)),
        Just(b"\"\\ud800".to_vec()),
        Just(b"\"user\":{\"username\":[1,2]},".to_vec()),
        Just(b"null".to_vec()),
        Just(b"1e99999".to_vec()),
    ];
    prop_oneof![
        (place(), 1..300usize).prop_map(|(at, n)| Change::Cut(at, n)),
        (place(), 1..300usize).prop_map(|(at, n)| Change::Repeat(at, n)),
        (place(), bytes()).prop_map(|(at, b)| Change::Write(at, b)),
        (place(), json).prop_map(|(at, b)| Change::Insert(at, b)),
    ]
}

fn changed(mut body: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        let len = body.len();
        let within = |at: usize| at.min(len);
        match change {
            Change::Cut(at, n) => drop(body.drain(within(*at)..within(at + n))),
            Change::Repeat(at, n) => {
                let part = body[within(*at)..within(at + n)].to_vec();
                body.splice(within(*at)..within(*at), part);
            }
            Change::Write(at, bytes) => drop(body.splice(within(*at)..within(at + bytes.len()), bytes.iter().copied())),
            Change::Insert(at, bytes) => drop(body.splice(within(*at)..within(*at), bytes.iter().copied())),
        }
    }
    body
}

fn whole() -> Vec<u8> {
    let events: Vec<String> = (0..8).map(|n| event(&n.to_string(), "eve", "get", at(n))).collect();
    list(&events).into_bytes()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Whatever is done to a list: no panic, every record is judged, known, or counted; and what was settled finds nothing more
    /// when it comes again.
    #[test]
    fn a_changed_list_is_accounted_for(changes in proptest::collection::vec(change(), 1..6), zip in any::<bool>()) {
        let body = changed(whole(), &changes);
        let body = if zip { gzip(&body) } else { body };
        let mut judge = judge();
        judge.expect(&prod(), at(0));
        let taken = take(&mut judge, &prod(), "webhook", &body, at(20));
        prop_assert_eq!(taken.kept.len() as u64, taken.records);
        let facts = judge.observe(at(30));
        let observed = observations(&facts)[0];
        prop_assert_eq!((observed.events, observed.lost.events), (taken.records, taken.refused));
        prop_assert_eq!(observed.detections, taken.facts.len() as u64);
        // Records that were left alone are found: each lost one must show.
        let found = taken.records + taken.duplicates;
        prop_assert!(found == 8 || taken.refused > 0 || changes.iter().any(|c| !matches!(c, Change::Write(..))), "{found}");
        let again = take(&mut judge, &prod(), "webhook", &body, at(40));
        prop_assert_eq!((again.facts.len(), again.records), (0, 0));
        for fact in &taken.facts {
            prop_assert!(fact.body().is_ok());
        }
    }

    #[test]
    fn any_bytes_as_a_trail_end(bytes in proptest::collection::vec(any::<u8>(), 0..300), head in 0..4usize) {
        let heads: [&[u8]; 4] = [b"", b"{\"digestS3Object\":", b"{\"Records\":[", b"\x1f\x8b\x08\0"];
        let mut judge = judge();
        take(&mut judge, &trail(), "a/b.json.gz", &[heads[head], &bytes].concat(), at(1));
        judge.observe(at(10));
    }
}

#[test]
fn a_small_file_that_grows_is_cut_and_told() {
    let mut judge = judge_with(AuditLimits { delivery_bytes: 100_000, ..AuditLimits::default() });
    let body = format!("{}\n{}", event("1", "eve", "get", at(0)), " ".repeat(20_000_000));
    let bomb = gzip(body.as_bytes());
    assert!(bomb.len() < 200_000);
    for bytes in [&bomb[..], &body.as_bytes()[..300_000]] {
        let taken = judge.take(&prod(), &Delivery { name: "bomb", bytes, received: at(1), ..Delivery::default() });
        assert_eq!((taken.records, taken.refused), (1, 1));
        assert!(taken.problems[0].contains("more than 100000 bytes"), "{:?}", taken.problems);
    }
}

#[test]
fn a_file_that_breaks_off_gives_what_stands_before() {
    let lines: String = (0..2_000).map(|n| event(&n.to_string(), "eve", "get", at(n)) + "\n").collect();
    let zipped = gzip(lines.as_bytes());
    let mut judge = judge();
    let taken = take(&mut judge, &prod(), "cut", &zipped[..zipped.len() / 2], at(3_000));
    assert!(taken.records > 100 && taken.records < 2_000 && taken.refused >= 1, "{} {}", taken.records, taken.refused);
    // The whole one comes: only the rest is new.
    let rest = take(&mut judge, &prod(), "whole", &zipped, at(3_001));
    assert_eq!((rest.duplicates, rest.records), (taken.records, 2_000 - taken.records));
}
