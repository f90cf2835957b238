//! What /proc says about one thread while it stands still.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use avouch_event::ProcessEntry;

/// Longest text kept of arguments, environment and cgroups, as in the capture format.
const LIST_LIMIT: usize = 4096;

/// Facts of one thread, owned. Names and units are those of [`ProcessEntry`].
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) tid: i64,
    pub(super) pid: i64,
    pub(super) ptid: i64,
    pub(super) sid: i64,
    pub(super) pgid: i64,
    pub(super) vpgid: i64,
    pub(super) vtid: i64,
    pub(super) vpid: i64,
    pub(super) comm: Vec<u8>,
    pub(super) exe: Vec<u8>,
    pub(super) args: Vec<u8>,
    pub(super) env: Vec<u8>,
    pub(super) exepath: Vec<u8>,
    pub(super) cwd: Vec<u8>,
    pub(super) root: Vec<u8>,
    pub(super) cgroups: Vec<u8>,
    pub(super) fdlimit: i64,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) vmsize: u32,
    pub(super) vmrss: u32,
    pub(super) vmswap: u32,
    pub(super) pfmajor: u64,
    pub(super) pfminor: u64,
    pub(super) tty: u32,
    pub(super) loginuid: u32,
    /// Inheritable, permitted, effective.
    pub(super) caps: [u64; 3],
    pub(super) exe_file: ExeFile,
    /// In a pid namespace below the recorder's.
    pub(super) nested: bool,
}

/// The file that a process runs.
#[derive(Debug, Default)]
pub(super) struct ExeFile {
    pub(super) ino: u64,
    pub(super) ctime: u64,
    pub(super) mtime: u64,
    pub(super) writable: bool,
    pub(super) upper_layer: bool,
    pub(super) lower_layer: bool,
    pub(super) memfd: bool,
}

fn dir(tid: i64) -> PathBuf {
    PathBuf::from(format!("/proc/{tid}"))
}

fn link(path: &Path) -> Vec<u8> {
    fs::read_link(path).map(|p| p.as_os_str().as_bytes().to_vec()).unwrap_or_default()
}

/// Processor that `tid` ran on last; 0 when it is gone.
pub(super) fn cpu(tid: i64) -> u16 {
    let stat = fs::read(dir(tid).join("stat")).unwrap_or_default();
    stat_fields(&stat).get(36).and_then(|f| f.parse().ok()).unwrap_or(0)
}

/// Inheritable, permitted and effective capabilities of `tid`.
pub(super) fn caps(tid: i64) -> [u64; 3] {
    let status = fs::read(dir(tid).join("status")).unwrap_or_default();
    let status = Status(String::from_utf8_lossy(&status).into_owned());
    [status.caps("CapInh"), status.caps("CapPrm"), status.caps("CapEff")]
}

/// Fields of a stat line from the state on: index 0 is field 3 of proc(5). The name before may hold blanks and brackets.
fn stat_fields(stat: &[u8]) -> Vec<&str> {
    let after = stat.iter().rposition(|b| *b == b')').map_or(0, |i| i + 1);
    std::str::from_utf8(stat.get(after..).unwrap_or_default()).unwrap_or_default().split_ascii_whitespace().collect()
}

struct Status(String);

impl Status {
    fn words(&self, key: &str) -> Vec<&str> {
        let line = self.0.lines().find_map(|l| l.strip_prefix(key)?.strip_prefix(':'));
        line.unwrap_or_default().split_ascii_whitespace().collect()
    }

    fn number<T: std::str::FromStr + Default>(&self, key: &str, index: usize) -> T {
        self.words(key).get(index).and_then(|w| w.parse().ok()).unwrap_or_default()
    }

    fn innermost(&self, key: &str) -> i64 {
        self.words(key).last().and_then(|w| w.parse().ok()).unwrap_or(-1)
    }

    fn caps(&self, key: &str) -> u64 {
        self.words(key).first().and_then(|w| u64::from_str_radix(w, 16).ok()).unwrap_or(0)
    }
}

