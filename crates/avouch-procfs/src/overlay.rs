//! Which layer of an overlay holds a file.

use std::ffi::CString;

use rustc_hash::FxHashMap;
use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags, ResolveFlags, Statx, openat2};

use crate::options::{Counts, Options};
use crate::parse::{self, Mount};
use crate::{facts, files};

/// Layer of an overlay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layer {
    /// Written since the container was made.
    Upper,
    /// From the image.
    Lower,
}

/// Overlay mounts by mount namespace, kept during one scan: the numbers of namespaces are used again.
#[derive(Debug, Default)]
pub(crate) struct Overlays {
    by_namespace: FxHashMap<Vec<u8>, Vec<Overlay>>,
    link: Vec<u8>,
    buf: Vec<u8>,
}

#[derive(Debug)]
struct Overlay {
    mount: Mount,
    /// Path of the upper layer, as who mounted it sees it, which is the machine.
    upper: Vec<u8>,
}

impl Overlays {
    pub(crate) fn clear(&mut self) {
        self.by_namespace.clear();
    }

    /// Layer of `path` of the process whose folder is `dir`. `None` when it lies on no overlay, when its name is gone, and
    /// when the upper layer cannot be seen from here.
    pub(crate) fn layer_of(
        &mut self,
        dir: &OwnedFd,
        path: &[u8],
        file: &Statx,
        options: &Options,
        counts: &mut Counts,
    ) -> Option<Layer> {
        // File systems on a disk have a major number; overlays have none, whatever lies below.
        if file.stx_dev_major != 0 || file.stx_nlink == 0 || !path.starts_with(b"/") {
            return None;
        }
        files::link(dir, c"ns/mnt", &mut self.link).ok()?;
        if !self.by_namespace.contains_key(&self.link) {
            let overlays = overlays(dir, &mut self.buf, options, counts);
            self.by_namespace.insert(self.link.clone(), overlays);
        }
        let known = self.by_namespace.get(&self.link)?;
        let mount = u64::try_from;
        let overlay = known.iter().find(|o| mount(o.mount.id) == Ok(file.stx_mnt_id))?;
        // Opened each time: a machine may have more overlays than we may have descriptors.
        let upper = files::folder_at(&*overlay.upper).ok()?;
        let below = overlay.mount.below(path)?;
        let folder = overlay.mount.root.strip_prefix(b"/").unwrap_or(b"");
        let separator: &[u8] = if folder.is_empty() { b"" } else { b"/" };
        let inside = CString::new([folder, separator, below].concat()).ok()?;
        let beneath = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        // The path has no links left in it: one met in the layer was put there to mislead.
        match openat2(upper, &inside, OFlags::PATH | OFlags::CLOEXEC, Mode::empty(), beneath) {
            Ok(found) => {
                let is_file = facts::look_at(&found).is_ok_and(|f| f.stx_mode & 0o170_000 == 0o100_000);
                // Anything else under that name hides the file of the image.
                is_file.then_some(Layer::Upper)
            }
            Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => Some(Layer::Lower),
            Err(_) => None,
        }
    }
}

fn overlays(dir: &OwnedFd, buf: &mut Vec<u8>, options: &Options, counts: &mut Counts) -> Vec<Overlay> {
    let mounts = mounts(dir, buf, options, counts);
    let overlays = mounts.into_iter().filter(|m| m.fs_type == b"overlay");
    // A path that is not absolute counts from where the mounter stood, which nobody tells.
    let upper = |mount: &Mount| mount.super_option(b"upperdir").filter(|path| path.starts_with(b"/"));
    overlays.filter_map(|mount| Some(Overlay { upper: upper(&mount)?, mount })).collect()
}

/// Mounts of the namespace of the process whose folder is `dir`; none when it is gone.
pub(crate) fn mounts(dir: &OwnedFd, buf: &mut Vec<u8>, options: &Options, counts: &mut Counts) -> Vec<Mount> {
    let open = rustix::fs::openat(dir, c"mountinfo", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
    match open.and_then(|file| files::to_end(file, buf, options.file_bytes)) {
        Ok(cut) => counts.cut += u64::from(cut),
        Err(e) => {
            counts.missing(e.into());
            return Vec::new();
        }
    }
    let (mounts, left) = parse::mounts(buf, options.mounts);
    counts.over_entries += left as u64;
    mounts
}
