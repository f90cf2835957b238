//! Facts told in the midst of events survive a capture: what was recorded reads back hidden, and makes the same state.

#![allow(clippy::unwrap_used, reason = "a test")]

use avouch_event::{Event, EventBuf, EventType, Item, types};
use avouch_scap::{Capture, Writer};
use avouch_state::State;

const PLAIN: [EventType; 3] =
    [types::ITER_TASK_FILE_PIPE_E, types::ITER_TASK_FILE_MEMFD_E, types::ITER_TASK_FILE_DIRECTORY_E];

/// One of each, of thread 40, at descriptors 3 to 11.
fn facts() -> Vec<EventBuf> {
    let mut out = Vec::new();
    let mut add = |ty, fill: &dyn Fn(&mut EventBuf)| {
        let mut e = EventBuf::new(ty);
        (e.tid, e.timestamp, e.hidden) = (40, 1_000 + out.len() as u64, true);
        fill(&mut e);
        out.push(e);
    };
    add(types::ITER_TASK_E, &|e| {
        for n in [1i32, 40, 40, 40] {
            e.push(&n.to_le_bytes());
        }
        e.push_charbuf(b"x")
            .push(b"./x\0-a\0")
            .push_charbuf(b"/bin/x")
            .push_u32(2)
            .push(b"A=1\0")
            .push_charbuf(b"/srv");
        e.push_u64(1024).push_u32(0).push_u32(0).push_u64(1).push_u64(2).push_u64(4);
        e.push_u64(50).push_u64(51).push_u64(52).push_u32(60).push_u32(61).push_u32(62).push_u64(70).push_u64(71);
        e.push(&40i32.to_le_bytes()).push(&40i32.to_le_bytes()).push_u64(0).push(b"cpu=/\0").push_charbuf(b"/");
        e.push_u64(5).push_u32(34_816).push_u32(1000);
    });
    for (ty, fd) in PLAIN.into_iter().zip(3i32..) {
        add(ty, &|e| {
            e.push(&fd.to_le_bytes()).push_charbuf(format!("/a/{fd}").as_bytes()).push_u64(7);
        });
    }
    add(types::ITER_TASK_FILE_REGULAR_E, &|e| {
        e.push(&6i32.to_le_bytes()).push_charbuf(b"/etc/x").push_u32(0x1001).push_u32(5).push_u64(8);
    });
    add(types::ITER_TASK_FILE_SOCKET_INET_E, &|e| {
        e.push(&7i32.to_le_bytes()).push_u16(1).push_u16(6).push(&[10, 0, 0, 1]).push_u16(4000);
        e.push(&[8, 8, 8, 8]).push_u16(443).push_u64(9);
    });
    add(types::ITER_TASK_FILE_SOCKET_INET6_E, &|e| {
        e.push(&8i32.to_le_bytes()).push_u16(1).push_u16(6).push(&[0; 16]).push_u16(80);
        e.push(&[0; 16]).push_u16(0).push_u64(10);
    });
    add(types::ITER_TASK_FILE_SOCKET_UNIX_E, &|e| {
        e.push(&9i32.to_le_bytes()).push_u16(1).push_u16(0).push_u64(0xabc).push_charbuf(b"/run/x").push_u64(11);
    });
    add(types::ITER_TASK_FILE_SOCKET_NETLINK_E, &|e| {
        e.push(&10i32.to_le_bytes()).push_u16(3).push_u16(0).push_u64(12);
    });
    add(types::ITER_TASK_FILE_ANON_INODE_E, &|e| {
        e.push(&11i32.to_le_bytes()).push_u8(2).push_charbuf(b"anon_inode:[eventpoll]").push_u64(13);
    });
    out
}

fn told(state: &State) -> String {
    let t = state.find(40).unwrap();
    let fds: Vec<_> = state.fds_of(t).unwrap().iter().collect();
    format!("{:?} {:?} {:?} {:?} {fds:#?}", t.comm(), t.exepath, t.caps, state.cwd(t))
}

fn shown(e: &Event<'_>) -> String {
    let params: Vec<_> = (0..e.params.len()).map(|i| e.params.get(i)).collect();
    format!("{:?} {} {} {} {params:?}", e.ty, e.tid, e.timestamp, e.hidden)
}

#[test]
fn facts_told_between_events_are_recorded_and_replayed() {
    let facts = facts();
    let mut live = State::default();
    let mut writer = Writer::new(Vec::new());
    for fact in &facts {
        live.apply_event(&fact.event());
        writer.write(&Item::Event(fact.event())).unwrap();
    }
    let bytes = writer.finish().unwrap();

    let mut replayed = State::default();
    let mut capture = Capture::from_slice(&bytes);
    let mut read = Vec::new();
    while let Some(item) = capture.next().unwrap() {
        if let Item::Event(e) = &item {
            read.push(shown(e));
        }
        replayed.apply(&item);
    }
    assert!(facts.iter().all(|f| f.hidden));
    assert_eq!(read, facts.iter().map(|f| shown(&f.event())).collect::<Vec<_>>());
    assert_eq!(told(&replayed), told(&live));
    assert_eq!(live.fds_of(live.find(40).unwrap()).unwrap().len(), 9);
    assert_eq!(replayed.counters().malformed_events, 0);
}
