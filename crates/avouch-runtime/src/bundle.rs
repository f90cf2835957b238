//! Containers by the files that runtimes leave: OCI bundles, and the store of podman, which has no daemon to ask.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::errors::RuntimeError;
use crate::files::{Process, read_json};
use crate::metadata::{Metadata, RuntimeKind};
use crate::oci::OciConfig;
use crate::settings::{Config, on_host};
use crate::storage;

/// Most steps up from a container's process to the one that watches over it.
const ANCESTORS: usize = 8;

/// What files tell of a container.
pub(crate) struct FromFiles {
    pub(crate) metadata: Metadata,
    /// Whether they tell its name and image; a bare bundle does not.
    pub(crate) complete: bool,
}

/// A container by its whole id, with one of its processes when one is known.
pub(crate) fn find(config: &Config, full_id: &str, pid: Option<u32>) -> Result<Option<FromFiles>, RuntimeError> {
    let limit = config.limits.response;
    let mut problem = None;
    for bundle in places(config, full_id, pid) {
        let read = read_json::<OciConfig>(&bundle.join("config.json"), limit);
        match read {
            Ok(Some(oci)) if oci.is_of(full_id) => {
                let mut metadata = oci.metadata(full_id);
                let stored = storage::fill(&bundle, full_id, limit, &mut metadata)?;
                let complete = stored || metadata.name.is_some() && metadata.image.is_some();
                return Ok(Some(FromFiles { metadata, complete }));
            }
            Ok(_) => {}
            Err(e) => problem = Some(e),
        }
    }
    problem.map_or(Ok(None), Err)
}

/// Where the container's bundle may be, the surest first.
fn places(config: &Config, full_id: &str, pid: Option<u32>) -> Vec<PathBuf> {
    let mut places = Vec::new();
    for store in &config.podman_storage {
        places.extend(storage::bundles(&config.on_host(store), full_id));
    }
    places.extend(config.bundles.iter().map(|dir| config.on_host(dir).join(full_id)));
    for state in &config.oci_state {
        places.extend(by_state(config, &config.on_host(state).join(full_id)));
    }
    let mut process = pid.map(|pid| Process { root: &config.root, pid });
    for _ in 0..ANCESTORS {
        let Some(p) = process else { break };
        places.extend(by_watcher(&config.root, p, full_id));
        process = p.parent();
    }
    places
}

/// The bundle that runc's or crun's state of the container names.
fn by_state(config: &Config, state: &Path) -> Option<PathBuf> {
    #[derive(Deserialize)]
    struct Runc {
        config: RuncConfig,
    }
    #[derive(Deserialize)]
    struct RuncConfig {
        labels: Vec<String>,
    }
    #[derive(Deserialize)]
    struct Crun {
        bundle: PathBuf,
    }
    // A state that does not read is one place less to look; the others, or "unknown", remain.
    let limit = config.limits.response;
    let of_runc = || {
        let runc: Runc = read_json(&state.join("state.json"), limit).ok()??;
        runc.config.labels.iter().find_map(|l| l.strip_prefix("bundle=")).map(PathBuf::from)
    };
    let of_crun = || Some(read_json::<Crun>(&state.join("status"), limit).ok()??.bundle);
    of_runc().or_else(of_crun).map(|bundle| config.on_host(&bundle))
}

/// The bundles that a watching process (conmon, a shim of containerd) shows. Only a bundle that belongs to the user of
/// that process counts: anyone can name a process `conmon`.
fn by_watcher(root: &Path, process: Process<'_>, full_id: &str) -> Vec<PathBuf> {
    let arguments = process.arguments();
    let program = arguments.first().and_then(|a| Path::new(a).file_name()?.to_str()).unwrap_or_default();
    let mut bundles = Vec::new();
    if program == "conmon" {
        let mut rest = arguments.iter().skip_while(|a| !matches!(a.as_str(), "-b" | "--bundle")).skip(1);
        bundles.extend(rest.next().map(|b| on_host(root, Path::new(b))));
    } else if program.starts_with("containerd-shim") {
        // It stands in the bundle of its first container; those of the same pod lie beside.
        if let Ok(cwd) = fs::read_link(process.path("cwd")) {
            let cwd = on_host(root, &cwd);
            bundles.extend(cwd.parent().map(|p| p.join(full_id)));
            bundles.push(cwd);
        }
    }
    let user = process.uid();
    bundles.retain(|b| fs::metadata(b).is_ok_and(|m| Some(m.uid()) == user));
    bundles
}

/// What the container's own process shows of its namespaces, when nothing else has told.
pub(crate) fn namespaces(root: &Path, pid: u32, m: &mut Metadata) {
    let process = Process { root, pid };
    for (known, namespace) in [(&mut m.host_pid, "pid"), (&mut m.host_network, "net"), (&mut m.host_ipc, "ipc")] {
        if known.is_none() {
            *known = process.shares_with_host(namespace);
        }
    }
}

/// Whole ids of podman's containers that run.
pub(crate) fn list(config: &Config) -> Vec<String> {
    let mut ids = Vec::new();
    for store in &config.podman_storage {
        let store = config.on_host(store);
        for id in storage::ids(&store, config.limits.response) {
            let runs = config.oci_state.iter().any(|s| config.on_host(s).join(&id).is_dir());
            let ours = storage::bundles(&store, &id)
                .iter()
                .filter_map(|b| read_json::<OciConfig>(&b.join("config.json"), config.limits.response).ok()?)
                .any(|oci| oci.metadata(&id).kind == RuntimeKind::Podman);
            if runs && ours {
                ids.push(id);
            }
        }
    }
    ids
}
