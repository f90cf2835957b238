//! The acts, and what must be told of each. To add a hook's test is to add an entry.

use std::ffi::CString;
use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::process::Command;

use avouch_event::{EVENTS, EventType, Interest, Want, types};
use nix::fcntl::{AT_FDCWD, OFlag, OpenHow, open, openat, openat2};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::stat::Mode;
use nix::unistd::{dup2_stdout, fexecve, pipe};

use crate::seen::Seen;

/// One act and its check.
pub(crate) struct Act {
    pub(crate) name: &'static str,
    /// What the sensor is asked for meanwhile.
    pub(crate) interest: fn() -> Interest,
    pub(crate) run: fn(),
    pub(crate) check: fn(&Seen) -> Result<(), String>,
}

/// Names the folder that an act may use.
pub(crate) const FOLDER: &str = "AVOUCH_HOOK_FOLDER";

/// The act's own folder, which the test removes.
fn folder() -> std::path::PathBuf {
    std::env::var_os(FOLDER).expect("the test names a folder").into()
}

fn ends_with(text: Option<&[u8]>, end: &str) -> bool {
    text.is_some_and(|t| t.ends_with(end.as_bytes()))
}

fn ensure(holds: bool, what: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what.to_owned()) }
}

/// Both ends of a v4 tuple: ports only.
fn v4_ports(tuple: Option<&[u8]>) -> Option<(u16, u16)> {
    let t = tuple.filter(|t| t.len() == 13 && t[0] == 2)?;
    Some((u16::from_le_bytes([t[5], t[6]]), u16::from_le_bytes([t[11], t[12]])))
}

/// Everything but calls that have no event of their own.
pub(crate) fn own_events() -> Interest {
    let mut interest = Interest::default();
    for number in (0..EVENTS.len()).filter_map(|n| u16::try_from(n).ok()).map(EventType) {
        if number != types::GENERIC_X {
            interest.add(number, Want::ALL);
        }
    }
    interest
}

/// Files read in the folders of these tests, files written, and deaths, so that the act's end is seen.
fn some_reads() -> Interest {
    let mut interest = Interest::default();
    interest.add_reads_below(types::OPENAT_2_X, Want::READS.union(Want::WRITES), [&b"/tmp/avouch-hooks-"[..]]);
    interest.add(types::PROCEXIT_1_E, Want::ALL);
    interest
}

/// How many lengths of a name are tried: more than the kernel program looks at in a step.
const PLACES: usize = 16;