impl Facts {
    /// Reads what /proc holds on `tid` now.
    ///
    /// # Errors
    /// When the thread is gone.
    pub(super) fn read(tid: i64) -> Result<Self> {
        let dir = dir(tid);
        let stat = fs::read(dir.join("stat")).with_context(|| format!("failed to read facts of thread {tid}"))?;
        let status = fs::read(dir.join("status")).with_context(|| format!("failed to read status of thread {tid}"))?;
        let status = Status(String::from_utf8_lossy(&status).into_owned());
        let stat = stat_fields(&stat);
        let number = |i: usize| stat.get(i).and_then(|f| f.parse::<i64>().ok()).unwrap_or(0);
        let mut comm = fs::read(dir.join("comm")).unwrap_or_default();
        comm.pop();
        let (exe, args) = split_argv(&fs::read(dir.join("cmdline")).unwrap_or_default());
        let exepath = link(&dir.join("exe"));
        let (uid, gid) = (status.number("Uid", 1), status.number("Gid", 1));
        let caps = [status.caps("CapInh"), status.caps("CapPrm"), status.caps("CapEff")];
        Ok(Self {
            tid,
            pid: status.number("Tgid", 0),
            ptid: number(1),
            pgid: number(2),
            sid: number(3),
            vpgid: status.innermost("NSpgid"),
            vtid: status.innermost("NSpid"),
            vpid: status.innermost("NStgid"),
            nested: status.words("NSpid").len() > 1,
            comm,
            exe,
            args,
            env: cut(fs::read(dir.join("environ")).unwrap_or_default()),
            exe_file: ExeFile::read(&dir, &exepath, uid, gid, caps[2]),
            exepath,
            cwd: link(&dir.join("cwd")),
            root: link(&dir.join("root")),
            cgroups: cgroups(&fs::read_to_string(dir.join("cgroup")).unwrap_or_default()),
            fdlimit: open_files_limit(&fs::read_to_string(dir.join("limits")).unwrap_or_default()),
            uid,
            gid,
            vmsize: status.number("VmSize", 0),
            vmrss: status.number("VmRSS", 0),
            vmswap: status.number("VmSwap", 0),
            pfminor: u64::try_from(number(7)).unwrap_or(0),
            pfmajor: u64::try_from(number(9)).unwrap_or(0),
            tty: u32::try_from(number(4)).unwrap_or(0),
            loginuid: fs::read_to_string(dir.join("loginuid"))
                .ok()
                .and_then(|t| t.trim().parse().ok())
                .unwrap_or(u32::MAX),
            caps,
        })
    }

    /// As an entry of the process list.
    pub(super) fn entry(&self) -> ProcessEntry<'_> {
        ProcessEntry {
            tid: self.tid,
            pid: self.pid,
            ptid: self.ptid,
            sid: self.sid,
            vpgid: self.vpgid,
            pgid: self.pgid,
            comm: &self.comm,
            exe: &self.exe,
            exepath: &self.exepath,
            args: &self.args,
            cwd: &self.cwd,
            fdlimit: self.fdlimit,
            flags: 0,
            uid: self.uid,
            gid: self.gid,
            vmsize: self.vmsize,
            vmrss: self.vmrss,
            vmswap: self.vmswap,
            pfmajor: self.pfmajor,
            pfminor: self.pfminor,
            env: &self.env,
            vtid: self.vtid,
            vpid: self.vpid,
            cgroups: &self.cgroups,
            root: &self.root,
            pidns_init_start_ts: 0,
            tty: self.tty,
            loginuid: self.loginuid,
            exe_writable: self.exe_file.writable,
            cap_inheritable: self.caps[0],
            cap_permitted: self.caps[1],
            cap_effective: self.caps[2],
            exe_upper_layer: self.exe_file.upper_layer,
            exe_lower_layer: self.exe_file.lower_layer,
            exe_from_memfd: self.exe_file.memfd,
            exe_ino: self.exe_file.ino,
            exe_ino_ctime: self.exe_file.ctime,
            exe_ino_mtime: self.exe_file.mtime,
        }
    }
}

