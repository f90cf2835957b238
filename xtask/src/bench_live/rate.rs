//! How many collected events a second pass without a loss: a cheap call that every set of rules has collected, made at set
//! rates.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::sched::{CloneFlags, unshare};
use serde_json::Value;

use super::agent::{Agent, Sensor};
use super::eprint_line;

/// Events a second that must pass without a loss, and how long.
pub(super) const FLOOR: u64 = 500_000;
const FLOOR_SECONDS: u64 = 10;

/// Rates beyond the floor that are tried until one loses, each for so long; the last is as many as can be made.
const BEYOND: [u64; 4] = [750_000, 1_000_000, 1_500_000, u64::MAX];
const BEYOND_SECONDS: u64 = 4;

/// What came of one rate.
pub(super) struct Rate {
    /// Events a second that were asked for; nothing: as many as can be made.
    pub(super) asked: Option<u64>,
    /// Events a second that were made.
    pub(super) made: f64,
    /// Events that were made, and that the agent counted.
    pub(super) sent: u64,
    pub(super) arrived: u64,
    pub(super) lost: u64,
    /// Losses of any kind, by cause.
    pub(super) by_cause: BTreeMap<String, u64>,
    /// Agent CPU time an event, in ns.
    pub(super) ns_an_event: f64,
    pub(super) peak_bytes: u64,
}

impl Rate {
    /// Whether everything that was made arrived.
    pub(super) fn whole(&self) -> bool {
        self.lost == 0 && self.arrived >= self.sent
    }
}

/// The floor's rate, then higher ones until one loses.
pub(super) fn rates(sensor: &Sensor<'_>) -> Result<Vec<Rate>> {
    let mut out = vec![one(sensor, FLOOR, FLOOR_SECONDS)?];
    for rate in BEYOND {
        if out.last().is_some_and(Rate::whole) {
            out.push(one(sensor, rate, BEYOND_SECONDS)?);
        }
    }
    Ok(out)
}

fn one(sensor: &Sensor<'_>, rate: u64, seconds: u64) -> Result<Rate> {
    let asked = (rate != u64::MAX).then_some(rate);
    eprint_line(&format!("rate: {} events/s for {seconds} s", asked.map_or("most".to_owned(), |r| r.to_string())));
    let agent = Agent::start(sensor)?;
    let before = agent.cpu_seconds()?;
    let exe = std::env::current_exe().context("failed to find this program")?;
    let made = Command::new(exe)
        .args(["bench-live", "loop", "paced", &rate.to_string(), &seconds.to_string()])
        .stderr(Stdio::inherit())
        .output()
        .context("failed to run the producer")?;
    let text = String::from_utf8_lossy(&made.stdout).into_owned();
    let (sent, took) = text.trim().split_once(' ').with_context(|| format!("the producer said `{text}`"))?;
    let (sent, took): (u64, f64) = (sent.parse()?, took.parse()?);
    // What is in the ring is the agent's work too.
    std::thread::sleep(Duration::from_secs(1));
    let used = agent.cpu_seconds()? - before;
    let peak_bytes = agent.peak_bytes()?;
    let last = agent.stop()?;
    let causes = last["lost"]["by_cause"].as_object().cloned().unwrap_or_default();
    let arrived = last["events"].as_u64().unwrap_or(0);
    Ok(Rate {
        asked,
        made: sent as f64 / took,
        sent,
        arrived,
        lost: last["lost"]["events"].as_u64().unwrap_or(0),
        by_cause: causes.iter().map(|(cause, n)| (cause.clone(), Value::as_u64(n).unwrap_or(0))).collect(),
        ns_an_event: used * 1e9 / arrived.max(1) as f64,
        peak_bytes,
    })
}

/// The producer: so many calls a second, in portions of a millisecond. Tells how many it made, and in how many seconds. The call
/// is `unshare` of nothing: it does nothing, quickly, and the state of processes has it collected whatever the rules are.
pub(super) fn produce(rate: u64, seconds: u64) -> Result<(u64, f64)> {
    const PORTION: Duration = Duration::from_millis(1);
    /// Calls between two looks at the clock when no rate is set.
    const UNPACED: u64 = 1000;
    let (begin, end) = (Instant::now(), Duration::from_secs(seconds));
    let mut sent = 0u64;
    loop {
        let elapsed = begin.elapsed();
        if elapsed >= end {
            return Ok((sent, elapsed.as_secs_f64()));
        }
        let due = if rate == u64::MAX { sent + UNPACED } else { (elapsed.as_secs_f64() * rate as f64) as u64 };
        for _ in sent..due {
            unshare(CloneFlags::empty()).context("failed to unshare nothing")?;
        }
        sent = sent.max(due);
        if rate != u64::MAX {
            std::thread::sleep(PORTION);
        }
    }
}
