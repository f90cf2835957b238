//! Falcosidekick: what Falco's own HTTP output posts to it, one event a request. Its outputs work behind it.
//! The shape is that of falcosecurity/falcosidekick, `types/types.go`, `FalcoPayload`; `uuid` is our id of the finding.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use avouch_finding::Finding;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::{Answer, Channel, Opened, SendError};
use crate::config::Target;
use crate::message::Message;
use crate::net::Http;
use crate::outside::Outside;

/// What it needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Address of Falcosidekick: `http://falcosidekick:2801`.
    pub url: Target,
    /// Certificates to trust beside those of the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
}

impl Config {
    pub(super) fn open(&self, timeout: Duration, outside: &Arc<dyn Outside>) -> Opened {
        let (url, secrets) = self.url.resolve(outside.as_ref())?;
        Ok(Box::new(Falcosidekick { http: Http::new(timeout, self.ca.as_deref(), secrets)?, url: format!("{url}/") }))
    }
}

struct Falcosidekick {
    http: Http,
    url: String,
}

impl Channel for Falcosidekick {
    fn send(&self, message: &Message, done: &mut usize) -> Result<Answer, SendError> {
        let mut answer = Answer(String::new());
        for finding in message.findings.iter().skip(*done) {
            answer = self.http.post(&self.url, &[], payload(message, finding).to_string().as_bytes())?;
            *done += 1;
        }
        Ok(answer)
    }
}

/// Falco's names of priorities; Falcosidekick knows no others.
fn priority(finding: &Finding) -> &'static str {
    match finding.priority.to_ascii_lowercase().as_str() {
        "emergency" => "Emergency",
        "alert" => "Alert",
        "critical" => "Critical",
        "error" => "Error",
        "warning" => "Warning",
        "notice" => "Notice",
        "informational" | "info" => "Informational",
        "debug" => "Debug",
        _ => match finding.severity {
            avouch_finding::Severity::Critical => "Critical",
            avouch_finding::Severity::High => "Error",
            avouch_finding::Severity::Medium => "Warning",
            avouch_finding::Severity::Low => "Notice",
            avouch_finding::Severity::Informational => "Informational",
        },
    }
}

fn payload(message: &Message, finding: &Finding) -> Json {
    let mut fields: Map<String, Json> = finding.fields.clone();
    // Falco's own texts begin with the time and the priority.
    let time = finding.time.to_string();
    let clock = time.split_once('T').map_or("", |(_, clock)| clock).trim_end_matches('Z');
    let mark = if message.test { "[TEST] " } else { "" };
    let output = format!("{clock}: {} {mark}{}", priority(finding), finding.output);
    for (name, value) in [
        ("avouch.cluster", json!(finding.cluster)),
        ("avouch.criteria", json!(finding.criteria.join(","))),
        ("avouch.link", json!(message.link(finding).unwrap_or_default())),
        ("avouch.group", json!(message.group)),
    ] {
        if value != json!("") {
            fields.insert(name.to_owned(), value);
        }
    }
    json!({
        "uuid": finding.id,
        "output": output,
        "priority": priority(finding),
        "rule": finding.rule,
        "time": finding.time,
        "output_fields": fields,
        "source": finding.source,
        "tags": finding.tags,
        "hostname": finding.node,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn an_event_has_the_keys_that_falco_sends() {
        let message = sample::message(1);
        let event = payload(&message, &message.findings[0]);
        let keys: Vec<&String> = event.as_object().unwrap().keys().collect();
        let mut wanted =
            ["hostname", "output", "output_fields", "priority", "rule", "source", "tags", "time", "uuid"].to_vec();
        wanted.sort_unstable();
        let mut keys: Vec<&str> = keys.into_iter().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(keys, wanted);
        assert_eq!(event["output"], "10:00:00.000000000: Critical a shell was opened (user=root)");
        assert_eq!((&event["priority"], &event["output_fields"]["proc.name"]), (&json!("Critical"), &json!("bash")));
    }
}
