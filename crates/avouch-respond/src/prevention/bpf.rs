//! Loading and attaching the kernel programs, an object a layer.

use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use libbpf_rs::{
    Link, MapCore as _, MapFlags, MapHandle, Object, ObjectBuilder, PrintLevel, RingBuffer, RingBufferBuilder,
};
use zerocopy::{FromBytes as _, IntoBytes as _};

use super::abi::{self, Report, Settings};
use crate::act::Mechanism;
use crate::policy::PreventionPolicy;
use crate::process;

static LSM: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/exec_lsm.bpf.o"));
static KILL: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/exec_kill.bpf.o"));
static CONNECT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/connect.bpf.o"));

/// Why a layer is not there.
#[derive(Debug, thiserror::Error)]
pub(super) enum LayerError {
    #[error("the kernel refused to {operation} `{object}`: {error}")]
    Kernel { operation: &'static str, object: String, error: String },
    #[error("failed to read `{path}`: {source}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("this kernel shows no list of its security modules (`{0}`)")]
    NoModuleList(PathBuf),
    #[error("`bpf` is not among the security modules of this kernel (`{0}`)")]
    NoBpfModule(String),
    #[error("no file system is mounted at the root of pid 1")]
    NoHostRoot,
    #[error("no cgroup of version 2 is mounted")]
    NoCgroup2,
}

fn kernel(operation: &'static str, object: &str) -> impl FnOnce(libbpf_rs::Error) -> LayerError {
    // The alternate form has the chain of causes in one line.
    move |e| LayerError::Kernel { operation, object: object.to_owned(), error: format!("{e:#}") }
}

/// What has been reported and not yet been taken.
type Inbox = Arc<Mutex<Vec<Report>>>;

/// A layer whose programs are attached; they are detached when it goes.
pub(super) struct BpfLayer {
    pub(super) mechanism: Mechanism,
    // Fields are dropped in this order: programs are detached before their ring and maps go.
    _links: Vec<Link>,
    ring: RingBuffer<'static>,
    inbox: Inbox,
    lost: MapHandle,
    _object: Object,
}

impl BpfLayer {
    /// The security module. The kernel may take the program and never call it, so the list of modules is asked too.
    pub(super) fn lsm(policy: &PreventionPolicy, cgroup: Option<&Path>) -> Result<Self, LayerError> {
        let path = PathBuf::from("/sys/kernel/security/lsm");
        let modules = std::fs::read_to_string(&path).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => LayerError::NoModuleList(path),
            _ => LayerError::File { path, source },
        })?;
        if !modules.trim().split(',').any(|m| m == "bpf") {
            return Err(LayerError::NoBpfModule(modules.trim().to_owned()));
        }
        Self::exec(LSM, "exec_lsm", Mechanism::Lsm, policy, cgroup)
    }

    /// SIGKILL at exec.
    pub(super) fn kill(policy: &PreventionPolicy, cgroup: Option<&Path>) -> Result<Self, LayerError> {
        Self::exec(KILL, "exec_kill", Mechanism::KillAtExec, policy, cgroup)
    }

    fn exec(
        bytes: &[u8],
        name: &str,
        mechanism: Mechanism,
        policy: &PreventionPolicy,
        cgroup: Option<&Path>,
    ) -> Result<Self, LayerError> {
        let object = load(bytes, name)?;
        settle(&object, policy, cgroup.is_some())?;
        if let Some(path) = cgroup {
            let directory = File::open(path).map_err(|source| LayerError::File { path: path.into(), source })?;
            let fd = directory.as_raw_fd().to_ne_bytes();
            update(&object, "only_cgroup", &0u32.to_ne_bytes(), &fd)?;
        }
        let keys = policy.paths.iter().map(|p| abi::path_key(p)).chain(policy.names.iter().map(|n| abi::name_key(n)));
        for key in keys {
            update(&object, "forbidden_paths", &key, &[1])?;
        }
        let links =
            object.progs_mut().map(|p| p.attach()).collect::<Result<Vec<_>, _>>().map_err(kernel("attach", name))?;
        Self::watched(object, links, mechanism)
    }

    /// Programs on the connects and datagrams of a cgroup of version 2.
    pub(super) fn connect(policy: &PreventionPolicy, cgroup: Option<&Path>) -> Result<Self, LayerError> {
        let path = match cgroup {
            Some(path) => path.to_owned(),
            None => process::cgroup_mount(&mounts(std::process::id())?, None).ok_or(LayerError::NoCgroup2)?,
        };
        let object = load(CONNECT, "connect")?;
        settle(&object, policy, false)?;
        for one in &policy.destinations {
            let (key, value) = abi::network_entry(one, &policy.destinations);
            update(&object, if one.network.is_ipv4() { "forbidden4" } else { "forbidden6" }, &key, &value)?;
        }
        let directory = File::open(&path).map_err(|source| LayerError::File { path, source })?;
        let attach = |p: libbpf_rs::ProgramMut<'_>| p.attach_cgroup(directory.as_raw_fd());
        let links =
            object.progs_mut().map(attach).collect::<Result<Vec<_>, _>>().map_err(kernel("attach", "connect"))?;
        Self::watched(object, links, Mechanism::CgroupConnect)
    }

    fn watched(object: Object, links: Vec<Link>, mechanism: Mechanism) -> Result<Self, LayerError> {
        let inbox = Inbox::default();
        let sink = Arc::clone(&inbox);
        let mut builder = RingBufferBuilder::new();
        let reports = map(&object, "reports")?;
        builder
            .add(&reports, move |bytes| {
                if let Ok((report, _)) = Report::read_from_prefix(bytes) {
                    sink.lock().unwrap_or_else(PoisonError::into_inner).push(report);
                }
                0
            })
            .map_err(kernel("open", "reports"))?;
        let ring = builder.build().map_err(kernel("open", "reports"))?;
        let lost = map(&object, "lost")?;
        Ok(Self { mechanism, _links: links, ring, inbox, lost, _object: object })
    }

    /// Takes what has been reported.
    pub(super) fn take(&self) -> Vec<Report> {
        // A ring that cannot be read gives nothing; what it could not hold shows in `lost`.
        self.ring.consume_raw();
        std::mem::take(&mut *self.inbox.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reports that found the ring full, and programs that ran because nobody could tell what they are.
    pub(super) fn lost_and_unjudged(&self) -> (u64, u64) {
        let count = |key: u32| {
            let value = self.lost.lookup(&key.to_ne_bytes(), MapFlags::ANY).ok().flatten();
            value.and_then(|v| u64::read_from_bytes(&v).ok()).unwrap_or_default()
        };
        (count(abi::LOSS_REPORTS), count(abi::LOSS_UNJUDGED))
    }
}

fn mounts(pid: u32) -> Result<Vec<process::Mount>, LayerError> {
    process::mounts(pid).map_err(|source| LayerError::File { path: format!("/proc/{pid}/mountinfo").into(), source })
}

/// Device of the file system at the root of pid 1.
pub(super) fn host_root() -> Result<(u32, u32), LayerError> {
    // The last of several at one place is the one on top.
    mounts(1)?.iter().rfind(|m| m.point == Path::new("/")).map(|m| m.dev).ok_or(LayerError::NoHostRoot)
}

fn load(bytes: &[u8], name: &str) -> Result<Object, LayerError> {
    static PRINTING: Mutex<()> = Mutex::new(());
    // The library would print on the terminal; what went wrong reaches the user as the layer's state. The setting is the
    // whole process's, so it is put back, and changed by one at a time.
    let _one = PRINTING.lock().unwrap_or_else(PoisonError::into_inner);
    let before = libbpf_rs::set_print(Some((PrintLevel::Debug, |_, _| {})));
    let open = ObjectBuilder::default().open_memory(bytes).map_err(kernel("open", name));
    let loaded = open.and_then(|o| o.load().map_err(kernel("load", name)));
    libbpf_rs::set_print(before);
    loaded
}

fn settle(object: &Object, policy: &PreventionPolicy, within_cgroup: bool) -> Result<(), LayerError> {
    let settings = Settings::new(policy, std::process::id(), host_root()?, within_cgroup);
    update(object, "settings", &0u32.to_ne_bytes(), settings.as_bytes())
}

fn map(object: &Object, name: &str) -> Result<MapHandle, LayerError> {
    let missing =
        || LayerError::Kernel { operation: "find map", object: name.to_owned(), error: "no such map".to_owned() };
    let map = object.maps().find(|m| m.name() == name).ok_or_else(missing)?;
    MapHandle::try_from(&map).map_err(kernel("open", name))
}

fn update(object: &Object, name: &str, key: &[u8], value: &[u8]) -> Result<(), LayerError> {
    let map = map(object, name)?;
    map.update(key, value, MapFlags::ANY).map_err(kernel("fill", name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structures_have_the_sizes_that_the_programs_have() {
        for (bytes, name) in [(LSM, "exec_lsm"), (KILL, "exec_kill"), (CONNECT, "connect")] {
            let object = ObjectBuilder::default().open_memory(bytes).unwrap();
            let size = |map: &str| {
                let map = object.maps().find(|m| m.name() == map);
                map.map(|m| (m.key_size() as usize, m.value_size() as usize))
            };
            assert_eq!(size("settings"), Some((4, size_of::<Settings>())), "{name}");
            if name == "connect" {
                let all = [crate::policy::Destination { network: [0, 0, 0, 0].into(), prefix: 0, ports: vec![(1, 2)] }];
                let (key, value) = abi::network_entry(&all[0], &all);
                assert_eq!(size("forbidden4"), Some((key.len(), value.len())));
                assert_eq!(size("forbidden6"), Some((20, value.len())));
            } else {
                let key = abi::path_key("/a").len();
                assert_eq!(size("forbidden_paths"), Some((key, 1)), "{name}");
                // A report, a path with room for one more name, and a key.
                assert_eq!(size("scratch"), Some((4, size_of::<Report>() + 2 * key + key)), "{name}");
            }
        }
    }
}
