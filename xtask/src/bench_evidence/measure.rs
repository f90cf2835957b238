//! What a process cost: told by the system to a parent that has no other child.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use nix::sys::resource::{UsageWho, getrusage};
use serde_json::{Value, json};

/// What a process cost.
pub(super) struct Cost {
    /// Seconds by the wall.
    pub(super) wall: f64,
    /// Seconds of CPU, the system's included.
    pub(super) cpu: f64,
    /// Most memory resident at a time.
    pub(super) peak_bytes: u64,
    /// What it wrote to standard output.
    pub(super) said: String,
}

/// Runs a command below a process that does nothing else, which leaves the figures in `note`.
///
/// # Errors
/// When the command fails.
pub(super) fn measured(command: &[OsString], note: &Path) -> Result<Cost> {
    let this = std::env::current_exe().context("failed to find this program")?;
    let output = Command::new(this)
        .args(["bench-evidence", "run"])
        .arg(note)
        .args(command)
        .stderr(Stdio::inherit())
        .output()
        .context("failed to start")?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.success(), "it ended with {}: {said}", output.status);
    let text = std::fs::read(note).with_context(|| format!("failed to read `{}`", note.display()))?;
    let figures: Value = serde_json::from_slice(&text).context("figures that cannot be read")?;
    let number = |key: &str| figures.get(key).and_then(Value::as_f64).unwrap_or(f64::NAN);
    let peak_bytes = figures.get("peak_bytes").and_then(Value::as_u64).unwrap_or_default();
    Ok(Cost { wall: number("wall"), cpu: number("cpu"), peak_bytes, said })
}

/// The process in between: runs its one child and notes what the system says of it.
///
/// # Errors
/// When the child cannot be started or fails.
pub(super) fn run(args: &[String]) -> Result<()> {
    let (note, command) = args.split_first().context("`run` needs a file and a command")?;
    let (program, rest) = command.split_first().context("`run` needs a command")?;
    let begin = Instant::now();
    let status = Command::new(program).args(rest).status().with_context(|| format!("failed to start `{program}`"))?;
    let wall = begin.elapsed().as_secs_f64();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).context("failed to ask for times of use")?;
    let seconds = |t: nix::sys::time::TimeVal| t.tv_sec() as f64 + t.tv_usec() as f64 / 1e6;
    // Linux counts in KiB.
    let peak_bytes = u64::try_from(usage.max_rss()).unwrap_or_default() * 1024;
    let cpu = seconds(usage.user_time()) + seconds(usage.system_time());
    std::fs::write(note, json!({"wall": wall, "cpu": cpu, "peak_bytes": peak_bytes}).to_string())
        .with_context(|| format!("failed to write `{note}`"))?;
    ensure!(status.success(), "`{program}` ended with {status}");
    Ok(())
}
