//! What happened, whatever the rules are: commands, connections, file changes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::time::Time;

/// Who did something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Who {
    pub pid: i64,
    pub ppid: i64,
    pub exe: String,
    pub uid: u32,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// User that logged in, when one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loginuid: Option<u32>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub container: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub container_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pod: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
}

/// A program was run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Command {
    pub time: Time,
    pub node: String,
    #[serde(flatten)]
    pub who: Who,
    pub cmdline: String,
    pub cwd: String,
    /// Number of the controlling terminal, 0 for none.
    pub tty: u32,
}

/// Connections of one program to one address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Connection {
    pub time: Time,
    pub node: String,
    /// `out` (connect), `in` (accept) or `listen`.
    pub direction: String,
    pub protocol: String,
    pub address: String,
    pub port: u16,
    pub local: bool,
    pub first: Time,
    pub last: Time,
    pub count: u64,
    /// By result: `ok`, or the error's name.
    pub results: BTreeMap<String, u64>,
    #[serde(flatten)]
    pub who: Who,
}

/// A file was made, changed or removed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct FileChange {
    pub time: Time,
    pub node: String,
    /// `write` (opened to write), `create`, `rename`, `remove`, `link`, `mode`, `owner`, `directory` or `device`.
    pub action: String,
    pub path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub detail: Map<String, Json>,
    #[serde(flatten)]
    pub who: Who,
}

/// Activity that was not kept, to stay within the budget.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct LeftOut {
    pub time: Time,
    pub node: String,
    pub from: Time,
    pub by_kind: BTreeMap<String, u64>,
}
