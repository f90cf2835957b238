//! `avouch report`: the evidence of a period, for an auditor.

use std::path::Path;

use anyhow::{Context, bail, ensure};
use avouch_controls::{ControlList, FileKind};
use avouch_coverage::Span;
use avouch_diagnostics::{Severity, SourceMap, render_text};
use avouch_document::pdf::Paper;
use avouch_evidence::Folder;
use avouch_finding::{ControlsChange, Export, Fact};
use avouch_pipeline::read_text;
use avouch_report::{Judging, ListUsed, Made, Request, Scope, make};
use avouch_store::Period;
use sha2::{Digest, Sha256};

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
    let new = new_lists(&folder, &lists)?;
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
            sample: args.sample,
            seed: args.seed.clone(),
        },
        lists,
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

type Lists = Vec<(ControlList, ListUsed, String)>;

/// The starting list, for a report without a list of one's own.
const STARTER: (&str, &str) =
    ("kubernetes-starter-v1.yaml", include_str!("../../../../controls/lists/kubernetes-starter/v1.yaml"));

/// The versions of one control list. A list with errors is refused: a report on half a list would say what nobody agreed on.
fn lists(path: Option<&Path>) -> anyhow::Result<Lists> {
    let mut out: Lists = Vec::new();
    let mut map = SourceMap::default();
    let Some(path) = path else {
        terminal::say("no --controls: the starting list of avouch is used, which nobody approved\n");
        out.extend(list(&mut map, STARTER.0, STARTER.0, STARTER.1.to_owned())?);
        return Ok(out);
    };
    for file in files(&[path.to_owned()])? {
        let text = read_text(&file)?;
        if FileKind::of(&text) == Some(FileKind::List) {
            let name = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            out.extend(list(&mut map, &file.display().to_string(), &name, text)?);
        }
    }
    ensure!(!out.is_empty(), "`{}` holds no control list", path.display());
    let first = out.first().map(|(l, ..)| l.id.clone()).unwrap_or_default();
    if let Some((other, ..)) = out.iter().find(|(l, ..)| l.id != first) {
        let path = path.display();
        bail!("`{path}` holds versions of two control lists, `{first}` and `{}`; name one folder or file", other.id);
    }
    out.sort_by_key(|(l, ..)| l.version);
    Ok(out)
}

fn list(
    map: &mut SourceMap,
    path: &str,
    name: &str,
    text: String,
) -> anyhow::Result<Option<(ControlList, ListUsed, String)>> {
    let id = map.add(path.to_owned(), text.clone());
    let (list, problems) = ControlList::parse(id, &text);
    if problems.iter().any(|p| p.severity == Severity::Error) {
        terminal::say(&render_text(map, &problems, terminal::error_colour()));
        bail!("`{path}` has errors; a report needs a whole control list");
    }
    let Some(list) = list else { return Ok(None) };
    let used = ListUsed {
        id: list.id.clone(),
        version: list.version,
        title: list.title.clone(),
        file: name.to_owned(),
        digest: evidence::hex(&Sha256::digest(text.as_bytes())),
        problems: problems.iter().map(|p| p.title.clone()).collect(),
    };
    Ok(Some((list, used, text)))
}

/// A version of a list that was not used before is a change of what is judged by: it goes to the ledger.
fn new_lists(folder: &Folder, lists: &Lists) -> anyhow::Result<Vec<Fact>> {
    let mut store = evidence::reader(folder)?;
    let known = store.facts(avouch_finding::Kind::Controls, Period::ALL)?;
    let mut out = Vec::new();
    for (list, used, _) in lists {
        let is = |f: &Fact| matches!(f, Fact::Controls(c) if c.digest == used.digest);
        if known.iter().any(|f| is(&f.fact)) {
            continue;
        }
        let approval = list.approved.as_ref();
        let change = ControlsChange {
            time: now(),
            list: list.id.clone(),
            version: list.version.to_string(),
            digest: used.digest.clone(),
            approved_by: approval.map(|a| a.by.join(", ")).unwrap_or_default(),
            approved_on: approval.map(|a| a.on.to_string()).unwrap_or_default(),
            valid_from: list.valid.map(|v| v.from.to_string()).unwrap_or_default(),
            controls: list.controls.len() as u64,
        };
        out.push(change.into());
    }
    Ok(out)
}
