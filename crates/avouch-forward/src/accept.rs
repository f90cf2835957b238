//! What of a batch is new.

use std::ops::Range;

use crate::wire::Batch;

/// See [`accept`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Facts to record, as places in [`Batch::facts`].
    pub new: Range<usize>,
    /// Facts that were recorded before: an answer was lost, and the agent told them again.
    pub repeated: u64,
    /// Numbers, first and last of each stretch, that never came and will not: the agent dropped them. The ledger makes a record of each
    /// by itself when the next number is appended.
    pub holes: Vec<(u64, u64)>,
}

/// What to do with a batch when number `last` is the last of its run that is safe; 0 when nothing of the run is known.
#[must_use]
pub fn accept(batch: &Batch, last: u64) -> Plan {
    let known = batch.facts.partition_point(|fact| fact.seq <= last);
    let (mut holes, mut before) = (Vec::new(), last);
    for fact in &batch.facts[known..] {
        if fact.seq > before + 1 {
            holes.push((before + 1, fact.seq - 1));
        }
        before = fact.seq;
    }
    Plan { new: known..batch.facts.len(), repeated: known as u64, holes }
}

#[cfg(test)]
mod tests {
    use avouch_finding::Time;
    use serde_json::json;

    use super::*;
    use crate::wire::{Sender, WireFact};

    fn batch(numbers: &[u64]) -> Batch {
        let fact = |seq: &u64| WireFact { seq: *seq, time: Time(0), kind: "gap".into(), body: json!({}) };
        let sender = Sender { node: "n".into(), cluster: String::new(), run: "r".into(), version: String::new() };
        Batch { sender, facts: numbers.iter().map(fact).collect() }
    }

    #[test]
    fn new_facts_begin_after_the_last_known() {
        assert_eq!(accept(&batch(&[1, 2, 3]), 0), Plan { new: 0..3, repeated: 0, holes: vec![] });
        assert_eq!(accept(&batch(&[4, 5, 6]), 5), Plan { new: 2..3, repeated: 2, holes: vec![] });
        assert_eq!(accept(&batch(&[4, 5, 6]), 6), Plan { new: 3..3, repeated: 3, holes: vec![] });
        assert_eq!(accept(&batch(&[4, 5, 6]), 9), Plan { new: 3..3, repeated: 3, holes: vec![] });
        assert_eq!(accept(&batch(&[]), 9), Plan { new: 0..0, repeated: 0, holes: vec![] });
    }

    #[test]
    fn holes_are_before_and_inside() {
        assert_eq!(accept(&batch(&[3, 4, 8]), 0).holes, [(1, 2), (5, 7)]);
        // A hole among numbers that are known is told already.
        assert_eq!(accept(&batch(&[3, 6, 8]), 6).holes, [(7, 7)]);
        assert_eq!(accept(&batch(&[3, 6, 8]), 5).holes, [(7, 7)]);
    }
}
