//! Identifiers that come out alike for the same evidence: UUIDs of version 5 (RFC 9562), made from names.

use uuid::Uuid;

use crate::input::Results;

/// Name space of avouch.
const SPACE: Uuid = Uuid::from_u128(0x712a_4047_a1ed_4c5b_a582_a0ce_6087_4ddc);

/// Makes identifiers of one report.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ids {
    subjects: Uuid,
    items: Uuid,
}

impl Ids {
    /// For a report: what it is of (ledger, as-of, period, scope, control lists, judging) makes its name space.
    pub(crate) fn new(r: &Results<'_>) -> Self {
        let facts = r.facts;
        let subjects = Uuid::new_v5(&SPACE, &name(&["ledger", &facts.as_of.ledger]));
        let period = [facts.period.from.to_string(), facts.period.to.to_string()];
        let least = r.judging.least_watched.to_string();
        let mut parts = vec!["report", &facts.as_of.last.hash, &period[0], &period[1], &least];
        parts.extend([r.scope.entity.as_str(), &r.scope.system]);
        parts.extend(r.scope.clusters.iter().map(String::as_str));
        parts.extend(r.lists.iter().map(|l| l.digest.as_str()));
        Self { subjects, items: Uuid::new_v5(&subjects, &name(&parts)) }
    }

    /// Of something that is the same in every report of this ledger: a node, the organisation, the tool.
    pub(crate) fn subject(&self, kind: &str, id: &str) -> String {
        Uuid::new_v5(&self.subjects, &name(&[kind, id])).to_string()
    }

    /// Of something in this report.
    pub(crate) fn item(&self, kind: &str, id: &str) -> String {
        Uuid::new_v5(&self.items, &name(&[kind, id])).to_string()
    }
}

/// Parts as one name: each after its length, so that no two lists of parts give the same bytes.
fn name(parts: &[&str]) -> Vec<u8> {
    let mut out = Vec::new();
    for part in parts {
        out.extend_from_slice(&(part.len() as u64).to_be_bytes());
        out.extend_from_slice(part.as_bytes());
    }
    out
}
