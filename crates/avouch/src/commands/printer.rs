//! Detections on standard output, and what stands around them.

use std::io::{self, BufWriter, Stdout, Write};

use anyhow::Context;
use avouch_pipeline::alert::{self, AlertOptions};
use avouch_pipeline::{Detection, Summary};
use avouch_rules::Priority;

use super::summary;
use crate::args::Format;
use crate::terminal;

const STDOUT: &str = "failed to write to standard output";

/// Writes each detection as it comes.
pub(crate) struct Printer {
    out: BufWriter<Stdout>,
    format: Format,
    explain: bool,
    colour: bool,
    alert: AlertOptions,
    fail_on: Option<Priority>,
    failed: bool,
    error: Option<io::Error>,
}

impl Printer {
    /// To standard output; `fail_on` is the priority from which on a detection is a failure.
    pub(crate) fn new(format: Format, explain: bool, alert: AlertOptions, fail_on: Option<Priority>) -> Self {
        Self {
            out: BufWriter::new(io::stdout()),
            format,
            explain,
            colour: terminal::colour(),
            alert,
            fail_on,
            failed: false,
            error: None,
        }
    }

    /// Whether a detection was at least as severe as `--fail-on`.
    pub(crate) fn failed(&self) -> bool {
        self.failed
    }

    /// Prints a detection. An error is kept for [`Self::check`].
    pub(crate) fn detection(&mut self, detection: &Detection<'_>) {
        self.failed |= self.fail_on.is_some_and(|p| detection.rule.priority <= p);
        if self.error.is_none() {
            self.error = self.write(detection).err();
        }
    }

    /// The first error of writing so far.
    pub(crate) fn check(&mut self) -> anyhow::Result<()> {
        match self.error.take() {
            None => Ok(()),
            Some(error) => Err(error).context(STDOUT),
        }
    }

    /// Lets the reader see what was printed so far.
    pub(crate) fn flush(&mut self) -> anyhow::Result<()> {
        self.check()?;
        self.out.flush().context(STDOUT)
    }

    /// The end of a run: the roll-up by criterion on standard output, the summary on standard error.
    pub(crate) fn end(&mut self, summary: &Summary, criteria: bool, quiet: bool) -> anyhow::Result<()> {
        if criteria && self.format == Format::Text {
            self.out.write_all(summary::criteria(summary).as_bytes()).context(STDOUT)?;
        }
        self.flush()?;
        if !quiet {
            terminal::say(&match self.format {
                Format::Text => summary::text(summary),
                Format::Json => format!("{}\n", summary.to_json()),
            });
        }
        Ok(())
    }

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

/// How alerts look: as configured, with this machine's name.
pub(crate) fn alert_options(configured: AlertOptions, iso8601: bool) -> AlertOptions {
    AlertOptions { iso8601: iso8601 || configured.iso8601, hostname: hostname(), ..configured }
}

/// Seconds that this machine's zone is ahead of UTC at a time.
pub(crate) fn local_offset(ns: u64) -> i32 {
    let seconds = i64::try_from(ns / 1_000_000_000).unwrap_or(i64::MAX);
    let at = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    jiff::tz::TimeZone::system().to_offset(at).seconds()
}

/// Name of this machine, which Falco's alerts carry; `FALCO_HOSTNAME` overrides it there and here.
pub(crate) fn hostname() -> String {
    let name = std::env::var("FALCO_HOSTNAME").ok();
    let kernel = || std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    name.or_else(kernel).map(|n| n.trim().to_owned()).unwrap_or_default()
}
