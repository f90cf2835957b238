//! Everything that may know a container, and in which order to ask.

use std::path::PathBuf;
use std::sync::Arc;

use crate::errors::RuntimeError;
use crate::grpc::Channel;
use crate::metadata::{Metadata, RuntimeKind};
use crate::resolver::ContainerQuery;
use crate::settings::Config;
use crate::{bundle, containerd, cri, docker, podman};

/// Something that may know a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Docker(PathBuf),
    Podman(PathBuf),
    Containerd(PathBuf),
    Cri(PathBuf),
    Files,
}

/// What a source tells of a container.
pub(crate) struct Found {
    pub(crate) metadata: Metadata,
    /// Whether a source that knows more may still be asked.
    pub(crate) complete: bool,
}

/// A container came or went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) full_id: String,
    /// containerd's namespace.
    pub(crate) namespace: Option<String>,
    pub(crate) kind: ChangeKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChangeKind {
    Born,
    Gone,
}

/// How a watch came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Watched {
    /// The other side closed it.
    Ended,
    /// The source has no events to watch.
    NoEvents,
}

impl Source {
    /// All sources of the settings.
    pub(crate) fn all(config: &Config) -> Vec<Self> {
        let mut all = Vec::new();
        let paths = |list: &[PathBuf]| list.iter().map(|p| config.on_host(p)).collect::<Vec<_>>();
        all.extend(paths(&config.cri_sockets).into_iter().map(Self::Cri));
        all.extend(paths(&config.docker_sockets).into_iter().map(Self::Docker));
        all.extend(paths(&config.podman_sockets).into_iter().map(Self::Podman));
        all.extend(paths(&config.containerd_sockets).into_iter().map(Self::Containerd));
        all.push(Self::Files);
        all
    }

    /// What it is called in messages.
    pub(crate) fn name(&self) -> String {
        let (kind, path) = match self {
            Self::Docker(path) => ("docker", path),
            Self::Podman(path) => ("podman", path),
            Self::Containerd(path) => ("containerd", path),
            Self::Cri(path) => ("cri", path),
            Self::Files => return "files of runtimes".to_owned(),
        };
        format!("{kind} {}", path.display())
    }

    /// Its place in the order for a query: the likely owner first, so that another runtime that hangs costs nothing. A
    /// CRI goes before the containerd under it, which knows less.
    pub(crate) fn rank(&self, query: &ContainerQuery) -> u8 {
        let of_pod = query.cgroup_path.contains("kubepods") || query.cgroup_path.contains("crio");
        let likely = match self {
            Self::Docker(_) => query.guessed == RuntimeKind::Docker && !of_pod,
            Self::Podman(_) => query.guessed == RuntimeKind::Podman,
            Self::Containerd(_) => query.guessed == RuntimeKind::Containerd && !of_pod,
            Self::Cri(_) => of_pod || matches!(query.guessed, RuntimeKind::Cri | RuntimeKind::CriO),
            // podman mostly has no daemon: its files are the next best, before the sockets of others.
            Self::Files if query.guessed == RuntimeKind::Podman => return 1,
            Self::Files => return 3,
        };
        if likely { 0 } else { 2 }
    }

    pub(crate) async fn find(
        &self,
        config: &Arc<Config>,
        query: &ContainerQuery,
    ) -> Result<Option<Found>, RuntimeError> {
        let limit = config.limits.response;
        let id = &query.full_id;
        let metadata = match self {
            Self::Docker(socket) => docker::find(socket, id, limit).await?,
            Self::Podman(socket) => podman::find(socket, id, limit).await?,
            Self::Containerd(socket) => containerd::find(Channel { socket, limit }, id, query.namespace()).await?,
            Self::Cri(socket) => cri::find(Channel { socket, limit }, id).await?,
            Self::Files => {
                let (config, id, pid) = (Arc::clone(config), id.clone(), query.pid);
                // A disk may be slow; the runtime's thread must not wait for it.
                let found = tokio::task::spawn_blocking(move || bundle::find(&config, &id, pid)).await;
                let found = found.map_err(|_| RuntimeError::Timeout(self.name()))??;
                return Ok(found.map(|f| Found { metadata: f.metadata, complete: f.complete }));
            }
        };
        Ok(metadata.map(|metadata| Found { metadata, complete: true }))
    }

    /// Containers that run now.
    pub(crate) async fn list(&self, config: &Arc<Config>) -> Result<Vec<Change>, RuntimeError> {
        let limit = config.limits.response;
        let born = |full_id, namespace| Change { full_id, namespace, kind: ChangeKind::Born };
        let ids = match self {
            Self::Docker(socket) => docker::list(socket, limit).await?,
            Self::Cri(socket) => cri::list(Channel { socket, limit }).await?,
            Self::Containerd(socket) => {
                let ids = containerd::list(Channel { socket, limit }).await?;
                return Ok(ids.into_iter().map(|(id, namespace)| born(id, Some(namespace))).collect());
            }
            // Its files list them without waking its service.
            Self::Podman(_) => Vec::new(),
            Self::Files => {
                let config = Arc::clone(config);
                let ids = tokio::task::spawn_blocking(move || bundle::list(&config)).await;
                ids.map_err(|_| RuntimeError::Timeout(self.name()))?
            }
        };
        Ok(ids.into_iter().map(|id| born(id, None)).collect())
    }

    /// Tells of containers as they come and go, until the stream ends.
    pub(crate) async fn watch(&self, config: &Config, tell: &impl Fn(Change)) -> Result<Watched, RuntimeError> {
        let limit = config.limits.response;
        match self {
            Self::Docker(socket) => docker::watch(socket, limit, tell).await,
            Self::Containerd(socket) => containerd::watch(Channel { socket, limit }, tell).await,
            Self::Cri(socket) => cri::watch(Channel { socket, limit }, tell).await,
            Self::Podman(_) | Self::Files => Ok(Watched::NoEvents),
        }
    }
}
