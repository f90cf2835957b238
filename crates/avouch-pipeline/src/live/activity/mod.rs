//! What happened, whatever the rules are: commands, connections and changed files, condensed, within a budget.
//!
//! What a source must collect for it: [`crate::interest::activity`].
//!
//! Driven by events and the state after them; no clock and no IO. A command is written as it comes. Connections of one
//! program to one address are one record a minute. A file that one process changes again and again in one way is one record
//! a minute. What the budget leaves out is counted by kind.

mod budget;
mod connections;
mod files;

use std::collections::BTreeMap;

use avouch_event::{Event, EventType, types};
use avouch_state::State;

use self::budget::Budget;
use self::connections::Connections;
use self::files::Files;
pub(super) use self::files::{change, types as change_types};
use super::records::{Command, Record, rfc3339};

/// ns of the time over which connections and file changes are condensed.
const MINUTE: u64 = 60_000_000_000;

/// How much activity is written.
#[derive(Clone, Copy, Debug)]
pub struct ActivityLimits {
    /// Records a second, over all kinds; saved up for a second at most.
    pub per_second: u32,
    /// Connections remembered to be condensed.
    pub connections: usize,
    /// File changes remembered to be condensed.
    pub files: usize,
}

impl Default for ActivityLimits {
    /// 200 a second are some MB an hour; memory for either kind stays below 2 MB.
    fn default() -> Self {
        Self { per_second: 200, connections: 4_096, files: 8_192 }
    }
}

/// Kinds of activity, and what is not written of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Command,
    Connection,
    File,
    /// The same change of the same file by the same process within the minute.
    FileRepeated,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Connection => "connection",
            Self::File => "file",
            Self::FileRepeated => "file_repeated",
        }
    }
}

/// The events that tell of commands.
const COMMANDS: [EventType; 2] = [types::EXECVE_19_X, types::EXECVEAT_X];

/// By number of an event's type, whether it tells of activity.
fn wanted() -> Box<[bool]> {
    let mut out = vec![false; EventType::COUNT];
    for ty in COMMANDS.into_iter().chain(connections::TYPES).chain(files::types()) {
        if let Some(slot) = out.get_mut(usize::from(ty.0)) {
            *slot = true;
        }
    }
    out.into()
}

type LeftOutCounts = BTreeMap<&'static str, u64>;

/// See the module.
pub struct Activity {
    /// Most events are none of its business, and cost one look here.
    wanted: Box<[bool]>,
    budget: Budget,
    connections: Connections,
    files: Files,
    /// Start of the minute that is condensed, by the time of events.
    minute: u64,
    left_out: LeftOutCounts,
    told: LeftOutCounts,
}

impl Activity {
    /// Nothing has happened yet.
    #[must_use]
    pub fn new(limits: ActivityLimits) -> Self {
        Self {
            wanted: wanted(),
            budget: Budget::new(limits.per_second),
            connections: Connections::new(limits.connections),
            files: Files::new(limits.files),
            minute: 0,
            left_out: LeftOutCounts::new(),
            told: LeftOutCounts::new(),
        }
    }

    /// Takes an event that was just applied to `state`.
    pub fn event(&mut self, event: &Event<'_>, state: &State, emit: &mut dyn FnMut(Record)) {
        if self.wanted.get(usize::from(event.ty.0)) != Some(&true) {
            return;
        }
        let minute = event.timestamp / MINUTE;
        if minute != self.minute {
            self.minute = minute;
            self.turn_minute(event.timestamp, emit);
        }
        match event.ty {
            ty if COMMANDS.contains(&ty) => self.command(event, state, emit),
            ty if connections::TYPES.contains(&ty) => {
                if self.connections.event(event, state) == connections::Kept::NoRoom {
                    self.leave_out(Kind::Connection);
                }
            }
            _ => self.file(event, state, emit),
        }
    }

    /// Writes what is condensed so far.
    pub fn flush(&mut self, now: u64, emit: &mut dyn FnMut(Record)) {
        self.connections.flush(now, emit);
    }

    /// What was left out since the start, by kind.
    #[must_use]
    pub fn left_out(&self) -> BTreeMap<&'static str, u64> {
        self.left_out.clone()
    }

    /// What was left out since the last call, by kind.
    pub fn left_out_since(&mut self) -> BTreeMap<&'static str, u64> {
        let told = std::mem::replace(&mut self.told, self.left_out.clone());
        let new = |(kind, n): (&&'static str, &u64)| {
            let n = n - told.get(kind).copied().unwrap_or(0);
            (n > 0).then_some((*kind, n))
        };
        self.left_out.iter().filter_map(new).collect()
    }

    fn turn_minute(&mut self, now: u64, emit: &mut dyn FnMut(Record)) {
        self.connections.flush(now, emit);
        self.files.forget();
    }

    fn leave_out(&mut self, kind: Kind) {
        *self.left_out.entry(kind.name()).or_default() += 1;
    }

    fn command(&mut self, event: &Event<'_>, state: &State, emit: &mut dyn FnMut(Record)) {
        if event.params.i64(0) != Some(0) {
            return;
        }
        let Some(thread) = state.thread() else { return };
        if !self.budget.take(Kind::Command, event.timestamp) {
            self.leave_out(Kind::Command);
            return;
        }
        let (cmdline, args_at) = super::who::cmdline(thread);
        emit(Record::Command(Box::new(Command {
            time: rfc3339(event.timestamp),
            who: super::who::who(state, thread),
            cmdline,
            args_at,
            cwd: String::from_utf8_lossy(state.cwd(thread)).into_owned(),
            tty: thread.tty,
            vpid: thread.vpid,
            call: event.ty.name(),
            exe_file: super::who::exe_file(thread),
        })));
    }

    fn file(&mut self, event: &Event<'_>, state: &State, emit: &mut dyn FnMut(Record)) {
        let Some((change, thread)) = files::change(event, state) else { return };
        if !self.files.is_new(&change, thread.pid) {
            self.leave_out(Kind::FileRepeated);
            return;
        }
        if !self.budget.take(Kind::File, event.timestamp) {
            self.leave_out(Kind::File);
            return;
        }
        emit(Record::File(Box::new(change.record(event.timestamp, super::who::who(state, thread)))));
    }
}
