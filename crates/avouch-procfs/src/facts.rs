//! What /proc says about one thread.

use avouch_event::ProcessEntry;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, Statx, StatxFlags, statx};

use crate::files;
use crate::machine;
use crate::options::{Counts, Missing, Options};
use crate::overlay::{Layer, Overlays};
use crate::parse;
use crate::pidns::PidNamespaces;

/// A hundredth of a second, which is the kernel's unit in `/proc/PID/stat` everywhere.
const TICK_NS: u64 = 10_000_000;

/// Facts of one thread, owned, and used again for the next. Names and units are those of [`ProcessEntry`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "names are the kernel's own")]
pub struct Facts {
    pub tid: i64,
    pub pid: i64,
    pub ptid: i64,
    pub sid: i64,
    pub pgid: i64,
    pub vpgid: i64,
    pub vtid: i64,
    pub vpid: i64,
    pub comm: Vec<u8>,
    pub exe: Vec<u8>,
    pub args: Vec<u8>,
    pub env: Vec<u8>,
    pub exepath: Vec<u8>,
    pub cwd: Vec<u8>,
    pub root: Vec<u8>,
    pub cgroups: Vec<u8>,
    pub fdlimit: i64,
    pub uid: u32,
    pub gid: u32,
    pub vmsize: u32,
    pub vmrss: u32,
    pub vmswap: u32,
    pub pfmajor: u64,
    pub pfminor: u64,
    pub tty: u32,
    pub loginuid: u32,
    /// Inheritable, permitted, effective.
    pub caps: [u64; 3],
    pub exe_file: ExeFile,
    /// It lives in a pid namespace below the reader's.
    pub nested: bool,
    /// Start of the pid namespace's first process, ns since the epoch; 0 when unknown.
    pub pidns_init_start_ts: u64,
    /// When the thread started, ns since boot, by hundredths of a second.
    pub start_ns: u64,
    /// Processor it ran on last.
    pub cpu: u16,
    /// A thread of the kernel's own.
    pub kernel: bool,
    /// How many threads its process has.
    pub threads: u64,
}

/// The file that a process runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "names are the kernel's own")]
pub struct ExeFile {
    pub ino: u64,
    /// Ns since the epoch, as `mtime`.
    pub ctime: u64,
    pub mtime: u64,
    pub writable: bool,
    pub upper_layer: bool,
    pub lower_layer: bool,
    pub memfd: bool,
}

impl ExeFile {
    /// The capture's `execve_flags`.
    #[must_use]
    pub fn flags(&self) -> u32 {
        u32::from(self.writable)
            | u32::from(self.upper_layer) << 1
            | u32::from(self.memfd) << 2
            | u32::from(self.lower_layer) << 3
    }
}

/// What is kept from one process to the next.
#[derive(Debug, Default)]
pub(crate) struct Caches {
    pub(crate) overlays: Overlays,
    pub(crate) pidns: PidNamespaces,
    /// Content of the cgroup root's `cgroup.controllers`.
    pub(crate) controllers: Vec<u8>,
    pub(crate) buf: Vec<u8>,
}

impl Caches {
    pub(crate) fn new() -> Self {
        Self { pidns: PidNamespaces::new(machine::boot_time()), controllers: machine::controllers(), ..Self::default() }
    }
}

impl Facts {
    /// Reads what /proc holds on `tid` now, for those who ask once in a while; a scan keeps its buffers.
    ///
    /// `None` when the thread is gone or /proc cannot be read.
    #[must_use]
    pub fn of(tid: i64) -> Option<Self> {
        let options = Options::default();
        let proc = files::folder_at(&*options.proc).ok()?;
        let dir = files::folder(proc, rustix::path::DecInt::new(tid)).ok()?;
        let mut caches = Caches::new();
        let mut facts = Self::default();
        facts.read(&dir, tid, &options, &mut caches, &mut Counts::default()).ok()?;
        Some(facts)
    }

