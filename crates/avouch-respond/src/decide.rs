//! Whether a detection is answered, and how: no clock, no file, no signal.

use std::collections::{BTreeMap, VecDeque};

use crate::act::{Pod, Trigger, What};
use crate::pattern::Pattern;
use crate::policy::{Action, PROTECTED_ON_HOST, Policy, Protect};

const MINUTE_NS: u64 = 60_000_000_000;
/// An answer that comes later than this surprises more than it helps: the event may come from a capture, or from before a
/// machine slept.
const MAX_AGE_NS: u64 = MINUTE_NS;

/// What to do about one detection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The response.
    pub action: Action,
    /// Whether to perform it.
    pub verdict: Verdict,
}

/// Whether a response is performed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Do it.
    Perform,
    /// Record it only.
    DryRun,
    /// Do not, for this reason.
    Refuse(String),
    /// Too many within the last minute.
    HoldBack,
}

/// When acts were let through within the last minute. Its size is bounded by the policy's limits.
#[derive(Debug, Default)]
pub struct RateWindow {
    all: VecDeque<u64>,
    entries: BTreeMap<usize, VecDeque<u64>>,
}

impl RateWindow {
    /// Counts an act of policy entry `entry` at `now_ns`, when both limits leave room for it.
    fn admit(&mut self, entry: usize, limit: Option<u32>, limit_all: u32, now_ns: u64) -> bool {
        let own = self.entries.entry(entry).or_default();
        for times in [&mut self.all, &mut *own] {
            // A clock that was set back must not keep an act in the window for ever.
            times.retain(|&t| t <= now_ns && now_ns - t < MINUTE_NS);
        }
        let full = |times: &VecDeque<u64>, limit: u32| times.len() >= limit as usize;
        if full(&self.all, limit_all) || limit.is_some_and(|l| full(own, l)) {
            return false;
        }
        self.all.push_back(now_ns);
        if limit.is_some() {
            own.push_back(now_ns);
        }
        true
    }
}

/// Who a process is, for the question whether it is protected.
#[derive(Debug, Clone, Copy)]
pub struct Identity<'a> {
    /// Process id.
    pub pid: u32,
    /// Path of the executable, empty when unknown.
    pub exe: &'a str,
    /// Whether it is known to run in a container.
    pub in_container: bool,
}

impl Protect {
    /// Why nothing may be done to this process; `own_pid` is ours.
    #[must_use]
    pub fn process(&self, who: Identity<'_>, own_pid: u32) -> Option<String> {
        if who.pid <= 1 {
            return Some(format!("pid {} is never acted on", who.pid));
        }
        if who.pid == own_pid {
            return Some("this is avouch itself".to_owned());
        }
        // An executable that was replaced on disk, by an upgrade say, is still what it was.
        let exe = who.exe.strip_suffix(" (deleted)").unwrap_or(who.exe);
        let name = exe.rsplit('/').next().unwrap_or_default();
        let own = self.processes.iter().any(|p| p.matches(if p.is_path() { exe } else { name }));
        let on_host = !who.in_container && PROTECTED_ON_HOST.iter().any(|p| Pattern::new(*p).matches(name));
        (own || on_host).then(|| format!("`{exe}` is protected"))
    }

    /// Why nothing may be done to this container or pod.
    #[must_use]
    pub fn container(&self, id: Option<&str>, name: Option<&str>, pod: Option<&Pod>) -> Option<String> {
        // People name containers by the short form, too.
        let short = id.and_then(|id| id.get(..12));
        for text in [id, short, name].into_iter().flatten() {
            if self.containers.iter().any(|p| p.matches(text)) {
                return Some(format!("container `{text}` is protected"));
            }
        }
        let namespace = &pod?.namespace;
        self.namespaces.iter().any(|p| p.matches(namespace)).then(|| format!("namespace `{namespace}` is protected"))
    }
}

/// What the policy says about `trigger` at `now_ns`. Refusals cost nothing of the limits; dry runs do, so that what they
/// show is what would happen.
#[must_use]
pub fn decide(policy: &Policy, window: &mut RateWindow, trigger: &Trigger, own_pid: u32, now_ns: u64) -> Vec<Decision> {
    let mut decisions: Vec<Decision> = Vec::new();
    for (at, entry) in policy.rules.iter().enumerate() {
        if !entry.rule.matches(&trigger.rule) || decisions.iter().any(|d| d.action == entry.action) {
            continue;
        }
        let verdict = match refusal(policy, &entry.action, trigger, own_pid, now_ns) {
            Some(reason) => Verdict::Refuse(reason),
            None if !window.admit(at, entry.max_acts_per_minute, policy.max_acts_per_minute, now_ns) => {
                Verdict::HoldBack
            }
            None if policy.dry_run || entry.dry_run => Verdict::DryRun,
            None => Verdict::Perform,
        };
        decisions.push(Decision { action: entry.action.clone(), verdict });
    }
    decisions
}

