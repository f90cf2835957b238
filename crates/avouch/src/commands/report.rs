//! `avouch report`: the evidence of a period, for an auditor.

use std::path::Path;

use anyhow::{Context, ensure};
use avouch_controls::RequestItem;
use avouch_coverage::Span;
use avouch_diagnostics::{Severity, SourceMap, render_text};
use avouch_document::pdf::Paper;
use avouch_finding::Export;
use avouch_pipeline::read_text;
use avouch_report::{Judging, Lists, ListsError, Made, Request, STARTER, Scope, make, new_lists, program_digest};

use super::controls::files;
use crate::args::{PaperSize, PeriodReportArgs};
use crate::evidence::{self, now};
use crate::{Outcome, terminal};

/// Runs the command.
pub(crate) fn run(args: &PeriodReportArgs) -> anyhow::Result<Outcome> {
    ensure!(args.framework == "soc2", "the only framework is soc2");
    let period = Span { from: evidence::time(&args.from)?, to: evidence::time(&args.to)? };
    ensure!(period.from < period.to, "--to must be later than --from; the end does not belong to the period");
    ensure!((0.0..=100.0).contains(&args.least_watched), "--least-watched is in percent, 0 to 100");
    let folder = evidence::folder(&args.data)?;
    let lists = lists(args.controls.as_deref())?;
    let by = args.by.clone().or_else(|| std::env::var("USER").ok()).unwrap_or_else(|| "unknown".to_owned());
    let new = new_lists(&mut evidence::reader(&folder)?, &lists, now())?;
    if !new.is_empty() {
        evidence::leave(&args.data, &new, &by)?;
    }
    // Signs a head over everything so far. Where another process writes, its last head is what the report stands on.
    match evidence::open_unless_locked(&args.data)? {
        Some(mut recorder) => {
            recorder.checkpoint(now())?;
            recorder.close(now())?;
        }
        None => {
            terminal::say("another avouch writes the evidence now; the report is made as of its last signed head\n")
        }
    }

    let mut store = evidence::reader(&folder)?;
    let bar = terminal::progress("report", None);
    let request = Request {
        period,
        scope: Scope {
            entity: args.entity.clone().or_else(|| lists.first().map(|(l, ..)| l.entity.clone())).unwrap_or_default(),
            system: args.system.clone().unwrap_or_default(),
            clusters: args.cluster.clone(),
            draft: args.draft || lists.iter().any(|(l, ..)| l.is_draft()),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            program: program_digest(),
            sample: args.sample,
            seed: args.seed.clone(),
        },
        lists,
        requests: requests(args.requests.as_deref())?,
        // Parts in a million, from percent.
        judging: Judging { least_watched: (args.least_watched * 10_000.0).round() as u32 },
        ledger_dir: folder.ledger(),
        out: args.out.clone(),
        paper: match args.paper {
            PaperSize::A4 => Paper::A4,
            PaperSize::Letter => Paper::Letter,
        },
    };
    let made = make(&mut store, &request, &mut |step| bar.set_message(step.to_owned()));
    bar.finish_and_clear();
    let made = made.context("failed to make the report")?;
    let export = Export {
        time: now(),
        what: "period report".to_owned(),
        query: format!("soc2 {} to {}", period.from, period.to),
        by,
        digest: made.manifest.clone(),
    };
    evidence::leave(&args.data, &[export.into()], "report")?;
    terminal::say(&said(args, &made));
    Ok(Outcome::Fine)
}

fn said(args: &PeriodReportArgs, made: &Made) -> String {
    let first = if made.no_evidence {
        "no evidence: nothing is known of this period\n".to_owned()
    } else {
        let (all, open) = made.deviations;
        format!("{} findings, {all} deviations ({open} open)\n", made.findings)
    };
    let out = args.out.display();
    format!(
        "{first}report: {out}/report.html, {out}/report.pdf\nbundle: {out}/bundle (manifest {})\nverify it with: avouch verify {out}/bundle\n",
        made.manifest
    )
}

/// What the auditor asks for: a list of their own, or what is usual.
fn requests(path: Option<&Path>) -> anyhow::Result<Vec<RequestItem>> {
    let Some(path) = path else { return Ok(RequestItem::built_in().to_vec()) };
    let text = read_text(path)?;
    let mut sources = SourceMap::default();
    let (items, problems) = RequestItem::parse(sources.add(path.display().to_string(), text.clone()), &text);
    if !problems.is_empty() {
        terminal::say(&render_text(&sources, &problems, terminal::error_colour()));
    }
    let wrong = problems.iter().any(|p| p.severity == Severity::Error);
    ensure!(!wrong, "the request list `{}` has errors", path.display());
    ensure!(!items.is_empty(), "there is no request list in `{}`", path.display());
    Ok(items)
}

/// The versions of one control list.
fn lists(path: Option<&Path>) -> anyhow::Result<Lists> {
    let mut texts = Vec::new();
    match path {
        None => {
            terminal::say("no --controls: the starting list of avouch is used, which nobody approved\n");
            texts.push((STARTER.0.to_owned(), STARTER.1.to_owned()));
        }
        Some(path) => {
            for file in files(&[path.to_owned()])? {
                texts.push((file.display().to_string(), read_text(&file)?));
            }
        }
    }
    avouch_report::lists(texts).map_err(|error| {
        if let ListsError::Wrong { sources, problems, .. } = &error {
            terminal::say(&render_text(sources, problems, terminal::error_colour()));
        }
        let shown = path.map(|p| format!("cannot use the control list in `{}`", p.display())).unwrap_or_default();
        anyhow::Error::new(error).context(shown)
    })
}
