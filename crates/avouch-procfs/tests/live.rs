//! The real /proc of the machine the test runs on: facts that the test made are found as they are.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::{IpAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixListener;
use std::process::{Child, Command, Stdio};

use avouch_event::{FdEntry, FdKind, Item, L4Proto, ProcessEntry};
use avouch_procfs::{Facts, Options, Procfs, TaskFacts, socket_of};
use nix::sys::epoll::{Epoll, EpollCreateFlags};
use nix::sys::memfd::{MFdFlags, memfd_create};

/// A child that is ended with the test.
struct Sleeper(Child);

impl Sleeper {
    fn start(dir: &std::path::Path) -> Self {
        let child = Command::new("sleep")
            .arg("1000")
            .env_clear()
            .envs([("A", "1"), ("B", "two words")])
            .current_dir(dir)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    fn pid(&self) -> i64 {
        i64::from(self.0.id())
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn procfs() -> Procfs {
    Procfs::open(Options::default()).unwrap()
}

/// All that the process of `tid` says of itself, as texts.
fn told(procfs: &mut Procfs, tid: i64) -> Vec<String> {
    let mut out = Vec::new();
    procfs.process(tid, true, &mut |item| out.push(format!("{item:?}"))).unwrap();
    out
}

#[test]
fn a_child_is_as_it_was_started() {
    let dir = tempfile::tempdir().unwrap();
    let before = procfs().boot_time() + now_since_boot();
    let child = Sleeper::start(dir.path());
    let mut procfs = procfs();
    let own = procfs.facts(i64::from(std::process::id())).unwrap().clone();
    let f = procfs.facts(child.pid()).unwrap();
    assert_eq!((f.tid, f.pid, f.ptid), (child.pid(), child.pid(), i64::from(std::process::id())));
    assert_eq!((&*f.comm, &*f.exe, &*f.args), (&b"sleep"[..], &b"sleep"[..], &b"1000\0"[..]));
    let mut env: Vec<&[u8]> = f.env.split(|b| *b == 0).filter(|v| !v.is_empty()).collect();
    env.sort_unstable();
    assert_eq!(env, [&b"A=1"[..], b"B=two words"]);
    assert_eq!(f.cwd, dir.path().canonicalize().unwrap().as_os_str().as_encoded_bytes());
    assert_eq!((&*f.root, f.kernel, f.threads), (&b"/"[..], false, 1));
    assert_eq!((f.sid, f.pgid, f.tty, f.loginuid), (own.sid, own.pgid, own.tty, own.loginuid));
    assert_eq!((f.uid, f.gid, f.caps, &f.cgroups), (own.uid, own.gid, own.caps, &own.cgroups));
    assert_eq!((f.fdlimit, f.vtid, f.vpid), (own.fdlimit, f.tid, f.pid));
    assert!(f.vmsize > 0 && f.vmrss > 0 && f.pfminor > 0 && !f.cgroups.is_empty());

    let exe = std::fs::canonicalize(format!("/proc/{}/exe", child.pid())).unwrap();
    assert_eq!(f.exepath, exe.as_os_str().as_encoded_bytes());
    let meta = std::fs::metadata(&exe).unwrap();
    let ns = |s: i64, n: i64| u64::try_from(s * 1_000_000_000 + n).unwrap();
    use std::os::unix::fs::MetadataExt as _;
    assert_eq!(f.exe_file.ino, meta.ino());
    assert_eq!(f.exe_file.mtime, ns(meta.mtime(), meta.mtime_nsec()));
    assert_eq!(f.exe_file.ctime, ns(meta.ctime(), meta.ctime_nsec()));
    assert!(!f.exe_file.memfd, "from a file");
    assert!(!f.exe_file.upper_layer || !f.exe_file.lower_layer, "not in two layers");

    // Told by hundredths of a second.
    let started = f.start_ns;
    let boot = procfs.boot_time();
    assert!(boot + started + 20_000_000 >= before, "started before it was started");
    assert!(started <= now_since_boot());
}

fn now_since_boot() -> u64 {
    let text = std::fs::read_to_string("/proc/uptime").unwrap();
    let (seconds, hundredths) = text.split(' ').next().unwrap().split_once('.').unwrap();
    (seconds.parse::<u64>().unwrap() * 100 + hundredths.parse::<u64>().unwrap()) * 10_000_000
}

/// Everything a process of ours may hold.
struct Held {
    dir: tempfile::TempDir,
    listener: TcpListener,
    client: TcpStream,
    server: TcpStream,
    v6: Option<TcpListener>,
    udp: UdpSocket,
    unix: UnixListener,
    pipe: (std::io::PipeReader, std::io::PipeWriter),
    memfd: std::os::fd::OwnedFd,
    epoll: Epoll,
    file: std::fs::File,
    folder: std::fs::File,
}

impl Held {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let server = listener.accept().unwrap().0;
        let mut file = std::fs::File::create(dir.path().join("a file")).unwrap();
        file.write_all(b"x").unwrap();
        Self {
            client,
            server,
            v6: TcpListener::bind("[::1]:0").ok(),
            udp: UdpSocket::bind("127.0.0.1:0").unwrap(),
            unix: UnixListener::bind(dir.path().join("a socket")).unwrap(),
            pipe: std::io::pipe().unwrap(),
            memfd: memfd_create(c"secret", MFdFlags::MFD_CLOEXEC).unwrap(),
            epoll: Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).unwrap(),
            folder: std::fs::File::open(dir.path()).unwrap(),
            listener,
            file,
            dir,
        }
    }
}

#[test]
fn descriptors_are_what_they_are() {
    let held = Held::new();
    let own = i64::from(std::process::id());
    let mut kinds: BTreeMap<i64, (u64, String)> = BTreeMap::new();
    let mut procfs = procfs();
    procfs.process(own, true, &mut |item| {
        if let Item::Fd(pid, FdEntry { fd, ino, kind }) = item {
            assert_eq!(*pid, own);
            kinds.insert(*fd, (*ino, format!("{kind:?}")));
        }
    });
    let kind = |fd: &dyn AsRawFd| kinds[&i64::from(fd.as_raw_fd())].1.clone();
    let end = |a: std::net::SocketAddr| (a.ip(), a.port());
    let debug = |k: FdKind<'_>| format!("{k:?}");

    let (client, server) = (end(held.client.local_addr().unwrap()), end(held.listener.local_addr().unwrap()));
    assert_eq!(kind(&held.listener), debug(FdKind::ServerSocket { local: server, proto: L4Proto::Tcp }));
    let socket = |source, dest| debug(FdKind::Socket { source, dest, proto: L4Proto::Tcp });
    assert_eq!(kind(&held.client), socket(client, server));
    assert_eq!(kind(&held.server), socket(server, client));
    match &held.v6 {
        Some(v6) => {
            let local: (IpAddr, u16) = end(v6.local_addr().unwrap());
            assert_eq!(kind(v6), debug(FdKind::ServerSocket { local, proto: L4Proto::Tcp }));
        }
        None => println!("skipped: no v6 on this machine's loopback"),
    }
    let local = end(held.udp.local_addr().unwrap());
    assert_eq!(kind(&held.udp), debug(FdKind::ServerSocket { local, proto: L4Proto::Udp }));
    let path = |name: &str| held.dir.path().join(name).into_os_string().into_encoded_bytes();
    assert_eq!(kind(&held.unix), debug(FdKind::Unix { source: 0, dest: 0, name: &path("a socket") }));

    for end in [&held.pipe.0 as &dyn AsRawFd, &held.pipe.1] {
        let (ino, text) = &kinds[&i64::from(end.as_raw_fd())];
        assert_eq!(*text, debug(FdKind::Fifo { name: format!("pipe:[{ino}]").as_bytes() }));
        assert_ne!(*ino, 0);
    }
    assert_eq!(kind(&held.memfd), debug(FdKind::Memfd { name: b"/memfd:secret (deleted)" }));
    assert_eq!(kind(&held.epoll.0), debug(FdKind::Eventpoll { name: b"anon_inode:[eventpoll]" }));
    assert_eq!(kind(&held.folder), debug(FdKind::Directory { name: held.dir.path().as_os_str().as_encoded_bytes() }));

    use std::os::unix::fs::MetadataExt as _;
    let meta = held.file.metadata().unwrap();
    assert_eq!(kinds[&i64::from(held.file.as_raw_fd())].0, meta.ino());
    // Write only, close-on-exec; what made it (`O_CREAT`, `O_TRUNC`) the kernel forgets. Large files on 64-bit machines.
    let flags = if cfg!(target_pointer_width = "64") { 0x2 | 0x1000 | 0x800 } else { 0x2 | 0x1000 };
    let dev = u32::try_from(meta.dev() & 0xffff_ffff).unwrap();
    assert_eq!(kind(&held.file), debug(FdKind::File { name: &path("a file"), open_flags: flags, dev }));

    let one = socket_of(own, i64::from(held.client.as_raw_fd())).unwrap();
    assert_eq!(debug(one.kind()), socket(client, server));
    assert_eq!(procfs.counts().denied, 0);
}

#[test]
fn the_whole_machine_is_told_again_and_again() {
    let dir = tempfile::tempdir().unwrap();
    let child = Sleeper::start(dir.path());
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let (say, said) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        say.send(nix::unistd::gettid().as_raw()).unwrap();
        stopped.recv().ok();
    });
    let tid = i64::from(said.recv().unwrap());
    let own = i64::from(std::process::id());
    let mut procfs = procfs();
    for _ in 0..2 {
        let (mut machine, mut users, mut groups, mut loopback, mut ends) = (0, 0, 0, 0, 0);
        let mut threads: BTreeMap<i64, (i64, u32)> = BTreeMap::new();
        let counts = procfs.scan(&mut |item| match item {
            Item::Machine(m) => {
                assert!(m.cpus > 0 && m.memory_bytes > 1 << 20 && m.max_pid > 0 && m.boot_time > 0);
                let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
                assert_eq!(m.hostname, name.trim().as_bytes());
                machine += 1;
            }
            Item::User(u) if u.name == b"root" => users += usize::from(u.uid == 0 && u.container_id.is_empty()),
            Item::Group(g) if g.name == b"root" => groups += 1,
            Item::Interface(i) if i.name == b"lo" => loopback += 1,
            Item::Process(p) => drop(threads.insert(p.tid, (p.pid, p.flags))),
            Item::Fd(pid, _) => assert!(threads.contains_key(pid), "a process comes before its descriptors"),
            Item::SnapshotEnd => ends += 1,
            _ => {}
        });
        assert_eq!((machine, users, groups, ends), (1, 1, 1, 1));
        assert!(loopback > 0);
        assert_eq!(threads[&child.pid()], (child.pid(), 0));
        assert_eq!(threads[&tid], (own, 1 << 13 | 1), "a thread shares its leader's descriptors");
        assert_eq!(threads[&own], (own, 0));
        assert_eq!(counts.processes + counts.threads, threads.len() as u64);
        assert!(counts.fds > 0);
    }
    stop.send(()).unwrap();
    thread.join().unwrap();
}

