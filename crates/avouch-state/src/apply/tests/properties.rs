//! What must hold for any events.

use std::collections::BTreeMap;

use avouch_event::{EVENTS, EventBuf, EventType, Item, ParamType, types};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{Exec, Machine};
use crate::{Limits, State};

/// One step of a plausible history. Numbers are folded onto what exists.
#[derive(Clone, Debug)]
enum Step {
    Fork(usize),
    Thread(usize),
    Exec(usize, u8),
    Exit(usize),
    Open(usize, i64, u8),
    Close(usize, i64),
    Dup(usize, i64, i64),
    Pipe(usize, i64),
    Chdir(usize, u8),
    Setuid(usize, u32),
}

fn step() -> impl Strategy<Value = Step> {
    let t = 0..8_usize;
    let fd = 0..12_i64;
    prop_oneof![
        t.clone().prop_map(Step::Fork),
        t.clone().prop_map(Step::Thread),
        (t.clone(), any::<u8>()).prop_map(|(t, n)| Step::Exec(t, n)),
        t.clone().prop_map(Step::Exit),
        (t.clone(), fd.clone(), any::<u8>()).prop_map(|(t, fd, n)| Step::Open(t, fd, n)),
        (t.clone(), fd.clone()).prop_map(|(t, fd)| Step::Close(t, fd)),
        (t.clone(), fd.clone(), fd.clone()).prop_map(|(t, a, b)| Step::Dup(t, a, b)),
        (t.clone(), fd).prop_map(|(t, fd)| Step::Pipe(t, fd)),
        (t.clone(), any::<u8>()).prop_map(|(t, n)| Step::Chdir(t, n)),
        (t, 0..2000_u32).prop_map(|(t, uid)| Step::Setuid(t, uid)),
    ]
}

/// The living threads and the next free number, kept beside the machine so that two machines act alike.
struct Actors {
    alive: Vec<i64>,
    next: i64,
}

fn act(m: &mut Machine, actors: &mut Actors, step: &Step) {
    // An evicted actor is another placeholder.
    let who = |i: usize| actors.alive.get(i % actors.alive.len().max(1)).copied().unwrap_or(10);
    match *step {
        Step::Fork(t) => {
            let t = who(t);
            m.fork(t, actors.next);
            actors.alive.push(actors.next);
            actors.next += 1;
        }
        Step::Thread(t) => {
            let t = who(t);
            m.spawn_thread(t, actors.next);
            actors.alive.push(actors.next);
            actors.next += 1;
        }
        Step::Exec(t, n) => {
            // Only leaders: the kernel gives the leader's number to whoever executes.
            let tid = m.state.find(who(t)).map_or(10, |t| t.pid);
            let path = format!("/bin/p{n}");
            m.exec(tid, &Exec { exepath: Some(path.as_bytes()), ..Exec::default() });
            actors.alive.retain(|t| m.state.find(*t).is_some());
        }
        Step::Exit(t) => {
            let t = who(t);
            // Leaders go last, so that no dead leader waits for its threads.
            let leads_others = m.state.find(t).is_some_and(|t| t.is_main() && m.state.live_threads(t) > 1);
            if actors.alive.len() > 1 && t != 10 && !leads_others {
                m.exit(t, 0);
                actors.alive.retain(|a| *a != t);
            }
        }
        Step::Open(t, fd, n) => m.open(who(t), fd, format!("f{n}").as_bytes(), 1 | u32::from(n & 1) << 12),
        Step::Close(t, fd) => m.close(who(t), fd),
        Step::Dup(t, a, b) => m.event(who(t), types::DUP2_X, |e| {
            e.push_i64(b).push_i64(a).push_i64(b);
        }),
        Step::Pipe(t, fd) => m.event(who(t), types::PIPE_X, |e| {
            e.push_i64(0).push_i64(fd).push_i64(fd + 1).push_u64(9);
        }),
        Step::Chdir(t, n) => m.event(who(t), types::CHDIR_X, |e| {
            e.push_i64(0).push_charbuf(format!("../d{n}").as_bytes());
        }),
        Step::Setuid(t, uid) => m.event(who(t), types::SETUID_X, |e| {
            e.push_i64(0).push_u32(uid);
        }),
    }
}

