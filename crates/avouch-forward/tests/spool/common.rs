//! Facts, and a server that takes all of them.

use std::collections::BTreeMap;

use avouch_finding::{Command, Fact, Gap, Time};
use avouch_forward::{Batch, Limits, Most, Outbox, Outgoing, Sender, WireFact};

pub(crate) fn sender(run: &str) -> Sender {
    Sender { node: "n1".into(), cluster: "prod".into(), run: run.into(), version: "0.1.0".into() }
}

pub(crate) fn gap(text: &str) -> Fact {
    Gap { from: Time(5), to: Time(6), node: "n1".into(), reason: text.into(), ..Gap::default() }.into()
}

pub(crate) fn command(text: &str) -> Fact {
    Command { time: Time(7), node: "n1".into(), cmdline: text.into(), ..Command::default() }.into()
}

pub(crate) fn decode(sent: &Outgoing) -> Batch {
    let batch = Batch::decode(&sent.body, None, &Limits::default()).expect("a batch");
    assert_eq!((batch.facts.len(), batch.facts[0].seq), (sent.facts, sent.first));
    assert_eq!(batch.facts.last().map(|f| f.seq), Some(sent.last));
    batch
}

/// Takes everything that waits, as a server does that acknowledges all.
pub(crate) fn drain(outbox: &mut Outbox, most: Most) -> Vec<(String, WireFact)> {
    let mut out = Vec::new();
    while let Some(sent) = outbox.next(most).expect("reads") {
        let batch = decode(&sent);
        out.extend(batch.facts.into_iter().map(|fact| (batch.sender.run.clone(), fact)));
        outbox.acknowledge(&sent, sent.last).expect("forgets");
    }
    assert_eq!(outbox.standing().waiting, 0);
    out
}

pub(crate) fn text(fact: &WireFact) -> &str {
    ["reason", "cmdline"].into_iter().find_map(|key| fact.body[key].as_str()).unwrap_or_default()
}

/// What facts say was dropped, by kind.
pub(crate) fn told_dropped(all: &[WireFact]) -> BTreeMap<String, u64> {
    let mut out = BTreeMap::new();
    for (kind, n) in all.iter().filter(|f| f.kind == "left_out").filter_map(|f| f.body["by_kind"].as_object()).flatten()
    {
        *out.entry(kind.clone()).or_default() += n.as_u64().unwrap_or_default();
    }
    out
}
