//! PagerDuty: Events API v2. <https://developer.pagerduty.com/docs/send-alert-event>
//!
//! The group is the key by which PagerDuty keeps one incident for what belongs together. A summary has 1024 characters.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use avouch_finding::Severity;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::{Answer, Channel, Opened, SendError};
use crate::config::Link;
use crate::message::{Message, Reason};
use crate::net::Http;
use crate::outside::Outside;
use crate::secret::{Secret, SecretRef};
use crate::text::{facts, plain, summary, title};

/// Findings that are linked.
const SHOWN: usize = 10;

/// What it needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the key of the integration stands.
    pub routing_key: SecretRef,
    /// Address of the service; `https://events.eu.pagerduty.com` in Europe.
    #[serde(default = "base")]
    pub base: Link,
    /// Certificates to trust beside those of the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
}

fn base() -> Link {
    Link::fixed("https://events.pagerduty.com")
}

impl Config {
    pub(super) fn open(&self, timeout: Duration, outside: &Arc<dyn Outside>) -> Opened {
        let key = outside.secret(&self.routing_key)?;
        let http = Http::new(timeout, self.ca.as_deref(), vec![key.clone()])?;
        Ok(Box::new(Pagerduty { http, url: format!("{}/v2/enqueue", self.base.text()), key }))
    }
}

struct Pagerduty {
    http: Http,
    url: String,
    key: Secret,
}

impl Channel for Pagerduty {
    fn send(&self, message: &Message, _: &mut usize) -> Result<Answer, SendError> {
        self.http.post(&self.url, &[], payload(message, &self.key).to_string().as_bytes())
    }
}

fn payload(message: &Message, key: &Secret) -> Json {
    let action = match message.reason {
        Reason::Acknowledged => Some("acknowledge"),
        Reason::Closed => Some("resolve"),
        _ => None,
    };
    if let Some(action) = action {
        return json!({"routing_key": key.expose(), "event_action": action, "dedup_key": message.group});
    }
    let severity = match message.severity {
        Severity::Critical => "critical",
        Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Informational => "info",
    };
    let mut details = Map::new();
    details.insert("summary".to_owned(), json!(summary(message)));
    for (name, value) in &message.labels {
        details.insert(format!("common {}", name.name()), json!(plain(value, 200)));
    }
    let first = message.findings.first();
    if let Some(finding) = first {
        details.insert("output".to_owned(), json!(plain(&finding.output, 2000)));
        details.extend(facts(finding).into_iter().map(|(name, value)| (name.to_lowercase(), json!(value))));
    }
    let shown = message.findings.iter().take(SHOWN);
    let links: Vec<Json> =
        shown.filter_map(|f| Some(json!({"href": message.link(f)?, "text": plain(&f.rule, 100)}))).collect();
    let node = first.map_or("avouch", |f| if f.node.is_empty() { "avouch" } else { &f.node });
    json!({
        "routing_key": key.expose(),
        "event_action": "trigger",
        "dedup_key": message.group,
        "client": "avouch",
        "client_url": message.console.as_deref(),
        "links": links,
        "payload": {
            "summary": plain(&title(message), 1024),
            "source": plain(node, 255),
            "severity": severity,
            "timestamp": message.last,
            "component": first.map(|f| plain(&f.source, 100)),
            "group": first.map(|f| plain(&f.cluster, 100)),
            "class": first.map(|f| plain(&f.rule, 200)),
            "custom_details": details,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn an_event_has_the_key_of_its_group_and_a_severity_that_the_service_knows() {
        let message = sample::message(3);
        let event = payload(&message, &Secret::new("R0123"));
        assert_eq!(event["routing_key"], "R0123");
        assert_eq!(event["dedup_key"], message.group.as_str());
        assert_eq!(event["payload"]["severity"], "critical");
        assert_eq!(event["links"].as_array().unwrap().len(), 3);
        let of =
            |reason| payload(&Message { reason, ..message.clone() }, &Secret::new("R0123"))["event_action"].clone();
        assert_eq!(
            [of(Reason::Acknowledged), of(Reason::Closed), of(Reason::Late)],
            ["acknowledge", "resolve", "trigger"]
        );
        let reminder = Message { reason: Reason::Reminder, severity: Severity::Medium, ..message };
        let again = payload(&reminder, &Secret::new("R0123"));
        assert_eq!((&again["dedup_key"], &again["payload"]["severity"]), (&event["dedup_key"], &json!("warning")));
    }
}
