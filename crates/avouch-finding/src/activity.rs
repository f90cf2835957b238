//! What happened, whatever the rules are: commands, connections, file changes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::time::Time;

/// Names of ancestors that are told at most, the parent's first.
pub const MOST_ANCESTORS: usize = 12;

/// Who did something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Who {
    pub pid: i64,
    pub ppid: i64,
    pub exe: String,
    /// Name of the task (`proc.name`). Empty where an older version wrote the record: then `ancestors` and `image` say nothing either.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Names of its ancestors, the parent first, [`MOST_ANCESTORS`] at most.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ancestors: Vec<String>,
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
    /// Image of the container, without tag and digest.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image: String,
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
    /// Where the arguments after the first begin in `cmdline`, in bytes; 0 when there are none, or in records of older versions.
    #[serde(skip_serializing_if = "is_zero")]
    pub args_at: u32,
    pub cwd: String,
    /// Number of the controlling terminal, 0 for none.
    pub tty: u32,
    /// Process id inside of its pid namespace; 0 in records of older versions.
    #[serde(skip_serializing_if = "is_zero_id")]
    pub vpid: i64,
    /// Name of the call: `execve` or `execveat`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub call: String,
    /// What is special about the executable: `writable`, `upper_layer`, `lower_layer`, `memfd`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exe_file: Vec<String>,
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
    /// Name of the first call.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub call: String,
    /// `ipv4` or `ipv6`, as the first socket was made.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub family: String,
    /// Address of this process's own end of the first connection, where it is known which end is which.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub own_address: String,
    /// Port of the client of the first connection.
    #[serde(skip_serializing_if = "is_zero_port")]
    pub client_port: u16,
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
    /// Name of the call.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub call: String,
    /// The path as the call gave it, where that is another text than `path`; not for opened files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given: Option<String>,
    /// The same for `to`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_given: Option<String>,
    #[serde(flatten)]
    pub who: Who,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(n: &u32) -> bool {
    *n == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero_id(n: &i64) -> bool {
    *n == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero_port(n: &u16) -> bool {
    *n == 0
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
