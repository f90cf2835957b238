//! Tasks of the project itself, behind `cargo xtask`.

// The recorder reads x86-64 registers.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod record;

use anyhow::{Result, bail};

const TASKS: &str = "cargo xtask TASK

record   trace a command and write what it does as a capture (Linux on x86-64)";

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    match args.next().as_deref() {
        #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
        Some("record") => record::run(args),
        _ => bail!("{TASKS}"),
    }
}
