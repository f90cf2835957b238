//! What is left: descriptors without files, memory, modules, eBPF, io_uring.

use avouch_event::types;

use super::Param::{Absent, Bits, Code, Fd, File, FirstFd, Path, Ret, SecondFd, U8, U16, U32, U64, Word, Zero32};
use super::{Row, row};
use crate::flags;

/// Bytes of the kernel's `struct io_uring_params`.
const URING_PARAMS: u8 = 120;

/// See [`super::rows`].
pub(super) const ROWS: &[Row] = &[
    row("pipe", types::PIPE_X, &[Ret, FirstFd(0), SecondFd(0), Absent]),
    row("pipe2", types::PIPE2_X, &[Ret, FirstFd(0), SecondFd(0), Absent, File(1, 4)]),
    row("eventfd", types::EVENTFD_X, &[Ret, U64(0), Zero32]),
    row("eventfd2", types::EVENTFD2_X, &[Ret, File(1, 2), U64(0)]),
    row("signalfd4", types::SIGNALFD4_X, &[Ret, File(3, 2), Fd(0), Zero32]),
    row("timerfd_create", types::TIMERFD_CREATE_X, &[Ret, U8(0), U8(1)]),
    row("inotify_init", types::INOTIFY_INIT_X, &[Ret, Absent]),
    row("inotify_init1", types::INOTIFY_INIT1_X, &[Ret, File(0, 2)]),
    row("epoll_create", types::EPOLL_CREATE_X, &[Ret, U32(0)]),
    row("epoll_create1", types::EPOLL_CREATE1_X, &[Ret, Bits(0, flags::epoll_create)]),
    row("userfaultfd", types::USERFAULTFD_X, &[Ret, File(0, 4)]),
    row("bpf", types::BPF_2_X, &[Ret, U32(0)]),
    row("init_module", types::INIT_MODULE_X, &[Ret, Absent, U64(1), Path(2)]),
    row("finit_module", types::FINIT_MODULE_X, &[Ret, Fd(0), Path(1), Code(2, 0x7)]),
    row("delete_module", types::DELETE_MODULE_X, &[Ret, Path(0), File(1, 4)]),
    row(
        "io_uring_setup",
        types::IO_URING_SETUP_X,
        &[
            Ret,
            U32(0),
            Word(1, 0, URING_PARAMS),
            Word(1, 1, URING_PARAMS),
            Word(1, 2, URING_PARAMS),
            Word(1, 3, URING_PARAMS),
            Word(1, 4, URING_PARAMS),
            Word(1, 5, URING_PARAMS),
        ],
    ),
    row("io_uring_enter", types::IO_URING_ENTER_X, &[Ret, Fd(0), U32(1), U32(2), Code(3, 0x1f), Absent]),
    row("io_uring_register", types::IO_URING_REGISTER_X, &[Ret, Fd(0), U16(1), U64(2), U32(3)]),
    row(
        "mmap",
        types::MMAP_X,
        &[Ret, Absent, Absent, Absent, U64(0), U64(1), Bits(2, flags::prot), Bits(3, flags::mmap), Fd(4), U64(5)],
    ),
    row("mprotect", types::MPROTECT_X, &[Ret, U64(0), U64(1), Bits(2, flags::prot)]),
    row("mlock", types::MLOCK_X, &[Ret, U64(0), U64(1)]),
    row("munlock", types::MUNLOCK_X, &[Ret, U64(0), U64(1)]),
    row("fsconfig", types::FSCONFIG_X, &[Ret, Fd(0), U32(1), Path(2), Absent, Absent, U32(4)]),
];
