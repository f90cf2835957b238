//! The kernel programs compile for every architecture that the sensor names, whatever this machine is.

use std::path::Path;
use std::process::Command;

#[test]
fn programs_compile_for_every_architecture() {
    let bpf = Path::new(env!("CARGO_MANIFEST_DIR")).join("bpf");
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bpf");
    let sources = ["sensor", "each", "stubs"];
    for (arch, source) in ["x86", "arm64"].iter().flat_map(|arch| sources.map(|source| (arch, source))) {
        let object = std::env::temp_dir().join(format!("avouch-{source}-{arch}-{}.o", std::process::id()));
        let out = Command::new(std::env::var("CLANG").unwrap_or_else(|_| "clang".to_owned()))
            .args(["-target", "bpf", "-g", "-O2", "-Wall", "-Werror", &format!("-D__TARGET_ARCH_{arch}"), "-I"])
            .arg(env!("BPF_INCLUDE"))
            .arg("-I")
            .arg(&bpf)
            .arg("-I")
            .arg(&shared)
            .arg("-c")
            .arg(bpf.join(format!("{source}.bpf.c")))
            .arg("-o")
            .arg(&object)
            .output()
            .expect("run clang");
        assert!(out.status.success(), "{source} for {arch}: {}", String::from_utf8_lossy(&out.stderr));
        std::fs::remove_file(&object).expect("remove the object");
    }
}
