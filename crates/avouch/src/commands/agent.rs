//! `avouch agent`: rules over what happens on this machine, live.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, ensure};
use avouch_event::Interest;
use avouch_finding::Time;
use avouch_pipeline::alert::AlertOptions;
use avouch_pipeline::interest::{self, Asker, Plan};
use avouch_pipeline::live::records::{PolicyChange, Record, RulesChange, RulesState, Start, Stop, rfc3339};
use avouch_pipeline::live::{
    ActivityLimits, FileEvent, Health, HoldLimits, Live, LiveOptions, LiveSink, LiveSource, Now, RecordFiles,
    RecordFilesError, SliceOptions,
};
use avouch_pipeline::{Detection, RuleSet, Sink};

use super::printer::{self, Printer};
use crate::args::{AgentArgs, Format};
use crate::integrity::WatchedFiles;
use crate::keeper::{Keeper, Kept};
use crate::responses::{self, Responses};
use crate::signals::Signals;
use crate::{Outcome, accepted, live, load, privileges, terminal};

const MB: usize = 1 << 20;

/// Runs the command.
pub(crate) fn run(args: &AgentArgs) -> anyhow::Result<Outcome> {
    watched(args, None)
}

/// Where facts are to go, asked once capabilities are given up.
type Into<'a> = dyn FnMut() -> anyhow::Result<Kept> + 'a;

/// As [`run`], but facts go to one place that `into` opens.
pub(crate) fn run_into(args: &AgentArgs, into: &mut Into<'_>) -> anyhow::Result<Outcome> {
    watched(args, Some(into))
}

fn watched(args: &AgentArgs, into: Option<&mut Into<'_>>) -> anyhow::Result<Outcome> {
    let config = load::config(&args.select)?;
    let rules = load::rule_set(&args.load, config.compile, &args.mapping)?;
    let plan = plan(&rules, wants_activity(args));
    if args.dry_run {
        return dry_run(&plan);
    }
    let format = args.format.unwrap_or(if config.json { Format::Json } else { Format::Text });
    let alert = printer::alert_options(config.alert, args.iso8601);
    let signals = Signals::register()?;

    // The kernel is watched before anything is read from /proc, so that nothing falls between the two.
    let mut source = live::open_source(&args.kernel, args.capture.as_deref(), &plan.interest)?;
    let now = live::now();
    if args.capture.is_none() {
        // Before other threads start, which inherit what is left.
        privileges::give_up(args.respond.is_some())?;
    }
    let responses = args.respond.as_deref().map(|file| Responses::start(file, now)).transpose()?;
    let acceptances = accepted::load(&args.keep.acceptances, &rules)?;
    let keeper = match into {
        None => Keeper::start(&args.keep, &args.forward, &args.mapping, &rules, acceptances.as_ref())?,
        Some(into) => Some(Keeper::to(into()?, &args.keep, &args.mapping, &rules, acceptances.as_ref())?),
    };
    let options = LiveOptions {
        acceptances,
        utc_offset: Box::new(printer::local_offset),
        render: config.render,
        hold: HoldLimits { wait: Duration::from_millis(args.container_wait), ..HoldLimits::default() },
        lookup: if args.capture.is_some() { None } else { Some(live::lookup()?) },
        tasks: if args.capture.is_some() { None } else { Some(live::tasks()?) },
        activity: args
            .activity
            .then(|| ActivityLimits { per_second: args.activity_budget, ..ActivityLimits::default() }),
        slices: args.slices.clone().map(|dir| slices(args, dir)),
        findings: (args.out_dir.is_some() || keeps(args)).then(|| kept_alert(&alert, args)),
        hostname: alert.hostname.clone(),
        input: args.capture.clone().unwrap_or_else(|| PathBuf::from("live")),
        ..LiveOptions::default()
    };
    let mut out = Output {
        printer: Printer::new(format, false, alert, None),
        files: None,
        error: None,
        responses,
        watched_files: None,
        keeper,
    };
    if let Some(dir) = &args.out_dir {
        let gap = RecordFiles::gap(dir, &rfc3339(now.wall))?;
        out.files = Some(RecordFiles::open(dir, args.rotate_mb.max(1) * MB as u64)?);
        gap.into_iter().for_each(|gap| out.record(Record::Gap(gap)));
        if let Some(config) = &args.integrity {
            out.watched_files = Some(WatchedFiles::start(config.as_deref(), dir)?);
        }
    }
    let mut run = Live::new(rules, options, now).context("failed to make the folder of slices")?;
    let mut gaps = Vec::new();
    if args.capture.is_none() {
        gaps.extend(live::facts(&mut |item| run.fact(item, live::now(), &mut out))?);
    }
    run.note_gaps([&gaps[..], &out.gaps()].concat());
    out.record(Record::Start(Box::new(start(&run, &plan, &*source, now))));
    out.flush()?;
    terminal::say(&ready_line(args, &run, &plan, &*source));

    let reason = watch(args, &signals, &mut run, &mut *source, &mut out, &gaps)?;
    let now = live::now();
    run.finish(&*source, now, &mut out);
    let last = out.responses.as_mut().map(Responses::finish).unwrap_or_default();
    out.tell(last);
    let last = out.watched_files.take().map(WatchedFiles::finish).unwrap_or_default();
    last.into_iter().for_each(|record| out.record(record));
    run.observe(&*source, now, &mut out);
    out.record(Record::Stop(Stop {
        time: rfc3339(now.wall),
        reason: reason.to_string(),
        events: run.summary().events,
        detections: run.summary().detections(),
        lost_events: source.losses().events(),
    }));
    out.flush()?;
    if let Some(keeper) = &mut out.keeper {
        keeper.end()?;
    }
    out.printer.end(run.summary(), args.criteria, args.quiet)?;
    match reason {
        End::Failed(error) => {
            terminal::complain(&error);
            Ok(Outcome::WrongInput)
        }
        End::Signal(_) | End::Time | End::Source => Ok(Outcome::Fine),
    }
}

