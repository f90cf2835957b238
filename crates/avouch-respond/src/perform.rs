//! Decisions carried out: the only place that acts on a process, a container or a pod.

use std::collections::BTreeMap;

use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::act::{Act, ActMode, Mechanism, Pod, Target, Trigger, What};
use crate::decide::{Decision, Identity, RateWindow, Verdict, decide};
use crate::freezer::ContainerCgroup;
use crate::policy::{Action, Policy};
use crate::process;

/// Sets labels of a pod through the Kubernetes API. The agent brings its own client.
pub trait PatchLabels {
    /// Sets `labels`, and leaves the pod's other labels alone.
    ///
    /// # Errors
    /// In words, when the pod could not be labelled.
    fn patch_labels(&self, pod: &Pod, labels: &BTreeMap<String, String>) -> Result<(), String>;
}

impl<F: Fn(&Pod, &BTreeMap<String, String>) -> Result<(), String>> PatchLabels for F {
    fn patch_labels(&self, pod: &Pod, labels: &BTreeMap<String, String>) -> Result<(), String> {
        self(pod, labels)
    }
}

/// How many acts went how, since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ActCounts {
    /// Done.
    pub performed: u64,
    /// Only recorded.
    pub dry_run: u64,
    /// Not done, on purpose.
    pub refused: u64,
    /// Tried in vain.
    pub failed: u64,
    /// Held back by a limit.
    pub rate_limited: u64,
}

/// Answers detections.
pub struct Responder {
    policy: Policy,
    window: RateWindow,
    own_pid: u32,
    labels: Option<Box<dyn PatchLabels + Send>>,
    counts: ActCounts,
}

impl Responder {
    /// Answers by `policy`. Without a client of the Kubernetes API, `labels`, a quarantine fails and says so.
    #[must_use]
    pub fn new(policy: Policy, labels: Option<Box<dyn PatchLabels + Send>>) -> Self {
        let own_pid = std::process::id();
        Self { policy, window: RateWindow::default(), own_pid, labels, counts: ActCounts::default() }
    }

    /// Answers by another policy from now on. What was done within the last minute still counts against its limit.
    pub fn change_policy(&mut self, policy: Policy) {
        self.policy = policy;
    }

    /// How many acts went how.
    #[must_use]
    pub fn counts(&self) -> ActCounts {
        self.counts
    }

    /// Answers one detection at `now_ns`, nanoseconds since 1970. No response, no act.
    ///
    /// A pause waits up to four seconds for the kernel, and a quarantine for the Kubernetes API: not for a thread that must keep
    /// up with events.
    pub fn respond(&mut self, trigger: &Trigger, now_ns: u64) -> Vec<Act> {
        let decisions = decide(&self.policy, &mut self.window, trigger, self.own_pid, now_ns);
        decisions.into_iter().map(|d| self.carry_out(d, trigger, now_ns)).collect()
    }

    fn carry_out(&mut self, decision: Decision, trigger: &Trigger, now_ns: u64) -> Act {
        let Decision { action, verdict } = decision;
        let mut object = match &action {
            Action::Quarantine { labels } => {
                Some(labels.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(","))
            }
            _ => None,
        };
        let mode = match verdict {
            Verdict::DryRun => ActMode::DryRun,
            Verdict::HoldBack => ActMode::RateLimited,
            Verdict::Refuse(reason) => ActMode::Refused { reason },
            Verdict::Perform => match &action {
                Action::Kill => self.signal(trigger, Signal::KILL),
                Action::Stop => self.signal(trigger, Signal::STOP),
                Action::Pause => self.pause(trigger, &mut object),
                Action::Quarantine { labels } => self.quarantine(trigger, labels),
            },
        };
        let count = match mode {
            ActMode::Performed => &mut self.counts.performed,
            ActMode::DryRun => &mut self.counts.dry_run,
            ActMode::Refused { .. } => &mut self.counts.refused,
            ActMode::Failed { .. } => &mut self.counts.failed,
            ActMode::RateLimited => &mut self.counts.rate_limited,
        };
        *count += 1;
        let what = action.what();
        let mechanism = match what {
            What::Pause => Mechanism::Freezer,
            What::Quarantine => Mechanism::Kubernetes,
            _ => Mechanism::Signal,
        };
        let target = Target {
            pid: trigger.pid,
            start_ticks: trigger.start_ticks,
            exe: trigger.exe.clone(),
            container_id: trigger.container_id.clone(),
            pod: trigger.pod.clone(),
            cgroups: Vec::new(),
        };
        Act {
            time_ns: now_ns,
            what,
            mode,
            mechanism,
            target,
            rule: trigger.rule.clone(),
            event: Some(trigger.event),
            object,
        }
    }

