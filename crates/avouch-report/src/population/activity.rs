//! `commands`, `connections`, `file-changes` and `containers`: what happened whatever the rules are, where activity is recorded; and
//! what is made of them, flows and sessions.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use avouch_finding::{Fact, Time, Who};
use avouch_store::{ActivityFilter, Order, Page, Period, Reader, StoredActivity};

use super::flows::flows;
use super::sessions::{Looked, SessionCommands};
use super::writer::failed;
use super::{Population, PopulationError, PopulationWriter, Spec, Test};
use crate::activity::{Flows, Request, Sessions};
use crate::facts::PeriodFacts;

const SOURCE: &str = "activity in the ledger (agent --activity)";

const COMMANDS: Spec = Spec {
    id: "commands",
    title: "Commands run on nodes and in containers",
    definition: "Each program that was run in the period on a node whose agent records activity, within its budget.",
    source: SOURCE,
    columns: &[
        "id",
        "time",
        "node",
        "command",
        "folder",
        "terminal",
        "user",
        "uid",
        "loginuid",
        "pid",
        "ppid",
        "container",
        "pod",
        "namespace",
        "seq",
    ],
};

const CONNECTIONS: Spec = Spec {
    id: "connections",
    title: "Network connections of nodes and containers",
    definition: "Connections of each program to each address in the period, counted by the minute or so in which they were made.",
    source: SOURCE,
    columns: &[
        "id",
        "first",
        "last",
        "node",
        "direction",
        "protocol",
        "address",
        "port",
        "local",
        "count",
        "results",
        "program",
        "user",
        "container",
        "pod",
        "namespace",
        "seq",
    ],
};

const FILES: Spec = Spec {
    id: "file-changes",
    title: "Files made, changed and removed",
    definition: "Each change of a file in the period on a node whose agent records activity, within its budget. Digests of watched files \
                 stand in the records of file integrity.",
    source: SOURCE,
    columns: &[
        "id",
        "time",
        "node",
        "action",
        "path",
        "to",
        "program",
        "user",
        "uid",
        "container",
        "pod",
        "namespace",
        "seq",
    ],
};

const CONTAINERS: Spec = Spec {
    id: "containers",
    title: "Containers that did something, with pod and namespace",
    definition: "Each container of which a command, a connection or a file change was recorded in the period, however short it lived.",
    source: SOURCE,
    columns: &["id", "node", "name", "pod", "namespace", "first_seen", "last_seen", "records"],
};

/// Rows of activity that are read at a time.
const PAGE: usize = 1_000;

/// What a report makes of activity.
#[derive(Clone, Debug, Default)]
pub struct Activity {
    /// Who talked to whom.
    pub flows: Flows,
    /// Who worked where.
    pub sessions: Sessions,
    /// Records of commands, connections and file changes.
    pub commands: u64,
    /// See `commands`.
    pub connections: u64,
    /// See `commands`.
    pub files: u64,
    /// Nodes of which some activity was recorded.
    pub nodes: BTreeSet<String>,
    /// Namespaces in which a container did something, by cluster and name.
    pub namespaces: BTreeMap<(String, String), Namespace>,
}

/// A namespace, as far as its containers did something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Namespace {
    /// Pods and containers that did something.
    pub pods: BTreeSet<String>,
    /// See `pods`.
    pub containers: u64,
    /// The first and the last record of any of them.
    pub first: Time,
    /// See `first`.
    pub last: Time,
}

/// Which activity belongs to a report.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Requests for sessions, in order of time.
    pub requests: Vec<Request>,
    /// Findings about requests that were too many to be looked at.
    pub beyond: u64,
    /// Only of nodes that the facts know: the report is limited to some clusters.
    pub known_nodes: bool,
}