    /// Reads the thread whose folder is `dir`. An error means that it is not worth telling.
    pub(crate) fn read(
        &mut self,
        dir: &OwnedFd,
        tid: i64,
        options: &Options,
        caches: &mut Caches,
        counts: &mut Counts,
    ) -> Result<(), Missing> {
        let zombie = self.read_numbers(dir, tid, options, &mut caches.buf)?;
        self.pidns_init_start_ts = caches.pidns.start_of(dir, self.nested);
        let mut reads = Reads { dir, limit: options.list_bytes, refused: false, cut: 0, gone: false };
        let buf = &mut caches.buf;
        reads.file(c"cgroup", buf);
        self.cgroups.clear();
        parse::cgroups(buf, &caches.controllers, &mut self.cgroups);
        reads.cut_list(&mut self.cgroups);
        reads.file(c"loginuid", buf);
        self.loginuid = parse::uint(buf).and_then(|n| u32::try_from(n).ok()).unwrap_or(u32::MAX);
        reads.file(c"limits", buf);
        self.fdlimit = parse::open_files(buf).unwrap_or(0);
        for text in [&mut self.exe, &mut self.args, &mut self.env, &mut self.exepath, &mut self.cwd, &mut self.root] {
            text.clear();
        }
        self.exe_file = ExeFile::default();
        // Kernel threads and the dead have none of these.
        if !self.kernel && !zombie {
            reads.file(c"cmdline", buf);
            let (exe, args) = parse::argv(buf);
            self.exe.extend_from_slice(exe);
            self.args.extend_from_slice(args);
            reads.cut_list(&mut self.exe);
            reads.cut_list(&mut self.args);
            reads.list(c"environ", &mut self.env);
            reads.link(c"exe", &mut self.exepath);
            reads.link(c"cwd", &mut self.cwd);
            reads.link(c"root", &mut self.root);
            self.exe_file = self.read_exe(dir, &mut caches.overlays, options, counts);
        }
        counts.cut += reads.cut;
        counts.denied += u64::from(reads.refused);
        if reads.gone { Err(Missing::Gone) } else { Ok(()) }
    }

    /// Reads a thread that does not lead: its own numbers, and the rest from its leader's facts.
    pub(crate) fn read_thread(
        &mut self,
        dir: &OwnedFd,
        tid: i64,
        leader: &Self,
        options: &Options,
        buf: &mut Vec<u8>,
    ) -> Result<(), Missing> {
        self.read_numbers(dir, tid, options, buf)?;
        for (own, of_leader) in [
            (&mut self.exe, &leader.exe),
            (&mut self.args, &leader.args),
            (&mut self.exepath, &leader.exepath),
            (&mut self.cgroups, &leader.cgroups),
            (&mut self.root, &leader.root),
        ] {
            own.clone_from(of_leader);
        }
        // Of these the leader's count.
        self.env.clear();
        self.cwd.clear();
        (self.fdlimit, self.loginuid, self.exe_file) = (leader.fdlimit, leader.loginuid, leader.exe_file);
        self.pidns_init_start_ts = leader.pidns_init_start_ts;
        Ok(())
    }

    /// What `stat` and `status` tell. Returns whether it is dead.
    fn read_numbers(&mut self, dir: &OwnedFd, tid: i64, options: &Options, buf: &mut Vec<u8>) -> Result<bool, Missing> {
        files::whole(dir, c"stat", buf, options.file_bytes)?;
        let stat = parse::stat(buf).ok_or(Missing::Unreadable)?;
        let zombie = stat.is_zombie();
        self.tid = tid;
        (self.ptid, self.pgid, self.sid, self.tty) = (stat.ppid, stat.pgrp, stat.session, stat.tty_nr);
        (self.pfminor, self.pfmajor) = (stat.minflt, stat.majflt);
        self.start_ns = stat.starttime.saturating_mul(TICK_NS);
        (self.cpu, self.kernel, self.threads) = (stat.processor, stat.is_kernel(), stat.num_threads);
        self.comm.clear();
        self.comm.extend_from_slice(stat.comm);
        files::whole(dir, c"status", buf, options.file_bytes)?;
        let status = parse::status(buf).ok_or(Missing::Unreadable)?;
        self.pid = status.tgid;
        (self.uid, self.gid) = (status.uid, status.gid);
        (self.vtid, self.vpid, self.vpgid, self.nested) = (status.vtid, status.vpid, status.vpgid, status.nested);
        (self.vmsize, self.vmrss, self.vmswap) = (status.vmsize, status.vmrss, status.vmswap);
        self.caps = [status.cap_inheritable, status.cap_permitted, status.cap_effective];
        Ok(zombie)
    }

    fn read_exe(&self, dir: &OwnedFd, overlays: &mut Overlays, options: &Options, counts: &mut Counts) -> ExeFile {
        const CAP_DAC_OVERRIDE: u64 = 1 << 1;
        let Ok(file) = look(dir, c"exe") else { return ExeFile::default() };
        let mode = file.stx_mode;
        let writable = self.caps[2] & CAP_DAC_OVERRIDE != 0
            || (file.stx_uid == self.uid && mode & 0o200 != 0)
            || (file.stx_gid == self.gid && mode & 0o020 != 0)
            || mode & 0o002 != 0;
        let layer = overlays.layer_of(dir, &self.exepath, &file, options, counts);
        ExeFile {
            ino: file.stx_ino,
            ctime: ns(file.stx_ctime.tv_sec, file.stx_ctime.tv_nsec),
            mtime: ns(file.stx_mtime.tv_sec, file.stx_mtime.tv_nsec),
            writable,
            upper_layer: layer == Some(Layer::Upper),
            lower_layer: layer == Some(Layer::Lower),
            memfd: self.exepath.starts_with(b"/memfd:"),
        }
    }

