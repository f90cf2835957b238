//! Who talked to whom: connections of the period added up by who, way, address and port.

use std::collections::{BTreeMap, BTreeSet};

use avouch_finding::{Connection, Time, Who};

use crate::activity::Reach;

/// Flows told apart at most, some 300 bytes each. What comes after is counted in [`Flows::beyond`]; every record stands in the
/// population of connections.
const MOST: usize = 100_000;

/// Programs of a flow that are named.
const PROGRAMS: usize = 3;

/// Who made or took connections.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Party {
    /// Cluster of the node, when it is known.
    pub cluster: String,
    /// The node; empty for a pod, which is known by its namespace.
    pub node: String,
    /// Namespace of the pod; empty where there is no pod.
    pub namespace: String,
    /// The pod, or the container where there is no pod; empty for the node itself.
    pub name: String,
}

impl Party {
    fn of(cluster: &str, node: &str, who: &Who) -> Self {
        let cluster = cluster.to_owned();
        if !who.pod.is_empty() {
            let (namespace, name) = (who.namespace.clone(), who.pod.clone());
            return Self { cluster, node: String::new(), namespace, name };
        }
        let name = match () {
            () if who.container.is_empty() || who.container == "host" => String::new(),
            () if who.container_name.is_empty() => who.container.clone(),
            () => who.container_name.clone(),
        };
        Self { cluster, node: node.to_owned(), namespace: String::new(), name }
    }

    /// The group it is drawn with: its namespace, its container, or its node.
    #[must_use]
    pub fn group(&self) -> String {
        match (self.namespace.as_str(), self.name.as_str()) {
            ("", "") => format!("node {}", self.node),
            ("", name) => format!("container {name}"),
            (namespace, _) => format!("namespace {namespace}"),
        }
    }

    /// In words.
    #[must_use]
    pub fn words(&self) -> String {
        match (self.namespace.as_str(), self.name.as_str()) {
            ("", "") => format!("node {}", self.node),
            ("", name) if self.node.is_empty() => format!("pod {name}"),
            ("", name) => format!("container {name} on {}", self.node),
            (namespace, name) => format!("{namespace}/{name}"),
        }
    }
}

/// Who began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// The party connected.
    Out,
    /// The party was connected to.
    In,
    /// The party waits for connections.
    Listens,
}

impl Way {
    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Out => "out",
            Self::In => "in",
            Self::Listens => "listens",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    party: Party,
    way: Way,
    address: String,
    port: u16,
    protocol: String,
}

/// Connections between one party and one address.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "as in the facts")]
pub struct Flow {
    pub party: Party,
    pub way: Way,
    /// The other side; of one that listens, where it does.
    pub address: String,
    /// The port that was connected to.
    pub port: u16,
    pub protocol: String,
    pub reach: Reach,
    pub connections: u64,
    /// Of them, those that failed.
    pub failed: u64,
    pub first: Time,
    pub last: Time,
    /// Programs, by name; a few at most.
    pub programs: BTreeSet<String>,
    /// Number of the first record that tells of it.
    pub record: u64,
}

/// All of the period.
#[derive(Clone, Debug, Default)]
pub struct Flows {
    by: BTreeMap<Key, Flow>,
    /// Records and connections that came when no more flows were told apart.
    pub beyond: (u64, u64),
}

impl Flows {
    /// Adds a record of connections of a node, whose cluster is given when it is known.
    pub fn add(&mut self, connection: &Connection, cluster: &str, record: u64) {
        let c = connection;
        let way = match c.direction.as_str() {
            "in" => Way::In,
            "listen" => Way::Listens,
            _ => Way::Out,
        };
        let key = Key {
            party: Party::of(cluster, &c.node, &c.who),
            way,
            address: c.address.clone(),
            port: c.port,
            protocol: c.protocol.clone(),
        };
        if self.by.len() >= MOST && !self.by.contains_key(&key) {
            self.beyond.0 += 1;
            self.beyond.1 += c.count;
            return;
        }
        let failed = c.results.iter().filter(|(result, _)| !matches!(result.as_str(), "ok" | "in_progress"));
        let failed = failed.map(|(_, n)| n).sum::<u64>();
        let flow = self.by.entry(key).or_insert_with_key(|key| Flow {
            party: key.party.clone(),
            way,
            address: key.address.clone(),
            port: key.port,
            protocol: key.protocol.clone(),
            reach: Reach::of(&c.address, c.local),
            connections: 0,
            failed: 0,
            first: c.first,
            last: c.last,
            programs: BTreeSet::new(),
            record,
        });
        flow.connections = flow.connections.saturating_add(c.count);
        flow.failed = flow.failed.saturating_add(failed);
        flow.first = flow.first.min(c.first);
        flow.last = flow.last.max(c.last);
        if flow.programs.len() < PROGRAMS && !flow.programs.contains(&c.who.exe) {
            flow.programs.insert(c.who.exe.clone());
        }
    }

    /// By party, way and address.
    pub fn iter(&self) -> impl Iterator<Item = &Flow> {
        self.by.values()
    }

    /// How many are told apart.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by.len()
    }

    /// Whether no connection was recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(namespace: &str, pod: &str, address: &str, count: u64, result: &str) -> Connection {
        let who = Who {
            container: "c0ffee".into(),
            pod: pod.into(),
            namespace: namespace.into(),
            exe: "/usr/bin/curl".into(),
            ..Who::default()
        };
        let results = BTreeMap::from([(result.to_owned(), count)]);
        let (node, direction, protocol) = ("n1".to_owned(), "out".to_owned(), "tcp".to_owned());
        let (first, last) = (Time(10), Time(20));
        let address = address.to_owned();
        Connection {
            node,
            direction,
            protocol,
            address,
            port: 443,
            first,
            last,
            count,
            results,
            who,
            ..Connection::default()
        }
    }

    #[test]
    fn connections_of_one_pod_to_one_address_are_one_flow_whatever_the_node() {
        let mut flows = Flows::default();
        flows.add(&connection("shop", "web", "203.0.113.9", 3, "ok"), "prod", 7);
        let later = Connection { node: "n2".into(), ..connection("shop", "web", "203.0.113.9", 2, "errno 111") };
        flows.add(&later, "prod", 8);
        flows.add(&connection("shop", "web", "10.0.0.1", 1, "in_progress"), "prod", 9);
        let all: Vec<(&str, u64, u64, Reach, u64)> =
            flows.iter().map(|f| (f.address.as_str(), f.connections, f.failed, f.reach, f.record)).collect();
        assert_eq!(all, [("10.0.0.1", 1, 0, Reach::Private, 9), ("203.0.113.9", 5, 2, Reach::Outside, 7)]);
    }

    #[test]
    fn parties_are_pods_then_containers_then_nodes() {
        let of = |who: Who| Party::of("", "n1", &who).words();
        let container = Who { container: "c0ffee".into(), container_name: "db".into(), ..Who::default() };
        assert_eq!(of(container), "container db on n1");
        assert_eq!(of(Who::default()), "node n1");
        assert_eq!(of(Who { pod: "web".into(), namespace: "shop".into(), ..Who::default() }), "shop/web");
    }
}
