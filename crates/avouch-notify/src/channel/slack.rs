//! Slack: an incoming webhook, blocks. <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>
//!
//! Limits of Slack (its reference of blocks): a header has 150 characters, a text 3000, a message 50 blocks.

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
use crate::text::{cut, facts, plain, summary, title};

/// Findings that are shown.
const SHOWN: usize = 5;

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
        Ok(Box::new(Slack { http: Http::new(timeout, self.ca.as_deref(), secrets)?, url }))
    }
}

struct Slack {
    http: Http,
    url: String,
}

impl Channel for Slack {
    fn send(&self, message: &Message, _: &mut usize) -> Result<Answer, SendError> {
        self.http.post(&self.url, &[], payload(message).to_string().as_bytes())
    }
}

/// Slack reads `<...>` as links and mentions, also in code; these three characters are its whole list of escapes.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// As code, in which stars and underscores are what they are; a back tick would end it.
fn code(text: &str) -> String {
    format!("`{}`", escape(&text.replace('`', "'")))
}

fn payload(message: &Message) -> Json {
    let mrkdwn = |text: String| json!({"type": "mrkdwn", "text": cut(&text, 2900), "verbatim": true});
    let header = json!({"type": "plain_text", "text": cut(&escape(&title(message)), 150), "emoji": false});
    let mut blocks = vec![
        json!({"type": "header", "text": header}),
        json!({"type": "context", "elements": [mrkdwn(escape(&summary(message)))]}),
    ];
    for finding in message.findings.iter().take(SHOWN) {
        // Escapes make a text at most five times as long.
        let output = plain(&finding.output, 500).replace('`', "'");
        let mut text = format!("```{}```\n", escape(&output));
        for (name, value) in facts(finding) {
            text += &format!("{name}: {}\n", code(&plain(&value, 60)));
        }
        let mut block = json!({"type": "section", "text": mrkdwn(text)});
        if let (Some(link), Some(block)) = (message.link(finding), block.as_object_mut()) {
            let label = json!({"type": "plain_text", "text": "Open"});
            block.insert("accessory".to_owned(), json!({"type": "button", "text": label, "url": link}));
        }
        blocks.push(block);
    }
    match message.more(SHOWN) {
        0 => {}
        n => blocks.push(json!({"type": "context", "elements": [mrkdwn(format!("{n} more are not shown here."))]})),
    }
    json!({"text": escape(&title(message)), "blocks": blocks})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn hostile_texts_call_nobody_and_keep_to_the_limits() {
        let mut message = sample::message(40);
        for finding in &mut message.findings {
            let finding = &mut Arc::make_mut(finding).finding;
            finding.output = format!("<!channel> ```*x* <https://evil|click> {}", "&".repeat(4000));
            finding.rule = "a<@U1>".repeat(100);
        }
        let payload = payload(&message);
        let text = payload.to_string();
        assert!(!text.contains('<') && !text.contains('>'), "{text}");
        let blocks = payload["blocks"].as_array().unwrap();
        assert_eq!(blocks.len(), 2 + SHOWN + 1);
        assert!(text.contains("35 more are not shown"));
        assert!(blocks[0]["text"]["text"].as_str().unwrap().chars().count() <= 150);
        for block in &blocks[2..2 + SHOWN] {
            let section = block["text"]["text"].as_str().unwrap();
            assert!(section.chars().count() <= 3000);
            // The code that the output begins ends once, where we end it.
            assert_eq!(section.matches("```").count(), 2, "{section}");
            assert!(block["accessory"]["url"].as_str().unwrap().starts_with("https://console.example/findings/"));
        }
    }
}
