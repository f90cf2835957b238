//! A record of activity as an example of what a rule would find.

use avouch_finding::{Connection, Fact, FileChange, Time, Who};
use avouch_store::StoredActivity;

use crate::findings::{Acted, Found};

/// Longest text that is shown, in characters.
const LONGEST: usize = 2_000;

/// The record as `rule` would find it at `time`.
pub(crate) fn found(row: &StoredActivity, rule: &str, time: Time) -> Option<Found> {
    let (node, who, kind, times, text) = match &row.fact {
        Fact::Command(c) => (&c.node, &c.who, "command", 1, c.cmdline.clone()),
        Fact::Connection(c) => (&c.node, &c.who, "connection", c.count, connection(c)),
        Fact::File(f) => (&f.node, &f.who, "file", 1, file(f)),
        _ => return None,
    };
    Some(Found {
        id: None,
        time,
        rule: rule.to_owned(),
        node: node.clone(),
        output: text.chars().take(LONGEST).collect(),
        decision: None,
        suppressed: false,
        file: None,
        acted: Some(acted(row, who, kind, times)),
    })
}

fn acted(row: &StoredActivity, who: &Who, kind: &'static str, times: u64) -> Acted {
    let process = if who.exe.is_empty() { &who.name } else { &who.exe };
    let container = if who.container_name.is_empty() { &who.container } else { &who.container_name };
    let user = if who.user.is_empty() { who.uid.to_string() } else { who.user.clone() };
    Acted {
        kind,
        process: process.clone(),
        pid: who.pid,
        parent: who.ancestors.first().cloned().unwrap_or_default(),
        user,
        container: container.clone(),
        pod: who.pod.clone(),
        namespace: who.namespace.clone(),
        times,
        recorded: row.time,
        seq: row.seq,
    }
}

fn connection(c: &Connection) -> String {
    let address = if c.address.contains(':') { format!("[{}]", c.address) } else { c.address.clone() };
    let way = match c.direction.as_str() {
        "out" => "connects to",
        "in" => "is connected to from",
        "listen" => "listens on",
        other => other,
    };
    let port = if c.direction == "in" { format!(" at port {}", c.port) } else { format!(":{}", c.port) };
    let results: Vec<&str> = c.results.keys().map(String::as_str).collect();
    format!("{way} {address}{port} ({}, {})", c.protocol, results.join(", "))
}

fn file(f: &FileChange) -> String {
    match &f.to {
        Some(to) => format!("{} {} to {to}", f.action, f.path),
        None => format!("{} {}", f.action, f.path),
    }
}
