//! Facts of a program's file that fanotify asks about, found in user space.

use std::fs::{self, File};
use std::io::Read as _;
use std::os::fd::{AsRawFd as _, BorrowedFd};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use sha2::{Digest as _, Sha256};

use crate::process;

/// Digests that are kept: one per program that ran lately.
const DIGESTS: usize = 4096;

/// A file at one time: it has another of these when its content changed.
type Stamp = (u64, u64, u64, i64, i64, i64, i64);

/// Digests of files that were seen, by device, inode, size and times.
#[derive(Default)]
pub(super) struct Digests {
    known: std::collections::BTreeMap<Stamp, [u8; 32]>,
}

/// What could not be found out.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unknown;

impl Digests {
    /// SHA-256 of the file behind `fd`, unknown when it cannot be read by `deadline`.
    pub(super) fn of(&mut self, fd: BorrowedFd<'_>, deadline: Instant) -> Result<[u8; 32], Unknown> {
        let mut file = File::from(fd.try_clone_to_owned().map_err(|_| Unknown)?);
        let m = file.metadata().map_err(|_| Unknown)?;
        let stamp = (m.dev(), m.ino(), m.size(), m.mtime(), m.mtime_nsec(), m.ctime(), m.ctime_nsec());
        if let Some(digest) = self.known.get(&stamp) {
            return Ok(*digest);
        }
        let mut hash = Sha256::new();
        let mut chunk = vec![0; 256 * 1024];
        loop {
            if Instant::now() >= deadline {
                return Err(Unknown);
            }
            match file.read(&mut chunk) {
                Ok(0) => break,
                Ok(n) => hash.update(&chunk[..n]),
                Err(_) => return Err(Unknown),
            }
        }
        let digest: [u8; 32] = hash.finalize().into();
        if self.known.len() >= DIGESTS {
            self.known.clear();
        }
        self.known.insert(stamp, digest);
        Ok(digest)
    }
}

/// The path of the file behind `fd`, as process `pid` sees it.
pub(super) fn path_of(fd: BorrowedFd<'_>, pid: u32) -> Result<PathBuf, Unknown> {
    let path = fs::read_link(format!("/proc/self/fd/{}", fd.as_raw_fd())).map_err(|_| Unknown)?;
    let root = fs::read_link(format!("/proc/{pid}/root")).map_err(|_| Unknown)?;
    // A process under chroot sees less of the path. One in another mount namespace has `/` here, and its path begins there.
    Ok(path.strip_prefix(&root).map(|p| Path::new("/").join(p)).unwrap_or(path))
}

/// Where a path of the host is found: through pid 1's root, or, where the kernel keeps that from us, through ours.
pub(super) fn on_host(path: &Path) -> [PathBuf; 2] {
    [Path::new("/proc/1/root").join(path.strip_prefix("/").unwrap_or(path)), path.to_owned()]
}

/// Whether the file behind `fd`, which `pid` opens, lies in the upper layer of an overlay.
pub(super) fn upper_layer(fd: BorrowedFd<'_>, pid: u32) -> Result<bool, Unknown> {
    let info = fs::read_to_string(format!("/proc/self/fdinfo/{}", fd.as_raw_fd())).map_err(|_| Unknown)?;
    let id = info
        .lines()
        .find_map(|l| l.strip_prefix("mnt_id:"))
        .and_then(|v| v.trim().parse::<u64>().ok())
        .ok_or(Unknown)?;
    let mounts = process::mounts(pid).map_err(|_| Unknown)?;
    let mount = mounts.iter().find(|m| m.id == id).ok_or(Unknown)?;
    if mount.kind != "overlay" {
        return Ok(false);
    }
    let Some(upper) = mount.options.split(',').find_map(|o| o.strip_prefix("upperdir=")) else { return Ok(false) };
    let upper = process::unescaped(upper);
    if upper.is_relative() {
        return Err(Unknown);
    }
    // Both the path and the mount's point are told as the process sees them.
    let path = path_of(fd, pid)?;
    let inside = path.strip_prefix(&mount.point).map_err(|_| Unknown)?;
    let root = mount.root.strip_prefix("/").map_err(|_| Unknown)?;
    // Overlays are mounted by the runtime, so the layer's directory is named as the host names it.
    let host = on_host(&upper).into_iter().find(|p| p.is_dir()).ok_or(Unknown)?;
    match fs::symlink_metadata(host.join(root).join(inside)) {
        // A character device stands for a file that was deleted from the image.
        Ok(m) => Ok(!m.file_type().is_char_device()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(_) => Err(Unknown),
    }
}

/// Whether `pid` has a pid namespace of its own, or a root on another file system than pid 1's.
pub(super) fn in_container(pid: u32, host_root: (u32, u32)) -> Result<bool, Unknown> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).map_err(|_| Unknown)?;
    let ids = status.lines().find_map(|l| l.strip_prefix("NSpid:")).ok_or(Unknown)?;
    let own = fs::read_to_string("/proc/self/status").map_err(|_| Unknown)?;
    let own_ids = own.lines().find_map(|l| l.strip_prefix("NSpid:")).ok_or(Unknown)?;
    if ids.split_whitespace().count() > own_ids.split_whitespace().count() {
        return Ok(true);
    }
    let mounts = process::mounts(pid).map_err(|_| Unknown)?;
    let root = mounts.iter().rfind(|m| m.point == Path::new("/"));
    // Under chroot to a plain directory there is no mount at the root.
    Ok(root.is_some_and(|m| m.dev != host_root))
}

/// Whether `pid` is in or below the cgroup of version 2 at `directory`.
pub(super) fn in_cgroup(pid: u32, directory: &Path, mount: &Path) -> Result<bool, Unknown> {
    let wanted = Path::new("/").join(directory.strip_prefix(mount).map_err(|_| Unknown)?);
    let cgroups = process::cgroups(pid).map_err(|_| Unknown)?;
    Ok(cgroups.iter().any(|(controllers, path)| controllers.is_empty() && Path::new(path).starts_with(&wanted)))
}
