//! What container runtimes and Kubernetes tell of containers.
//!
//! The state finds containers in cgroup paths and knows them by id only. A [`Resolver`] asks the runtimes for the rest, on
//! a thread of its own: docker, podman (with and without its service), containerd, and whatever speaks the Container
//! Runtime Interface; then the files that every OCI runtime leaves; then the pods of this node in the cluster's API.
//!
//! **Invariants:** the caller's thread never waits; a container that no source knows stays unknown, with a reason that is
//! counted, and nothing of it is guessed; whatever a runtime, a file or the API says is held to [`Limits`]. Secrets in
//! environments are not hidden here: whoever shows metadata does that.
//!
//! ```
//! use avouch_runtime::{Answer, Config, ContainerQuery, Resolver, RuntimeKind};
//! # fn main() -> std::io::Result<()> {
//! let resolver = Resolver::start(Config { announce: false, ..Config::default() })?;
//! resolver.ask(ContainerQuery {
//!     id: "no/such".into(),
//!     full_id: "no/such".into(),
//!     cgroup_path: "/docker/no/such".into(),
//!     pid: None,
//!     guessed: RuntimeKind::Docker,
//! });
//! let mut answers = Vec::new();
//! while resolver.poll(&mut |answer| answers.push(answer)) == 0 {
//!     std::thread::yield_now();
//! }
//! assert!(matches!(&answers[0], Answer::Unknown { .. }));
//! # Ok(())
//! # }
//! ```

mod answers;
mod bundle;
mod containerd;
mod counters;
mod cri;
mod docker;
mod errors;
mod files;
mod grpc;
mod http;
mod inspect;
mod kubernetes;
mod metadata;
mod oci;
mod podman;
mod proto;
mod resolver;
mod rfc3339;
mod settings;
mod sources;
mod storage;
mod worker;

pub use answers::{Answerer, from_answer};
pub use counters::{Counters, UnknownReason};
pub use errors::RuntimeError;
pub use inspect::{InspectError, from_podman_inspect};
pub use kubernetes::{AccessConfig, KubernetesConfig, Owner, Pod, PodContainer, PodLabels};
pub use metadata::{Metadata, Mount, Probe, RuntimeKind, short_id};
pub use resolver::{Answer, Asked, ContainerQuery, Reach, Resolver};
pub use settings::{Config, Limits};

#[cfg(test)]
mod tests;
