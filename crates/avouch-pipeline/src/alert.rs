//! Detections as lines: Falco's text and JSON shapes, with criteria added.

use avouch_event::{TimeStyle, time_text};
use serde_json::{Map, Value as Json, json};

use crate::judge::Detection;

/// What an alert holds.
#[derive(Clone, Debug)]
pub struct AlertOptions {
    /// Times in ISO 8601, UTC, instead of the local time of day.
    pub iso8601: bool,
    /// JSON key `output`.
    pub output: bool,
    /// JSON key `message`: the output without time and priority.
    pub message: bool,
    /// JSON key `output_fields`.
    pub fields: bool,
    /// In `output_fields` also those that say whom and what it is about ([`Detection::context`]): for what is kept.
    pub context: bool,
    /// JSON key `tags`.
    pub tags: bool,
    /// JSON keys `criteria` and their like, and ` criteria=` in text.
    pub criteria: bool,
    /// Name of the machine when the input does not tell it.
    pub hostname: String,
}

impl Default for AlertOptions {
    /// Falco's defaults, and criteria.
    fn default() -> Self {
        Self {
            iso8601: false,
            output: true,
            message: false,
            fields: true,
            context: false,
            tags: true,
            criteria: true,
            hostname: String::new(),
        }
    }
}

/// `HH:MM:SS.nnnnnnnnn: Priority message`, in local time.
fn line(detection: &Detection<'_>, message: &str, options: &AlertOptions) -> String {
    let style = if options.iso8601 { TimeStyle::Iso8601 } else { TimeStyle::Clock };
    let time = time_text(detection.event.timestamp, style, detection.utc_offset);
    format!("{time}: {} {message}", detection.rule.priority.name())
}

/// The alert as one line of text, without the newline.
#[must_use]
pub fn text(detection: &Detection<'_>, options: &AlertOptions) -> String {
    let mut out = line(detection, &detection.message(), options);
    let ids: Vec<&str> = detection.criteria.primary.iter().map(|c| c.id.as_str()).collect();
    if options.criteria && !ids.is_empty() {
        out.push_str(" criteria=");
        out.push_str(&ids.join(","));
    }
    out
}

/// The alert as one JSON object with sorted keys.
#[must_use]
pub fn json(detection: &Detection<'_>, options: &AlertOptions) -> Json {
    let message = detection.message();
    let rule = detection.rule;
    let time = time_text(detection.event.timestamp, TimeStyle::Iso8601Zulu, 0);
    let hostname = match detection.hostname {
        [] => options.hostname.clone(),
        name => String::from_utf8_lossy(name).into_owned(),
    };
    let mut out = Map::new();
    if options.criteria {
        let c = detection.criteria;
        let ids = |list: &[&avouch_controls::Criterion]| list.iter().map(|c| c.id.clone()).collect::<Vec<_>>();
        out.insert("criteria".to_owned(), json!(ids(&c.primary)));
        let points: Vec<String> = c.points.iter().map(|p| p.id.clone()).collect();
        for (key, list) in [
            ("criteria_secondary", &ids(&c.secondary)),
            ("points_of_focus", &points),
            ("nist_800_53", &c.nist_800_53),
            ("pci_dss", &c.pci_dss),
            ("attack", &c.attack),
        ] {
            if !list.is_empty() {
                out.insert(key.to_owned(), json!(list));
            }
        }
    }
    out.insert("hostname".to_owned(), json!(hostname));
    if options.message {
        out.insert("message".to_owned(), json!(message));
    }
    if options.output {
        out.insert("output".to_owned(), json!(line(detection, &message, options)));
    }
    if options.fields {
        let mut fields = detection.fields();
        if options.context {
            for (name, value) in detection.context() {
                fields.entry(name).or_insert(value);
            }
        }
        // The line's own time is a field of the output as well, as at the peer.
        let key = if options.iso8601 { "evt.time.iso8601" } else { "evt.time" };
        fields.insert(key.to_owned(), json!(detection.event.timestamp));
        out.insert("output_fields".to_owned(), Json::Object(fields));
    }
    out.insert("priority".to_owned(), json!(rule.priority.name()));
    out.insert("rule".to_owned(), json!(rule.name));
    out.insert("source".to_owned(), json!(rule.source));
    if options.tags {
        // As the peer prints them.
        let mut tags: Vec<&str> = rule.tags.iter().map(String::as_str).collect();
        tags.sort_unstable();
        out.insert("tags".to_owned(), json!(tags));
    }
    out.insert("time".to_owned(), json!(time.to_string()));
    Json::Object(out)
}
