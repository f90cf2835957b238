//! One act from beginning to end: private namespaces, an image, the act in it, and what it left taken away.

use std::env;
use std::fs::{self, File};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::process::{self, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::geteuid;
use serde::{Deserialize, Serialize};

use crate::case::{Case, Place, Program};
use crate::cases;
use crate::container::Bundle;
use crate::error::Error;
use crate::image::{self, BUSYBOX};
use crate::moves::{Mark, command};
use crate::network;
use crate::sys::start_in_root;

/// No act may take longer.
const LIMIT: Duration = Duration::from_secs(30);

/// What an act was and how it ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Report {
    /// `rule name/case name`.
    pub case: String,
    /// What [`MARK`](crate::MARK) starts with in the environment of every process of the act.
    pub mark: String,
    /// Id of its container; absent on the host.
    pub container: Option<String>,
    /// Whether every move that must succeed did.
    pub succeeded: bool,
    /// What its programs said.
    pub output: String,
}

/// How the act's first program ended, and what was said.
pub(crate) struct Ended {
    pub(crate) succeeded: bool,
    pub(crate) output: String,
}

/// Why acts cannot be performed here, if so.
#[must_use]
pub fn missing() -> Option<String> {
    if !geteuid().is_root() {
        return Some("acts need root".to_owned());
    }
    if !Path::new(BUSYBOX).exists() {
        return Some(format!("no {BUSYBOX}: install busybox-static"));
    }
    let runc = Command::new("runc").arg("--version").output();
    runc.is_err().then(|| "no runc: install runc".to_owned())
}

/// Performs a case. The calling process moves into namespaces of its own and does not come back, so it should end soon
/// after.
///
/// # Errors
/// When the act cannot be prepared or takes too long. An act whose moves fail is a report that says so.
pub fn run(case: &Case) -> Result<Report, Error> {
    let position = cases::all().iter().position(|other| other.id() == case.id()).unwrap_or_default();
    let mark = Mark::first(&process::id().to_string(), position);
    unshare(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWNET).map_err(Error::call("leave the namespaces"))?;
    let none: Option<&str> = None;
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none).map_err(Error::call("make mounts private"))?;
    leave_groups();
    let servers = network::set_up(case.servers)?;

    let folder = tempfile::Builder::new().prefix("avouch-trigger-").tempdir();
    let folder = folder.map_err(Error::file("make a folder in", &env::temp_dir()))?;
    let stage = folder.path().join("stage");
    fs::create_dir(&stage).map_err(Error::file("make", &stage))?;
    // Layers of an overlay cannot always stand on the machine's own file system, which may be one itself.
    mount(Some("stage"), &stage, Some("tmpfs"), MsFlags::empty(), Some("mode=755"))
        .map_err(Error::call("mount the stage"))?;
    let image = stage.join("image");
    fs::create_dir(&image).map_err(Error::file("make", &image))?;
    image::build(&image, &case.act)?;

    let (ended, container) = match case.place {
        Place::Host => (on_host(&image, &case.act, &mark)?, None),
        Place::Container(container) => {
            let bundle = Bundle::new(folder.path(), &image, &stage, container, &case.act, &mark)?;
            (bundle.run()?, Some(bundle.id().to_owned()))
        }
    };
    drop(servers);
    for mounted in [folder.path().join("rootfs"), stage] {
        // Only containers have the first. Both would go with this process, but the folder can be removed only without.
        umount2(&mounted, MntFlags::MNT_DETACH).ok();
    }
    let path = folder.path().to_owned();
    folder.close().map_err(Error::file("remove", &path))?;
    let Ended { succeeded, output } = ended;
    Ok(Report { case: case.id(), mark: mark.head().to_owned(), container, succeeded, output })
}

/// Moves this process to the root of every hierarchy of control groups: whoever started it may itself be in a container
/// or in a group that looks like one, and the acts on the host must not be.
fn leave_groups() {
    let root = Path::new("/sys/fs/cgroup");
    let below = fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path());
    for hierarchy in std::iter::once(root.to_owned()).chain(below) {
        // What is no hierarchy has no such file; one that this process may not leave shows in the act's detections.
        drop(
            fs::OpenOptions::new().write(true).open(hierarchy.join("cgroup.procs")).and_then(|mut f| f.write_all(b"0")),
        );
    }
}

fn on_host(image: &Path, act: &Program, mark: &Mark) -> Result<Ended, Error> {
    let none: Option<&str> = None;
    mount(Some(image), image, none, MsFlags::MS_BIND, none).map_err(Error::call("mount the image"))?;
    mount(Some("proc"), &image.join("proc"), Some("proc"), MsFlags::empty(), none)
        .map_err(Error::call("mount proc"))?;
    let mut command = command(act, mark);
    start_in_root(&mut command, image.to_owned());
    wait(command.stdin(Stdio::null()), None, act.path)
}

/// Runs `command` to its end, or kills it when it takes too long. What it says on its streams is kept, but what goes to
/// `screen`, when there is one.
pub(crate) fn wait(command: &mut Command, screen: Option<Stdio>, what: &str) -> Result<Ended, Error> {
    let stream = |log: &File| log.try_clone().map(Stdio::from).map_err(Error::call("keep what an act says"));
    let mut log = tempfile::tempfile().map_err(Error::call("keep what an act says"))?;
    command.stderr(stream(&log)?);
    command.stdout(screen.map_or_else(|| stream(&log), Ok)?);
    let mut child = command.spawn().map_err(Error::file("run", Path::new(what)))?;
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().map_err(Error::call("wait for an act"))? {
            break status;
        }
        if start.elapsed() > LIMIT {
            drop(child.kill());
            drop(child.wait());
            return Err(Error::Late { what: what.to_owned(), seconds: LIMIT.as_secs() });
        }
        thread::sleep(Duration::from_millis(5));
    };
    let mut output = String::new();
    let read = log.rewind().and_then(|()| log.read_to_string(&mut output));
    read.map_err(Error::call("read what an act said"))?;
    if !status.success() {
        output.push_str(&status.to_string());
    }
    Ok(Ended { succeeded: status.success(), output })
}
