//! From an alert to the finding that is kept.

use avouch_finding::{Finding, FindingKey, Severity, Suppressed, Time};
use serde_json::Value as Json;

use super::Origin;
use crate::alert::AlertOptions;

/// What an alert does not say.
#[derive(Clone, Debug, Default)]
pub struct FindingContext<'a> {
    /// Digest of the rule set.
    pub rules: &'a str,
    /// Time of the event.
    pub time: Time,
    /// Number of the event.
    pub event: u64,
    /// Whole events lost around it.
    pub lost_events: Option<u64>,
    /// Nothing was known of its container.
    pub container_unknown: bool,
    /// File of the capture around it.
    pub slice: Option<String>,
    /// Id of the acceptance that covers it.
    pub acceptance: Option<String>,
}

/// The shape of alerts that [`finding`] reads.
#[must_use]
pub fn alert_options(hostname: &str) -> AlertOptions {
    AlertOptions {
        iso8601: true,
        output: false,
        message: true,
        context: true,
        hostname: hostname.to_owned(),
        ..AlertOptions::default()
    }
}

/// The finding of an alert that was made with [`alert_options`].
#[must_use]
pub fn finding(alert: &Json, origin: &Origin, context: &FindingContext<'_>) -> Finding {
    let text = |key: &str| alert.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
    let texts = |key: &str| -> Vec<String> {
        let list = alert.get(key).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(Json::as_str).map(str::to_owned).collect()
    };
    let (rule, source, priority) = (text("rule"), text("source"), text("priority"));
    let key = FindingKey { node: &origin.node, source: &source, time: context.time, event: context.event, rule: &rule };
    Finding {
        id: key.id(),
        time: context.time,
        node: origin.node.clone(),
        cluster: origin.cluster.clone(),
        run: origin.run.clone(),
        event: context.event,
        rules: context.rules.to_owned(),
        severity: Severity::of_priority(&priority).unwrap_or_default(),
        criteria: texts("criteria"),
        criteria_secondary: texts("criteria_secondary"),
        points_of_focus: texts("points_of_focus"),
        nist_800_53: texts("nist_800_53"),
        pci_dss: texts("pci_dss"),
        attack: texts("attack"),
        tags: texts("tags"),
        output: text("message"),
        fields: alert.get("output_fields").and_then(Json::as_object).cloned().unwrap_or_default(),
        lost_events: context.lost_events,
        container_unknown: context.container_unknown,
        slice: context.slice.clone(),
        suppressed: context.acceptance.clone().map(|acceptance| Suppressed { acceptance }),
        rule,
        source,
        priority,
    }
}
