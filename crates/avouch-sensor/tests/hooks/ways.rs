//! What must hold whichever way programs stand at system calls, and what distinguishes the ways.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::{Duration, Instant};

use avouch_event::{EventType, Interest, Want, types};
use avouch_sensor::{Calls, Options, Sensor, Told};

use crate::acts::{FOLDER, own_events};
use crate::executable::{executable, int_0x80};
use crate::functions;
use crate::seen::Seen;

/// One check; it opens its own sensor.
pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) run: fn(Calls) -> Result<(), String>,
}

/// Every check.
pub(crate) const CHECKS: &[Check] = &[
    Check { name: "a_change_of_interest_loses_nothing_and_tells_nothing_twice", run: change },
    Check { name: "a_call_that_nobody_wants_has_no_program", run: unwanted },
    Check { name: "calls_of_32_bits_are_counted", run: compat },
    Check { name: "very_many_calls_are_told_at_the_tracepoint_unless_asked_otherwise", run: many },
];

/// Makes folders, one after the other, until there is a file of this name among them.
const STOP: &str = "stop";
const MAKE_FOLDERS: &str = "make_folders";

/// Folders that are to be told between two changes.
const BETWEEN: usize = 50;

/// Acts of these checks.
pub(crate) fn act(name: &str) -> Option<fn()> {
    (name == MAKE_FOLDERS).then_some(|| {
        let folder = std::path::PathBuf::from(std::env::var_os(FOLDER).expect("the test names a folder"));
        for n in 0_usize.. {
            if folder.join(STOP).exists() {
                return;
            }
            fs::create_dir(folder.join(format!("made-{n}"))).expect("make a folder");
            std::thread::sleep(Duration::from_millis(1));
        }
    })
}

fn open(calls: Calls, interest: &Interest) -> Result<Sensor, String> {
    let options = Options { ring_bytes: 64 << 20, calls, interest: interest.clone(), ..Options::default() };
    Sensor::open(&options).map_err(|e| e.to_string())
}

/// Deaths, and successes of some calls.
fn some(types: &[EventType]) -> Interest {
    let mut interest = Interest::default();
    interest.add(types::PROCEXIT_1_E, Want::ALL);
    for ty in types {
        interest.add(*ty, Want::SUCCESSES);
    }
    interest
}

const MAKING: [EventType; 2] = [types::MKDIR_2_X, types::MKDIRAT_X];

/// Numbers of the folders that were told as made.
fn made(seen: &Seen) -> Vec<usize> {
    let number = |path: Option<&[u8]>| std::str::from_utf8(path?).ok()?.rsplit_once("/made-")?.1.parse().ok();
    let one = |e: &avouch_event::Event<'_>| number(e.params.charbuf(if e.ty == types::MKDIR_2_X { 1 } else { 2 }));
    MAKING.iter().flat_map(|ty| seen.all(*ty)).filter_map(|e| one(&e)).collect()
}

fn changed_by(calls: Calls, others: &[Interest]) -> Result<(), String> {
    let mut sensor = open(calls, &some(&MAKING))?;
    let (mut child, folder) = crate::start(MAKE_FOLDERS);
    let mut seen = Seen::of(i64::from(child.id()));
    let told = |seen: &Seen| MAKING.iter().map(|ty| seen.all(*ty).count()).sum::<usize>();
    for interest in others.iter().map(Some).chain([None]) {
        let (before, end) = (told(&seen), Instant::now() + crate::PATIENCE);
        while told(&seen) < before + BETWEEN {
            if Instant::now() > end {
                child.kill().expect("end the child");
                child.wait().expect("wait for the child");
                return Err(format!("{} told, and no more", told(&seen)));
            }
            crate::take(&mut sensor, &mut seen);
            std::thread::sleep(sensor.pause());
        }
        match interest {
            Some(interest) => sensor.set_interest(interest).map_err(|e| e.to_string())?,
            None => fs::write(folder.path().join(STOP), b"").expect("stop the child"),
        }
    }
    crate::collect(&mut sensor, &mut seen);
    child.wait().expect("wait for the child");
    let mut numbers = made(&seen);
    numbers.sort_unstable();
    let count = fs::read_dir(folder.path()).expect("list the folder").count() - 1;
    let whole = numbers.iter().copied().eq(0..count);
    let missing = (0..count).filter(|n| !numbers.contains(n)).count();
    let told = numbers.len();
    if whole { Ok(()) } else { Err(format!("made {count}, told {told}, not told {missing}")) }
}

