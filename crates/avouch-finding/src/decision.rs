//! What people decided, and what was changed, sent, tried or shown.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::time::Time;

/// Somebody looked at a finding for the first time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Acknowledgement {
    pub time: Time,
    /// Id of the finding.
    pub finding: String,
    pub by: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// What a finding turned out to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It was what the rule says.
    #[default]
    True,
    /// It was allowed work.
    Benign,
    /// It was a test.
    Test,
}

impl Decision {
    /// Every decision.
    pub const ALL: [Self; 3] = [Self::True, Self::Benign, Self::Test];

    /// Its name, as facts write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::True => "true",
            Self::Benign => "benign",
            Self::Test => "test",
        }
    }

    /// Reads a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|d| d.name() == name)
    }
}

/// Somebody decided about a finding. The latest counts; the earlier ones stay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Disposition {
    pub time: Time,
    /// Id of the finding.
    pub finding: String,
    pub by: String,
    pub decision: Decision,
    pub reason: String,
    /// Number of the incident or ticket.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub incident: String,
}

/// Somebody was made responsible for a finding. The latest counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Assignment {
    pub time: Time,
    /// Id of the finding.
    pub finding: String,
    pub by: String,
    /// Who; empty when it was taken from somebody and given to nobody.
    pub to: String,
}

/// Somebody wrote something about a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Note {
    pub time: Time,
    /// Id of the finding.
    pub finding: String,
    pub by: String,
    pub text: String,
}

/// What became of a notification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivered {
    /// The other side said that it has it.
    #[default]
    Delivered,
    /// It was given up after several attempts.
    Failed,
    /// It was not sent, because of a limit, quiet hours or a group.
    HeldBack,
}

/// Somebody was told of findings, or was not: the receipt of a notification.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Delivery {
    /// When it was decided.
    pub time: Time,
    /// Name of the channel.
    pub channel: String,
    /// What kind of channel: `slack`, `smtp`, `webhook`.
    pub means: String,
    /// What became of it.
    pub state: Delivered,
    /// Ids of the findings that it tells of, as far as it names them.
    pub findings: Vec<String>,
    /// How many findings it stands for.
    pub count: u64,
    /// How often it was tried.
    pub attempts: u64,
    /// Route that sent it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub route: String,
    /// Why it was sent, when not because of a new finding: `escalation`, `test`, `summary`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// What the other side said, or why it was not sent. Never a secret.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub answer: String,
    /// Id of the message, by which the other side knows it, too. One that is `held_back` is still to be told; what else became of it
    /// is the end of it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// A setting of the server was changed: a user, token, channel, route, rule file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct SettingChange {
    pub time: Time,
    pub by: String,
    /// What it is a setting of: `user`, `token`, `session`, `channel`, `route`, `rule_file`.
    pub what: String,
    /// Which one.
    pub id: String,
    pub action: ChangeAction,
    /// What it is now, without secrets.
    pub detail: Json,
}

/// What was done to an entry of a register.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "self-explanatory")]
pub enum ChangeAction {
    #[default]
    Added,
    Changed,
    Removed,
}

/// An acceptance came into force, was changed or taken back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AcceptanceChange {
    /// When.
    pub time: Time,
    /// What was done.
    pub action: ChangeAction,
    /// Id of the acceptance.
    pub id: String,
    /// The acceptance as it is from now on; as it was, when it was removed.
    pub acceptance: Json,
    /// Who or what brought the change, when that is known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub by: String,
}

/// A version of a control list came into use.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ControlsChange {
    /// When avouch first used it.
    pub time: Time,
    /// Id of the list.
    pub list: String,
    /// Version of the list.
    pub version: String,
    /// SHA-256, in hex, of its text.
    pub digest: String,
    /// Who approved it; empty for a draft.
    pub approved_by: String,
    /// On which day.
    pub approved_on: String,
    /// From when it is valid.
    pub valid_from: String,
    /// Number of controls.
    pub controls: u64,
}

/// What maps rules to criteria was changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct MappingChange {
    pub time: Time,
    /// SHA-256, in hex, over the mapping files in order.
    pub digest: String,
    /// Names of the files, without folders.
    pub files: Vec<String>,
}

/// A harmless act was done on purpose, to prove that a rule still fires. Kept apart from findings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Canary {
    /// When the act was done.
    pub time: Time,
    /// Machine.
    pub node: String,
    /// Rule that has to fire.
    pub rule: String,
    /// The word that marks the act.
    pub nonce: String,
    /// When the detection came; `None` when it did not come in time.
    pub seen: Option<Time>,
    /// The event was made up, and not an act the kernel saw.
    pub synthetic: bool,
}

/// A list or report was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Export {
    pub time: Time,
    pub what: String,
    /// The question that it answers, with its period.
    pub query: String,
    pub by: String,
    /// SHA-256 of its manifest, in hex.
    pub digest: String,
}

/// Somebody looked at the evidence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Login {
    pub time: Time,
    pub who: String,
    pub role: String,
}

/// A signed head of the ledger was published: whoever holds it can show that the ledger's end was not cut before it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Anchored {
    /// When.
    pub time: Time,
    /// By what means: `file`, `git`, `s3`, `tsa`.
    pub anchor: String,
    /// Where, in words that a person can follow.
    pub place: String,
    /// When, as the other side says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub their_time: Option<String>,
    /// Last record that the head vouches for.
    pub last_seq: u64,
    /// What the other side gave, in hex: a time-stamp reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
}

/// Something was done about a finding, or kept from happening.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Act {
    /// When.
    pub time: Time,
    /// Machine.
    pub node: String,
    /// What: `kill`, `stop`, `pause`, `quarantine`, `deny`.
    pub act: String,
    /// Id of the finding, when there is one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub finding: String,
    /// The rest, as the responder tells it.
    pub detail: Json,
}
