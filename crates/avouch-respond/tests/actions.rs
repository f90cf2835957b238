//! Response actions on real processes and cgroups.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use avouch_respond::{Act, ActMode, ContainerCgroup, Mechanism, Pod, Policy, Responder, Trigger, What};
use common::{Cgroup, WAIT, is_root, skip};

const NOW: u64 = 1_790_000_000_000_000_000;
const CONTAINER: &str = "c0ffee0000000000000000000000000000000000000000000000000000000000";

/// A process that sleeps; ended with the test.
struct Sleeper(Child);

impl Sleeper {
    fn new() -> Self {
        Self(Command::new("sleep").arg("600").spawn().unwrap())
    }

    fn stat(&self) -> String {
        fs::read_to_string(format!("/proc/{}/stat", self.0.id())).unwrap()
    }

    fn trigger(&self) -> Trigger {
        let stat = self.stat();
        let behind = stat.rsplit(')').next().unwrap();
        Trigger {
            rule: "Terminal shell in container".to_owned(),
            event: 42,
            time_ns: NOW,
            pid: self.0.id(),
            start_ticks: Some(behind.split_whitespace().nth(19).unwrap().parse().unwrap()),
            exe: "/usr/bin/sleep".to_owned(),
            container_id: Some(CONTAINER.to_owned()),
            container_name: Some("web".to_owned()),
            pod: Some(Pod { namespace: "shop".to_owned(), name: "web-1".to_owned(), uid: None }),
        }
    }

    fn runs(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }

