//! Descriptors: open, close, dup, pipes and their like.

use avouch_event::{FdEntry, FdKind, Item, types};

use super::{Exec, Machine};
use crate::{FdType, Limits};

#[test]
fn open_names_the_file_absolutely() {
    let mut m = Machine::new();
    m.open(10, 3, b"../v//./f", 1 | 1 << 15);
    let fd = m.state.current_fd().unwrap();
    assert_eq!((&*fd.name, fd.raw_name()), (&b"/home/v/f"[..], &b"../v//./f"[..]));
    assert_eq!((fd.ty, fd.dev, fd.ino, fd.upper_layer), (FdType::File, 9, 77, true));
    assert_eq!((m.state.current().fd_num(), m.state.current().name_changed()), (Some(3), true));
    m.open(10, 4, b"/tmp", 1 << 10);
    assert_eq!(m.state.current_fd().unwrap().ty, FdType::Directory);
}

#[test]
fn failed_open_makes_no_descriptor() {
    let mut m = Machine::new();
    m.open(10, -2, b"/nope", 1);
    assert_eq!((m.state.current().fd_num(), m.state.current().error()), (Some(-1), Some(2)));
    assert!(m.state.current_fd().is_none());
}

#[test]
fn openat_resolves_against_its_directory() {
    let mut m = Machine::new();
    m.open(10, 4, b"/srv", 1 << 10);
    let mut at = |dirfd: i64, name: &[u8]| {
        m.event(10, types::OPENAT_2_X, |e| {
            e.push_i64(7).push_i64(dirfd).push_charbuf(name).push_u32(1).push_u32(0).push_u32(0).push_u64(0);
        });
        m.current_name().unwrap()
    };
    assert_eq!(at(4, b"www/i"), "/srv/www/i");
    assert_eq!(at(-100, b"x"), "/home/u/x");
    assert_eq!(at(99, b"/abs"), "/abs");
    assert_eq!(at(99, b"rel"), "<UNKNOWN>rel");
}

#[test]
fn what_was_asked_on_entry_wins() {
    let mut m = Machine::new();
    m.event(10, types::OPEN_E, |e| {
        e.push_charbuf(b"/etc/shadow").push_u32(2).push_u32(0);
    });
    m.open(10, 3, b"/tmp/innocent", 1 | 1 << 14);
    let fd = m.state.current_fd().unwrap();
    assert_eq!((&*fd.name, fd.open_flags), (&b"/etc/shadow"[..], 2 | 1 << 14));
    assert!(m.state.stored_enter().is_some());
    m.event(10, types::OPEN_E, |e| {
        e.push_charbuf(b"/a").push_u32(1).push_u32(0);
    });
    m.close(10, 3);
    m.open(10, 3, b"/b", 1);
    assert_eq!(m.current_name().as_deref(), Some("/b"), "another call came between");
}

#[test]
fn closed_descriptor_is_still_seen_by_its_close() {
    let mut m = Machine::new();
    m.open(10, 3, b"/a", 1);
    m.close(10, 3);
    assert_eq!(m.current_name().as_deref(), Some("/a"));
    assert!(!m.state.current().name_changed());
    m.open(10, 3, b"/b", 1);
    assert_eq!(m.fd_name(10, 3).as_deref(), Some("/b"));
}

#[test]
fn close_range_closes_or_marks() {
    let mut m = Machine::new();
    for n in 3..8 {
        m.open(10, n, b"/f", 1);
    }
    m.event(10, types::CLOSE_RANGE_X, |e| {
        e.push_i64(0).push_u32(6).push_u32(u32::MAX).push_u32(0);
    });
    m.event(10, types::CLOSE_RANGE_X, |e| {
        e.push_i64(0).push_u32(4).push_u32(4).push_u32(4);
    });
    m.exec(10, &Exec::default());
    let open: Vec<i64> = m.state.fds_of(m.thread(10)).unwrap().iter().map(|(n, _)| n).collect();
    assert_eq!(open, [3, 5]);
}

#[test]
fn dup_shares_and_cloexec_is_the_copys_own() {
    let mut m = Machine::new();
    m.open(10, 3, b"/f", 1 | 1 << 12);
    m.event(10, types::DUP2_X, |e| {
        e.push_i64(1).push_i64(3).push_i64(1);
    });
    assert_eq!((m.state.current().fd_num(), m.current_name().as_deref()), (Some(1), Some("/f")));
    m.event(10, types::FCNTL_X, |e| {
        e.push_i64(5).push_i64(3).push_u8(1).push_u64(5);
    });
    m.event(10, types::FCNTL_X, |e| {
        e.push_i64(0).push_i64(5).push_u8(3).push_u64(1);
    });
    m.event(10, types::DUP3_X, |e| {
        e.push_i64(6).push_i64(1).push_i64(6).push_u32(1 << 12);
    });
    m.exec(10, &Exec::default());
    let open: Vec<i64> = m.state.fds_of(m.thread(10)).unwrap().iter().map(|(n, _)| n).collect();
    assert_eq!(open, [1]);
}

