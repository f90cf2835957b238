//! What a run read, lost and found.

use std::collections::BTreeMap;
use std::path::Path;

use avouch_audit::{BadRecord, RecordCounts, Source};
use avouch_controls::{Criteria, RollUp};
use avouch_event::{LossCause, Losses};
use avouch_rules::Priority;
use avouch_scap::Capture;
use avouch_state::Counters;
use serde_json::{Value as Json, json};

use crate::live::ContainerCounts;
use crate::replay::ReplayError;
use crate::ruleset::{RuleSet, SYSCALL};

/// Problems kept with their place; the counters go on.
const KEPT: usize = 20;

/// Counters of a run.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Inputs begun.
    pub inputs: u64,
    /// Events read, of all sources, hidden ones included.
    pub events: u64,
    /// Events that only build state.
    pub hidden: u64,
    /// Events before `from` or at or after `to`.
    pub outside_window: u64,
    /// System calls (and meta events) judged.
    pub syscalls: u64,
    /// Plugin events of a plugin that avouch does not read.
    pub unknown_plugin: u64,
    /// Audit records judged, by source.
    pub by_source: BTreeMap<&'static str, u64>,
    /// Detections by rule, by place among the loaded rules.
    pub by_rule: BTreeMap<usize, u64>,
    /// Detections by priority.
    pub by_priority: BTreeMap<Priority, u64>,
    /// What was not decoded or skipped, by reason.
    pub losses: BTreeMap<String, u64>,
    /// The first problems, with their places.
    pub problems: Vec<String>,
    /// What the state lost or found odd.
    pub state: Counters,
    names: Vec<String>,
    running: Vec<Running>,
}

/// A rule that runs, and what it is evidence for.
#[derive(Clone, Debug)]
struct Running {
    rule: usize,
    source: String,
    criteria: Criteria,
}

impl Summary {
    /// Counters at zero, for these rules.
    #[must_use]
    pub fn new(rules: &RuleSet) -> Self {
        let running = rules.running().map(|(rule, r)| Running {
            rule,
            source: r.source.clone(),
            criteria: rules.criteria.get(rule).cloned().unwrap_or_default(),
        });
        Self {
            names: rules.loaded.rules.iter().map(|r| r.name.clone()).collect(),
            running: running.collect(),
            ..Self::default()
        }
    }

    /// Counts on under other rules. What the rules so far found stays, under their names; rules that are there no more keep
    /// their place behind the new ones.
    pub(crate) fn change_rules(&mut self, rules: &RuleSet) {
        let new = Self::new(rules);
        let by_rule = std::mem::take(&mut self.by_rule);
        let names = std::mem::replace(&mut self.names, new.names);
        let running = std::mem::replace(&mut self.running, new.running);
        let place = |names: &mut Vec<String>, name: &str| {
            names.iter().position(|n| n == name).unwrap_or_else(|| {
                names.push(name.to_owned());
                names.len() - 1
            })
        };
        for (rule, n) in by_rule {
            let name = names.get(rule).map_or("", String::as_str);
            *self.by_rule.entry(place(&mut self.names, name)).or_default() += n;
        }
        for mut running in running {
            let name = names.get(running.rule).map_or("", String::as_str);
            running.rule = place(&mut self.names, name);
            if self.running.iter().all(|r| r.rule != running.rule) {
                self.running.push(running);
            }
        }
    }

    /// Detections of all rules.
    #[must_use]
    pub fn detections(&self) -> u64 {
        self.by_rule.values().sum()
    }

    /// Detections by rule name, most frequent first.
    #[must_use]
    pub fn rules(&self) -> Vec<(&str, u64)> {
        let name = |i: &usize| self.names.get(*i).map_or("", String::as_str);
        let mut out: Vec<(&str, u64)> = self.by_rule.iter().map(|(i, n)| (name(i), *n)).collect();
        out.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        out
    }

    /// Detections by criterion, over the rules that watched: a rule whose source gave no event watched nothing, and counts
    /// for no criterion.
    #[must_use]
    pub fn roll_up(&self) -> RollUp {
        let observed = self.sources();
        let mut out = RollUp::default();
        for running in self.running.iter().filter(|r| observed.contains_key(r.source.as_str())) {
            let name = self.names.get(running.rule).map_or("", String::as_str);
            let slot = out.add_rule(name, &running.criteria);
            out.count_many(slot, self.by_rule.get(&running.rule).copied().unwrap_or(0));
        }
        out
    }

    /// Rules that were loaded for sources of which no event was read, by source.
    #[must_use]
    pub fn unobserved(&self) -> BTreeMap<&str, usize> {
        let observed = self.sources();
        let mut out = BTreeMap::new();
        for running in self.running.iter().filter(|r| !observed.contains_key(r.source.as_str())) {
            *out.entry(running.source.as_str()).or_default() += 1;
        }
        out
    }