/// Every act.
pub(crate) const ACTS: &[Act] = &[
    Act {
        name: "exec_tells_arguments_environment_and_executable",
        interest: own_events,
        run: || {
            let status = Command::new("/bin/sh").args(["-c", "exit 7", "zero"]).env("AVOUCH_MARK", "1").status();
            assert_eq!(status.expect("run sh").code(), Some(7));
        },
        check: |seen| {
            let exec = seen.one(types::EXECVE_19_X, |e| e.params.charbuf(1) == Some(b"/bin/sh"))?;
            let p = exec.params;
            ensure(p.get(2) == Some(b"-c\0exit 7\0zero\0"), "arguments")?;
            ensure(p.get(15).is_some_and(|env| env.split(|b| *b == 0).any(|v| v == b"AVOUCH_MARK=1")), "environment")?;
            ensure(p.charbuf(27).is_some_and(|path| path.starts_with(b"/") && !path.ends_with(b"/")), "path")?;
            ensure(p.charbuf(30) == Some(b"/bin/sh"), "file name")?;
            ensure(p.i64(3) == Some(exec.tid) && p.i64(4) == Some(exec.tid), "ids")?;
            ensure(p.u64(23).is_some_and(|ino| ino > 0), "inode")?;
            ensure(p.u64(25).is_some_and(|mtime| mtime > 1_000_000_000_000_000_000), "modification time")?;
            ensure(p.u64(22).is_some_and(|caps| caps != 0), "capabilities")?;
            ensure(p.u32(11).is_some(), "memory")?;
            ensure(ends_with(p.get(14), "\0"), "cgroups")?;
            let exit = seen.one(types::PROCEXIT_1_E, |e| e.tid == exec.tid)?;
            ensure(exit.params.i64(1) == Some(7), "exit code")
        },
    },
    Act {
        name: "failed_exec_is_told_with_its_error",
        interest: own_events,
        run: || {
            assert!(Command::new("/nowhere/to/be/found").arg("x").status().is_err());
        },
        check: |seen| {
            let exec = seen.one(types::EXECVE_19_X, |e| e.params.charbuf(30) == Some(b"/nowhere/to/be/found"))?;
            ensure(exec.params.i64(0) == Some(-2), "ENOENT")?;
            ensure(exec.params.charbuf(27).is_some(), "path of the caller")
        },
    },
    Act {
        name: "fork_tells_the_child",
        interest: own_events,
        run: || {
            Command::new("/bin/true").status().expect("run true");
        },
        check: |seen| {
            let clone = seen.one(types::CLONE_20_X, |_| true)?;
            ensure(clone.params.i64(0) == Some(0), "the child's side")?;
            ensure(clone.params.i64(3) == Some(clone.tid), "thread id")?;
            ensure(clone.params.i64(18).is_some() && clone.params.i64(19).is_some(), "ids in its own namespace")
        },
    },
    Act {
        name: "memfd_exec_is_marked",
        interest: own_events,
        run: || {
            let memfd = memfd_create(c"avouch-mem", MFdFlags::empty()).expect("memfd_create");
            fs::write(format!("/proc/self/fd/{}", memfd.as_raw_fd()), fs::read("/bin/true").expect("read true"))
                .expect("fill the memfd");
            let none: &[CString] = &[];
            let error = fexecve(&memfd, &[c"from-memory"], none);
            panic!("{error:?}");
        },
        check: |seen| {
            let made = seen.one(types::MEMFD_CREATE_X, |e| e.params.charbuf(1) == Some(b"avouch-mem"))?;
            ensure(made.params.i64(0).is_some_and(|fd| fd > 2), "descriptor")?;
            let exec = seen.one(types::EXECVE_19_X, |e| e.params.charbuf(1) == Some(b"from-memory"))?;
            ensure(exec.params.u32(19).is_some_and(|f| f & 4 != 0), "EXE_FROM_MEMFD")?;
            ensure(exec.params.charbuf(27) == Some(b"memfd:avouch-mem"), "path")
        },
    },
    Act {
        name: "open_tells_flags_device_and_inode",
        interest: own_events,
        run: || {
            let dir = folder();
            fs::write(dir.join("new"), b"x").expect("write");
            fs::read(dir.join("new")).expect("read");
            assert!(fs::read(dir.join("missing")).is_err());
            let at = open(&dir, OFlag::O_RDONLY | OFlag::O_DIRECTORY, Mode::empty()).expect("open the folder");
            openat(&at, "new", OFlag::O_WRONLY | OFlag::O_APPEND, Mode::empty()).expect("openat");
        },
        check: |seen| {
            let named = |end: &'static str| move |e: &avouch_event::Event<'_>| ends_with(e.params.charbuf(2), end);
            let made = seen.one(types::OPENAT_2_X, named("/new"))?;
            ensure(
                made.params.u32(3).is_some_and(|f| f & 0x2 != 0 && f & 0x4 != 0 && f & 0x4000 != 0),
                "O_WRONLY, O_CREAT, made",
            )?;
            ensure(made.params.u32(4).is_some_and(|m| m & 0o600 == 0o600), "mode")?;
            ensure(made.params.u64(6).is_some_and(|ino| ino > 0), "inode")?;
            let missing = seen.one(types::OPENAT_2_X, named("/missing"))?;
            ensure(missing.params.i64(0) == Some(-2), "ENOENT")?;
            // A path below a directory descriptor: the directory is told first.
            let relative = seen.one(types::OPENAT_2_X, |e| e.params.charbuf(2) == Some(b"new"))?;
            ensure(relative.params.u32(3).is_some_and(|f| f & 0x8 != 0), "O_APPEND")?;
            let dir = seen.before(&relative).filter(|e| e.ty == types::ITER_TASK_FILE_DIRECTORY_E && e.hidden);
            ensure(
                dir.is_some_and(|d| d.params.charbuf(1).is_some_and(|p| p.starts_with(b"/tmp/avouch-hooks-"))),
                "directory",
            )
        },
    },
    Act {
        name: "names_of_files_change",
        interest: own_events,
        run: || {
            let dir = folder();
            let at = |name: &str| dir.join(name);
            fs::write(at("a"), b"x").expect("write");
            fs::rename(at("a"), at("b")).expect("rename");
            fs::hard_link(at("b"), at("c")).expect("link");
            symlink("/etc/hostname", at("d")).expect("symlink");
            fs::set_permissions(at("b"), fs::Permissions::from_mode(0o4755)).expect("chmod");
            std::os::unix::fs::chown(at("b"), Some(12), Some(34)).expect("chown");
            fs::create_dir(at("e")).expect("mkdir");
            fs::remove_dir(at("e")).expect("rmdir");
            fs::remove_file(at("c")).expect("unlink");
        },
        check: |seen| {
            let mut found = Vec::new();
            for (types, path, end) in [
                (&[types::RENAME_X, types::RENAMEAT_X, types::RENAMEAT2_X][..], &[2, 4, 4][..], "/b"),
                (&[types::LINK_2_X, types::LINKAT_2_X], &[2, 4], "/c"),
                (&[types::SYMLINK_X, types::SYMLINKAT_X], &[2, 3], "/d"),
                (&[types::CHMOD_X, types::FCHMODAT_X], &[1, 2], "/b"),
                (&[types::CHOWN_X, types::FCHOWNAT_X], &[1, 2], "/b"),
                (&[types::MKDIR_2_X, types::MKDIRAT_X], &[1, 2], "/e"),
                (&[types::RMDIR_2_X, types::UNLINKAT_2_X], &[1, 2], "/e"),
                (&[types::UNLINK_2_X, types::UNLINKAT_2_X], &[1, 2], "/c"),
            ] {
                let event = types.iter().zip(path).find_map(|(ty, i)| {
                    seen.all(*ty).find(|e| e.params.i64(0) == Some(0) && ends_with(e.params.charbuf(*i), end))
                });
                found.push(event.ok_or_else(|| format!("no `{}` of {end}", types[0].name()))?);
            }
            let mode = found.get(3).and_then(|e| e.params.u32(if e.ty == types::CHMOD_X { 2 } else { 3 }));
            ensure(mode.is_some_and(|m| m & 0o7777 == 0o4755 || m & 0x800 != 0), "mode of chmod")
        },
    },
    Act {
        name: "tcp_has_both_ends",
        interest: own_events,
        run: || {
            let listener = TcpListener::bind("127.0.0.1:0").expect("listen");
            let mut client = TcpStream::connect(listener.local_addr().expect("address")).expect("connect");
            let (mut server, _) = listener.accept().expect("accept");
            client.write_all(b"ping").expect("send");
            std::io::Read::read_exact(&mut server, &mut [0; 4]).expect("receive");
        },
        check: |seen| {
            let socket = seen.one(types::SOCKET_X, |e| e.params.u32(1) == Some(2))?;
            ensure(socket.params.u32(2) == Some(1), "SOCK_STREAM")?;
            let bind =
                seen.one(types::BIND_X, |e| e.params.get(1).is_some_and(|a| a.starts_with(&[2, 127, 0, 0, 1])))?;
            ensure(bind.params.i64(0) == Some(0), "bound")?;
            seen.one(types::LISTEN_X, |e| e.params.i64(0) == Some(0))?;
            let connect = seen.one(types::CONNECT_X, |e| e.params.i64(0) == Some(0))?;
            let (from, to) = v4_ports(connect.params.get(1)).ok_or("tuple of connect")?;
            ensure(from != 0 && to != 0 && from != to, "ports")?;
            ensure(connect.params.get(3).is_some_and(|a| a.len() == 7), "address of connect")?;
            let accept = seen.one(types::ACCEPT4_6_X, |e| e.params.i64(0).is_some_and(|fd| fd > 0))?;
            ensure(v4_ports(accept.params.get(1)) == Some((from, to)), "tuple of accept")?;
            let told = seen.before(&connect).ok_or("no fact before connect")?;
            ensure(told.ty == types::ITER_TASK_FILE_SOCKET_INET_E && told.hidden, "descriptor told before connect")
        },
    },
    Act {
        name: "udp_names_its_peer",
        interest: own_events,
        run: || {
            let to = UdpSocket::bind("127.0.0.1:0").expect("bind");
            let from = UdpSocket::bind("127.0.0.1:0").expect("bind");
            from.send_to(b"datagram", to.local_addr().expect("address")).expect("send");
            to.recv_from(&mut [0; 16]).expect("receive");
        },
        check: |seen| {
            let send = seen.one(types::SENDTO_X, |e| e.params.get(1) == Some(b"datagram"))?;
            let (from, to) = v4_ports(send.params.get(4)).ok_or("tuple of sendto")?;
            ensure(from != 0 && to != 0, "ports")?;
            let receive = seen.one(types::RECVFROM_X, |e| e.params.get(1) == Some(b"datagram"))?;
            ensure(v4_ports(receive.params.get(2)) == Some((from, to)), "tuple of recvfrom")
        },
    },
    Act {
        name: "unix_sockets_have_their_path",
        interest: own_events,
        run: || {
            let path = folder().join("sock");
            let listener = UnixListener::bind(&path).expect("bind");
            let _client = UnixStream::connect(&path).expect("connect");
            listener.accept().expect("accept");
        },
        check: |seen| {
            let connect = seen.one(types::CONNECT_X, |e| e.params.get(1).is_some_and(|t| t.first() == Some(&1)))?;
            let tuple = connect.params.get(1).unwrap_or_default();
            ensure(ends_with(Some(tuple), "/sock\0"), "path in the tuple")?;
            ensure(tuple.get(1..17).is_some_and(|p| p[..8] != [0; 8] && p[8..] != [0; 8]), "kernel addresses")?;
            ensure(ends_with(connect.params.get(3), "/sock\0"), "address")
        },
    },
    Act {
        name: "dup_onto_stdout_tells_the_socket",
        interest: own_events,
        run: || {
            let listener = TcpListener::bind("127.0.0.1:0").expect("listen");
            let client = TcpStream::connect(listener.local_addr().expect("address")).expect("connect");
            dup2_stdout(&client).expect("dup2");
        },
        check: |seen| {
            let dup = seen.all(types::DUP2_X).chain(seen.all(types::DUP3_X)).find(|e| e.params.i64(0) == Some(1));
            let dup = dup.ok_or("no dup onto 1")?;
            let mut at = dup;
            while let Some(told) = seen.before(&at).filter(|e| e.hidden) {
                if told.ty == types::ITER_TASK_FILE_SOCKET_INET_E
                    && told.params.i32(0) == dup.params.i64(1).and_then(|n| i32::try_from(n).ok())
                {
                    let port = told.params.u16(6);
                    return ensure(port.is_some_and(|p| p > 0), "remote port");
                }
                at = told;
            }
            Err("the socket was not told".to_owned())
        },
    },
    Act {
        name: "pipes_carry_data",
        interest: own_events,
        run: || {
            let (read, write) = pipe().expect("pipe");
            nix::unistd::write(&write, b"through the pipe").expect("write");
            nix::unistd::read(&read, &mut [0; 32]).expect("read");
        },
        check: |seen| {
            let made = seen
                .one(types::PIPE2_X, |e| e.params.i64(0) == Some(0))
                .or_else(|_| seen.one(types::PIPE_X, |_| true))?;
            let (read, write) = (made.params.i64(1), made.params.i64(2));
            ensure(read.is_some_and(|n| n > 0) && write > read, "descriptors")?;
            let told = seen.one(types::WRITE_X, |e| e.params.get(1) == Some(b"through the pipe"))?;
            ensure(told.params.i64(2) == write, "descriptor of the write")?;
            let fact = seen.before(&told).filter(|e| e.ty == types::ITER_TASK_FILE_PIPE_E);
            ensure(fact.is_some(), "pipe told before the write")
        },
    },
    Act {
        name: "identity_changes",
        interest: own_events,
        run: || {
            let status = Command::new("/bin/true").uid(65_534).gid(65_534).status().expect("run true as nobody");
            assert!(status.success());
        },
        check: |seen| {
            seen.one(types::SETUID_X, |e| e.params.u32(1) == Some(65_534))?;
            seen.one(types::SETGID_X, |e| e.params.u32(1) == Some(65_534))?;
            let exec = seen.one(types::EXECVE_19_X, |e| e.params.charbuf(1) == Some(b"/bin/true"))?;
            ensure(exec.params.u32(26) == Some(65_534) && exec.params.u32(29) == Some(65_534), "user and group")?;
            ensure(exec.params.u64(22) == Some(0), "no capabilities left")
        },
    },
    Act {
        name: "namespaces_and_mounts",
        interest: own_events,
        run: || {
            use nix::mount::{MntFlags, MsFlags, mount, umount2};
            use nix::sched::{CloneFlags, unshare};
            unshare(CloneFlags::CLONE_NEWNS).expect("unshare");
            let none: Option<&str> = None;
            mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none).expect("make mounts private");
            let dir = folder();
            mount(Some("avouch"), &dir, Some("tmpfs"), MsFlags::MS_NOSUID, none).expect("mount");
            umount2(&dir, MntFlags::MNT_DETACH).expect("unmount");
        },
        check: |seen| {
            seen.one(types::UNSHARE_X, |e| e.params.u32(1).is_some_and(|f| f != 0))?;
            let mount = seen.one(types::MOUNT_X, |e| e.params.charbuf(1) == Some(b"avouch"))?;
            ensure(mount.params.charbuf(3) == Some(b"tmpfs"), "type")?;
            seen.one(types::UMOUNT2_X, |e| e.params.u32(2) == Some(2))?;
            Ok(())
        },
    },
    Act {
        name: "tracing_and_signals",
        interest: own_events,
        run: || {
            use nix::sys::{ptrace, signal, wait};
            let mut child = Command::new("/bin/sleep").arg("5").spawn().expect("run sleep");
            let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).expect("pid"));
            ptrace::attach(pid).expect("attach");
            wait::waitpid(pid, None).expect("wait");
            ptrace::detach(pid, None).expect("detach");
            signal::kill(pid, signal::SIGKILL).expect("kill");
            child.wait().expect("wait");
        },
        check: |seen| {
            let attach = seen.one(types::PTRACE_X, |e| e.params.i64(4).is_some_and(|pid| pid > 0))?;
            ensure(attach.params.u16(3).is_some(), "request")?;
            let kill = seen.one(types::KILL_X, |e| e.params.u8(2) == Some(9))?;
            let exit = seen.one(types::PROCEXIT_1_E, |e| Some(e.tid) == kill.params.i64(1))?;
            ensure(exit.params.u8(2) == Some(9), "signal of the death")
        },
    },
    Act {
        name: "only_wanted_files_are_told",
        interest: some_reads,
        run: || {
            let read = |path: &str| drop(fs::File::open(path));
            let dir = folder();
            let name = dir.file_name().and_then(|n| n.to_str()).expect("a name").to_owned();
            std::env::set_current_dir("/tmp").expect("change the folder");
            fs::write(dir.join("w"), b"x").expect("write");
            read(&format!("/tmp/{name}/w"));
            read(&format!("/proc/../tmp/{name}/w"));
            read(&format!("{name}/w"));
            read("/proc/version");
            read(&format!("/tmp/{name}/none"));
        },
        check: |seen| {
            let told: Vec<String> = seen
                .all(types::OPENAT_2_X)
                .filter_map(|e| e.params.charbuf(2).map(|n| String::from_utf8_lossy(n).into_owned()))
                .filter(|n| n.contains("avouch-hooks-") || n == "/proc/version")
                .collect();
            let starts: Vec<&str> = told.iter().map(|n| n.split("avouch-hooks-").next().unwrap_or(n)).collect();
            // The write; then the reads below the prefix, with `..`, and relative. Not the read elsewhere, nor the failure.
            ensure(starts == ["/tmp/", "/tmp/", "/proc/../tmp/", ""], &format!("{told:?}"))?;
            ensure(told.iter().all(|n| n.ends_with("/w")), "the failure is not asked for")?;
            ensure(seen.all(types::READ_X).count() == 0, "no other call")
        },
    },
    Act {
        name: "openat2_is_told_apart_by_what_its_structure_says",
        interest: || {
            let mut interest = Interest::default();
            interest.add_reads_below(types::OPENAT2_X, Want::READS.union(Want::WRITES), [&b"/tmp/avouch-hooks-"[..]]);
            interest.add(types::PROCEXIT_1_E, Want::ALL);
            interest
        },
        run: || {
            let open2 = |path: &str, flags: OFlag| {
                let how = OpenHow::new().flags(flags).mode(Mode::from_bits_truncate(0o600));
                drop(openat2(
                    AT_FDCWD,
                    path,
                    if flags.contains(OFlag::O_CREAT) { how } else { how.mode(Mode::empty()) },
                ));
            };
            let dir = folder();
            let file = |name: &str| dir.join(name).to_string_lossy().into_owned();
            let twin = tempfile::Builder::new().prefix("avouch-twin-").tempdir_in("/tmp").expect("make a folder");
            let elsewhere = |name: &str| twin.path().join(name).to_string_lossy().into_owned();
            open2(&file("made"), OFlag::O_WRONLY | OFlag::O_CREAT);
            open2(&file("made"), OFlag::O_RDONLY);
            open2(&elsewhere("made"), OFlag::O_RDONLY | OFlag::O_CREAT);
            open2(&elsewhere("made"), OFlag::O_RDONLY);
            open2(&elsewhere("made"), OFlag::O_RDWR);
            open2(&elsewhere("made"), OFlag::O_RDONLY | OFlag::O_TRUNC);
            open2(&file("missing"), OFlag::O_RDONLY);
        },
        check: |seen| {
            let told: Vec<(String, u32)> = seen
                .all(types::OPENAT2_X)
                .map(|e| {
                    let path = String::from_utf8_lossy(e.params.charbuf(2).unwrap_or_default()).into_owned();
                    (path.split('-').nth(1).unwrap_or_default().to_owned(), e.params.u32(3).unwrap_or(0) & 0x107)
                })
                .collect();
            let twin = |flags: u32| ("twin".to_owned(), flags);
            let hooks = |flags: u32| ("hooks".to_owned(), flags);
            // Read, write, made and cut off are the bits 1, 2, 4, 0x100. Not the plain read elsewhere, nor the failure.
            let meant = [hooks(0x6), hooks(0x1), twin(0x5), twin(0x3), twin(0x101)];
            ensure(told == meant, &format!("{told:x?}"))
        },
    },
    Act {
        name: "paths_that_are_not_plain_are_told",
        interest: some_reads,
        run: || {
            // Elsewhere than the prefix; every place of the pair of bytes that decides.
            let dir = tempfile::Builder::new().prefix("avouch-twin-").tempdir_in("/tmp").expect("make a folder");
            let base = dir.path().to_str().expect("a name");
            for n in 1..=PLACES {
                let name = "x".repeat(n);
                fs::create_dir(dir.path().join(&name)).expect("make a folder");
                fs::write(dir.path().join(&name).join(".f"), b"x").expect("write");
                for path in [".f", "../x/.f", "/.f", "./.f"] {
                    drop(fs::File::open(format!("{base}/{name}/{path}")).expect("read"));
                }
            }
        },
        check: |seen| {
            let reads = seen.all(types::OPENAT_2_X).filter(|e| e.params.u32(3).is_some_and(|flags| flags & 3 == 1));
            let told: Vec<String> = reads
                .filter_map(|e| e.params.charbuf(2).map(|n| String::from_utf8_lossy(n).into_owned()))
                .filter(|n| n.contains("avouch-twin-"))
                .collect();
            let with = |what: &str| told.iter().filter(|n| n.contains(what)).count();
            let (parent, empty, own) = (with("/../"), with("//"), with("/./"));
            ensure((parent, empty, own) == (PLACES, PLACES, PLACES), &format!("{told:?}"))?;
            // The hidden file itself is as plain as any.
            ensure(told.len() == 3 * PLACES, &format!("{told:?}"))
        },
    },
];
