//! What watchers are told.

use avouch_finding::{Fact, Time};
use axum::response::sse::Event;
use serde::Serialize;
use serde_json::Value as Json;

use crate::row::Row;

/// Something that a watcher is told.
#[derive(Debug)]
pub(crate) enum LiveEvent {
    /// He is there.
    Hello(Hello),
    /// A finding, and the number of its record.
    Finding(Box<Row>),
    /// Somebody did something about a finding.
    Act(Act),
    /// How everything stands; and the last record that he was shown or that was not for him.
    Health(u64, HealthNow),
    /// Records went by of which he was shown nothing.
    Missed(Missed),
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Hello {
    pub ledger: String,
    /// The last record at this moment.
    pub seq: u64,
    pub time: Time,
    /// What came since `Last-Event-ID` follows.
    pub resumed: bool,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Act {
    /// Id of the finding.
    pub finding: String,
    pub kind: String,
    pub by: String,
    pub time: Time,
    pub seq: u64,
    /// The record whole.
    pub body: Json,
}

#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct HealthNow {
    pub time: Time,
    pub seq: u64,
    /// Absent for those who may not know.
    #[serde(flatten)]
    pub standing: Option<StandingNow>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct StandingNow {
    /// Everything that was to be watched is watched.
    pub ready: bool,
    /// Why not.
    pub reasons: Vec<String>,
    /// Sources of nodes by how they stand.
    pub sources: std::collections::BTreeMap<&'static str, usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Missed {
    /// How many records went by.
    pub count: u64,
    /// After this record.
    pub since: u64,
    /// Up to this one.
    pub to: u64,
}

impl Act {
    /// `None` for what is no act about a finding.
    pub(crate) fn of(fact: &Fact, seq: u64) -> Option<Self> {
        let (finding, by, time) = match fact {
            Fact::Acknowledgement(a) => (&a.finding, &a.by, a.time),
            Fact::Assignment(a) => (&a.finding, &a.by, a.time),
            Fact::Disposition(a) => (&a.finding, &a.by, a.time),
            Fact::Note(a) => (&a.finding, &a.by, a.time),
            _ => return None,
        };
        let body = fact.body().ok()?;
        Some(Self { finding: finding.clone(), kind: fact.kind().to_owned(), by: by.clone(), time, seq, body })
    }
}

impl From<LiveEvent> for Event {
    fn from(event: LiveEvent) -> Self {
        match event {
            // One who goes on has an id already, from which the next attempt has to go on too when this one breaks early.
            LiveEvent::Hello(hello) if hello.resumed => made("hello", None, &hello),
            LiveEvent::Hello(hello) => made("hello", Some(hello.seq), &hello),
            LiveEvent::Finding(row) => made("finding", Some(row.record.seq), &row),
            LiveEvent::Act(act) => made("act", Some(act.seq), &act),
            LiveEvent::Health(seen, health) => made("health", Some(seen), &health),
            LiveEvent::Missed(missed) => made("missed", Some(missed.to), &missed),
        }
    }
}

fn made(name: &str, id: Option<u64>, data: &impl Serialize) -> Event {
    let event = Event::default().event(name);
    let event = match id {
        Some(id) => event.id(id.to_string()),
        None => event,
    };
    event.data(serde_json::to_string(data).unwrap_or_default())
}
