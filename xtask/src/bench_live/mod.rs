//! `cargo xtask bench-live`: what the agent costs the machine it watches, in paired rounds, off and on by turns.
//!
//! Figures are ratios on one machine in one run: a shared machine's absolute times mean little. Every workload is run off, on,
//! on, off within a round, so that drift hits both sides alike; the median of the rounds counts, with its range beside it.

mod agent;
mod flood;
mod rate;
mod table;
mod workloads;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use self::agent::Agent;
use self::table::Table;
use self::workloads::Workload;

const USAGE: &str = "cargo xtask bench-live [--rounds N] [--rules PATH] [--only NAME] [--peer 'COMMAND']

Needs root. Builds the release binary, then measures open/close, getpid, compile, nginx under wrk (where both are installed), an
idle machine, a flood of files opened for writing, and rates of a cheap collected call (names for --only: open-close, getpid,
compile, nginx, nginx-wall, idle, flood, rate). --peer runs another open sensor's command line in the agent's place, for comparison.";

/// What was asked for.
struct Request {
    rounds: usize,
    rules: PathBuf,
    only: Option<String>,
    peer: Option<String>,
}

impl Request {
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Self> {
        // Upstream's stable pack where it is at hand, because its figures are known; our own rules otherwise.
        let stable = PathBuf::from("../shared/testdata/rules/main/falco_rules.yaml");
        let rules = if stable.exists() { stable } else { PathBuf::from("rules") };
        let mut request = Self { rounds: 5, rules, only: None, peer: None };
        while let Some(arg) = args.next() {
            let mut value = || args.next().with_context(|| format!("`{arg}` needs a value\n\n{USAGE}"));
            match arg.as_str() {
                "--rounds" => request.rounds = value()?.parse().context("`--rounds` takes a number")?,
                "--rules" => request.rules = value()?.into(),
                "--only" => request.only = Some(value()?),
                "--peer" => request.peer = Some(value()?),
                other => bail!("unknown argument `{other}`\n\n{USAGE}"),
            }
        }
        Ok(request)
    }
}

/// Runs the task.
///
/// # Errors
/// When the agent cannot be built or does not start watching, or a workload fails.
pub(crate) fn run(mut args: impl Iterator<Item = String>) -> Result<()> {
    let mut args = args.by_ref().peekable();
    if args.peek().map(String::as_str) == Some("loop") {
        return workloads::act(args.skip(1));
    }
    let request = Request::parse(args)?;
    let built = Command::new(env!("CARGO")).args(["build", "--release", "--locked", "-p", "avouch"]).status();
    if !built.context("failed to run cargo")?.success() {
        bail!("the release binary does not build");
    }
    let mut table = Table::default();
    for workload in workloads::all()? {
        if request.only.as_ref().is_some_and(|only| *only != workload.name) {
            continue;
        }
        match &workload.skip {
            Some(reason) => table.skipped(workload.name, reason),
            None => table.ratio(&workload, &pairs(&request, &workload)?),
        }
    }
    let wanted = |name: &str| request.only.as_ref().is_none_or(|only| only == name);
    if wanted("idle") {
        table.idle(&flood::idle(&request.rules)?);
    }
    if wanted("flood") {
        table.flood(&flood::collected(&request.rules)?);
    }
    if wanted("rate") {
        rate::rates(&request.rules)?.iter().for_each(|rate| table.rate(rate));
    }
    table.print()
}

/// Off and on of every round: less is better.
fn pairs(request: &Request, workload: &Workload) -> Result<Vec<(f64, f64)>> {
    let mut out = Vec::new();
    // The first run warms caches and is not counted.
    workload.measure()?;
    for round in 1..=request.rounds {
        eprint_line(&format!("{}: round {round} of {}", workload.name, request.rounds));
        let off_first = workload.measure()?;
        let agent = Agent::start(&request.rules, request.peer.as_deref())?;
        let on = workload.measure()? + workload.measure()?;
        agent.stop()?;
        let off = off_first + workload.measure()?;
        out.push((off / 2.0, on / 2.0));
    }
    Ok(out)
}

/// Progress, on standard error.
fn eprint_line(text: &str) {
    use std::io::Write;
    // Progress that cannot be shown is no reason to stop.
    writeln!(std::io::stderr(), "{text}").ok();
}
