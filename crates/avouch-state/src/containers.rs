//! Containers: their ids, how many threads live in them, and what a runtime told of them.

use std::net::IpAddr;

use rustc_hash::FxHashMap;

use crate::text::Text;

/// Handle of a container; [`ContainerRef::HOST`] for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContainerRef(pub(crate) u32);

impl ContainerRef {
    /// No container: the machine itself.
    pub const HOST: Self = Self(0);

    /// Whether this is the machine itself.
    #[must_use]
    pub fn is_host(self) -> bool {
        self == Self::HOST
    }
}

/// What manages a container, with upstream's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the names are the runtimes' own")]
pub enum ContainerType {
    Docker = 0,
    Lxc = 1,
    LibvirtLxc = 2,
    Custom = 5,
    Cri = 6,
    Containerd = 7,
    CriO = 8,
    Bpm = 9,
    Static = 10,
    Podman = 11,
    Host = 0xfffe,
    #[default]
    Unknown = 0xffff,
}

impl ContainerType {
    /// From upstream's number.
    #[must_use]
    pub fn from_code(code: u64) -> Self {
        match code {
            0 => Self::Docker,
            1 => Self::Lxc,
            2 => Self::LibvirtLxc,
            5 => Self::Custom,
            6 => Self::Cri,
            7 => Self::Containerd,
            8 => Self::CriO,
            9 => Self::Bpm,
            10 => Self::Static,
            11 => Self::Podman,
            0xfffe => Self::Host,
            _ => Self::Unknown,
        }
    }
}

/// One mount of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the runtimes' own")]
pub struct Mount {
    pub source: Box<str>,
    pub dest: Box<str>,
    pub mode: Box<str>,
    pub rdwr: bool,
    pub propagation: Box<str>,
}

/// A command that the runtime runs in the container to see whether it is well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Probe {
    /// Program.
    pub exe: Box<str>,
    /// Arguments.
    pub args: Vec<Box<str>>,
}

/// What a runtime told of a container.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "the names are the runtimes' own")]
pub struct ContainerMeta {
    pub full_id: Box<str>,
    pub ty: ContainerType,
    pub name: Box<str>,
    pub image: Box<str>,
    pub image_id: Box<str>,
    pub image_repo: Box<str>,
    pub image_tag: Box<str>,
    pub image_digest: Box<str>,
    pub user: Box<str>,
    pub ip: Option<IpAddr>,
    pub cni_json: Box<str>,
    pub privileged: bool,
    pub host_pid: bool,
    pub host_network: bool,
    pub host_ipc: bool,
    pub is_pod_sandbox: bool,
    pub pod_sandbox_id: Box<str>,
    pub pod_sandbox_cni_json: Box<str>,
    /// In the order of the JSON object's sorted keys.
    pub labels: Vec<(Box<str>, Box<str>)>,
    pub pod_sandbox_labels: Vec<(Box<str>, Box<str>)>,
    pub mounts: Vec<Mount>,
    pub env: Vec<Box<str>>,
    /// Seconds since the epoch, as runtimes give it; 0 when unknown.
    pub created_time: i64,
    pub healthcheck: Option<Probe>,
    pub liveness_probe: Option<Probe>,
    pub readiness_probe: Option<Probe>,
    /// The whole JSON object, for fields that print it.
    pub json: Box<str>,
}

impl ContainerMeta {
    /// Value of label `key` of the container.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&str> {
        lookup(&self.labels, key)
    }

    /// Value of label `key` of the pod.
    #[must_use]
    pub fn pod_label(&self, key: &str) -> Option<&str> {
        lookup(&self.pod_sandbox_labels, key)
    }
}

fn lookup<'a>(labels: &'a [(Box<str>, Box<str>)], key: &str) -> Option<&'a str> {
    labels.iter().find(|(k, _)| &**k == key).map(|(_, v)| &**v)
}

/// A container that a thread lives in, or that a runtime told of.
#[derive(Clone, Debug)]
pub struct Container {
    /// First twelve digits of the id; empty for the machine itself.
    pub id: Text,
    /// Full id where the cgroup path has it.
    pub full_id: Text,
    /// Type guessed from the cgroup path, until metadata tells.
    pub guessed_type: ContainerType,
    /// Time of the first event or entry that showed it, ns since the epoch.
    pub first_seen: u64,
    /// What a runtime told, if any did.
    pub meta: Option<Box<ContainerMeta>>,
    pub(crate) threads: u32,
}

