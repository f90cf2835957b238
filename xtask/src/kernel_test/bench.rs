//! `cargo xtask bench-guest`: what the agent costs a kernel whose functions take programs, in instructions.
//!
//! The machine at hand may refuse such programs (`avouch agent --dry-run` says so), and where processors cannot be
//! virtualised a guest is emulated. Its times then mean nothing, so its clock is made to count instructions: each lasts one
//! nanosecond. Ratios are those of instructions executed, and hardly differ from round to round, whatever else this machine does.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::guest::{self, Accelerator};
use super::image::Parts;
use super::kernels::{self, SERIES};
use super::programs::{self, Built, Job};
use super::report;
use super::transcript::Outcome;
use crate::agent;

const USAGE: &str = "cargo xtask bench-guest [--kernel VERSION] [--rounds N] [--rules PATH] [--only NAME]... [--program AVOUCH]
                        [--peer 'COMMAND' --beside PROGRAM... --module FILE...]

Builds the release binary (unless --program names one), boots the kernel (default 6.1) in QEMU with a clock of instructions, and runs `bench-live` inside
(default: --only open-close --only nginx --only nginx-wall; nginx and wrk are taken from this machine).
--peer measures another sensor in the same rounds, with programs of this machine that it needs and modules that the guest loads
first (deploy/bench-peers/sysdig.sh does all of it for one).";

/// Longest run. A round of nginx takes about five minutes.
const LIMIT: Duration = Duration::from_secs(2 * 3600);
/// Where the rules stand in the guest.
const RULES: &str = "rules";

/// What was asked for.
struct Request {
    kernel: String,
    rules: PathBuf,
    /// The agent's binary, when it need not be built.
    program: Option<PathBuf>,
    /// Programs of this machine that are there in the guest, where they are there here.
    beside: Vec<PathBuf>,
    /// Kernel modules that the guest loads.
    modules: Vec<PathBuf>,
    /// Arguments of `bench-live` in the guest.
    inside: Vec<String>,
}

impl Request {
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Self> {
        let rules = agent::rules();
        let beside: Vec<PathBuf> = ["nginx", "wrk"].into_iter().filter_map(programs::find).collect();
        let kernel = "6.1".to_owned();
        let mut request = Self { kernel, rules, program: None, beside, modules: Vec::new(), inside: Vec::new() };
        let (mut rounds, mut only, mut peer) = ("2".to_owned(), Vec::new(), None);
        while let Some(arg) = args.next() {
            let value = args.next().with_context(|| format!("`{arg}` needs a value\n\n{USAGE}"))?;
            match arg.as_str() {
                "--kernel" => request.kernel = value,
                "--rounds" => rounds = value,
                "--rules" => request.rules = value.into(),
                "--program" => request.program = Some(value.into()),
                "--only" => only.push(value),
                "--peer" => peer = Some(value),
                "--beside" => request.beside.push(programs::find(&value).with_context(|| format!("no `{value}`"))?),
                "--module" => request.modules.push(value.into()),
                other => bail!("unknown argument `{other}`\n\n{USAGE}"),
            }
        }
        if only.is_empty() {
            only = ["open-close", "nginx", "nginx-wall"].map(str::to_owned).to_vec();
        }
        let fixed = ["bench-live", "--program", "/programs/avouch", "--rules", "/rules", "--rounds"];
        request.inside = fixed.map(str::to_owned).into_iter().chain([rounds]).collect();
        request.inside.extend(only.into_iter().flat_map(|name| ["--only".to_owned(), name]));
        request.inside.extend(peer.into_iter().flat_map(|command| ["--peer".to_owned(), command]));
        Ok(request)
    }
}

/// Runs the task.
///
/// # Errors
/// When the kernel cannot be had, the agent does not build, or the guest does not come to its end.
pub(crate) fn run(args: impl Iterator<Item = String>) -> Result<()> {
    let request = Request::parse(args)?;
    let series = SERIES.iter().find(|series| series.version == request.kernel);
    let series = series.with_context(|| format!("unknown kernel `{}`\n\n{USAGE}", request.kernel))?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask has no workspace around it")?;
    let program = match request.program {
        Some(program) => program,
        None => agent::build(root)?,
    };
    let folder = root.join("target/kernel-test/bench");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let job = Job {
        name: "bench".to_owned(),
        binary: std::env::current_exe().context("failed to find this program")?,
        arguments: request.inside,
        limit: LIMIT,
        libtest: false,
        strip: true,
    };
    let built = Built { jobs: vec![job], beside: vec![program], tools: request.beside, absent: Vec::new() };
    let mut parts = Parts::collect(&built, &folder)?;
    for module in &request.modules {
        let name = module.file_name().with_context(|| format!("{} has no file name", module.display()))?;
        parts.tree(module, &format!("modules/{}", name.to_string_lossy()))?;
    }
    parts.tree(&request.rules, RULES)?;
    let kernel = kernels::obtain(series.version, &root.join("target/kernel-test/kernels"))?;
    let accelerator = Accelerator::counted();
    report::progress(series.version, &format!("boots {} ({})", kernel.package, accelerator.name));
    let initramfs = folder.join("initramfs.cpio");
    fs::write(&initramfs, parts.archive(&kernel)).with_context(|| format!("cannot write {}", initramfs.display()))?;
    let run = guest::boot(series.version, &accelerator, &kernel.image, &initramfs, &folder, &built.jobs)?;
    fs::remove_file(&initramfs).with_context(|| format!("cannot remove {}", initramfs.display()))?;
    let log = folder.join("tests.log");
    let said = fs::read_to_string(&log).with_context(|| format!("cannot read {}", log.display()))?;
    report::said(&said);
    match run.broken {
        Some(why) => bail!("{why}"),
        None if run.rows.iter().any(|row| row.outcome == Outcome::Passed) => Ok(()),
        None => bail!("the bench failed; see {}", log.display()),
    }
}
