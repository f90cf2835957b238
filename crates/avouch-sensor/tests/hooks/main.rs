//! Every family of hooks on the real kernel: a child process acts, the sensor must tell it, parameter by parameter. Once for each way
//! that programs can stand at system calls.
//!
//! Acts run first, under one sensor a way; the tests then look at what was told. Without root, or on a kernel that refuses the
//! programs, every test says that it is skipped and why; with CI=true that is a failure, unless only the second way is refused.

#![expect(clippy::expect_used, clippy::print_stdout, reason = "a test")]

mod acts;
mod cost;
mod executable;
mod functions;
mod seen;
mod ways;

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use avouch_event::{Item, LossCause};
use avouch_sensor::{Calls, Options, Sensor, SensorError};
use libtest_mimic::{Arguments, Failed, Trial};

use self::acts::{ACTS, Act, FOLDER};
use self::seen::Seen;
use self::ways::CHECKS;

/// Names the act that this process is to perform.
const ACT: &str = "AVOUCH_HOOK_ACT";

/// Longest time between an act's end and the last event of it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where calls are told, and how tests of it are called.
const WAYS: [(Calls, &str); 2] = [(Calls::Common, "common"), (Calls::Each, "each")];

fn main() -> ExitCode {
    if cost::run_loop() {
        return ExitCode::SUCCESS;
    }
    if let Ok(name) = std::env::var(ACT) {
        let act = ACTS.iter().find(|a| a.name == name).map(|a| a.run);
        act.or_else(|| ways::act(&name)).unwrap_or_else(|| panic!("no act {name}"))();
        return ExitCode::SUCCESS;
    }
    let mut args = Arguments::from_args();
    // Lines of skipped tests must not be mixed into those of others.
    args.test_threads = Some(1);
    if args.ignored && !args.list {
        // The one that is: it takes minutes.
        cost::table();
        return ExitCode::SUCCESS;
    }
    let mut trials = Vec::new();
    let mut refused = Vec::new();
    let filter = args.filter.clone().unwrap_or_default();
    for (calls, way) in WAYS {
        let asked = |name: &str| format!("{way}::{name}").contains(&filter);
        let any = ACTS.iter().map(|a| a.name).chain(CHECKS.iter().map(|c| c.name)).any(asked);
        let performed = if args.list || !any { Ok(Vec::new()) } else { perform(calls, &asked) };
        match performed {
            Ok(seen) => trials.extend(trials_of(calls, way, &seen)),
            Err(e) => {
                refused.push(calls);
                for name in ACTS.iter().map(|a| a.name).chain(CHECKS.iter().map(|c| c.name)) {
                    println!("SKIP {way}::{name}: {e}; {}", e.hint);
                }
            }
        }
    }
    let ci = std::env::var("CI").is_ok_and(|v| v == "true");
    if ci && refused.contains(&Calls::Common) {
        return ExitCode::FAILURE;
    }
    if trials.is_empty() && !args.list {
        return ExitCode::SUCCESS;
    }
    libtest_mimic::run(&args, trials).exit_code()
}

/// Performs the acts that are asked for under one sensor.
fn perform(calls: Calls, asked: &dyn Fn(&str) -> bool) -> Result<Vec<(&'static str, Seen)>, SensorError> {
    let started = Instant::now();
    let mut sensor = Sensor::open(&Options { ring_bytes: 64 << 20, calls, ..Options::default() })?;
    println!("{calls:?}: opened in {} ms", started.elapsed().as_millis());
    let seen = ACTS.iter().filter(|a| asked(a.name)).map(|a| (a.name, watch(&mut sensor, a))).collect();
    let lost = sensor.losses();
    for cause in LossCause::ALL {
        println!("{calls:?}: lost, {}: {}", cause.name(), lost.of(cause));
    }
    Ok(seen)
}

fn trials_of(calls: Calls, way: &str, seen: &[(&'static str, Seen)]) -> Vec<Trial> {
    let act = |act: &'static Act| {
        let seen = seen.iter().find(|(name, _)| *name == act.name).map(|(_, s)| s.clone());
        Trial::test(format!("{way}::{}", act.name), move || match seen {
            Some(seen) => (act.check)(&seen).map_err(|e| Failed::from(format!("{e}\nwhat was told:\n{seen}"))),
            None => Err("not performed".into()),
        })
    };
    let check = |check: &'static ways::Check| {
        Trial::test(format!("{way}::{}", check.name), move || (check.run)(calls).map_err(Failed::from))
    };
    ACTS.iter().map(act).chain(CHECKS.iter().map(check)).collect()
}

/// Starts this program to perform an act, with a folder of its own.
fn start(act: &str) -> (std::process::Child, tempfile::TempDir) {
    let exe = std::env::current_exe().expect("this test's own path");
    // Rules of a read-path test name the folder's beginning.
    let folder = tempfile::Builder::new().prefix("avouch-hooks-").tempdir_in("/tmp").expect("make a folder");
    let child = Command::new(exe).env(ACT, act).env(FOLDER, folder.path()).spawn().expect("start the child");
    (child, folder)
}

/// Performs the act in a child and collects what the sensor tells of it and its descendants.
fn watch(sensor: &mut Sensor, act: &Act) -> Seen {
    let started = Instant::now();
    sensor.set_interest(&(act.interest)()).expect("ask for other events");
    let changed = started.elapsed();
    if changed > Duration::from_millis(20) {
        println!("{}: the interest changed in {} ms", act.name, changed.as_millis());
    }
    let (mut child, _folder) = start(act.name);
    let mut seen = Seen::of(i64::from(child.id()));
    collect(sensor, &mut seen);
    let status = child.wait().expect("wait for the child");
    assert!(status.success(), "the act {} itself failed: {status}", act.name);
    seen
}

/// Collects until the death of the process that `seen` is about.
fn collect(sensor: &mut Sensor, seen: &mut Seen) {
    let end = Instant::now() + PATIENCE;
    while !seen.ended() && Instant::now() < end {
        take(sensor, seen);
        std::thread::sleep(sensor.pause());
    }
}

/// Collects what is there.
fn take(sensor: &mut Sensor, seen: &mut Seen) {
    let mut event = |item: &Item<'_>| {
        if let Item::Event(event) = item {
            seen.take(event);
        }
    };
    sensor.poll(&mut event).expect("read the ring");
}
