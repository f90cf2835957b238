//! The live run: what arrives goes to the state, to the rules, to activity and slices; every so often it says how it fares.

use std::collections::BTreeMap;
use std::path::PathBuf;

use avouch_engine::RenderOptions;
use avouch_event::{Event, EventBuf, Item, Losses};
use avouch_state::{Limits as StateLimits, State};

use super::activity::{Activity, ActivityLimits};
use super::changes::{ChangeTypes, FileEvent};
use super::containers::ContainerLookup;
use super::intake::{ContainerCounts, HoldLimits, Intake};
use super::own::OwnMeter;
use super::records::{
    ClockState, Finding, Interval, LeftOut, LossCounts, Observation, OwnUse, Record, RulesState, SnapshotCounts,
    SourceStanding, StateCounts, Taint, rfc3339,
};
use super::repair::{Repair, TaskLookup};
use super::slices::{SliceOptions, Slices};
use super::source::{LiveSource, SourceError};
use crate::acceptances::Acceptances;
use crate::alert::{self, AlertOptions};
use crate::judge::{Detection, Judge, Judged, Rules, Sink};
use crate::replay::ReplayOptions;
use crate::ruleset::RuleSet;
use crate::summary::Summary;

/// A change of the machine's clock that is told, in ns: more than its slow correction does in an interval.
const JUMP: i64 = 1_000_000_000;

/// What the two clocks of the machine say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// ns since the epoch, by the clock that somebody can set.
    pub wall: u64,
    /// ns by a clock that never goes back.
    pub mono: u64,
}

/// How a live run goes.
pub struct LiveOptions {
    /// Seconds that local time is ahead of UTC at a time (ns since the epoch).
    pub utc_offset: Box<dyn Fn(u64) -> i32 + Send>,
    /// Bounds of the state.
    pub limits: StateLimits,
    /// How values print in outputs.
    pub render: RenderOptions,
    /// How long events wait for the metadata of their container.
    pub hold: HoldLimits,
    /// Asks what containers are.
    pub lookup: Option<Box<dyn ContainerLookup>>,
    /// Looks up threads whose birth was missed.
    pub tasks: Option<Box<dyn TaskLookup>>,
    /// Records of activity; none when `None`.
    pub activity: Option<ActivityLimits>,
    /// Slices around detections; none when `None`.
    pub slices: Option<SliceOptions>,
    /// What was accepted: such detections are recorded, and nobody is told of them.
    pub acceptances: Option<Acceptances>,
    /// Records of findings, with alerts of this shape; none when `None`.
    pub findings: Option<AlertOptions>,
    /// What detections name as their input.
    pub input: PathBuf,
    /// What `evt.hostname` reads as.
    pub hostname: String,
}

impl Default for LiveOptions {
    /// Judges, and nothing more.
    fn default() -> Self {
        Self {
            utc_offset: Box::new(|_| 0),
            limits: StateLimits::default(),
            render: RenderOptions::default(),
            hold: HoldLimits::default(),
            lookup: None,
            tasks: None,
            activity: None,
            slices: None,
            acceptances: None,
            findings: None,
            input: PathBuf::from("live"),
            hostname: String::new(),
        }
    }
}

/// Who hears of a live run.
pub trait LiveSink: Sink {
    /// Something is to be kept.
    fn record(&mut self, record: Record);

    /// Whether changes of files are to be told.
    fn wants_changes(&self) -> bool {
        false
    }

    /// A file was changed.
    fn changed(&mut self, _change: &FileEvent<'_>) {}
}

/// What a health line tells.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Health {
    pub events: u64,
    pub seconds: f64,
    pub interval_events: u64,
    pub detections: u64,
    pub interval_detections: u64,
    pub lost: LossCounts,
    pub interval_lost: LossCounts,
    pub waiting: usize,
    pub threads: usize,
    pub containers: usize,
    /// Of those, containers of which no metadata are known.
    pub unknown_containers: usize,
    pub gaps: Vec<String>,
    pub agent: OwnUse,
}

/// A run over a live source.
pub struct Live {
    rules: RuleSet,
    rules_state: RulesState,
    intake: Intake,
    watch: Watch,
    /// Offset of the clock when it was last looked at.
    clock: i64,
    meter: OwnMeter,
    mark: Mark,
    gaps: Vec<String>,
}

/// What an interval is counted from.
#[derive(Clone, Debug, Default)]
struct Mark {
    wall: u64,
    mono: u64,
    events: u64,
    detections: u64,
    losses: Losses,
    /// Whole events that were lost in the interval before.
    lost_before: u64,
}

