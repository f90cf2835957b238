//! `avouch replay`: rules over recordings.

use anyhow::Context;
use avouch_pipeline::{Detection, Input, Replay, ReplayOptions, Sink, input};
use indicatif::ProgressBar;

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
    let mut sink = Shown { printer, bar: ProgressBar::hidden() };

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
        sink.printer.check()?;
    }
    sink.printer.end(replay.summary(), args.criteria, args.quiet)?;
    Ok(if outcome == Outcome::Fine && sink.printer.failed() { Outcome::Findings } else { outcome })
}

/// Prints, and shows how far it is.
struct Shown {
    printer: Printer,
    bar: ProgressBar,
}

impl Sink for Shown {
    fn detection(&mut self, detection: &Detection<'_>) {
        let bar = self.bar.clone();
        bar.suspend(|| self.printer.detection(detection));
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
