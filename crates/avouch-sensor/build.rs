//! Compiles the eBPF programs with clang. The object is relocated at load time, so one serves every kernel.

#![expect(clippy::expect_used, reason = "a build that cannot make the programs must stop")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// What programs of all crates include.
const SHARED: &str = "../../bpf";

/// Objects, each of the source of its name.
const OBJECTS: [&str; 3] = ["sensor", "each", "stubs"];

fn main() {
    let var = |name: &str| env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"));
    println!("cargo:rerun-if-changed=bpf");
    println!("cargo:rerun-if-changed={SHARED}");
    let arch = match var("CARGO_CFG_TARGET_ARCH").as_str() {
        "x86_64" => "x86",
        "aarch64" => "arm64",
        other => panic!("no kernel sensor for {other}: its registers are not described"),
    };
    // Tests compile the programs for the other architecture.
    println!("cargo:rustc-env=BPF_INCLUDE={}", var("DEP_BPF_INCLUDE"));
    for object in OBJECTS {
        compile(object, arch, &var("DEP_BPF_INCLUDE"), &PathBuf::from(var("OUT_DIR")));
    }
}

fn compile(object: &str, arch: &str, include: &str, folder: &Path) {
    let (source, out) = (format!("bpf/{object}.bpf.c"), folder.join(format!("{object}.bpf.o")));
    let status = Command::new(env::var("CLANG").unwrap_or_else(|_| "clang".to_owned()))
        .args(["-target", "bpf", "-g", "-O2", "-Wall", "-Werror", &format!("-D__TARGET_ARCH_{arch}")])
        .args(["-I", include, "-I", "bpf", "-I", SHARED, "-c", &source, "-o"])
        .arg(&out)
        .status()
        .expect("clang is needed to compile the kernel programs: `make setup` installs it");
    assert!(status.success(), "clang failed on {source}");
    // DWARF is of no use in the kernel; BTF is what relocation needs. Without the tool the object is only larger.
    let stripped = Command::new("llvm-strip").arg("-g").arg(&out).status();
    if !stripped.is_ok_and(|s| s.success()) {
        println!("cargo:warning=llvm-strip is missing: the kernel object keeps its debug information");
    }
    fs::metadata(&out).expect("clang wrote the object");
}
