//! Facts told in the midst of events.

use std::net::IpAddr;

use avouch_event::{EventBuf, EventType, FdEntry, FdKind, Item, L4Proto, ProcessEntry, types};

use super::{IN_CONTAINER, Machine};
use crate::{FdType, Role, State, clone_flags};

/// Addresses of a socket: network byte order, ports as numbers.
fn inet(e: &mut EventBuf, fd: i32, ty: u16, proto: u16, local: (&str, u16), remote: (&str, u16), ino: u64) {
    let ip = |s: &str| match s.parse::<IpAddr>().unwrap() {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    e.push(&fd.to_le_bytes()).push_u16(ty).push_u16(proto);
    e.push(&ip(local.0)).push_u16(local.1).push(&ip(remote.0)).push_u16(remote.1).push_u64(ino);
}

fn regular(e: &mut EventBuf, fd: i32, path: &[u8], flags: u32, ino: u64) {
    e.push(&fd.to_le_bytes()).push_charbuf(path).push_u32(flags).push_u32(5).push_u64(ino);
}

fn plain(e: &mut EventBuf, fd: i32, path: &[u8], ino: u64) {
    e.push(&fd.to_le_bytes()).push_charbuf(path).push_u64(ino);
}

fn fd(m: &Machine, tid: i64, n: i64) -> crate::Fd {
    let t = m.thread(tid);
    m.state.fd(t, n).cloned().unwrap_or_else(|| panic!("descriptor {n} of {tid} is known"))
}

/// What the state holds after the same fact came with a snapshot.
fn by_snapshot(entry: FdEntry<'_>) -> crate::Fd {
    let mut state = State::default();
    state.apply(&Item::Process(ProcessEntry { tid: 10, pid: 10, ..ProcessEntry::default() }));
    let n = entry.fd;
    state.apply(&Item::Fd(10, entry));
    state.apply(&Item::SnapshotEnd);
    state.fd(state.find(10).unwrap(), n).unwrap().clone()
}

const INET: EventType = types::ITER_TASK_FILE_SOCKET_INET_E;
const INET6: EventType = types::ITER_TASK_FILE_SOCKET_INET6_E;

#[test]
fn every_kind_is_what_a_snapshot_makes_of_it() {
    let mut m = Machine::new();
    let addr = |s: &str, port| (s.parse().unwrap(), port);
    m.event(10, types::ITER_TASK_FILE_REGULAR_E, |e| regular(e, 3, b"/etc/x", 0x1001 | 1 << 15, 7));
    let flags = 0x1001 | 1 << 15;
    let kind = FdKind::File { name: b"/etc/x", open_flags: flags, dev: 0 };
    assert_eq!(fd(&m, 10, 3), by_snapshot(FdEntry { fd: 3, ino: 7, kind }));
    assert!(fd(&m, 10, 3).upper_layer && fd(&m, 10, 3).cloexec);

    m.event(10, types::ITER_TASK_FILE_DIRECTORY_E, |e| plain(e, 4, b"/etc", 8));
    assert_eq!(fd(&m, 10, 4), by_snapshot(FdEntry { fd: 4, ino: 8, kind: FdKind::Directory { name: b"/etc" } }));
    m.event(10, types::ITER_TASK_FILE_PIPE_E, |e| plain(e, 5, b"pipe:[9]", 9));
    assert_eq!(fd(&m, 10, 5), by_snapshot(FdEntry { fd: 5, ino: 9, kind: FdKind::Fifo { name: b"pipe:[9]" } }));
    m.event(10, types::ITER_TASK_FILE_MEMFD_E, |e| plain(e, 6, b"/memfd:x", 10));
    assert_eq!(fd(&m, 10, 6), by_snapshot(FdEntry { fd: 6, ino: 10, kind: FdKind::Memfd { name: b"/memfd:x" } }));

    m.event(10, INET, |e| inet(e, 7, 1, 6, ("10.0.0.1", 4000), ("8.8.8.8", 443), 11));
    let (source, dest) = (addr("10.0.0.1", 4000), addr("8.8.8.8", 443));
    let kind = FdKind::Socket { source, dest, proto: L4Proto::Tcp };
    assert_eq!(fd(&m, 10, 7), by_snapshot(FdEntry { fd: 7, ino: 11, kind }));
    assert_eq!((fd(&m, 10, 7).role, &*fd(&m, 10, 7).name), (Role::Client, &b"10.0.0.1:4000->8.8.8.8:443"[..]));
    m.event(10, INET6, |e| inet(e, 8, 1, 0, ("::", 80), ("::", 0), 12));
    let kind = FdKind::ServerSocket { local: addr("::", 80), proto: L4Proto::Tcp };
    assert_eq!(fd(&m, 10, 8), by_snapshot(FdEntry { fd: 8, ino: 12, kind }));
    m.event(10, INET6, |e| inet(e, 9, 2, 17, ("::ffff:1.2.3.4", 5), ("::ffff:5.6.7.8", 6), 13));
    assert_eq!((fd(&m, 10, 9).ty, fd(&m, 10, 9).proto), (FdType::Ipv4, L4Proto::Udp));

    m.event(10, types::ITER_TASK_FILE_SOCKET_UNIX_E, |e| {
        e.push(&10i32.to_le_bytes()).push_u16(1).push_u16(0).push_u64(0xabc).push_charbuf(b"/run/x").push_u64(14);
    });
    let kind = FdKind::Unix { source: 0xabc, dest: 0, name: b"/run/x" };
    assert_eq!(fd(&m, 10, 10), by_snapshot(FdEntry { fd: 10, ino: 14, kind }));
    m.event(10, types::ITER_TASK_FILE_SOCKET_NETLINK_E, |e| {
        e.push(&11i32.to_le_bytes()).push_u16(3).push_u16(0).push_u64(15);
    });
    assert_eq!(fd(&m, 10, 11).ty, FdType::Netlink);
    for (code, ty) in [(0, FdType::Unsupported), (1, FdType::Event), (8, FdType::Pidfd), (12, FdType::Bpf)] {
        m.event(10, types::ITER_TASK_FILE_ANON_INODE_E, |e| {
            e.push(&12i32.to_le_bytes()).push_u8(code).push_charbuf(b"anon_inode:[x]").push_u64(16);
        });
        assert_eq!(fd(&m, 10, 12).ty, ty);
    }
    assert_eq!(m.state.counters().malformed_events, 0);
    assert_eq!(m.state.counters().unknown_threads, 0);
}

#[test]
fn what_calls_told_is_kept() {
    let mut m = Machine::new();
    m.open(10, 3, b"x", 0x1001);
    let opened = fd(&m, 10, 3);
    m.event(10, types::ITER_TASK_FILE_REGULAR_E, |e| regular(e, 3, b"/home/u/x", 1, 77));
    assert_eq!(fd(&m, 10, 3), opened, "the same inode: close-on-exec and the path as given stay");
    m.event(10, types::ITER_TASK_FILE_REGULAR_E, |e| regular(e, 3, b"/etc/y", 1, 78));
    assert_eq!((&*fd(&m, 10, 3).name, fd(&m, 10, 3).cloexec), (&b"/etc/y"[..], false), "another file");

    // socket(SOCK_CLOEXEC), and a connect that nobody collected.
    m.event(10, types::SOCKET_X, |e| {
        e.push_i64(4).push_u32(2).push_u32(0o2_000_001).push_u32(0).push_u32(0);
    });
    m.event(10, INET, |e| inet(e, 4, 1, 6, ("0.0.0.0", 0), ("0.0.0.0", 0), 5));
    assert_eq!((fd(&m, 10, 4).cloexec, fd(&m, 10, 4).ino, fd(&m, 10, 4).connected), (true, 5, false));
    m.event(10, INET, |e| inet(e, 4, 1, 6, ("10.0.0.1", 4000), ("8.8.8.8", 443), 5));
    let connected = fd(&m, 10, 4);
    assert_eq!((connected.cloexec, connected.connected, connected.role), (true, true, Role::Client));
    assert_eq!(&*connected.name, b"10.0.0.1:4000->8.8.8.8:443");
}

#[test]
fn a_socket_without_a_peer_is_no_connection() {
    let mut m = Machine::new();
    m.event(10, INET, |e| inet(e, 3, 1, 6, ("0.0.0.0", 0), ("0.0.0.0", 0), 5));
    let made = fd(&m, 10, 3);
    assert_eq!((made.ty, made.role, made.connected, &*made.name), (FdType::Ipv4, Role::None, false, &b""[..]));
}

#[test]
fn who_listens_nearby_serves() {
    let mut m = Machine::new();
    m.event(10, INET, |e| inet(e, 3, 1, 6, ("0.0.0.0", 22), ("0.0.0.0", 0), 5));
    assert_eq!((fd(&m, 10, 3).ty, fd(&m, 10, 3).role), (FdType::Ipv4Server, Role::Server));
    m.fork(10, 20);
    m.close(20, 3);
    m.event(20, INET, |e| inet(e, 4, 1, 6, ("10.0.0.1", 22), ("10.0.0.9", 4000), 6));
    let taken = fd(&m, 20, 4);
    assert_eq!((taken.role, &*taken.name), (Role::Server, &b"10.0.0.9:4000->10.0.0.1:22"[..]));
    let kept = taken.clone();
    m.event(20, INET, |e| inet(e, 4, 1, 6, ("10.0.0.1", 22), ("10.0.0.9", 4000), 6));
    assert_eq!(fd(&m, 20, 4), kept);
}

#[test]
fn bound_datagram_sockets_keep_whom_they_spoke_with() {
    let mut m = Machine::new();
    m.event(10, types::SOCKET_X, |e| {
        e.push_i64(3).push_u32(2).push_u32(2).push_u32(17).push_u32(0);
    });
    m.event(10, types::SENDTO_X, |e| {
        let tuple = [2, 10, 0, 0, 1, 0xa0, 0x0f, 8, 8, 8, 8, 53, 0];
        e.push_i64(1).push(b"x").push_i64(3).push_u32(1).push(&tuple);
    });
    let spoke = fd(&m, 10, 3);
    assert_eq!((spoke.role, &*spoke.name), (Role::Client, &b"10.0.0.1:4000->8.8.8.8:53"[..]));
    m.event(10, INET, |e| inet(e, 3, 2, 17, ("0.0.0.0", 4000), ("0.0.0.0", 0), 0));
    assert_eq!(fd(&m, 10, 3), spoke);
}

#[test]
fn facts_of_unknown_threads_make_placeholders() {
    let mut m = Machine::new();
    m.event(99, types::ITER_TASK_FILE_REGULAR_E, |e| regular(e, 3, b"/etc/x", 1, 7));
    assert!(m.thread(99).placeholder);
    assert_eq!(&*fd(&m, 99, 3).name, b"/etc/x");
    assert_eq!(m.state.counters().placeholder_threads, 1);
    m.event(99, types::ITER_TASK_FILE_PIPE_E, |_| {});
    m.event(99, types::ITER_TASK_FILE_PIPE_E, |e| plain(e, -1, b"pipe:[1]", 1));
    assert_eq!(m.state.counters().malformed_events, 2);
}

/// A task event; `ids` are ppid, vtgid, vpid.
fn task(e: &mut EventBuf, ids: [i32; 3], comm: &[u8], argv: &[u8], cgroups: &[u8]) {
    let id = |e: &mut EventBuf, n: i32| {
        e.push(&n.to_le_bytes());
    };
    for n in [ids[0], 40, 4, 39] {
        id(e, n);
    }
    e.push_charbuf(comm)
        .push(argv)
        .push_charbuf(b"/bin/x (deleted)")
        .push_u32(0b0110)
        .push(b"A=1\0")
        .push_charbuf(b"/srv");
    e.push_u64(1024).push_u32(1001).push_u32(1002).push_u64(1).push_u64(2).push_u64(4);
    e.push_u64(50).push_u64(51).push_u64(52).push_u32(60).push_u32(61).push_u32(62).push_u64(70).push_u64(71);
    id(e, ids[1]);
    id(e, ids[2]);
    e.push_u64(9).push(cgroups).push_charbuf(b"/").push_u64(5).push_u32(34_816).push_u32(1000);
}

#[test]
fn a_task_is_what_a_snapshot_makes_of_it() {
    let mut m = Machine::new();
    m.event(40, types::ITER_TASK_E, |e| task(e, [10, 40, 40], b"x", b"./x\0-a\0b c\0", b"cpu=/\0"));
    assert_eq!((m.state.counters().placeholder_threads, m.state.counters().unknown_threads), (0, 0));
    let t = m.thread(40);
    assert_eq!((t.pid, t.ptid, t.pgid, t.vpgid, t.sid, t.vtid, t.vpid), (40, 10, 40, 4, 39, 40, 40));
    assert_eq!((&*t.exe, &*t.exepath, &*t.env, &*t.cwd), (&b"./x"[..], &b"/bin/x"[..], &b"A=1\0"[..], &b"/srv/"[..]));
    assert_eq!((t.comm(), t.cmdline.args().collect::<Vec<_>>()), (&b"x"[..], vec![&b"-a"[..], b"b c"]));
    assert_eq!((t.fdlimit, t.uid, t.gid, t.tty, t.loginuid), (1024, 1001, 1002, 34_816, 1000));
    assert_eq!((t.caps.permitted, t.caps.effective, t.caps.inheritable), (1, 2, 4));
    assert_eq!((t.vmsize, t.vmrss, t.vmswap, t.pfmajor, t.pfminor), (60, 61, 62, 70, 71));
    assert_eq!((t.exe_file.ino, t.exe_file.ctime, t.exe_file.mtime), (50, 51, 52));
    assert!(t.exe_file.upper_layer && t.exe_file.from_memfd && !t.exe_file.writable && !t.placeholder);
    assert_eq!(m.state.parent(t).map(|p| p.tid), Some(10));
    assert_eq!(m.state.live_threads(t), 1);
    assert_eq!(m.state.current().first_timestamp(), 0, "facts do not start the clock");
}

#[test]
fn placeholders_learn_who_they_are_and_keep_their_descriptors() {
    let mut m = Machine::new();
    m.event(40, types::ITER_TASK_FILE_REGULAR_E, |e| regular(e, 3, b"/etc/x", 1, 7));
    m.event(40, types::ITER_TASK_E, |e| task(e, [10, 40, 40], b"x", b"x\0", IN_CONTAINER));
    assert!(!m.thread(40).placeholder && !m.thread(40).is_invalid());
    assert_eq!(&*fd(&m, 40, 3).name, b"/etc/x");
    assert_eq!(m.state.container(m.thread(40)).map(|c| &*c.id), Some(&b"aaaaaaaaaaaa"[..]));
    assert_eq!(m.state.parent(m.thread(40)).map(|p| p.tid), Some(10));
}

#[test]
fn known_threads_keep_children_descriptors_and_what_is_not_told() {
    let mut m = Machine::new();
    m.open(10, 3, b"x", 1);
    m.fork(10, 20);
    m.event(10, types::ITER_TASK_E, |e| {
        e.push(&1i32.to_le_bytes());
    });
    let t = m.thread(10);
    assert_eq!((t.comm(), &*t.exe, &*t.cwd, &*t.env), (&b"sh"[..], &b"-sh"[..], &b"/home/u/"[..], &b"A=1\0B=2\0"[..]));
    assert_eq!((t.sid, t.loginuid, t.ptid), (10, 1000, 1));
    m.event(10, types::ITER_TASK_E, |e| task(e, [1, 10, 10], b"y", b"y\0", b"cpu=/\0"));
    assert_eq!((m.thread(10).comm(), m.thread(10).uid), (&b"y"[..], 1001));
    assert_eq!(m.fd_name(10, 3).as_deref(), Some("/home/u/x"));
    assert_eq!(m.state.parent(m.thread(20)).map(|p| p.tid), Some(10));
    m.event(20, types::ITER_TASK_E, |e| task(e, [1, 20, 20], b"y", b"y\0", b"cpu=/\0"));
    assert_eq!(m.state.parent(m.thread(20)).map(|p| p.tid), Some(1), "it moved in the family");
}

#[test]
fn threads_find_their_leader() {
    let mut m = Machine::new();
    m.event(11, types::ITER_TASK_E, |e| task(e, [1, 10, 11], b"t", b"t\0", b"cpu=/\0"));
    let t = m.thread(11);
    assert_eq!((t.pid, t.flags & clone_flags::THREAD), (10, clone_flags::THREAD));
    assert_eq!(m.state.live_threads(t), 2);
    assert_eq!(m.state.cwd(t), b"/home/u/", "the leader's");
    // In a container: numbers of the container alone.
    m.event(50, types::ITER_TASK_E, |e| task(e, [10, 1, 1], b"c", b"c\0", IN_CONTAINER));
    assert_eq!((m.thread(50).pid, m.thread(50).vtid, m.thread(50).pidns_init_start_ts), (50, 1, 1_009));
    m.event(51, types::ITER_TASK_E, |e| task(e, [10, 1, 7], b"c", b"c\0", IN_CONTAINER));
    assert_eq!((m.thread(51).pid, m.thread(51).vpid, m.thread(51).vtid), (50, 1, 7));
    m.event(52, types::ITER_TASK_E, |e| task(e, [10, 77, 78], b"c", b"c\0", IN_CONTAINER));
    assert!(m.state.find(52).is_none(), "no leader, nothing to tell");
    assert_eq!(m.state.counters().malformed_events, 1);
}

#[test]
fn a_number_used_again_is_another_thread() {
    let mut m = Machine::new();
    m.spawn_thread(10, 30);
    m.event(30, types::ITER_TASK_E, |e| task(e, [10, 30, 30], b"n", b"n\0", b"cpu=/\0"));
    assert_eq!((m.thread(30).pid, m.state.live_threads(m.thread(10))), (30, 1));
}
