//! Which functions of the kernel something is attached to, as the kernel itself says.

use std::fs;

/// Names of functions that are traced now; `None` where the tracing file system is not mounted.
pub(crate) fn with_programs() -> Option<Vec<String>> {
    let list = fs::read_to_string("/sys/kernel/tracing/enabled_functions").ok()?;
    Some(list.lines().filter_map(|line| line.split_ascii_whitespace().next()).map(str::to_owned).collect())
}
