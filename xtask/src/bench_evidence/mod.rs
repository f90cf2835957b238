//! `cargo xtask bench-evidence`: what a quarter of evidence costs to keep, to verify and to report.
//!
//! A folder of evidence is made through the recorder, with our own rules' names and outputs; then the release binary verifies it
//! and makes a report of it, twice: both reports have to be the same byte for byte. Each step is a process of its own, so that its
//! CPU and its peak of memory are those that the system counted. Figures are of this machine and its load.

mod compare;
mod facts;
mod fill;
mod measure;
mod rules;
mod table;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use avouch_finding::Time;

use self::facts::Shape;
use self::measure::{Cost, measured};
use self::table::Table;

const USAGE: &str = "cargo xtask bench-evidence [--findings N] [--days N] [--nodes N] [--every SECONDS] [--dir DIR]

Builds the release binaries; makes evidence of N findings (1000000) over N days (90) on N nodes (20), with one observation every
SECONDS (60), below DIR (a temporary folder, removed afterwards; a DIR that is given stays, and its evidence is used again);
measures ingest, `avouch verify` and `avouch report`, of the whole and of its second half, whose period before is the first: with
2000000 findings over 180 days, a million before a million.";

const BINARY: &str = "target/release/avouch";
const CONTROLS: &str = "controls/lists/kubernetes-starter";

/// What was asked for.
struct Request {
    shape: Shape,
    dir: Option<PathBuf>,
}

impl Request {
    fn parse(args: &[String]) -> Result<Self> {
        let mut request = Self { shape: Shape { findings: 1_000_000, days: 90, nodes: 20, every: 60 }, dir: None };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let value = args.next().with_context(|| format!("`{arg}` needs a value\n\n{USAGE}"))?;
            let number = || value.parse::<u64>().with_context(|| format!("`{arg}` takes a number"));
            match arg.as_str() {
                "--findings" => request.shape.findings = number()?,
                "--days" => request.shape.days = number()?.clamp(1, 366),
                "--nodes" => request.shape.nodes = number()?.clamp(3, 1000),
                "--every" => request.shape.every = number()?.clamp(1, 3600),
                "--dir" => request.dir = Some(value.into()),
                other => bail!("unknown argument `{other}`\n\n{USAGE}"),
            }
        }
        Ok(request)
    }
}

/// Runs the task.
///
/// # Errors
/// When a binary cannot be built, or a step fails.
pub(crate) fn run(args: impl Iterator<Item = String>) -> Result<()> {
    let args: Vec<String> = args.collect();
    match args.first().map(String::as_str) {
        // Steps of the bench itself, as processes of their own.
        Some("run") => return measure::run(args.get(1..).unwrap_or_default()),
        Some("make") => {
            let dir = args.get(1).context("`make` needs a folder")?;
            let request = Request::parse(args.get(2..).unwrap_or_default())?;
            return facts::make(Path::new(dir), BINARY, &request.shape);
        }
        _ => {}
    }
    let request = Request::parse(&args)?;
    let cargo = |rest: &[&str]| -> Result<()> {
        let status = Command::new(env!("CARGO")).args(rest).status().context("failed to run cargo")?;
        ensure!(status.success(), "cargo {} failed", rest.join(" "));
        Ok(())
    };
    cargo(&["build", "--release", "--locked", "-p", "avouch"])?;
    if cfg!(debug_assertions) {
        // Making evidence is a part of what is measured.
        let mut again = vec!["run", "--release", "--locked", "--quiet", "-p", "xtask", "--", "bench-evidence"];
        again.extend(args.iter().map(String::as_str));
        return cargo(&again);
    }
    match &request.dir {
        Some(dir) => bench(dir, &request.shape),
        None => {
            let dir = std::env::temp_dir().join(format!("avouch-bench-evidence-{}", std::process::id()));
            let done = bench(&dir, &request.shape);
            std::fs::remove_dir_all(&dir).with_context(|| format!("failed to remove `{}`", dir.display()))?;
            done
        }
    }
}

fn bench(dir: &Path, shape: &Shape) -> Result<()> {
    std::fs::create_dir_all(dir).with_context(|| format!("failed to make `{}`", dir.display()))?;
    let data = dir.join("data");
    let mut table = Table::new(shape);
    if data.exists() {
        table.note("ingest", "not run: the folder has evidence already, which is used");
    } else {
        let this = std::env::current_exe().context("failed to find this program")?;
        let numbers = [shape.findings, shape.days, shape.nodes, shape.every].map(|n| n.to_string());
        let mut command: Vec<OsString> = vec![this.into(), "bench-evidence".into(), "make".into(), data.clone().into()];
        for (flag, number) in ["--findings", "--days", "--nodes", "--every"].into_iter().zip(numbers) {
            command.extend([flag.into(), number.into()]);
        }
        table.ingest(&step("ingest", dir, &command)?, shape);
    }
    let args = |rest: &[&str]| -> Vec<OsString> {
        std::iter::once(BINARY).chain(rest.iter().copied()).map(Into::into).collect()
    };
    let path = |p: &Path| p.to_string_lossy().into_owned();
    let verified = step("verify", dir, &args(&["verify", &path(&data)]))?;
    table.verify(&verified);
    let (from, to) = facts::begin_and_end(shape);
    let middle = Time(from.0 + (to.0 - from.0) / 2);
    let (from, to) = (from.to_string(), to.to_string());
    let report = |name: &str, from: &str, to: &str| -> Result<(Cost, PathBuf)> {
        let out = dir.join(name);
        if out.exists() {
            std::fs::remove_dir_all(&out).with_context(|| format!("failed to remove `{}`", out.display()))?;
        }
        let (data, target) = (path(&data), path(&out));
        let report = ["report", "--data", &data, "--controls", CONTROLS, "--from", from, "--to", to, "--sample", "25"];
        let mut command = args(&report);
        command.extend(["--by".into(), "bench".into(), "--out".into(), target.into()]);
        Ok((step(name, dir, &command)?, out))
    };
    let mut made = Vec::new();
    for name in ["report-1", "report-2"] {
        let (cost, out) = report(name, &from, &to)?;
        table.report(&cost, &out)?;
        made.push(out);
    }
    if let [first, second] = made.as_slice() {
        table.same(&compare::folders(first, second)?);
    }
    table.half(&report("report-half", &middle.to_string(), &to)?.0);
    table.print()
}

fn step(name: &str, dir: &Path, command: &[OsString]) -> Result<Cost> {
    use std::io::Write as _;
    // Progress that cannot be shown is no reason to stop.
    writeln!(std::io::stderr(), "{name} ...").ok();
    measured(command, &dir.join(format!("{name}.cost"))).with_context(|| format!("step `{name}` failed"))
}
