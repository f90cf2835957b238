//! `avouch verify`: time-stamps (RFC 3161) that the ledger keeps, held against the heads that they are of and, where the caller names
//! authorities, against these. No network.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use avouch_anchor::{StampTrust, parse_reply};
use avouch_finding::{Anchored, Fact};
use avouch_ledger::{Digest, RecordRef, SignedHead, head_lines};
use serde_json::{Value as Json, json};

/// How the line of a record begins that may keep a time-stamp: lines are in canonical form.
const BEGIN: &[u8] = b"{\"kind\":\"anchor\",";
/// Time-stamps that are looked at. A stamp a minute for a month is 44,640; those beyond are counted.
const MOST: usize = 100_000;
/// Wrong ones that are named in words; all of them stand in the form for programs.
const NAMED: usize = 100;

/// How one time-stamp stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It is of a head of this ledger, and an authority that the caller trusts signed it.
    Signed,
    /// It is of a head of this ledger; who signed it was not asked.
    NotChecked,
    /// It is of something else, or not signed by whom the caller trusts, or cannot be read.
    Wrong(String),
}

/// One time-stamp.
#[derive(Clone, Debug)]
pub(super) struct Stamp {
    /// Record that keeps it.
    record: u64,
    /// Last record of the head that it is said to be of.
    last_seq: u64,
    /// When that head was signed, by the clock of the ledger.
    head_time: Option<String>,
    /// When it was stamped, by the authority: `2026-11-26T06:51:22Z`.
    time: String,
    /// Authority and serial number, as the record says.
    place: String,
    state: State,
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Stamps {
    kept: u64,
    signed: u64,
    not_checked: u64,
    wrong: u64,
    /// Too many to be looked at.
    beyond: u64,
    all: Vec<Stamp>,
}

/// Takes time-stamps from the lines of a ledger as the verifier passes over them.
pub(super) struct Looking<'t> {
    trust: Option<&'t StampTrust>,
    found: Stamps,
    /// Places in `found.all` of those that wait for their head, by what was stamped.
    waiting: BTreeMap<Digest, Vec<usize>>,
}

impl<'t> Looking<'t> {
    /// With the authorities that the caller trusts, if any.
    pub(super) fn new(trust: Option<&'t StampTrust>) -> Self {
        Self { trust, found: Stamps::default(), waiting: BTreeMap::new() }
    }

    /// Whether the caller named authorities.
    pub(super) fn asked(&self) -> bool {
        self.trust.is_some()
    }

    /// Looks at a line. One that is no record is the verifier's matter.
    pub(super) fn see(&mut self, line: &[u8]) {
        if !line.starts_with(BEGIN) {
            return;
        }
        let Ok(record) = RecordRef::parse(line) else { return };
        let fact = serde_json::from_str(record.body).ok().and_then(|body| Fact::read(record.kind, body).ok());
        if let Some(Fact::Anchor(anchored)) = fact
            && anchored.anchor == "tsa"
        {
            self.look(record.seq, &anchored);
        }
    }

    fn look(&mut self, record: u64, anchored: &Anchored) {
        self.found.kept += 1;
        if self.found.all.len() >= MOST {
            self.found.beyond += 1;
            return;
        }
        let reply = anchored.receipt.as_deref().and_then(unhex);
        let read = match &reply {
            None => Err("the record keeps no reply of the authority".to_owned()),
            Some(reply) => parse_reply(reply).map_err(|error| error.to_string()),
        };
        let (state, time) = match (&read, &reply, self.trust) {
            (Err(why), ..) => (State::Wrong(why.clone()), anchored.their_time.clone().unwrap_or_default()),
            (Ok(stamp), Some(reply), Some(trust)) => match trust.verify(reply) {
                Ok(()) => (State::Signed, stamp.time.clone()),
                Err(error) => (State::Wrong(error.to_string()), stamp.time.clone()),
            },
            (Ok(stamp), ..) => (State::NotChecked, stamp.time.clone()),
        };
        if let Ok(stamp) = &read {
            self.waiting.entry(Digest(stamp.imprint)).or_default().push(self.found.all.len());
        }
        self.found.all.push(Stamp {
            record,
            last_seq: anchored.last_seq,
            head_time: None,
            time: readable(&time),
            place: anchored.place.clone(),
            state,
        });
    }

