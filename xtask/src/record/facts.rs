//! The little that each event asks of /proc while its thread stands still.

use std::fs;

use avouch_procfs::parse;

/// Processor that `tid` ran on last; 0 when it is gone.
pub(super) fn cpu(tid: i64) -> u16 {
    let stat = fs::read(format!("/proc/{tid}/stat")).unwrap_or_default();
    parse::stat(&stat).map_or(0, |s| s.processor)
}

/// Inheritable, permitted and effective capabilities of `tid`.
pub(super) fn caps(tid: i64) -> [u64; 3] {
    let status = fs::read(format!("/proc/{tid}/status")).unwrap_or_default();
    parse::status(&status).map_or([0; 3], |s| [s.cap_inheritable, s.cap_permitted, s.cap_effective])
}
