//! What is sent: a message of findings that were told together.

use std::ops::Deref;
use std::sync::Arc;

use avouch_finding::{Decision, Finding, Severity, Time};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use crate::config::Label;

/// A tag that marks a finding as a test. Findings with it are told like others, apart from them, and marked.
pub const TEST_TAG: &str = "avouch_test";

/// Whether a finding is a test.
#[must_use]
pub fn is_test(finding: &Finding) -> bool {
    finding.tags.iter().any(|tag| tag == TEST_TAG)
}

/// A finding, and where it stands in the ledger: what waits is kept by that number alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Noted {
    /// Number of its record.
    pub seq: u64,
    /// It.
    pub finding: Finding,
}

impl Deref for Noted {
    type Target = Finding;

    fn deref(&self) -> &Finding {
        &self.finding
    }
}

/// Why a message is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// There are new findings.
    New,
    /// Quiet hours ended; the findings are of that time.
    Quiet,
    /// Nobody acknowledged; the findings were told before.
    Reminder,
    /// Nobody acknowledged in time; the findings were told to others.
    Escalation,
    /// A limit held the findings back.
    HeldBack,
    /// The findings were old when they could be told: an outage kept them back, or those who brought them.
    Late,
    /// Somebody acknowledged one of the findings.
    Acknowledged,
    /// Somebody decided about the last of the findings.
    Closed,
    /// Somebody tries the channel.
    Test,
}

/// What somebody did about a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// Id of the finding.
    pub finding: String,
    /// Who.
    pub by: String,
    /// What.
    pub deed: Deed,
    /// Why, in their words.
    pub note: String,
}

/// What can be done about a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// They have seen it.
    Acknowledged,
    /// They know what it was.
    Decided(Decision),
}

impl Reason {
    /// As receipts and messages for machines write it; empty for new findings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "",
            Self::Quiet | Self::HeldBack => "summary",
            Self::Late => "late",
            Self::Reminder => "reminder",
            Self::Escalation => "escalation",
            Self::Acknowledged => "acknowledged",
            Self::Closed => "closed",
            Self::Test => "test",
        }
    }
}

/// A message for one or more channels.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Id of this message: 32 hex digits. A message that is tried again keeps it.
    pub id: String,
    /// Id of the group, 32 hex digits: the same in each message about the same thing.
    pub group: String,
    /// Route that made it; empty for a test and for what a limit held back.
    pub route: String,
    /// Why.
    pub reason: Reason,
    /// When it was made.
    pub time: Time,
    /// The worst severity of its findings.
    pub severity: Severity,
    /// How many findings it tells of.
    pub count: u64,
    /// How many the group has had.
    pub total: u64,
    /// Time of the first finding.
    pub first: Time,
    /// Time of the last.
    pub last: Time,
    /// What the findings have in common: name and value.
    pub labels: Vec<(Label, String)>,
    /// The findings, the worst first; fewer than `count` when there were too many to keep.
    pub findings: Vec<Arc<Noted>>,
    /// Findings for the same channel that a limit held back since the message before.
    pub held_back: u64,
    /// Address of the console, without a slash at its end.
    pub console: Option<Arc<str>>,
    /// It tells of tests, or is one.
    pub test: bool,
    /// What was done, when it tells of that.
    pub act: Option<Act>,
}

impl Message {
    /// Where the console shows a finding.
    #[must_use]
    pub fn link(&self, finding: &Finding) -> Option<String> {
        // Ids are hex; one that is not comes from a broken sender and gets no link.
        let plain = finding.id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        self.console
            .as_ref()
            .filter(|_| plain && !finding.id.is_empty())
            .map(|c| format!("{c}/findings/{}", finding.id))
    }

    /// Findings that it counts and does not have.
    #[must_use]
    pub fn more(&self, shown: usize) -> u64 {
        self.count.saturating_sub(u64::try_from(shown.min(self.findings.len())).unwrap_or(u64::MAX))
    }

    /// About itself, without the findings.
    fn about(&self) -> Map<String, Json> {
        let labels: Map<String, Json> = self.labels.iter().map(|(k, v)| (k.name().to_owned(), json!(v))).collect();
        let mut out = Map::new();
        for (key, value) in [
            ("id", json!(self.id)),
            ("group", json!(self.group)),
            ("route", json!(self.route)),
            ("reason", json!(self.reason.name())),
            ("time", json!(self.time)),
            ("severity", json!(self.severity)),
            ("count", json!(self.count)),
            ("total", json!(self.total)),
            ("first", json!(self.first)),
            ("last", json!(self.last)),
            ("labels", Json::Object(labels)),
            ("held_back", json!(self.held_back)),
            ("test", json!(self.test)),
        ] {
            out.insert(key.to_owned(), value);
        }
        out
    }

    /// For machines, with at most so many findings.
    #[must_use]
    pub fn json(&self, most: usize) -> Json {
        let mut out = self.about();
        if let Some(act) = &self.act {
            let decision = if let Deed::Decided(decision) = act.deed { decision.name() } else { "" };
            let act = json!({"finding": act.finding, "by": act.by, "decision": decision, "note": act.note});
            out.insert("act".to_owned(), act);
        }
        out.insert("title".to_owned(), json!(crate::text::title(self)));
        out.insert("left_out".to_owned(), json!(self.more(most)));
        out.insert("findings".to_owned(), self.findings.iter().take(most).map(|f| self.finding(f)).collect());
        Json::Object(out)
    }

    /// A finding as the ledger writes it, with its link.
    fn finding(&self, finding: &Finding) -> Json {
        let mut out = serde_json::to_value(finding).unwrap_or_default();
        if let (Json::Object(map), Some(link)) = (&mut out, self.link(finding)) {
            map.insert("link".to_owned(), Json::String(link));
        }
        out
    }

    /// One finding and what is told of the message, as one line without its end.
    #[must_use]
    pub fn line(&self, finding: &Finding) -> String {
        json!({"notification": self.about(), "finding": self.finding(finding)}).to_string()
    }
}
