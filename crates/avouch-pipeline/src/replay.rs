//! Runs rules over inputs: state is rebuilt, events are judged, everything is counted.

use std::io::Read;
use std::path::Path;

use avouch_audit::{JsonReader, Limits as RecordLimits, Records, Run, Source, Step};
use avouch_controls::Criteria;
use avouch_engine::{Explanation, Program, RenderOptions, RuleIndex, Scratch};
use avouch_event::{Arena, Event, EventBuf, FieldReader, FieldRef, Item, Output as Target, Value, types};
use avouch_rules::ResolvedRule;
use avouch_scap::Capture;
use avouch_state::{Limits as StateLimits, State, SyscallReader};
use serde_json::{Map, Value as Json};

use crate::input::{Bytes, Input, Kind};
use crate::ruleset::{RuleSet, SYSCALL};
use crate::summary::Summary;

/// Events between two calls of the progress function.
const PROGRESS_EVERY: u64 = 1 << 14;

/// Size of the arena, in bytes, over which it is emptied. Small: what one event composes fits many times.
const ARENA_RESET: usize = 256 << 10;

/// ns in an hour: local time is looked up once an hour, because zones change at whole hours.
const HOUR: u64 = 3_600_000_000_000;

/// How a replay runs.
pub struct ReplayOptions {
    /// Seconds that local time is ahead of UTC at a time (ns since the epoch).
    pub utc_offset: Box<dyn Fn(u64) -> i32 + Send>,
    /// Events before this time (ns) build the state and are not judged.
    pub from: u64,
    /// Events at or after this time (ns) are not judged.
    pub to: u64,
    /// Bounds of the state.
    pub limits: StateLimits,
    /// How values print in outputs.
    pub render: RenderOptions,
}

impl Default for ReplayOptions {
    /// Everything, in UTC.
    fn default() -> Self {
        Self {
            utc_offset: Box::new(|_| 0),
            from: 0,
            to: u64::MAX,
            limits: StateLimits::default(),
            render: RenderOptions::default(),
        }
    }
}

/// Why an input could not be read to its end. What came before was judged.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The capture is broken or cut.
    #[error(transparent)]
    Capture(#[from] avouch_scap::ScapError),
    /// Records cannot be read.
    #[error(transparent)]
    Records(#[from] avouch_audit::ReadError),
}

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
}

/// A run over one or more inputs.
pub struct Replay<'r> {
    rules: &'r RuleSet,
    options: ReplayOptions,
    state: State,
    syscalls: Option<&'r Program>,
    scratch: Scratch,
    arena: Arena,
    summary: Summary,
    hostname: Vec<u8>,
    first_timestamp: Option<u64>,
    offset_hour: u64,
    offset: i32,
    next_num: u64,
}

impl<'r> Replay<'r> {
    /// A run that has read nothing yet.
    #[must_use]
    pub fn new(rules: &'r RuleSet, options: ReplayOptions) -> Self {
        Self {
            rules,
            state: State::new(options.limits.clone()),
            options,
            syscalls: rules.compiled.program(SYSCALL),
            scratch: Scratch::new(),
            arena: Arena::new(),
            summary: Summary::new(rules),
            hostname: Vec::new(),
            first_timestamp: None,
            offset_hour: u64::MAX,
            offset: 0,
            next_num: 1,
        }
    }

    /// What was counted so far.
    #[must_use]
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Reads one input to its end.
    ///
    /// # Errors
    /// When the input breaks off. What stood before is judged and counted, and the break is in the summary.
    pub fn run(&mut self, input: &mut Input, sink: &mut impl Sink) -> Result<(), ReplayError> {
        self.summary.inputs += 1;
        let (path, kind) = (input.path.clone(), input.kind);
        let result = match (kind, input.bytes()) {
            (Kind::Capture, Bytes::Slice(bytes)) => self.capture(Capture::from_slice(bytes), &path, sink),
            (Kind::Capture, Bytes::Stream(stream)) => self.capture(Capture::from_reader(stream), &path, sink),
            (Kind::Records(_), Bytes::Slice(bytes)) => self.records(bytes, &path, sink),
            (Kind::Records(_), Bytes::Stream(stream)) => self.records(stream, &path, sink),
        };
        if let Err(error) = &result {
            self.summary.add_break(&path, error);
        }
        result
    }

