//! The figures as a table, each with its floor and whether it is met.

use std::fmt::Write as _;
use std::io::Write as _;

use anyhow::{Context, Result};

use super::flood::{Flood, Idle};
use super::rate::{self, Rate};
use super::workloads::Workload;

/// Lines that were measured.
#[derive(Default)]
pub(super) struct Table(String);

impl Table {
    pub(super) fn skipped(&mut self, name: &str, reason: &str) {
        self.line(name, &format!("not run: {reason}"));
    }

    /// The median of the rounds' ratios, and their range. A floor is the agent's, not a peer's.
    pub(super) fn ratio(&mut self, workload: &Workload, peer: Option<&str>, pairs: &[(f64, f64)]) {
        let mut ratios: Vec<f64> = pairs.iter().map(|(off, on)| on / off).collect();
        ratios.sort_by(f64::total_cmp);
        let (Some(least), Some(most)) = (ratios.first(), ratios.last()) else {
            return self.skipped(workload.name, "no rounds");
        };
        // Of an even number of rounds, what lies between the two in the middle.
        let middle = ratios.get((ratios.len() - 1) / 2..=ratios.len() / 2).unwrap_or_default();
        let median = middle.iter().sum::<f64>() / middle.len().max(1) as f64;
        let mean = |side: fn(&(f64, f64)) -> f64| pairs.iter().map(side).sum::<f64>() / pairs.len() as f64;
        let last = match peer {
            Some(command) => format!("peer: {command}"),
            None => format!("floor {:.2}: {}", workload.floor, met(median <= workload.floor)),
        };
        let (off, on) = (mean(|p| p.0), mean(|p| p.1));
        let unit = workload.unit;
        self.line(
            workload.name,
            &format!("x {median:.3} ({least:.3} to {most:.3}); {off:.1} off, {on:.1} on, {unit}; {last}"),
        );
    }

    pub(super) fn idle(&mut self, idle: &Idle) {
        let memory = idle.peak_bytes >> 20;
        self.line(
            "idle",
            &format!(
                "{:.2} % of a core, peak {memory} MiB at {:.0} events/s; floors 1 %, 64 MiB: {}",
                idle.cpu_percent,
                idle.events_a_second,
                met(idle.cpu_percent < 1.0 && memory < 64)
            ),
        );
    }

    pub(super) fn flood(&mut self, flood: &Flood) {
        self.line(
            "flood",
            &format!(
                "{} events, {} lost, {:.0} events/s, {:.0} ns agent CPU an event, peak {} MiB; floors 0 lost, 700 ns: {}",
                flood.events,
                flood.lost,
                flood.events_a_second,
                flood.ns_an_event,
                flood.peak_bytes >> 20,
                met(flood.lost == 0 && flood.ns_an_event < 700.0)
            ),
        );
    }

    /// One rate; the floor is judged on the row of its own rate.
    pub(super) fn rate(&mut self, rate: &Rate) {
        let asked = rate.asked.map_or("as many as can be made".to_owned(), |r| format!("{r}/s asked"));
        let causes: Vec<String> = rate.by_cause.iter().map(|(cause, n)| format!("{cause} {n}")).collect();
        let causes = if causes.is_empty() { String::new() } else { format!(" ({})", causes.join(", ")) };
        let verdict = match rate.asked {
            Some(rate::FLOOR) => {
                format!("; floor: none lost: {}", met(rate.whole() && rate.made >= 0.99 * rate::FLOOR as f64))
            }
            _ => String::new(),
        };
        self.line(
            "rate",
            &format!(
                "{asked}, {:.0}/s made: {} events, {} arrived, {} lost{causes}, {:.0} ns agent CPU an event, peak {} MiB{verdict}",
                rate.made,
                rate.sent,
                rate.arrived,
                rate.lost,
                rate.ns_an_event,
                rate.peak_bytes >> 20,
            ),
        );
    }

    fn line(&mut self, name: &str, text: &str) {
        // Writing to a string cannot fail.
        writeln!(self.0, "{name:<12} {text}").ok();
    }

    pub(super) fn print(&self) -> Result<()> {
        std::io::stdout().write_all(self.0.as_bytes()).context("failed to write to standard output")
    }
}

fn met(holds: bool) -> &'static str {
    if holds { "met" } else { "NOT MET" }
}
