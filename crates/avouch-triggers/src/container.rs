//! A container made on the fly: an OCI bundle in a temporary folder, run by `runc`.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use nix::mount::{MsFlags, mount};
use nix::pty::openpty;
use serde_json::{Value, json};

use crate::case::{Container, Program};
use crate::error::Error;
use crate::moves::{MARK, Mark, PATH};
use crate::run::{Ended, wait};

/// What docker gives to every container.
const DEFAULT_CAPABILITIES: &[&str] = &[
    "CAP_AUDIT_WRITE",
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_MKNOD",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_RAW",
    "CAP_SETFCAP",
    "CAP_SETGID",
    "CAP_SETPCAP",
    "CAP_SETUID",
    "CAP_SYS_CHROOT",
];

/// What `--privileged` gives beyond: all that the kernel knew when this was written, as far as this process has it.
const PRIVILEGED_CAPABILITIES: &[(&str, u32)] = &[
    ("CAP_DAC_READ_SEARCH", 2),
    ("CAP_LINUX_IMMUTABLE", 9),
    ("CAP_NET_BROADCAST", 11),
    ("CAP_NET_ADMIN", 12),
    ("CAP_IPC_LOCK", 14),
    ("CAP_IPC_OWNER", 15),
    ("CAP_SYS_MODULE", 16),
    ("CAP_SYS_RAWIO", 17),
    ("CAP_SYS_PTRACE", 19),
    ("CAP_SYS_PACCT", 20),
    ("CAP_SYS_ADMIN", 21),
    ("CAP_SYS_BOOT", 22),
    ("CAP_SYS_NICE", 23),
    ("CAP_SYS_RESOURCE", 24),
    ("CAP_SYS_TIME", 25),
    ("CAP_SYS_TTY_CONFIG", 26),
    ("CAP_LEASE", 28),
    ("CAP_AUDIT_CONTROL", 30),
    ("CAP_MAC_OVERRIDE", 32),
    ("CAP_MAC_ADMIN", 33),
    ("CAP_SYSLOG", 34),
    ("CAP_WAKE_ALARM", 35),
    ("CAP_BLOCK_SUSPEND", 36),
    ("CAP_AUDIT_READ", 37),
    ("CAP_PERFMON", 38),
    ("CAP_BPF", 39),
    ("CAP_CHECKPOINT_RESTORE", 40),
];

/// A bundle, and the container of it while it runs. Dropping it deletes the container and its groups.
#[derive(Debug)]
pub(crate) struct Bundle {
    folder: PathBuf,
    id: String,
    terminal: bool,
    /// Folders of control groups that were not there before and are removed when empty, deepest first.
    groups: Vec<PathBuf>,
}

impl Bundle {
    /// Mounts `image` with a writable layer on `folder/rootfs` and writes `folder/config.json`. `layers` holds the
    /// writable layer.
    pub(crate) fn new(
        folder: &Path,
        image: &Path,
        layers: &Path,
        container: Container,
        act: &Program,
        mark: &Mark,
    ) -> Result<Self, Error> {
        let id = new_id()?;
        let rootfs = folder.join("rootfs");
        let (upper, work) = (layers.join("upper"), layers.join("work"));
        for path in [&rootfs, &upper, &work] {
            fs::create_dir(path).map_err(Error::file("make", path))?;
        }
        let options = format!("lowerdir={},upperdir={},workdir={}", image.display(), upper.display(), work.display());
        mount(Some("overlay"), &rootfs, Some("overlay"), MsFlags::empty(), Some(options.as_str()))
            .map_err(Error::call("mount the container's root"))?;
        let group = match container.pod_namespace {
            Some(_) => format!("/kubepods/besteffort/pod{}/{id}", pod_uid(&id)),
            None => format!("/docker/{id}"),
        };
        let config = folder.join("config.json");
        let text = configuration(container, act, mark, &group, &id).to_string();
        fs::write(&config, text).map_err(Error::file("write", &config))?;
        Ok(Self { folder: folder.to_owned(), groups: new_groups(&group), id, terminal: container.terminal })
    }

    /// Id of the container: 64 hexadecimal digits.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Runs the container to its end.
    pub(crate) fn run(&self) -> Result<Ended, Error> {
        let mut command = Command::new("runc");
        command.arg("run").arg("--bundle").arg(&self.folder).arg(&self.id).stdin(Stdio::null());
        if !self.terminal {
            return wait(&mut command, None, &self.id);
        }
        let pty = openpty(None, None).map_err(Error::call("open a terminal"))?;
        let slave = |what| pty.slave.try_clone().map(Stdio::from).map_err(Error::call(what));
        command.stdin(slave("use the terminal for input")?);
        let output = slave("use the terminal for output")?;
        let mut screen = fs::File::from(pty.master);
        // The end of the last user of the terminal ends the reading with an error.
        let reader = thread::spawn(move || {
            let mut shown = Vec::new();
            let mut chunk = [0; 512];
            while let Ok(read @ 1..) = screen.read(&mut chunk) {
                shown.extend_from_slice(chunk.get(..read).unwrap_or_default());
            }
            String::from_utf8_lossy(&shown).into_owned()
        });
        let ended = wait(&mut command, Some(output), &self.id);
        drop(command);
        drop(pty.slave);
        let shown = reader.join().unwrap_or_default();
        ended.map(|ended| Ended { output: ended.output + &shown, ..ended })
    }
}

