//! Behaviour of the state, event by event.

mod files;
mod iter;
mod network;
mod processes;
mod properties;

use avouch_event::{EventBuf, EventType, Item, MachineInfo, ProcessEntry, types};

use crate::{Limits, State, Thread};

/// Docker's cgroup of a container whose id begins with `aaaaaaaaaaaa`.
const IN_CONTAINER: &[u8] = b"cpu=/docker/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\0";

/// A machine with init (1) and a shell (10) in `/home/u/`, and a clock that goes on by a millisecond an event.
struct Machine {
    state: State,
    now: u64,
}

impl Machine {
    fn new() -> Self {
        Self::with(Limits::default())
    }

    fn with(limits: Limits) -> Self {
        let mut state = State::new(limits);
        state.apply(&Item::Machine(MachineInfo { boot_time: 1_000, ..MachineInfo::default() }));
        let init = ProcessEntry {
            tid: 1,
            pid: 1,
            vtid: 1,
            vpid: 1,
            comm: b"init",
            exe: b"/sbin/init",
            cwd: b"/",
            ..ProcessEntry::default()
        };
        state.apply(&Item::Process(init.clone()));
        state.apply(&Item::Process(ProcessEntry {
            tid: 10,
            pid: 10,
            ptid: 1,
            vtid: 10,
            vpid: 10,
            comm: b"sh",
            exe: b"-sh",
            exepath: b"/bin/sh (deleted)",
            args: b"-i\0",
            cwd: b"/home/u",
            env: b"A=1\0B=2\0",
            loginuid: 1000,
            sid: 10,
            ..init
        }));
        state.apply(&Item::SnapshotEnd);
        Self { state, now: 1_000_000_000_000 }
    }

    /// Applies one event of thread `tid`.
    fn event(&mut self, tid: i64, ty: EventType, params: impl FnOnce(&mut EventBuf)) {
        self.now += 1_000_000;
        let mut buf = EventBuf::new(ty);
        (buf.tid, buf.timestamp) = (tid, self.now);
        params(&mut buf);
        self.state.apply(&Item::Event(buf.event()));
    }

    /// An event that changes nothing, so that what is pending happens.
    fn tick(&mut self) {
        self.event(1, types::GETUID_X, |e| {
            e.push_u32(0);
        });
    }

    /// A clone event as `tid` sees it; `ret` is what the call returned there.
    fn clone(&mut self, ty: EventType, tid: i64, ret: i64, c: &Clone<'_>) {
        self.event(tid, ty, |e| {
            e.push_i64(ret).push_charbuf(c.exe).push(c.args);
            e.push_i64(tid).push_i64(c.pid).push_i64(c.ptid).push_charbuf(b"");
            e.push_i64(1024).push_u64(1).push_u64(2).push_u32(3).push_u32(4).push_u32(5);
            e.push_charbuf(c.comm).push(c.cgroups).push_u32(c.flags).push_u32(c.uid).push_u32(c.uid);
            e.push_i64(c.vtid).push_i64(c.vpid).push_u64(7);
        });
    }

    /// Forks the shell-like process `parent` as the parent's event tells it.
    fn fork(&mut self, parent: i64, child: i64) {
        let c = Clone { pid: parent, ptid: 1, ..Clone::default() };
        self.clone(types::CLONE_20_X, parent, child, &c);
    }

    /// Adds thread `child` to the group of `parent`.
    fn spawn_thread(&mut self, parent: i64, child: i64) {
        let c = Clone { pid: parent, ptid: 1, flags: crate::clone_flags::THREAD, ..Clone::default() };
        self.clone(types::CLONE_20_X, parent, child, &c);
    }

    fn exec(&mut self, tid: i64, x: &Exec<'_>) {
        self.event(tid, types::EXECVE_19_X, |e| {
            e.push_i64(x.ret)
                .push_charbuf(x.exe)
                .push(x.args)
                .push_i64(tid)
                .push_i64(x.pid.unwrap_or(tid))
                .push_i64(x.ptid);
            e.push_charbuf(b"").push_u64(1024).push_u64(0).push_u64(0).push_u32(0).push_u32(0).push_u32(0);
            e.push_charbuf(x.comm).push(x.cgroups).push(b"X=1\0").push_u32(34816).push_i64(tid).push_u32(1000);
            e.push_u32(0b0101).push_u64(1).push_u64(2).push_u64(4).push_u64(99).push_u64(5).push_u64(6).push_u32(x.uid);
            match x.exepath {
                Some(p) => e.push_charbuf(p),
                None => e.push(b""),
            };
            e.push_i64(tid).push_u32(0).push_charbuf(x.exe);
        });
    }

    fn exit(&mut self, tid: i64, reaper: i64) {
        self.event(tid, types::PROCEXIT_1_E, |e| {
            e.push_i64(0).push_i64(0).push_u8(0).push_u8(0).push_i64(reaper);
        });
    }

    fn open(&mut self, tid: i64, fd: i64, name: &[u8], flags: u32) {
        self.event(tid, types::OPEN_X, |e| {
            e.push_i64(fd).push_charbuf(name).push_u32(flags).push_u32(0).push_u32(9).push_u64(77);
        });
    }

    fn close(&mut self, tid: i64, fd: i64) {
        self.event(tid, types::CLOSE_X, |e| {
            e.push_i64(0).push_i64(fd);
        });
    }

    fn thread(&self, tid: i64) -> &Thread {
        self.state.find(tid).unwrap_or_else(|| panic!("thread {tid} is known"))
    }

    fn fd_name(&self, tid: i64, fd: i64) -> Option<String> {
        let fd = self.state.fd(self.thread(tid), fd)?;
        Some(String::from_utf8_lossy(&fd.name).into_owned())
    }

    fn current_name(&self) -> Option<String> {
        Some(String::from_utf8_lossy(&self.state.current_fd()?.name).into_owned())
    }
}

/// What a clone event tells beside its numbers.
struct Clone<'a> {
    pid: i64,
    ptid: i64,
    exe: &'a [u8],
    args: &'a [u8],
    comm: &'a [u8],
    cgroups: &'a [u8],
    flags: u32,
    uid: u32,
    vtid: i64,
    vpid: i64,
}

impl Default for Clone<'_> {
    fn default() -> Self {
        Self {
            pid: 0,
            ptid: 0,
            exe: b"-sh",
            args: b"-i\0",
            comm: b"sh",
            cgroups: b"cpu=/\0",
            flags: 0,
            uid: 0,
            vtid: 0,
            vpid: 0,
        }
    }
}

/// What an exec event tells.
struct Exec<'a> {
    ret: i64,
    pid: Option<i64>,
    ptid: i64,
    exe: &'a [u8],
    args: &'a [u8],
    comm: &'a [u8],
    cgroups: &'a [u8],
    exepath: Option<&'a [u8]>,
    uid: u32,
}

impl Default for Exec<'_> {
    fn default() -> Self {
        Self {
            ret: 0,
            pid: None,
            ptid: 10,
            exe: b"ls",
            args: b"-l\0/tmp\0",
            comm: b"ls",
            cgroups: b"cpu=/\0",
            exepath: Some(b"/bin/ls"),
            uid: 0,
        }
    }
}
