//! Descriptors without a path: pipes, events, timers and their like.

use avouch_event::{Event, types};

use super::files::O_CLOEXEC;
use crate::fd::{Fd, FdType};
use crate::state::State;

impl State {
    pub(super) fn on_pipe(&mut self, e: &Event<'_>) {
        let p = &e.params;
        if p.i64(0).is_none_or(|r| r < 0) {
            return;
        }
        let (Some(read), Some(write)) = (p.i64(1), p.i64(2)) else {
            self.counters.malformed_events += 1;
            return;
        };
        let flags = p.u32(4).unwrap_or(0);
        let fd = Fd {
            ino: p.u64(3).unwrap_or(0),
            open_flags: flags,
            cloexec: flags & O_CLOEXEC != 0,
            ..Fd::new(FdType::Fifo, b"")
        };
        self.new_fd(read, fd.clone());
        self.new_fd(write, fd);
    }

    /// Calls that return one descriptor.
    pub(super) fn on_anonymous(&mut self, e: &Event<'_>) {
        let p = &e.params;
        let Some(number) = p.i64(0).filter(|n| *n >= 0) else { return };
        let ty = match e.ty {
            types::EVENTFD_X | types::EVENTFD2_X => FdType::Event,
            types::SIGNALFD_X | types::SIGNALFD4_X => FdType::Signalfd,
            types::TIMERFD_CREATE_X => FdType::Timerfd,
            types::INOTIFY_INIT_X | types::INOTIFY_INIT1_X => FdType::Inotify,
            types::EPOLL_CREATE_X | types::EPOLL_CREATE1_X => FdType::Eventpoll,
            types::BPF_2_X => FdType::Bpf,
            types::USERFAULTFD_X => FdType::Userfaultfd,
            types::IO_URING_SETUP_X => FdType::IoUring,
            types::MEMFD_CREATE_X => FdType::Memfd,
            types::PIDFD_OPEN_X => FdType::Pidfd,
            _ => return,
        };
        let mut fd = Fd::new(ty, b"");
        match e.ty {
            types::MEMFD_CREATE_X => {
                fd.name = self.cut(p.charbuf(1).unwrap_or(b"")).into();
                fd.open_flags = p.u32(2).unwrap_or(0);
                fd.cloexec = fd.open_flags & 1 != 0;
            }
            types::PIDFD_OPEN_X => {
                fd.target_pid = p.i64(1).unwrap_or(0);
                fd.name = format!("/proc/{}", fd.target_pid).into_bytes();
                fd.open_flags = p.u32(2).unwrap_or(0);
                // The kernel sets close-on-exec on every pidfd.
                fd.cloexec = true;
            }
            types::EPOLL_CREATE1_X => fd.cloexec = p.u32(1).unwrap_or(0) & 1 != 0,
            types::EVENTFD2_X | types::SIGNALFD4_X | types::INOTIFY_INIT1_X => {
                fd.open_flags = u32::from(p.u16(1).unwrap_or(0));
                fd.cloexec = fd.open_flags & O_CLOEXEC != 0;
            }
            types::USERFAULTFD_X => fd.cloexec = p.u32(1).unwrap_or(0) & O_CLOEXEC != 0,
            _ => {}
        }
        // bpf commands that succeed without making a descriptor return 0.
        if ty == FdType::Bpf && number == 0 {
            return;
        }
        self.new_fd(number, fd);
    }
}
