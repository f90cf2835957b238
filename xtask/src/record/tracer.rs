//! Follows processes with ptrace, from call to call.
//!
//! All threads are seized first and stand still while the snapshot is taken, so that events join it without a hole.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use avouch_event::EventBuf;
use nix::errno::Errno;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::calls;
use super::compose::{self, Call, Composed};
use super::memory::Memory;

/// What the kernel returns inside of a call that it will start again: the call has not ended.
const RESTARTING: std::ops::RangeInclusive<i64> = -516..=-512;

/// State of the recording.
#[derive(Default)]
pub(super) struct Tracer {
    threads: BTreeMap<i32, Thread>,
    /// Threads that stopped before their parent's event named them.
    early: BTreeSet<i32>,
    pub(super) events: Vec<EventBuf>,
    /// Calls without a row, by name.
    pub(super) not_recorded: BTreeMap<&'static str, u64>,
}

#[derive(Default)]
struct Thread {
    /// The call it is in.
    entry: Option<Entry>,
}

#[derive(Clone)]
struct Entry {
    number: u64,
    args: [u64; 6],
    exec_name: Option<Vec<u8>>,
}

/// Now, ns since the epoch.
pub(super) fn now() -> u64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX)
}

fn tid_of(pid: Pid) -> i64 {
    i64::from(pid.as_raw())
}

impl Tracer {
    /// Seizes `tids` and waits until each stands still. Threads that end meanwhile are left out.
    ///
    /// # Errors
    /// When a thread cannot be traced.
    pub(super) fn seize(&mut self, tids: &[i32]) -> Result<()> {
        let options = Options::PTRACE_O_TRACESYSGOOD
            | Options::PTRACE_O_TRACECLONE
            | Options::PTRACE_O_TRACEFORK
            | Options::PTRACE_O_TRACEVFORK
            | Options::PTRACE_O_TRACEEXEC
            | Options::PTRACE_O_TRACEEXIT;
        for &tid in tids {
            let pid = Pid::from_raw(tid);
            match ptrace::seize(pid, options).and_then(|()| ptrace::interrupt(pid)) {
                Ok(()) => {}
                Err(Errno::ESRCH) => continue,
                Err(e) => return Err(e).with_context(|| format!("failed to trace thread {tid}")),
            }
            let status = waitpid(pid, Some(WaitPidFlag::__WALL)).with_context(|| format!("failed to stop {tid}"))?;
            match status {
                WaitStatus::PtraceEvent(..) | WaitStatus::Stopped(..) => {
                    self.threads.insert(tid, Thread::default());
                }
                WaitStatus::Exited(..) | WaitStatus::Signaled(..) => {}
                other => bail!("thread {tid} stopped in an unexpected way: {other:?}"),
            }
        }
        Ok(())
    }

    /// Threads that are traced.
    pub(super) fn tids(&self) -> impl Iterator<Item = i32> {
        self.threads.keys().copied()
    }

    /// Lets all threads run, and records until `main` ends.
    ///
    /// # Errors
    /// When waiting fails. Single threads that vanish are no error.
    pub(super) fn run(&mut self, main: i32) -> Result<()> {
        for tid in self.tids().collect::<Vec<_>>() {
            resume(Pid::from_raw(tid), None);
        }
        while self.threads.contains_key(&main) {
            let status = waitpid(None, Some(WaitPidFlag::__WALL)).context("failed to wait for traced threads")?;
            self.step(status);
        }
        Ok(())
    }

    fn step(&mut self, status: WaitStatus) {
        match status {
            WaitStatus::PtraceSyscall(pid) => {
                self.syscall(pid);
                resume(pid, None);
            }
            WaitStatus::PtraceEvent(pid, signal, event) => self.event(pid, signal, event),
            WaitStatus::Stopped(pid, signal) => resume(pid, Some(signal)),
            WaitStatus::Exited(pid, _) | WaitStatus::Signaled(pid, ..) => {
                self.threads.remove(&pid.as_raw());
            }
            WaitStatus::Continued(_) | WaitStatus::StillAlive => {}
        }
    }

