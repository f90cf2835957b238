//! What the writer writes reads back as the same items.

#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use std::net::IpAddr;

use avouch_event::{
    EVENTS, EventBuf, EventFlags, EventType, FdEntry, FdKind, GroupEntry, InterfaceAddr, InterfaceEntry, Item, L4Proto,
    MachineInfo, ProcessEntry, UserEntry,
};
use avouch_scap::{Capture, Writer};
use proptest::collection::vec;
use proptest::prelude::*;
use support::{describe, read_all};

/// An owned item.
#[derive(Clone, Debug)]
enum Made {
    Machine(u32, u64, Vec<u8>),
    Process([i64; 8], [u64; 10], [u32; 8], [bool; 4], Vec<Vec<u8>>),
    Fd(i64, i64, u64, u8, Vec<u8>, [(IpAddr, u16); 2], u8),
    Interface(Vec<u8>, [IpAddr; 3], u64),
    User(u32, u32, [Vec<u8>; 3]),
    Group(u32, Vec<u8>),
    Reset,
    Event(EventBuf),
}

impl Made {
    fn item(&self) -> Item<'_> {
        match self {
            Self::Machine(cpus, n, hostname) => {
                Item::Machine(MachineInfo { cpus: *cpus, memory_bytes: *n, max_pid: n / 3, hostname, boot_time: n / 7 })
            }
            Self::Process(i, u, w, b, s) => Item::Process(ProcessEntry {
                tid: i[0],
                pid: i[1],
                ptid: i[2],
                sid: i[3],
                vpgid: i[4],
                pgid: i[5],
                vtid: i[6],
                vpid: i[7],
                fdlimit: i[0] ^ i[7],
                pfmajor: u[0],
                pfminor: u[1],
                pidns_init_start_ts: u[2],
                cap_inheritable: u[3],
                cap_permitted: u[4],
                cap_effective: u[5],
                exe_ino: u[6],
                exe_ino_ctime: u[7],
                exe_ino_mtime: u[8],
                flags: w[0],
                uid: w[1],
                gid: w[2],
                vmsize: w[3],
                vmrss: w[4],
                vmswap: w[5],
                tty: w[6],
                loginuid: w[7],
                exe_writable: b[0],
                exe_upper_layer: b[1],
                exe_lower_layer: b[2],
                exe_from_memfd: b[3],
                comm: &s[0],
                exe: &s[1],
                exepath: &s[2],
                args: &s[3],
                cwd: &s[4],
                env: &s[5],
                cgroups: &s[6],
                root: &s[7],
            }),
            Self::Fd(tid, fd, ino, kind, name, [source, dest], proto) => {
                let (source, dest, proto) = (*source, *dest, L4Proto::from_code(*proto));
                let kind = match kind % 18 {
                    0 => FdKind::File { name, open_flags: 7, dev: 9 },
                    1 => FdKind::Directory { name },
                    2 => FdKind::Fifo { name },
                    3 => FdKind::Unsupported { name },
                    4 => FdKind::Event { name },
                    5 => FdKind::Signalfd { name },
                    6 => FdKind::Eventpoll { name },
                    7 => FdKind::Inotify { name },
                    8 => FdKind::Timerfd { name },
                    9 => FdKind::Netlink { name },
                    10 => FdKind::Bpf { name },
                    11 => FdKind::Userfaultfd { name },
                    12 => FdKind::IoUring { name },
                    13 => FdKind::Memfd { name },
                    14 => FdKind::Pidfd { name },
                    // Ends of different families have no form of their own in the format.
                    15 if source.0.is_ipv4() == dest.0.is_ipv4() => FdKind::Socket { source, dest, proto },
                    15 | 16 => FdKind::ServerSocket { local: source, proto },
                    _ => FdKind::Unix { source: *ino, dest: 3, name },
                };
                Item::Fd(*tid, FdEntry { fd: *fd, ino: *ino, kind })
            }
            Self::Interface(name, [addr, mask, broadcast], link_speed) => Item::Interface(InterfaceEntry {
                name,
                addr: InterfaceAddr { addr: *addr, mask: *mask, broadcast: *broadcast },
                link_speed: *link_speed,
            }),
            Self::User(uid, gid, [name, home, shell]) => {
                Item::User(UserEntry { uid: *uid, gid: *gid, name, home, shell, container_id: b"" })
            }
            Self::Group(gid, name) => Item::Group(GroupEntry { gid: *gid, name, container_id: b"" }),
            Self::Reset => Item::Reset,
            Self::Event(buf) => Item::Event(buf.event()),
        }
    }
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..40)
}

/// Addresses of one family.
fn addresses<const N: usize>() -> impl Strategy<Value = [IpAddr; N]> {
    any::<(bool, [[u8; 16]; N])>()
        .prop_map(|(v4, raw)| raw.map(|r| if v4 { IpAddr::from([r[0], r[1], r[2], r[3]]) } else { IpAddr::from(r) }))
}

fn fact() -> impl Strategy<Value = Made> {
    // A host name is text: it ends at the first NUL.
    let host = vec(1..=u8::MAX, 0..128);
    prop_oneof![
        (any::<u32>(), any::<u64>(), host).prop_map(|(c, n, h)| Made::Machine(c, n, h)),
        (any::<[i64; 8]>(), any::<[u64; 10]>(), any::<[u32; 8]>(), any::<[bool; 4]>(), vec(bytes(), 8))
            .prop_map(|(i, u, w, b, s)| Made::Process(i, u, w, b, s)),
        ((0..3_i64, any::<i64>(), any::<u64>(), any::<u8>()), (bytes(), addresses::<2>(), any::<[u16; 2]>(), 0..6_u8))
            .prop_map(|((t, f, i, k), (n, a, p, l))| Made::Fd(t, f, i, k, n, [(a[0], p[0]), (a[1], p[1])], l)),
        (bytes(), addresses::<3>(), any::<u64>()).prop_map(|(n, a, s)| Made::Interface(n, a, s)),
        (any::<u32>(), any::<u32>(), [bytes(), bytes(), bytes()]).prop_map(|(u, g, s)| Made::User(u, g, s)),
        (any::<u32>(), bytes()).prop_map(|(g, n)| Made::Group(g, n)),
    ]
}