    /// Applies one item that some other source made, and judges it if it is an event.
    pub fn item(&mut self, item: &Item<'_>, path: &Path, sink: &mut impl Sink) {
        self.state.apply(item);
        match item {
            Item::Event(event) => self.event(event, path, sink),
            Item::Machine(machine) => {
                self.hostname.clear();
                self.hostname.extend_from_slice(machine.hostname);
            }
            Item::Reset => self.hostname.clear(),
            _ => {}
        }
    }

    fn capture(&mut self, mut capture: Capture<'_>, path: &Path, sink: &mut impl Sink) -> Result<(), ReplayError> {
        self.item(&Item::Reset, path, sink);
        let mut result = Ok(());
        loop {
            match capture.next() {
                Ok(Some(item)) => self.item(&item, path, sink),
                Ok(None) => break,
                Err(e) => {
                    result = Err(e.into());
                    break;
                }
            }
            if self.summary.events.is_multiple_of(PROGRESS_EVERY) {
                sink.progress(capture.offset(), self.summary.events);
            }
        }
        self.summary.add_capture(path, &capture);
        self.summary.state = *self.state.counters();
        result
    }

    fn records(&mut self, bytes: impl Read, path: &Path, sink: &mut impl Sink) -> Result<(), ReplayError> {
        let mut records = Records::new(bytes, RecordLimits::default()).numbered_from(self.next_num);
        let mut buf = EventBuf::new(types::PLUGINEVENT_E);
        let result = loop {
            match records.next(&mut buf) {
                Ok(Some(Step::Event(_))) => self.event(&buf.event(), path, sink),
                Ok(Some(Step::Bad(bad))) => self.summary.add_bad_record(path, &bad),
                Ok(Some(Step::Insight(_))) => {}
                Ok(None) => break Ok(()),
                Err(e) => break Err(e.into()),
            }
            if self.summary.events.is_multiple_of(PROGRESS_EVERY) {
                sink.progress(records.counts().bytes, self.summary.events);
            }
        };
        let counts = records.counts();
        self.next_num += counts.k8s_audit + counts.cloudtrail;
        self.summary.add_records(&counts);
        result
    }

    fn event(&mut self, event: &Event<'_>, path: &Path, sink: &mut impl Sink) {
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
            self.plugin_event(event, first, path, sink);
            return;
        }
        let Some(program) = self.syscalls else { return };
        self.summary.syscalls += 1;
        let everything = sink.wants_events();
        if !everything && !program.wants(event.ty) {
            return;
        }
        let utc_offset = offset_at(&self.options, &mut self.offset_hour, &mut self.offset, event.timestamp);
        let reader = SyscallReader::new(&self.state, event, utc_offset);
        if everything {
            sink.judged(&Judged { event, program, reader: EventReader::Syscall(&reader), arena: &self.arena });
        }
        let matches = program.judge(event.ty, &reader, &self.arena, &mut self.scratch);
        let render = self.options.render;
        let shared = Shared { rules: self.rules, event, path, hostname: &self.hostname, utc_offset, render };
        for index in matches {
            shared.fire(program, *index, EventReader::Syscall(&reader), &self.arena, &mut self.summary, sink);
        }
    }

    fn plugin_event(&mut self, event: &Event<'_>, first: u64, path: &Path, sink: &mut impl Sink) {
        let utc_offset = offset_at(&self.options, &mut self.offset_hour, &mut self.offset, event.timestamp);
        let run = Run { first_timestamp: first, utc_offset, hostname: &[] };
        let source = Source::of(event);
        let Some(reader) = source.and_then(|_| JsonReader::new(event, run)) else {
            self.summary.unknown_plugin += 1;
            return;
        };
        self.summary.count_source(reader.source());
        let Some(program) = self.rules.compiled.program(reader.source().name()) else { return };
        if sink.wants_events() {
            sink.judged(&Judged { event, program, reader: EventReader::Record(&reader), arena: &self.arena });
        }
        let matches = program.judge(event.ty, &reader, &self.arena, &mut self.scratch);
        let render = self.options.render;
        let shared = Shared { rules: self.rules, event, path, hostname: &self.hostname, utc_offset, render };
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