    fn signal(&self, trigger: &Trigger, signal: Signal) -> ActMode {
        let pid = i32::try_from(trigger.pid).ok().and_then(Pid::from_raw);
        let Some(pid) = pid else { return refused("it is no process id") };
        // From here on the descriptor names one process, whatever becomes of the number. Who it is is asked afterwards.
        let process = match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(fd) => fd,
            Err(Errno::SRCH) => return refused("the process has ended"),
            Err(e) => return failed(format!("failed to open pid {}: {e}", trigger.pid)),
        };
        if let Some(reason) = self.not_the_one(trigger) {
            return ActMode::Refused { reason };
        }
        match pidfd_send_signal(&process, signal) {
            Ok(()) => ActMode::Performed,
            Err(Errno::SRCH) => refused("the process has ended"),
            Err(e) => failed(format!("failed to signal pid {}: {e}", trigger.pid)),
        }
    }

    /// Why the process that has the number now must be left alone.
    fn not_the_one(&self, trigger: &Trigger) -> Option<String> {
        let Ok(started) = process::start_ticks(trigger.pid) else { return Some("the process has ended".to_owned()) };
        if trigger.start_ticks != Some(started) {
            return Some("the pid belongs to another process by now".to_owned());
        }
        // It may have become another program since the event.
        let Ok(exe) = process::exe(trigger.pid) else {
            return Some("it has no executable: a kernel thread, or ended".to_owned());
        };
        let who = Identity { pid: trigger.pid, exe: &exe, in_container: trigger.container_id.is_some() };
        self.policy.protect.process(who, self.own_pid)
    }

    fn pause(&self, trigger: &Trigger, object: &mut Option<String>) -> ActMode {
        let Some(container) = &trigger.container_id else {
            return refused("the process is not known to run in a container");
        };
        // What set it off is often short-lived; its container lives on, and has a name of its own.
        let lives = trigger.start_ticks.is_some() && process::start_ticks(trigger.pid).ok() == trigger.start_ticks;
        let cgroup = if lives {
            if let Some(reason) = self.not_the_one(trigger) {
                return ActMode::Refused { reason };
            }
            ContainerCgroup::of(trigger.pid, container).map(Some)
        } else {
            ContainerCgroup::named(container)
        };
        let cgroup = match cgroup {
            Ok(Some(cgroup)) => cgroup,
            Ok(None) => return refused("the process has ended, and no freezable cgroup is named by its container"),
            Err(e) => return failed(e.to_string()),
        };
        *object = Some(cgroup.directory().display().to_string());
        let pids = match cgroup.processes() {
            Ok(pids) => pids,
            Err(e) => return failed(e.to_string()),
        };
        for pid in pids {
            let exe = process::exe(pid).unwrap_or_default();
            let who = Identity { pid, exe: &exe, in_container: true };
            if let Some(reason) = self.policy.protect.process(who, self.own_pid) {
                return ActMode::Refused { reason: format!("pid {pid} of the container: {reason}") };
            }
        }
        match cgroup.freeze() {
            Ok(()) => ActMode::Performed,
            Err(e) => {
                // Half a freeze is no state to leave a container in.
                let thawed = cgroup.thaw().map_or_else(|e| format!("; {e}"), |()| "; thawed again".to_owned());
                failed(format!("{e}{thawed}"))
            }
        }
    }

    fn quarantine(&self, trigger: &Trigger, labels: &BTreeMap<String, String>) -> ActMode {
        let Some(pod) = &trigger.pod else { return refused("the process is not known to belong to a pod") };
        let Some(client) = &self.labels else { return failed("no Kubernetes API to label the pod".to_owned()) };
        client.patch_labels(pod, labels).map_or_else(failed, |()| ActMode::Performed)
    }
}

fn refused(reason: &str) -> ActMode {
    ActMode::Refused { reason: reason.to_owned() }
}

fn failed(error: String) -> ActMode {
    ActMode::Failed { error }
}
