//! `cargo xtask kernel-test`: runs tests of the kernel sensor on real kernels, each in a machine of its own.
//!
//! A kernel comes from Debian's archive, is booted by QEMU with a file system in memory, and runs test programs as its
//! only work. Results come back over a serial line. A kernel that cannot be had is `not run` with the reason, a test
//! that did not look is `skip` with the reason, and neither is shown as passed.

pub(crate) mod bench;
mod cpio;
mod guest;
mod image;
mod kernels;
mod process;
mod programs;
mod report;
mod transcript;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use self::guest::Accelerator;
use self::image::Parts;
use self::kernels::{Kernel, SERIES, Series};
use self::programs::Built;
use self::report::{Column, State};
use self::transcript::{Outcome, Row};

/// How to call it.
const USAGE: &str = "cargo xtask kernel-test [--kernel VERSION]... [--keep] [-- COMMAND [ARG]...]

Boots each kernel (default: all of 5.10, 6.1, 6.12) and runs the test programs of the workspace inside, or COMMAND.
--keep leaves the guest's file system beside its logs in target/kernel-test/VERSION.";

/// What was asked for.
struct Request {
    series: Vec<&'static Series>,
    keep: bool,
    command: Vec<String>,
}

impl Request {
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Self> {
        let mut request = Self { series: Vec::new(), keep: false, command: Vec::new() };
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--kernel" => {
                    let version = args.next().context("`--kernel` needs a value")?;
                    let known = SERIES.iter().find(|series| series.version == version);
                    request.series.push(known.with_context(|| format!("unknown kernel `{version}`\n\n{USAGE}"))?);
                }
                "--keep" => request.keep = true,
                "--" => {
                    request.command = args.by_ref().collect();
                    if request.command.is_empty() {
                        bail!("no command after `--`\n\n{USAGE}");
                    }
                }
                other => bail!("unknown argument `{other}`\n\n{USAGE}"),
            }
        }
        if request.series.is_empty() {
            request.series = SERIES.iter().collect();
        }
        Ok(request)
    }
}

pub(crate) fn run(args: impl Iterator<Item = String>) -> Result<()> {
    let request = Request::parse(args)?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask has no workspace around it")?;
    let folder = root.join("target/kernel-test");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;

    let built = if request.command.is_empty() {
        programs::build(root)?
    } else {
        Built { jobs: vec![programs::given(&request.command)?], ..Built::default() }
    };
    let session = Session { folder: &folder, keep: request.keep, accelerator: Accelerator::choose(), built: &built };
    let columns = session.columns(&request.series)?;
    if !report::print(&columns) {
        bail!("not all is well; logs are in {}", folder.display());
    }
    Ok(())
}

/// What all boots share.
struct Session<'a> {
    folder: &'a Path,
    keep: bool,
    accelerator: Accelerator,
    built: &'a Built,
}

impl Session<'_> {
    fn columns(&self, series: &[&'static Series]) -> Result<Vec<Column>> {
        // Under CI a kernel that had to run and did not is a failure; on a desk it is a line in the report.
        let ci = std::env::var_os("CI").is_some_and(|value| value == "true");
        let not_run = |series: &Series, reason: String| {
            report::progress(series.version, &format!("not run: {reason}"));
            Column { version: series.version, state: State::NotRun { reason, fails: ci && series.required } }
        };
        if programs::find("qemu-system-x86_64").is_none() {
            let reason = "qemu-system-x86_64 is not installed (deploy/kernel-test-setup.sh)";
            return Ok(series.iter().map(|series| not_run(series, reason.to_owned())).collect());
        }
        let parts = Parts::collect(self.built, self.folder)?;
        let mut columns = Vec::new();
        for &series in series {
            columns.push(match kernels::obtain(series.version, &self.folder.join("kernels")) {
                Ok(kernel) => self.boot(series.version, kernel, &parts)?,
                Err(error) => not_run(series, format!("{error:#}")),
            });
        }
        Ok(columns)
    }

    fn boot(&self, version: &'static str, kernel: Kernel, parts: &Parts) -> Result<Column> {
        report::progress(version, &format!("boots {} ({})", kernel.package, self.accelerator.name));
        let folder = self.folder.join(version);
        fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let initramfs = folder.join("initramfs.cpio");
        fs::write(&initramfs, parts.archive(&kernel))
            .with_context(|| format!("cannot write {}", initramfs.display()))?;
        let mut run = guest::boot(version, &self.accelerator, &kernel.image, &initramfs, &folder, &self.built.jobs)?;
        if !self.keep {
            fs::remove_file(&initramfs).with_context(|| format!("cannot remove {}", initramfs.display()))?;
        }
        for job in &self.built.jobs {
            if !run.rows.iter().any(|row| row.program == job.name) {
                let outcome = Outcome::Failed("the guest never ran it".to_owned());
                run.rows.push(Row { program: job.name.clone(), test: String::new(), outcome });
            }
        }
        for program in &self.built.absent {
            let outcome = Outcome::NotBuilt(format!("{} does not exist", program.source));
            run.rows.push(Row { program: program.target.to_owned(), test: String::new(), outcome });
        }
        let state = State::Ran {
            package: kernel.package,
            rows: run.rows,
            broken: run.broken,
            up_after: run.up_after,
            took: run.took,
        };
        Ok(Column { version, state })
    }
}
