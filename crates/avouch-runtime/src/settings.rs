//! What the caller decides: where to ask, how long to wait, how much to keep.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::kubernetes::KubernetesConfig;

/// Sizes beyond which an answer is cut or refused.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of one answer of a runtime or of the cluster's API.
    pub response: usize,
    /// Bytes of the text for the state; the state refuses longer ones.
    pub json: usize,
    /// Labels of a container, and again of its pod.
    pub labels: usize,
    /// Bytes of one label with its key, or of one variable of the environment.
    pub text: usize,
    /// Variables of the environment.
    pub env: usize,
    /// Mounts.
    pub mounts: usize,
    /// Containers of one listing, and pods of the node.
    pub listed: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { response: 16 << 20, json: 1 << 20, labels: 256, text: 4096, env: 1024, mounts: 512, listed: 4096 }
    }
}

/// Where to ask, how long to wait, how much to keep. What is not there is not asked.
#[derive(Clone, Debug)]
pub struct Config {
    /// The machine's root as this process sees it: `/`, or where a container has it mounted.
    pub root: PathBuf,
    /// Sockets of the Docker Engine API.
    pub docker_sockets: Vec<PathBuf>,
    /// Sockets of podman's API.
    pub podman_sockets: Vec<PathBuf>,
    /// Sockets of containerd.
    pub containerd_sockets: Vec<PathBuf>,
    /// Sockets that speak the Container Runtime Interface.
    pub cri_sockets: Vec<PathBuf>,
    /// Folders of containers/storage, where podman keeps its containers when no daemon runs.
    pub podman_storage: Vec<PathBuf>,
    /// Folders where OCI runtimes keep one folder a container.
    pub oci_state: Vec<PathBuf>,
    /// Folders that hold one bundle a container.
    pub bundles: Vec<PathBuf>,
    /// The cluster's API, when it is to be asked.
    pub kubernetes: Option<KubernetesConfig>,
    /// How long a query may stay open.
    pub wait: Duration,
    /// How long one call to a runtime may take.
    pub call: Duration,
    /// Pause before the second round of calls; it doubles from round to round.
    pub retry: Duration,
    /// Queries that may be open or waiting.
    pub queue: usize,
    /// Answers that may wait for [`Resolver::poll`](crate::Resolver::poll).
    pub answers: usize,
    /// Whether to tell of containers that nobody asked for: those that run at the start, and those that runtimes
    /// announce.
    pub announce: bool,
    /// Sizes.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        let paths = |list: &[&str]| list.iter().map(PathBuf::from).collect();
        Self {
            root: "/".into(),
            docker_sockets: paths(&["/run/docker.sock"]),
            podman_sockets: paths(&["/run/podman/podman.sock"]),
            containerd_sockets: paths(&["/run/containerd/containerd.sock", "/run/docker/containerd/containerd.sock"]),
            cri_sockets: paths(&[
                "/run/containerd/containerd.sock",
                "/run/crio/crio.sock",
                "/run/k3s/containerd/containerd.sock",
                "/run/cri-dockerd.sock",
            ]),
            podman_storage: paths(&["/var/lib/containers/storage"]),
            oci_state: paths(&["/run/crun", "/run/runc", "/run/docker/runtime-runc/moby"]),
            bundles: paths(&[
                "/run/containerd/io.containerd.runtime.v2.task/k8s.io",
                "/run/containerd/io.containerd.runtime.v2.task/moby",
                "/run/containerd/io.containerd.runtime.v2.task/default",
                "/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io",
            ]),
            kubernetes: None,
            wait: Duration::from_secs(1),
            call: Duration::from_millis(500),
            retry: Duration::from_millis(50),
            queue: 1024,
            answers: 4096,
            announce: true,
            limits: Limits::default(),
        }
    }
}

impl Config {
    /// A path of the machine, as this process reaches it.
    pub(crate) fn on_host(&self, path: &Path) -> PathBuf {
        on_host(&self.root, path)
    }
}

/// A path of the machine below the folder that shows the machine's root.
pub(crate) fn on_host(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}
