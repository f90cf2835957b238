//! What a live run says on the terminal.

use avouch_pipeline::interest::Plan;
use avouch_pipeline::live::records::RulesState;
use avouch_pipeline::live::{Health, Live, LiveSource};

use super::collected;
use crate::args::AgentArgs;
use crate::live;

/// How many rules run, by source.
pub(super) fn rules_text(rules: &RulesState) -> String {
    let list: Vec<String> = rules.running.iter().map(|(source, n)| format!("{n} {source}")).collect();
    let n: usize = rules.running.values().sum();
    format!("{} ({})", counted(n as u64, "rule"), list.join(", "))
}

/// So many of something whose plural has an `s`.
fn counted(n: u64, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// The line that says that it watches. `of` tells where rules are from that are not of files.
pub(super) fn ready_line(args: &AgentArgs, run: &Live, plan: &Plan, source: &dyn LiveSource, of: &str) -> String {
    let gaps = run.gaps(source);
    let missing = if gaps.is_empty() { "nothing".to_owned() } else { gaps.join("; ") };
    let events = collected(&plan.interest).len();
    let from = match &args.capture {
        Some(path) => format!("recording {}", path.display()),
        None => format!("ring {} MiB; kernel {}", args.kernel.ring_mb, live::kernel_release()),
    };
    format!("watching: {}{of}, {events} kinds of events, {from}; missing: {missing}\n", rules_text(run.rules_state()))
}

/// A line on how it fares; `beside` is what else there is to say.
pub(super) fn health_line(h: &Health, beside: &[String]) -> String {
    let rate = if h.seconds > 0.0 { h.interval_events as f64 / h.seconds } else { 0.0 };
    let drops = if h.lost.events == 0 {
        "no drops".to_owned()
    } else {
        let causes: Vec<String> = h.lost.by_cause.iter().map(|(cause, n)| format!("{cause} {n}")).collect();
        format!("{} DROPPED ({} of them new; {})", h.lost.events, h.interval_lost.events, causes.join(", "))
    };
    let new = if h.interval_detections > 0 { format!(" ({} new)", h.interval_detections) } else { String::new() };
    let unknown = match h.unknown_containers {
        0 => String::new(),
        n => format!(" ({n} of them unknown to any runtime)"),
    };
    let waiting = if h.waiting > 0 { format!(", {} waiting for metadata", h.waiting) } else { String::new() };
    let server: String = beside.iter().map(|line| format!("; {line}")).collect();
    let gaps = if h.gaps.is_empty() { String::new() } else { format!("; missing: {}", h.gaps.join("; ")) };
    format!(
        "health: {} ({rate:.0}/s){waiting}, {}{new}, {drops}; {}, {}{unknown}; agent {:.1} % CPU, {} MiB{server}{gaps}\n",
        counted(h.events, "event"),
        counted(h.detections, "detection"),
        counted(h.threads as u64, "thread"),
        counted(h.containers as u64, "container"),
        h.agent.cpu_percent,
        h.agent.rss_bytes >> 20,
    )
}
