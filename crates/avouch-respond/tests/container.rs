//! A container of a real runtime under every rule: it starts from its image, and what is dropped in it does not run.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::fs;
use std::process::{Command, Stdio};

use avouch_respond::{Filesystems, Layer, LayerState, Policy, Prevention, Reach};
use common::{Cgroup, Overlay, prepare, skip, state, wait_for};
use serde_json::{Value, json};

/// The runtime makes the cgroup in each hierarchy of version 1 as well, and leaves the part above the container's own.
struct LeftBehind(String);

impl Drop for LeftBehind {
    fn drop(&mut self) {
        for hierarchy in fs::read_dir("/sys/fs/cgroup").unwrap().flatten() {
            let left = hierarchy.path().join(&self.0);
            if hierarchy.path().join("tasks").exists() && left.exists() {
                fs::remove_dir(left).unwrap();
            }
        }
    }
}

/// Runs a shell command in a container whose root is the overlay; its output.
fn run(overlay: &Overlay, cgroup: &Cgroup, name: &str, command: &str) -> String {
    let bundle = tempfile::tempdir().unwrap();
    let spec = Command::new("runc").arg("spec").current_dir(bundle.path()).status().unwrap();
    assert!(spec.success());
    let path = bundle.path().join("config.json");
    let mut config: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    config["process"]["terminal"] = json!(false);
    config["process"]["args"] = json!(["/bin/busybox", "sh", "-c", command]);
    config["root"] = json!({"path": overlay.root(), "readonly": false});
    let own = cgroup.0.file_name().unwrap().to_str().unwrap();
    config["linux"]["cgroupsPath"] = json!(format!("/{own}/{name}"));
    fs::write(&path, config.to_string()).unwrap();
    let bundle = bundle.path().display();
    let output = cgroup
        .command(&format!("runc --root {bundle}/state run --bundle {bundle} {name}"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

#[test]
fn a_container_starts_and_what_is_dropped_in_it_does_not_run() {
    const NAME: &str = "a_container_starts_and_what_is_dropped_in_it_does_not_run";
    if Command::new("runc").arg("--version").output().is_err() {
        return skip(NAME, "runc is not installed");
    }
    let overlay = match prepare().and_then(|()| Overlay::new()) {
        Ok(overlay) => overlay,
        Err(reason) => return skip(NAME, reason),
    };
    let cgroup = Cgroup::v2("runc");
    let _left = LeftBehind(cgroup.0.file_name().unwrap().to_str().unwrap().to_owned());
    let without = run(&overlay, &cgroup, "before", "/bin/busybox-dropped echo dropped ran");
    if without.trim() != "dropped ran" {
        return skip(NAME, format!("runc runs no container here: {without}"));
    }
    // Fanotify, where no security module stands before it, and the kernel programs alone.
    for (at, watched) in [vec![overlay.root()], Vec::new()].into_iter().enumerate() {
        // The runtime runs itself from memory before it enters the container: that must stay possible.
        let text =
            "dry_run: false\nprevention:\n  exec_not_from_image: {mode: deny}\n  exec_from_memory: {mode: deny}\n";
        let policy = Policy::parse("test.yaml", text).unwrap();
        let reach = Reach { cgroup: Some(cgroup.0.clone()), filesystems: Filesystems::Of(watched) };
        let (mut prevention, reports) = Prevention::start(&policy, &reach);
        if [Layer::Lsm, Layer::KillAtExec].iter().all(|&l| state(&reports, l) != LayerState::Active) {
            return skip(NAME, format!("{reports:?}"));
        }
        let command = "cp /bin/busybox /busybox-x; /busybox-x echo dropped ran; /bin/busybox echo image ran";
        let id = format!("{:064x}", 0xc0ffee + at);
        let output = run(&overlay, &cgroup, &id, command);
        assert!(output.contains("image ran") && !output.contains("dropped ran"), "{output}");
        let acts = wait_for(&mut prevention, |_| true);
        let [act] = &acts[..] else { panic!("{acts:?}") };
        assert_eq!((act.rule.as_str(), act.object.as_deref()), ("exec_not_from_image", Some("/busybox-x")));
        assert_eq!(act.target.container_id.as_deref(), Some(&*id), "{act:?}");
    }
}