#[test]
fn calls_without_a_path_make_descriptors_of_their_kind() {
    let mut m = Machine::new();
    m.event(10, types::PIPE2_X, |e| {
        e.push_i64(0).push_i64(3).push_i64(4).push_u64(55).push_u32(1 << 12);
    });
    let end = m.state.current_fd().unwrap();
    assert_eq!((end.ty, end.ino, end.cloexec, m.state.current().fd_num()), (FdType::Fifo, 55, true, Some(4)));
    m.event(10, types::MEMFD_CREATE_X, |e| {
        e.push_i64(5).push_charbuf(b"payload").push_u32(0);
    });
    assert_eq!(m.current_name().as_deref(), Some("payload"));
    m.event(10, types::PIDFD_OPEN_X, |e| {
        e.push_i64(6).push_i64(1).push_u32(0);
    });
    assert_eq!(m.current_name().as_deref(), Some("/proc/1"));
    m.open(1, 9, b"/secret", 1);
    m.event(10, types::PIDFD_GETFD_X, |e| {
        e.push_i64(7).push_i64(6).push_i64(9).push_u32(0);
    });
    assert_eq!(m.fd_name(10, 7).as_deref(), Some("/secret"));
    for (ty, want) in [
        (types::EPOLL_CREATE1_X, FdType::Eventpoll),
        (types::EVENTFD2_X, FdType::Event),
        (types::BPF_2_X, FdType::Bpf),
        (types::IO_URING_SETUP_X, FdType::IoUring),
    ] {
        m.event(10, ty, |e| {
            e.push_i64(20);
        });
        assert_eq!(m.state.current_fd().unwrap().ty, want);
    }
}

#[test]
fn directories_follow_fchdir_and_chroot() {
    let mut m = Machine::new();
    m.open(10, 4, b"/srv/www", 1 << 10);
    m.event(10, types::FCHDIR_X, |e| {
        e.push_i64(0).push_i64(4);
    });
    assert_eq!(m.state.cwd(m.thread(10)), b"/srv/www/");
    m.event(10, types::CHROOT_X, |e| {
        e.push_i64(0).push_charbuf(b"jail");
    });
    assert_eq!(&*m.thread(10).root, b"/srv/www/jail");
    m.event(10, types::CHDIR_X, |e| {
        e.push_i64(-2).push_charbuf(b"/nope");
    });
    assert_eq!(m.state.cwd(m.thread(10)), b"/srv/www/");
}

#[test]
fn unknown_descriptors_are_counted() {
    let mut m = Machine::new();
    m.event(10, types::READ_X, |e| {
        e.push_i64(5).push(b"hello").push_i64(44).push_u32(5);
    });
    assert_eq!((m.state.current().fd_num(), m.state.current_fd().is_none()), (Some(44), true));
    assert_eq!(m.state.counters().unknown_fds, 1);
}

#[test]
fn placeholders_have_descriptors_of_their_own() {
    let mut m = Machine::new();
    m.open(600, 3, b"f", 1);
    assert_eq!(m.current_name().as_deref(), Some("./f"));
    assert_eq!(m.fd_name(600, 3).as_deref(), Some("./f"));
}

#[test]
fn descriptors_are_bounded() {
    let mut m = Machine::with(Limits { fds_per_process: 4, fds: 7, ..Limits::default() });
    for n in 0..10 {
        m.open(10, n, b"/f", 1);
    }
    assert_eq!(m.state.fds_of(m.thread(10)).unwrap().len(), 4);
    assert_eq!(m.state.counters().dropped_fds, 6);
    m.open(10, 2, b"/again", 1);
    assert_eq!(m.fd_name(10, 2).as_deref(), Some("/again"), "a number that is open is replaced");
    m.fork(10, 20);
    assert!(m.state.fds_of(m.thread(20)).unwrap().is_empty(), "no room for a second table");
    m.state.apply(&Item::Fd(777, FdEntry { fd: 1, ino: 0, kind: FdKind::Fifo { name: b"" } }));
    assert_eq!((m.state.counters().dropped_fds, m.state.counters().unknown_threads), (10, 1));
}
