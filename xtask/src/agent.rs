//! The agent that benches measure, and the rules it is given.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// Builds the release binary, and says where it is.
pub(crate) fn build(root: &Path) -> Result<PathBuf> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--release", "--locked", "-p", "avouch"]).current_dir(root);
    if !cargo.status().context("failed to run cargo")?.success() {
        bail!("the release binary does not build");
    }
    Ok(root.join("target/release/avouch"))
}

/// Upstream's stable pack where it is at hand, because its figures are known; our own rules otherwise.
pub(crate) fn rules() -> PathBuf {
    let stable = PathBuf::from("../shared/testdata/rules/main/falco_rules.yaml");
    if stable.exists() { stable } else { PathBuf::from("rules") }
}
