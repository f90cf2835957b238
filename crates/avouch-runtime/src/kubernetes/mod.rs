//! Pods of this node, as the cluster's API tells them: listed once, then watched.

mod access;
mod call;
mod labels;
mod pod;
mod store;
mod watch;

use std::path::PathBuf;

pub use labels::PodLabels;
pub use pod::{Owner, Pod, PodContainer};
pub(crate) use store::PodStore;
pub(crate) use watch::{PodChange, Watch};

/// How to reach the cluster's API, and which node this is.
#[derive(Clone, Debug)]
pub struct KubernetesConfig {
    /// Where the access data stand.
    pub access: AccessConfig,
    /// Name of this node; only its pods are asked for.
    pub node_name: String,
}

/// Where the access data stand.
#[derive(Clone, Debug)]
pub enum AccessConfig {
    /// A kubeconfig file; its current context counts.
    Kubeconfig(PathBuf),
    /// The service account that the cluster gives to a pod.
    InCluster {
        /// Host of the API.
        host: String,
        /// Its port.
        port: u16,
        /// Folder with `ca.crt` and `token`.
        account: PathBuf,
    },
}

impl KubernetesConfig {
    /// From the environment: `NODE_NAME`, then `KUBECONFIG` or, within a pod, `KUBERNETES_SERVICE_HOST` and
    /// `KUBERNETES_SERVICE_PORT`. `None` when one of them is missing: without the node's name, every agent would watch
    /// every pod.
    #[must_use]
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let node_name = variable("NODE_NAME").filter(|n| !n.is_empty())?;
        let access = match variable("KUBECONFIG").filter(|p| !p.is_empty()) {
            Some(path) => AccessConfig::Kubeconfig(path.into()),
            None => AccessConfig::InCluster {
                host: variable("KUBERNETES_SERVICE_HOST")?,
                port: variable("KUBERNETES_SERVICE_PORT")?.parse().ok()?,
                account: "/var/run/secrets/kubernetes.io/serviceaccount".into(),
            },
        };
        Some(Self { access, node_name })
    }
}