/// All containers.
#[derive(Clone, Debug)]
pub struct Containers {
    slots: Vec<Container>,
    by_id: FxHashMap<Text, u32>,
    free: Vec<u32>,
}

impl Default for Containers {
    fn default() -> Self {
        let host = Container {
            id: Text::default(),
            full_id: Text::default(),
            guessed_type: ContainerType::Host,
            first_seen: 0,
            meta: None,
            threads: 0,
        };
        Self { slots: vec![host], by_id: FxHashMap::default(), free: Vec::new() }
    }
}

impl Containers {
    /// The container behind a handle; the machine itself for [`ContainerRef::HOST`].
    #[must_use]
    pub fn get(&self, c: ContainerRef) -> Option<&Container> {
        self.slots.get(c.0 as usize)
    }

    /// Id of the container, empty for the machine itself.
    #[must_use]
    pub fn id(&self, c: ContainerRef) -> &[u8] {
        self.get(c).map_or(&[], |c| &c.id)
    }

    /// Finds a container by its short id.
    #[must_use]
    pub fn find(&self, id: &[u8]) -> Option<ContainerRef> {
        self.by_id.get(id).map(|i| ContainerRef(*i))
    }

    /// How many containers are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether none is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Every container, the one seen first first.
    pub fn iter(&self) -> impl Iterator<Item = &Container> {
        let mut all: Vec<_> = self.slots.iter().filter(|c| !c.id.is_empty()).collect();
        all.sort_by(|a, b| (a.first_seen, &*a.id).cmp(&(b.first_seen, &*b.id)));
        all.into_iter()
    }

    /// Finds or makes the container `id`; `None` when `limit` is reached and none is unused.
    pub(crate) fn intern(
        &mut self,
        id: &[u8],
        full_id: &[u8],
        guessed_type: ContainerType,
        now: u64,
        limit: usize,
    ) -> Option<ContainerRef> {
        if id.is_empty() {
            return Some(ContainerRef::HOST);
        }
        if let Some(found) = self.find(id) {
            return Some(found);
        }
        if self.by_id.len() >= limit {
            // The one without threads that was seen first makes room.
            let unused = self.slots.iter().enumerate().skip(1).filter(|(_, c)| c.threads == 0 && !c.id.is_empty());
            let (oldest, _) = unused.min_by_key(|(_, c)| c.first_seen)?;
            self.forget(ContainerRef(u32::try_from(oldest).ok()?));
        }
        let id = Text::new(id);
        let full_id = Text::new(full_id);
        let new = Container { id: id.clone(), full_id, guessed_type, first_seen: now, meta: None, threads: 0 };
        let index = match self.free.pop() {
            Some(index) => {
                if let Some(slot) = self.slots.get_mut(index as usize) {
                    *slot = new;
                }
                index
            }
            None => {
                let index = u32::try_from(self.slots.len()).ok()?;
                self.slots.push(new);
                index
            }
        };
        self.by_id.insert(id, index);
        Some(ContainerRef(index))
    }

    pub(crate) fn get_mut(&mut self, c: ContainerRef) -> Option<&mut Container> {
        self.slots.get_mut(c.0 as usize)
    }

    /// A thread moved from one container to another.
    pub(crate) fn moved(&mut self, from: ContainerRef, to: ContainerRef) {
        if let Some(c) = self.get_mut(from) {
            c.threads = c.threads.saturating_sub(1);
        }
        if let Some(c) = self.get_mut(to) {
            c.threads += 1;
        }
    }

    /// A runtime says that the container is gone: its metadata goes at once, the entry with its last thread.
    pub(crate) fn removed(&mut self, c: ContainerRef) {
        let Some(slot) = self.get_mut(c) else { return };
        slot.meta = None;
        if slot.threads == 0 {
            self.forget(c);
        }
    }

    fn forget(&mut self, c: ContainerRef) {
        if c.is_host() {
            return;
        }
        let Some(slot) = self.slots.get_mut(c.0 as usize) else { return };
        let id = std::mem::take(&mut slot.id);
        slot.meta = None;
        if self.by_id.remove(&*id).is_some() {
            self.free.push(c.0);
        }
    }
}
