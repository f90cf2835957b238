//! Responses to detections, and prevention, beside the run that judges: an act may wait for the kernel or for Kubernetes.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use anyhow::Context;
use avouch_pipeline::live::Now;
use avouch_pipeline::live::records::{Who, rfc3339};
use avouch_pipeline::{Detection, read_text};
use avouch_respond::{Act, LayerState, Pod, Policy, Prevention, Reach, Responder, Trigger};

use crate::{live, privileges};

/// Detections that may wait for their response, and acts for being told. What does not fit is counted.
const QUEUE: usize = 1_024;

/// ns of a clock tick of `/proc`: the kernel shows user space 100 a second.
const TICK: u64 = 10_000_000;

/// A policy at work.
pub(crate) struct Responses {
    queue: Option<SyncSender<Trigger>>,
    acts: Receiver<Act>,
    thread: Option<JoinHandle<()>>,
    prevention: Prevention,
    /// Time of the boot as times of events count it, ns since the epoch.
    boot: u64,
    /// Detections that found the queue full.
    not_taken: u64,
}

impl Responses {
    /// Starts what the policy in `file` asks for. Says what cannot be done here, one sentence each.
    pub(crate) fn start(file: &Path, now: Now) -> anyhow::Result<(Self, Vec<String>)> {
        let policy = Policy::parse(&file.display().to_string(), &read_text(file)?)?;
        let (prevention, layers) = Prevention::start(&policy, &Reach::default());
        let missing = |report: avouch_respond::LayerReport| match report.state {
            LayerState::Unavailable(why) => Some(format!("no prevention by {:?}: {why}", report.layer)),
            LayerState::Active | LayerState::NotNeeded => None,
        };
        let (queue, triggers) = sync_channel::<Trigger>(QUEUE);
        let (done, acts) = sync_channel(QUEUE);
        let mut responder = Responder::new(policy, live::pod_labels());
        let work = move || {
            // As the main thread does; where the kernel refuses, that one ends the agent.
            privileges::give_up(true).ok();
            for trigger in triggers {
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
        let gaps = layers.into_iter().filter_map(missing).collect();
        Ok((Self { queue: Some(queue), acts, thread: Some(thread), prevention, boot, not_taken: 0 }, gaps))
    }

    /// Hands on a detection. Records of audit sources have no process to act on.
    pub(crate) fn detection(&mut self, detection: &Detection<'_>) {
        let Some(trigger) = trigger(detection, self.boot) else { return };
        let taken = self.queue.as_ref().is_some_and(|q| q.try_send(trigger).is_ok());
        self.not_taken += u64::from(!taken);
    }

    /// Acts done or denied since the last call.
    pub(crate) fn take(&mut self) -> Vec<Act> {
        self.acts.try_iter().chain(self.prevention.poll()).collect()
    }

    /// What was lost so far, as sentences.
    pub(crate) fn losses(&self) -> Vec<String> {
        let prevention = self.prevention.losses();
        let mut out: Vec<String> = [
            (self.not_taken, "detections had no response: too many waited"),
            (prevention.lost, "denials were not recorded"),
            (prevention.unjudged, "programs ran unjudged"),
        ]
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!("{n} {what}"))
        .collect();
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
    format!(
        "act: {} {:?}{object}, pid {} {} for `{}`: {mode}\n",
        rfc3339(act.time_ns),
        act.what,
        act.target.pid,
        act.target.exe,
        act.rule
    )
}

fn trigger(detection: &Detection<'_>, boot: u64) -> Option<Trigger> {
    let state = detection.state()?;
    let who = Who::of(state, state.thread()?);
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
        container_id: filled(who.container),
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
    fn a_number_that_was_given_away_is_not_taken_for_the_process() {
        let own = std::process::id();
        let now = live::now();
        let boot = now.wall - now.mono;
        assert!(started_before(own, now.wall, boot).is_some());
        assert_eq!(started_before(own, boot + 1, boot), None, "an event from before this process");
        assert_eq!(started_before(u32::MAX, now.wall, boot), None);
    }
}