#[test]
fn a_thread_leads_to_its_process() {
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let (say, said) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        say.send(nix::unistd::gettid().as_raw()).unwrap();
        stopped.recv().ok();
    });
    let tid = i64::from(said.recv().unwrap());
    let own = i64::from(std::process::id());
    let mut procfs = procfs();
    let mut found = Vec::new();
    let pid = procfs.process(tid, false, &mut |item| {
        if let Item::Process(ProcessEntry { tid, pid, .. }) = item {
            found.push((*tid, *pid));
        }
    });
    assert_eq!(pid, Some(own));
    assert_eq!(found.first(), Some(&(own, own)), "the leader comes first");
    assert!(found.contains(&(tid, own)));
    assert_eq!(Facts::of(tid).unwrap().pid, own);
    stop.send(()).unwrap();
    thread.join().unwrap();
}

#[test]
fn who_is_gone_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    let child = Sleeper::start(dir.path());
    let pid = child.pid();
    let mut procfs = procfs();
    assert!(!told(&mut procfs, pid).is_empty());
    drop(child);
    assert_eq!(procfs.process(pid, true, &mut |_| {}), None);
    assert_eq!((procfs.counts().vanished, procfs.counts().unreadable), (1, 0));
    assert!(procfs.facts(pid).is_none() && procfs.mounts(pid).is_none() && Facts::of(pid).is_none());
    assert_eq!(procfs.counts().vanished, 3);
}

