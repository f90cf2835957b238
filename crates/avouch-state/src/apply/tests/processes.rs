//! Births, exec, exits, ids, containers.

use avouch_event::{Item, ProcessEntry, UserEntry, types};

use super::{Clone, Exec, IN_CONTAINER, Machine};
use crate::{ContainerRef, clone_flags};

#[test]
fn snapshot_is_tidied() {
    let m = Machine::new();
    let sh = m.thread(10);
    assert_eq!(&*sh.exepath, b"/bin/sh");
    assert_eq!(m.state.cwd(sh), b"/home/u/");
    assert_eq!(sh.cmdline.line(), b"sh -i");
    assert_eq!(m.state.parent(sh).map(|p| p.tid), Some(1));
    assert_eq!(m.state.live_threads(sh), 1);
}

#[test]
fn orphans_of_the_snapshot_have_no_parent() {
    let mut m = Machine::new();
    m.state.apply(&Item::Process(ProcessEntry { tid: 50, pid: 50, ptid: 49, ..ProcessEntry::default() }));
    m.tick();
    assert_eq!(m.thread(50).ptid, 0);
}

#[test]
fn fork_copies_what_a_process_owns() {
    let mut m = Machine::new();
    m.open(10, 3, b"/etc/passwd", 1);
    m.fork(10, 20);
    let (sh, child) = (m.thread(10), m.thread(20));
    assert_eq!((child.pid, child.ptid, child.vtid), (20, 10, 20));
    assert_eq!((m.state.cwd(child), m.state.env(child)), (&b"/home/u/"[..], &b"A=1\0B=2\0"[..]));
    assert_eq!((child.loginuid, child.sid, child.fdlimit), (1000, 10, 1024));
    assert_eq!((child.pidns_init_start_ts, child.clone_ts), (1_000, m.now));
    assert_eq!(m.fd_name(20, 3).as_deref(), Some("/etc/passwd"));
    assert_eq!(m.state.ancestors(child).map(|t| t.tid).collect::<Vec<_>>(), [10, 1]);
    assert_eq!(m.state.thread().map(|t| t.tid), Some(sh.tid));
    m.close(20, 3);
    m.tick();
    assert_eq!((m.fd_name(20, 3), m.fd_name(10, 3).is_some()), (None, true));
}

#[test]
fn threads_share_descriptors_and_directory() {
    let mut m = Machine::new();
    m.spawn_thread(10, 11);
    m.open(11, 3, b"x", 1);
    let (sh, thread) = (m.thread(10), m.thread(11));
    assert_eq!((thread.pid, thread.ptid), (10, 1));
    assert_eq!(m.fd_name(10, 3).as_deref(), Some("/home/u/x"));
    assert_eq!((m.state.live_threads(sh), m.state.live_threads(thread)), (2, 2));
    assert_eq!(m.state.main_thread(thread).map(|t| t.tid), Some(10));
    m.event(11, types::CHDIR_X, |e| {
        e.push_i64(0).push_charbuf(b"../v");
    });
    assert_eq!(m.state.cwd(m.thread(10)), b"/home/v/");
}

#[test]
fn child_event_first_then_the_parents_adds_nothing() {
    let mut m = Machine::new();
    let c = Clone { pid: 20, ptid: 10, vtid: 20, vpid: 20, comm: b"child", ..Clone::default() };
    m.clone(types::CLONE_20_X, 20, 0, &c);
    assert_eq!(m.state.thread().map(|t| t.tid), Some(20));
    m.fork(10, 20);
    assert_eq!(m.thread(20).comm(), b"child");
    assert_ne!(m.thread(20).flags & clone_flags::INVERTED, 0);
}

#[test]
fn child_event_after_the_parents_changes_nothing() {
    let mut m = Machine::new();
    m.fork(10, 20);
    let c = Clone { pid: 20, ptid: 10, vtid: 20, vpid: 20, comm: b"late", ..Clone::default() };
    m.clone(types::CLONE_20_X, 20, 0, &c);
    assert_eq!(m.thread(20).comm(), b"sh");
}

