//! Tasks of the project itself, behind `cargo xtask`.

// Measured on Linux.
#[cfg(target_os = "linux")]
mod agent;
// Reads times of use as Linux tells them.
#[cfg(target_os = "linux")]
mod bench_evidence;
// Measures a Linux kernel's sensor.
#[cfg(target_os = "linux")]
mod bench_live;
// Guests are x86-64 machines that run what was built for this one.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod kernel_test;
// The recorder reads x86-64 registers.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod record;

use anyhow::{Result, bail};

const TASKS: &str = "cargo xtask TASK

bench-evidence  measure what a quarter of evidence costs to keep, to verify and to report (Linux)
bench-guest     measure what the agent costs a kernel in QEMU, in instructions (Linux on x86-64)
bench-live      measure what the agent costs the machine it watches (Linux, root)
kernel-test     boot real kernels and run tests of the kernel sensor in them (Linux on x86-64)
record          trace a command and write what it does as a capture (Linux on x86-64)";

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    match args.next().as_deref() {
        #[cfg(target_os = "linux")]
        Some("bench-evidence") => bench_evidence::run(args),
        #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
        Some("bench-guest") => kernel_test::bench::run(args),
        #[cfg(target_os = "linux")]
        Some("bench-live") => bench_live::run(args),
        #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
        Some("kernel-test") => kernel_test::run(args),
        #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
        Some("record") => record::run(args),
        _ => bail!("{TASKS}"),
    }
}
