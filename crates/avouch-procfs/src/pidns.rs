//! When a pid namespace's first process started.

use rustc_hash::FxHashMap;
use rustix::fd::OwnedFd;
use rustix::fs::{OFlags, PROC_SUPER_MAGIC, fstatfs};

use crate::{files, parse};

/// Start times by namespace, kept during one scan: the numbers of namespaces are used again.
#[derive(Debug, Default)]
pub(crate) struct PidNamespaces {
    /// Taken once: two readings of the clocks are never the same, and starts are compared.
    pub(crate) boot_time: u64,
    by_link: FxHashMap<Vec<u8>, u64>,
    link: Vec<u8>,
    buf: Vec<u8>,
}

impl PidNamespaces {
    pub(crate) fn new(boot_time: u64) -> Self {
        Self { boot_time, ..Self::default() }
    }

    pub(crate) fn clear(&mut self) {
        self.by_link.clear();
    }

    /// Ns since the epoch; that of the boot for the machine's own namespace, 0 when it cannot be found out.
    pub(crate) fn start_of(&mut self, dir: &OwnedFd, nested: bool) -> u64 {
        if !nested {
            return self.boot_time;
        }
        let mut link = std::mem::take(&mut self.link);
        let start = match files::link(dir, c"ns/pid", &mut link) {
            Ok(()) => match self.by_link.get(&link) {
                Some(start) => *start,
                None => {
                    let start = self.first_process(dir, &link).map_or(0, |ns| self.boot_time.wrapping_add(ns));
                    self.by_link.insert(link.clone(), start);
                    start
                }
            },
            Err(_) => 0,
        };
        self.link = link;
        start
    }

    /// Process 1 as the container's own procfs shows it. A container may have mounted anything there: only a procfs whose
    /// process 1 lives in the namespace that is asked for is believed.
    fn first_process(&mut self, dir: &OwnedFd, namespace: &[u8]) -> Option<u64> {
        let root = files::folder(dir, c"root").ok()?;
        let first = files::inside(root, c"proc/1", OFlags::RDONLY | OFlags::DIRECTORY).ok()?;
        if fstatfs(&first).ok()?.f_type != PROC_SUPER_MAGIC {
            return None;
        }
        files::link(&first, c"ns/pid", &mut self.buf).ok()?;
        if self.buf != namespace {
            return None;
        }
        files::whole(&first, c"stat", &mut self.buf, 1 << 16).ok()?;
        Some(parse::stat(&self.buf)?.starttime.saturating_mul(10_000_000))
    }
}
