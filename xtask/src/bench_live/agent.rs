//! The agent under measurement, as a child process.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

/// What is started.
#[derive(Clone, Copy)]
pub(super) struct Sensor<'a> {
    pub(super) program: &'a Path,
    pub(super) rules: &'a Path,
    /// Command line of another sensor, in the agent's place.
    pub(super) peer: Option<&'a str>,
}

/// A running agent, or another sensor in its place.
pub(super) struct Agent {
    child: Child,
    dir: PathBuf,
}

impl Agent {
    /// Starts the agent and waits until it watches. A peer is given five seconds, as it says it in its own way.
    pub(super) fn start(sensor: &Sensor<'_>) -> Result<Self> {
        let dir = std::env::temp_dir().join(format!("avouch-bench-{}", std::process::id()));
        fs::create_dir_all(&dir).context("failed to make a folder for the agent's records")?;
        fs::remove_file(dir.join("observations.jsonl")).ok();
        if let Some(peer) = sensor.peer {
            let mut command = Command::new("/bin/sh");
            command.args(["-c", &format!("exec {peer}")]).stdout(Stdio::null());
            let mut child = command.spawn().context("failed to start the peer")?;
            std::thread::sleep(std::time::Duration::from_secs(5));
            if let Some(status) = child.try_wait().context("failed to ask for the peer")? {
                bail!("the peer `{peer}` ended before it was measured: {status}");
            }
            return Ok(Self { child, dir });
        }
        let mut child = Command::new(sensor.program)
            .args(["agent", "--quiet", "--every", "1", "--rules"])
            .arg(sensor.rules)
            .arg("--out-dir")
            .arg(&dir)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context("failed to start the agent")?;
        let mut said = String::new();
        let mut errors = BufReader::new(child.stderr.take().context("the agent has no standard error")?);
        while !said.contains("watching: ") {
            if errors.read_line(&mut said).context("failed to read what the agent says")? == 0 {
                bail!("the agent ended before it watched:\n{said}");
            }
        }
        std::thread::spawn(move || errors.lines().for_each(drop));
        Ok(Self { child, dir })
    }

    /// CPU seconds used so far.
    pub(super) fn cpu_seconds(&self) -> Result<f64> {
        /// Clock ticks a second in /proc, the same on every Linux.
        const TICKS: f64 = 100.0;
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))
            .context("failed to read the agent's times")?;
        let fields: Vec<&str> = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
        let ticks = |i: usize| fields.get(i).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
        Ok((ticks(11) + ticks(12)) / TICKS)
    }

    /// Most memory used so far, in bytes.
    pub(super) fn peak_bytes(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))
            .context("failed to read the agent's memory")?;
        let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
        Ok(line.and_then(|l| l.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) * 1024)
    }

    /// Ends it and gives back its last observation; nothing for a peer.
    pub(super) fn stop(mut self) -> Result<Value> {
        if let Some(status) = self.child.try_wait().context("failed to ask for the sensor")? {
            bail!("the sensor ended while it was measured: {status}");
        }
        kill(Pid::from_raw(i32::try_from(self.child.id())?), Signal::SIGTERM).context("failed to end the agent")?;
        self.child.wait().context("failed to wait for the agent")?;
        let text = fs::read_to_string(self.dir.join("observations.jsonl")).unwrap_or_default();
        let mut records = text.lines().rev().filter_map(|l| serde_json::from_str::<Value>(l).ok());
        Ok(records.find(|r| r["kind"] == "observation").unwrap_or_default())
    }
}
