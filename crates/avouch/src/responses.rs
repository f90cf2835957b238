//! Responses to detections, and prevention, beside the run that judges: an act may wait for the kernel or for Kubernetes.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use anyhow::{Context, ensure};
use avouch_pipeline::live::Now;
use avouch_pipeline::live::records::rfc3339;
use avouch_pipeline::{Detection, RuleSet, read_text};
use avouch_respond::{Act, LayerReport, Pod, Policy, Prevention, PreventionLosses, Reach, Responder, Target, Trigger};

use crate::{live, privileges};

/// Detections that may wait for their response, and acts for being told. What does not fit is counted.
const QUEUE: usize = 1_024;

/// ns of a clock tick of `/proc`: the kernel shows user space 100 a second.
const TICK: u64 = 10_000_000;

/// What the thread of responses is told.
enum Task {
    Answer(Trigger),
    /// By another policy from now on.
    Change(Box<Policy>),
}

/// A policy at work.
pub(crate) struct Responses {
    queue: Option<SyncSender<Task>>,
    acts: Receiver<Act>,
    thread: Option<JoinHandle<()>>,
    prevention: Prevention,
    policy: Policy,
    /// What prevention cannot do here, one sentence each.
    missing: Vec<String>,
    /// Losses of preventions that another has taken the place of.
    lost_before: PreventionLosses,
    /// Time of the boot as times of events count it, ns since the epoch.
    boot: u64,
    /// Detections that found the queue full.
    not_taken: u64,
}

impl Responses {
    /// Starts what the policy in `file` asks for.
    pub(crate) fn start(file: &Path, now: Now) -> anyhow::Result<Self> {
        let policy = read(file)?;
        let (prevention, missing) = prevent(&policy);
        let (queue, tasks) = sync_channel::<Task>(QUEUE);
        let (done, acts) = sync_channel(QUEUE);
        let mut responder = Responder::new(policy.clone(), live::pod_labels());
        let work = move || {
            for task in tasks {
                let trigger = match task {
                    Task::Answer(trigger) => trigger,
                    Task::Change(policy) => {
                        responder.change_policy(*policy);
                        continue;
                    }
                };
                for act in responder.respond(&trigger, live::now().wall) {
                    // Waits when the run is behind: an act must be told, and no other may follow untold.
                    if done.send(act).is_err() {
                        return;
                    }
                }
            }
        };
        let thread = std::thread::Builder::new().name("responses".to_owned()).spawn(work);
        let thread = thread.context("failed to start the thread of responses")?;
        let boot = now.wall.saturating_sub(now.mono);
        Ok(Self {
            queue: Some(queue),
            acts,
            thread: Some(thread),
            prevention,
            policy,
            missing,
            lost_before: PreventionLosses::default(),
            boot,
            not_taken: 0,
        })
    }

    /// Reads the policy anew. Gives the acts of the old one that were not told yet; detections that wait are still answered by it.
    ///
    /// # Errors
    /// When the policy cannot be used, or cannot be handed over because too many detections wait; the old one goes on.
    pub(crate) fn reload(&mut self, file: &Path) -> anyhow::Result<Vec<Act>> {
        let policy = read(file)?;
        // The new layers first: at no time is less denied than either policy asks for.
        let (prevention, missing) = prevent(&policy);
        let handed = self.queue.as_ref().is_some_and(|q| q.try_send(Task::Change(Box::new(policy.clone()))).is_ok());
        ensure!(handed, "too many detections wait for their response");
        let mut old = std::mem::replace(&mut self.prevention, prevention);
        (self.policy, self.missing) = (policy, missing);
        let (acts, losses) = (old.poll(), old.losses());
        self.lost_before.lost += losses.lost;
        self.lost_before.unjudged += losses.unjudged;
        Ok(acts)
    }

    /// Hands on a detection. Records of audit sources have no process to act on.
    pub(crate) fn detection(&mut self, detection: &Detection<'_>) {
        let Some(trigger) = trigger(detection, self.boot) else { return };
        let taken = self.queue.as_ref().is_some_and(|q| q.try_send(Task::Answer(trigger)).is_ok());
        self.not_taken += u64::from(!taken);
    }

    /// Acts done or denied since the last call.
    pub(crate) fn take(&mut self) -> Vec<Act> {
        self.acts.try_iter().chain(self.prevention.poll()).collect()
    }

    /// What prevention cannot do here, responses that none of these rules sets off, and what was lost so far, as sentences.
    pub(crate) fn gaps(&self, rules: &RuleSet) -> Vec<String> {
        let names: Vec<&str> = rules.running().map(|(_, rule)| &*rule.name).collect();
        let idle = self.policy.idle(&names).into_iter();
        let idle = idle.map(|name| format!("the policy answers to `{name}`, and no rule that runs is called so"));
        let prevention = self.prevention.losses();
        let lost = [
            (self.not_taken, "detections had no response: too many waited"),
            (self.lost_before.lost + prevention.lost, "acts of prevention were not recorded"),
            (self.lost_before.unjudged + prevention.unjudged, "programs ran that prevention could not judge"),
        ]
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!("{n} {what}"));
        let mut out: Vec<String> = self.missing.iter().cloned().chain(idle).chain(lost).collect();
        if prevention.fanotify_ended {
            out.push("prevention by fanotify has ended".to_owned());
        }
        out
    }

    /// Waits for the acts that are under way, and gives them.
    pub(crate) fn finish(&mut self) -> Vec<Act> {
        self.queue = None;
        let mut out: Vec<Act> = self.acts.iter().collect();
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join) {
            self.not_taken += 1;
        }
        out.extend(self.prevention.poll());
        out
    }
}