#[test]
fn stale_thread_of_the_same_number_is_replaced() {
    let mut m = Machine::new();
    m.fork(10, 20);
    m.now += 3_000_000_000;
    let c = Clone { pid: 20, ptid: 1, vtid: 20, vpid: 20, comm: b"new", ..Clone::default() };
    m.clone(types::CLONE_20_X, 20, 0, &c);
    assert_eq!((m.thread(20).comm(), m.thread(20).ptid), (&b"new"[..], 1));
}

#[test]
fn parents_of_other_namespaces_and_of_vfork_leave_it_to_the_child() {
    let mut m = Machine::new();
    for flags in [clone_flags::CHILD_IN_PIDNS, clone_flags::NEWPID, clone_flags::PARENT, clone_flags::VFORK] {
        m.clone(types::CLONE3_X, 10, 20, &Clone { pid: 10, ptid: 1, flags, ..Clone::default() });
        assert!(m.state.find(20).is_none());
    }
    m.clone(types::VFORK_20_X, 10, 20, &Clone { pid: 10, ptid: 1, ..Clone::default() });
    assert!(m.state.find(20).is_none());
    let flags = clone_flags::NEWPID;
    m.clone(types::CLONE3_X, 20, 0, &Clone { pid: 20, ptid: 10, flags, vtid: 1, vpid: 1, ..Clone::default() });
    let child = m.thread(20);
    assert_eq!((child.vpid, child.pidns_init_start_ts), (1, 1_007));
    assert!(child.in_pid_namespace());
}

#[test]
fn exit_that_overtook_the_clone_is_final() {
    let mut m = Machine::new();
    m.exit(20, 0);
    m.fork(10, 20);
    assert!(m.state.find(20).is_none());
}

#[test]
fn unknown_caller_is_learnt_from_its_clone() {
    let mut m = Machine::new();
    let c = Clone { pid: 300, ptid: 10, vtid: 300, vpid: 300, comm: b"make", ..Clone::default() };
    m.clone(types::CLONE_20_X, 300, 301, &c);
    assert_eq!((m.thread(300).comm(), m.thread(300).ptid), (&b"make"[..], 10));
    assert_eq!((m.thread(301).ptid, m.state.cwd(m.thread(301))), (300, &b""[..]));
}

#[test]
fn exec_replaces_the_program_and_drops_cloexec() {
    let mut m = Machine::new();
    m.open(10, 3, b"/kept", 1);
    m.open(10, 4, b"/dropped", 1 | 1 << 12);
    m.spawn_thread(10, 11);
    m.exec(10, &Exec::default());
    let t = m.thread(10);
    assert_eq!((t.cmdline.line(), &*t.exe, &*t.exepath), (&b"ls -l /tmp"[..], &b"ls"[..], &b"/bin/ls"[..]));
    assert_eq!((t.tty, t.loginuid, t.vpgid, t.caps.effective, t.exe_file.ino), (34816, 1000, 10, 4, 99));
    assert!(t.exe_file.writable && t.exe_file.from_memfd && !t.exe_file.upper_layer);
    assert_eq!((m.state.env(t), m.state.cwd(t)), (&b"X=1\0"[..], &b"/home/u/"[..]));
    assert_eq!(m.state.live_threads(t), 1);
    assert!(m.state.find(11).is_none());
    assert_eq!((m.fd_name(10, 3).is_some(), m.fd_name(10, 4)), (true, None));
}

#[test]
fn failed_exec_changes_nothing() {
    let mut m = Machine::new();
    m.exec(10, &Exec { ret: -2, ..Exec::default() });
    assert_eq!(m.thread(10).comm(), b"sh");
    assert_eq!(m.state.current().error(), Some(2));
}

#[test]
fn exepath_of_old_captures_comes_from_the_enter_event() {
    let mut m = Machine::new();
    m.event(10, types::EXECVE_19_E, |e| {
        e.push_charbuf(b"./bin/../run");
    });
    m.exec(10, &Exec { exepath: None, ..Exec::default() });
    assert_eq!(&*m.thread(10).exepath, b"/home/u/run");
    m.exec(10, &Exec { exepath: None, ..Exec::default() });
    assert_eq!(&*m.thread(10).exepath, b"/home/u/run", "the enter event is used once");
}

