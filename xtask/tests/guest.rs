//! Self-test of a `cargo xtask kernel-test` guest: what the other programs of the run stand on is there.
//!
//! Runs in the guest only, as its root: `cargo test` leaves it out (see Cargo.toml).

use std::fs;
use std::path::Path;
use std::process::Command;

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Runs a command of the guest and gives its output, which must be a success.
fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn kernel_is_the_one_that_was_booted() {
    let release = read("/proc/sys/kernel/osrelease");
    println!("release {release}");
    assert!(release.trim().ends_with("-cloud-amd64"), "{release}");
}

#[test]
fn kernel_describes_its_types() {
    assert!(fs::metadata("/sys/kernel/btf/vmlinux").unwrap().len() > 1_000_000);
}

#[test]
fn bpf_is_among_the_security_modules() {
    let modules = read("/sys/kernel/security/lsm");
    println!("lsm {modules}");
    assert!(modules.trim().split(',').any(|module| module == "bpf"), "{modules}");
}

#[test]
fn cgroups_are_version_2() {
    let controllers = read("/sys/fs/cgroup/cgroup.controllers");
    println!("controllers {controllers}");
    for controller in ["cpu", "memory", "pids"] {
        assert!(controllers.split_whitespace().any(|word| word == controller), "{controllers}");
    }
}

#[test]
fn file_systems_of_the_tests_are_mounted() {
    let mounts = read("/proc/mounts");
    for kind in ["proc", "sysfs", "devtmpfs", "tmpfs", "cgroup2", "bpf", "tracefs", "securityfs"] {
        assert!(mounts.lines().any(|line| line.split(' ').nth(2) == Some(kind)), "no {kind} in {mounts}");
    }
}

#[test]
fn overlay_takes_an_upper_layer() {
    let base = Path::new("/tmp/guest-overlay");
    for folder in ["lower", "upper", "work", "merged"] {
        fs::create_dir_all(base.join(folder)).unwrap();
    }
    fs::write(base.join("lower/from-image"), "image").unwrap();
    let options = "lowerdir=/tmp/guest-overlay/lower,upperdir=/tmp/guest-overlay/upper,workdir=/tmp/guest-overlay/work";
    run("mount", &["-t", "overlay", "-o", options, "overlay", "/tmp/guest-overlay/merged"]);
    fs::write(base.join("merged/dropped"), "dropped").unwrap();
    let (image, upper) = (fs::read(base.join("merged/from-image")), fs::read(base.join("upper/dropped")));
    run("umount", &["/tmp/guest-overlay/merged"]);
    assert_eq!((image.unwrap(), upper.unwrap()), (b"image".to_vec(), b"dropped".to_vec()));
}

#[test]
fn loopback_carries_a_connection() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
}
