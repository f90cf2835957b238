//! Which crate may know which. The table is the rule; `ARCHITECTURE.md` says why.

#![expect(clippy::expect_used, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Crate and the workspace crates it may depend on (not counting tests). A crate missing here fails the test.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("avouch-event", &[]),
    ("avouch-diagnostics", &[]),
    ("avouch-rules", &["avouch-diagnostics"]),
    ("avouch-engine", &["avouch-diagnostics", "avouch-event", "avouch-rules"]),
    ("avouch-state", &["avouch-event"]),
    ("avouch-scap", &["avouch-event"]),
    ("avouch-audit", &["avouch-event"]),
    ("avouch-controls", &["avouch-diagnostics", "avouch-event"]),
    ("avouch-sensor", &["avouch-event"]),
    ("avouch-procfs", &["avouch-event"]),
    ("avouch-runtime", &["avouch-event"]),
    ("avouch-respond", &["avouch-event"]),
    ("avouch-integrity", &["avouch-event"]),
    ("avouch-redact", &[]),
    ("avouch-chain", &[]),
    ("avouch-ledger", &["avouch-chain", "avouch-redact"]),
    ("avouch-bundle", &["avouch-ledger"]),
    ("avouch-s3", &[]),
    ("avouch-anchor", &["avouch-s3"]),
    ("avouch-collect", &["avouch-event", "avouch-s3"]),
    ("avouch-finding", &["avouch-event"]),
    ("avouch-auth", &["avouch-finding"]),
    ("avouch-document", &[]),
    ("avouch-notify", &["avouch-diagnostics", "avouch-finding"]),
    ("avouch-store", &["avouch-finding", "avouch-ledger"]),
    ("avouch-coverage", &["avouch-finding"]),
    ("avouch-evidence", &["avouch-finding", "avouch-ledger", "avouch-store"]),
    ("avouch-forward", &["avouch-evidence", "avouch-finding", "avouch-ledger", "avouch-redact"]),
    (
        "avouch-report",
        &[
            "avouch-bundle",
            "avouch-controls",
            "avouch-coverage",
            "avouch-diagnostics",
            "avouch-document",
            "avouch-finding",
            "avouch-ledger",
            "avouch-store",
        ],
    ),
    (
        "avouch-pipeline",
        &[
            "avouch-audit",
            "avouch-controls",
            "avouch-diagnostics",
            "avouch-engine",
            "avouch-event",
            "avouch-finding",
            "avouch-redact",
            "avouch-rules",
            "avouch-scap",
            "avouch-state",
        ],
    ),
    (
        "avouch-backtest",
        &[
            "avouch-controls",
            "avouch-diagnostics",
            "avouch-engine",
            "avouch-event",
            "avouch-finding",
            "avouch-ledger",
            "avouch-pipeline",
            "avouch-rules",
            "avouch-store",
        ],
    ),
    (
        "avouch-server",
        &[
            "avouch-audit",
            "avouch-auth",
            "avouch-backtest",
            "avouch-bundle",
            "avouch-collect",
            "avouch-controls",
            "avouch-coverage",
            "avouch-diagnostics",
            "avouch-engine",
            "avouch-evidence",
            "avouch-finding",
            "avouch-forward",
            "avouch-ledger",
            "avouch-notify",
            "avouch-pipeline",
            "avouch-redact",
            "avouch-report",
            "avouch-rules",
            "avouch-store",
        ],
    ),
    (
        "avouch",
        &[
            "avouch-anchor",
            "avouch-audit",
            "avouch-bundle",
            "avouch-collect",
            "avouch-controls",
            "avouch-coverage",
            "avouch-diagnostics",
            "avouch-document",
            "avouch-engine",
            "avouch-event",
            "avouch-evidence",
            "avouch-finding",
            "avouch-forward",
            "avouch-integrity",
            "avouch-ledger",
            "avouch-pipeline",
            "avouch-procfs",
            "avouch-report",
            "avouch-respond",
            "avouch-rules",
            "avouch-runtime",
            "avouch-s3",
            "avouch-scap",
            "avouch-sensor",
            "avouch-server",
            "avouch-state",
            "avouch-store",
        ],
    ),
    ("avouch-conformance", &[]),
    ("avouch-triggers", &[]),
    (
        "xtask",
        &[
            "avouch-controls",
            "avouch-event",
            "avouch-evidence",
            "avouch-finding",
            "avouch-ledger",
            "avouch-procfs",
            "avouch-runtime",
            "avouch-scap",
        ],
    ),
];

/// Crates that take time, bytes and settings as arguments.
const PURE: &[&str] = &[
    "avouch-event",
    "avouch-diagnostics",
    "avouch-rules",
    "avouch-engine",
    "avouch-state",
    "avouch-controls",
    "avouch-finding",
    "avouch-coverage",
    "avouch-chain",
    "avouch-redact",
    "avouch-document",
];

/// What a pure crate must not pull in.
const IMPURE: &[&str] = &[
    "tokio",
    "reqwest",
    "kube",
    "rayon",
    "memmap2",
    "indicatif",
    "clap",
    "chrono",
    "hostname",
    "ureq",
    "rusqlite",
    "zstd",
    "getrandom",
    "nix",
];

/// What a pure crate's source must not say.
const IMPURE_PATHS: &[&str] =
    &["std::fs", "std::env", "std::net::Tcp", "std::process", "std::thread", "SystemTime::now", "Instant::now"];

fn metadata() -> serde_json::Value {
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(avouch_conformance::workspace_root())
        .output()
        .expect("run cargo metadata");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).expect("cargo metadata prints JSON")
}

#[test]
fn crates_know_only_what_they_may() {
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        MAY_KNOW.iter().map(|(c, deps)| (*c, deps.iter().copied().collect())).collect();
    let metadata = metadata();
    for package in metadata["packages"].as_array().expect("packages") {
        let name = package["name"].as_str().expect("name");
        let may = allowed.get(name).unwrap_or_else(|| panic!("{name} is not in the table of directions"));
        for dep in package["dependencies"].as_array().expect("dependencies") {
            if !dep["kind"].is_null() {
                continue; // Tests and build scripts may know more.
            }
            let dep = dep["name"].as_str().expect("name");
            assert!(!dep.starts_with("avouch") || may.contains(dep), "{name} may not know {dep}");
            assert!(!PURE.contains(&name) || !IMPURE.contains(&dep), "{name} is pure and may not use {dep}");
        }
    }
}

#[test]
fn pure_crates_do_no_io() {
    for name in PURE {
        let src = avouch_conformance::workspace_root().join("crates").join(name).join("src");
        let mut folders = vec![src];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).expect("read folder") {
                let path = entry.expect("entry").path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let text = std::fs::read_to_string(&path).expect("read source");
                let code = text.split("#[cfg(test)]").next().unwrap_or_default();
                for word in IMPURE_PATHS {
                    assert!(!code.contains(word), "{} says {word}", path.display());
                }
            }
        }
    }
}