/// Why a run ended.
enum End {
    Signal(&'static str),
    Time,
    Source,
    Failed(anyhow::Error),
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Signal(name) => f.write_str(name),
            Self::Time => f.write_str("the time asked for is over"),
            Self::Source => f.write_str("the recording is read to its end"),
            Self::Failed(error) => write!(f, "{error:#}"),
        }
    }
}

/// Takes events until something ends it.
fn watch(
    args: &AgentArgs,
    signals: &Signals,
    run: &mut Live,
    source: &mut dyn LiveSource,
    out: &mut Output,
    gaps: &[String],
) -> anyhow::Result<End> {
    let begun = live::now().mono;
    let until = args.seconds.map(|s| begun.saturating_add(nanoseconds(s)));
    let every = nanoseconds(args.every).max(100_000_000);
    let mut next = begun.saturating_add(every);
    loop {
        let now = live::now();
        if let Err(error) = run.turn(source, now, out) {
            return Ok(End::Failed(error.into()));
        }
        out.acts();
        out.flush()?;
        if signals.take_reload() {
            reload(args, run, source, now, out);
        }
        if now.mono >= next {
            // Observations that could not be made in time are not made up for.
            next = now.mono.saturating_add(every);
            run.note_gaps([gaps, &out.gaps()].concat());
            let health = run.observe(source, now, out);
            out.flush()?;
            if !args.quiet {
                terminal::say(&health_line(&health, out.keeper.as_ref().and_then(Keeper::server_line)));
            }
        }
        if let Some(signal) = signals.stop() {
            return Ok(End::Signal(signal));
        }
        if until.is_some_and(|t| now.mono >= t) {
            return Ok(End::Time);
        }
        if source.ended() {
            return Ok(End::Source);
        }
        let pause = source.pause();
        if !pause.is_zero() {
            std::thread::sleep(pause);
        }
    }
}

/// Loads the rules anew. When they cannot be used, the old ones go on, and both the terminal and the records say so.
fn reload(args: &AgentArgs, run: &mut Live, source: &mut dyn LiveSource, now: Now, out: &mut Output) {
    let loaded = load::config(&args.select)
        .and_then(|config| load::rule_set(&args.load, config.compile, &args.mapping))
        .and_then(|rules| {
            // At the start a broken rule is left out; here it would take a rule away that watches.
            ensure!(!rules.has_errors(), "rule files have errors");
            let acceptances = accepted::load(&args.keep.acceptances, &rules)?;
            let plan = plan(&rules, wants_activity(args));
            source.set_interest(&plan.interest)?;
            Ok((rules, acceptances))
        });
    let refused = match loaded {
        Ok((rules, acceptances)) => {
            run.change_rules(rules);
            if let Some(keeper) = &mut out.keeper {
                keeper.acceptances(acceptances.as_ref(), Time(now.wall)).unwrap_or_else(|e| terminal::complain(&e));
            }
            run.change_acceptances(acceptances);
            None
        }
        Err(error) => {
            let error = error.context("rules were not loaded anew; the old ones go on");
            terminal::complain(&error);
            Some(format!("{error:#}"))
        }
    };
    let plan = plan(run.rules(), wants_activity(args));
    if refused.is_none() {
        terminal::say(&format!("rules loaded anew: {}\n", rules_text(run.rules_state())));
    }
    if let Some(keeper) = &mut out.keeper {
        keeper.rules(run.rules(), Time(now.wall), refused.clone());
    }
    let policy = reload_policy(args, out);
    out.record(Record::Rules(RulesChange {
        time: rfc3339(now.wall),
        rules: run.rules_state().clone(),
        collected: collected(&plan.interest),
        refused,
        policy,
    }));
}

