//! Opsgenie: the alert API. <https://docs.opsgenie.com/docs/alert-api>
//!
//! Its limits: message 130 characters, alias 512, description 15,000, 20 tags of 50.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use avouch_finding::Severity;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::{Answer, Channel, Opened, SendError};
use crate::config::Link;
use crate::message::{Act, Message, Reason};
use crate::net::Http;
use crate::outside::Outside;
use crate::secret::{Secret, SecretRef};
use crate::text::{body, cut, deed, facts, plain, title};

/// Findings that are shown.
const SHOWN: usize = 10;

/// What it needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the key of the integration stands.
    pub api_key: SecretRef,
    /// Address of the service; `https://api.eu.opsgenie.com` in Europe.
    #[serde(default = "base")]
    pub base: Link,
    /// Names of teams that respond; without, the integration decides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<String>,
    /// Certificates to trust beside those of the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
}

fn base() -> Link {
    Link::fixed("https://api.opsgenie.com")
}

impl Config {
    pub(super) fn open(&self, timeout: Duration, outside: &Arc<dyn Outside>) -> Opened {
        let key = outside.secret(&self.api_key)?;
        let http = Http::new(timeout, self.ca.as_deref(), vec![key.clone()])?;
        let url = format!("{}/v2/alerts", self.base.text());
        Ok(Box::new(Opsgenie { http, url, key, teams: self.teams.clone() }))
    }
}

struct Opsgenie {
    http: Http,
    url: String,
    key: Secret,
    teams: Vec<String>,
}

impl Channel for Opsgenie {
    fn send(&self, message: &Message, _: &mut usize) -> Result<Answer, SendError> {
        let authorization = ("authorization".to_owned(), format!("GenieKey {}", self.key.expose()));
        let (url, body) = match (message.reason, &message.act) {
            (Reason::Acknowledged, Some(act)) => (self.of_alias(message, "acknowledge"), by(act)),
            (Reason::Closed, Some(act)) => (self.of_alias(message, "close"), by(act)),
            _ => (self.url.clone(), payload(message, &self.teams)),
        };
        self.http.post(&url, &[authorization], body.to_string().as_bytes())
    }
}

impl Opsgenie {
    /// The address at which something is done to the alert of a group.
    fn of_alias(&self, message: &Message, what: &str) -> String {
        format!("{}/{}/{what}?identifierType=alias", self.url, message.group)
    }
}

/// Who did it. Their limits: user and source 100 characters, note 25,000.
fn by(act: &Act) -> Json {
    json!({"user": plain(&act.by, 100), "source": "avouch", "note": deed(act)})
}

fn payload(message: &Message, teams: &[String]) -> Json {
    let priority = match message.severity {
        Severity::Critical => "P1",
        Severity::High => "P2",
        Severity::Medium => "P3",
        Severity::Low => "P4",
        Severity::Informational => "P5",
    };
    let first = message.findings.first();
    let mut details: Map<String, Json> = Map::new();
    if let Some(finding) = first {
        details.extend(facts(finding).into_iter().map(|(name, value)| (name.to_lowercase(), json!(value))));
        details.extend(message.link(finding).map(|link| ("link".to_owned(), json!(link))));
    }
    details.insert("count".to_owned(), json!(message.count.to_string()));
    let mut tags = vec![message.severity.name().to_owned()];
    tags.extend(message.test.then(|| "test".to_owned()));
    tags.extend(first.iter().flat_map(|f| &f.criteria).take(15).map(|c| plain(c, 50)));
    let mut out = json!({
        "message": cut(&title(message), 130),
        "alias": message.group,
        "description": cut(&body(message, SHOWN), 15_000),
        "priority": priority,
        "source": "avouch",
        "entity": first.map(|f| plain(&f.node, 512)),
        "tags": tags,
        "details": details,
    });
    if let Some(out) = out.as_object_mut().filter(|_| !teams.is_empty()) {
        let teams: Vec<Json> = teams.iter().map(|name| json!({"type": "team", "name": name})).collect();
        out.insert("responders".to_owned(), json!(teams));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn an_alert_keeps_to_the_limits_and_has_the_alias_of_its_group() {
        let mut message = sample::message(30);
        for finding in &mut message.findings {
            let finding = &mut Arc::make_mut(finding).finding;
            finding.rule = "long ".repeat(60);
            finding.output = "x".repeat(5000);
        }
        let alert = payload(&message, &["soc".to_owned()]);
        let length = |key: &str| alert[key].as_str().unwrap().chars().count();
        assert!(length("message") <= 130 && length("description") <= 15_000);
        assert_eq!((&alert["alias"], &alert["priority"]), (&json!(message.group), &json!("P1")));
        assert!(alert["tags"].as_array().unwrap().len() <= 20);
        assert_eq!(alert["responders"], json!([{"type": "team", "name": "soc"}]));
        assert!(alert["details"].as_object().unwrap().values().all(Json::is_string), "Opsgenie takes texts alone");
    }
}
