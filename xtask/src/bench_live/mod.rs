//! `cargo xtask bench-live`: what the agent costs the machine it watches, in paired rounds, off and on by turns.
//!
//! Figures are ratios on one machine in one run: a shared machine's absolute times mean little. Every workload is run off, on,
//! on, off within a round, so that drift hits both sides alike; the median of the rounds counts, with its range beside it.
//! Another sensor has its turn in the same round.

mod agent;
mod flood;
mod rate;
mod table;
mod workloads;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use self::agent::{Agent, Sensor};
use self::table::Table;
use self::workloads::Workload;

const USAGE: &str = "cargo xtask bench-live [--rounds N] [--rules PATH] [--only NAME]... [--program AVOUCH] [--peer 'COMMAND']

Needs root. Builds the release binary (unless --program names one), then measures open/close, getpid, compile, nginx under wrk (where both are installed), an
idle machine, a flood of files opened for writing, and rates of a cheap collected call (names for --only: open-close, getpid,
compile, nginx, nginx-wall, idle, flood, rate). --peer runs another open sensor's command line after the agent in each round (deploy/bench-peers has some).";

/// What was asked for.
struct Request {
    rounds: usize,
    rules: PathBuf,
    /// Names of what is measured; all when there is none.
    only: Vec<String>,
    /// The agent's binary, when it need not be built.
    program: Option<PathBuf>,
    peer: Option<String>,
}

impl Request {
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Self> {
        let rules = crate::agent::rules();
        let mut request = Self { rounds: 5, rules, only: Vec::new(), program: None, peer: None };
        while let Some(arg) = args.next() {
            let mut value = || args.next().with_context(|| format!("`{arg}` needs a value\n\n{USAGE}"));
            match arg.as_str() {
                "--rounds" => request.rounds = value()?.parse().context("`--rounds` takes a number")?,
                "--rules" => request.rules = value()?.into(),
                "--only" => request.only.push(value()?),
                "--program" => request.program = Some(value()?.into()),
                "--peer" => request.peer = Some(value()?),
                other => bail!("unknown argument `{other}`\n\n{USAGE}"),
            }
        }
        Ok(request)
    }

    fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
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
    let program = match &request.program {
        Some(program) => program.clone(),
        None => crate::agent::build(Path::new("."))?,
    };
    let agent = Sensor { program: &program, rules: &request.rules, peer: None };
    let peer = request.peer.as_deref().map(|command| Sensor { peer: Some(command), ..agent });
    let sensors: Vec<Sensor<'_>> = [agent].into_iter().chain(peer).collect();
    let mut table = Table::default();
    for workload in workloads::all()? {
        if !request.wants(workload.name) {
            continue;
        }
        match &workload.skip {
            Some(reason) => table.skipped(workload.name, reason),
            None => {
                for (sensor, pairs) in sensors.iter().zip(pairs(request.rounds, &sensors, &workload)?) {
                    table.ratio(&workload, sensor.peer, &pairs);
                }
            }
        }
    }
    // Of another sensor these cannot be told: they are read from the agent's observations.
    if request.wants("idle") {
        table.idle(&flood::idle(&agent)?);
    }
    if request.wants("flood") {
        table.flood(&flood::collected(&agent)?);
    }
    if request.wants("rate") {
        rate::rates(&agent)?.iter().for_each(|rate| table.rate(rate));
    }
    table.print()
}

/// Off and on of every round, for each sensor: less is better.
fn pairs(rounds: usize, sensors: &[Sensor<'_>], workload: &Workload) -> Result<Vec<Vec<(f64, f64)>>> {
    let mut out = vec![Vec::new(); sensors.len()];
    // The first run warms caches and is not counted.
    workload.measure()?;
    for round in 1..=rounds {
        eprint_line(&format!("{}: round {round} of {rounds}", workload.name));
        let off_first = workload.measure()?;
        let mut on = Vec::new();
        for sensor in sensors {
            let agent = Agent::start(sensor)?;
            on.push(f64::midpoint(workload.measure()?, workload.measure()?));
            agent.stop()?;
        }
        let off = f64::midpoint(off_first, workload.measure()?);
        out.iter_mut().zip(on).for_each(|(pairs, on)| pairs.push((off, on)));
    }
    Ok(out)
}

/// Progress, on standard error.
fn eprint_line(text: &str) {
    use std::io::Write;
    // Progress that cannot be shown is no reason to stop.
    writeln!(std::io::stderr(), "{text}").ok();
}
