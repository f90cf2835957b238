//! Every family of hooks on the real kernel: a child process acts, the sensor must tell it, parameter by parameter.
//!
//! Acts run first, under one sensor; the tests then look at what was told. Without root, or on a kernel that refuses the
//! programs, every test says that it is skipped and why; with CI=true that is a failure.

#![expect(clippy::expect_used, clippy::print_stdout, reason = "a test")]

mod acts;
mod seen;

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use avouch_event::{Item, LossCause};
use avouch_sensor::{Options, Sensor};
use libtest_mimic::{Arguments, Failed, Trial};

use self::acts::{ACTS, Act, FOLDER};
use self::seen::Seen;

/// Names the act that this process is to perform.
const ACT: &str = "AVOUCH_HOOK_ACT";

/// Longest time between an act's end and the last event of it.
const PATIENCE: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    if let Ok(name) = std::env::var(ACT) {
        let act = ACTS.iter().find(|a| a.name == name).unwrap_or_else(|| panic!("no act {name}"));
        (act.run)();
        return ExitCode::SUCCESS;
    }
    let mut args = Arguments::from_args();
    if args.list {
        return libtest_mimic::run(&args, trials(|_| None)).exit_code();
    }
    // Lines of skipped tests must not be mixed into those of others.
    args.test_threads = Some(1);
    let options = Options { ring_bytes: 64 << 20, ..Options::default() };
    match Sensor::open(&options) {
        Ok(mut sensor) => {
            let seen: Vec<(&str, Seen)> = ACTS.iter().map(|a| (a.name, watch(&mut sensor, a))).collect();
            let lost = sensor.losses();
            for cause in LossCause::ALL {
                println!("lost, {}: {}", cause.name(), lost.of(cause));
            }
            libtest_mimic::run(&args, trials(|name| seen.iter().find(|(n, _)| *n == name).map(|(_, s)| s.clone())))
                .exit_code()
        }
        Err(e) => {
            let ci = std::env::var("CI").is_ok_and(|v| v == "true");
            for act in ACTS {
                println!("SKIP {}: {e}; {}", act.name, e.hint);
            }
            if ci { ExitCode::FAILURE } else { ExitCode::SUCCESS }
        }
    }
}

fn trials(seen: impl Fn(&str) -> Option<Seen>) -> Vec<Trial> {
    let trial = |act: &'static Act| {
        let seen = seen(act.name);
        Trial::test(act.name, move || match seen {
            Some(seen) => (act.check)(&seen).map_err(|e| Failed::from(format!("{e}\nwhat was told:\n{seen}"))),
            None => Err("not performed".into()),
        })
    };
    ACTS.iter().map(trial).collect()
}

/// Performs the act in a child and collects what the sensor tells of it and its descendants.
fn watch(sensor: &mut Sensor, act: &Act) -> Seen {
    sensor.set_interest(&(act.interest)()).expect("ask for other events");
    let exe = std::env::current_exe().expect("this test's own path");
    // Rules of a read-path test name the folder's beginning.
    let folder = tempfile::Builder::new().prefix("avouch-hooks-").tempdir_in("/tmp").expect("make a folder");
    let mut child = Command::new(exe).env(ACT, act.name).env(FOLDER, folder.path()).spawn().expect("start the child");
    let mut seen = Seen::of(i64::from(child.id()));
    let end = Instant::now() + PATIENCE;
    while !seen.ended() && Instant::now() < end {
        sensor
            .poll(&mut |item| {
                if let Item::Event(event) = item {
                    seen.take(event);
                }
            })
            .expect("read the ring");
        std::thread::sleep(sensor.pause());
    }
    let status = child.wait().expect("wait for the child");
    assert!(status.success(), "the act {} itself failed: {status}", act.name);
    seen
}
