//! Files of /proc, whose names, arguments, paths and sockets a process chooses.

use avouch_procfs::parse;

/// Most mounts that are taken, so that short inputs reach the limit.
const MOUNTS: usize = 4;

/// Whatever a file holds can be parsed, and nothing that comes out is longer than what went in allows.
pub fn procfs(data: &[u8]) {
    let (first, rest) = data.split_at(data.len().min(1));
    let file = first.first().copied().unwrap_or(0);
    match file % 6 {
        0 => {
            if let Some(stat) = parse::stat(rest) {
                assert!(stat.comm.len() + 2 <= rest.len());
            }
        }
        1 => {
            if let Some(status) = parse::status(rest) {
                assert!(status.tgid > 0);
            }
        }
        2 => {
            // The machine names the controllers, the process its cgroup.
            let mut list = Vec::new();
            parse::cgroups(rest, b"cpuset cpu io memory hugetlb pids rdma misc\n", &mut list);
            assert!(list.is_empty() || list.ends_with(b"\0"));
            for entry in list.split(|b| *b == 0).filter(|e| !e.is_empty()) {
                assert!(entry.contains(&b'='));
            }
        }
        3 => {
            let (mounts, left) = parse::mounts(rest, MOUNTS);
            assert!(mounts.len() <= MOUNTS && mounts.len() + left <= rest.len());
            for mount in &mounts {
                assert!(mount.mount_point.len() + mount.source.len() <= rest.len());
                if let Some(upper) = mount.super_option(b"upperdir") {
                    assert!(upper.len() <= rest.len());
                }
                if let Some(below) = mount.below(rest) {
                    assert!(rest.ends_with(below));
                }
            }
        }
        4 => {
            for line in rest.split(|b| *b == b'\n') {
                assert!(parse::inet_row(line).is_none_or(|r| r.local.0.is_ipv4() || line.len() > 32));
                assert!(parse::netlink_inode(line).is_none() || line.len() > 18);
                if let Some(row) = parse::unix_row(line) {
                    assert!(line.ends_with(row.path));
                }
            }
        }
        _ => {
            // The key and one digit.
            assert!(parse::open_files(rest).is_none() || rest.len() > "Max open files".len());
            let (exe, args) = parse::argv(rest);
            assert!(!exe.contains(&0) && exe.len() + args.len() <= rest.len());
            for line in rest.split(|b| *b == b'\n') {
                if let Some(user) = parse::user(line, b"c") {
                    assert!(!user.name.is_empty() && user.name.len() < line.len());
                }
                if let Some(group) = parse::group(line, b"c") {
                    assert!(!group.name.is_empty());
                }
            }
        }
    }
}
