//! `avouch replay`: rules over recordings.

use std::io::{self, BufWriter, Stdout, Write};

use anyhow::Context;
use avouch_pipeline::alert::{self, AlertOptions};
use avouch_pipeline::{Detection, Input, Replay, ReplayOptions, Sink, input};
use avouch_rules::Priority;
use indicatif::ProgressBar;

use super::summary;
use crate::args::{Format, ReplayArgs};
use crate::{Outcome, load, terminal};

/// Runs the command.
pub(crate) fn run(args: ReplayArgs) -> anyhow::Result<Outcome> {
    let fail_on = args.fail_on.as_deref().map(load::priority).transpose()?;
    let config = load::config(&args.select)?;
    let format = args.format.unwrap_or(if config.json { Format::Json } else { Format::Text });
    let rules = load::rule_set(&args.load, config.compile, &args.mapping)?;
    let options = ReplayOptions {
        utc_offset: Box::new(local_offset),
        from: time(args.from.as_deref())?.unwrap_or(0),
        to: time(args.to.as_deref())?.unwrap_or(u64::MAX),
        render: config.render,
        ..ReplayOptions::default()
    };
    let mut sink = Printer {
        out: BufWriter::new(io::stdout()),
        format,
        explain: args.explain,
        colour: terminal::colour(),
        alert: AlertOptions { iso8601: args.iso8601 || config.alert.iso8601, hostname: hostname(), ..config.alert },
        fail_on,
        failed: false,
        error: None,
        bar: ProgressBar::hidden(),
    };

    let mut replay = Replay::new(&rules, options);
    let mut outcome = Outcome::Fine;
    for path in input::expand(&args.files)? {
        // An input that cannot be read must not cost what the others tell.
        let mut input = match Input::open(&path) {
            Ok(input) => input,
            Err(error) => {
                terminal::complain(&error.into());
                outcome = Outcome::WrongInput;
                continue;
            }
        };
        let name = path.file_name().map_or_else(|| "-".to_owned(), |n| n.to_string_lossy().into_owned());
        sink.bar = terminal::progress(&name, input.size().filter(|_| !input.is_compressed()));
        let result = replay.run(&mut input, &mut sink);
        sink.bar.finish_and_clear();
        if let Err(error) = result {
            terminal::complain(
                &anyhow::Error::new(error).context(format!("`{}` was read only in part", path.display())),
            );
            outcome = Outcome::WrongInput;
        }
        if let Some(error) = sink.error.take() {
            return Err(error).context("failed to write to standard output");
        }
    }
    sink.out.flush().context("failed to write to standard output")?;
    if args.criteria {
        let table = match format {
            Format::Text => summary::criteria(replay.summary()),
            Format::Json => String::new(),
        };
        sink.out
            .write_all(table.as_bytes())
            .and_then(|()| sink.out.flush())
            .context("failed to write to standard output")?;
    }
    if !args.quiet {
        terminal::say(&match format {
            Format::Text => summary::text(replay.summary()),
            Format::Json => format!("{}\n", replay.summary().to_json()),
        });
    }
    Ok(if outcome == Outcome::Fine && sink.failed { Outcome::Findings } else { outcome })
}

/// Writes each detection as it comes.
struct Printer {
    out: BufWriter<Stdout>,
    format: Format,
    explain: bool,
    colour: bool,
    alert: AlertOptions,
    fail_on: Option<Priority>,
    failed: bool,
    error: Option<io::Error>,
    bar: ProgressBar,
}

impl Printer {
    fn write(&mut self, detection: &Detection<'_>) -> io::Result<()> {
        match self.format {
            Format::Text => {
                writeln!(self.out, "{}", alert::text(detection, &self.alert))?;
                if let Some(explanation) = self.explain.then(|| detection.explain()).flatten() {
                    writeln!(self.out, "{}", explanation.to_text(self.colour))?;
                }
            }
            Format::Json => {
                let mut line = alert::json(detection, &self.alert);
                if let (true, Some(object)) = (self.explain, line.as_object_mut()) {
                    let explanation = detection.explain().map(|e| e.to_json());
                    object.insert("explanation".to_owned(), explanation.unwrap_or_default());
                }
                writeln!(self.out, "{line}")?;
            }
        }
        Ok(())
    }
}

impl Sink for Printer {
    fn detection(&mut self, detection: &Detection<'_>) {
        self.failed |= self.fail_on.is_some_and(|p| detection.rule.priority <= p);
        if self.error.is_none() {
            let bar = self.bar.clone();
            self.error = bar.suspend(|| self.write(detection)).err();
        }
    }

    fn progress(&mut self, bytes: u64, events: u64) {
        self.bar.set_position(bytes);
        self.bar.set_message(format!("{events} events"));
    }
}

fn time(text: Option<&str>) -> anyhow::Result<Option<u64>> {
    text.map(|t| {
        avouch_event::parse_rfc3339(t.as_bytes())
            .with_context(|| format!("`{t}` is no time; write it as 2026-11-23T13:00:00Z"))
    })
    .transpose()
}

/// Seconds that this machine's zone is ahead of UTC at a time.
fn local_offset(ns: u64) -> i32 {
    let seconds = i64::try_from(ns / 1_000_000_000).unwrap_or(i64::MAX);
    let at = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    jiff::tz::TimeZone::system().to_offset(at).seconds()
}

/// Name of this machine, which Falco's alerts carry; `FALCO_HOSTNAME` overrides it there and here.
fn hostname() -> String {
    let name = std::env::var("FALCO_HOSTNAME").ok();
    let kernel = || std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    name.or_else(kernel).map(|n| n.trim().to_owned()).unwrap_or_default()
}