#[test]
fn limits_are_kept_and_counted() {
    let options = Options { threads: 3, fds_per_process: 2, fds: 3, users: 1, list_bytes: 16, ..Options::default() };
    let mut procfs = Procfs::open(options).unwrap();
    let (mut threads, mut fds, mut users) = (0, 0, 0);
    let counts = procfs.scan(&mut |item| match item {
        Item::Process(p) => {
            threads += 1;
            assert!(p.args.len() <= 16 && p.env.len() <= 16 && p.cgroups.len() <= 16);
        }
        Item::Fd(..) => fds += 1,
        Item::User(_) => users += 1,
        _ => {}
    });
    assert!(threads <= 3 && fds <= 3 && users == 1, "{threads} {fds} {users}");
    assert!(counts.over_threads > 0 && counts.over_entries > 0 && counts.cut > 0, "{counts:?}");
    // Limits are those of one call: another finds room.
    assert!(procfs.process(i64::from(std::process::id()), true, &mut |_| fds += 1).is_some());
    assert!(procfs.counts().over_fds > 0);
}

#[test]
fn what_is_no_procfs_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let open = |proc| Procfs::open(Options { proc, ..Options::default() }).unwrap_err().to_string();
    assert!(open(dir.path().to_path_buf()).contains("is not a procfs"));
    assert!(open(dir.path().join("none")).contains("failed to open procfs"));
}

