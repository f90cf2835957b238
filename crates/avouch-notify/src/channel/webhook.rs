//! Any HTTP server: a body of the user's shape, signed.
//!
//! `x-avouch-signature: t=SECONDS,v1=HEX`: the HMAC-SHA256, in hex, of the seconds since 1970, a full stop, and the body. The
//! time is that of the attempt, so that a receiver can refuse what is old; `x-avouch-id` is the same for each attempt of a
//! message, so that it can refuse what it has.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use avouch_finding::Time;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use sha2::Sha256;

use super::{Answer, Channel, Opened, SendError};
use crate::config::Target;
use crate::message::Message;
use crate::net::Http;
use crate::outside::Outside;
use crate::secret::{Secret, SecretRef};

/// Findings in a body.
const SHOWN: usize = 100;

/// What it needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where it is sent, or where an address that is a secret stands.
    pub url: Target,
    /// Where the key of the signature stands; without, nothing is signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretRef>,
    /// Headers that anybody may see.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Headers whose values are secrets: where they stand.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secret_headers: BTreeMap<String, SecretRef>,
    /// The body, as JSON in which `{{title}}`, `{{finding.rule}}` and so on are filled in. Without, the whole message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<Template>,
    /// Certificates to trust beside those of the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
}

impl Config {
    pub(super) fn open(&self, timeout: Duration, outside: &Arc<dyn Outside>) -> Opened {
        let (url, mut secrets) = self.url.resolve(outside.as_ref())?;
        let key = self.secret.as_ref().map(|at| outside.secret(at)).transpose()?;
        let mut headers: Vec<(String, String)> = self.headers.clone().into_iter().collect();
        for (name, at) in &self.secret_headers {
            let secret = outside.secret(at)?;
            headers.push((name.clone(), secret.expose().to_owned()));
            secrets.push(secret);
        }
        secrets.extend(key.clone());
        let http = Http::new(timeout, self.ca.as_deref(), secrets)?;
        Ok(Box::new(Webhook { http, url, key, headers, template: self.template.clone(), outside: Arc::clone(outside) }))
    }
}

struct Webhook {
    http: Http,
    url: String,
    key: Option<Secret>,
    headers: Vec<(String, String)>,
    template: Option<Template>,
    outside: Arc<dyn Outside>,
}

impl Channel for Webhook {
    fn send(&self, message: &Message, _: &mut usize) -> Result<Answer, SendError> {
        let whole = message.json(SHOWN);
        let body = self.template.as_ref().map_or_else(|| whole.to_string(), |t| t.fill(&whole).to_string());
        let mut headers = self.headers.clone();
        headers.push(("x-avouch-id".to_owned(), message.id.clone()));
        if let Some(key) = &self.key {
            // The clock of the attempt, not of the message: a retry an hour later must not look like a replay.
            let seconds = self.outside.now().0 / 1_000_000_000;
            headers.push(("x-avouch-signature".to_owned(), signature(key, seconds, body.as_bytes())));
        }
        self.http.post(&self.url, &headers, body.as_bytes())
    }
}

fn signature(key: &Secret, seconds: u64, body: &[u8]) -> String {
    // A key of any length will do; `new_from_slice` of HMAC refuses none.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()) else { return String::new() };
    mac.update(seconds.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    let hex: String = mac.finalize().into_bytes().iter().map(|b| format!("{b:02x}")).collect();
    format!("t={seconds},v1={hex}")
}

/// JSON with places to fill in. Places stand inside of its texts, so that whatever fills them, the body stays JSON of the same
/// shape. A text that is one place and nothing else becomes the value itself: a number, a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Template {
    text: String,
    shape: Arc<Json>,
}

/// What places can name; `finding.` is the worst finding, whose keys are those of the ledger's facts.
const PLACES: [&str; 16] = [
    "id",
    "group",
    "route",
    "reason",
    "time",
    "severity",
    "count",
    "total",
    "first",
    "last",
    "labels",
    "held_back",
    "test",
    "title",
    "left_out",
    "findings",
];

