//! What the tests on a real kernel share: skips that say why, cgroups, programs in memory and in overlays.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test binary uses a part")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "it is part of tests")]

use std::fs;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use avouch_respond::{Act, Layer, LayerReport, LayerState, Prevention};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

pub const WAIT: Duration = Duration::from_secs(60);

/// Says that a test did not run.
pub fn skip(test: &str, reason: impl std::fmt::Display) {
    println!("SKIP {test}: {reason}");
}

pub fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Root, a static busybox, and what a bare guest has not mounted yet: for this thread and its children only. The reason when
/// something is missing.
pub fn prepare() -> Result<(), String> {
    prepare_in_sight()?;
    let none: Option<&str> = None;
    unshare(CloneFlags::CLONE_NEWNS).map_err(|e| format!("no mount namespace: {e}"))?;
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none)
        .map_err(|e| format!("no private mounts: {e}"))?;
    if !Path::new("/sys/kernel/security/lsm").exists() {
        // Where the kernel has no such file system the layer says so itself.
        if let Err(e) = mount(Some("securityfs"), "/sys/kernel/security", Some("securityfs"), MsFlags::empty(), none) {
            println!("no list of security modules: {e}");
        }
    }
    if cgroup2().is_none() {
        mount(Some("cgroup2"), "/sys/fs/cgroup", Some("cgroup2"), MsFlags::empty(), none)
            .map_err(|e| format!("no cgroup of version 2: {e}"))?;
    }
    Ok(())
}

/// As [`prepare`], but the list of security modules is hidden from this thread: it tests what stands behind them.
pub fn prepare_without_lsm() -> Result<(), String> {
    prepare()?;
    let securityfs = Path::new("/sys/kernel/security");
    while securityfs.join("lsm").exists() {
        nix::mount::umount2(securityfs, nix::mount::MntFlags::MNT_DETACH).map_err(|e| e.to_string())?;
    }
    Ok(())
}

/// As [`prepare`], but mounts of this test are seen by the whole machine, and nothing is mounted for it.
pub fn prepare_in_sight() -> Result<(), String> {
    if !is_root() {
        return Err("not root".to_owned());
    }
    if !Path::new("/bin/busybox").exists() {
        return Err("no /bin/busybox".to_owned());
    }
    Ok(())
}

/// What a test of programs in an overlay works with: the overlay, a cgroup of the test, and the prevention that `start` begins in it.
/// Where one of them cannot be had, it says why the test is skipped.
pub fn in_overlay(
    test: &str,
    prepare: fn() -> Result<(), String>,
    cgroup: &str,
    start: impl FnOnce(&Cgroup) -> Result<Prevention, String>,
) -> Option<(Overlay, Cgroup, Prevention)> {
    let begin = || {
        prepare()?;
        let (overlay, cgroup) = (Overlay::new()?, Cgroup::v2(cgroup));
        let prevention = start(&cgroup)?;
        Ok((overlay, cgroup, prevention))
    };
    begin().map_err(|reason: String| skip(test, reason)).ok()
}

pub fn cgroup2_is_mounted() -> bool {
    cgroup2().is_some()
}

fn cgroup2() -> Option<PathBuf> {
    let text = fs::read_to_string("/proc/thread-self/mounts").unwrap();
    let line = text.lines().find(|l| l.split(' ').nth(2) == Some("cgroup2"))?;
    Some(PathBuf::from(line.split(' ').nth(1)?))
}

/// A cgroup of this test, removed at its end.
pub struct Cgroup(pub PathBuf);

impl Cgroup {
    pub fn v2(name: &str) -> Self {
        Self::at(cgroup2().unwrap().join(format!("avouch-respond-{}-{name}", std::process::id())))
    }

    pub fn at(path: PathBuf) -> Self {
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    /// A shell that enters the cgroup and becomes `program`, which is part of a shell command.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("/bin/busybox");
        command.args(["sh", "-c", &format!("echo $$ > {}/cgroup.procs && exec {program}", self.0.display())]);
        command
    }