#[test]
fn mounts_are_told() {
    let mounts = procfs().mounts(i64::from(std::process::id())).unwrap();
    assert!(mounts.iter().any(|m| m.mount_point == b"/"));
    assert!(mounts.iter().any(|m| m.mount_point == b"/proc" && m.fs_type == b"proc"));
}

#[test]
fn users_of_a_container_come_from_its_own_files() {
    // Our own root stands for a container's.
    let mut names = Vec::new();
    procfs().container_users(i64::from(std::process::id()), b"c1", &mut |item| {
        if let Item::User(u) = item {
            assert_eq!(u.container_id, b"c1");
            names.push(u.name.to_vec());
        }
    });
    assert!(names.contains(&b"root".to_vec()));
}

#[test]
fn facts_told_between_events_are_the_same_facts() {
    use avouch_state::State;
    let held = Held::new();
    let dir = tempfile::tempdir().unwrap();
    let child = Sleeper::start(dir.path());
    let own = i64::from(std::process::id());
    let mut procfs = procfs();
    let (mut by_items, mut by_events) = (State::default(), State::default());
    procfs.machine(&mut |item| {
        by_items.apply(item);
        by_events.apply(item);
    });
    let mut facts = TaskFacts::new(procfs.boot_time());
    for pid in [own, child.pid()] {
        procfs.process(pid, true, &mut |item| {
            by_items.apply(item);
            let event = facts.event(item, 5_000).unwrap();
            assert!(event.hidden && event.timestamp == 5_000);
            by_events.apply_event(&event);
        });
    }
    by_items.apply(&Item::SnapshotEnd);
    assert_eq!(by_events.counters().malformed_events, 0);
    for pid in [own, child.pid()] {
        let (a, b) = (by_items.find(pid).unwrap(), by_events.find(pid).unwrap());
        let said = |t: &avouch_state::Thread| {
            let ids = (t.pid, t.ptid, t.sid, t.pgid, t.vpgid, t.vtid, t.vpid, t.uid, t.gid, t.tty, t.loginuid);
            let texts = (t.comm().to_vec(), t.exe.to_vec(), t.exepath.to_vec(), t.env.to_vec(), t.cwd.to_vec());
            let rest = (t.caps, t.exe_file, t.fdlimit, t.pidns_init_start_ts, t.cgroups.to_vec(), t.root.to_vec());
            format!("{ids:?} {texts:?} {rest:?}")
        };
        assert_eq!(said(a), said(b));
        for ((n, x), (m, y)) in by_items.fds_of(a).unwrap().iter().zip(by_events.fds_of(b).unwrap().iter()) {
            // An event tells no device of a file.
            let y = avouch_state::Fd { dev: x.dev, ..y.clone() };
            assert_eq!((n, x), (m, &y));
        }
        assert_eq!(by_items.fds_of(a).unwrap().len(), by_events.fds_of(b).unwrap().len());
    }
    drop(held);
}