/// What becomes of items once they are in order.
struct Watch {
    judge: Judge,
    repair: Repair,
    activity: Option<Activity>,
    changes: ChangeTypes,
    slices: Option<Slices>,
    acceptances: Option<Acceptances>,
    findings: Option<AlertOptions>,
    input: PathBuf,
    snapshot: SnapshotCounts,
    in_unknown_containers: u64,
    /// Findings of this turn, which wait for the count of what was lost meanwhile.
    fresh: Vec<Finding>,
    mono: u64,
}

impl Live {
    /// A run that has seen nothing yet.
    ///
    /// # Errors
    /// When the folder of slices cannot be made.
    pub fn new(rules: RuleSet, options: LiveOptions, now: Now) -> std::io::Result<Self> {
        let slices = options.slices.map(|s| Slices::new(s, options.limits.clone())).transpose()?;
        let judge_options = ReplayOptions {
            utc_offset: options.utc_offset,
            limits: options.limits,
            render: options.render,
            ..ReplayOptions::default()
        };
        let mut meter = OwnMeter::default();
        meter.measure(now.mono);
        let mut judge = Judge::new(&rules, judge_options);
        judge.summary.inputs = 1;
        judge.node = options.hostname.into_bytes();
        Ok(Self {
            intake: Intake::new(options.lookup, options.hold),
            watch: Watch {
                judge,
                repair: Repair::new(options.tasks),
                activity: options.activity.map(Activity::new),
                changes: ChangeTypes::new(),
                slices,
                acceptances: options.acceptances,
                findings: options.findings,
                input: options.input,
                snapshot: SnapshotCounts::default(),
                in_unknown_containers: 0,
                fresh: Vec::new(),
                mono: now.mono,
            },
            rules_state: RulesState::of(&rules),
            rules,
            clock: clock_offset(now),
            meter,
            mark: Mark { wall: now.wall, mono: now.mono, ..Mark::default() },
            gaps: Vec::new(),
        })
    }

    /// The rules.
    #[must_use]
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// Other acceptances from the next event on.
    pub fn change_acceptances(&mut self, acceptances: Option<Acceptances>) {
        self.watch.acceptances = acceptances;
    }

    /// The rules, in numbers.
    #[must_use]
    pub fn rules_state(&self) -> &RulesState {
        &self.rules_state
    }

    /// What was counted so far.
    #[must_use]
    pub fn summary(&self) -> &Summary {
        &self.watch.judge.summary
    }

    /// What came of containers so far.
    #[must_use]
    pub fn containers(&self) -> ContainerCounts {
        self.intake.counts()
    }

