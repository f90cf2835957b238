//! Microsoft Teams: the webhook of a workflow, an adaptive card.
//! <https://learn.microsoft.com/connectors/teams/> gives the shape and the limit of a message, about 28 KB.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{Answer, Channel, Opened, SendError};
use crate::config::hidden_address;
use crate::message::Message;
use crate::net::Http;
use crate::outside::Outside;
use crate::secret::SecretRef;
use crate::text::{facts, plain, summary, title};

/// Findings that are shown at most.
const SHOWN: usize = 5;
/// Most bytes of a message.
const MAX_BYTES: usize = 26 << 10;

/// What it needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the address of the webhook stands: whoever knows it can write to the chat.
    pub url: SecretRef,
    /// Certificates to trust beside those of the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
}

impl Config {
    pub(super) fn open(&self, timeout: Duration, outside: &Arc<dyn Outside>) -> Opened {
        let (url, secrets) = hidden_address(&self.url, outside.as_ref())?;
        Ok(Box::new(Teams { http: Http::new(timeout, self.ca.as_deref(), secrets)?, url }))
    }
}

struct Teams {
    http: Http,
    url: String,
}

impl Channel for Teams {
    fn send(&self, message: &Message, _: &mut usize) -> Result<Answer, SendError> {
        // What is too large would be refused as a whole; with fewer findings shown it says how many are not.
        let mut sizes = (0..=SHOWN).rev().map(|shown| payload(message, shown).to_string());
        let body = sizes.find(|body| body.len() <= MAX_BYTES).unwrap_or_default();
        self.http.post(&self.url, &[], body.as_bytes())
    }
}

/// A line of runs. Text blocks and fact sets read Markdown; runs read none, so that hostile texts stay what they are, but
/// for `{{DATE(...)}}`, which a card fills in.
fn line(runs: &[(&str, &str)]) -> Json {
    let run = |(text, style): &(&str, &str)| {
        let text = text.replace("{{", "{ {");
        match *style {
            "bold" => json!({"type": "TextRun", "text": text, "weight": "Bolder"}),
            "code" => json!({"type": "TextRun", "text": text, "fontType": "Monospace"}),
            _ => json!({"type": "TextRun", "text": text}),
        }
    };
    json!({"type": "RichTextBlock", "inlines": runs.iter().map(run).collect::<Vec<_>>()})
}

fn payload(message: &Message, shown: usize) -> Json {
    let mut body = vec![line(&[(&title(message), "bold")]), line(&[(&summary(message), "")])];
    let mut actions = Vec::new();
    for finding in message.findings.iter().take(shown) {
        body.push(line(&[(&plain(&finding.output, 800), "code")]));
        for (name, value) in facts(finding) {
            body.push(line(&[(&format!("{name}: "), "bold"), (&plain(&value, 300), "")]));
        }
        // A card shows six actions at most.
        if let Some(url) = message.link(finding) {
            actions.push(
                json!({"type": "Action.OpenUrl", "title": format!("Open {}", plain(&finding.rule, 40)), "url": url}),
            );
        }
    }
    match message.more(shown) {
        0 => {}
        n => body.push(line(&[(&format!("{n} more are not shown here."), "")])),
    }
    let card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "actions": actions,
        "msteams": {"width": "Full"},
    });
    let attachment =
        json!({"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": null, "content": card});
    json!({"type": "message", "attachments": [attachment]})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn hostile_texts_are_no_markdown_and_fit() {
        let mut message = sample::message(9);
        for finding in &mut message.findings {
            Arc::make_mut(finding).finding.output =
                format!("[x](https://evil) {{{{DATE(1)}}}} {}", "\u{1f980}\\\"".repeat(900));
        }
        let card = &payload(&message, 2)["attachments"][0]["content"];
        assert!(!card.to_string().contains("{{"));
        let body = card["body"].as_array().unwrap();
        assert!(body.iter().all(|b| b["type"] == "RichTextBlock"));
        assert!(card.to_string().contains("7 more are not shown"));
        assert_eq!(card["actions"].as_array().unwrap().len(), 2);
        assert!(payload(&message, 0).to_string().len() < MAX_BYTES);
    }
}
