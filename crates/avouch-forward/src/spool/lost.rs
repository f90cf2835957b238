//! What the queue could not keep, and the facts that say so.

use std::collections::BTreeMap;

use avouch_finding::{Fact, Gap, LeftOut, Time};
use serde_json::Value as Json;

use super::files::Lane;
use crate::wire::WireFact;

/// Name under which entries are counted that could not be read.
const UNREADABLE: &str = "unreadable";

/// Facts that were dropped and are not told of yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lost {
    by_kind: BTreeMap<String, u64>,
    /// Time of the first.
    from: Option<Time>,
    /// Of those that are more than activity.
    grave: Grave,
}

/// What the evidence does not know all of because of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Grave {
    by_kind: BTreeMap<String, u64>,
    from: Option<Time>,
    to: Time,
}

impl Lost {
    pub(super) fn is_empty(&self) -> bool {
        self.by_kind.is_empty()
    }

    /// How many.
    pub(super) fn count(&self) -> u64 {
        self.by_kind.values().sum()
    }

    /// A fact is dropped that was put into the queue at that time.
    pub(super) fn add(&mut self, payload: &[u8], at: Time) {
        let Ok(fact) = serde_json::from_slice::<WireFact>(payload) else { return self.unreadable(1, at) };
        let text = |key: &str| fact.body.get(key).and_then(Json::as_str).and_then(Time::parse);
        let (from, to) = (text("from").unwrap_or(fact.time), text("to").unwrap_or(fact.time));
        earlier(&mut self.from, from);
        // What it says was lost stays said.
        if fact.kind == "left_out"
            && let Some(counts) = fact.body.get("by_kind").and_then(Json::as_object)
        {
            for (kind, n) in counts {
                *self.by_kind.entry(kind.clone()).or_default() += n.as_u64().unwrap_or_default();
            }
            return;
        }
        self.count_one(&fact.kind, from, to);
    }

    /// A fact cannot be put into the queue at all.
    pub(super) fn unfit(&mut self, kind: &str, time: Time) {
        earlier(&mut self.from, time);
        self.count_one(kind, time, time);
    }

    fn count_one(&mut self, kind: &str, from: Time, to: Time) {
        if Lane::of(kind) == Lane::Facts {
            self.grave.add(kind, 1, from, to);
        }
        *self.by_kind.entry(kind.to_owned()).or_default() += 1;
    }

    /// Entries that cannot be read any more, put into the queue at that time; 0 when nobody knows.
    pub(super) fn unreadable(&mut self, count: u64, at: Time) {
        if count > 0 {
            *self.by_kind.entry(UNREADABLE.to_owned()).or_default() += count;
            if at.0 > 0 {
                earlier(&mut self.from, at);
            }
            self.grave.add(UNREADABLE, count, at, at);
        }
    }

    /// The facts that say so. What is lost of findings and observations is a stretch of which the evidence does not know all.
    pub(super) fn facts(self, node: &str, now: Time) -> Vec<Fact> {
        let Grave { by_kind: grave, from, to } = self.grave;
        let gap = (!grave.is_empty()).then(|| {
            let list: Vec<String> = grave.iter().map(|(kind, n)| format!("{n} {kind}")).collect();
            let reason = format!("facts for the server could not be kept in the queue: {}", list.join(", "));
            let from = from.unwrap_or(now);
            let to = Time(to.max(from).0.saturating_add(1));
            Fact::from(Gap { from, to, node: node.to_owned(), partial: true, reason, ..Gap::default() })
        });
        let from = self.from.unwrap_or(now);
        let left_out = LeftOut { time: now, node: node.to_owned(), from, by_kind: self.by_kind };
        gap.into_iter().chain([left_out.into()]).collect()
    }
}

impl Grave {
    fn add(&mut self, kind: &str, count: u64, from: Time, to: Time) {
        *self.by_kind.entry(kind.to_owned()).or_default() += count;
        if from.0 > 0 {
            earlier(&mut self.from, from);
            self.to = self.to.max(to).max(from);
        }
    }
}

fn earlier(known: &mut Option<Time>, time: Time) {
    *known = Some(known.map_or(time, |known| known.min(time)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(kind: &str, time: &str, body: Json) -> Vec<u8> {
        let time = Time::parse(time).expect("a time");
        serde_json::to_vec(&WireFact { seq: 1, time, kind: kind.into(), body }).expect("JSON")
    }

    #[test]
    fn activity_is_left_out_and_findings_make_a_gap() {
        let now = Time::parse("2026-03-01T12:00:00Z").expect("a time");
        let mut lost = Lost::default();
        assert!(lost.is_empty());
        lost.add(&payload("command", "2026-03-01T10:00:00Z", serde_json::json!({})), Time(9));
        let facts = lost.clone().facts("n1", now);
        let [Fact::LeftOut(left_out)] = &facts[..] else { panic!("{facts:?}") };
        assert_eq!(left_out.by_kind, BTreeMap::from([("command".to_owned(), 1)]));

        let body = serde_json::json!({"from": "2026-03-01T09:00:00Z", "to": "2026-03-01T09:00:10Z"});
        lost.add(&payload("observation", "2026-03-01T09:00:00Z", body), Time(9));
        let facts = lost.clone().facts("n1", now);
        let [Fact::Gap(gap), Fact::LeftOut(left_out)] = &facts[..] else { panic!("{facts:?}") };
        assert_eq!(gap.from.to_string(), "2026-03-01T09:00:00.000000000Z");
        // The command, which was later, is no part of it.
        assert_eq!(gap.to.to_string(), "2026-03-01T09:00:10.000000001Z");
        assert!(gap.reason.ends_with("queue: 1 observation"), "{}", gap.reason);
        assert_eq!(left_out.by_kind["command"], 1);
        assert_eq!(left_out.from, gap.from);
        assert_eq!(lost.count(), 2);
    }

    #[test]
    fn what_a_dropped_fact_said_of_losses_stays_said() {
        let mut lost = Lost::default();
        let body = serde_json::json!({"from": "2026-03-01T08:00:00Z", "by_kind": {"command": 40, "file": 2}});
        lost.add(&payload("left_out", "2026-03-01T08:30:00Z", body), Time(9));
        lost.add(&payload("command", "2026-03-01T08:30:00Z", serde_json::json!({})), Time(9));
        let facts = lost.facts("n1", Time(u64::MAX));
        let [Fact::LeftOut(left_out)] = &facts[..] else { panic!("{facts:?}") };
        assert_eq!(left_out.by_kind, BTreeMap::from([("command".to_owned(), 41), ("file".to_owned(), 2)]));
    }
}
