//! The root that acts see: busybox, this crate's own program under the names that the case needs, and a few files worth
//! stealing.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::case::{Body, Move, Program};
use crate::error::Error;

/// The statically linked busybox of Debian's `busybox-static`.
pub(crate) const BUSYBOX: &str = "/bin/busybox";
/// Where this crate's own program stands inside of an image.
const OURS: &str = "/usr/bin/avouch-trigger";

const FOLDERS: &[&str] = &[
    "bin",
    "sbin",
    "usr/bin",
    "usr/sbin",
    "usr/lib",
    "etc/cron.d",
    "root/.ssh",
    "home/shop/.ssh",
    "tmp",
    "var/log",
    "var/www",
    "dev/shm",
    "proc",
    "sys",
];

/// Files and what they hold. None is a secret; the words are what the tools of the cases search for.
const FILES: &[(&str, &str)] = &[
    ("etc/passwd", "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"),
    ("etc/group", "root:x:0:\ndaemon:x:1:\n"),
    ("etc/shadow", "root:*:19000:0:99999:7:::\n"),
    ("etc/hostname", "stage\n"),
    ("root/.bashrc", "umask 022\n"),
    ("root/.bash_history", "ls\n"),
    ("root/.ssh/id_rsa", "a file with the name of a key; a real one says BEGIN RSA PRIVATE and KEY here\n"),
    ("root/.ssh/authorized_keys", ""),
    ("root/.ssh/known_hosts", ""),
    ("home/shop/.ssh/id_rsa", "no key either\n"),
    ("home/shop/settings", "aws_region = none\naws_secret_access_key = none\n"),
    ("home/shop/orders.csv", "1,2,3\n"),
    ("usr/lib/liblzma.so.5.4.5", "not a library\n"),
    ("usr/lib/liblzma.so.5.6.1", "not a library\n"),
    ("var/log/syslog", "nothing happened\n"),
];

/// Builds the image for an act under `root`, an empty folder.
pub(crate) fn build(root: &Path, act: &Program) -> Result<(), Error> {
    let write = |path: &Path, text: &str| fs::write(path, text).map_err(Error::file("write", path));
    for folder in FOLDERS {
        let path = root.join(folder);
        fs::create_dir_all(&path).map_err(Error::file("make", &path))?;
    }
    for folder in ["lib", "lib64"] {
        link("usr/lib", &root.join(folder))?;
    }
    for (file, text) in FILES {
        write(&root.join(file), text)?;
    }
    for (folder, mode) in [("tmp", 0o1777), ("dev/shm", 0o1777), ("", 0o755)] {
        let path = root.join(folder);
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).map_err(Error::file("set the mode of", &path))?;
    }
    copy(Path::new(BUSYBOX), &inside(root, BUSYBOX))?;
    copy(&ours()?, &inside(root, OURS))?;
    for library in libraries()? {
        copy_library(root, &library)?;
    }
    let mut names = BTreeSet::new();
    collect(act, &mut names);
    for path in &names {
        link(OURS, &inside(root, path))?;
    }
    for applet in applets()? {
        let path = format!("/bin/{applet}");
        if !names.contains(path.as_str()) && applet != "busybox" {
            link(BUSYBOX, &inside(root, &path))?;
        }
    }
    Ok(())
}

fn inside(root: &Path, path: &str) -> PathBuf {
    root.join(path.trim_start_matches('/'))
}

fn ours() -> Result<PathBuf, Error> {
    env::current_exe().map_err(Error::call("find this program"))
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    fs::copy(from, to).map(drop).map_err(Error::file("copy", from))
}

fn link(target: &str, path: &Path) -> Result<(), Error> {
    symlink(target, path).map_err(Error::file("link", path))
}

/// Paths of the programs of ours that `program` runs, itself included.
fn collect(program: &Program, paths: &mut BTreeSet<&'static str>) {
    let Body::Moves(moves) = program.body else { return };
    paths.insert(program.path);
    for step in moves {
        if let Move::Run(below) | Move::Become(below) = step {
            collect(below, paths);
        }
    }
}

fn applets() -> Result<Vec<String>, Error> {
    let list = Command::new(BUSYBOX).arg("--list").output().map_err(Error::file("run", Path::new(BUSYBOX)))?;
    Ok(String::from_utf8_lossy(&list.stdout).lines().map(str::to_owned).collect())
}

/// The shared libraries of this program, its loader among them: what it has mapped itself.
fn libraries() -> Result<BTreeSet<PathBuf>, Error> {
    let maps = Path::new("/proc/self/maps");
    let text = fs::read_to_string(maps).map_err(Error::file("read", maps))?;
    let paths = text.lines().filter_map(|line| line.split_whitespace().nth(5));
    Ok(paths.filter(|path| path.contains(".so")).map(PathBuf::from).collect())
}

/// Copies a library to its own path, and to where programs look for their loader.
fn copy_library(root: &Path, library: &Path) -> Result<(), Error> {
    let Some(name) = library.file_name() else { return Ok(()) };
    let own = inside(root, &library.to_string_lossy());
    if let Some(folder) = own.parent() {
        fs::create_dir_all(folder).map_err(Error::file("make", folder))?;
    }
    copy(library, &own)?;
    let plain = root.join("usr/lib").join(name);
    if plain.exists() { Ok(()) } else { copy(library, &plain) }
}
