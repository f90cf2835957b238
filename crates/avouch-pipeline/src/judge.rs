//! One item after the other: the state first, then the rules, then whoever wants to hear. Replays and live runs share it.

use std::path::Path;

use avouch_audit::{JsonReader, Run, Source};
use avouch_controls::Criteria;
use avouch_engine::{Explanation, Program, RenderOptions, RuleIndex, Scratch};
use avouch_event::{Arena, Event, FieldReader, FieldRef, Item, Output as Target, Value, types};
use avouch_rules::ResolvedRule;
use avouch_state::{State, SyscallReader};
use serde_json::{Map, Value as Json};

use crate::replay::ReplayOptions;
use crate::ruleset::{RuleSet, SYSCALL};
use crate::summary::Summary;

/// Size of the arena, in bytes, over which it is emptied. Small: what one event composes fits many times.
const ARENA_RESET: usize = 256 << 10;

/// ns in an hour: local time is looked up once an hour, because zones change at whole hours.
const HOUR: u64 = 3_600_000_000_000;

/// Reads fields of an event of any source.
#[derive(Clone, Copy)]
pub enum EventReader<'a> {
    /// A system call.
    Syscall(&'a SyscallReader<'a>),
    /// An audit record.
    Record(&'a JsonReader<'a>),
}

impl FieldReader for EventReader<'_> {
    fn read<'e>(&'e self, field: &FieldRef, arena: &'e Arena) -> Option<Value<'e>> {
        match self {
            EventReader::Syscall(r) => r.read(field, arena),
            EventReader::Record(r) => r.read(field, arena),
        }
    }

    fn read_output<'e>(&'e self, field: &FieldRef, target: Target, arena: &'e Arena) -> Option<Value<'e>> {
        match self {
            EventReader::Syscall(r) => r.read_output(field, target, arena),
            EventReader::Record(r) => r.read_output(field, target, arena),
        }
    }
}

/// A rule that matched an event.
pub struct Detection<'a> {
    /// The rule.
    pub rule: &'a ResolvedRule,
    /// What it is evidence for.
    pub criteria: &'a Criteria,
    /// The event.
    pub event: &'a Event<'a>,
    /// Input it came from.
    pub input: &'a Path,
    /// Name of the machine, as far as the input tells; empty otherwise.
    pub hostname: &'a [u8],
    /// Seconds that local time is ahead of UTC at the event.
    pub utc_offset: i32,
    program: &'a Program,
    index: RuleIndex,
    reader: EventReader<'a>,
    arena: &'a Arena,
    render: RenderOptions,
}

impl Detection<'_> {
    /// The output template filled in. Bytes that are not UTF-8 become the replacement character.
    #[must_use]
    pub fn message(&self) -> String {
        let mut out = Vec::new();
        if let Some(rule) = self.program.rule(self.index) {
            rule.output.text(&self.reader, self.arena, self.render, &mut out);
        }
        String::from_utf8(out).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
    }

    /// The template's fields and their values.
    #[must_use]
    pub fn fields(&self) -> Map<String, Json> {
        let rule = self.program.rule(self.index);
        rule.map(|r| r.output.fields(&self.reader, self.arena, self.render)).unwrap_or_default()
    }

    /// Fields that say of any detection whom and what it is about, as far as they have values.
    #[must_use]
    pub fn context(&self) -> Map<String, Json> {
        let output = crate::context::of(&self.rule.source);
        let mut fields = output.map(|o| o.fields(&self.reader, self.arena, self.render)).unwrap_or_default();
        fields.retain(|_, value| !value.is_null() && value != "<NA>" && value != "");
        fields
    }

    /// What is known of the machine at the event, whose thread is [`State::thread`]; `None` for an audit record.
    #[must_use]
    pub fn state(&self) -> Option<&State> {
        match self.reader {
            EventReader::Syscall(reader) => Some(reader.state()),
            EventReader::Record(_) => None,
        }
    }

    /// What of another program over the same source matches the event.
    pub(crate) fn matches_of<'s>(&self, program: &Program, scratch: &'s mut Scratch) -> &'s [RuleIndex] {
        program.judge(self.event.ty, &self.reader, self.arena, scratch)
    }

    /// Why it matched.
    #[must_use]
    pub fn explain(&self) -> Option<Explanation> {
        self.program.explain(self.index, self.event.ty, &self.reader, self.arena)
    }
}

/// An event that was judged, whatever came out: for explanations and coverage.
pub struct Judged<'a> {
    /// The event.
    pub event: &'a Event<'a>,
    /// Its source's program.
    pub program: &'a Program,
    /// Its fields.
    pub reader: EventReader<'a>,
    /// Where composed values go.
    pub arena: &'a Arena,
}

