//! A pid namespace and an overlay of the test's own: when the namespace began, and which layer holds a program.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use avouch_event::{Item, ProcessEntry};
use avouch_procfs::{Options, Procfs};

/// Ended with everything in its namespace.
struct Inside(Child);

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

const SCRIPT: &str = r#"
cd "$1" || exit
mount -t overlay overlay -o "lowerdir=$1/lower,upperdir=$1/upper,workdir=$1/work" merged || exit
cp merged/image-program merged/own-program || exit
merged/image-program 1000 &
merged/own-program 1000 &
echo ready
wait
"#;

#[test]
fn layers_and_the_start_of_a_namespace() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["lower", "upper", "work", "merged"] {
        std::fs::create_dir(dir.path().join(name)).unwrap();
    }
    let sleep = std::fs::canonicalize("/bin/sleep").unwrap();
    std::fs::copy(sleep, dir.path().join("lower/image-program")).unwrap();
    let started = Command::new("unshare")
        .args(["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", SCRIPT, "sh"])
        .arg(dir.path())
        .stdout(Stdio::piped())
        .spawn();
    let mut child = match started {
        Ok(child) => Inside(child),
        Err(e) => return println!("skipped: no `unshare` here: {e}"),
    };
    let mut line = String::new();
    BufReader::new(child.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    if line != "ready\n" {
        return println!("skipped: namespaces and an overlay may not be made here");
    }

    let mut procfs = Procfs::open(Options::default()).unwrap();
    let boot = procfs.boot_time();
    let merged = dir.path().canonicalize().unwrap().join("merged").into_os_string().into_encoded_bytes();
    // The shell may have forked what has not executed yet: read until both run.
    let (image, own) = loop {
        assert!(child.0.try_wait().unwrap().is_none(), "the namespace ended");
        let (mut image, mut own) = (None, None);
        procfs.scan(&mut |item| {
            if let Item::Process(p) = item
                && p.exepath.starts_with(&merged)
            {
                let layers = (p.exe_upper_layer, p.exe_lower_layer);
                let said = (p.tid, p.vtid, p.ptid, layers, p.pidns_init_start_ts);
                *(if p.exepath.ends_with(b"/image-program") { &mut image } else { &mut own }) = Some(said);
            }
        });
        if let (Some(image), Some(own)) = (image, own) {
            break (image, own);
        }
    };
    assert_eq!((image.3, own.3), ((false, true), (true, false)), "upper, lower");
    assert!(image.0 != image.1 && image.1 > 1 && own.1 > 1, "numbers of the namespace");

    // Their parent is the namespace's first process.
    let first = procfs.facts(image.2).unwrap();
    assert_eq!((first.vpid, first.nested), (1, true));
    let start = boot + first.start_ns;
    assert_eq!((image.4, own.4, first.pidns_init_start_ts), (start, start, start));
    let mut outside = None;
    procfs.process(i64::from(std::process::id()), false, &mut |item| {
        if let Item::Process(ProcessEntry { pidns_init_start_ts, tid, vtid, .. }) = item {
            assert_eq!(tid, vtid);
            outside = Some(*pidns_init_start_ts);
        }
    });
    assert_eq!(outside, Some(boot), "the machine's own namespace began with it");
}