/// What a capture can tell of the state, in an order of its own.
fn view(state: &mut State) -> BTreeMap<i64, String> {
    state.apply_pending();
    let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
    let describe = |t: &crate::Thread| {
        let fds: Vec<String> =
            t.fds.iter().map(|(n, f)| format!("{n}:{:?}:{}:{}:{}", f.ty, text(&f.name), f.cloexec, f.ino)).collect();
        format!(
            "{} {} {} {} {} {} {} {} {} {fds:?} {}",
            t.pid,
            t.ptid,
            t.uid,
            text(t.cmdline.line()),
            text(&t.exe),
            text(&t.exepath),
            text(state.cwd(t)),
            text(state.env(t)),
            state.live_threads(t),
            t.sid,
        )
    };
    state.threads().map(|t| (t.tid, describe(t))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn snapshot_and_the_rest_equal_the_whole(before in vec(step(), 0..40), after in vec(step(), 0..40)) {
        let mut whole = Machine::new();
        let mut actors = Actors { alive: vec![10], next: 100 };
        for s in &before {
            act(&mut whole, &mut actors, s);
        }
        let mut rest = Machine { state: State::new(Limits::default()), now: whole.now };
        let copy = &mut rest.state;
        let told: Result<(), std::convert::Infallible> = whole.state.snapshot(|item| {
            copy.apply(item);
            Ok(())
        });
        told.unwrap();
        prop_assert_eq!(view(&mut whole.state), view(&mut rest.state));
        let mut same = Actors { alive: actors.alive.clone(), next: actors.next };
        for s in &after {
            act(&mut whole, &mut actors, s);
            act(&mut rest, &mut same, s);
        }
        prop_assert_eq!(view(&mut whole.state), view(&mut rest.state));
    }

    #[test]
    fn counts_stay_right(steps in vec(step(), 0..120)) {
        let mut m = Machine::with(Limits { threads: 6, fds: 20, fds_per_process: 8, ..Limits::default() });
        let mut actors = Actors { alive: vec![10], next: 100 };
        for s in &steps {
            act(&mut m, &mut actors, s);
            check(&m.state);
        }
    }

    #[test]
    fn no_event_panics(events in vec(wild_event(), 1..60)) {
        let mut m = Machine::with(Limits { threads: 8, fds: 30, fds_per_process: 10, text: 64, containers: 2, users: 2, ..Limits::default() });
        for e in &events {
            m.state.apply(&Item::Event(e.event()));
            check(&m.state);
            let current = m.state.thread().map(|t| m.state.ancestors(t).count());
            prop_assert!(current.unwrap_or(0) <= 8);
        }
    }
}

/// Invariants between the tables.
fn check(state: &State) {
    assert!(state.thread_count() <= state.limits.threads);
    assert_eq!(state.thread_count(), state.threads().count());
    let fds: usize = state.threads().map(|t| t.fds.len()).sum();
    assert_eq!(state.fd_count, fds, "descriptors are counted");
    assert!(fds <= state.limits.fds);
    for t in state.threads() {
        assert_eq!(t.fds.len(), t.fds.iter().count());
        assert_eq!(state.find(t.tid).map(|f| f.tid), Some(t.tid));
    }
    let grouped: usize = state.groups.values().map(|g| g.threads.len()).sum();
    assert!(grouped <= state.thread_count());
    let living = |g: &crate::thread::Group| {
        g.threads.iter().filter(|i| state.slots[**i as usize].as_ref().is_some_and(|t| !t.dead)).count()
    };
    assert!(state.groups.values().all(|g| g.alive as usize == living(g)), "living threads are counted");
    let in_containers: u32 = state.containers.iter().map(|c| c.threads).sum();
    assert!(in_containers as usize <= state.thread_count());
    assert!(state.containers.len() <= state.limits.containers);
}

/// Any event with parameters of the right kind more often than not, about few threads and descriptors.
fn wild_event() -> impl Strategy<Value = EventBuf> {
    let number = prop_oneof![
        0..u16::try_from(EVENTS.len()).unwrap() + 3,
        prop::sample::select(vec![
            types::CLONE_20_X.0,
            types::CLONE3_X.0,
            types::EXECVE_19_X.0,
            types::PROCEXIT_1_E.0,
            types::OPENAT_2_X.0,
            types::CONNECT_X.0,
            types::SENDTO_X.0,
            types::ASYNCEVENT_E.0,
        ]),
    ];
    (number, -2..14_i64, any::<u32>(), any::<u64>(), vec((any::<u8>(), small_number(), vec(any::<u8>(), 0..40)), 0..34))
        .prop_map(|(number, tid, low, high, params)| {
            let ty = EventType(number);
            let mut e = EventBuf::new(ty);
            (e.tid, e.timestamp) = (tid, if low % 2 == 0 { u64::from(low) } else { high });
            let info = ty.info();
            let count = info.map_or(3, |i| i.params.len());
            for (i, (dice, n, bytes)) in params.iter().take(count).enumerate() {
                match info.map(|info| info.params[i].ty) {
                    _ if dice % 16 == 0 => e.push(b""),
                    _ if dice % 16 == 1 => e.push(bytes),
                    Some(ParamType::Socktuple | ParamType::Sockaddr) => {
                        let family = [1, 2, 10, 16][usize::from(*dice) % 4];
                        let mut t = vec![family];
                        t.extend(bytes);
                        e.push(&t)
                    }
                    Some(ParamType::Uint8 | ParamType::Flags8 | ParamType::Enumflags8) => e.push_u8(*dice),
                    Some(ParamType::Uint16 | ParamType::Flags16 | ParamType::Port) => e.push_u16(u16::from(*dice)),
                    Some(
                        ParamType::Uint32
                        | ParamType::Flags32
                        | ParamType::Enumflags32
                        | ParamType::Uid
                        | ParamType::Gid
                        | ParamType::Int32,
                    ) => e.push_u32(if dice % 2 == 0 { low } else { u32::from(*dice) }),
                    Some(ParamType::Charbuf | ParamType::Fspath | ParamType::Fsrelpath | ParamType::Bytebuf) => {
                        let words: [&[u8]; 6] = [
                            b"/a/b",
                            b"../x",
                            b"",
                            b"container",
                            b"cpu=/docker/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
                            br#"{"container":{"id":"ab","users":[]}}"#,
                        ];
                        e.push_charbuf(words[usize::from(*dice) % words.len()])
                    }
                    _ => e.push_i64(*n),
                };
            }
            e
        })
}

fn small_number() -> impl Strategy<Value = i64> {
    prop_oneof![8 => -3..14_i64, 1 => any::<i64>()]
}
