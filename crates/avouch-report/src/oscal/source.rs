//! What both documents share: who made them, of what, and where the evidence stands.

use std::collections::BTreeSet;

use super::ids::Ids;
use super::model::{
    Actor, BackMatter, Component, Hash, InventoryItem, Metadata, Origin, Party, Property, RelevantEvidence, Resource,
    ResourceLink, State, VERSION,
};
use super::text::{href, line, string, time};
use super::{BundleRef, NAME_SPACE};
use crate::input::Results;

/// A report, and what its documents are made with.
pub(super) struct Source<'r> {
    pub(super) r: &'r Results<'r>,
    pub(super) bundle: &'r BundleRef<'r>,
    pub(super) ids: Ids,
}

impl<'r> Source<'r> {
    pub(super) fn new(r: &'r Results<'r>, bundle: &'r BundleRef<'r>) -> Self {
        Self { r, bundle, ids: Ids::new(r) }
    }

    pub(super) fn metadata(&self, title: &str) -> Metadata {
        let (r, as_of) = (self.r, &self.r.facts.as_of);
        let period = r.facts.period;
        let mut props = props([
            ("status", if r.scope.draft { "draft" } else { "final" }),
            ("tool-version", &r.scope.version),
            ("ledger", &as_of.ledger),
            ("ledger-record", &as_of.last.seq.to_string()),
            ("ledger-record-sha256", &as_of.last.hash),
            ("bundle-sha256", self.bundle.digest),
        ]);
        props.extend(r.scope.clusters.iter().filter_map(|c| property("cluster", c)));
        for list in r.lists {
            let text = format!("{} version {} sha256:{}", list.id, list.version, list.digest);
            props.extend(property("control-list", &text));
            props.extend(list.problems.iter().filter_map(|p| property("control-list-problem", p)));
        }
        let of =
            [&r.scope.entity, &r.scope.system].into_iter().filter_map(|t| string(t)).collect::<Vec<_>>().join(", ");
        let whose = if of.is_empty() { String::new() } else { format!(" of {of}") };
        Metadata {
            title: line(&format!("{title}{whose}, {} to {}", time(period.from), time(period.to))),
            last_modified: time(period.to),
            version: format!("record {}", as_of.last.seq),
            oscal_version: VERSION.to_owned(),
            remarks: Some(
                "No clock is read, so that the same period and ledger give the same bytes: the date of the document is the end \
                 of its period. The end does not belong to the period."
                    .to_owned(),
            ),
            props,
            parties: string(&r.scope.entity)
                .map(|name| Party { uuid: self.ids.subject("party", &name), r#type: "organization", name })
                .into_iter()
                .collect(),
        }
    }

    pub(super) fn tool_uuid(&self) -> String {
        self.ids.subject("component", "avouch")
    }

    pub(super) fn tool(&self) -> Component {
        Component {
            uuid: self.tool_uuid(),
            r#type: "software",
            title: "avouch".to_owned(),
            description:
                "Watches system calls and audit records, judges them by rules, and keeps what it saw, lost and was \
                          told in a linked ledger."
                    .to_owned(),
            status: State { state: "operational" },
            props: props([("version", self.r.scope.version.as_str())]),
        }
    }

    pub(super) fn by_tool(&self) -> Vec<Origin> {
        vec![Origin { actors: vec![Actor { r#type: "tool", actor_uuid: self.tool_uuid() }] }]
    }

    pub(super) fn node_uuid(&self, node: &str) -> String {
        self.ids.subject("node", node)
    }

    /// Every node or account that was to be watched.
    pub(super) fn nodes(&self) -> Vec<InventoryItem> {
        let watched = self.r.facts.watched(self.r.facts.period);
        let mut names: BTreeSet<&str> = watched.expected.iter().map(|e| e.node.as_str()).collect();
        let parts = self.r.controls.iter().flat_map(|c| &c.parts);
        names.extend(parts.flat_map(|p| &p.coverage.subjects).map(|s| s.node.as_str()));
        let item = |node: &str| InventoryItem {
            uuid: self.node_uuid(node),
            description: line(&format!("Node or account {node}")),
            props: props([("node", node)]),
        };
        names.into_iter().filter(|n| !n.is_empty()).map(item).collect()
    }

    /// A population of the bundle as evidence; without a reference when the bundle has none of that name.
    pub(super) fn evidence(&self, population: &str, description: &str) -> RelevantEvidence {
        let there = self.r.populations.iter().any(|p| p.spec.id == population);
        RelevantEvidence {
            description: if there {
                description.to_owned()
            } else {
                format!("{description} The bundle has no population of it.")
            },
            href: there.then(|| format!("#{}", self.ids.item("population", population))),
            props: Vec::new(),
        }
    }

    /// The bundle's manifest and its populations, with their digests; and what stands in for an assessment plan.
    pub(super) fn back_matter(&self) -> BackMatter {
        let manifest = Resource {
            uuid: self.ids.item("resource", "manifest"),
            title: "Manifest of the bundle of evidence".to_owned(),
            description: Some(
                "Names every file of the bundle with its digest; `avouch verify` checks it offline.".to_owned(),
            ),
            props: Vec::new(),
            rlinks: vec![self.link("manifest.json", "application/json", self.bundle.digest)],
        };
        let population = |p: &crate::population::Population| Resource {
            uuid: self.ids.item("population", p.spec.id),
            title: line(&format!("Population: {}", p.spec.title)),
            description: Some(line(&format!("{} Source: {}.", p.spec.definition, p.spec.source))),
            props: {
                let mut props = props([("population", p.spec.id), ("count", &p.count.to_string())]);
                props.extend(p.tests.iter().filter_map(|t| {
                    let of = format!("{}: {} (expected {}, got {})", t.verdict.word(), t.name, t.expected, t.got);
                    property("completeness-test", &of)
                }));
                props
            },
            rlinks: vec![
                self.link(&p.jsonl(), "application/x-ndjson", &p.digest),
                self.link(&p.csv(), "text/csv", &p.csv_digest),
            ],
        };
        let mut resources = vec![manifest];
        resources.extend(self.r.populations.iter().map(population));
        BackMatter { resources }
    }

    fn link(&self, path: &str, media_type: &'static str, sha256: &str) -> ResourceLink {
        let digest = sha256.len() == 64 && sha256.bytes().all(|b| b.is_ascii_hexdigit());
        let hash = || Hash { algorithm: "SHA-256", value: sha256.to_ascii_lowercase() };
        let at = self.bundle.href.trim_end_matches('/');
        ResourceLink {
            href: if at.is_empty() { href(path) } else { href(&format!("{at}/{path}")) },
            media_type,
            hashes: digest.then(hash).into_iter().collect(),
        }
    }
}

/// A property in avouch's name space; `None` when its value is empty.
pub(super) fn property(name: &'static str, value: &str) -> Option<Property> {
    Some(Property { name, ns: NAME_SPACE, value: string(value)?, remarks: None })
}

/// Properties, those without a value left out.
pub(super) fn props<'v>(of: impl IntoIterator<Item = (&'static str, &'v str)>) -> Vec<Property> {
    of.into_iter().filter_map(|(name, value)| property(name, value)).collect()
}
