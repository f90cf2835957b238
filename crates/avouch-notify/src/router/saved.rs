//! What a router has still to do, as rows that are kept outside: a name and a JSON value each.
//!
//! Only rows that changed are given, so that keeping it costs what happened and not what waits. Findings stand in them as
//! numbers of the ledger's records.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use avouch_finding::{Severity, Time};
use serde::{Deserialize, Serialize};

use super::batch::{numbers, numbers_of};
use super::group::Group;
use super::incident::Incident;
use super::limit::Limit;
use super::send::digest;
use super::{Key, Router};
use crate::config::{Config, Label};
use crate::message::{Act, Message, Noted, Reason};

/// A row that is to be written, or removed when it has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its name, unique among all.
    pub name: String,
    /// JSON.
    pub value: Option<String>,
}

/// Which row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Row {
    Config,
    Group(Key),
    Limit(String),
    /// Id of its group.
    Incident(String),
    /// Id of the message, and its channel.
    Message(String, String),
}

impl Row {
    fn name(&self) -> String {
        match self {
            Self::Config => "config".to_owned(),
            Self::Group(key) => {
                let (route, marks) = (key.route.to_string(), format!("{} {}", key.test, key.late));
                let values = key.values.iter().map(String::as_str);
                format!(
                    "group {}",
                    digest(&[&route, &marks].into_iter().map(String::as_str).chain(values).collect::<Vec<_>>())
                )
            }
            Self::Limit(channel) => format!("limit {channel}"),
            Self::Incident(group) => format!("incident {group}"),
            Self::Message(id, channel) => format!("message {id} {channel}"),
        }
    }
}

/// Where in the ledger it is, and when it was last there.
#[derive(Serialize, Deserialize)]
struct Position {
    seq: u64,
    alive: Time,
}

#[derive(Serialize, Deserialize)]
struct SavedGroup {
    key: Key,
    group: Group,
}

/// A message as it is kept: what else it has follows from the configuration.
#[derive(Serialize, Deserialize)]
struct SavedMessage {
    channel: String,
    id: String,
    group: String,
    route: String,
    reason: Reason,
    time: Time,
    severity: Severity,
    count: u64,
    total: u64,
    first: Time,
    last: Time,
    labels: Vec<(Label, String)>,
    #[serde(with = "numbers")]
    findings: Vec<Arc<Noted>>,
    held_back: u64,
    test: bool,
    act: Option<Act>,
}

impl SavedMessage {
    fn of(message: &Message, channel: &str) -> Self {
        let m = message.clone();
        Self {
            channel: channel.to_owned(),
            id: m.id,
            group: m.group,
            route: m.route,
            reason: m.reason,
            time: m.time,
            severity: m.severity,
            count: m.count,
            total: m.total,
            first: m.first,
            last: m.last,
            labels: m.labels,
            findings: m.findings,
            held_back: m.held_back,
            test: m.test,
            act: m.act,
        }
    }

    fn message(self) -> (String, Message) {
        let message = Message {
            id: self.id,
            group: self.group,
            route: self.route,
            reason: self.reason,
            time: self.time,
            severity: self.severity,
            count: self.count,
            total: self.total,
            first: self.first,
            last: self.last,
            labels: self.labels,
            findings: self.findings,
            held_back: self.held_back,
            console: None,
            test: self.test,
            act: self.act,
        };
        (self.channel, message)
    }
}

/// Rows, read again. Findings in it are numbers until [`Router::restore`] gets them.
#[derive(Debug, Default)]
pub struct Saved {
    pub(super) position: u64,
    pub(super) alive: Time,
    pub(super) config: Option<Config>,
    pub(super) groups: Vec<(Key, Group)>,
    pub(super) limits: BTreeMap<String, Limit>,
    pub(super) incidents: Vec<(String, Incident)>,
    pub(super) messages: Vec<(String, Message)>,
    unreadable: Vec<String>,
}