fn read(file: &Path) -> anyhow::Result<Policy> {
    Ok(Policy::parse(&file.display().to_string(), &read_text(file)?)?)
}

/// Starts prevention, and says what it cannot do here.
fn prevent(policy: &Policy) -> (Prevention, Vec<String>) {
    let (prevention, layers) = Prevention::start_with(policy, &Reach::default(), privileges::keep_for_answering);
    (prevention, layers.iter().filter_map(LayerReport::missing).collect())
}

/// One act in words.
pub(crate) fn line(act: &Act) -> String {
    let mode = match &act.mode {
        avouch_respond::ActMode::Performed => "done".to_owned(),
        avouch_respond::ActMode::DryRun => "would be done (dry run)".to_owned(),
        avouch_respond::ActMode::Refused { reason } => format!("not done: {reason}"),
        avouch_respond::ActMode::Failed { error } => format!("failed: {error}"),
        avouch_respond::ActMode::RateLimited => "held back: too many within a minute".to_owned(),
    };
    let object = act.object.as_deref().map(|o| format!(" {o}")).unwrap_or_default();
    let Target { pid, exe, container_id, .. } = &act.target;
    let exe = if exe.is_empty() { String::new() } else { format!(" ({exe})") };
    let place = container_id.as_deref().map(|id| format!(" in container {}", id.get(..12).unwrap_or(id)));
    format!(
        "act: {} {}{object}; pid {pid}{exe}{}, for `{}`, by {}: {mode}\n",
        rfc3339(act.time_ns),
        act.what,
        place.unwrap_or_default(),
        act.rule,
        act.mechanism,
    )
}

fn trigger(detection: &Detection<'_>, boot: u64) -> Option<Trigger> {
    let state = detection.state()?;
    let thread = state.thread()?;
    let who = avouch_pipeline::live::who(state, thread);
    // Whole: its cgroup is found by it once the process is gone.
    let container = state.container(thread).filter(|_| !thread.container.is_host());
    let container_id = container.map(|c| if c.full_id.is_empty() { &c.id } else { &c.full_id });
    let pid = u32::try_from(who.pid).ok()?;
    let filled = |text: String| (!text.is_empty()).then_some(text);
    let pod = (!who.pod.is_empty()).then_some(Pod { namespace: who.namespace, name: who.pod, uid: None });
    Some(Trigger {
        rule: detection.rule.name.clone(),
        event: detection.event.num,
        time_ns: detection.event.timestamp,
        pid,
        start_ticks: started_before(pid, detection.event.timestamp, boot),
        exe: who.exe,
        container_id: container_id.map(|id| String::from_utf8_lossy(id).into_owned()).filter(|id| !id.is_empty()),
        container_name: filled(who.container_name),
        pod,
    })
}

/// Start of the process that has this number now, if it started before the event: two processes never have one number at
/// the same time, so it is the one that acted. One that started later has the number of a process that is gone.
fn started_before(pid: u32, event: u64, boot: u64) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in brackets and may hold anything, brackets too.
    let (_, rest) = stat.rsplit_once(')')?;
    let ticks: u64 = rest.split_whitespace().nth(19)?.parse().ok()?;
    let started = boot.saturating_add(ticks.saturating_mul(TICK));
    (started <= event).then_some(ticks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_act_is_told_in_words() {
        use avouch_respond::{ActMode, Mechanism, What};
        let target = Target { pid: 42, exe: "/bin/sh".to_owned(), ..Target::default() };
        let mut act = Act {
            time_ns: 1_790_000_000_000_000_000,
            what: What::Kill,
            mode: ActMode::DryRun,
            mechanism: Mechanism::Signal,
            target,
            rule: "Terminal shell in container".to_owned(),
            event: Some(7),
            object: None,
        };
        let time = "2026-09-21T14:13:20.000000000Z";
        assert_eq!(
            line(&act),
            format!(
                "act: {time} kill the process; pid 42 (/bin/sh), for `Terminal shell in container`, by a signal: \
                 would be done (dry run)\n"
            )
        );
        act.target = Target { pid: 7, container_id: Some("c0ffee".repeat(10)), ..Target::default() };
        (act.what, act.mode, act.mechanism) = (What::DenyExec, ActMode::Performed, Mechanism::KillAtExec);
        (act.rule, act.object) = ("exec_not_from_image".to_owned(), Some("/tmp/x".to_owned()));
        assert_eq!(
            line(&act),
            format!(
                "act: {time} deny the program /tmp/x; pid 7 in container c0ffeec0ffee, for `exec_not_from_image`, by \
                 SIGKILL at exec: done\n"
            )
        );
    }

    #[test]
    fn a_number_that_was_given_away_is_not_taken_for_the_process() {
        let own = std::process::id();
        let now = live::now();
        let boot = now.wall - now.mono;
        assert!(started_before(own, now.wall, boot).is_some());
        assert_eq!(started_before(own, boot + 1, boot), None, "an event from before this process");
        assert_eq!(started_before(u32::MAX, now.wall, boot), None);
    }
}