/// Writes the lists of activity, and what is made of them.
///
/// # Errors
/// When their files cannot be written, or the store cannot be read.
pub fn activity(
    facts: &PeriodFacts,
    store: &mut Reader,
    asked: Asked,
    dir: &Path,
) -> Result<(Vec<Population>, Activity), PopulationError> {
    let filter = ActivityFilter::of(Period::new(facts.period.from, facts.period.to));
    let mut page = Page { limit: PAGE, order: Order::OldestFirst, after: None };
    let clusters = facts.clusters();
    let nodes = facts.nodes();
    let mut all = All {
        commands: PopulationWriter::create(dir, COMMANDS)?,
        connections: PopulationWriter::create(dir, CONNECTIONS)?,
        files: PopulationWriter::create(dir, FILES)?,
        of_sessions: SessionCommands::create(dir)?,
        containers: BTreeMap::new(),
        left_out: BTreeMap::new(),
        made: Activity { sessions: Sessions::new(asked.requests), ..Activity::default() },
    };
    loop {
        let rows = store.activity(&filter, page).map_err(|e| failed(&COMMANDS, std::io::Error::other(e)))?;
        for row in rows.rows.iter().filter(|r| r.seq <= facts.as_of.last.seq) {
            let node = node_of(&row.fact);
            if asked.known_nodes && !nodes.contains(node) {
                continue;
            }
            all.add(row, clusters.get(node).copied().unwrap_or_default())?;
        }
        match rows.next {
            Some(next) => page.after = Some(next),
            None => return all.finish(asked.beyond, &clusters, dir),
        }
    }
}

fn node_of(fact: &Fact) -> &str {
    match fact {
        Fact::Command(c) => &c.node,
        Fact::Connection(c) => &c.node,
        Fact::File(f) => &f.node,
        Fact::LeftOut(l) => &l.node,
        _ => "",
    }
}

struct All {
    commands: PopulationWriter,
    connections: PopulationWriter,
    files: PopulationWriter,
    of_sessions: SessionCommands,
    /// By node and id.
    containers: BTreeMap<(String, String), Seen>,
    /// Records that agents left out to keep to their budgets, by kind.
    left_out: BTreeMap<String, u64>,
    made: Activity,
}

#[derive(Default)]
struct Seen {
    name: String,
    pod: String,
    namespace: String,
    first: Time,
    last: Time,
    records: u64,
}

