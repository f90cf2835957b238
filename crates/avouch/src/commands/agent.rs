//! `avouch agent`: rules over what happens on this machine, live.

mod output;
mod reload;
mod words;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use avouch_event::Interest;
use avouch_pipeline::RuleSet;
use avouch_pipeline::alert::AlertOptions;
use avouch_pipeline::interest::{self, Asker, Plan};
use avouch_pipeline::live::records::{Record, Start, Stop, rfc3339};
use avouch_pipeline::live::{
    ActivityLimits, HoldLimits, Live, LiveOptions, LiveSink as _, LiveSource, Now, RecordFiles, SliceOptions,
};

use super::printer::{self, Printer};
use crate::args::{AgentArgs, Format};
use crate::evidence;
use crate::integrity::WatchedFiles;
use crate::keeper::{Judging, Keeper, Kept};
use crate::responses::Responses;
use crate::rule_source::{Loaded, RuleSource};
use crate::signals::Signals;
use crate::{Outcome, live, load, privileges, terminal};
use output::Output;
use words::{health_line, ready_line};

const MB: usize = 1 << 20;

/// ns between two looks for containers whose files were not read yet.
const LOOK_FOR_CONTAINERS: u64 = 2_000_000_000;

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
    let (mut from, Loaded { rules, acceptances }) = RuleSource::first(args)?;
    let plan = plan(&rules, wants_activity(args));
    if args.dry_run {
        return dry_run(&plan, args.kernel.calls.into());
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
    let standing = from.standing(None);
    let judging =
        Judging { rules: &rules, acceptances: acceptances.as_ref(), brought: from.brought(args), standing: &standing };
    let keeper = match into {
        None => Keeper::start(&args.keep, &args.forward, judging)?,
        Some(into) => Some(Keeper::to(into()?, &args.keep, judging)?),
    };
    from.follow(args)?;
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
    run.note_gaps([&gaps[..], &out.gaps(run.rules())].concat());
    out.record(Record::Start(Box::new(start(&run, &plan, &*source, now))));
    out.flush()?;
    terminal::say(&ready_line(args, &run, &plan, &*source, &from.words()));

    let reason = watch(args, &signals, &mut run, &mut *source, &mut out, &mut from, &gaps)?;
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
    from: &mut RuleSource,
    gaps: &[String],
) -> anyhow::Result<End> {
    let begun = live::now().mono;
    let until = args.seconds.map(|s| begun.saturating_add(nanoseconds(s)));
    let every = nanoseconds(args.every).max(100_000_000);
    let mut next = begun.saturating_add(every);
    let mut next_look = begun;
    loop {
        let now = live::now();
        if let Err(error) = run.turn(source, now, out) {
            return Ok(End::Failed(error.into()));
        }
        out.acts();
        if now.mono >= next_look
            && let Some(files) = &mut out.watched_files
        {
            next_look = now.mono.saturating_add(LOOK_FOR_CONTAINERS);
            files.look_for_containers(run.state());
        }
        out.flush()?;
        if signals.take_reload() {
            from.look();
            reload::rules(args, run, source, now, out, from, None);
        }
        if let Some(set) = from.take() {
            reload::rules(args, run, source, now, out, from, Some(*set));
        }
        if now.mono >= next {
            // Observations that could not be made in time are not made up for.
            next = now.mono.saturating_add(every);
            run.note_gaps([gaps, &out.gaps(run.rules())].concat());
            let health = run.observe(source, now, out);
            out.flush()?;
            if !args.quiet {
                let sent = out.keeper.as_ref().and_then(Keeper::server_line);
                let beside: Vec<String> = sent.into_iter().chain(from.trouble(evidence::now())).collect();
                terminal::say(&health_line(&health, &beside));
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

fn dry_run(plan: &Plan, calls: avouch_sensor::Calls) -> anyhow::Result<Outcome> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    let hooks = avouch_sensor::hooks(&plan.interest, calls);
    writeln!(out, "attached: {}", if hooks.is_empty() { "nothing".to_owned() } else { hooks.join("; ") })
        .and_then(|()| write!(out, "{plan}"))
        .and_then(|()| out.flush())
        .context("failed to write to standard output")?;
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

/// Seconds as the user gives them, in ns.
pub(crate) fn nanoseconds(seconds: f64) -> u64 {
    // Hundreds of years are as good as for ever; below zero is at once.
    Duration::try_from_secs_f64(seconds.max(0.0)).map_or(u64::MAX, |d| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX))
}
