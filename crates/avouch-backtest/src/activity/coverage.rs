//! Of which nodes and days there is activity, and where it is missing although the node was watched.

use std::collections::{BTreeMap, BTreeSet};

use avouch_finding::{Fact, Kind, Time};
use avouch_pipeline::SYSCALL;
use avouch_store::{Period, Reader};
use serde::Serialize;

use super::ActivityRead;
use crate::Result;

/// ns in a day.
const DAY: u64 = 86_400_000_000_000;
/// Nodes that are told apart.
const NODES: usize = 500;
/// Days of a node that are told apart: ten years.
const DAYS: usize = 3_660;

/// Days on which a node was watched and no activity of it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ActivityGap {
    /// Begin of the first day, UTC.
    pub from: Time,
    /// End of the last one.
    pub to: Time,
}

/// The activity of one node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NodeActivity {
    /// Its name.
    pub node: String,
    /// Records judged.
    pub records: u64,
    /// The oldest and the newest.
    pub first: Option<Time>,
    /// See `first`.
    pub last: Option<Time>,
    /// Days with any.
    pub days: u64,
    /// Days on which system calls of the node were watched.
    pub watched_days: u64,
    /// Watched days without any: its agent ran without `--activity`, or nothing happened.
    pub gaps: Vec<ActivityGap>,
}

#[derive(Debug, Default)]
struct Node {
    records: u64,
    first: Option<Time>,
    last: Option<Time>,
    days: BTreeSet<u64>,
    watched: BTreeSet<u64>,
}

/// Gathers it.
#[derive(Debug, Default)]
pub(super) struct Coverage {
    nodes: BTreeMap<String, Node>,
    /// Names of those beyond the most.
    more: BTreeSet<String>,
}

impl Coverage {
    pub(super) fn met(&mut self, fact: &Fact, time: Time) {
        let name = match fact {
            Fact::Command(c) => &c.node,
            Fact::Connection(c) => &c.node,
            Fact::File(f) => &f.node,
            _ => return,
        };
        let Some(node) = self.node(name) else { return };
        node.records += 1;
        node.first = Some(node.first.map_or(time, |t| t.min(time)));
        node.last = Some(node.last.map_or(time, |t| t.max(time)));
        if node.days.len() < DAYS {
            node.days.insert(time.day());
        }
    }

    fn node(&mut self, name: &str) -> Option<&mut Node> {
        if !self.nodes.contains_key(name) {
            if self.nodes.len() >= NODES {
                if self.more.len() < NODES {
                    self.more.insert(name.to_owned());
                }
                return None;
            }
            self.nodes.insert(name.to_owned(), Node::default());
        }
        self.nodes.get_mut(name)
    }

    pub(super) fn finish(mut self, store: &mut Reader, period: Period, read: &mut ActivityRead) -> Result<()> {
        for stretch in store.stretches(period)? {
            let seen = stretch.observation;
            if !seen.sources.contains_key(SYSCALL) {
                continue;
            }
            let (from, to) = (seen.from.max(period.from), seen.to.min(period.to));
            let Some(node) = self.node(&seen.node) else { continue };
            for day in from.day()..=to.0.saturating_sub(1).max(from.0) / DAY {
                if node.watched.len() >= DAYS {
                    break;
                }
                node.watched.insert(day);
            }
        }
        for left_out in store.facts(Kind::LeftOut, period)? {
            if let Fact::LeftOut(left_out) = left_out.fact {
                read.left_out += left_out.by_kind.values().sum::<u64>();
            }
        }
        let dropped = store.freshness(period)?.dropped;
        read.dropped = dropped.iter().filter(|d| d.what == "activity").map(|d| d.rows).sum();
        read.more_nodes = u64::try_from(self.more.len()).unwrap_or(u64::MAX);
        read.nodes = self.nodes.into_iter().map(|(name, node)| node.told(name)).collect();
        Ok(())
    }
}

impl Node {
    fn told(self, node: String) -> NodeActivity {
        let mut gaps: Vec<ActivityGap> = Vec::new();
        for day in self.watched.difference(&self.days) {
            let (from, to) = (Time(day.saturating_mul(DAY)), Time(day.saturating_add(1).saturating_mul(DAY)));
            match gaps.last_mut() {
                Some(last) if last.to == from => last.to = to,
                _ => gaps.push(ActivityGap { from, to }),
            }
        }
        let count = |days: &BTreeSet<u64>| u64::try_from(days.len()).unwrap_or(u64::MAX);
        NodeActivity {
            node,
            records: self.records,
            first: self.first,
            last: self.last,
            days: count(&self.days),
            watched_days: count(&self.watched),
            gaps,
        }
    }
}