/// Who hears of a replay.
pub trait Sink {
    /// A rule matched.
    fn detection(&mut self, detection: &Detection<'_>);

    /// An event was judged; called before its detections, only when [`Self::wants_events`].
    fn judged(&mut self, _event: &Judged<'_>) {}

    /// Whether [`Self::judged`] is to be called.
    fn wants_events(&self) -> bool {
        false
    }

    /// Bytes of the current input and events of the run so far.
    fn progress(&mut self, _bytes: u64, _events: u64) {}

    /// Whether the rest of the input is to be left; asked about as often as progress is told.
    fn stop(&self) -> bool {
        false
    }
}

/// The rules that judge, and the program that most events go to.
#[derive(Clone, Copy)]
pub(crate) struct Rules<'r> {
    set: &'r RuleSet,
    syscalls: Option<&'r Program>,
}

impl<'r> Rules<'r> {
    pub(crate) fn new(set: &'r RuleSet) -> Self {
        Self { set, syscalls: set.compiled.program(SYSCALL) }
    }
}

/// State and memory of a run. The rules are handed in with every item, so that a live run can change them.
pub(crate) struct Judge {
    options: ReplayOptions,
    pub(crate) state: State,
    scratch: Scratch,
    arena: Arena,
    pub(crate) summary: Summary,
    hostname: Vec<u8>,
    /// What `evt.hostname` reads as: nothing on replay, see [`SyscallReader::with_hostname`].
    pub(crate) node: Vec<u8>,
    first_timestamp: Option<u64>,
    offset_hour: u64,
    offset: i32,
}

impl Judge {
    pub(crate) fn new(rules: &RuleSet, options: ReplayOptions) -> Self {
        Self {
            state: State::new(options.limits.clone()),
            options,
            scratch: Scratch::new(),
            arena: Arena::new(),
            summary: Summary::new(rules),
            hostname: Vec::new(),
            node: Vec::new(),
            first_timestamp: None,
            offset_hour: u64::MAX,
            offset: 0,
        }
    }

    /// Lets the state know of an item.
    pub(crate) fn apply(&mut self, item: &Item<'_>) {
        self.state.apply(item);
        match item {
            Item::Machine(machine) => {
                self.hostname.clear();
                self.hostname.extend_from_slice(machine.hostname);
            }
            Item::Reset => self.hostname.clear(),
            _ => {}
        }
    }

    /// Judges an event that was just applied, or that the state has nothing to do with.
    pub(crate) fn event(&mut self, rules: Rules<'_>, event: &Event<'_>, path: &Path, sink: &mut impl Sink) {
        self.summary.events += 1;
        if event.hidden {
            self.summary.hidden += 1;
            return;
        }
        if event.timestamp < self.options.from || event.timestamp >= self.options.to {
            self.summary.outside_window += 1;
            return;
        }
        let first = *self.first_timestamp.get_or_insert(event.timestamp);
        if self.arena.allocated_bytes() > ARENA_RESET {
            self.arena = Arena::new();
        } else {
            self.arena.reset();
        }
        if event.ty == types::PLUGINEVENT_E {
            self.plugin_event(rules, event, first, path, sink);
            return;
        }
        let Some(program) = rules.syscalls else { return };
        self.summary.syscalls += 1;
        let everything = sink.wants_events();
        if !everything && !program.wants(event.ty) {
            return;
        }
        let utc_offset = offset_at(&self.options, &mut self.offset_hour, &mut self.offset, event.timestamp);
        let reader = SyscallReader::new(&self.state, event, utc_offset).with_hostname(&self.node);
        if everything {
            sink.judged(&Judged { event, program, reader: EventReader::Syscall(&reader), arena: &self.arena });
        }
        let matches = program.judge(event.ty, &reader, &self.arena, &mut self.scratch);
        let render = self.options.render;
        let shared = Shared { rules: rules.set, event, path, hostname: &self.hostname, utc_offset, render };
        for index in matches {
            shared.fire(program, *index, EventReader::Syscall(&reader), &self.arena, &mut self.summary, sink);
        }
    }

    fn plugin_event(&mut self, rules: Rules<'_>, event: &Event<'_>, first: u64, path: &Path, sink: &mut impl Sink) {
        let utc_offset = offset_at(&self.options, &mut self.offset_hour, &mut self.offset, event.timestamp);
        let run = Run { first_timestamp: first, utc_offset, hostname: &self.node };
        let source = Source::of(event);
        let Some(reader) = source.and_then(|_| JsonReader::new(event, run)) else {
            self.summary.unknown_plugin += 1;
            return;
        };
        self.summary.count_source(reader.source());
        let Some(program) = rules.set.compiled.program(reader.source().name()) else { return };
        if sink.wants_events() {
            sink.judged(&Judged { event, program, reader: EventReader::Record(&reader), arena: &self.arena });
        }
        let matches = program.judge(event.ty, &reader, &self.arena, &mut self.scratch);
        let render = self.options.render;
        let shared = Shared { rules: rules.set, event, path, hostname: &self.hostname, utc_offset, render };
        for index in matches {
            shared.fire(program, *index, EventReader::Record(&reader), &self.arena, &mut self.summary, sink);
        }
    }
}

fn offset_at(options: &ReplayOptions, hour: &mut u64, offset: &mut i32, timestamp: u64) -> i32 {
    let this = timestamp / HOUR;
    if this != *hour {
        *hour = this;
        *offset = (options.utc_offset)(timestamp);
    }
    *offset
}

/// What the detections of one event share.
struct Shared<'a> {
    rules: &'a RuleSet,
    event: &'a Event<'a>,
    path: &'a Path,
    hostname: &'a [u8],
    utc_offset: i32,
    render: RenderOptions,
}

impl Shared<'_> {
    fn fire(
        &self,
        program: &Program,
        index: RuleIndex,
        reader: EventReader<'_>,
        arena: &Arena,
        summary: &mut Summary,
        sink: &mut impl Sink,
    ) {
        let Some(input) = program.rule(index).map(|r| r.input) else { return };
        let (Some(rule), Some(criteria)) = (self.rules.loaded.rules.get(input), self.rules.criteria.get(input)) else {
            return;
        };
        summary.count_detection(input, rule.priority);
        let detection = Detection {
            rule,
            criteria,
            event: self.event,
            input: self.path,
            hostname: self.hostname,
            utc_offset: self.utc_offset,
            program,
            index,
            reader,
            arena,
            render: self.render,
        };
        sink.detection(&detection);
    }
}