impl Drop for Bundle {
    fn drop(&mut self) {
        // A container that ended has deleted itself already, so an error is the usual answer.
        drop(Command::new("runc").args(["delete", "--force", &self.id]).output());
        for group in &self.groups {
            // Another container may have come to use it.
            drop(fs::remove_dir(group));
        }
    }
}

/// Folders above the container's groups that are not there yet, in every hierarchy, deepest first.
fn new_groups(group: &str) -> Vec<PathBuf> {
    let root = Path::new("/sys/fs/cgroup");
    let mut hierarchies = vec![root.to_owned()];
    hierarchies.extend(fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path()));
    let above = Path::new(group.trim_start_matches('/')).ancestors().skip(1).filter(|p| !p.as_os_str().is_empty());
    let above: Vec<PathBuf> = above.map(Path::to_owned).collect();
    let folders = hierarchies.iter().flat_map(|hierarchy| above.iter().map(|path| hierarchy.join(path)));
    folders.filter(|path| !path.exists()).collect()
}

fn new_id() -> Result<String, Error> {
    let source = Path::new("/dev/urandom");
    let mut bytes = [0; 32];
    let read = fs::File::open(source).and_then(|mut file| file.read_exact(&mut bytes));
    read.map_err(Error::file("read", source))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A pod's uid of its own for each container.
fn pod_uid(id: &str) -> String {
    let part = |from: usize, to: usize| id.get(from..to).unwrap_or_default();
    format!("{}-{}-4{}-8{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

fn configuration(container: Container, act: &Program, mark: &Mark, group: &str, id: &str) -> Value {
    let mut capabilities: Vec<&str> = [DEFAULT_CAPABILITIES, container.adds].concat();
    if container.privileged {
        let bounding = bounding_capabilities();
        capabilities.extend(PRIVILEGED_CAPABILITIES.iter().filter(|(_, bit)| bounding >> bit & 1 == 1).map(|(n, _)| n));
    }
    capabilities.sort_unstable();
    capabilities.dedup();
    let mut env = vec![format!("PATH={PATH}"), format!("{MARK}={mark}")];
    env.extend(act.env.iter().map(|(name, value)| format!("{name}={value}")));
    let args: Vec<&str> = std::iter::once(act.path).chain(act.args.iter().copied()).collect();
    let mount = |to: &str, kind: &str, options: &[&str]| json!({"destination": to, "type": kind, "source": kind, "options": options});
    let devices = if container.privileged {
        json!([{"allow": true, "access": "rwm"}])
    } else {
        json!([{"allow": false, "access": "rwm"}])
    };
    let (masked, read_only) = if container.privileged {
        (json!([]), json!([]))
    } else {
        (
            json!(["/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware"]),
            json!(["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]),
        )
    };
    json!({
        "ociVersion": "1.0.2",
        "annotations": annotations(container, id),
        "hostname": "stage",
        "process": {
            "terminal": container.terminal,
            "user": {"uid": 0, "gid": 0},
            "args": args,
            "env": env,
            "cwd": "/",
            "capabilities": {"bounding": capabilities, "effective": capabilities, "permitted": capabilities},
        },
        "root": {"path": "rootfs"},
        "mounts": [
            mount("/proc", "proc", &["nosuid", "noexec", "nodev"]),
            mount("/dev", "tmpfs", &["nosuid", "strictatime", "mode=755", "size=65536k"]),
            mount("/dev/pts", "devpts", &["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]),
            mount("/dev/shm", "tmpfs", &["nosuid", "nodev", "mode=1777", "size=65536k"]),
        ],
        "linux": {
            "cgroupsPath": group,
            "resources": {"devices": devices},
            // The network namespace is that of the caller, which set it up.
            "namespaces": [{"type": "pid"}, {"type": "ipc"}, {"type": "uts"}, {"type": "mount"}],
            "maskedPaths": masked,
            "readonlyPaths": read_only,
        },
    })
}

/// What containerd writes for the kubelet; docker and a bare runc write nothing.
fn annotations(container: Container, id: &str) -> Value {
    let Some(namespace) = container.pod_namespace else { return json!({}) };
    json!({
        "io.kubernetes.cri.container-type": "container",
        "io.kubernetes.cri.container-name": "main",
        "io.kubernetes.cri.image-name": "localhost/avouch-trigger:1",
        "io.kubernetes.cri.sandbox-id": id.chars().rev().collect::<String>(),
        "io.kubernetes.cri.sandbox-name": "stage",
        "io.kubernetes.cri.sandbox-namespace": namespace,
        "io.kubernetes.cri.sandbox-uid": pod_uid(id),
    })
}

/// Capabilities this process could hand on, as bits.
fn bounding_capabilities() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("CapBnd:"));
    line.and_then(|text| u64::from_str_radix(text.trim(), 16).ok()).unwrap_or_default()
}
