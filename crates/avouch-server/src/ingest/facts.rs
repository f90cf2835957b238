//! Which facts of a batch the ledger is to have.

use avouch_finding::Fact;
use avouch_forward::{Batch, MAX_NAMED, Refused, refusal};

use crate::centre::{Entry, Recorded};

/// A batch, sorted.
#[derive(Debug, Default)]
pub(crate) struct Sorted {
    /// Facts to be recorded, in order.
    pub entries: Vec<Entry>,
    /// Numbers of the facts in `entries`.
    numbers: Vec<u64>,
    /// Facts that are not taken.
    pub refused: NotTaken,
}

/// Facts that are not taken.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct NotTaken {
    /// How many.
    pub count: u64,
    /// The first of them.
    pub named: Vec<Refused>,
}

impl NotTaken {
    fn add(&mut self, seq: u64, reason: String) {
        self.count += 1;
        if self.named.len() < MAX_NAMED {
            self.named.push(Refused { seq, reason });
        }
    }
}

/// Takes what an agent may tell and what reads as its kind says.
pub(crate) fn sort(batch: Batch) -> Sorted {
    let mut sorted = Sorted::default();
    let source = batch.sender.source();
    for fact in batch.facts {
        let (seq, refused) = (fact.seq, refusal(&batch.sender, &fact));
        let read = match refused {
            Some(reason) => Err(reason),
            None => Fact::read(&fact.kind, fact.body).map_err(|e| crate::error::chain(&e)),
        };
        match read {
            Ok(fact) => {
                sorted.numbers.push(seq);
                sorted.entries.push(Entry { fact, source: source.clone(), source_seq: Some(seq) });
            }
            Err(reason) => sorted.refused.add(seq, reason),
        }
    }
    sorted
}

/// What became of facts that were handed to the centre.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Became {
    pub recorded: u64,
    pub repeated: u64,
}

/// Counts what the centre answered; what the ledger refused joins the facts that are not taken.
pub(crate) fn count(numbers: &[u64], recorded: Vec<Recorded>, refused: &mut NotTaken) -> Became {
    let mut became = Became::default();
    for (seq, recorded) in numbers.iter().zip(recorded) {
        match recorded {
            Recorded::At(_) => became.recorded += 1,
            Recorded::Repeated => became.repeated += 1,
            Recorded::Refused(why) => refused.add(*seq, format!("the ledger does not take it: {why}")),
        }
    }
    refused.named.sort_by_key(|r| r.seq);
    became
}

impl Sorted {
    /// The entries, and what is needed to count the centre's answer to them.
    pub(crate) fn split(self) -> (Vec<Entry>, Vec<u64>, NotTaken) {
        (self.entries, self.numbers, self.refused)
    }
}

#[cfg(test)]
mod tests {
    use avouch_finding::Time;
    use avouch_forward::{Sender, WireFact};
    use serde_json::{Value as Json, json};

    use super::*;

    fn batch(facts: &[(&str, Json)]) -> Batch {
        let sender = Sender { node: "n1".into(), cluster: "prod".into(), run: "r".into(), version: String::new() };
        let fact = |(at, (kind, body)): (usize, &(&str, Json))| WireFact {
            seq: at as u64 + 1,
            time: Time(0),
            kind: (*kind).to_owned(),
            body: body.clone(),
        };
        Batch { sender, facts: facts.iter().enumerate().map(fact).collect() }
    }

    #[test]
    fn an_agent_tells_of_what_it_watches_and_of_nothing_else() {
        let sorted = sort(batch(&[
            ("finding", json!({"node": "n1", "rule": "R"})),
            ("login", json!({"user": "ada"})),
            ("disposition", json!({"finding": "f", "by": "ada", "decision": "benign"})),
            ("finding", json!({"node": "n2", "rule": "R"})),
            ("observation", json!({"node": "n1", "from": "not a time"})),
            ("ledger.gap", json!({})),
            ("later_kind", json!({"node": "n1", "x": 1})),
        ]));
        let (entries, numbers, refused) = sorted.split();
        assert_eq!(numbers, [1, 7]);
        assert_eq!(entries[1].fact.kind(), "later_kind");
        assert_eq!(entries[0].source_seq, Some(1));
        assert_eq!(refused.count, 5);
        assert_eq!(refused.named.iter().map(|r| r.seq).collect::<Vec<_>>(), [2, 3, 4, 5, 6]);
    }

    #[test]
    fn of_many_refused_facts_the_first_are_named_and_all_are_counted() {
        let many: Vec<(&str, Json)> = (0..50).map(|_| ("login", json!({}))).collect();
        let (_, _, mut refused) = sort(batch(&many)).split();
        assert_eq!((refused.count, refused.named.len()), (50, MAX_NAMED));
        let answers = vec![Recorded::At(9), Recorded::Repeated, Recorded::Refused("too deep".into())];
        let became = count(&[51, 52, 53], answers, &mut refused);
        assert_eq!(became, Became { recorded: 1, repeated: 1 });
        assert_eq!(refused.count, 51);
    }
}