/// Numbers of the current schema that the reader hands on as they are.
fn current_types() -> Vec<EventType> {
    let current = |i: &&avouch_event::EventInfo| {
        let old = [EventFlags::UNUSED, EventFlags::OLD_VERSION].iter().any(|f| i.flags.contains(*f));
        let enter = i.number.is_multiple_of(2) && i.flags.contains(EventFlags::CONVERTER_MANAGED);
        !old && !enter
    };
    EVENTS.iter().filter(current).map(|i| EventType(i.number)).collect()
}

fn event() -> impl Strategy<Value = Made> {
    let types = current_types();
    let head = (any::<u64>(), any::<i64>(), any::<u16>(), any::<bool>());
    (proptest::sample::select(types), head, vec(bytes(), 32)).prop_map(|(ty, (time, tid, cpu, hidden), params)| {
        let mut e = EventBuf::new(ty);
        (e.timestamp, e.tid, e.cpu) = (time, tid, cpu);
        e.hidden = hidden;
        for p in params.iter().take(ty.info().unwrap().params.len()) {
            e.push(p);
        }
        Made::Event(e)
    })
}

fn capture() -> impl Strategy<Value = Vec<Made>> {
    vec(fact(), 0..12).prop_flat_map(|facts| {
        vec(event(), 0..12).prop_map(move |events| facts.iter().cloned().chain(events).collect::<Vec<_>>())
    })
}

fn write(items: &[Made], mut w: Writer<Vec<u8>>) -> Vec<u8> {
    for item in items {
        w.write(&item.item()).unwrap();
    }
    w.finish().unwrap()
}

/// What reading must give: numbered events, and the snapshot's end said once a capture.
fn expected(items: &mut [Made]) -> Vec<String> {
    let (mut out, mut num, mut open, mut leading) = (Vec::new(), 0, true, true);
    for item in items {
        if let Made::Event(e) = item {
            num += 1;
            e.num = num;
            // Containers, users and groups in front of all other events belong to the snapshot.
            leading = leading && matches!(e.ty.0, 324 | 354 | 356 | 358 | 360);
            e.hidden |= leading;
            if std::mem::take(&mut open) {
                out.push(describe(&Item::SnapshotEnd));
            }
        }
        if matches!(item, Made::Reset) {
            // A section without events has a snapshot too, and its end.
            if open {
                out.push(describe(&Item::SnapshotEnd));
            }
            (open, leading) = (true, true);
        }
        out.push(describe(&item.item()));
    }
    if open {
        out.push(describe(&Item::SnapshotEnd));
    }
    out
}

proptest! {
    #[test]
    fn items_read_back_the_same(mut items in capture(), more in capture(), twice in any::<bool>()) {
        if twice && !items.is_empty() {
            items.push(Made::Reset);
            items.extend(more);
        }
        let want = expected(&mut items);
        let plain = write(&items, Writer::new(Vec::new()));
        prop_assert_eq!(plain.len() % 4, 0);
        let (got, end, _) = read_all(Capture::from_slice(&plain));
        prop_assert!(end.is_none(), "{:?}", end);
        prop_assert_eq!(&got, &want);

        let packed = write(&items, Writer::gzip(Vec::new()));
        let (got, end, _) = read_all(Capture::from_reader(&packed[..]));
        prop_assert!(end.is_none(), "{:?}", end);
        prop_assert_eq!(&got, &want);
    }
}

#[test]
fn what_the_format_cannot_hold_is_an_error_and_writes_nothing() {
    let mut w = Writer::new(Vec::new());
    let long = vec![b'a'; 70_000];
    assert!(w.write(&Item::Process(ProcessEntry { cwd: &long, ..ProcessEntry::default() })).is_err());
    let user = UserEntry { uid: 1, gid: 1, name: b"a", home: b"/", shell: b"/bin/sh", container_id: b"c0ffee" };
    assert!(w.write(&Item::User(user)).is_err());
    let mut e = EventBuf::new(avouch_event::types::CHDIR_X);
    e.push_i64(0).push(&long);
    assert!(w.write(&Item::Event(e.event())).is_err());
    let mut e = EventBuf::new(EventType(454));
    assert!(w.write(&Item::Event(e.event())).is_err());
    e.clear(avouch_event::types::CHDIR_X);
    e.push_i64(0).push(b"/").push(b"?");
    assert!(w.write(&Item::Event(e.event())).is_err());
    let bytes = w.finish().unwrap();
    let (items, end, _) = read_all(Capture::from_slice(&bytes));
    assert!(end.is_none());
    assert_eq!(items, ["SnapshotEnd"]);
}

#[test]
fn metadata_after_an_event_is_refused() {
    let mut w = Writer::new(Vec::new());
    let mut e = EventBuf::new(avouch_event::types::CHDIR_X);
    e.push_i64(0).push_charbuf(b"/");
    w.write(&Item::Event(e.event())).unwrap();
    assert!(w.write(&Item::Machine(MachineInfo::default())).is_err());
}