    /// Waits until the kernel shows this state.
    fn reaches(&self, state: char) -> bool {
        let end = Instant::now() + WAIT;
        while Instant::now() < end {
            if self.stat().rsplit(") ").next().unwrap().starts_with(state) {
                return true;
            }
            std::thread::yield_now();
        }
        false
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn responder(text: &str) -> Responder {
    Responder::new(Policy::parse("test.yaml", text).unwrap(), None)
}

fn act(responder: &mut Responder, trigger: &Trigger) -> Act {
    let acts = responder.respond(trigger, NOW);
    let [act] = &acts[..] else { panic!("{acts:?}") };
    act.clone()
}

fn reason(act: &Act) -> &str {
    match &act.mode {
        ActMode::Refused { reason } => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn nothing_happens_without_a_policy() {
    let mut sleeper = Sleeper::new();
    for text in ["", "# nothing\n", "dry_run: false\n", "rules: []\n"] {
        assert_eq!(responder(text).respond(&sleeper.trigger(), NOW), []);
    }
    assert!(sleeper.runs());
}

#[test]
fn a_kill_is_performed_only_when_the_master_switch_is_off() {
    let mut sleeper = Sleeper::new();
    let rule = "rules: [{rule: 'Terminal *', action: kill}]";
    let dry = act(&mut responder(rule), &sleeper.trigger());
    assert_eq!(dry.mode, ActMode::DryRun);
    assert!(sleeper.runs());
    let one_dry = "dry_run: false\nrules: [{rule: 'Terminal *', action: kill, dry_run: true}]";
    assert_eq!(act(&mut responder(one_dry), &sleeper.trigger()).mode, ActMode::DryRun);
    assert!(sleeper.runs());

    let mut responder = responder(&format!("dry_run: false\n{rule}"));
    let done = act(&mut responder, &sleeper.trigger());
    assert_eq!((&done.mode, done.what, done.mechanism), (&ActMode::Performed, What::Kill, Mechanism::Signal));
    assert_eq!(sleeper.0.wait().unwrap().signal(), Some(9));
    assert_eq!(reason(&act(&mut responder, &sleeper_gone(&done))), "the process has ended");
    let json = serde_json::to_value(&done).unwrap();
    assert_eq!((&json["mode"], &json["what"], &json["event"]), (&"performed".into(), &"kill".into(), &42.into()));
    assert_eq!((responder.counts().performed, responder.counts().refused), (1, 1));
}

/// The trigger of an act whose process has ended.
fn sleeper_gone(act: &Act) -> Trigger {
    Trigger {
        rule: act.rule.clone(),
        event: 43,
        time_ns: NOW,
        pid: act.target.pid,
        start_ticks: act.target.start_ticks,
        exe: act.target.exe.clone(),
        container_id: act.target.container_id.clone(),
        container_name: None,
        pod: None,
    }
}

#[test]
fn a_reused_pid_is_left_alone() {
    let mut sleeper = Sleeper::new();
    let mut responder = responder("dry_run: false\nrules: [{rule: 'Terminal *', action: kill}]");
    let mut trigger = sleeper.trigger();
    trigger.start_ticks = trigger.start_ticks.map(|t| t - 1);
    assert_eq!(reason(&act(&mut responder, &trigger)), "the pid belongs to another process by now");
    trigger.start_ticks = None;
    assert!(reason(&act(&mut responder, &trigger)).contains("start time is unknown"));
    assert!(sleeper.runs());
}

#[test]
fn a_protected_process_is_left_alone_whatever_the_event_calls_it() {
    let mut sleeper = Sleeper::new();
    let text =
        "dry_run: false\nprotect: {processes: [sleep*, coreutils, busybox]}\nrules: [{rule: '*shell*', action: kill}]";
    let mut trigger = sleeper.trigger();
    trigger.exe = "/tmp/other".to_owned();
    assert!(reason(&act(&mut responder(text), &trigger)).contains("is protected"));
    assert!(sleeper.runs());
    // Ourselves, seen only at the last moment: the event said another executable.
    trigger.pid = std::process::id();
    assert!(reason(&act(&mut responder(text), &trigger)).contains("avouch itself"));
}

#[test]
fn a_stop_stops() {
    let sleeper = Sleeper::new();
    let mut responder = responder("dry_run: false\nrules: [{rule: 'Terminal *', action: stop}]");
    assert_eq!(act(&mut responder, &sleeper.trigger()).mode, ActMode::Performed);
    assert!(sleeper.reaches('T'));
}

#[test]
fn a_pause_freezes_the_container_and_it_can_be_thawed() {
    const NAME: &str = "a_pause_freezes_the_container_and_it_can_be_thawed";
    if !is_root() {
        return skip(NAME, "not root");
    }
    let freezer = Path::new("/sys/fs/cgroup/freezer");
    let parent = if freezer.join("cgroup.procs").exists() {
        freezer.to_owned()
    } else if Path::new("/sys/fs/cgroup/cgroup.procs").exists() {
        "/sys/fs/cgroup".into()
    } else {
        return skip(NAME, "no freezer is mounted");
    };
    let id = format!("{:064x}", std::process::id());
    let cgroup = Cgroup::at(parent.join(format!("avouch-respond-{id}")));
    let sleeper = Sleeper::new();
    let mut responder = responder("dry_run: false\nrules: [{rule: 'Terminal *', action: pause}]");
    let mut trigger = sleeper.trigger();
    trigger.container_id = Some(id.clone());

    // Still outside of the container's cgroup: the cgroup that it is in may hold the whole machine.
    let outside = act(&mut responder, &trigger);
    assert!(matches!(&outside.mode, ActMode::Failed { error } if error.contains("no freezable cgroup")), "{outside:?}");

    fs::write(cgroup.0.join("cgroup.procs"), sleeper.0.id().to_string()).unwrap();
    let done = act(&mut responder, &trigger);
    assert_eq!((&done.mode, done.mechanism), (&ActMode::Performed, Mechanism::Freezer));
    assert_eq!(done.object.as_deref(), cgroup.0.to_str());
    let frozen = ContainerCgroup::of(sleeper.0.id(), &id).unwrap();
    assert_eq!(frozen.processes().unwrap(), [sleeper.0.id()]);
    let state = |file: &str| fs::read_to_string(cgroup.0.join(file)).unwrap_or_default();
    assert!(state("freezer.state").contains("FROZEN") || state("cgroup.events").contains("frozen 1"));
    frozen.thaw().unwrap();
    assert!(state("freezer.state").contains("THAWED") || state("cgroup.events").contains("frozen 0"));

    // What set it off has ended; its container goes on.
    let ended = Sleeper::new();
    let mut trigger = Trigger { container_id: Some(id), ..ended.trigger() };
    drop(ended);
    for start_ticks in [trigger.start_ticks, None] {
        trigger.start_ticks = start_ticks;
        assert_eq!(act(&mut responder, &trigger).mode, ActMode::Performed);
        assert!(state("freezer.state").contains("FROZEN") || state("cgroup.events").contains("frozen 1"));
        frozen.thaw().unwrap();
    }
    trigger.container_id = Some("f".repeat(64));
    assert!(reason(&act(&mut responder, &trigger)).contains("no freezable cgroup"));
    drop(sleeper);
}

#[test]
fn a_quarantine_labels_the_pod_through_the_agents_client() {
    type Call = (Pod, Vec<(String, String)>);
    let calls: Arc<Mutex<Vec<Call>>> = Arc::default();
    let sink = Arc::clone(&calls);
    let client = move |pod: &Pod, labels: &std::collections::BTreeMap<String, String>| {
        sink.lock().unwrap().push((pod.clone(), labels.clone().into_iter().collect()));
        if pod.name == "gone" { Err("404 Not Found".to_owned()) } else { Ok(()) }
    };
    let text = "dry_run: false\nrules: [{rule: 'Terminal *', action: quarantine}]";
    let mut responder = Responder::new(Policy::parse("test.yaml", text).unwrap(), Some(Box::new(client)));
    let sleeper = Sleeper::new();
    let mut trigger = sleeper.trigger();
    let done = act(&mut responder, &trigger);
    assert_eq!(
        (&done.mode, done.mechanism, done.object.as_deref()),
        (&ActMode::Performed, Mechanism::Kubernetes, Some("avouch/quarantine=true"))
    );
    let pod = trigger.pod.clone().unwrap();
    assert_eq!(*calls.lock().unwrap(), [(pod, vec![("avouch/quarantine".to_owned(), "true".to_owned())])]);

    trigger.pod.as_mut().unwrap().name = "gone".to_owned();
    assert_eq!(act(&mut responder, &trigger).mode, ActMode::Failed { error: "404 Not Found".to_owned() });
    trigger.pod.as_mut().unwrap().namespace = "kube-system".to_owned();
    assert_eq!(reason(&act(&mut responder, &trigger)), "namespace `kube-system` is protected");
    trigger.pod = None;
    assert!(reason(&act(&mut responder, &trigger)).contains("not known to belong to a pod"));
    assert_eq!(calls.lock().unwrap().len(), 2);
}

#[test]
fn what_is_over_the_limit_is_held_back_and_recorded() {
    let sleeper = Sleeper::new();
    let mut responder =
        responder("dry_run: false\nmax_acts_per_minute: 2\nrules: [{rule: 'Terminal *', action: stop}]");
    let modes: Vec<ActMode> = (0..4).map(|_| act(&mut responder, &sleeper.trigger()).mode).collect();
    assert_eq!(modes, [ActMode::Performed, ActMode::Performed, ActMode::RateLimited, ActMode::RateLimited]);
    assert_eq!(responder.counts().rate_limited, 2);
    let later = Trigger { time_ns: NOW + 61_000_000_000, ..sleeper.trigger() };
    let later = responder.respond(&later, NOW + 61_000_000_000);
    assert_eq!(later[0].mode, ActMode::Performed);
}
