//! Freezing and thawing a container by its cgroup.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::process;

/// How long the kernel may take to freeze or thaw all processes.
const WAIT: Duration = Duration::from_secs(2);
const STEP: Duration = Duration::from_millis(2);

/// Characters of a container's whole id: a shorter one may stand in the name of anything.
const FULL_ID: usize = 32;
/// Cgroups that are looked at in search of one.
const MOST_CGROUPS: usize = 100_000;

/// The kernel's two interfaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Version {
    V1,
    V2,
}

/// The cgroup of a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContainerCgroup {
    directory: PathBuf,
    version: Version,
}

/// Why a container could not be frozen or thawed.
#[derive(Debug, thiserror::Error)]
pub enum FreezeError {
    /// A file of `/proc` or of the cgroup.
    #[error("failed to {operation} `{path}`: {source}")]
    File {
        /// What was tried.
        operation: &'static str,
        /// On which file.
        path: PathBuf,
        /// The kernel's answer.
        source: std::io::Error,
    },
    /// No cgroup of the process is the container's own.
    #[error("no freezable cgroup of pid {pid} carries the id of container `{container}`")]
    NotTheContainers {
        /// The process.
        pid: u32,
        /// The container.
        container: String,
    },
    /// More than one cgroup carries the id.
    #[error("several freezable cgroups carry the id of container `{container}`")]
    Several {
        /// The container.
        container: String,
    },
    /// The kernel did not finish in time.
    #[error("`{path}` did not become `{state}` within {seconds} s")]
    Slow {
        /// The cgroup.
        path: PathBuf,
        /// The state asked for.
        state: &'static str,
        /// How long was waited.
        seconds: u64,
    },
}

impl ContainerCgroup {
    /// The cgroup of process `pid` that belongs to container `container`. A cgroup whose path does not name the container is
    /// refused: it may hold the whole machine.
    ///
    /// # Errors
    /// When there is none, or `/proc` cannot be read.
    pub fn of(pid: u32, container: &str) -> Result<Self, FreezeError> {
        let file = |path: String| move |source| FreezeError::File { operation: "read", path: path.into(), source };
        let cgroups = process::cgroups(pid).map_err(file(format!("/proc/{pid}/cgroup")))?;
        let mounts = process::mounts(std::process::id()).map_err(file("/proc/self/mountinfo".into()))?;
        for (controllers, path) in &cgroups {
            let (version, mount) = match controllers.as_str() {
                "" => (Version::V2, process::cgroup_mount(&mounts, None)),
                c if c.split(',').any(|c| c == "freezer") => {
                    (Version::V1, process::cgroup_mount(&mounts, Some("freezer")))
                }
                _ => continue,
            };
            let (Some(mount), Some(own)) = (mount, containers_part(path, container)) else { continue };
            let directory = mount.join(own.trim_start_matches('/'));
            let knob = if version == Version::V1 { "freezer.state" } else { "cgroup.freeze" };
            if directory.join(knob).exists() {
                return Ok(Self { directory, version });
            }
        }
        Err(FreezeError::NotTheContainers { pid, container: container.to_owned() })
    }

    /// The one cgroup that is named by the id of container `container`, for a container whose process in question has ended.
    /// `None` when there is no such cgroup any more.
    ///
    /// # Errors
    /// When the mounts cannot be read, or several are named so.
    pub fn named(container: &str) -> Result<Option<Self>, FreezeError> {
        let mounts = process::mounts(std::process::id()).map_err(|source| FreezeError::File {
            operation: "read",
            path: "/proc/self/mountinfo".into(),
            source,
        })?;
        for (version, controller, knob) in
            [(Version::V1, Some("freezer"), "freezer.state"), (Version::V2, None, "cgroup.freeze")]
        {
            let Some(mount) = process::cgroup_mount(&mounts, controller) else { continue };
            let found: Vec<PathBuf> =
                directories_named(&mount, container).into_iter().filter(|d| d.join(knob).exists()).collect();
            match found.as_slice() {
                [] => {}
                [one] => return Ok(Some(Self { directory: one.clone(), version })),
                _ => return Err(FreezeError::Several { container: container.to_owned() }),
            }
        }
        Ok(None)
    }

