//! A quarter's facts, made up, and kept through the recorder.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use avouch_evidence::{Folder, Recorder, Settings};
use avouch_finding::{
    AcceptanceChange, Acknowledgement, ChangeAction, Decision, Disposition, Estate, Fact, Finding, FindingKey, Losses,
    Observation, RulesLoaded, SourceState, Start, Stop, Suppressed, Time, Watching,
};
use avouch_ledger::{Digest, Source};
use serde_json::json;

use super::fill::Dice;
use super::rules::{self, Rule};

/// Facts that are made safe at a time.
pub(super) const FLUSH: usize = 2_000;
const SECOND: u64 = 1_000_000_000;
const DAY: u64 = 86_400 * SECOND;
/// 2026-07-01.
const BEGIN: u64 = 1_782_864_000 * SECOND;
const CLUSTER: &str = "prod";

/// How much is made.
pub(super) struct Shape {
    pub(super) findings: u64,
    pub(super) days: u64,
    pub(super) nodes: u64,
    /// Seconds of an observation.
    pub(super) every: u64,
}

/// The period that is filled.
pub(super) fn begin_and_end(shape: &Shape) -> (Time, Time) {
    (Time(BEGIN), Time(BEGIN + shape.days * DAY))
}

/// Somebody who watches: a machine, the audit log of the cluster, or a cloud account.
struct Node {
    name: String,
    source: &'static str,
    run: String,
    rules: String,
    events: u64,
    detections: u64,
}

/// What somebody does about a finding, at a time.
struct Later(Time, u64, Fact);

impl PartialEq for Later {
    fn eq(&self, other: &Self) -> bool {
        (self.0, self.1) == (other.0, other.1)
    }
}
impl Eq for Later {}
impl PartialOrd for Later {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Later {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0, self.1).cmp(&(other.0, other.1))
    }
}

struct Maker {
    recorder: Recorder,
    rules: BTreeMap<String, Vec<Rule>>,
    dice: Dice,
    later: BinaryHeap<Reverse<Later>>,
    waiting: usize,
    findings: u64,
    last: u64,
    appending: Duration,
    flushing: Duration,
}

/// Makes the evidence in `dir` and says what it cost, in one line.
///
/// # Errors
/// When rules cannot be listed or evidence not be kept.
pub(super) fn make(dir: &Path, binary: &str, shape: &Shape) -> Result<()> {
    use std::io::Write as _;
    let rules = rules::all(binary)?;
    let (from, to) = begin_and_end(shape);
    let (recorder, _) = Recorder::open(&Folder::new(dir), Settings::default(), from, &mut |_| {})?;
    let mut maker = Maker {
        recorder,
        rules,
        dice: Dice(7),
        later: BinaryHeap::new(),
        waiting: 0,
        findings: 0,
        last: 0,
        appending: Duration::ZERO,
        flushing: Duration::ZERO,
    };
    let mut nodes = maker.begin(shape)?;
    let (step, steps) = (shape.every * SECOND, shape.days * 86_400 / shape.every);
    let slots = steps * shape.nodes;
    let mut slot = 0;
    for n in 0..steps {
        let at = Time(from.0 + n * step);
        maker.due(at)?;
        if n == steps / 2 {
            maker.rules_change(&mut nodes, at)?;
        }
        for node in &mut nodes {
            // As many to each stretch as bring all out in the end.
            let due = u128::from(shape.findings) * (slot + 1) / u128::from(slots);
            let before = u128::from(shape.findings) * slot / u128::from(slots);
            slot += 1;
            let count = u64::try_from(due - before).unwrap_or_default();
            for i in 0..count {
                maker.finding(node, Time(at.0 + (i + 1) * step / (count + 1)))?;
            }
            maker.observation(node, at, Time(at.0 + step), count, n)?;
        }
    }
    maker.due(to)?;
    for node in &nodes {
        let stop = Stop {
            time: to,
            node: node.name.clone(),
            run: node.run.clone(),
            reason: "end of the bench".to_owned(),
            events: node.events,
            detections: node.detections,
            lost_events: 0,
        };
        maker.take(&stop.into(), &node.name, to)?;
    }
    maker.flush(to)?;
    let (findings, last) = (maker.findings, maker.last);
    let (appending, flushing) = (maker.appending.as_secs_f64(), maker.flushing.as_secs_f64());
    maker.recorder.close(to)?;
    let mut out = std::io::stdout();
    writeln!(
        out,
        "records {last}, findings {findings}, appended in {appending:.1} s, synced and indexed in {flushing:.1} s"
    )
    .context("failed to write to standard output")
}

