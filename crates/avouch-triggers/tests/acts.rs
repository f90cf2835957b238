//! Acts do what they say and leave nothing behind.

use std::fs;
use std::path::Path;
use std::process::Command;

use avouch_triggers::Report;

fn folders(root: &Path, name: &str) -> usize {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(name)).count()
}

#[test]
fn acts_leave_nothing() {
    if let Some(missing) = avouch_triggers::missing() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{missing}");
        eprintln!("skipped: {missing}");
        return;
    }
    let folder = tempfile::tempdir().expect("make a folder");
    for (case, in_container) in [
        ("Read sensitive file untrusted/on the host", false),
        ("Terminal shell in container/shell on a terminal", true),
        ("Launch Privileged Container/privileged", true),
        ("Contact cloud metadata service from container/system pod", true),
    ] {
        let out = Command::new(env!("CARGO_BIN_EXE_avouch-trigger"))
            .args(["run", case])
            .env("TMPDIR", folder.path())
            .output()
            .expect("run the act");
        assert!(out.status.success(), "{case}: {}", String::from_utf8_lossy(&out.stderr));
        let report: Report = serde_json::from_slice(&out.stdout).expect("a report");
        assert!(report.succeeded, "{report:?}");
        assert_eq!(report.container.is_some(), in_container, "{report:?}");
        if let Some(id) = report.container {
            assert_eq!(folders(Path::new("/run/runc"), &id), 0, "{case}: the container is still known");
        }
        assert_eq!(folders(folder.path(), ""), 0, "{case}: a folder is left");
    }
}
