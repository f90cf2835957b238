//! Files that changed and wait until they are left alone for a moment.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use avouch_event::{TimeStyle, time_text};

use crate::Config;
use crate::change::{Act, Change, Found, UnknownState};
use crate::known::Key;

/// `ns` since the epoch as RFC 3339.
pub(crate) fn rfc3339(ns: u64) -> String {
    time_text(ns, TimeStyle::Iso8601Zulu, 0).to_string()
}

/// Where a changed path is read.
#[derive(Clone, Debug)]
pub(crate) enum View {
    Host,
    Container(Result<Arc<OwnedFd>, UnknownState>),
}

/// What is known of a change that is not read yet.
#[derive(Debug)]
pub(crate) struct Wait {
    began: Instant,
    pub(crate) due: Instant,
    pub(crate) found: Found,
    pub(crate) view: View,
    pub(crate) acts: Vec<Act>,
    pub(crate) more: u64,
    /// ns since the epoch of the first and last change that events told.
    pub(crate) times: Option<(u64, u64)>,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Pending {
    waiting: BTreeMap<Key, Wait>,
    room: usize,
    max_changes: usize,
    settle: Duration,
    at_most: Duration,
}

impl Pending {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            waiting: BTreeMap::new(),
            room: config.max_pending,
            max_changes: config.max_changes,
            settle: Duration::from_millis(config.settle_ms),
            at_most: Duration::from_millis(config.settle_at_most_ms),
        }
    }

    pub(crate) fn holds(&self, key: &Key) -> bool {
        self.waiting.contains_key(key)
    }

    /// A change that an event told. Whether there was room.
    pub(crate) fn changed(&mut self, key: Key, change: &Change, view: View, now: Instant) -> bool {
        let (settle, at_most, max_changes) = (self.settle, self.at_most, self.max_changes);
        let Some(wait) = self.entry(key, Found::Event, view, now) else { return false };
        // What a look showed first is told with the event that explains it.
        if wait.found == Found::Sweep {
            wait.found = Found::Event;
        }
        let (first, last) = wait.times.unwrap_or((change.time, change.time));
        wait.times = Some((first.min(change.time), last.max(change.time)));
        wait.due = (now + settle).min(wait.began + at_most);
        if wait.acts.len() < max_changes {
            let who = Arc::clone(&change.who);
            wait.acts.push(Act { time: rfc3339(change.time), event: change.event, action: change.kind, who });
        } else {
            wait.more += 1;
        }
        true
    }

    /// A difference that a look showed. It waits a little longer: an event that explains it may be on its way. Whether
    /// there was room.
    pub(crate) fn suspect(&mut self, key: Key, found: Found, now: Instant) -> bool {
        let grace = self.settle * 2;
        let Some(wait) = self.entry(key, found, View::Host, now) else { return false };
        wait.due = wait.due.max(now + grace);
        true
    }

    fn entry(&mut self, key: Key, found: Found, view: View, now: Instant) -> Option<&mut Wait> {
        if self.waiting.len() >= self.room && !self.waiting.contains_key(&key) {
            return None;
        }
        let new = Wait { began: now, due: now, found, view, acts: Vec::new(), more: 0, times: None };
        Some(self.waiting.entry(key).or_insert(new))
    }

    /// When the next one is to be read.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.waiting.values().map(|wait| wait.due).min()
    }

    /// One that is to be read now.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<(Key, Wait)> {
        let key = self.waiting.iter().find(|(_, wait)| wait.due <= now)?.0.clone();
        self.waiting.remove_entry(&key)
    }

    /// Any one, due or not.
    pub(crate) fn take_any(&mut self) -> Option<(Key, Wait)> {
        self.waiting.pop_first()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::{ChangeKind, Place};

    fn key(path: &str) -> Key {
        Key { container: "".into(), path: path.into() }
    }

    fn change(time: u64) -> Change {
        Change {
            path: "/x".into(),
            to: None,
            place: Place::Host,
            kind: ChangeKind::Write,
            time,
            event: time,
            who: Arc::default(),
        }
    }

    #[test]
    fn a_file_that_goes_on_changing_is_read_after_the_longest_wait() {
        let mut pending = Pending::new(&Config { settle_ms: 500, settle_at_most_ms: 1_000, ..Config::default() });
        let began = Instant::now();
        let ms = Duration::from_millis;
        for i in 0..10 {
            assert!(pending.changed(key("/x"), &change(i), View::Host, began + ms(i * 100)));
        }
        assert_eq!(pending.next_due(), Some(began + ms(1_000)));
        assert!(pending.take_due(began + ms(999)).is_none());
        let (_, wait) = pending.take_due(began + ms(1_000)).unwrap();
        assert_eq!((wait.acts.len(), wait.more, wait.times), (8, 2, Some((0, 9))));
    }

    #[test]
    fn there_is_room_for_as_many_as_said() {
        let mut pending = Pending::new(&Config { max_pending: 1, ..Config::default() });
        let now = Instant::now();
        assert!(pending.changed(key("/x"), &change(1), View::Host, now));
        assert!(!pending.changed(key("/y"), &change(1), View::Host, now));
        assert!(pending.changed(key("/x"), &change(2), View::Host, now));
    }

    #[test]
    fn an_event_explains_what_a_look_showed() {
        let mut pending = Pending::new(&Config::default());
        let now = Instant::now();
        assert!(pending.suspect(key("/x"), Found::Sweep, now));
        assert!(pending.changed(key("/x"), &change(1), View::Host, now));
        let (_, wait) = pending.take_any().unwrap();
        assert_eq!((wait.found, wait.acts.len()), (Found::Event, 1));
    }
}