    /// Where it is.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Processes in it and below it.
    ///
    /// # Errors
    /// When its files cannot be read.
    pub fn processes(&self) -> Result<Vec<u32>, FreezeError> {
        let mut pids = Vec::new();
        let mut left = vec![self.directory.clone()];
        while let Some(dir) = left.pop() {
            pids.extend(read(&dir.join("cgroup.procs"))?.lines().filter_map(|l| l.parse::<u32>().ok()));
            let entries = fs::read_dir(&dir).map_err(|source| FreezeError::File {
                operation: "list",
                path: dir.clone(),
                source,
            })?;
            left.extend(entries.flatten().filter(|e| e.file_type().is_ok_and(|t| t.is_dir())).map(|e| e.path()));
        }
        Ok(pids)
    }

    /// Stops every process in it, and waits until the kernel says so.
    ///
    /// # Errors
    /// When the kernel refuses, or does not finish in time.
    pub fn freeze(&self) -> Result<(), FreezeError> {
        self.set(true)
    }

    /// Lets them run again.
    ///
    /// # Errors
    /// When the kernel refuses, or does not finish in time.
    pub fn thaw(&self) -> Result<(), FreezeError> {
        self.set(false)
    }

    fn set(&self, frozen: bool) -> Result<(), FreezeError> {
        let (knob, value, state_file, state) = match (self.version, frozen) {
            (Version::V1, true) => ("freezer.state", "FROZEN", "freezer.state", "FROZEN"),
            (Version::V1, false) => ("freezer.state", "THAWED", "freezer.state", "THAWED"),
            (Version::V2, true) => ("cgroup.freeze", "1", "cgroup.events", "frozen 1"),
            (Version::V2, false) => ("cgroup.freeze", "0", "cgroup.events", "frozen 0"),
        };
        let path = self.directory.join(knob);
        fs::write(&path, value).map_err(|source| FreezeError::File { operation: "write", path, source })?;
        let path = self.directory.join(state_file);
        let end = Instant::now() + WAIT;
        while !read(&path)?.lines().any(|l| l == state) {
            if Instant::now() >= end {
                return Err(FreezeError::Slow { path, state, seconds: WAIT.as_secs() });
            }
            thread::sleep(STEP);
        }
        Ok(())
    }
}

/// The path up to and with the component that holds the container's id. Short ids are not trusted.
fn containers_part<'a>(path: &'a str, container: &str) -> Option<&'a str> {
    if container.len() < 12 {
        return None;
    }
    let mut end = 0;
    for component in path.split('/') {
        end += component.len();
        if component.contains(container) {
            return path.get(..end);
        }
        end += 1;
    }
    None
}

/// Directories below `mount` whose name has the whole id in it, the outermost of each branch; those of a runtime's monitor, which
/// carry the id of the container that it looks after, are none of the container's.
fn directories_named(mount: &Path, container: &str) -> Vec<PathBuf> {
    let (mut found, mut left, mut seen) = (Vec::new(), vec![mount.to_owned()], 0);
    if container.len() < FULL_ID {
        return found;
    }
    while let Some(dir) = left.pop() {
        for entry in fs::read_dir(&dir).into_iter().flatten().flatten() {
            if !entry.file_type().is_ok_and(|t| t.is_dir()) {
                continue;
            }
            seen += 1;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.contains(container) && !name.contains("conmon") {
                found.push(entry.path());
            } else if seen < MOST_CGROUPS {
                left.push(entry.path());
            }
        }
    }
    found
}

fn read(path: &Path) -> Result<String, FreezeError> {
    fs::read_to_string(path).map_err(|source| FreezeError::File { operation: "read", path: path.into(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_containers_own_cgroup_is_taken() {
        let id = "0123456789ab";
        assert_eq!(
            containers_part("/kubepods/pod1/0123456789abcdef/init", id),
            Some("/kubepods/pod1/0123456789abcdef")
        );
        assert_eq!(
            containers_part("/s/cri-containerd-0123456789ab.scope", id),
            Some("/s/cri-containerd-0123456789ab.scope")
        );
        for path in ["/", "", "/system.slice/sshd.service"] {
            assert_eq!(containers_part(path, id), None);
        }
        assert_eq!(containers_part("/a", "a"), None);
        assert_eq!(containers_part("/", ""), None);
    }
}