impl TryFrom<String> for Template {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let shape: Json = serde_json::from_str(&text).map_err(|e| format!("a template is JSON: {e}"))?;
        let mut texts = vec![&shape];
        while let Some(value) = texts.pop() {
            match value {
                Json::Array(items) => texts.extend(items),
                Json::Object(map) => texts.extend(map.values()),
                Json::String(text) => {
                    for place in places(text).map(|(_, place, _)| place) {
                        if !PLACES.contains(&place) && !place.starts_with("finding.") && !place.starts_with("labels.") {
                            return Err(format!(
                                "there is no place `{place}` in a template; there are: {}, finding.*, labels.*",
                                PLACES.join(", ")
                            ));
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(Self { text, shape: Arc::new(shape) })
    }
}

impl From<Template> for String {
    fn from(template: Template) -> Self {
        template.text
    }
}

/// The places of a text: where each begins, its name, where it ends.
fn places(text: &str) -> impl Iterator<Item = (usize, &str, usize)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + text.get(from..)?.find("{{")?;
        let end = start + text.get(start..)?.find("}}")?;
        from = end + 2;
        Some((start, text.get(start + 2..end)?.trim(), end + 2))
    })
}

impl Template {
    fn fill(&self, whole: &Json) -> Json {
        fill(&self.shape, whole)
    }
}

fn fill(shape: &Json, whole: &Json) -> Json {
    match shape {
        Json::Array(items) => items.iter().map(|item| fill(item, whole)).collect(),
        Json::Object(map) => {
            Json::Object(map.iter().map(|(k, v)| (k.clone(), fill(v, whole))).collect::<Map<String, Json>>())
        }
        Json::String(text) => {
            if let Some((0, place, end)) = places(text).next()
                && end == text.len()
            {
                return value(whole, place).cloned().unwrap_or(Json::Null);
            }
            let (mut out, mut from) = (String::new(), 0);
            for (start, place, end) in places(text) {
                out += text.get(from..start).unwrap_or_default();
                match value(whole, place) {
                    Some(Json::String(text)) => out += text,
                    Some(Json::Null) | None => {}
                    Some(other) => out += &other.to_string(),
                }
                from = end;
            }
            out += text.get(from..).unwrap_or_default();
            Json::String(out)
        }
        other => other.clone(),
    }
}

/// What a place names. Keys of fields have dots of their own: `finding.fields.proc.name`.
fn value<'a>(whole: &'a Json, place: &str) -> Option<&'a Json> {
    let mut at = whole;
    let mut rest = match place.strip_prefix("finding.") {
        Some(rest) => {
            at = whole.get("findings")?.get(0)?;
            rest
        }
        None => place,
    };
    loop {
        if let Some(found) = at.get(rest) {
            return Some(found);
        }
        let (key, more) = rest.split_once('.')?;
        at = at.get(key)?;
        rest = more;
    }
}

/// For receivers and tests: whether a signature is right and not older than `most` seconds.
#[must_use]
pub fn verify(key: &Secret, header: &str, body: &[u8], now: Time, most: u64) -> bool {
    let seconds = header.strip_prefix("t=").and_then(|rest| rest.split(',').next()?.parse::<u64>().ok());
    seconds.is_some_and(|t| {
        let fresh = (now.0 / 1_000_000_000).abs_diff(t) <= most;
        // Compared without a short cut, so that time tells nothing of how much was right.
        let right = signature(key, t, body);
        let same =
            right.len() == header.len() && right.bytes().zip(header.bytes()).fold(0, |d, (a, b)| d | (a ^ b)) == 0;
        fresh && same
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sample;

    #[test]
    fn a_template_stays_json_whatever_fills_it() {
        let mut message = sample::message(2);
        Arc::make_mut(&mut message.findings[0]).finding.output = "\"},{\"x\":\"{{title}}\\".to_owned();
        let text = r#"{"a": "{{severity}}: {{finding.output}}", "n": "{{count}}", "c": ["{{finding.fields.proc.name}}"], "no": "{{finding.none}}"}"#;
        let filled = Template::try_from(text.to_owned()).unwrap().fill(&message.json(5));
        let wanted = json!({
            "a": "critical: \"},{\"x\":\"{{title}}\\", "n": 2, "c": ["bash"], "no": null,
        });
        assert_eq!(filled, wanted);
    }

    #[test]
    fn a_template_that_is_no_json_or_names_nothing_is_refused() {
        for (text, wanted) in [("{", "JSON"), (r#"{"a": "{{titel}}"}"#, "`titel`")] {
            let error = Template::try_from(text.to_owned()).unwrap_err();
            assert!(error.contains(wanted), "{error}");
        }
    }

    #[test]
    fn the_signature_is_that_of_openssl() {
        // printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac key
        let wanted = "t=1700000000,v1=a438e398bfafc57e4396bb7fc2304422f0f768e965d073ca313cb52e22e6ad03";
        assert_eq!(signature(&Secret::new("key"), 1_700_000_000, br#"{"a":1}"#), wanted);
        let at = |s: u64| Time(s * 1_000_000_000);
        let key = Secret::new("key");
        assert!(verify(&key, wanted, br#"{"a":1}"#, at(1_700_000_100), 300));
        assert!(!verify(&key, wanted, br#"{"a":1}"#, at(1_700_000_301), 300));
        assert!(!verify(&key, wanted, br#"{"a":2}"#, at(1_700_000_000), 300));
        assert!(!verify(&Secret::new("other"), wanted, br#"{"a":1}"#, at(1_700_000_000), 300));
    }
}
