//! A cgroup that allows only so many processes, by cgroup v1 or v2.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Removed when dropped, after its processes.
pub(crate) struct PidsCgroup(PathBuf);

impl PidsCgroup {
    /// `None`, said aloud, where no such cgroup can be made.
    pub(crate) fn new(limit: u32) -> Option<Self> {
        for root in ["/sys/fs/cgroup/pids", "/sys/fs/cgroup"] {
            let dir = Path::new(root).join(format!("avouch-test-{}", std::process::id()));
            if !Path::new(root).join("cgroup.procs").exists() || fs::create_dir(&dir).is_err() {
                continue;
            }
            let cgroup = Self(dir);
            if fs::write(cgroup.0.join("pids.max"), limit.to_string()).is_ok() {
                return Some(cgroup);
            }
        }
        println!("SKIP: no cgroup here limits the number of processes");
        None
    }

    pub(crate) fn procs(&self) -> PathBuf {
        self.0.join("cgroup.procs")
    }

    /// Ends every process in it, until none is left.
    pub(crate) fn end_all(&self) {
        let end = Instant::now() + Duration::from_secs(10);
        while Instant::now() < end {
            let pids: Vec<i32> =
                fs::read_to_string(self.procs()).unwrap_or_default().lines().filter_map(|l| l.parse().ok()).collect();
            if pids.is_empty() {
                return;
            }
            for pid in pids {
                // It may have ended by itself.
                kill(Pid::from_raw(pid), Signal::SIGKILL).ok();
            }
        }
    }
}

impl Drop for PidsCgroup {
    fn drop(&mut self) {
        self.end_all();
        fs::remove_dir(&self.0).ok();
    }
}
