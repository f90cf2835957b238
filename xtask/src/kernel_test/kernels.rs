//! The kernels to boot: Debian's cloud kernels, taken out of their packages without installing them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::process::{output_of, run};

/// One kernel series.
pub(super) struct Series {
    /// Major and minor number, as `uname -r` begins.
    pub(super) version: &'static str,
    /// Whether a run under CI fails when this kernel cannot be had.
    pub(super) required: bool,
}

/// Oldest first. 5.10 was Debian 11's and is in no archive of a later Debian, so there it is `not run`.
pub(super) const SERIES: [Series; 3] = [
    Series { version: "5.10", required: false },
    Series { version: "6.1", required: true },
    Series { version: "6.12", required: false },
];

/// Modules the guest loads, in this order. Overlay is no built-in of the cloud kernel, and depends on no other module.
const MODULES: [&str; 1] = ["kernel/fs/overlayfs/overlay.ko"];

/// A kernel on disk.
pub(super) struct Kernel {
    /// The Debian package it came from.
    pub(super) package: String,
    pub(super) image: PathBuf,
    /// Name and unpacked content of each module.
    pub(super) modules: Vec<(String, Vec<u8>)>,
}

/// Takes the newest kernel of a series that apt knows, from `folder` where it is there already.
pub(super) fn obtain(version: &str, folder: &Path) -> Result<Kernel> {
    let found = match find_package(version)? {
        Some(package) => fetch(&package, folder).map(|()| package),
        None => bail!("apt knows no package linux-image-{version}.*-cloud-amd64 here"),
    };
    // Lists from an earlier day name packages that the archive has replaced since.
    let package = match found {
        Ok(package) => package,
        Err(first) => {
            update_lists().with_context(|| format!("after a download that failed ({first:#})"))?;
            let package = find_package(version)?.context("the package is gone from apt's lists")?;
            fetch(&package, folder)?;
            package
        }
    };
    open(&package, &folder.join(&package))
}

/// The package that apt's meta package of this series depends on. The meta package without a number stands for the
/// series of the Debian release itself.
fn find_package(version: &str) -> Result<Option<String>> {
    let plain = "linux-image-cloud-amd64";
    if dependency(plain, "linux-image-")?.is_none() {
        update_lists()?;
    }
    for meta in [format!("linux-image-{version}-cloud-amd64"), plain.to_owned()] {
        if let Some(package) = dependency(&meta, &format!("linux-image-{version}."))? {
            return Ok(Some(package));
        }
    }
    Ok(None)
}

fn dependency(meta: &str, prefix: &str) -> Result<Option<String>> {
    let output = Command::new("apt-cache").args(["depends", "--important", meta]).output();
    let output = output.context("cannot run apt-cache: kernels come from Debian's archive")?;
    Ok(depends_on(&String::from_utf8_lossy(&output.stdout), prefix))
}

/// The first `Depends:` line of `apt-cache depends` whose package has this prefix.
fn depends_on(listing: &str, prefix: &str) -> Option<String> {
    let packages = listing.lines().filter_map(|line| line.trim().strip_prefix("Depends: "));
    packages.map(str::trim).find(|package| package.starts_with(prefix)).map(str::to_owned)
}

fn update_lists() -> Result<()> {
    run(Command::new("apt-get").args(["update", "-q"]))
}

/// Downloads and unpacks into `folder/package`. Apt checks the download against the archive's signed hashes. The folder
/// gets its name only when it is whole, so an interrupted run leaves nothing that looks like a kernel.
fn fetch(package: &str, folder: &Path) -> Result<()> {
    let kept = folder.join(package);
    if kept.is_dir() {
        return Ok(());
    }
    let partial = folder.join(format!("{package}.partial"));
    if partial.exists() {
        fs::remove_dir_all(&partial).with_context(|| format!("cannot remove {}", partial.display()))?;
    }
    fs::create_dir_all(&partial).with_context(|| format!("cannot create {}", partial.display()))?;
    // Unsandboxed from the start: apt's own user cannot write here, and apt would only warn about it.
    run(Command::new("apt-get")
        .args(["download", "-q", "-o", "APT::Sandbox::User=root", package])
        .current_dir(&partial))?;
    let archive = entries(&partial)?.into_iter().find(|path| path.extension().is_some_and(|ext| ext == "deb"));
    let archive = archive.with_context(|| format!("apt-get download {package} left no .deb file"))?;
    run(Command::new("dpkg-deb").arg("-x").arg(&archive).arg(partial.join("tree")))?;
    fs::remove_file(&archive).with_context(|| format!("cannot remove {}", archive.display()))?;
    fs::rename(&partial, &kept).with_context(|| format!("cannot move {} into place", partial.display()))
}

fn open(package: &str, folder: &Path) -> Result<Kernel> {
    let boot = folder.join("tree/boot");
    let image = entries(&boot)?
        .into_iter()
        .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("vmlinuz-")))
        .with_context(|| format!("no vmlinuz in {}", boot.display()))?;
    // The boot protocol's mark: what apt checked is the package, this checks that it is a kernel for this processor.
    let head = fs::read(&image).with_context(|| format!("cannot read {}", image.display()))?;
    if head.get(0x202..0x206) != Some(b"HdrS".as_slice()) {
        bail!("{} is no x86 kernel image", image.display());
    }
    let roots = entries(&folder.join("tree/lib/modules"))?;
    let root = roots.first().with_context(|| format!("{package} has no modules"))?;
    let modules = MODULES.iter().map(|module| read_module(root, module)).collect::<Result<_>>()?;
    Ok(Kernel { package: package.to_owned(), image, modules })
}

/// Reads a module; newer packages compress them, and the guest's `insmod` loads plain ones only.
fn read_module(root: &Path, module: &str) -> Result<(String, Vec<u8>)> {
    let name = module.rsplit('/').next().unwrap_or(module).to_owned();
    let plain = root.join(module);
    if plain.is_file() {
        let content = fs::read(&plain).with_context(|| format!("cannot read {}", plain.display()))?;
        return Ok((name, content));
    }
    let packed = root.join(format!("{module}.xz"));
    let content = output_of(Command::new("busybox").args(["xz", "-dc"]).arg(&packed))?;
    Ok((name, content))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let listing = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut paths = listing
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .with_context(|| format!("cannot list {}", folder.display()))?;
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dependency_of_the_series_is_taken_and_no_other() {
        let listing = "linux-image-cloud-amd64\n  Depends: linux-image-6.1.0-56-cloud-amd64\n";
        assert_eq!(depends_on(listing, "linux-image-6.1."), Some("linux-image-6.1.0-56-cloud-amd64".to_owned()));
        assert_eq!(depends_on(listing, "linux-image-6.12."), None);
        assert_eq!(depends_on("", "linux-image-6.1."), None);
    }
}
