//! What the sensor told of one act.

use std::fmt;

use avouch_event::{Event, EventBuf, EventType, types};

/// Events of a process and its descendants, in order.
#[derive(Clone)]
pub(crate) struct Seen {
    root: i64,
    tids: Vec<i64>,
    events: Vec<EventBuf>,
    ended: bool,
}

impl Seen {
    pub(crate) fn of(root: i64) -> Self {
        Self { root, tids: vec![root], events: Vec::new(), ended: false }
    }

    pub(crate) fn take(&mut self, event: &Event<'_>) {
        if event.ty == types::CLONE_20_X && event.params.i64(5).is_some_and(|parent| self.tids.contains(&parent)) {
            self.tids.push(event.tid);
        }
        if !self.tids.contains(&event.tid) {
            return;
        }
        self.ended |= event.ty == types::PROCEXIT_1_E && event.tid == self.root;
        self.events.push(EventBuf::from_event(event));
    }

    pub(crate) fn ended(&self) -> bool {
        self.ended
    }

    /// Events of a type.
    pub(crate) fn all(&self, ty: EventType) -> impl Iterator<Item = Event<'_>> {
        self.events.iter().map(EventBuf::event).filter(move |e| e.ty == ty)
    }

    /// The one event of a type that `wanted` accepts, or what is wrong.
    pub(crate) fn one(&self, ty: EventType, wanted: impl Fn(&Event<'_>) -> bool) -> Result<Event<'_>, String> {
        self.all(ty).find(|e| wanted(e)).ok_or_else(|| format!("no such `{}`", ty.name()))
    }

    /// The event told just before `event`.
    pub(crate) fn before(&self, event: &Event<'_>) -> Option<Event<'_>> {
        let at = self.events.iter().position(|e| e.num == event.num)?;
        self.events.get(at.checked_sub(1)?).map(EventBuf::event)
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for event in self.events.iter().map(EventBuf::event) {
            write!(f, "  {} {}{}", event.tid, event.ty.name(), if event.hidden { " (hidden)" } else { "" })?;
            for (i, info) in event.ty.info().map_or(&[][..], |t| t.params).iter().enumerate() {
                let bytes = event.params.get(i).unwrap_or_default();
                write!(f, " {}={}", info.name, bytes.get(..60).unwrap_or(bytes).escape_ascii())?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
