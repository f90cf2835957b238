//! One line of a list of activity.

use avouch_finding::{Fact, Time, Who};
use avouch_store::StoredActivity;
use serde::Serialize;
use utoipa::ToSchema;

use crate::row::RecordAt;

/// A command, connection or file change.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ActivityRow {
    #[schema(value_type = String, format = DateTime)]
    pub time: Time,
    /// `command`, `connection`, `file`.
    pub kind: &'static str,
    /// In one line.
    pub text: String,
    pub node: String,
    pub user: Option<String>,
    pub program: Option<String>,
    pub container: Option<String>,
    pub namespace: Option<String>,
    pub pod: Option<String>,
    pub pid: i64,
    /// Names its record: ledger and number.
    pub fact: String,
    pub record: RecordAt,
}

impl ActivityRow {
    /// `None` for what is no activity.
    pub(crate) fn of(stored: StoredActivity) -> Option<Self> {
        let (kind, node, who, text) = match &stored.fact {
            Fact::Command(c) => ("command", &c.node, &c.who, c.cmdline.clone()),
            Fact::Connection(c) => {
                let address = if c.address.contains(':') { format!("[{}]", c.address) } else { c.address.clone() };
                let times = if c.count > 1 { format!(", {} times", c.count) } else { String::new() };
                let failed: Vec<String> = c
                    .results
                    .iter()
                    .filter(|(result, _)| *result != "ok")
                    .map(|(result, n)| format!("{n} {result}"))
                    .collect();
                let failed = if failed.is_empty() { String::new() } else { format!(" ({})", failed.join(", ")) };
                (
                    "connection",
                    &c.node,
                    &c.who,
                    format!("{} {} {address}:{}{times}{failed}", c.direction, c.protocol, c.port),
                )
            }
            Fact::File(f) => {
                let to = f.to.as_ref().map(|to| format!(" to {to}")).unwrap_or_default();
                ("file", &f.node, &f.who, format!("{} {}{to}", f.action, f.path))
            }
            _ => return None,
        };
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Some(Self {
            time: stored.time,
            kind,
            text,
            node: node.clone(),
            user: Some(user(who)),
            program: some(&who.exe),
            container: some(&who.container_name).or_else(|| some(&who.container)),
            namespace: some(&who.namespace),
            pod: some(&who.pod),
            pid: who.pid,
            fact: format!("{}:{}", stored.ledger, stored.seq),
            record: RecordAt { ledger: stored.ledger.as_ref().to_owned(), seq: stored.seq },
        })
    }
}

/// By name where it is known, else by number.
fn user(who: &Who) -> String {
    if who.user.is_empty() { format!("uid {}", who.uid) } else { who.user.clone() }
}