impl All {
    fn add(&mut self, row: &StoredActivity, cluster: &str) -> Result<(), PopulationError> {
        let (id, seq, time) = (format!("{}.{}", row.seq, row.time), row.seq.to_string(), row.time.to_string());
        match &row.fact {
            Fact::Command(c) => {
                let w = &c.who;
                let login = w.loginuid.map(|u| u.to_string()).unwrap_or_default();
                let (tty, uid, pid, ppid) =
                    (c.tty.to_string(), w.uid.to_string(), w.pid.to_string(), w.ppid.to_string());
                let cells: [&str; 15] = [
                    &id,
                    &time,
                    &c.node,
                    &c.cmdline,
                    &c.cwd,
                    &tty,
                    &w.user,
                    &uid,
                    &login,
                    &pid,
                    &ppid,
                    &w.container,
                    &w.pod,
                    &w.namespace,
                    &seq,
                ];
                self.commands.row(&cells)?;
                if let Some(session) = self.made.sessions.command(c, cluster, row.seq) {
                    self.of_sessions.row(&id, session, c, row.seq)?;
                }
                self.seen(&c.node, w, row.time);
            }
            Fact::Connection(c) => {
                let w = &c.who;
                let results: Vec<String> = c.results.iter().map(|(r, n)| format!("{r} {n}")).collect();
                let (first, last, results) = (c.first.to_string(), c.last.to_string(), results.join(", "));
                let (port, local, count) = (c.port.to_string(), c.local.to_string(), c.count.to_string());
                let cells: [&str; 17] = [
                    &id,
                    &first,
                    &last,
                    &c.node,
                    &c.direction,
                    &c.protocol,
                    &c.address,
                    &port,
                    &local,
                    &count,
                    &results,
                    &w.exe,
                    &w.user,
                    &w.container,
                    &w.pod,
                    &w.namespace,
                    &seq,
                ];
                self.connections.row(&cells)?;
                self.made.flows.add(c, cluster, row.seq);
                self.made.sessions.connection(c);
                self.seen(&c.node, w, row.time);
            }
            Fact::File(f) => {
                let (w, uid) = (&f.who, f.who.uid.to_string());
                let to = f.to.as_deref().unwrap_or_default();
                let cells: [&str; 13] = [
                    &id,
                    &time,
                    &f.node,
                    &f.action,
                    &f.path,
                    to,
                    &w.exe,
                    &w.user,
                    &uid,
                    &w.container,
                    &w.pod,
                    &w.namespace,
                    &seq,
                ];
                self.files.row(&cells)?;
                self.made.sessions.file(f);
                self.seen(&f.node, w, row.time);
            }
            Fact::LeftOut(l) => {
                for (kind, n) in &l.by_kind {
                    *self.left_out.entry(kind.clone()).or_default() += n;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn seen(&mut self, node: &str, who: &Who, time: Time) {
        if !self.made.nodes.contains(node) {
            self.made.nodes.insert(node.to_owned());
        }
        if who.container.is_empty() || who.container == "host" {
            return;
        }
        let key = (node.to_owned(), who.container.clone());
        let entry = self.containers.entry(key).or_insert_with(|| Seen { first: time, ..Seen::default() });
        entry.last = time;
        entry.records += 1;
        // Metadata may come later than the first act.
        let told = [
            (&mut entry.name, &who.container_name),
            (&mut entry.pod, &who.pod),
            (&mut entry.namespace, &who.namespace),
        ];
        for (known, told) in told.into_iter().filter(|(_, told)| !told.is_empty()) {
            known.clone_from(told);
        }
    }

    fn finish(
        mut self,
        beyond: u64,
        clusters: &BTreeMap<&str, &str>,
        dir: &Path,
    ) -> Result<(Vec<Population>, Activity), PopulationError> {
        let made = &mut self.made;
        made.sessions.finish();
        (made.commands, made.connections, made.files) =
            (self.commands.count(), self.connections.count(), self.files.count());
        let records = made.commands + made.connections + made.files;
        let test = |kinds: &[&str]| {
            let name = "records left out to keep to the budget of an agent";
            if records == 0 {
                return Test::not_run(name, "no activity was recorded in the period");
            }
            let of_kind = |(k, _): &(&String, &u64)| kinds.is_empty() || kinds.contains(&k.as_str());
            Test::equal(name, 0, self.left_out.iter().filter(of_kind).map(|(_, n)| n).sum())
        };
        let (of_commands, of_connections) = (test(&["command", "commands"]), test(&["connection", "connections"]));
        let mut writer = PopulationWriter::create(dir, CONTAINERS)?;
        for ((node, id), s) in &self.containers {
            let (first, last, n) = (s.first.to_string(), s.last.to_string(), s.records.to_string());
            writer.row(&[id, node, &s.name, &s.pod, &s.namespace, &first, &last, &n])?;
            if !s.namespace.is_empty() {
                let cluster = clusters.get(node.as_str()).copied().unwrap_or_default().to_owned();
                let entry = made.namespaces.entry((cluster, s.namespace.clone()));
                let entry = entry.or_insert_with(|| Namespace { first: s.first, ..Namespace::default() });
                entry.pods.insert(s.pod.clone());
                entry.containers += 1;
                (entry.first, entry.last) = (entry.first.min(s.first), entry.last.max(s.last));
            }
        }
        let looked = Looked { commands: made.commands, beyond };
        let [sessions, session_commands] = self.of_sessions.finish(&made.sessions, looked, of_commands.clone(), dir)?;
        let populations = vec![
            self.commands.finish(vec![of_commands])?,
            flows(&made.flows, made.connections, of_connections.clone(), dir)?,
            self.connections.finish(vec![of_connections])?,
            self.files.finish(vec![test(&["file", "files"])])?,
            writer.finish(vec![test(&[])])?,
            sessions,
            session_commands,
        ];
        Ok((populations, self.made))
    }
}