#[test]
fn execveat_may_run_a_descriptor() {
    let mut m = Machine::new();
    m.open(10, 5, b"/opt/tool", 1);
    m.event(10, types::EXECVEAT_E, |e| {
        e.push_i64(5).push_charbuf(b"").push_u32(1);
    });
    m.exec(10, &Exec { exepath: None, ..Exec::default() });
    assert_eq!(&*m.thread(10).exepath, b"/opt/tool");
}

#[test]
fn exec_tells_who_an_unknown_thread_is() {
    let mut m = Machine::new();
    m.exec(400, &Exec::default());
    let t = m.thread(400);
    assert_eq!((t.pid, t.ptid, t.vpid, t.placeholder), (400, 10, 400, false));
    assert_eq!(m.state.counters().placeholder_threads, 1);
}

#[test]
fn exit_is_seen_then_gone_and_the_kernel_names_the_reaper() {
    let mut m = Machine::new();
    m.fork(10, 20);
    m.fork(20, 30);
    m.fork(10, 40);
    m.exit(20, 40);
    assert_eq!(m.state.thread().map(|t| (t.tid, t.dead)), Some((20, true)));
    assert_eq!(m.thread(30).ptid, 20);
    m.tick();
    assert!(m.state.find(20).is_none());
    assert_eq!(m.thread(30).ptid, 40);
    m.exit(40, 0);
    m.tick();
    assert_eq!(m.thread(30).ptid, 1, "without a named reaper init takes the orphans");
}

#[test]
fn subreapers_take_orphans() {
    let mut m = Machine::new();
    m.event(10, types::PRCTL_X, |e| {
        e.push_i64(0).push_u32(36).push(b"").push_i64(1);
    });
    m.fork(10, 20);
    m.fork(20, 30);
    m.exit(20, 0);
    m.tick();
    assert_eq!(m.thread(30).ptid, 10);
}

#[test]
fn unknown_threads_become_placeholders_but_for_births_exits_and_switches() {
    let mut m = Machine::new();
    m.event(500, types::GETUID_X, |e| {
        e.push_u32(0);
    });
    let t = m.thread(500);
    assert!(t.is_invalid() && t.placeholder);
    assert_eq!((t.comm(), t.uid, m.state.cwd(t)), (&b"<NA>"[..], u32::MAX, &b"./"[..]));
    m.exit(501, 0);
    m.event(502, types::SCHEDSWITCH_6_E, |e| {
        e.push_i64(0);
    });
    m.event(503, types::PROCINFO_E, |e| {
        e.push_u64(0);
    });
    assert_eq!(
        (m.state.find(501).is_none(), m.state.find(502).is_none(), m.state.find(503).is_none()),
        (true, true, true)
    );
    assert_eq!((m.state.counters().placeholder_threads, m.state.counters().unknown_threads), (1, 3));
}

#[test]
fn ids_change_only_when_the_call_succeeded_and_meant_it() {
    let mut m = Machine::new();
    let mut set = |ty, ret: i64, ids: &[u32]| {
        m.event(10, ty, |e| {
            e.push_i64(ret);
            for id in ids {
                e.push_u32(*id);
            }
        });
        (m.thread(10).uid, m.thread(10).gid)
    };
    assert_eq!(set(types::SETUID_X, 0, &[5]), (5, 0));
    assert_eq!(set(types::SETUID_X, -1, &[6]), (5, 0));
    assert_eq!(set(types::SETRESUID_X, 0, &[7, 8, 9]), (8, 0));
    assert_eq!(set(types::SETREUID_X, 0, &[7, u32::MAX]), (8, 0));
    assert_eq!(set(types::SETREGID_X, 0, &[1, 2]), (8, 2));
}