/// Reads the policy of responses anew, where there is one. The old one goes on when it cannot be used.
fn reload_policy(args: &AgentArgs, out: &mut Output) -> Option<PolicyChange> {
    let (Some(file), Some(responses)) = (&args.respond, &mut out.responses) else { return None };
    let refused = match responses.reload(file) {
        Ok(acts) => {
            out.tell(acts);
            terminal::say("policy of responses loaded anew\n");
            None
        }
        Err(error) => {
            let error = error.context("the policy of responses was not loaded anew; the old one goes on");
            terminal::complain(&error);
            Some(format!("{error:#}"))
        }
    };
    Some(PolicyChange { file: file.display().to_string(), refused })
}

/// Whether commands and changes of files are collected whatever the rules are.
fn wants_activity(args: &AgentArgs) -> bool {
    args.activity || args.integrity.is_some()
}

/// What is to be collected: for the rules, for the state behind them, and for activity when it is recorded.
pub(crate) fn plan(rules: &RuleSet, activity: bool) -> Plan {
    let mut plan = interest::of_rules(rules);
    plan.add(&Asker::State, &interest::state());
    if activity {
        plan.add(&Asker::Activity, &interest::activity());
    }
    plan
}

fn dry_run(plan: &Plan) -> anyhow::Result<Outcome> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    write!(out, "{plan}").and_then(|()| out.flush()).context("failed to write to standard output")?;
    Ok(Outcome::Fine)
}

/// Whether what is watched becomes evidence, here or on a server.
fn keeps(args: &AgentArgs) -> bool {
    args.keep.data.is_some() || args.forward.server.is_some()
}

/// The alert that a finding is kept with: evidence needs it whole, whatever the terminal shows.
fn kept_alert(shown: &AlertOptions, args: &AgentArgs) -> AlertOptions {
    if keeps(args) {
        AlertOptions { message: true, fields: true, context: true, tags: true, criteria: true, ..shown.clone() }
    } else {
        shown.clone()
    }
}

fn slices(args: &AgentArgs, dir: PathBuf) -> SliceOptions {
    SliceOptions {
        rules: (!args.slice_rule.is_empty()).then(|| args.slice_rule.iter().cloned().collect()),
        ring_bytes: args.slice_ring_mb.saturating_mul(MB),
        total_bytes: args.slices_mb.saturating_mul(MB as u64),
        ..SliceOptions::new(dir)
    }
}