fn change(calls: Calls) -> Result<(), String> {
    let with = |more: &[EventType]| some(&[&MAKING, more].concat());
    changed_by(calls, &[with(&[types::CONNECT_X, types::SETSID_X]), with(&[types::FLOCK_X]), with(&[])])
}

fn unwanted(calls: Calls) -> Result<(), String> {
    let Some(before) = functions::with_programs() else {
        println!(
            "SKIP a_call_that_nobody_wants_has_no_program: the kernel does not tell its functions that are traced"
        );
        return Ok(());
    };
    let has =
        |name: &str| functions::with_programs().is_some_and(|now| now.iter().any(|f| f == name && !before.contains(f)));
    let (wanted, later, never) = ("__x64_sys_connect", "__x64_sys_flock", "__x64_sys_openat");
    // The kernel takes its time to take programs away.
    let soon = |expected: [bool; 3]| {
        let end = Instant::now() + crate::PATIENCE;
        loop {
            let found = [has(wanted), has(later), has(never)];
            if found == expected {
                return Ok(());
            }
            if Instant::now() > end {
                return Err(format!("{found:?}, not {expected:?}"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    let mut sensor = open(calls, &some(&[types::CONNECT_X]))?;
    let each = calls == Calls::Each;
    soon([each, false, false])?;
    sensor.set_interest(&some(&[types::FLOCK_X])).map_err(|e| e.to_string())?;
    if has(later) != each {
        return Err("what is newly wanted has to wait for what is not".to_owned());
    }
    soon([false, each, false])?;
    match sensor.calls() {
        Told::Each(functions) if each && functions.iter().any(|f| f == later) => {}
        Told::Common(None) if !each => {}
        other => return Err(format!("it says {other:?}")),
    }
    drop(sensor);
    soon([false; 3])
}

fn compat(calls: Calls) -> Result<(), String> {
    let sensor = open(calls, &some(&[types::CHDIR_X, types::EXECVE_19_X]))?;
    let folder = tempfile::tempdir().expect("make a folder");
    let path = folder.path().join("small");
    // `getgroups`, which has the number of `chdir`, and an exit.
    let code = [int_0x80(80, 0, 0), int_0x80(1, 0, 0)].concat();
    fs::write(&path, executable(&code)).expect("write the program");
    fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).expect("let it run");
    for _ in 0..3 {
        if !Command::new::<&OsStr>(path.as_ref()).status().is_ok_and(|s| s.success()) {
            println!("SKIP calls_of_32_bits_are_counted: this kernel does not run such a program");
            return Ok(());
        }
    }
    // On a function of their own all are seen as they begin; at the tracepoint those that end, by number.
    let counted = if calls == Calls::Each { 6 } else { 3 };
    let wanted = format!("32-bit system calls are not read: {counted} or more so far; 32-bit programs started: 3");
    let gaps = sensor.gaps();
    if gaps.contains(&wanted) { Ok(()) } else { Err(format!("{gaps:?}")) }
}

fn many(calls: Calls) -> Result<(), String> {
    if calls == Calls::Common {
        return Ok(());
    }
    // Whatever the kernel says of itself: the way is forced, then given up for the tracepoint where that may be.
    let sensor = open(Calls::Auto, &own_events())?;
    match sensor.calls() {
        Told::Common(Some(why)) if why.contains("are wanted") => {}
        other => return Err(format!("{other:?}")),
    }
    drop(sensor);
    let sensor = open(Calls::Auto, &some(&MAKING))?;
    if !matches!(sensor.calls(), Told::Each(_)) {
        println!("SKIP very_many_calls_are_told_at_the_tracepoint_unless_asked_otherwise: {:?}", sensor.calls());
        return Ok(());
    }
    drop(sensor);
    changed_by(Calls::Auto, &[own_events()])
}
