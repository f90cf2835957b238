//! Makes one report, on the thread of the reports.

use std::fs::File;
use std::io::{BufWriter, Read as _};
use std::path::Path;

use avouch_coverage::Span;
use avouch_finding::{Export, Fact};
use avouch_report::{Judging, Made, Request, Scope, new_lists};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use super::job::{JobFile, JobState, MadeOut};
use super::{Job, ReportDesk, walk};
use crate::App;
use crate::centre::Entry;
use crate::error::chain;

/// The bundle as one file.
const BUNDLE: &str = "bundle.tar.gz";

type Failure = Box<dyn std::error::Error>;

pub(super) fn make(desk: &ReportDesk, app: &App, id: &str) {
    let Some(job) = desk.get(id) else { return };
    desk.change(id, |job| {
        job.state = JobState::Running;
        job.progress = "ledger".to_owned();
    });
    let result = attempt(desk, app, &job);
    let now = app.now();
    desk.change(id, |job| {
        job.progress = String::new();
        job.done_at = Some(now);
        match result {
            Ok((outcome, files)) => {
                job.state = JobState::Done;
                job.outcome = Some(outcome);
                job.files = files;
            }
            Err(error) => {
                let text = chain(error.as_ref());
                crate::log::complain(&format!("report {} failed: {text}", job.id));
                job.state = JobState::Failed;
                job.error = Some(text);
            }
        }
    });
}

fn attempt(desk: &ReportDesk, app: &App, job: &Job) -> Result<(MadeOut, Vec<JobFile>), Failure> {
    let asked = &job.asked;
    let lists = app.control_lists.load()?;
    let mut store = avouch_store::Store::open(app.folder.store(), avouch_store::Options::default())?.reader()?;
    let new = new_lists(&mut store, &lists, app.now())?;
    tell(app, new)?;
    // A signed head over everything so far: the report stands on it.
    let now = app.now();
    app.centre.with_blocking(move |recorder| recorder.checkpoint(now).map(drop).map_err(|e| chain(&e)))??;
    let dir = desk.folder(&job.id);
    let out = dir.join("report");
    let request = Request {
        period: Span::new(asked.from, asked.to),
        scope: Scope {
            entity: lists.first().map(|(l, ..)| l.entity.clone()).unwrap_or_default(),
            system: String::new(),
            clusters: asked.clusters.clone(),
            draft: lists.iter().any(|(l, ..)| l.is_draft()),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            program: avouch_report::program_digest(),
            sample: asked.sample,
            seed: asked.seed.clone(),
        },
        lists,
        requests: avouch_controls::RequestItem::built_in().to_vec(),
        judging: Judging { least_watched: 1_000_000 },
        ledger_dir: app.folder.ledger(),
        out: out.clone(),
        paper: avouch_report::Paper::A4,
    };
    let step = &mut |step: &str| desk.change(&job.id, |job| step.clone_into(&mut job.progress));
    let made = avouch_report::make(&mut store, &request, step)?;
    step("archive");
    pack(&out.join("bundle"), &dir.join(BUNDLE))?;
    let files = files(&dir)?;
    let export = Export {
        time: app.now(),
        what: "period report".to_owned(),
        query: format!("{} {} to {}", asked.framework, asked.from, asked.to),
        by: job.made_by.clone(),
        digest: made.manifest.clone(),
    };
    tell(app, vec![export.into()])?;
    Ok((outcome(made), files))
}

fn tell(app: &App, facts: Vec<Fact>) -> Result<(), Failure> {
    let source = app.centre.own();
    let entry = |fact| Entry { fact, source: source.clone(), source_seq: None };
    app.centre.record_blocking(facts.into_iter().map(entry).collect())?;
    Ok(())
}

fn outcome(made: Made) -> MadeOut {
    let (deviations, open_deviations) = made.deviations;
    MadeOut {
        findings: made.findings,
        deviations,
        open_deviations,
        no_evidence: made.no_evidence,
        manifest: made.manifest,
        as_of_seq: made.as_of.last.seq,
    }
}

/// The bundle as one file, in order of names and without times or owners: the same bundle gives the same file.
fn pack(bundle: &Path, to: &Path) -> Result<(), Failure> {
    let mut names = Vec::new();
    walk(bundle, bundle, &mut names)?;
    let gzip = GzEncoder::new(BufWriter::new(File::create(to)?), Compression::fast());
    let mut tar = tar::Builder::new(gzip);
    tar.mode(tar::HeaderMode::Deterministic);
    for name in names {
        tar.append_path_with_name(bundle.join(&name), Path::new("bundle").join(&name))?;
    }
    tar.into_inner()?.finish()?.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
    Ok(())
}

/// What can be fetched: everything but the single files of the bundle, which come as one.
fn files(dir: &Path) -> Result<Vec<JobFile>, Failure> {
    let mut names = Vec::new();
    walk(dir, dir, &mut names)?;
    let fetched = |n: &String| !n.starts_with("report/bundle/") && !n.starts_with("job.");
    let mut out = Vec::new();
    for name in names.into_iter().filter(fetched) {
        let (sha256, bytes) = digest(&dir.join(&name))?;
        out.push(JobFile { name, bytes, sha256 });
    }
    Ok(out)
}

fn digest(path: &Path) -> std::io::Result<(String, u64)> {
    let (mut file, mut hash, mut bytes, mut buffer) = (File::open(path)?, Sha256::new(), 0, vec![0; 256 << 10]);
    loop {
        let n = file.read(&mut buffer)?;
        if n == 0 {
            break;
        }
        hash.update(buffer.get(..n).unwrap_or_default());
        bytes += n as u64;
    }
    Ok((hash.finalize().iter().map(|b| format!("{b:02x}")).collect(), bytes))
}