    fn syscall(&mut self, pid: Pid) {
        let Ok(regs) = ptrace::getregs(pid) else { return };
        let Some(thread) = self.threads.get_mut(&pid.as_raw()) else { return };
        let Some(entry) = thread.entry.take() else {
            let args = [regs.rdi, regs.rsi, regs.rdx, regs.r10, regs.r8, regs.r9];
            let exec_name =
                (calls::name(regs.orig_rax) == Some("execve")).then(|| Memory::of(tid_of(pid)).text(args[0])).flatten();
            thread.entry = Some(Entry { number: regs.orig_rax, args, exec_name });
            return;
        };
        let ret = regs.rax.cast_signed();
        if RESTARTING.contains(&ret) {
            return;
        }
        let call = Call {
            tid: tid_of(pid),
            number: entry.number,
            args: entry.args,
            ret,
            timestamp: now(),
            exec_name: entry.exec_name,
        };
        match compose::event(&call) {
            Composed::Event(event) => self.events.push(event),
            Composed::NotRecorded => {
                *self.not_recorded.entry(calls::name(call.number).unwrap_or("unknown")).or_default() += 1;
            }
        }
    }

    fn event(&mut self, pid: Pid, signal: Signal, event: i32) {
        const STOP: i32 = 128;
        match event {
            _ if event == ptrace::Event::PTRACE_EVENT_CLONE as i32
                || event == ptrace::Event::PTRACE_EVENT_FORK as i32
                || event == ptrace::Event::PTRACE_EVENT_VFORK as i32 =>
            {
                if let Ok(child) = ptrace::getevent(pid) {
                    self.born(pid, i32::try_from(child).unwrap_or(0));
                }
            }
            _ if event == ptrace::Event::PTRACE_EVENT_EXEC as i32 => self.thread_became_leader(pid),
            _ if event == ptrace::Event::PTRACE_EVENT_EXIT as i32 => {
                let status = ptrace::getevent(pid).unwrap_or(0);
                self.events.push(compose::exit(tid_of(pid), status, now()));
            }
            STOP if !self.threads.contains_key(&pid.as_raw()) => {
                self.early.insert(pid.as_raw());
                return;
            }
            STOP if signal != Signal::SIGTRAP => {
                // A group stop. Letting it run on is enough: what we record does not use job control.
            }
            _ => {}
        }
        resume(pid, None);
    }

    /// `parent` made `child`, which stands still at its first instruction or will so soon.
    fn born(&mut self, parent: Pid, child: i32) {
        let Some(entry) = self.threads.get(&parent.as_raw()).and_then(|t| t.entry.clone()) else { return };
        if !self.early.remove(&child) {
            // Blocks only until the child has reached its first stop.
            let stopped = waitpid(Pid::from_raw(child), Some(WaitPidFlag::__WALL));
            if !matches!(stopped, Ok(WaitStatus::PtraceEvent(..) | WaitStatus::Stopped(..))) {
                return;
            }
        }
        let call =
            Call { tid: tid_of(parent), number: entry.number, args: entry.args, ret: 0, timestamp: 0, exec_name: None };
        let flags = compose::clone_flags(&call);
        self.threads.insert(child, Thread::default());
        self.events.push(compose::child(entry.number, i64::from(child), flags, now()));
        resume(Pid::from_raw(child), None);
    }

    /// After `execve` in a thread, the kernel gives it the id of its group's leader.
    fn thread_became_leader(&mut self, leader: Pid) {
        let Ok(former) = ptrace::getevent(leader).map(|id| i32::try_from(id).unwrap_or(0)) else { return };
        if former != leader.as_raw()
            && let Some(thread) = self.threads.remove(&former)
        {
            self.threads.insert(leader.as_raw(), thread);
        }
    }
}

/// Runs on to the next call. A thread that was killed meanwhile reports its end by itself.
fn resume(pid: Pid, signal: Option<Signal>) {
    let _gone = ptrace::syscall(pid, signal);
}