#[test]
fn limits_capabilities_and_session_follow_the_calls() {
    let mut m = Machine::new();
    m.event(10, types::PRLIMIT_X, |e| {
        e.push_i64(0).push_i64(-1).push_i64(-1).push_i64(64).push_i64(64).push_i64(0).push_u8(7);
    });
    assert_eq!(m.thread(10).fdlimit, 0, "a question changes nothing");
    m.event(1, types::PRLIMIT_X, |e| {
        e.push_i64(0).push_i64(512).push_i64(512).push_i64(64).push_i64(64).push_i64(10).push_u8(7);
    });
    assert_eq!(m.thread(10).fdlimit, 512);
    m.event(10, types::SETSID_X, |e| {
        e.push_i64(77);
    });
    m.event(10, types::UNSHARE_X, |e| {
        e.push_i64(0).push_u32(clone_flags::NEWUSER);
    });
    assert_eq!((m.thread(10).sid, m.thread(10).caps.effective), (77, (1 << 41) - 1));
    m.event(10, types::CAPSET_X, |e| {
        e.push_i64(0).push_u64(1).push_u64(2).push_u64(3);
    });
    assert_eq!(m.thread(10).caps.effective, 3);
}

#[test]
fn containers_come_from_cgroups_and_metadata_from_json() {
    let mut m = Machine::new();
    m.exec(10, &Exec { cgroups: IN_CONTAINER, ..Exec::default() });
    let c = m.state.container(m.thread(10)).unwrap();
    assert_eq!((&*c.id, c.meta.is_none()), (&b"aaaaaaaaaaaa"[..], true));
    let json = br#"{"container":{"id":"aaaaaaaaaaaa","type":0,"name":"web","ip":"172.17.0.2"}}"#;
    m.event(-1, types::ASYNCEVENT_E, |e| {
        e.push_u32(0).push_charbuf(b"container").push(json);
    });
    let name = |m: &Machine| m.state.container(m.thread(10)).unwrap().meta.as_ref().map(|m| m.name.to_string());
    assert_eq!(name(&m).as_deref(), Some("web"));
    assert!(m.state.is_local(m.thread(10), "172.17.0.2".parse().unwrap()));
    assert!(!m.state.is_local(m.thread(1), "172.17.0.2".parse().unwrap()));
    m.fork(10, 20);
    assert_eq!(m.thread(20).container, ContainerRef::HOST, "the child's own cgroups decide");
    m.event(-1, types::ASYNCEVENT_E, |e| {
        e.push_u32(0).push_charbuf(b"container_removed").push(json);
    });
    assert_eq!(name(&m), None);
    m.event(-1, types::CONTAINER_JSON_2_E, |e| {
        e.push_charbuf(b"{not json");
    });
    assert_eq!(m.state.counters().bad_container_json, 1);
}

#[test]
fn users_are_known_by_machine_and_container() {
    let mut m = Machine::new();
    let user = UserEntry { uid: 5, gid: 5, name: b"ann", home: b"/h", shell: b"/s", container_id: b"" };
    m.state.apply(&Item::User(user));
    m.event(-1, types::USER_ADDED_E, |e| {
        e.push_u32(5)
            .push_u32(5)
            .push_charbuf(b"web")
            .push_charbuf(b"/")
            .push_charbuf(b"/bin/sh")
            .push_charbuf(b"aaaaaaaaaaaa");
    });
    m.exec(10, &Exec { cgroups: IN_CONTAINER, ..Exec::default() });
    let name = |m: &Machine, tid| m.state.user(m.thread(tid).container, 5).map(|u| u.name.to_vec());
    assert_eq!((name(&m, 1), name(&m, 10)), (Some(b"ann".to_vec()), Some(b"web".to_vec())));
    m.event(-1, types::USER_DELETED_E, |e| {
        e.push_u32(5).push_u32(5).push(b"").push(b"").push(b"").push_charbuf(b"aaaaaaaaaaaa");
    });
    assert_eq!(name(&m, 10), None);
}

#[test]
fn a_new_capture_forgets_everything() {
    let mut m = Machine::new();
    m.open(10, 3, b"/x", 1);
    m.state.apply(&Item::Reset);
    assert_eq!((m.state.thread_count(), m.state.machine().boot_time), (0, 0));
    assert!(m.state.thread().is_none());
}
