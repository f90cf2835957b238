//! `avouch record`: what happens on this machine, as a capture.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Child, Command};
use std::time::Duration;

use anyhow::Context;
use avouch_event::{Interest, Item};
use avouch_pipeline::live::{HoldLimits, Intake};
use avouch_pipeline::{RuleSet, RuleSetOptions};
use avouch_scap::{WriteError, Writer};

use super::agent;
use crate::args::RecordArgs;
use crate::signals::Signals;
use crate::{Outcome, live, terminal};

/// Time for the events of a command that ended to arrive: some looks at the ring.
const AFTER_COMMAND: Duration = Duration::from_millis(100);

/// Runs the command.
pub(crate) fn run(args: &RecordArgs) -> anyhow::Result<Outcome> {
    let interest = if args.rules.is_empty() {
        Interest::everything()
    } else {
        agent::plan(&RuleSet::load(&args.rules, &RuleSetOptions::default())?, true).interest
    };
    let path = &args.output;
    // Command lines, environments and data of everyone are in it.
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    let file = Counted { inner: file.with_context(|| format!("failed to make `{}`", path.display()))?, bytes: 0 };
    let gzip = path.extension().is_some_and(|e| e == "gz");
    let mut out = Recording {
        writer: if gzip { Writer::gzip(file) } else { Writer::new(file) },
        events: 0,
        not_encoded: 0,
        error: None,
    };

    let signals = Signals::register()?;
    let mut source = live::open_source(&args.kernel, args.capture.as_deref(), &interest)?;
    let lookup = if args.capture.is_some() { None } else { Some(live::lookup()?) };
    let mut intake = Intake::new(lookup, HoldLimits::default());
    if args.capture.is_none() {
        let gap = live::facts(&mut |item| intake.arrive(item, live::now().mono, &mut |item| out.item(item)))?;
        gap.into_iter().for_each(|gap| terminal::say(&format!("{gap}\n")));
    }
    terminal::say(&format!("recording to {}; ctrl-c ends it\n", path.display()));

    let mut child = spawn(args)?;
    let begun = live::now().mono;
    let mut until = args.seconds.map(|s| begun.saturating_add(agent::nanoseconds(s)));
    let max_bytes = args.max_mb.map_or(u64::MAX, |mb| mb.saturating_mul(1 << 20));
    let why = loop {
        let now = live::now().mono;
        intake.turn(&mut *source, now, &mut |item| out.item(item))?;
        if let Some(error) = out.error.take() {
            return Err(error).with_context(|| format!("failed to write `{}`", path.display()));
        }
        if let Some(signal) = signals.stop() {
            break signal.to_owned();
        }
        if source.ended() {
            break "the source ended".to_owned();
        }
        if until.is_some_and(|t| now >= t) {
            break if args.command.is_empty() || child.is_some() { "the time is over" } else { "the command ended" }
                .to_owned();
        }
        if out.bytes() >= max_bytes {
            break format!("the file has {} MB", out.bytes() >> 20);
        }
        if let Some(running) = &mut child
            && let Some(status) = running.try_wait().context("failed to wait for the command")?
        {
            terminal::say(&format!("the command ended: {status}\n"));
            child = None;
            let soon = now.saturating_add(u64::try_from(AFTER_COMMAND.as_nanos()).unwrap_or(u64::MAX));
            until = Some(until.map_or(soon, |t| t.min(soon)));
        }
        let pause = source.pause();
        if !pause.is_zero() {
            std::thread::sleep(pause);
        }
    };
    intake.finish(&mut |item| out.item(item));
    let lost = source.losses().events();
    let (events, not_encoded) = (out.events, out.not_encoded);
    let file = out.finish().with_context(|| format!("failed to write `{}`", path.display()))?;
    file.inner.sync_all().with_context(|| format!("failed to write `{}`", path.display()))?;
    terminal::say(&format!(
        "{events} events, {} kB ({why}); {}{}\n",
        file.bytes >> 10,
        if lost == 0 { "no drops".to_owned() } else { format!("{lost} events DROPPED") },
        if not_encoded == 0 { String::new() } else { format!("; {not_encoded} facts or events do not fit the format") },
    ));
    Ok(Outcome::Fine)
}

fn spawn(args: &RecordArgs) -> anyhow::Result<Option<Child>> {
    let Some((program, rest)) = args.command.split_first() else { return Ok(None) };
    let child = Command::new(program).args(rest).spawn();
    child.map(Some).with_context(|| format!("failed to run `{}`", program.to_string_lossy()))
}

/// The capture that grows.
struct Recording {
    writer: Writer<Counted<std::fs::File>>,
    events: u64,
    not_encoded: u64,
    error: Option<WriteError>,
}

impl Recording {
    fn item(&mut self, item: &Item<'_>) {
        if self.error.is_some() {
            return;
        }
        match self.writer.write(item) {
            Ok(()) => self.events += u64::from(matches!(item, Item::Event(_))),
            Err(error @ WriteError::Io(_)) => self.error = Some(error),
            Err(_) => self.not_encoded += 1,
        }
    }

    fn bytes(&self) -> u64 {
        self.writer.get_ref().bytes
    }

    fn finish(self) -> anyhow::Result<Counted<std::fs::File>> {
        match self.error {
            Some(error) => Err(error.into()),
            None => Ok(self.writer.finish()?),
        }
    }
}

/// Counts what reaches the file.
struct Counted<W> {
    inner: W,
    bytes: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let n = self.inner.write(buf)?;
        self.bytes += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