    pub(crate) fn count_detection(&mut self, rule: usize, priority: Priority) {
        *self.by_rule.entry(rule).or_default() += 1;
        *self.by_priority.entry(priority).or_default() += 1;
    }

    pub(crate) fn count_source(&mut self, source: Source) {
        *self.by_source.entry(source.name()).or_default() += 1;
    }

    pub(crate) fn add_bad_record(&mut self, path: &Path, bad: &BadRecord) {
        self.problem(format!("{}: {bad}", path.display()));
    }

    pub(crate) fn add_break(&mut self, path: &Path, error: &ReplayError) {
        *self.losses.entry("inputs that break off".to_owned()).or_default() += 1;
        self.problem(format!("{}: {error}", path.display()));
    }

    pub(crate) fn add_records(&mut self, counts: &RecordCounts) {
        self.lose("records that are no event", counts.bad);
        self.lose("CloudTrail Insights records, which are statistics", counts.insights);
    }

    pub(crate) fn add_capture(&mut self, path: &Path, capture: &Capture<'_>) {
        let counts = capture.counts();
        for (fault, n) in counts.not_decoded() {
            self.lose(&format!("events not decoded: {fault}"), n);
        }
        self.lose("events of numbers newer than the event table", counts.unknown_numbers);
        self.lose("metadata entries not decoded", counts.entries_not_decoded);
        self.lose("blocks of unknown types", counts.skipped_blocks);
        self.lose("stored enter events pushed out", counts.enters_evicted);
        for problem in capture.problems() {
            self.problem(format!("{}: {problem}", path.display()));
        }
    }

    /// What a live source lost, at the end of its run.
    pub(crate) fn add_source(&mut self, losses: &Losses, containers: ContainerCounts) {
        for cause in LossCause::ALL {
            let what = if cause.loses_event() { "events" } else { "parts of events" };
            self.lose(&format!("{what} lost by the source: {}", cause.name()), losses.of(cause));
        }
        self.lose("containers that no runtime knows", containers.unknown);
        self.lose("containers whose metadata came too late for their first events", containers.timed_out);
    }

    fn lose(&mut self, what: &str, n: u64) {
        if n > 0 {
            *self.losses.entry(what.to_owned()).or_default() += n;
        }
    }

    fn problem(&mut self, text: String) {
        if self.problems.len() < KEPT {
            self.problems.push(text);
        }
    }

    /// Everything lost, the state's losses included, by reason.
    #[must_use]
    pub fn all_losses(&self) -> BTreeMap<String, u64> {
        let mut out = self.losses.clone();
        let s = &self.state;
        for (what, n) in [
            ("threads pushed out of the state", s.evicted_threads),
            ("descriptors not kept", s.dropped_fds),
            ("users, groups and interfaces not kept", s.dropped_entries),
            ("containers not kept", s.dropped_containers),
            ("texts cut", s.cut_texts),
            ("events too short to apply", s.malformed_events),
            ("container metadata not parsed", s.bad_container_json),
            ("plugin events of plugins that avouch does not read", self.unknown_plugin),
        ] {
            if n > 0 {
                out.insert(what.to_owned(), n);
            }
        }
        out
    }

    /// Events judged, by source.
    #[must_use]
    pub fn sources(&self) -> BTreeMap<&'static str, u64> {
        let mut out = self.by_source.clone();
        if self.syscalls > 0 {
            out.insert(SYSCALL, self.syscalls);
        }
        out
    }

    /// As one JSON object.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let priorities: BTreeMap<&str, u64> = self.by_priority.iter().map(|(p, n)| (p.name(), *n)).collect();
        let rules: BTreeMap<&str, u64> = self.rules().into_iter().collect();
        let criteria: Vec<Json> = self
            .roll_up()
            .rows()
            .iter()
            .map(|row| {
                json!({
                    "criterion": row.criterion.id,
                    "standing": format!("{:?}", row.standing).to_lowercase(),
                    "detections": row.detections,
                    "touching": row.touching,
                    "rules": row.rules.len(),
                })
            })
            .collect();
        json!({
            "inputs": self.inputs,
            "events": {
                "read": self.events,
                "hidden": self.hidden,
                "outside_window": self.outside_window,
                "judged": self.sources(),
            },
            "detections": { "total": self.detections(), "by_priority": priorities, "by_rule": rules },
            "criteria": criteria,
            "rules_without_events_of_their_source": self.unobserved(),
            "losses": self.all_losses(),
            "problems": self.problems,
            "odd": {
                "threads no event introduced": self.state.placeholder_threads,
                "events of unknown threads": self.state.unknown_threads,
                "events on unknown descriptors": self.state.unknown_fds,
            },
        })
    }
}
