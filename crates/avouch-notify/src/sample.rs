//! Findings and messages for unit tests.

use std::sync::Arc;

use avouch_finding::{Finding, FindingKey, Severity, Time};

use crate::config::Label;
use crate::message::{Message, Noted, Reason};

pub(crate) fn time() -> Time {
    Time::parse("2026-11-26T10:00:00Z").unwrap()
}

/// The number is that of its event: each has an id of its own.
pub(crate) fn finding(event: u64) -> Finding {
    let key =
        FindingKey { node: "node-1", source: "syscall", time: time(), event, rule: "Terminal shell in container" };
    let text = |t: &str| serde_json::Value::String(t.to_owned());
    let fields = [
        ("proc.name", "bash"),
        ("proc.cmdline", "bash -i"),
        ("user.name", "root"),
        ("k8s.ns.name", "shop"),
        ("k8s.pod.name", "cart-1"),
        ("container.name", "cart"),
    ];
    Finding {
        id: key.id(),
        time: time(),
        node: "node-1".to_owned(),
        cluster: "prod".to_owned(),
        source: "syscall".to_owned(),
        event,
        rule: "Terminal shell in container".to_owned(),
        priority: "Critical".to_owned(),
        severity: Severity::Critical,
        criteria: vec!["CC6.1".to_owned()],
        tags: vec!["shell".to_owned()],
        output: "a shell was opened (user=root)".to_owned(),
        fields: fields.into_iter().map(|(k, v)| (k.to_owned(), text(v))).collect(),
        ..Finding::default()
    }
}

pub(crate) fn message(count: u64) -> Message {
    Message {
        id: "m".repeat(32),
        group: "0123456789abcdef0123456789abcdef".to_owned(),
        route: "all".to_owned(),
        reason: Reason::New,
        time: time(),
        severity: Severity::Critical,
        count,
        total: count,
        first: time(),
        last: time(),
        labels: vec![(Label::Rule, "Terminal shell in container".to_owned()), (Label::Cluster, "prod".to_owned())],
        findings: (0..count).map(|n| Arc::new(Noted { seq: n, finding: finding(n) })).collect(),
        held_back: 0,
        console: Some("https://console.example".into()),
        test: false,
        act: None,
    }
}