    pub fn run(&self, program: &str) -> ExitStatus {
        self.command(program).status().unwrap()
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // Processes that ended a moment ago still hold it.
        let end = Instant::now() + WAIT;
        while fs::remove_dir(&self.0).is_err() && Instant::now() < end {
            std::thread::yield_now();
        }
    }
}

/// How a layer stands. A kernel may have no such hook; a program that its verifier does not take is a fault of ours.
pub fn state(reports: &[LayerReport], layer: Layer) -> LayerState {
    let state = reports.iter().find(|r| r.layer == layer).unwrap().state.clone();
    if let LayerState::Unavailable { why, .. } = &state {
        assert!(
            !["Invalid argument", "Permission denied", "too long"].iter().any(|e| why.contains(e)),
            "{layer}: {why}"
        );
    }
    state
}

/// Polls until acts are there that fit.
pub fn wait_for(prevention: &mut Prevention, fits: impl Fn(&Act) -> bool) -> Vec<Act> {
    let end = Instant::now() + WAIT;
    let mut acts = Vec::new();
    while !acts.iter().any(&fits) {
        assert!(Instant::now() < end, "not reported in time: {acts:?}");
        acts.extend(prevention.poll());
        std::thread::yield_now();
    }
    acts
}

/// Busybox in memory; the path by which a child runs it.
pub fn busybox_in_memory() -> (OwnedFd, String) {
    let fd = nix::sys::memfd::memfd_create(c"dropper", nix::sys::memfd::MFdFlags::empty()).unwrap();
    let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
    fs::write(&path, fs::read("/bin/busybox").unwrap()).unwrap();
    (fd, path)
}

/// An overlay whose lower layer has `bin/busybox` and scripts, and whose upper layer, by a write after the mount, has
/// `bin/busybox-dropped`.
/// After [`prepare`] the mount is seen by this thread and its children only.
pub struct Overlay {
    dir: tempfile::TempDir,
}

impl Overlay {
    pub fn new() -> Result<Self, String> {
        let dir = tempfile::tempdir().unwrap();
        for name in ["lower/bin", "upper", "work", "merged"] {
            fs::create_dir_all(dir.path().join(name)).unwrap();
        }
        fs::copy("/bin/busybox", dir.path().join("lower/bin/busybox")).unwrap();
        fs::copy("/bin/busybox", dir.path().join("lower/bin/busybox-shipped")).unwrap();
        for (name, interpreter) in [("script-shipped", "/bin/busybox sh"), ("script-by-inner", "/bin/inner")] {
            let path = dir.path().join("lower/bin").join(name);
            fs::write(&path, format!("#!{interpreter}\n/bin/busybox touch /mark\n")).unwrap();
            fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        }
        let at = |name: &str| dir.path().join(name).display().to_string();
        let options = format!("lowerdir={},upperdir={},workdir={}", at("lower"), at("upper"), at("work"));
        mount(Some("overlay"), dir.path().join("merged").as_path(), Some("overlay"), MsFlags::empty(), Some(&*options))
            .map_err(|e| format!("no overlay: {e}"))?;
        let overlay = Self { dir };
        fs::copy("/bin/busybox", overlay.root().join("bin/busybox-dropped")).unwrap();
        Ok(overlay)
    }

    pub fn root(&self) -> PathBuf {
        self.dir.path().join("merged")
    }

    /// Runs a program of the overlay, which is then its root, to make a file; whether the file was made.
    pub fn touch(&self, cgroup: &Cgroup, program: &str) -> bool {
        let mark = self.root().join("mark");
        drop(fs::remove_file(&mark));
        cgroup.run(&format!("/bin/busybox chroot {} {program} touch /mark", self.root().display()));
        mark.exists()
    }
}

impl Drop for Overlay {
    fn drop(&mut self) {
        nix::mount::umount2(&self.root(), nix::mount::MntFlags::MNT_DETACH).unwrap();
    }
}