impl ExeFile {
    fn read(dir: &Path, exepath: &[u8], uid: u32, gid: u32, cap_effective: u64) -> Self {
        const CAP_DAC_OVERRIDE: u64 = 1 << 1;
        let Ok(meta) = fs::metadata(dir.join("exe")) else { return Self::default() };
        let ns = |s: i64, n: i64| u64::try_from(s * 1_000_000_000 + n).unwrap_or(0);
        let mode = meta.mode();
        let writable = cap_effective & CAP_DAC_OVERRIDE != 0
            || (meta.uid() == uid && mode & 0o200 != 0)
            || (meta.gid() == gid && mode & 0o020 != 0)
            || mode & 0o002 != 0;
        let layer = overlay_layer(dir, exepath);
        Self {
            ino: meta.ino(),
            ctime: ns(meta.ctime(), meta.ctime_nsec()),
            mtime: ns(meta.mtime(), meta.mtime_nsec()),
            writable,
            upper_layer: layer == Some(Layer::Upper),
            lower_layer: layer == Some(Layer::Lower),
            memfd: exepath.starts_with(b"/memfd:"),
        }
    }

    /// The capture's `execve_flags`.
    pub(super) fn flags(&self) -> u32 {
        u32::from(self.writable)
            | u32::from(self.upper_layer) << 1
            | u32::from(self.memfd) << 2
            | u32::from(self.lower_layer) << 3
    }
}

#[derive(PartialEq, Eq)]
enum Layer {
    Upper,
    Lower,
}

/// Which layer of an overlay root holds the file: the upper directory is named by the mount's own options.
fn overlay_layer(dir: &Path, exepath: &[u8]) -> Option<Layer> {
    let mounts = fs::read_to_string(dir.join("mountinfo")).ok()?;
    let root = mounts.lines().find(|l| l.split(' ').nth(4) == Some("/"))?;
    let (_, source) = root.split_once(" - overlay ")?;
    let upper = source.split([',', ' ']).find_map(|o| o.strip_prefix("upperdir="))?;
    let path = std::str::from_utf8(exepath).ok()?.strip_prefix('/')?;
    Some(if Path::new(upper).join(path).exists() { Layer::Upper } else { Layer::Lower })
}

fn cut(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(LIST_LIMIT);
    bytes
}

fn split_argv(cmdline: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let end = cmdline.iter().position(|b| *b == 0).unwrap_or(cmdline.len());
    let (exe, rest) = cmdline.split_at(end);
    (exe.to_vec(), cut(rest.get(1..).unwrap_or_default().to_vec()))
}

/// `subsystem=path` of each controller; hierarchies without a controller have no name a capture could carry.
fn cgroups(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for line in text.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        for controller in controllers.split(',').filter(|c| !c.is_empty() && !c.starts_with("name=")) {
            out.extend_from_slice(format!("{controller}={path}\0").as_bytes());
        }
    }
    cut(out)
}

fn open_files_limit(limits: &str) -> i64 {
    let line = limits.lines().find_map(|l| l.strip_prefix("Max open files"));
    line.and_then(|l| l.split_ascii_whitespace().next()?.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stat_survives_brackets_in_names() {
        assert_eq!(stat_fields(b"7 (a) b) S 1 2")[..3], ["S", "1", "2"]);
    }

    #[test]
    fn cgroups_name_each_controller() {
        assert_eq!(cgroups("8:cpu,cpuacct:/x\n9:name=systemd:/y\n0::/z\n"), b"cpu=/x\0cpuacct=/x\0");
    }

    #[test]
    fn argv_splits_after_the_first() {
        assert_eq!(split_argv(b"cat\0/etc/x\0"), (b"cat".to_vec(), b"/etc/x\0".to_vec()));
        assert_eq!(split_argv(b""), (vec![], vec![]));
    }
}