impl Maker {
    fn take(&mut self, fact: &Fact, name: &str, now: Time) -> Result<()> {
        let source = Source { name: name.to_owned(), run: "run-1".to_owned() };
        let begin = Instant::now();
        self.last = self.recorder.record(fact, &source, now)?;
        self.appending += begin.elapsed();
        self.waiting += 1;
        if self.waiting == FLUSH { self.flush(now) } else { Ok(()) }
    }

    fn flush(&mut self, now: Time) -> Result<()> {
        let begin = Instant::now();
        self.recorder.flush(now)?;
        self.flushing += begin.elapsed();
        self.waiting = 0;
        Ok(())
    }

    /// Who watches, with which rules, and the register of acceptances.
    fn begin(&mut self, shape: &Shape) -> Result<Vec<Node>> {
        let mut nodes: Vec<Node> = (1..=shape.nodes - 2).map(|n| node(&format!("node-{n:02}"), "syscall")).collect();
        nodes.push(node("prod-api", "k8s_audit"));
        nodes.push(node("123456789012", "aws_cloudtrail"));
        let at = Time(BEGIN);
        let estate = Estate {
            time: at,
            cluster: CLUSTER.to_owned(),
            nodes: nodes.iter().filter(|n| n.source == "syscall").map(|n| n.name.clone()).collect(),
            origin: "user".to_owned(),
        };
        self.take(&estate.into(), "command", at)?;
        for (id, source) in [("ACC-1", "syscall"), ("ACC-2", "k8s_audit")] {
            let Some(rule) = self.rules.get(source).and_then(|r| r.first()).map(|r| r.identity.name.clone()) else {
                continue;
            };
            let acceptance = json!({
                "id": id, "rule": rule, "reason": "known work of the platform team", "requester": "ann", "approver": "carol",
                "ticket": "OPS-17", "from": "2026-06-01T00:00:00Z", "expires": "2027-06-01T00:00:00Z",
            });
            let change = AcceptanceChange {
                time: at,
                action: ChangeAction::Added,
                id: id.to_owned(),
                acceptance,
                by: "git".to_owned(),
            };
            self.take(&change.into(), "command", at)?;
        }
        for node in &nodes {
            let start = Start {
                time: at,
                node: node.name.clone(),
                cluster: CLUSTER.to_owned(),
                run: node.run.clone(),
                version: "0.1.0".to_owned(),
                kernel: "6.12.0".to_owned(),
                ..Start::default()
            };
            self.take(&start.into(), &node.name, at)?;
        }
        self.load(&mut nodes, at)?;
        Ok(nodes)
    }

    fn load(&mut self, nodes: &mut [Node], at: Time) -> Result<()> {
        for node in nodes {
            let rules: Vec<_> = self.rules.get(node.source).into_iter().flatten().map(|r| r.identity.clone()).collect();
            let text: String = rules.iter().map(|r| r.digest.as_str()).collect();
            node.rules = Digest::of(text.as_bytes()).to_string();
            let loaded = RulesLoaded {
                time: at,
                node: node.name.clone(),
                run: node.run.clone(),
                digest: node.rules.clone(),
                rules,
                by: "git".to_owned(),
                ..RulesLoaded::default()
            };
            self.take(&loaded.into(), &node.name, at)?;
        }
        Ok(())
    }

    /// One rule of each source is changed in the middle of the period.
    fn rules_change(&mut self, nodes: &mut [Node], at: Time) -> Result<()> {
        for rules in self.rules.values_mut() {
            if let Some(rule) = rules.first_mut() {
                rule.identity.digest = Digest::of(rule.identity.digest.as_bytes()).to_string();
            }
        }
        self.load(nodes, at)
    }

    /// What people did up to `now`.
    fn due(&mut self, now: Time) -> Result<()> {
        while self.later.peek().is_some_and(|l| l.0.0 < now) {
            if let Some(Reverse(Later(at, _, fact))) = self.later.pop() {
                self.take(&fact, "command", at)?;
            }
        }
        Ok(())
    }

