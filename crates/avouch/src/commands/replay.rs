//! `avouch replay`: rules over recordings.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use avouch_pipeline::{Detection, Input, Judged, Replay, ReplayOptions, RuleSet, Sink, input};
use indicatif::ProgressBar;

use super::kept::Kept;
use super::printer::{self, Printer};
use crate::args::{Format, ReplayArgs};
use crate::{Outcome, load, terminal};

/// Runs the command.
pub(crate) fn run(args: ReplayArgs) -> anyhow::Result<Outcome> {
    let fail_on = args.fail_on.as_deref().map(load::priority).transpose()?;
    let config = load::config(&args.select)?;
    let format = args.format.unwrap_or(if config.json { Format::Json } else { Format::Text });
    let rules = load::rule_set(&args.load, config.compile, &args.mapping)?;
    let options = ReplayOptions {
        utc_offset: Box::new(printer::local_offset),
        from: time(args.from.as_deref())?.unwrap_or(0),
        to: time(args.to.as_deref())?.unwrap_or(u64::MAX),
        render: config.render,
        ..ReplayOptions::default()
    };
    let alert = printer::alert_options(config.alert, args.iso8601);
    let printer = Printer::new(format, args.explain, alert, fail_on);
    let kept = Kept::open(&args.keep, &args.mapping, &rules, time(args.recorded_at.as_deref())?, args.again)?;
    let mut sink = Shown { printer, bar: ProgressBar::hidden(), kept };

    let mut replay = Replay::new(&rules, options);
    let mut outcome = Outcome::Fine;
    for path in input::expand(&args.files)? {
        if !sink.begin(&rules, &path)? {
            continue;
        }
        if !one(&mut replay, &rules, &path, &mut sink)? {
            outcome = Outcome::WrongInput;
        }
        sink.printer.check()?;
    }
    if let Some(kept) = sink.kept.take() {
        kept.close()?;
    }
    sink.printer.end(replay.summary(), args.criteria, args.quiet)?;
    Ok(if outcome == Outcome::Fine && sink.printer.failed() { Outcome::Findings } else { outcome })
}

/// Reads one input. An input that cannot be read must not cost what the others tell: it is complained of, and `false` comes
/// back.
fn one(replay: &mut Replay<'_>, rules: &RuleSet, path: &Path, sink: &mut Shown) -> anyhow::Result<bool> {
    let before = replay.summary().all_losses();
    let mut input = match Input::open(path) {
        Ok(input) => input,
        Err(error) => {
            terminal::complain(&error.into());
            return Ok(false);
        }
    };
    let name = path.file_name().map_or_else(|| "-".to_owned(), |n| n.to_string_lossy().into_owned());
    sink.bar = terminal::progress(&name, input.size().filter(|_| !input.is_compressed()));
    let result = replay.run(&mut input, sink);
    sink.bar.finish_and_clear();
    if let Some(kept) = &mut sink.kept {
        let skipped = lost_between(&before, &replay.summary().all_losses());
        kept.finish(rules, skipped, result.as_ref().err().map(ToString::to_string).as_deref())?;
    }
    if let Err(error) = result {
        let error = anyhow::Error::new(error).context(format!("`{}` was read only in part", path.display()));
        terminal::complain(&error);
        return Ok(false);
    }
    Ok(true)
}

fn lost_between(before: &BTreeMap<String, u64>, after: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let new = |(what, n): (&String, &u64)| {
        let more = n.saturating_sub(before.get(what).copied().unwrap_or_default());
        (more > 0).then(|| (what.clone(), more))
    };
    after.iter().filter_map(new).collect()
}

/// Prints, keeps, and shows how far it is.
struct Shown {
    printer: Printer,
    bar: ProgressBar,
    kept: Option<Kept>,
}

impl Shown {
    /// Whether the input is to be read.
    fn begin(&mut self, rules: &RuleSet, path: &Path) -> anyhow::Result<bool> {
        self.kept.as_mut().map_or(Ok(true), |kept| kept.begin(rules, path))
    }
}

impl Sink for Shown {
    fn detection(&mut self, detection: &Detection<'_>) {
        if let Some(kept) = &mut self.kept
            && !kept.detection(detection)
        {
            return;
        }
        let bar = self.bar.clone();
        bar.suspend(|| self.printer.detection(detection));
    }

    fn judged(&mut self, event: &Judged<'_>) {
        if let Some(kept) = &mut self.kept {
            kept.judged(event);
        }
    }

    fn wants_events(&self) -> bool {
        self.kept.is_some()
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