    /// Looks for the heads that were stamped; `ledger` is the folder of the ledger.
    pub(super) fn finish(mut self, ledger: &Path) -> anyhow::Result<Stamps> {
        if !self.waiting.is_empty() {
            let lines = head_lines(ledger).with_context(|| format!("failed to read `{}`", ledger.display()))?;
            for line in lines.map_while(Result::ok) {
                let Some(places) = self.waiting.remove(&Digest::of(&line)) else { continue };
                let head = SignedHead::parse(&line).ok().map(|signed| signed.head);
                for place in places {
                    let Some(stamp) = self.found.all.get_mut(place) else { continue };
                    stamp.head_time = head.as_ref().map(|h| h.time.to_string());
                    if head.as_ref().is_none_or(|h| h.last_seq != stamp.last_seq) {
                        stamp.state = State::Wrong("it is of another head than its record says".to_owned());
                    }
                }
            }
        }
        for place in self.waiting.into_values().flatten() {
            if let Some(stamp) = self.found.all.get_mut(place) {
                stamp.state = State::Wrong("it is of no head that is here".to_owned());
            }
        }
        for stamp in &self.found.all {
            let n = match stamp.state {
                State::Signed => &mut self.found.signed,
                State::NotChecked => &mut self.found.not_checked,
                State::Wrong(_) => &mut self.found.wrong,
            };
            *n += 1;
        }
        Ok(self.found)
    }
}

impl Stamps {
    /// Whether none is wrong. One that was not checked is not wrong; the words say so.
    pub(super) fn hold(&self) -> bool {
        self.wrong == 0
    }

    /// For programs: all of them, each with its `state` (`signed`, `not_checked`, `wrong`).
    pub(super) fn json(&self) -> Json {
        let one = |s: &Stamp| {
            let (state, why) = match &s.state {
                State::Signed => ("signed", None),
                State::NotChecked => ("not_checked", None),
                State::Wrong(why) => ("wrong", Some(why)),
            };
            json!({
                "record": s.record, "last_seq": s.last_seq, "head_time": s.head_time, "time": s.time, "place": s.place,
                "state": state, "why": why,
            })
        };
        json!({
            "kept": self.kept, "signed": self.signed, "not_checked": self.not_checked, "wrong": self.wrong, "beyond": self.beyond,
            "all": self.all.iter().map(one).collect::<Vec<_>>(),
        })
    }

    /// What a person reads. Nothing when none is kept and nobody asked.
    pub(super) fn words(&self, asked: bool) -> String {
        let mut text = String::new();
        if self.kept == 0 {
            return if asked { "time-stamps: none is kept here\n".to_owned() } else { text };
        }
        let wrong = |s: &&Stamp| matches!(s.state, State::Wrong(_));
        for stamp in self.all.iter().filter(wrong).take(NAMED) {
            if let State::Wrong(why) = &stamp.state {
                text.push_str(&format!(
                    "TIME-STAMP: record {}, the stamp of {} over the head at record {}: {why}\n",
                    stamp.record, stamp.time, stamp.last_seq
                ));
            }
        }
        let mut parts = vec![format!("time-stamps: {} kept", self.kept)];
        let mut part = |n: u64, what: &str| parts.extend((n > 0).then(|| format!("{n} {what}")));
        part(self.signed, "signed by an authority that you trust");
        part(self.wrong, "WRONG");
        part(self.not_checked, "not checked: name the certificates of their authority with --tsa-ca");
        part(self.beyond, "not checked: too many");
        text.push_str(&parts.join(", "));
        text.push('\n');
        let mut good = self.all.iter().filter(|s| s.state == State::Signed);
        let first = good.next();
        for (which, stamp) in [("first", first), ("last", good.next_back())] {
            if let Some(s) = stamp {
                text.push_str(&format!(
                    "the {which} signed one: the head at record {}, of {}, was there at {}\n",
                    s.last_seq,
                    s.head_time.as_deref().unwrap_or("?"),
                    s.time
                ));
            }
        }
        text
    }
}

/// `20261126065122.5Z` as `2026-11-26T06:51:22.5Z`.
fn readable(time: &str) -> String {
    let part = |from: usize, to: usize| time.get(from..to);
    match (part(0, 4), part(4, 6), part(6, 8), part(8, 10), part(10, 12), time.get(12..)) {
        (Some(y), Some(m), Some(d), Some(h), Some(min), Some(s)) => format!("{y}-{m}-{d}T{h}:{min}:{s}"),
        _ => time.to_owned(),
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |b: u8| (b as char).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| if let [a, b] = pair { Some(digit(*a)? << 4 | digit(*b)?) } else { None }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_others_are_read_or_refused() {
        assert_eq!(readable("20261126065122.5Z"), "2026-11-26T06:51:22.5Z");
        assert_eq!(readable("soon"), "soon");
        assert_eq!(unhex("00fFa1"), Some(vec![0, 0xff, 0xa1]));
        assert_eq!((unhex("0"), unhex("0g"), unhex("é")), (None, None, None));
    }
}