    /// What is known of the machine now.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.watch.judge.state
    }

    /// Notes what else this run cannot see, in sentences, in place of what was noted before.
    pub fn note_gaps(&mut self, gaps: Vec<String>) {
        self.gaps = gaps;
    }

    /// What this run cannot see: of the source, of the runtimes, and what was noted.
    #[must_use]
    pub fn gaps(&self, source: &dyn LiveSource) -> Vec<String> {
        [source.gaps(), self.intake.gaps(), self.gaps.clone()].concat()
    }

    /// Judges by other rules from the next event on. What the old ones found stays counted.
    pub fn change_rules(&mut self, rules: RuleSet) {
        self.watch.judge.summary.change_rules(&rules);
        self.rules_state = RulesState::of(&rules);
        self.rules = rules;
    }

    /// Takes a fact that stands before the first event: a process, a descriptor, a user.
    pub fn fact(&mut self, item: &Item<'_>, now: Now, sink: &mut impl LiveSink) {
        let rules = Rules::new(&self.rules);
        let watch = &mut self.watch;
        self.intake.arrive(item, now.mono, &mut |item| watch.item(rules, item, sink));
    }

    /// Takes what the source has now. Returns how many events.
    ///
    /// # Errors
    /// When the source fails.
    pub fn turn(
        &mut self,
        source: &mut dyn LiveSource,
        now: Now,
        sink: &mut impl LiveSink,
    ) -> Result<u64, SourceError> {
        let rules = Rules::new(&self.rules);
        let watch = &mut self.watch;
        watch.mono = now.mono;
        let result = self.intake.turn(source, now.mono, &mut |item| watch.item(rules, item, sink));
        if let Some(slices) = &mut watch.slices {
            slices.tick(now.mono);
        }
        if !watch.fresh.is_empty() {
            let lost = LossCounts::between(&self.mark.losses, &source.losses()).events + self.mark.lost_before;
            self.tell_findings(lost, sink);
        }
        result
    }

    fn tell_findings(&mut self, lost_events: u64, sink: &mut impl LiveSink) {
        for mut finding in self.watch.fresh.drain(..) {
            finding.tainted = (lost_events > 0).then_some(Taint { lost_events });
            sink.record(Record::Finding(Box::new(finding)));
        }
    }

    /// Tells what still waits, and writes what is open, for the end of a run.
    pub fn finish(&mut self, source: &dyn LiveSource, now: Now, sink: &mut impl LiveSink) {
        let rules = Rules::new(&self.rules);
        let watch = &mut self.watch;
        self.intake.finish(&mut |item| watch.item(rules, item, sink));
        if let Some(slices) = &mut watch.slices {
            slices.finish();
        }
        watch.judge.summary.state = *watch.judge.state.counters();
        let losses = source.losses();
        watch.judge.summary.add_source(&losses, self.intake.counts());
        let lost = LossCounts::between(&self.mark.losses, &losses).events + self.mark.lost_before;
        self.tell_findings(lost, sink);
        if let Some(activity) = &mut self.watch.activity {
            activity.flush(now.wall, &mut |record| sink.record(record));
        }
    }

    /// How the run fares, since its start and since the last observation; and begins another interval.
    pub fn observe(&mut self, source: &dyn LiveSource, now: Now, sink: &mut impl LiveSink) -> Health {
        let losses = source.losses();
        let mut left_out = BTreeMap::new();
        if let Some(activity) = &mut self.watch.activity {
            activity.flush(now.wall, &mut |record| sink.record(record));
            let by_kind = activity.left_out_since();
            if !by_kind.is_empty() {
                let (time, from) = (rfc3339(now.wall), rfc3339(self.mark.wall));
                sink.record(Record::LeftOut(LeftOut { time, from, by_kind }));
            }
            left_out = activity.left_out();
        }
        let agent = self.meter.measure(now.mono);
        let gaps = self.gaps(source);
        let watch = &mut self.watch;
        watch.judge.summary.state = *watch.judge.state.counters();
        let summary = &watch.judge.summary;
        let (events, detections) = (summary.events, summary.detections());
        let seconds = now.mono.saturating_sub(self.mark.mono) as f64 / 1e9;
        let interval = Interval {
            from: rfc3339(self.mark.wall),
            seconds,
            events: events.saturating_sub(self.mark.events),
            detections: detections.saturating_sub(self.mark.detections),
            lost: LossCounts::between(&self.mark.losses, &losses),
        };
        let lost = LossCounts::between(&Losses::default(), &losses);
        let health = Health {
            events,
            seconds,
            interval_events: interval.events,
            detections,
            interval_detections: interval.detections,
            lost: lost.clone(),
            interval_lost: interval.lost.clone(),
            waiting: self.intake.waiting(),
            threads: watch.judge.state.thread_count(),
            containers: watch.judge.state.containers().len(),
            unknown_containers: watch.judge.state.containers().iter().filter(|c| c.meta.is_none()).count(),
            gaps: gaps.clone(),
            agent,
        };
        self.mark =
            Mark { wall: now.wall, mono: now.mono, events, detections, losses, lost_before: interval.lost.events };
        let observation = Observation {
            time: rfc3339(now.wall),
            rules: self.rules_state.clone(),
            sources: sources(source, &self.rules_state, summary),
            events,
            judged: summary.sources().into_iter().map(|(s, n)| (s.to_owned(), n)).collect(),
            detections,
            lost,
            interval,
            clock: clock(&mut self.clock, now),
            gaps,
            state: state_counts(&watch.judge.state),
            snapshot: watch.snapshot,
            containers: self.intake.counts(),
            unknown_threads: watch.repair.counts(),
            detections_in_unknown_containers: watch.in_unknown_containers,
            activity_left_out: left_out,
            slices: watch.slices.as_ref().map(Slices::counts),
            agent,
        };
        sink.record(Record::Observation(Box::new(observation)));
        health
    }
}

/// Sources that rules want or that delivered, and how they stand.
fn sources(source: &dyn LiveSource, rules: &RulesState, summary: &Summary) -> BTreeMap<String, SourceStanding> {
    let delivered = summary.sources();
    let mut out = BTreeMap::new();
    for name in rules.running.keys().map(String::as_str).chain(delivered.keys().copied()) {
        let state = match (name, source.ended()) {
            (crate::ruleset::SYSCALL, false) => SourceStanding::Watching,
            (crate::ruleset::SYSCALL, true) => SourceStanding::Ended,
            _ if delivered.contains_key(name) => SourceStanding::Delivered,
            _ => SourceStanding::NotConnected,
        };
        out.insert(name.to_owned(), state);
    }
    out
}

/// By how much the clock that can be set is ahead of the other, in ns.
fn clock_offset(now: Now) -> i64 {
    i64::try_from(i128::from(now.wall) - i128::from(now.mono)).unwrap_or(i64::MAX)
}

fn clock(last: &mut i64, now: Now) -> ClockState {
    let offset_ns = clock_offset(now);
    let before = std::mem::replace(last, offset_ns);
    let jump = offset_ns.saturating_sub(before);
    ClockState { offset_ns, jump_ns: (jump.abs() > JUMP).then_some(jump) }
}

