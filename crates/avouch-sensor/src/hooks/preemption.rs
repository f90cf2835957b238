//! Whether the kernel interrupts itself in the middle of a program for another task.
//!
//! At a tracepoint it does not. On a function it may, and a program that is begun a second time on one CPU is left out: whatever the
//! other task calls meanwhile is lost, if counted.

use std::fs;

use nix::sys::utsname::uname;

/// How the kernel was made, and how it was started.
struct Told<'a> {
    /// Of `uname -v`.
    version: &'a str,
    /// `/proc/cmdline`.
    command_line: &'a str,
    /// `sched/preempt` of the debugging file system: all ways, the one in use in brackets.
    ways: Option<&'a str>,
}

/// `None` where nobody says.
fn judge(told: &Told<'_>) -> Option<bool> {
    let mut model = told.version.split_ascii_whitespace().filter(|word| word.starts_with("PREEMPT"));
    // A lazy kernel does so only for what runs a whole tick.
    let full = |way: &str| way == "full";
    match model.next() {
        None | Some("PREEMPT_LAZY") => Some(false),
        Some(word) if word.starts_with("PREEMPT_DYNAMIC") => {
            let in_use = told.ways.and_then(|ways| Some(ways.split_once('(')?.1.split_once(')')?.0));
            let asked = || told.command_line.split_ascii_whitespace().rev().find_map(|w| w.strip_prefix("preempt="));
            in_use.or_else(asked).map(full)
        }
        Some(_) => Some(true),
    }
}

/// Whether it does so often; `None` where that cannot be told.
pub(crate) fn is_frequent() -> Option<bool> {
    let name = uname().ok()?;
    let command_line = fs::read_to_string("/proc/cmdline").unwrap_or_default();
    let ways = fs::read_to_string("/sys/kernel/debug/sched/preempt").ok();
    judge(&Told { version: &name.version().to_string_lossy(), command_line: &command_line, ways: ways.as_deref() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_told_counts() {
        let judge = |version, command_line, ways| judge(&Told { version, command_line, ways });
        assert_eq!(judge("#1 SMP Debian 5.10", "", None), Some(false));
        assert_eq!(judge("#1 SMP PREEMPT_RT Debian", "", None), Some(true));
        assert_eq!(judge("#1 SMP PREEMPT Fri", "", None), Some(true));
        let dynamic = "#1 SMP PREEMPT_DYNAMIC Debian 6.1";
        assert_eq!(judge(dynamic, "quiet", None), None);
        assert_eq!(judge(dynamic, "preempt=full quiet preempt=none", None), Some(false));
        assert_eq!(judge(dynamic, "preempt=full", None), Some(true));
        assert_eq!(judge(dynamic, "preempt=full", Some("none (voluntary) full\n")), Some(false));
        assert_eq!(judge(dynamic, "", Some("none voluntary (full) lazy\n")), Some(true));
    }
}