    fn finding(&mut self, node: &mut Node, time: Time) -> Result<()> {
        node.detections += 1;
        let Some(rules) = self.rules.get(node.source) else { return Ok(()) };
        // A few rules find most: the cube of a number between 0 and 1.
        let share = self.dice.below(1 << 20) as f64 / f64::from(1 << 20);
        let place = (share.powi(3) * rules.len() as f64) as usize;
        let Some(rule) = rules.get(place) else { return Ok(()) };
        let (output, fields) = rule.output.fill(&mut self.dice);
        let identity = &rule.identity;
        let event = node.events + 1;
        let key = FindingKey { node: &node.name, source: node.source, time, event, rule: &identity.name };
        let hidden = self.dice.chance(20);
        let finding = Finding {
            id: key.id(),
            time,
            node: node.name.clone(),
            cluster: CLUSTER.to_owned(),
            run: node.run.clone(),
            source: node.source.to_owned(),
            event,
            rule: identity.name.clone(),
            rules: node.rules.clone(),
            priority: identity.priority.clone(),
            severity: rule.severity,
            criteria: identity.criteria.clone(),
            criteria_secondary: identity.criteria_secondary.clone(),
            points_of_focus: identity.points_of_focus.clone(),
            nist_800_53: rule.nist_800_53.clone(),
            pci_dss: rule.pci_dss.clone(),
            attack: rule.attack.clone(),
            tags: identity.tags.clone(),
            output,
            fields,
            lost_events: self.dice.chance(1).then_some(3),
            container_unknown: false,
            slice: None,
            suppressed: hidden.then(|| Suppressed {
                acceptance: if node.source == "k8s_audit" { "ACC-2" } else { "ACC-1" }.to_owned(),
            }),
        };
        node.events = event;
        self.findings += 1;
        if !hidden && self.dice.chance(102) {
            self.triage(&finding.id, time);
        }
        self.take(&finding.into(), &node.name, time)
    }

    /// Somebody looks, and in four of five cases decides.
    fn triage(&mut self, id: &str, time: Time) {
        let by = if self.dice.chance(500) { "dora" } else { "emil" }.to_owned();
        let at = Time(time.0 + (300 + self.dice.below(8 * 3600)) * SECOND);
        let looked = Acknowledgement { time: at, finding: id.to_owned(), by: by.clone(), note: String::new() };
        self.push(at, looked.into());
        if self.dice.chance(800) {
            let at = Time(at.0 + (60 + self.dice.below(2 * 86_400)) * SECOND);
            let (decision, reason) = match self.dice.below(100) {
                0..2 => (Decision::True, "an attack on the test system, contained"),
                2..7 => (Decision::Test, "exercise of the platform team"),
                _ => (Decision::Benign, "a deployment, with its ticket"),
            };
            let decided = Disposition {
                time: at,
                finding: id.to_owned(),
                by,
                decision,
                reason: reason.to_owned(),
                incident: if decision == Decision::True { "INC-204" } else { "" }.to_owned(),
            };
            self.push(at, decided.into());
        }
    }

    fn push(&mut self, at: Time, fact: Fact) {
        let n = self.later.len() as u64;
        self.later.push(Reverse(Later(at, (self.findings << 20) | n, fact)));
    }

    /// One stretch. Now and then events are lost, and one node is away for two hours in every 30 days.
    fn observation(&mut self, node: &mut Node, from: Time, to: Time, detections: u64, n: u64) -> Result<()> {
        let events = 1_000 + self.dice.below(5_000);
        node.events += events;
        let lost = if n % 9_973 == 17 && node.source == "syscall" { self.dice.below(50) } else { 0 };
        let by_cause = if lost > 0 { BTreeMap::from([("ring full".to_owned(), lost)]) } else { BTreeMap::new() };
        let state = SourceState { state: Watching::Delivers, events, lost: 0, reason: String::new() };
        let away = node.name == "node-03" && detections == 0 && (from.0 - BEGIN) % (30 * DAY) / (3600 * SECOND) < 2;
        if away {
            return Ok(());
        }
        let observation = Observation {
            from,
            to,
            node: node.name.clone(),
            cluster: CLUSTER.to_owned(),
            run: node.run.clone(),
            rules: node.rules.clone(),
            sources: BTreeMap::from([(node.source.to_owned(), state)]),
            events,
            detections,
            lost: Losses { events: lost, by_cause },
            clock_offset_ns: 0,
            clock_jump_ns: None,
            gaps: Vec::new(),
        };
        self.take(&observation.into(), &node.name, to)
    }
}

fn node(name: &str, source: &'static str) -> Node {
    Node { name: name.to_owned(), source, run: format!("run-{name}"), rules: String::new(), events: 0, detections: 0 }
}