    /// As an entry of the process list.
    #[must_use]
    pub fn entry(&self) -> ProcessEntry<'_> {
        // The capture format's bits of a thread that shares its leader's descriptors.
        const THREAD: u32 = 1 << 13 | 1;
        ProcessEntry {
            tid: self.tid,
            pid: self.pid,
            ptid: self.ptid,
            sid: self.sid,
            vpgid: self.vpgid,
            pgid: self.pgid,
            comm: &self.comm,
            exe: &self.exe,
            exepath: &self.exepath,
            args: &self.args,
            cwd: &self.cwd,
            fdlimit: self.fdlimit,
            flags: if self.tid == self.pid { 0 } else { THREAD },
            uid: self.uid,
            gid: self.gid,
            vmsize: self.vmsize,
            vmrss: self.vmrss,
            vmswap: self.vmswap,
            pfmajor: self.pfmajor,
            pfminor: self.pfminor,
            env: &self.env,
            vtid: self.vtid,
            vpid: self.vpid,
            cgroups: &self.cgroups,
            root: &self.root,
            pidns_init_start_ts: self.pidns_init_start_ts,
            tty: self.tty,
            loginuid: self.loginuid,
            exe_writable: self.exe_file.writable,
            cap_inheritable: self.caps[0],
            cap_permitted: self.caps[1],
            cap_effective: self.caps[2],
            exe_upper_layer: self.exe_file.upper_layer,
            exe_lower_layer: self.exe_file.lower_layer,
            exe_from_memfd: self.exe_file.memfd,
            exe_ino: self.exe_file.ino,
            exe_ino_ctime: self.exe_file.ctime,
            exe_ino_mtime: self.exe_file.mtime,
        }
    }
}

/// Reads of one process that may fail one by one.
struct Reads<'a> {
    dir: &'a OwnedFd,
    limit: usize,
    refused: bool,
    gone: bool,
    cut: u64,
}

impl Reads<'_> {
    fn note<T>(&mut self, result: Result<T, rustix::io::Errno>) -> Option<T> {
        match result {
            Ok(done) => Some(done),
            Err(rustix::io::Errno::SRCH) => {
                self.gone = true;
                None
            }
            Err(e) => {
                self.refused |= Missing::from(e) == Missing::Denied;
                None
            }
        }
    }

    /// A file of any length; the buffer is empty when there is none.
    fn file(&mut self, name: &std::ffi::CStr, buf: &mut Vec<u8>) {
        // Twice the limit of a list holds argument 0 and the others.
        let read = files::whole(self.dir, name, buf, self.limit.saturating_mul(2).max(1 << 16));
        if self.note(read).is_none() {
            buf.clear();
        }
    }

    fn list(&mut self, name: &std::ffi::CStr, out: &mut Vec<u8>) {
        let read = files::whole(self.dir, name, out, self.limit);
        match self.note(read) {
            Some(cut) => self.cut += u64::from(cut),
            None => out.clear(),
        }
    }

    fn link(&mut self, name: &std::ffi::CStr, out: &mut Vec<u8>) {
        let read = files::link(self.dir, name, out);
        self.note(read);
    }

    fn cut_list(&mut self, list: &mut Vec<u8>) {
        if list.len() > self.limit {
            list.truncate(self.limit);
            self.cut += 1;
        }
    }
}

/// Facts of a file behind a link of procfs, without asking a remote file system for news: a dead one would not answer.
pub(crate) fn look(dir: impl AsFd, name: impl rustix::path::Arg) -> Result<Statx, rustix::io::Errno> {
    statx(dir, name, AtFlags::STATX_DONT_SYNC, StatxFlags::BASIC_STATS | StatxFlags::MNT_ID)
}

fn ns(seconds: i64, ns: u32) -> u64 {
    u64::try_from(seconds).unwrap_or(0).saturating_mul(1_000_000_000).saturating_add(u64::from(ns))
}

/// As [`look`], of an open file.
pub(crate) fn look_at(file: impl AsFd) -> Result<Statx, rustix::io::Errno> {
    statx(file, c"", AtFlags::EMPTY_PATH | AtFlags::STATX_DONT_SYNC, StatxFlags::BASIC_STATS)
}
