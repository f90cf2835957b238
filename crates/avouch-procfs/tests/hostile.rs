//! Any bytes are taken: a process chooses its name, its arguments, its paths and its sockets' names.

#![allow(clippy::unwrap_used, reason = "a test")]

use avouch_procfs::parse;
use proptest::collection::vec;
use proptest::prelude::*;

/// Bytes of the kind that the files are made of, so that the parsers get further than their first word.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::sample::select(vec![
        &b" "[..],
        b"\n",
        b":",
        b"(",
        b")",
        b"-",
        b"\\",
        b"\\040",
        b"\0",
        b",",
        b"=",
        b"/",
        b"0",
        b"18446744073709551616",
        b"-1",
        b"0A",
        b"0100007F:1F90",
        b"Tgid:\t",
        b"NSpid:\t",
        b"CapEff:\t",
        b"Max open files",
        b"unlimited",
        b" - overlay ",
        b"upperdir=",
        b"name=",
        b"0::/x",
        b"\xff\xfe",
    ]);
    prop_oneof![vec(any::<u8>(), 0..300), vec(words, 0..80).prop_map(|w| w.concat())]
}

proptest! {
    #[test]
    fn nothing_panics_and_nothing_grows(bytes in text(), controllers in text()) {
        let stat = parse::stat(&bytes);
        prop_assert!(stat.is_none_or(|s| s.comm.len() < bytes.len()));
        prop_assert!(parse::status(&bytes).is_none_or(|s| s.tgid > 0));
        let mut list = Vec::new();
        parse::cgroups(&bytes, &controllers, &mut list);
        // Each line stands once for each of its names, each name with the path.
        let lines = bytes.split(|b| *b == b'\n').count();
        prop_assert!(list.len() <= (bytes.len() + 16) * (controllers.len() + bytes.len() + 2) * lines.max(1));
        prop_assert!(list.is_empty() || list.ends_with(b"\0"));
        let (mounts, left) = parse::mounts(&bytes, 2);
        prop_assert!(mounts.len() <= 2 && mounts.len() + left <= lines);
        for m in &mounts {
            prop_assert!(m.mount_point.len() + m.root.len() < bytes.len());
            prop_assert!(m.below(&bytes).is_none_or(|b| bytes.ends_with(b)));
            prop_assert!(m.super_option(b"upperdir").is_none_or(|u| u.len() < bytes.len()));
        }
        prop_assert!(parse::open_files(&bytes).is_none() || bytes.len() > 15);
        for line in bytes.split(|b| *b == b'\n') {
            prop_assert!(parse::inet_row(line).is_none_or(|r| r.local.0.is_ipv4() || line.len() > 32));
            prop_assert!(parse::unix_row(line).is_none_or(|r| line.ends_with(r.path)));
            prop_assert!(parse::netlink_inode(line).is_none() || line.len() > 18);
            prop_assert!(parse::user(line, b"").is_none_or(|u| !u.name.is_empty()));
            prop_assert!(parse::group(line, b"").is_none_or(|g| !g.name.is_empty()));
        }
        let (exe, args) = parse::argv(&bytes);
        prop_assert!(!exe.contains(&0) && exe.len() + args.len() <= bytes.len());
    }

    #[test]
    fn a_name_cannot_move_the_numbers(comm in vec(any::<u8>(), 0..16), ppid in 0..5_000_000_i64, start in any::<u64>()) {
        let mut line = b"77 (".to_vec();
        line.extend(&comm);
        line.extend(format!(") S {ppid} 2 3 0 -1 4194304 1 0 2 0 0 0 0 0 20 0 9 0 {start} 1 1").bytes());
        line.extend(b" 1 1 1 1 1 1 0 0 0 0 0 0 0 17 3 0 0 0 0 0\n");
        let stat = parse::stat(&line).unwrap();
        prop_assert_eq!((stat.comm, stat.ppid, stat.starttime, stat.processor), (&*comm, ppid, start, 3));
    }

    #[test]
    fn paths_of_sockets_are_taken_whole(path in vec(any::<u8>().prop_filter("a line", |b| *b != b'\n'), 0..108)) {
        let mut line = b"0000000000000000: 00000002 00000000 00010000 0001 01 42".to_vec();
        if !path.is_empty() {
            line.push(b' ');
            line.extend(&path);
        }
        let row = parse::unix_row(&line).unwrap();
        prop_assert_eq!((row.inode, row.path), (42, &*path));
    }
}
