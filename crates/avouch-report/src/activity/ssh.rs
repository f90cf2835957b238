//! Which address a session on a node came from: connections that its ssh server took shortly before.

use std::collections::{BTreeSet, VecDeque};

use avouch_finding::{Connection, Time};
use rustc_hash::FxHashMap;

/// Between the connection and the first command: keys, a password, a second factor.
const LOGIN: u64 = 120_000_000_000;

/// Connections remembered of a node.
const REMEMBERED: usize = 64;

#[derive(Clone, Debug)]
struct Taken {
    address: String,
    first: Time,
    last: Time,
}

impl Taken {
    fn may_be(&self, start: Time) -> bool {
        // The record tells the first and the last of several connections of its minute.
        self.first <= start && start.0 <= self.last.0.saturating_add(LOGIN)
    }
}

/// Connections to ssh servers, the latest of each node.
#[derive(Clone, Debug, Default)]
pub(super) struct SshServers(FxHashMap<String, VecDeque<Taken>>);

/// A connection that an ssh server took.
pub(super) fn is_ssh(c: &Connection) -> bool {
    let name = c.who.exe.rsplit('/').next().unwrap_or_default();
    c.direction == "in" && matches!(name, "sshd" | "sshd-session" | "dropbear")
}

impl SshServers {
    pub(super) fn add(&mut self, c: &Connection) {
        let all = self.0.entry(c.node.clone()).or_default();
        if all.len() == REMEMBERED {
            all.pop_front();
        }
        all.push_back(Taken { address: c.address.clone(), first: c.first, last: c.last });
    }

    /// Addresses from which a session that began then may have come.
    pub(super) fn before(&self, node: &str, start: Time) -> BTreeSet<String> {
        let all = self.0.get(node).into_iter().flatten();
        all.filter(|t| t.may_be(start)).map(|t| t.address.clone()).collect()
    }

    /// Whether this connection may be the one of a session that began then.
    pub(super) fn fits(c: &Connection, start: Time) -> bool {
        Taken { address: String::new(), first: c.first, last: c.last }.may_be(start)
    }
}
