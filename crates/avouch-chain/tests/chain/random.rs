//! Any one change to a ledger of any shape is found.

use avouch_chain::Verdict;
use proptest::{prelude::*, sample::Index};

use crate::common::{Maker, Memory, trust, verify};

/// A ledger of some segments, with heads anywhere and one at the end.
fn ledgers() -> impl Strategy<Value = Memory> {
    proptest::collection::vec((0..4u8, ".{0,20}"), 2..40).prop_map(|steps| {
        let mut maker = Maker::new();
        for (step, text) in steps {
            match step {
                0 => drop(maker.head(false)),
                1 if maker.memory.segments.last().unwrap().len() > 2 => maker.seal(),
                n => maker.record(["a", "b"][usize::from(n % 2)], &serde_json::json!({ "text": text }).to_string()),
            }
        }
        maker.head(false);
        maker.memory
    })
}

#[derive(Clone, Debug)]
enum Change {
    Byte(Index, Index, u8),
    Delete(Index),
    Double(Index, Index),
    Insert(Index, Vec<u8>),
    Swap(Index, Index),
    CutAfter(Index),
    MoveBoundary(Index),
}

fn changes() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    prop_oneof![
        (at(), at(), 1..=255u8).prop_map(|(record, byte, flip)| Change::Byte(record, byte, flip)),
        at().prop_map(Change::Delete),
        (at(), at()).prop_map(|(from, to)| Change::Double(from, to)),
        (at(), any::<Vec<u8>>()).prop_map(|(to, line)| Change::Insert(to, line)),
        (at(), at()).prop_map(|(a, b)| Change::Swap(a, b)),
        at().prop_map(Change::CutAfter),
        at().prop_map(Change::MoveBoundary),
    ]
}

/// Makes the change; `false` when it changes nothing.
fn make(memory: &mut Memory, change: &Change) -> bool {
    let places: Vec<(usize, usize)> = (0..memory.segments.len())
        .flat_map(|s| (0..memory.segments[s].len()).map(move |at| (s, at)).collect::<Vec<_>>())
        .collect();
    let place = |index: &Index| places[index.index(places.len())];
    match change {
        Change::Byte(record, byte, flip) => {
            let (s, at) = place(record);
            let line = &mut memory.segments[s][at];
            let byte = byte.index(line.len());
            line[byte] ^= flip;
        }
        Change::Delete(record) => drop(memory.segments[place(record).0].remove(place(record).1)),
        Change::Double(from, to) => {
            let line = memory.segments[place(from).0][place(from).1].clone();
            memory.segments[place(to).0].insert(place(to).1, line);
        }
        Change::Insert(to, line) => memory.segments[place(to).0].insert(place(to).1, line.clone()),
        Change::Swap(a, b) => {
            let ((sa, a), (sb, b)) = (place(a), place(b));
            if (sa, a) == (sb, b) {
                return false;
            }
            let line = memory.segments[sa][a].clone();
            memory.segments[sa][a] = std::mem::replace(&mut memory.segments[sb][b], line);
        }
        Change::CutAfter(record) => {
            let (s, at) = place(record);
            if (s, at) == places[places.len() - 1] {
                return false;
            }
            memory.segments.truncate(s + 1);
            memory.segments[s].truncate(at + 1);
        }
        Change::MoveBoundary(segment) => {
            let s = segment.index(memory.segments.len());
            if s + 1 == memory.segments.len() {
                return false;
            }
            let line = memory.segments[s + 1].remove(0);
            memory.segments[s].push(line);
        }
    }
    true
}

proptest! {
    #[test]
    fn any_one_change_is_found(memory in ledgers(), change in changes()) {
        prop_assert_eq!(verify(&memory, &trust()).verdict, Verdict::Intact);
        let mut changed = memory;
        prop_assume!(make(&mut changed, &change));
        let report = verify(&changed, &trust());
        prop_assert_eq!(report.verdict, Verdict::Failed, "{:#?}", report);
    }

    #[test]
    fn hostile_lines_end_in_a_report(
        segments in proptest::collection::vec(proptest::collection::vec(any::<Vec<u8>>(), 0..5), 0..4),
        heads in proptest::collection::vec(any::<Vec<u8>>(), 0..4),
        anchors in proptest::collection::vec(any::<Vec<u8>>(), 0..2),
    ) {
        let trust = avouch_chain::Trust { anchors, ..trust() };
        let report = verify(&Memory { segments, heads }, &trust);
        prop_assert_ne!(report.verdict, Verdict::Intact);
    }
}
