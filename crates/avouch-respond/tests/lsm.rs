//! Denial by the kernel's security modules: runs where `bpf` is among them, as on Debian's kernels.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use avouch_respond::{ActMode, Filesystems, Layer, LayerState, Mechanism, Policy, Prevention, Reach};
use common::{Cgroup, Overlay, busybox_in_memory, in_overlay, prepare, skip, state, wait_for};

/// Prevention with one rule in this cgroup; the reason when no security module denies here.
fn start(rule: &str, cgroup: &Cgroup) -> Result<Prevention, String> {
    let policy = Policy::parse("test.yaml", &format!("dry_run: false\nprevention:\n  {rule}")).unwrap();
    let reach = Reach { cgroup: Some(cgroup.0.clone()), filesystems: Filesystems::Of(Vec::new()) };
    let (prevention, reports) = Prevention::start(&policy, &reach);
    match state(&reports, Layer::Lsm) {
        LayerState::Active => {
            assert_eq!(state(&reports, Layer::KillAtExec), LayerState::NotNeeded);
            Ok(prevention)
        }
        other => Err(format!("{other:?}")),
    }
}

#[test]
fn a_program_in_memory_is_denied() {
    const NAME: &str = "a_program_in_memory_is_denied";
    if let Err(reason) = prepare() {
        return skip(NAME, reason);
    }
    let (cgroup, dir) = (Cgroup::v2("lsm-memory"), tempfile::tempdir().unwrap());
    let mut prevention = match start("exec_from_memory: {mode: deny, scope: all}", &cgroup) {
        Ok(prevention) => prevention,
        Err(reason) => return skip(NAME, reason),
    };
    let (_fd, program) = busybox_in_memory();
    let (mark, twin) = (dir.path().join("mark"), dir.path().join("twin"));
    let status = cgroup.run(&format!("-a busybox {program} touch {}", mark.display()));
    // The shell says so when it may not run a program; nothing was killed.
    assert_eq!(status.code(), Some(126));
    assert!(!mark.exists());
    assert!(cgroup.run(&format!("/bin/busybox touch {}", twin.display())).success() && twin.exists());
    let acts = wait_for(&mut prevention, |_| true);
    assert_eq!((acts[0].mechanism, &acts[0].mode), (Mechanism::Lsm, &ActMode::Performed));
    // Outside of the cgroup it runs.
    assert!(std::process::Command::new(&program).arg("x").status().is_ok());
}

#[test]
fn dropped_files_and_scripts_of_a_container_are_denied_and_shipped_ones_run() {
    const NAME: &str = "dropped_files_and_scripts_of_a_container_are_denied_and_shipped_ones_run";
    let start = |cgroup: &Cgroup| start("exec_not_from_image: {mode: deny}", cgroup);
    let Some((overlay, cgroup, mut prevention)) = in_overlay(NAME, prepare, "lsm-upper", start) else { return };
    let script = overlay.root().join("bin/script");
    std::fs::write(&script, "#!/bin/busybox sh\n/bin/busybox touch /mark\n").unwrap();
    std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    assert!(!overlay.touch(&cgroup, "/bin/busybox-dropped"));
    assert!(!overlay.touch(&cgroup, "/bin/script"));
    assert!(overlay.touch(&cgroup, "/bin/busybox"));
    let acts = wait_for(&mut prevention, |a| a.object.as_deref() == Some("/bin/script"));
    assert_eq!(acts[0].object.as_deref(), Some("/bin/busybox-dropped"));
    assert_eq!(acts.len(), 2, "{acts:?}");
}

#[test]
fn forbidden_binaries_are_denied_and_observed_ones_run() {
    const NAME: &str = "forbidden_binaries_are_denied_and_observed_ones_run";
    let overlay = match prepare().and_then(|()| Overlay::new()) {
        Ok(overlay) => overlay,
        Err(reason) => return skip(NAME, reason),
    };
    let rules = [
        ("forbidden_binaries: {mode: deny, paths: [/bin/busybox-shipped]}", false),
        ("forbidden_binaries: {mode: deny, names: [busybox-shipped]}", false),
        ("forbidden_binaries: {mode: observe, names: [busybox-shipped]}", true),
    ];
    for (at, (rule, runs)) in rules.into_iter().enumerate() {
        let cgroup = Cgroup::v2(&format!("lsm-forbidden{at}"));
        let mut prevention = match start(rule, &cgroup) {
            Ok(prevention) => prevention,
            Err(reason) => return skip(NAME, reason),
        };
        assert_eq!(overlay.touch(&cgroup, "/bin/busybox-shipped"), runs, "{rule}");
        assert!(overlay.touch(&cgroup, "/bin/busybox"), "{rule}");
        let acts = wait_for(&mut prevention, |_| true);
        assert_eq!((acts.len(), acts[0].mode == ActMode::DryRun), (1, runs), "{rule}");
    }
}
