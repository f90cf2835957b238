//! Compiles the eBPF programs with clang: an object a layer, so that one that the kernel refuses leaves the others alone.

#![expect(clippy::expect_used, reason = "a build that cannot make the programs must stop")]

use std::env;
use std::path::PathBuf;
use std::process::Command;

/// What programs of all crates include.
const SHARED: &str = "../../bpf";

const OBJECTS: [&str; 3] = ["exec_lsm", "exec_kill", "connect"];

fn main() {
    let var = |name: &str| env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"));
    println!("cargo:rerun-if-changed=bpf");
    println!("cargo:rerun-if-changed={SHARED}");
    println!("cargo:rerun-if-env-changed=CLANG");
    let arch = match var("CARGO_CFG_TARGET_ARCH").as_str() {
        "x86_64" => "x86",
        "aarch64" => "arm64",
        other => panic!("no prevention for {other}: its registers are not described"),
    };
    let clang = env::var("CLANG").unwrap_or_else(|_| "clang".to_owned());
    for name in OBJECTS {
        let source = format!("bpf/{name}.bpf.c");
        let object = PathBuf::from(var("OUT_DIR")).join(format!("{name}.bpf.o"));
        let status = Command::new(&clang)
            .args(["-target", "bpf", "-g", "-O2", "-Wall", "-Werror", &format!("-D__TARGET_ARCH_{arch}")])
            .args(["-I", &var("DEP_BPF_INCLUDE"), "-I", "bpf", "-I", SHARED, "-c", &source, "-o"])
            .arg(&object)
            .status()
            .expect("clang is needed to compile the kernel programs: `make setup` installs it");
        assert!(status.success(), "clang failed on {source}");
        // The kernel needs BTF only. Without the tool the object keeps its DWARF and is larger.
        let stripped = Command::new("llvm-strip").arg("-g").arg(&object).status();
        if !stripped.is_ok_and(|s| s.success()) {
            println!("cargo:warning=llvm-strip is missing: the kernel object keeps its debug information");
        }
    }
}
