//! What makes a document a CloudTrail record, and when it happened.

use crate::json::Node;
use crate::k8s::time;
use crate::records::Reason;

/// Whether the document is meant to be a CloudTrail record. Insight events have no `eventName`.
pub(crate) fn claims(record: &Node<'_>) -> bool {
    ["eventName", "eventVersion", "eventSource"].iter().filter(|k| record.get(k).is_some()).count() >= 2
        || is_insight(record)
}

/// Whether it is an Insights event: a statistic over calls, no call.
pub(crate) fn is_insight(record: &Node<'_>) -> bool {
    record.get("eventType").and_then(Node::text).is_some_and(|t| t.is(b"AwsCloudTrailInsight"))
}

/// Time of the call, ns since the epoch.
pub(crate) fn check(record: &Node<'_>) -> Result<u64, Reason> {
    if record.get("eventType").and_then(Node::text).is_none() {
        return Err(Reason::Missing("eventType"));
    }
    time(record, "eventTime")
}
