//! What makes a document a Kubernetes audit event, and when it happened.

use avouch_event::parse_rfc3339;

use crate::json::Node;
use crate::records::Reason;

/// Whether the document is meant to be an audit event: only they have an `auditID`, or the API group.
pub(crate) fn claims(record: &Node<'_>) -> bool {
    let group = || record.get("apiVersion").and_then(Node::text).is_some_and(|v| v.starts_with(b"audit.k8s.io/"));
    record.get("auditID").is_some() || group()
}

/// Time of the record's stage, ns since the epoch. Items of an `EventList` have no `kind`; where there is one, it must be
/// right.
pub(crate) fn check(record: &Node<'_>) -> Result<u64, Reason> {
    if record.get("kind").is_some_and(|k| !k.text().is_some_and(|t| t.is(b"Event"))) {
        return Err(Reason::Unrecognized);
    }
    if record.get("auditID").and_then(Node::text).is_none_or(|id| id.is_empty()) {
        return Err(Reason::Missing("auditID"));
    }
    time(record, "stageTimestamp")
}

/// An RFC 3339 time under `key`.
pub(crate) fn time(record: &Node<'_>, key: &'static str) -> Result<u64, Reason> {
    let text = record.get(key).and_then(Node::text).ok_or(Reason::Missing(key))?;
    parse_rfc3339(text.decode(&avouch_event::Arena::new())).ok_or(Reason::NoTime(key))
}
