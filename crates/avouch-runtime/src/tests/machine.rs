//! Runtimes of this machine with private folders and sockets, for tests.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{PATIENCE, nothing};
use crate::Config;

/// A value, or the test is skipped with the reason.
macro_rules! or_skip {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(why) => {
                eprintln!("skipped: {why}");
                return;
            }
        }
    };
}

pub(super) use or_skip;

/// Runs a program and gives its output, or what it said instead.
pub(super) fn run(program: &str, arguments: &[&str], dir: &Path) -> Result<String, String> {
    let out = Command::new(program)
        .args(arguments)
        .env("CONTAINERS_CONF", dir.join("containers.conf"))
        .output()
        .map_err(|e| format!("{program}: {e}"))?;
    if out.status.success() {
        return Ok(String::from_utf8_lossy(&out.stdout).trim().to_owned());
    }
    Err(format!("{program} {arguments:?}: {}", String::from_utf8_lossy(&out.stderr)))
}

/// The files of an image that is nothing but `sleep` of busybox, as a tar file.
pub(super) fn rootfs(dir: &Path) -> Result<String, String> {
    fs::create_dir_all(dir.join("rootfs/bin")).unwrap();
    fs::copy("/bin/busybox", dir.join("rootfs/bin/sleep")).map_err(|e| format!("/bin/busybox: {e}"))?;
    let (rootfs, tar) = (dir.join("rootfs"), dir.join("rootfs.tar").display().to_string());
    run("tar", &["-C", rootfs.to_str().unwrap(), "-cf", &tar, "."], dir)?;
    Ok(tar)
}

/// A podman with a store of its own and one image, `localhost/box:1`, that is nothing but busybox.
pub(super) struct Podman<'d> {
    dir: &'d Path,
}

impl<'d> Podman<'d> {
    pub(super) fn new(dir: &'d Path) -> Result<Self, String> {
        fs::write(
            dir.join("containers.conf"),
            "[containers]\ndefault_ulimits = [\"nofile=20000:20000\",\"nproc=20000:20000\"]\n[engine]\n\
             cgroup_manager = \"cgroupfs\"\nruntime = \"runc\"\nevents_logger = \"file\"\n",
        )
        .unwrap();
        for tool in ["podman", "runc", "tar", "conmon"] {
            run(tool, &["--version"], dir)?;
        }
        let tar = rootfs(dir)?;
        let podman = Self { dir };
        let command = r#"CMD ["/bin/sleep","600"]"#;
        podman.run(&["import", "--change", command, &tar, "localhost/box:1"])?;
        Ok(podman)
    }

    pub(super) fn arguments(&self, rest: &[&str]) -> Vec<String> {
        let dir = self.dir.display();
        let own = format!(
            "--root {dir}/store --runroot {dir}/run --storage-driver vfs --tmpdir {dir}/tmp --runtime-flag root={dir}/runc"
        );
        own.split(' ').map(str::to_owned).chain(rest.iter().map(|a| (*a).to_owned())).collect()
    }

    pub(super) fn run(&self, rest: &[&str]) -> Result<String, String> {
        let arguments = self.arguments(rest);
        run("podman", &arguments.iter().map(String::as_str).collect::<Vec<_>>(), self.dir)
    }
}

impl Drop for Podman<'_> {
    fn drop(&mut self) {
        if let Err(why) = self.run(&["rm", "-f", "-a", "-t", "0"]) {
            eprintln!("{why}");
        }
    }
}

/// A program that is ended, by its id, with the test.
pub(super) struct Running(pub(super) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It asks the process to end in order, so that it takes back its mounts.
        drop(Command::new("kill").arg(self.0.id().to_string()).status());
        self.0.wait().unwrap();
    }
}

pub(super) fn wait_for(path: &Path) -> Result<(), String> {
    let began = Instant::now();
    while std::os::unix::net::UnixStream::connect(path).is_err() {
        if began.elapsed() > PATIENCE {
            return Err(format!("nothing listens at {}", path.display()));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// The cgroup path of a process, as the state would see it.
pub(super) fn cgroup(pid: u32) -> String {
    let text = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap();
    let path = text.lines().filter_map(|l| l.splitn(3, ':').nth(2)).max_by_key(|p| p.len()).unwrap();
    path.to_owned()
}

/// Settings that find all below a folder of this machine.
pub(super) fn below(dir: &Path) -> Config {
    nothing(dir)
}

/// A containerd with folders and sockets of its own, that has the image of a podman beside it.
pub(super) fn containerd(dir: &Path) -> Result<Running, String> {
    let podman = Podman::new(dir)?;
    for tool in ["containerd", "ctr"] {
        run(tool, &["--version"], dir)?;
    }
    let image = dir.join("box.tar");
    let image = image.to_str().unwrap();
    podman.run(&["save", "-o", image, "localhost/box:1"])?;
    let here = dir.display();
    let config = format!(
        "version = 2\nroot = \"{here}/cd\"\nstate = \"{here}/cs\"\n[grpc]\naddress = \"{here}/c.sock\"\n[ttrpc]\naddress = \"{here}/t.sock\"\n\
         [plugins.\"io.containerd.grpc.v1.cri\"]\nsandbox_image = \"localhost/box:1\"\nrestrict_oom_score_adj = true\ndisable_apparmor = true\n\
         [plugins.\"io.containerd.grpc.v1.cri\".containerd]\nsnapshotter = \"native\"\n\
         [plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc]\nruntime_type = \"io.containerd.runc.v2\"\n\
         [plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc.options]\nSystemdCgroup = false\n"
    );
    fs::write(dir.join("cd.toml"), config).unwrap();
    let log = fs::File::create(dir.join("cd.log")).unwrap();
    let child = Command::new("containerd").arg("-c").arg(dir.join("cd.toml")).stdout(Stdio::null()).stderr(log).spawn();
    let running = Running(child.map_err(|e| e.to_string())?);
    wait_for(&dir.join("c.sock"))?;
    for namespace in ["default", "k8s.io"] {
        ctr(dir, &["-n", namespace, "images", "import", "--snapshotter", "native", image])?;
    }
    Ok(running)
}

pub(super) fn ctr(dir: &Path, rest: &[&str]) -> Result<String, String> {
    let socket = dir.join("c.sock");
    run("ctr", &[&["-a", socket.to_str().unwrap()], rest].concat(), dir)
}
