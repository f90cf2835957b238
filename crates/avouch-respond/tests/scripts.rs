//! Scripts under SIGKILL at exec: the kernel runs their interpreter, and the rules are about them.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, chroot};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use avouch_respond::{Filesystems, Layer, LayerState, Mechanism, Policy, Prevention, Reach};
use common::{Cgroup, Overlay, in_overlay, prepare_without_lsm, state, wait_for};

/// Files that a process may have open for itself before a script of its is lost from sight: `WORKS` of `bpf/script.h`, less
/// those of a shell.
const IN_SIGHT: usize = 480;

/// Denies what is not from the image by SIGKILL alone; the reason when that does not stand here.
fn start(cgroup: &Cgroup) -> Result<Prevention, String> {
    let text = "dry_run: false\nprevention:\n  exec_not_from_image: {mode: deny}\n";
    let policy = Policy::parse("test.yaml", text).unwrap();
    // A file system that runs no programs.
    let reach = Reach { cgroup: Some(cgroup.0.clone()), filesystems: Filesystems::Of(vec!["/proc/self".into()]) };
    let (prevention, reports) = Prevention::start(&policy, &reach);
    match state(&reports, Layer::KillAtExec) {
        LayerState::Active => Ok(prevention),
        other => Err(format!("{other:?}")),
    }
}

/// A script in the upper layer.
fn drop_script(overlay: &Overlay, name: &str, interpreter: &str) {
    let path = overlay.root().join("bin").join(name);
    fs::write(&path, format!("#!{interpreter}\n/bin/busybox touch /mark\n")).unwrap();
    fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
}

#[test]
fn a_dropped_script_is_killed_and_a_shipped_one_runs() {
    const NAME: &str = "a_dropped_script_is_killed_and_a_shipped_one_runs";
    let Some((overlay, cgroup, mut prevention)) = in_overlay(NAME, prepare_without_lsm, "script", start) else {
        return;
    };
    drop_script(&overlay, "dropped-script", "/bin/busybox sh");
    // The image's own script is the interpreter of one that was dropped, and the other way round.
    drop_script(&overlay, "outer", "/bin/script-shipped");
    drop_script(&overlay, "inner", "/bin/busybox sh");
    for program in ["/bin/dropped-script", "/bin/outer", "/bin/script-by-inner"] {
        assert!(!overlay.touch(&cgroup, program), "{program}");
    }
    assert!(overlay.touch(&cgroup, "/bin/script-shipped"));
    let acts = wait_for(&mut prevention, |a| a.object.as_deref() == Some("/bin/inner"));
    let objects: Vec<_> = acts.iter().filter_map(|a| a.object.as_deref()).collect();
    assert_eq!(objects, ["/bin/dropped-script", "/bin/outer", "/bin/inner"]);
    assert!(acts.iter().all(|a| a.mechanism == Mechanism::KillAtExec), "{acts:?}");
    assert_eq!(prevention.losses().unjudged, 0);
}

/// Not a test: what a child of the test below does.
#[test]
#[ignore = "run by another test, in a cgroup of its"]
fn run_with_files_open() {
    let Ok(how) = std::env::var("AVOUCH_TEST_SCRIPT") else { return };
    let [root, count, program] = how.split(' ').collect::<Vec<_>>()[..] else { panic!("{how}") };
    // Closed by the execve, as every file that Rust opens; each is in the upper layer, too.
    let files: Vec<File> = (0..count.parse::<usize>().unwrap())
        .map(|n| File::create(Path::new(root).join(format!("open-{n}"))).unwrap())
        .collect();
    chroot(root).unwrap();
    std::env::set_current_dir("/").unwrap();
    let error = Command::new(program).exec();
    panic!("{} files, {program}: {error}", files.len());
}

/// As [`Overlay::touch`], by a process with so many open files.
fn touch_with_files(overlay: &Overlay, cgroup: &Cgroup, count: usize, program: &str) -> bool {
    let mark = overlay.root().join("mark");
    drop(fs::remove_file(&mark));
    let own = std::env::current_exe().unwrap();
    let mut command = cgroup.command(&format!("{} --ignored --exact run_with_files_open", own.display()));
    command.env("AVOUCH_TEST_SCRIPT", format!("{} {count} {program}", overlay.root().display())).output().unwrap();
    mark.exists()
}

#[test]
fn a_script_does_not_hide_behind_open_files_or_is_counted() {
    const NAME: &str = "a_script_does_not_hide_behind_open_files_or_is_counted";
    let Some((overlay, cgroup, mut prevention)) = in_overlay(NAME, prepare_without_lsm, "script-files", start) else {
        return;
    };
    drop_script(&overlay, "dropped-script", "/bin/busybox sh");
    assert!(!touch_with_files(&overlay, &cgroup, IN_SIGHT, "/bin/dropped-script"));
    assert!(touch_with_files(&overlay, &cgroup, IN_SIGHT, "/bin/script-shipped"), "open files are no programs");
    let acts = wait_for(&mut prevention, |_| true);
    assert_eq!(acts.len(), 1, "{acts:?}");
    assert_eq!(prevention.losses().unjudged, 0);
    assert!(touch_with_files(&overlay, &cgroup, 2 * IN_SIGHT, "/bin/dropped-script"));
    assert_eq!(prevention.losses().unjudged, 1, "what was not seen is counted");
}