fn refusal(policy: &Policy, action: &Action, t: &Trigger, own_pid: u32, now_ns: u64) -> Option<String> {
    let age = now_ns.abs_diff(t.time_ns);
    if age > MAX_AGE_NS {
        return Some(format!("the event is {} s away from now", age / 1_000_000_000));
    }
    let container = policy.protect.container(t.container_id.as_deref(), t.container_name.as_deref(), t.pod.as_ref());
    if container.is_some() {
        return container;
    }
    let missing = match action.what() {
        What::Kill | What::Stop if t.start_ticks.is_none() => {
            "it has ended, or its start time is unknown: the pid may be another process by now"
        }
        What::Pause if t.container_id.is_none() => "the process is not known to run in a container",
        What::Quarantine if t.pod.is_none() => "the process is not known to belong to a pod",
        What::Quarantine => return None,
        _ => {
            let who = Identity { pid: t.pid, exe: &t.exe, in_container: t.container_id.is_some() };
            return policy.protect.process(who, own_pid);
        }
    };
    Some(missing.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OWN: u32 = 999;

    fn trigger() -> Trigger {
        Trigger {
            rule: "A shell".to_owned(),
            event: 1,
            time_ns: 0,
            pid: 1234,
            start_ticks: Some(5),
            exe: "/bin/bash".to_owned(),
            container_id: None,
            container_name: None,
            pod: None,
        }
    }

    fn policy(rest: &str) -> Policy {
        Policy::parse("p", &format!("dry_run: false\nrules: [{{rule: A shell, action: kill}}]\n{rest}")).unwrap()
    }

    fn verdict(policy: &Policy, trigger: &Trigger) -> Verdict {
        decide(policy, &mut RateWindow::default(), trigger, OWN, 0)[0].verdict.clone()
    }

    #[test]
    fn programs_of_the_node_are_never_acted_on() {
        let policy = policy("");
        assert_eq!(verdict(&policy, &trigger()), Verdict::Perform);
        for exe in [
            "/usr/lib/systemd/systemd",
            "/usr/sbin/sshd",
            "/usr/bin/kubelet",
            "/usr/bin/containerd-shim-runc-v2",
            "/x/dockerd (deleted)",
        ] {
            let on_host = Trigger { exe: exe.to_owned(), ..trigger() };
            assert!(matches!(verdict(&policy, &on_host), Verdict::Refuse(_)), "{exe}");
            // In a container the name proves nothing.
            let inside = Trigger { container_id: Some("c".to_owned()), ..on_host };
            assert_eq!(verdict(&policy, &inside), Verdict::Perform, "{exe}");
        }
        for pid in [0, 1, OWN] {
            let inside = Trigger { pid, container_id: Some("c".to_owned()), ..trigger() };
            assert!(matches!(verdict(&policy, &inside), Verdict::Refuse(_)), "{pid}");
        }
    }

    #[test]
    fn the_users_protection_holds_everywhere() {
        let policy = policy("protect: {processes: [postgres, '/opt/agent/*'], containers: [db-*]}");
        let refused = |t: Trigger| matches!(verdict(&policy, &t), Verdict::Refuse(_));
        let inside = Trigger { container_id: Some("abc".to_owned()), ..trigger() };
        assert!(refused(Trigger { exe: "/usr/bin/postgres".to_owned(), ..inside.clone() }));
        assert!(refused(Trigger { exe: "/opt/agent/bin/x".to_owned(), ..inside.clone() }));
        assert!(refused(Trigger { container_name: Some("db-1".to_owned()), ..inside.clone() }));
        assert!(!refused(inside));
    }

    #[test]
    fn an_old_event_is_not_answered() {
        let policy = policy("");
        let at = |now| decide(&policy, &mut RateWindow::default(), &trigger(), OWN, now)[0].verdict.clone();
        assert_eq!(at(MAX_AGE_NS), Verdict::Perform);
        assert_eq!(at(MAX_AGE_NS + 5_000_000_000), Verdict::Refuse("the event is 65 s away from now".to_owned()));
    }

    #[test]
    fn one_detection_has_each_response_once() {
        let text = "dry_run: false\nrules:\n  - {rule: A*, action: kill}\n  - {rule: A shell, action: kill, dry_run: true}\n  \
                    - {rule: A shell, action: stop, dry_run: true}\n  - {rule: B, action: pause}\n";
        let policy = Policy::parse("p", text).unwrap();
        let decisions = decide(&policy, &mut RateWindow::default(), &trigger(), OWN, 0);
        let found: Vec<(What, &Verdict)> = decisions.iter().map(|d| (d.action.what(), &d.verdict)).collect();
        assert_eq!(found, [(What::Kill, &Verdict::Perform), (What::Stop, &Verdict::DryRun)]);
    }

    #[test]
    fn an_entrys_own_limit_is_kept_too() {
        let mut policy = policy("max_acts_per_minute: 100");
        policy.rules[0].max_acts_per_minute = Some(1);
        let mut window = RateWindow::default();
        let mut at = |now| {
            let trigger = Trigger { time_ns: now, ..trigger() };
            decide(&policy, &mut window, &trigger, OWN, now)[0].verdict.clone()
        };
        assert_eq!((at(10), at(11)), (Verdict::Perform, Verdict::HoldBack));
        assert_eq!(at(MINUTE_NS + 10), Verdict::Perform);
        // The clock was set back: what lies in the future is forgotten.
        assert_eq!(at(5), Verdict::Perform);
    }

    proptest! {
        #[test]
        fn no_minute_has_more_acts_than_allowed(limit in 0u32..6, steps in prop::collection::vec(0u64..MINUTE_NS, 0..60)) {
            let policy = policy(&format!("max_acts_per_minute: {limit}"));
            let (mut window, mut now, mut done) = (RateWindow::default(), 0, Vec::new());
            for step in steps {
                now += step / 4;
                let trigger = Trigger { time_ns: now, ..trigger() };
                if decide(&policy, &mut window, &trigger, OWN, now)[0].verdict == Verdict::Perform {
                    done.push(now);
                }
            }
            for &t in &done {
                prop_assert!(done.iter().filter(|&&u| u <= t && t - u < MINUTE_NS).count() <= limit as usize);
            }
        }
    }
}
