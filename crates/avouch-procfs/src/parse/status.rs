//! `/proc/PID/status`.

use super::bytes::{hex, int, lines, uint, words};

/// What the file says. Ids in the thread's own namespaces are -1 when the kernel does not tell them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// Process id.
    pub tgid: i64,
    /// Effective user.
    pub uid: u32,
    /// Effective group.
    pub gid: u32,
    /// Thread id in the innermost pid namespace.
    pub vtid: i64,
    /// Process id there.
    pub vpid: i64,
    /// Process group there.
    pub vpgid: i64,
    /// It lives in a pid namespace below the reader's.
    pub nested: bool,
    /// Capability sets.
    pub cap_inheritable: u64,
    /// See [`Self::cap_inheritable`].
    pub cap_permitted: u64,
    /// See [`Self::cap_inheritable`].
    pub cap_effective: u64,
    /// kB.
    pub vmsize: u32,
    /// kB.
    pub vmrss: u32,
    /// kB.
    pub vmswap: u32,
}

/// Reads the file; `None` when it does not tell whose it is.
#[must_use]
pub fn status(text: &[u8]) -> Option<Status> {
    let mut out = Status {
        tgid: 0,
        uid: u32::MAX,
        gid: u32::MAX,
        vtid: -1,
        vpid: -1,
        vpgid: -1,
        nested: false,
        cap_inheritable: 0,
        cap_permitted: 0,
        cap_effective: 0,
        vmsize: 0,
        vmrss: 0,
        vmswap: 0,
    };
    let first = |v| words(v).next();
    let id = |v| words(v).nth(1).and_then(uint).and_then(|n| u32::try_from(n).ok()).unwrap_or(u32::MAX);
    let kb = |v| first(v).and_then(uint).map_or(0, |n| u32::try_from(n).unwrap_or(u32::MAX));
    let innermost = |v| words(v).last().and_then(int).unwrap_or(-1);
    let caps = |v| first(v).and_then(hex).unwrap_or(0);
    for line in lines(text) {
        let Some(colon) = line.iter().position(|b| *b == b':') else { continue };
        let (key, value) = line.split_at(colon);
        let value = value.get(1..).unwrap_or(b"");
        match key {
            b"Tgid" => out.tgid = first(value).and_then(int)?,
            b"Uid" => out.uid = id(value),
            b"Gid" => out.gid = id(value),
            b"NStgid" => out.vpid = innermost(value),
            b"NSpid" => {
                out.vtid = innermost(value);
                out.nested = words(value).count() > 1;
            }
            b"NSpgid" => out.vpgid = innermost(value),
            b"VmSize" => out.vmsize = kb(value),
            b"VmRSS" => out.vmrss = kb(value),
            b"VmSwap" => out.vmswap = kb(value),
            b"CapInh" => out.cap_inheritable = caps(value),
            b"CapPrm" => out.cap_permitted = caps(value),
            b"CapEff" => {
                out.cap_effective = caps(value);
                // What follows is not asked for, and long.
                break;
            }
            _ => {}
        }
    }
    (out.tgid > 0).then_some(out)
}
