//! Files of /proc of real containers, of podman, containerd, its CRI, and kubelet.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

use std::path::{Path, PathBuf};

use avouch_event::{Item, ProcessEntry};
use avouch_procfs::parse;
use avouch_state::State;

/// Folders of containers; none, which is said, in a clone without recordings.
fn containers() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/testdata/containers");
    if !dir.is_dir() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "recordings missing: {}", dir.display());
        println!("skipped: no recordings at {}", dir.display());
        return Vec::new();
    }
    let mut found: Vec<_> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    found.retain(|p| p.join("proc_cgroup").is_file());
    found.sort();
    assert!(found.len() > 15);
    found
}

fn read(dir: &Path, name: &str) -> Vec<u8> {
    std::fs::read(dir.join(name)).unwrap()
}

/// The container that the state finds in a list of cgroups.
fn container_of(cgroups: &[u8]) -> String {
    let mut state = State::default();
    state.apply(&Item::Process(ProcessEntry { tid: 5, pid: 5, cgroups, ..ProcessEntry::default() }));
    let found = state.container(state.find(5).unwrap()).map(|c| c.id.to_vec()).unwrap_or_default();
    String::from_utf8(found).unwrap()
}

#[test]
fn cgroups_name_the_container_by_version_one_and_two() {
    for dir in containers() {
        let text = read(&dir, "proc_cgroup");
        let path = parse_v2(&text);
        let last = path.rsplit(['/', '-']).next().unwrap();
        let expected = if last.len() == 64 { &last[..12] } else { last };
        let mut list = Vec::new();
        parse::cgroups(&text, b"hugetlb", &mut list);
        assert_eq!(container_of(&list), expected, "{}", dir.display());
        let entries: Vec<&[u8]> = list.split(|b| *b == 0).filter(|e| !e.is_empty()).collect();
        assert!(entries.contains(&format!("memory={path}").as_bytes()), "{}", dir.display());
        assert!(entries.contains(&b"hugetlb=/".as_slice()));

        // The same on a machine with version 2 alone, with its controllers known or not.
        let line = format!("0::{path}\n");
        for controllers in [&b"cpuset cpu io memory pids\n"[..], b""] {
            list.clear();
            parse::cgroups(line.as_bytes(), controllers, &mut list);
            assert_eq!(container_of(&list), expected, "{}", dir.display());
        }
    }
}

fn parse_v2(text: &[u8]) -> String {
    let text = String::from_utf8(text.to_vec()).unwrap();
    text.lines().find_map(|l| l.strip_prefix("0::")).unwrap().to_owned()
}

#[test]
fn statuses_tell_ids_and_capabilities() {
    for dir in containers() {
        let name = dir.file_name().unwrap().to_str().unwrap().to_owned();
        let text = read(&dir, "proc_status");
        let status = parse::status(&text).unwrap();
        let line = |key: &str| {
            let text = String::from_utf8_lossy(&text).into_owned();
            let line = text.lines().find_map(|l| l.strip_prefix(key).map(str::to_owned)).unwrap();
            line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };
        let namespaced = line("NSpid:");
        assert_eq!(status.tgid.to_string(), line("Tgid:")[0], "{name}");
        assert_eq!(status.nested, namespaced.len() > 1, "{name}");
        assert_eq!(status.vtid.to_string(), *namespaced.last().unwrap(), "{name}");
        assert_eq!(status.uid.to_string(), line("Uid:")[1], "{name}");
        assert_eq!(format!("{:016x}", status.cap_effective), line("CapEff:")[0], "{name}");
        assert_eq!(status.vmrss.to_string(), line("VmRSS:")[0], "{name}");
    }
    let Some(dir) = containers().into_iter().find(|d| d.ends_with("podman-c2")) else { return };
    let status = parse::status(&read(&dir, "proc_status")).unwrap();
    assert_eq!((status.tgid, status.vtid, status.vpid, status.vpgid, status.nested), (22433, 1, 1, 1, true));
    assert_eq!((status.uid, status.gid, status.vmsize, status.vmrss, status.vmswap), (0, 0, 2268, 1580, 0));
    let dir = dir.with_file_name("podman-c6");
    let status = parse::status(&read(&dir, "proc_status")).unwrap();
    assert_eq!((status.uid, status.cap_effective, status.cap_permitted), (65534, 0, 0), "all dropped, no root");
}

#[test]
fn mounts_tell_the_overlay_and_its_upper_layer() {
    for dir in containers() {
        let text = read(&dir, "proc_mountinfo");
        let (mounts, left) = parse::mounts(&text, 1000);
        assert_eq!((mounts.len(), left), (text.split(|b| *b == b'\n').filter(|l| !l.is_empty()).count(), 0));
        let proc = mounts.iter().find(|m| m.mount_point == b"/proc").unwrap();
        assert_eq!(proc.fs_type, b"proc", "{}", dir.display());
        let root = mounts.iter().find(|m| m.mount_point == b"/").unwrap();
        if root.fs_type == b"overlay" {
            let upper = root.super_option(b"upperdir");
            let read_only = root.super_options.starts_with(b"ro");
            assert!(read_only || upper.as_ref().is_some_and(|u| u.starts_with(b"/")), "{}", dir.display());
            assert_eq!(root.below(b"/bin/sh"), Some(&b"bin/sh"[..]));
        }
    }
    let Some(dir) = containers().into_iter().find(|d| d.ends_with("podman-c2")) else { return };
    let (mounts, _) = parse::mounts(&read(&dir, "proc_mountinfo"), 1000);
    let root = &mounts[0];
    assert_eq!((root.id, root.parent, root.dev, &*root.source), (162, 83, (0, 64), &b"overlay"[..]));
    let upper = "/var/lib/containers/storage/overlay/\
        6e33fc185948154714f7ec9fac7431ca33dfcd3bde854f29073b4caa8a99d020/diff";
    assert_eq!(root.super_option(b"upperdir").as_deref(), Some(upper.as_bytes()));
}

#[test]
fn environments_are_lists() {
    for dir in containers() {
        let env = read(&dir, "proc_environ");
        let state = {
            let mut state = State::default();
            let entry = ProcessEntry { tid: 5, pid: 5, env: &env, ..ProcessEntry::default() };
            state.apply(&Item::Process(entry));
            state
        };
        let vars: Vec<_> = state.find(5).unwrap().env_vars().map(<[u8]>::to_vec).collect();
        assert_eq!(vars.is_empty(), env.is_empty());
        assert!(vars.iter().all(|v| v.contains(&b'=')), "{}", dir.display());
    }
}
