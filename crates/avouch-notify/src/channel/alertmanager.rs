//! Prometheus Alertmanager: `POST /api/v2/alerts`.
//! <https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml>
//!
//! Alertmanager takes alerts with the same labels for one alert, so that a message becomes one alert for each rule and place
//! that it tells of. Findings do not end: an alert ends after a while, unless it comes again, or when people have decided about all
//! that was told.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{Answer, Channel, Opened, SendError};
use crate::config::{Length, Target};
use crate::message::{Message, Reason};
use crate::net::Http;
use crate::outside::Outside;
use crate::secret::SecretRef;
use crate::text::{plain, summary, title};

/// Alerts of one message.
const MOST: usize = 200;

/// What it needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Address of Alertmanager, with its prefix if it has one.
    pub url: Target,
    /// How long an alert lasts after the last finding.
    #[serde(default = "lasts")]
    pub lasts: Length,
    /// Labels of every alert.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Where a bearer token stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<SecretRef>,
    /// Certificates to trust beside those of the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
}

fn lasts() -> Length {
    Length::seconds(3600)
}

impl Config {
    pub(super) fn open(&self, timeout: Duration, outside: &Arc<dyn Outside>) -> Opened {
        let (base, mut secrets) = self.url.resolve(outside.as_ref())?;
        let mut headers = Vec::new();
        if let Some(at) = &self.token {
            let token = outside.secret(at)?;
            headers.push(("authorization".to_owned(), format!("Bearer {}", token.expose())));
            secrets.push(token);
        }
        if let Some(name) = self.labels.keys().find(|name| !is_label(name)) {
            return Err(format!("`{name}` is no name of a label"));
        }
        let http = Http::new(timeout, self.ca.as_deref(), secrets)?;
        let url = format!("{base}/api/v2/alerts");
        Ok(Box::new(Alertmanager { http, url, headers, lasts: self.lasts, labels: self.labels.clone() }))
    }
}

fn is_label(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

struct Alertmanager {
    http: Http,
    url: String,
    headers: Vec<(String, String)>,
    lasts: Length,
    labels: BTreeMap<String, String>,
}

impl Channel for Alertmanager {
    fn send(&self, message: &Message, _: &mut usize) -> Result<Answer, SendError> {
        let body = Json::Array(alerts(message, self.lasts, &self.labels)).to_string();
        self.http.post(&self.url, &self.headers, body.as_bytes())
    }
}

fn alerts(message: &Message, lasts: Length, own: &BTreeMap<String, String>) -> Vec<Json> {
    let ends = if message.reason == Reason::Closed { message.time } else { lasts.after(message.time) };
    let mut alerts: BTreeMap<BTreeMap<String, String>, (u64, Json)> = BTreeMap::new();
    for finding in &message.findings {
        let subject = finding.subject();
        let mut labels = own.clone();
        for (name, value) in [
            ("alertname", finding.rule.as_str()),
            ("severity", finding.severity.name()),
            ("source", &finding.source),
            ("cluster", &finding.cluster),
            ("node", &finding.node),
            ("namespace", subject.namespace),
            ("pod", subject.pod),
            ("container", subject.container),
            ("criterion", finding.criteria.first().map_or("", String::as_str)),
            ("avouch_group", &message.group),
            ("avouch_test", if message.test { "true" } else { "" }),
        ] {
            if !value.is_empty() {
                labels.insert(name.to_owned(), plain(value, 200));
            }
        }
        let annotations = json!({
            "summary": title(message),
            "description": plain(&finding.output, 2000),
            "about": summary(message),
            "command": plain(subject.command, 500),
            "finding": finding.id,
            "first": message.first,
            "last": message.last,
        });
        let mut alert = json!({"annotations": annotations, "startsAt": finding.time, "endsAt": ends});
        if let (Some(link), Some(alert)) = (message.link(finding), alert.as_object_mut()) {
            alert.insert("generatorURL".to_owned(), json!(link));
        }
        alerts.entry(labels).or_insert((0, alert)).0 += 1;
    }
    let finished = |(labels, (count, mut alert)): (BTreeMap<String, String>, (u64, Json))| {
        alert["labels"] = json!(labels);
        alert["annotations"]["findings"] = json!(count.to_string());
        alert
    };
    alerts.into_iter().take(MOST).map(finished).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn findings_of_one_rule_and_place_are_one_alert() {
        let mut message = sample::message(3);
        Arc::make_mut(&mut message.findings[2]).finding.node = "other".to_owned();
        let alerts = alerts(&message, Length::seconds(60), &BTreeMap::from([("team".to_owned(), "soc".to_owned())]));
        assert_eq!(alerts.len(), 2);
        let counts: Vec<&Json> = alerts.iter().map(|a| &a["annotations"]["findings"]).collect();
        assert_eq!(counts, ["2", "1"]);
        assert_eq!(alerts[0]["labels"]["alertname"], "Terminal shell in container");
        assert_eq!(alerts[0]["labels"]["team"], "soc");
        assert!(alerts[0]["annotations"].as_object().unwrap().values().all(Json::is_string));
        assert!(is_label("a_1") && !is_label("1a") && !is_label("a-b"));
    }
}
