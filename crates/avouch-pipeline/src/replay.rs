//! Runs rules over inputs: state is rebuilt, events are judged, everything is counted.

use std::io::Read;
use std::path::Path;

use avouch_audit::{Limits as RecordLimits, Records, Step};
use avouch_engine::RenderOptions;
use avouch_event::{EventBuf, Item, types};
use avouch_scap::Capture;
use avouch_state::Limits as StateLimits;

use crate::input::{Bytes, Input, Kind};
use crate::judge::{Judge, Rules, Sink};
use crate::ruleset::RuleSet;
use crate::summary::Summary;

/// Events between two calls of the progress function.
const PROGRESS_EVERY: u64 = 1 << 14;

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

/// A run over one or more inputs.
pub struct Replay<'r> {
    rules: Rules<'r>,
    judge: Judge,
    next_num: u64,
}

impl<'r> Replay<'r> {
    /// A run that has read nothing yet.
    #[must_use]
    pub fn new(rules: &'r RuleSet, options: ReplayOptions) -> Self {
        Self { rules: Rules::new(rules), judge: Judge::new(rules, options), next_num: 1 }
    }

    /// What was counted so far.
    #[must_use]
    pub fn summary(&self) -> &Summary {
        &self.judge.summary
    }

    /// Reads one input to its end.
    ///
    /// # Errors
    /// When the input breaks off. What stood before is judged and counted, and the break is in the summary.
    pub fn run(&mut self, input: &mut Input, sink: &mut impl Sink) -> Result<(), ReplayError> {
        self.judge.summary.inputs += 1;
        let (path, kind) = (input.path.clone(), input.kind);
        let result = match (kind, input.bytes()) {
            (Kind::Capture, Bytes::Slice(bytes)) => self.capture(Capture::from_slice(bytes), &path, sink),
            (Kind::Capture, Bytes::Stream(stream)) => self.capture(Capture::from_reader(stream), &path, sink),
            (Kind::Records(_), Bytes::Slice(bytes)) => self.records(bytes, &path, sink),
            (Kind::Records(_), Bytes::Stream(stream)) => self.records(stream, &path, sink),
        };
        if let Err(error) = &result {
            self.judge.summary.add_break(&path, error);
        }
        result
    }

    /// Applies one item that some other source made, and judges it if it is an event.
    pub fn item(&mut self, item: &Item<'_>, path: &Path, sink: &mut impl Sink) {
        self.judge.apply(item);
        if let Item::Event(event) = item {
            self.judge.event(self.rules, event, path, sink);
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
            if self.judge.summary.events.is_multiple_of(PROGRESS_EVERY) {
                sink.progress(capture.offset(), self.judge.summary.events);
                if sink.stop() {
                    break;
                }
            }
        }
        self.judge.summary.add_capture(path, &capture);
        self.judge.summary.state = *self.judge.state.counters();
        result
    }

    fn records(&mut self, bytes: impl Read, path: &Path, sink: &mut impl Sink) -> Result<(), ReplayError> {
        let mut records = Records::new(bytes, RecordLimits::default()).numbered_from(self.next_num);
        let mut buf = EventBuf::new(types::PLUGINEVENT_E);
        let result = loop {
            match records.next(&mut buf) {
                Ok(Some(Step::Event(_))) => self.judge.event(self.rules, &buf.event(), path, sink),
                Ok(Some(Step::Bad(bad))) => self.judge.summary.add_bad_record(path, &bad),
                Ok(Some(Step::Insight(_))) => {}
                Ok(None) => break Ok(()),
                Err(e) => break Err(e.into()),
            }
            if self.judge.summary.events.is_multiple_of(PROGRESS_EVERY) {
                sink.progress(records.counts().bytes, self.judge.summary.events);
                if sink.stop() {
                    break Ok(());
                }
            }
        };
        let counts = records.counts();
        self.next_num += counts.k8s_audit + counts.cloudtrail;
        self.judge.summary.add_records(&counts);
        result
    }
}
