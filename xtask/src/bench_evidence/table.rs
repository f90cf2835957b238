//! The figures, each with its floor and whether it is met.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result};

use super::compare::Compared;
use super::facts::Shape;
use super::measure::Cost;

/// Floors, on one core.
const VERIFY: f64 = 300_000.0;
const REPORT_SECONDS: f64 = 20.0;
const REPORT_MIB: u64 = 512;
/// The floors of the report are of so many findings.
const REPORT_FINDINGS: u64 = 1_000_000;

/// Lines that were measured.
pub(super) struct Table {
    text: String,
    whole: bool,
}

impl Table {
    pub(super) fn new(shape: &Shape) -> Self {
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        let mut out = Self { text: String::new(), whole: shape.findings >= REPORT_FINDINGS };
        out.line(
            "evidence",
            &format!(
                "{} findings, {} days, {} nodes, an observation every {} s",
                shape.findings, shape.days, shape.nodes, shape.every
            ),
        );
        out.line("machine", &format!("{cores} cores; load before {}", load.trim()));
        out
    }

    pub(super) fn note(&mut self, name: &str, text: &str) {
        self.line(name, text);
    }

    pub(super) fn ingest(&mut self, cost: &Cost, shape: &Shape) {
        let records = number_after(&cost.said, "records ").unwrap_or_default();
        let rate = records / cost.cpu;
        let text = format!(
            "{records:.0} records of {} findings: {:.0}/s of CPU, {:.0}/s by the wall, {}; {}; ledger and store, synced every {}: \
             no floor (that of the ledger alone is measured by its own bench)",
            shape.findings,
            rate,
            records / cost.wall,
            costs(cost),
            cost.said.trim(),
            super::facts::FLUSH,
        );
        self.line("ingest", &text);
    }

    pub(super) fn verify(&mut self, cost: &Cost) {
        // ledger ID: 123 records (1 to 123), ...
        let records = cost
            .said
            .lines()
            .find(|l| l.starts_with("ledger ") && l.contains(" records ("))
            .and_then(|l| l.split(": ").nth(1)?.split(' ').next()?.parse::<f64>().ok());
        let Some(records) = records else { return self.line("verify", "not known: it did not say how many records") };
        let rate = records / cost.wall;
        let text = format!(
            "{records:.0} records: {:.0}/s of CPU, {rate:.0}/s by the wall, {}; floor {VERIFY:.0}/s of one core: {}",
            records / cost.cpu,
            costs(cost),
            met(records / cost.cpu >= VERIFY)
        );
        self.line("verify", &text);
    }

    pub(super) fn report(&mut self, cost: &Cost, out: &Path) -> Result<()> {
        let size = |name: &str| -> Result<u64> {
            let path = out.join(name);
            Ok(std::fs::metadata(&path).with_context(|| format!("failed to look at `{}`", path.display()))?.len())
        };
        let holds = cost.cpu < REPORT_SECONDS && cost.peak_bytes >> 20 < REPORT_MIB;
        let floor = if self.whole { met(holds) } else { "not judged, fewer findings" };
        let text = format!(
            "{}; html {} KiB, pdf {} KiB; floors {REPORT_SECONDS:.0} s on one core, {REPORT_MIB} MiB: {floor}",
            costs(cost),
            size("report.html")? >> 10,
            size("report.pdf")? >> 10,
        );
        self.line("report", &text);
        Ok(())
    }

    /// The report of the second half.
    pub(super) fn half(&mut self, cost: &Cost) {
        let fits = met(cost.peak_bytes >> 20 < REPORT_MIB);
        self.line(
            "second half",
            &format!("{}; as many findings in the period before; floor {REPORT_MIB} MiB: {fits}", costs(cost)),
        );
    }

    pub(super) fn same(&mut self, compared: &Compared) {
        let result = if compared.different.is_empty() {
            "the same byte for byte".to_owned()
        } else {
            format!("DIFFERENT: {}", compared.different.join(", "))
        };
        self.line("two reports", &format!("{} files, {} MiB: {result}", compared.files, compared.bytes >> 20));
    }

    fn line(&mut self, name: &str, text: &str) {
        // Writing to a string cannot fail.
        writeln!(self.text, "{name:<12} {text}").ok();
    }

    pub(super) fn print(&self) -> Result<()> {
        use std::io::Write as _;
        std::io::stdout().write_all(self.text.as_bytes()).context("failed to write to standard output")
    }
}

fn costs(cost: &Cost) -> String {
    format!("{:.1} s ({:.1} s of CPU), peak {} MiB", cost.wall, cost.cpu, cost.peak_bytes >> 20)
}

fn number_after(text: &str, word: &str) -> Option<f64> {
    let tail = text.split_once(word)?.1;
    tail.split(|c: char| !(c.is_ascii_digit() || c == '.')).next()?.parse().ok()
}

fn met(holds: bool) -> &'static str {
    if holds { "met" } else { "NOT MET" }
}
