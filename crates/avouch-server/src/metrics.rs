//! Figures for Prometheus, in the OpenMetrics text form.
//!
//! Made anew for each scrape from what the server knows anyway, in a registry of its own: nothing global, and no second place
//! where things are counted. That is why it is `prometheus-client` and not the `metrics` facade, which records into one recorder
//! for the whole process.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicU64;

use avouch_finding::Time;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use crate::health::{Counts, Sizes, Standing};
use crate::ingest::IngestCounts;

/// Media type of the older form, for whoever does not ask for the other: people with curl, and `promtool check metrics`.
pub(crate) const CLASSIC_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
/// Media type of the form.
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Labels = Vec<(&'static str, String)>;
type Level = Gauge<f64, AtomicU64>;

/// What is told.
#[derive(Debug)]
pub(crate) struct Figures {
    pub standing: Standing,
    pub counts: Counts,
    pub ingest: IngestCounts,
    pub sizes: Sizes,
    /// Last record, and last signed head: record and time.
    pub last_seq: u64,
    pub head: Option<(u64, Time)>,
    pub begun: Time,
}

struct Page(Registry);

impl Page {
    fn level(&mut self, name: &str, help: &str, unit: Option<Unit>, values: impl IntoIterator<Item = (Labels, f64)>) {
        let family = Family::<Labels, Level>::default();
        for (labels, value) in values {
            family.get_or_create(&labels).set(value);
        }
        match unit {
            Some(unit) => self.0.register_with_unit(name, help, unit, family),
            None => self.0.register(name, help, family),
        }
    }

    fn count(&mut self, name: &str, help: &str, values: impl IntoIterator<Item = (Labels, u64)>) {
        let family = Family::<Labels, Counter>::default();
        for (labels, value) in values {
            family.get_or_create(&labels).inc_by(value);
        }
        self.0.register(name, help, family);
    }

    fn one(&mut self, name: &str, help: &str, unit: Option<Unit>, value: f64) {
        let level = Level::default();
        level.set(value);
        match unit {
            Some(unit) => self.0.register_with_unit(name, help, unit, level),
            None => self.0.register(name, help, level),
        }
    }

    fn total(&mut self, name: &str, help: &str, value: u64) {
        let counter = Counter::<u64>::default();
        counter.inc_by(value);
        self.0.register(name, help, counter);
    }
}

/// The page.
///
/// # Errors
/// None in practice: a text takes everything.
pub(crate) fn text(figures: &Figures) -> Result<String, std::fmt::Error> {
    let mut page = Page(Registry::with_prefix("avouch"));
    let version = vec![("version", env!("CARGO_PKG_VERSION").to_owned())];
    page.level("build", "Version of the server; always 1", None, [(version, 1.0)]);
    page.one("server_start", "When the server began, as time since 1970", Some(Unit::Seconds), seconds(figures.begun));
    let ready = figures.standing.reasons.is_empty();
    page.one("ready", "1 when everything that was to be watched is watched, else 0", None, flag(ready));
    sources(&mut page, &figures.standing);
    nodes(&mut page, &figures.standing);
    evidence(&mut page, figures);
    arrivals(&mut page, figures);
    let mut out = String::new();
    encode(&mut out, &page.0)?;
    Ok(out)
}

/// The page in the older form: there, the name of a counter is that of its samples, and there are neither units nor an end.
pub(crate) fn classic(openmetrics: &str) -> String {
    let counters: BTreeSet<&str> =
        openmetrics.lines().filter_map(|l| l.strip_prefix("# TYPE ")?.strip_suffix(" counter")).collect();
    let mut out = String::with_capacity(openmetrics.len());
    for line in openmetrics.lines().filter(|l| !l.starts_with("# UNIT ") && *l != "# EOF") {
        let described = ["# HELP ", "# TYPE "].iter().find_map(|begin| Some((*begin, line.strip_prefix(begin)?)));
        match described.and_then(|(begin, rest)| Some((begin, rest.split_once(' ')?))) {
            Some((begin, (name, rest))) if counters.contains(name) => {
                out.extend([begin, name, "_total ", rest]);
            }
            _ => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

fn sources(page: &mut Page, standing: &Standing) {
    let labels = |s: &crate::health::SourceHealth| {
        vec![("cluster", value(&s.cluster)), ("node", value(&s.node)), ("source", value(&s.source))]
    };
    let all = || standing.sources.iter();
    let watched = all().map(|s| (labels(s), flag(s.state.is_watched())));
    page.level("source_watched", "1 when the source delivers, late or with losses too, else 0", None, watched);
    let states = all().map(|s| ([labels(s), vec![("state", s.state.name().to_owned())]].concat(), 1.0));
    page.level("source_state", "State of the source by name; 1 for the one it is in", None, states);
    let last = all().filter_map(|s| Some((labels(s), seconds(s.last_event?))));
    page.level("source_last_event", "When an event last came, as time since 1970", Some(Unit::Seconds), last);
    let lag = all().filter_map(|s| Some((labels(s), s.lag_s?)));
    page.level(
        "source_lag",
        "How old what comes is: since the end of the last observation; of audit records, the greatest lateness",
        Some(Unit::Seconds),
        lag,
    );
    let events = all().map(|s| (labels(s), s.events));
    page.count("source_events", "Events that the source gave since the server began", events);
    let lost = all().map(|s| (labels(s), s.drops));
    let digests = |s: &crate::health::SourceHealth| {
        let counts =
            s.digests.map(|d| [("verified", d.verified), ("not_verified", d.not_verified), ("failed", d.failed)]);
        let labels = labels(s);
        let one = move |(state, n): (&'static str, u64)| {
            ([labels.clone(), vec![("signature", state.to_owned())]].concat(), n)
        };
        counts.into_iter().flatten().map(one).collect::<Vec<_>>()
    };
    let digests = all().flat_map(digests);
    page.count("source_digests", "Digests of log files by what their signatures are worth", digests);
    page.count("source_lost_events", "Whole events of the source that were lost since the server began", lost);
}

fn nodes(page: &mut Page, standing: &Standing) {
    let labels = |n: &crate::health::NodeHealth| vec![("cluster", value(&n.cluster)), ("node", value(&n.node))];
    let all = || standing.nodes.iter();
    let heard = all().filter_map(|n| Some((labels(n), seconds(n.heard?))));
    page.level("node_heard", "When something last came of the node, as time since 1970", Some(Unit::Seconds), heard);
    let lost = all().map(|n| (labels(n), n.lost));
    page.count("node_lost_events", "Whole events that were lost since the server began", lost);
    let detections = all().map(|n| (labels(n), n.detections));
    page.count("node_detections", "Detections since the server began", detections);
    let ahead = all().map(|n| (labels(n), n.ahead_s));
    page.level("node_clock_ahead", "By how much its clock is ahead at least", Some(Unit::Seconds), ahead);
    let help = "Agents with the server's rules that do not run, or not wholly, the set that they are to run";
    page.one("agents_behind", help, None, count(standing.agents_behind as u64));
    let warnings = all().map(|n| (labels(n), count(n.warnings.len() as u64)));
    page.level("node_warnings", "Things about the node that have to be looked at", None, warnings);
}

fn evidence(page: &mut Page, figures: &Figures) {
    page.one("ledger_records", "Records of the ledger", None, count(figures.last_seq));
    if let Some((seq, at)) = figures.head {
        page.one("ledger_head_records", "Records that the last signed head vouches for", None, count(seq));
        let help = "When the last head was signed, as time since 1970";
        page.one("ledger_head", help, Some(Unit::Seconds), seconds(at));
    }
    page.one("ledger_size", "Size of the ledger on the disk", Some(Unit::Bytes), count(figures.sizes.ledger_bytes));
    page.one("store_size", "Size of the index on the disk", Some(Unit::Bytes), count(figures.sizes.store_bytes));
}

fn arrivals(page: &mut Page, figures: &Figures) {
    let counts = &figures.counts;
    page.total("facts", "Facts that were recorded since the server began", counts.facts);
    let findings = counts.findings.iter().map(|(s, n)| (vec![("severity", s.name().to_owned())], *n));
    page.count("findings", "Findings that no acceptance covers, since the server began", findings);
    let help = "Findings that an acceptance covers, since the server began";
    page.total("findings_suppressed", help, counts.suppressed);
    let deliveries = counts.deliveries.iter();
    let deliveries =
        deliveries.map(|((to, what), n)| (vec![("channel", value(to)), ("outcome", (*what).to_owned())], *n));
    page.count("notifications", "What became of notifications since the server began", deliveries);
    let i = &figures.ingest;
    let outcome = |name: &str, n: u64| (vec![("outcome", name.to_owned())], n);
    let batches = [
        outcome("recorded", i.batches),
        outcome("turned_away", i.turned_away),
        outcome("unreadable", i.unreadable),
        outcome("failed", i.failed),
    ];
    page.count("ingest_batches", "Batches of agents by what became of them", batches);
    let facts = [
        outcome("recorded", i.recorded),
        outcome("repeated", i.repeated),
        outcome("refused", i.refused),
        outcome("never_came", i.holes),
    ];
    page.count("ingest_facts", "Facts of agents by what became of them", facts);
    page.total("ingest_received_bytes", "Bytes of batches as they came", i.bytes);
}

/// A value of a label. The library (0.24) writes values as they are, and names of nodes come from outside.
fn value(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            _ => out.push(c),
        }
    }
    out
}

fn flag(is: bool) -> f64 {
    if is { 1.0 } else { 0.0 }
}

#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53")]
fn count(n: u64) -> f64 {
    n as f64
}

#[expect(clippy::cast_precision_loss, reason = "a quarter of a microsecond is enough")]
fn seconds(time: Time) -> f64 {
    time.0 as f64 / 1e9
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
