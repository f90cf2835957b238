//! Runs the commands that the harness stands on, with errors that name the command.

use std::process::Command;

use anyhow::{Context, Result, bail};

/// Runs a command whose output is of interest only when it fails.
pub(super) fn run(command: &mut Command) -> Result<()> {
    output_of(command).map(drop)
}

/// Runs a command for what it prints.
pub(super) fn output_of(command: &mut Command) -> Result<Vec<u8>> {
    let name = format!("{command:?}");
    let output = command.output().with_context(|| format!("cannot run {name}"))?;
    if !output.status.success() {
        bail!("{name} ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(output.stdout)
}