fn collected(interest: &Interest) -> Vec<String> {
    let mut names: Vec<String> = interest.iter().map(|(ty, _)| ty.name().to_owned()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn start(run: &Live, plan: &Plan, source: &dyn LiveSource, now: Now) -> Start {
    Start {
        time: rfc3339(now.wall),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        hostname: printer::hostname(),
        kernel: live::kernel_release(),
        rules: run.rules_state().clone(),
        collected: collected(&plan.interest),
        missing: run.gaps(source),
    }
}

fn rules_text(rules: &RulesState) -> String {
    let list: Vec<String> = rules.running.iter().map(|(source, n)| format!("{n} {source}")).collect();
    let n: usize = rules.running.values().sum();
    format!("{n} {} ({})", if n == 1 { "rule" } else { "rules" }, list.join(", "))
}

fn ready_line(args: &AgentArgs, run: &Live, plan: &Plan, source: &dyn LiveSource) -> String {
    let gaps = run.gaps(source);
    let missing = if gaps.is_empty() { "nothing".to_owned() } else { gaps.join("; ") };
    let events = collected(&plan.interest).len();
    let from = match &args.capture {
        Some(path) => format!("recording {}", path.display()),
        None => format!("ring {} MiB; kernel {}", args.kernel.ring_mb, live::kernel_release()),
    };
    format!("watching: {}, {events} kinds of events, {from}; missing: {missing}\n", rules_text(run.rules_state()))
}

fn health_line(h: &Health, server: Option<String>) -> String {
    let rate = if h.seconds > 0.0 { h.interval_events as f64 / h.seconds } else { 0.0 };
    let drops = if h.lost.events == 0 {
        "no drops".to_owned()
    } else {
        let causes: Vec<String> = h.lost.by_cause.iter().map(|(cause, n)| format!("{cause} {n}")).collect();
        format!("{} DROPPED ({} of them new; {})", h.lost.events, h.interval_lost.events, causes.join(", "))
    };
    let waiting = if h.waiting > 0 { format!(", {} waiting for metadata", h.waiting) } else { String::new() };
    let server = server.map(|line| format!("; {line}")).unwrap_or_default();
    let gaps = if h.gaps.is_empty() { String::new() } else { format!("; missing: {}", h.gaps.join("; ")) };
    format!(
        "health: {} events ({rate:.0}/s){waiting}, {} detections, {drops}; {} threads, {} containers; agent {:.1} % CPU, {} MiB{server}{gaps}\n",
        h.events,
        h.detections,
        h.threads,
        h.containers,
        h.agent.cpu_percent,
        h.agent.rss_bytes >> 20,
    )
}

/// Seconds as the user gives them, in ns.
pub(crate) fn nanoseconds(seconds: f64) -> u64 {
    // Hundreds of years are as good as for ever; below zero is at once.
    Duration::try_from_secs_f64(seconds.max(0.0)).map_or(u64::MAX, |d| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX))
}

/// Detections to standard output, records to files.
struct Output {
    printer: Printer,
    files: Option<RecordFiles>,
    error: Option<RecordFilesError>,
    responses: Option<Responses>,
    watched_files: Option<WatchedFiles>,
    keeper: Option<Keeper>,
}

impl Output {
    /// Tells what was done or denied meanwhile, and what was found of watched files.
    fn acts(&mut self) {
        let acts = self.responses.as_mut().map(Responses::take).unwrap_or_default();
        self.tell(acts);
        let found = self.watched_files.as_mut().map(WatchedFiles::take).unwrap_or_default();
        found.into_iter().for_each(|record| self.record(record));
    }

    /// What responses cannot do here, and what they and the watch over files lost so far, as sentences.
    fn gaps(&self) -> Vec<String> {
        let responses = self.responses.as_ref().map(Responses::gaps).unwrap_or_default();
        let files = self.watched_files.as_ref().map(WatchedFiles::losses).unwrap_or_default();
        [responses, files].concat()
    }

    fn tell(&mut self, acts: Vec<avouch_respond::Act>) {
        for act in acts {
            terminal::say(&responses::line(&act));
            match serde_json::to_value(&act) {
                Ok(act) => self.record(Record::Act(act)),
                Err(error) => terminal::complain(&anyhow::Error::new(error).context("failed to record an act")),
            }
        }
    }

    /// Lets everyone see what was told so far. What cannot be written ends the run: a watch that leaves nothing behind is
    /// none.
    fn flush(&mut self) -> anyhow::Result<()> {
        if let Some(error) = self.error.take() {
            return Err(error.into());
        }
        if let Some(files) = &mut self.files {
            files.flush()?;
        }
        if let Some(keeper) = &mut self.keeper {
            keeper.check()?;
        }
        self.printer.flush()
    }
}

impl Sink for Output {
    fn detection(&mut self, detection: &Detection<'_>) {
        self.printer.detection(detection);
        if let Some(responses) = &mut self.responses {
            responses.detection(detection);
        }
    }
}

impl LiveSink for Output {
    fn record(&mut self, record: Record) {
        if let Some(keeper) = &mut self.keeper {
            keeper.record(&record);
        }
        if let Some(files) = &mut self.files
            && self.error.is_none()
        {
            self.error = files.write(&record).err();
        }
    }

    fn wants_changes(&self) -> bool {
        self.watched_files.is_some()
    }

    fn changed(&mut self, change: &FileEvent<'_>) {
        if let Some(files) = &mut self.watched_files {
            files.changed(change);
        }
    }
}
