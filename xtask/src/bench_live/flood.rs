//! The agent alone: on an idle machine, and under as many collected events as the machine can make.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::agent::{Agent, Sensor};
use super::eprint_line;

/// How long the idle machine is watched.
const IDLE: Duration = Duration::from_secs(20);

/// The agent on an idle machine.
pub(super) struct Idle {
    /// Share of one core, in percent.
    pub(super) cpu_percent: f64,
    pub(super) peak_bytes: u64,
    /// Events a second that came anyway.
    pub(super) events_a_second: f64,
}

/// Watches an idle machine.
pub(super) fn idle(sensor: &Sensor<'_>) -> Result<Idle> {
    eprint_line(&format!("idle: {} seconds", IDLE.as_secs()));
    let agent = Agent::start(sensor)?;
    // Start-up is not idling.
    std::thread::sleep(Duration::from_secs(2));
    let before = agent.cpu_seconds()?;
    std::thread::sleep(IDLE);
    let used = agent.cpu_seconds()? - before;
    let peak_bytes = agent.peak_bytes()?;
    let last = agent.stop()?;
    Ok(Idle {
        cpu_percent: used * 100.0 / IDLE.as_secs_f64(),
        peak_bytes,
        events_a_second: last["events"].as_f64().unwrap_or(0.0) / (IDLE.as_secs_f64() + 2.0),
    })
}

/// The agent under a flood.
pub(super) struct Flood {
    pub(super) events: u64,
    pub(super) lost: u64,
    pub(super) events_a_second: f64,
    /// Agent CPU time an event, in ns.
    pub(super) ns_an_event: f64,
    pub(super) peak_bytes: u64,
}

/// One process that opens files for writing as fast as it can: events that every pack asks for.
pub(super) fn collected(sensor: &Sensor<'_>) -> Result<Flood> {
    eprint_line("flood: one process opens files for writing");
    let agent = Agent::start(sensor)?;
    let before = agent.cpu_seconds()?;
    let begin = Instant::now();
    let exe = std::env::current_exe().context("failed to find this program")?;
    Command::new(exe).args(["bench-live", "loop", "write", "3000000"]).stdout(Stdio::null()).status()?;
    let seconds = begin.elapsed().as_secs_f64();
    // What is in the ring is the agent's work too.
    std::thread::sleep(Duration::from_secs(1));
    let used = agent.cpu_seconds()? - before;
    let peak_bytes = agent.peak_bytes()?;
    let last = agent.stop()?;
    let events = last["events"].as_u64().unwrap_or(0);
    Ok(Flood {
        events,
        lost: last["lost"]["events"].as_u64().unwrap_or(0),
        events_a_second: events as f64 / seconds,
        ns_an_event: used * 1e9 / events.max(1) as f64,
        peak_bytes,
    })
}