fn state_counts(state: &State) -> StateCounts {
    let c = state.counters();
    StateCounts {
        threads: state.thread_count(),
        containers: state.containers().len(),
        threads_pushed_out: c.evicted_threads,
        descriptors_not_kept: c.dropped_fds,
        containers_not_kept: c.dropped_containers,
        entries_not_kept: c.dropped_entries,
        texts_cut: c.cut_texts,
        threads_not_introduced: c.placeholder_threads,
        events_of_unknown_threads: c.unknown_threads,
        events_on_unknown_descriptors: c.unknown_fds,
        events_not_applied: c.malformed_events,
        container_metadata_not_parsed: c.bad_container_json,
    }
}

impl Watch {
    fn item(&mut self, rules: Rules<'_>, item: &Item<'_>, sink: &mut impl LiveSink) {
        if let Item::Event(event) = item {
            self.introduce(event);
        }
        self.judge.apply(item);
        if let Some(slices) = &mut self.slices {
            slices.item(item);
        }
        match item {
            Item::Event(event) => self.event(rules, event, sink),
            Item::Process(_) => self.snapshot.processes += 1,
            Item::Fd(..) => self.snapshot.descriptors += 1,
            Item::User(_) => self.snapshot.users += 1,
            Item::Interface(_) => self.snapshot.interfaces += 1,
            Item::Reset | Item::Machine(_) | Item::Group(_) | Item::SnapshotEnd => {}
        }
    }

    /// Lets the state learn who acts, when it does not know.
    fn introduce(&mut self, event: &Event<'_>) {
        let mut facts = Vec::new();
        let keep = &mut |item: &Item<'_>| {
            if let Item::Event(fact) = item {
                facts.push(EventBuf::from_event(fact));
            }
        };
        if self.repair.before(event, &self.judge.state, self.mono, keep) {
            for fact in &facts {
                let item = Item::Event(fact.event());
                self.judge.apply(&item);
                if let Some(slices) = &mut self.slices {
                    slices.item(&item);
                }
            }
        }
    }

    fn event(&mut self, rules: Rules<'_>, event: &Event<'_>, sink: &mut impl LiveSink) {
        if let Some(activity) = &mut self.activity
            && !event.hidden
        {
            activity.event(event, &self.judge.state, &mut |record| sink.record(record));
        }
        if sink.wants_changes() {
            self.changes.tell(event, &self.judge.state, |change| sink.changed(change));
        }
        let container_unknown = unknown_container(&self.judge.state);
        let mut tee = Tee {
            sink,
            slices: self.slices.as_mut(),
            acceptances: self.acceptances.as_mut(),
            findings: self.findings.as_ref(),
            fresh: &mut self.fresh,
            container_unknown,
            in_unknown: &mut self.in_unknown_containers,
            mono: self.mono,
        };
        self.judge.event(rules, event, &self.input, &mut tee);
    }
}

/// Whether the thread of the last event lives in a container of which nothing is known.
fn unknown_container(state: &State) -> bool {
    let container = state.thread().filter(|t| !t.container.is_host()).and_then(|t| state.container(t));
    container.is_some_and(|c| c.meta.is_none())
}

/// Hands detections on, and does what a live run does with them besides.
struct Tee<'a, S> {
    sink: &'a mut S,
    slices: Option<&'a mut Slices>,
    acceptances: Option<&'a mut Acceptances>,
    findings: Option<&'a AlertOptions>,
    fresh: &'a mut Vec<Finding>,
    container_unknown: bool,
    in_unknown: &'a mut u64,
    mono: u64,
}

impl<S: LiveSink> Sink for Tee<'_, S> {
    fn detection(&mut self, detection: &Detection<'_>) {
        *self.in_unknown += u64::from(self.container_unknown);
        let rule = &detection.rule.name;
        let accepted = self.acceptances.as_mut().and_then(|a| a.covering(detection, 0));
        let acceptance = accepted.filter(|a| a.in_force).map(|a| a.id);
        let hidden = acceptance.is_some();
        let slice = self.slices.as_mut().and_then(|s| s.detected(rule, detection.event, self.mono));
        if let Some(options) = self.findings {
            self.fresh.push(Finding {
                time: rfc3339(detection.event.timestamp),
                event: detection.event.num,
                alert: alert::json(detection, options),
                tainted: None,
                container_unknown: self.container_unknown,
                slice,
                acceptance,
            });
        }
        if !hidden {
            self.sink.detection(detection);
        }
    }

    fn judged(&mut self, event: &Judged<'_>) {
        self.sink.judged(event);
    }

    fn wants_events(&self) -> bool {
        self.sink.wants_events()
    }
}