impl Saved {
    /// Reads rows of [`Router::changes`]. One that cannot be read, because it was damaged or is of a later version, is left out and
    /// named by [`Saved::unreadable`].
    #[must_use]
    pub fn read(rows: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut saved = Self::default();
        for (name, value) in rows {
            if !saved.take(&name, &value) {
                saved.unreadable.push(name);
            }
        }
        // Groups are those of routes, by their place.
        if saved.config.is_none() {
            let groups = std::mem::take(&mut saved.groups);
            saved.unreadable.extend(groups.into_iter().map(|(key, _)| Row::Group(key).name()));
        }
        saved
    }

    fn take(&mut self, name: &str, value: &str) -> bool {
        fn read<'a, T: Deserialize<'a>>(value: &'a str) -> Option<T> {
            serde_json::from_str(value).ok()
        }
        let (kind, rest) = name.split_once(' ').unwrap_or((name, ""));
        let read = match kind {
            "position" => read::<Position>(value).map(|p| (self.position, self.alive) = (p.seq, p.alive)),
            "config" => read::<Config>(value).map(|config| self.config = Some(config)),
            "group" => read::<SavedGroup>(value).map(|saved| self.groups.push((saved.key, saved.group))),
            "incident" => read::<Incident>(value).map(|incident| self.incidents.push((rest.to_owned(), incident))),
            "limit" => read::<Limit>(value).map(|limit| drop(self.limits.insert(rest.to_owned(), limit))),
            "message" => read::<SavedMessage>(value).map(|saved| self.messages.push(saved.message())),
            _ => None,
        };
        read.is_some()
    }

    /// Records up to this one were taken; 0 when nothing was kept.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// For a ledger that ends at this record.
    #[must_use]
    pub fn not_beyond(mut self, seq: u64) -> Self {
        self.position = self.position.min(seq);
        self
    }

    /// Numbers of the findings that are needed.
    #[must_use]
    pub fn findings(&self) -> BTreeSet<u64> {
        let mut wanted = BTreeSet::new();
        for (_, group) in &self.groups {
            numbers_of(&group.pending.findings, &mut wanted);
            numbers_of(&group.told.findings, &mut wanted);
        }
        self.incidents.iter().for_each(|(_, incident)| incident.numbers(&mut wanted));
        self.limits.values().for_each(|limit| numbers_of(&limit.held.findings, &mut wanted));
        self.messages.iter().for_each(|(_, message)| numbers_of(&message.findings, &mut wanted));
        wanted
    }

    /// Names of rows that could not be read: what they stood for is not told.
    #[must_use]
    pub fn unreadable(&self) -> &[String] {
        &self.unreadable
    }
}

impl Router {
    /// What is to be kept of what happened since it was last asked. With all of it from the beginning, [`Router::restore`] goes
    /// on where this one was.
    pub fn changes(&mut self, now: Time) -> Vec<Change> {
        if !self.restored {
            self.alive = now;
        }
        let position = Position { seq: self.position, alive: self.alive };
        let mut out = vec![Change { name: "position".to_owned(), value: json(&position) }];
        for row in std::mem::take(&mut self.changed) {
            let value = match &row {
                Row::Config => json(self.plan.config.as_ref()),
                Row::Group(key) => {
                    self.groups.get(key).and_then(|group| json(&SavedGroup { key: key.clone(), group: group.clone() }))
                }
                Row::Limit(channel) => self.limits.get(channel).and_then(json),
                Row::Incident(group) => self.incidents.get(group).and_then(json),
                Row::Message(id, channel) => {
                    let message = self.sent.get(&(id.clone(), channel.clone()));
                    message.and_then(|message| json(&SavedMessage::of(message, channel)))
                }
            };
            out.push(Change { name: row.name(), value });
        }
        out
    }

    /// Whether something happened that is not kept yet, but for the position.
    #[must_use]
    pub fn has_changes(&self) -> bool {
        !self.changed.is_empty()
    }

    /// All rows are written anew.
    pub(super) fn touch_all(&mut self) {
        self.changed.insert(Row::Config);
        self.changed.extend(self.groups.keys().cloned().map(Row::Group));
        self.changed.extend(self.limits.keys().cloned().map(Row::Limit));
    }
}

/// Nothing that is kept has a key that JSON cannot have: `None` does not come.
fn json<T: Serialize>(value: &T) -> Option<String> {
    serde_json::to_string(value).ok()
}
