//! What a rule matched, as it is kept.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use crate::severity::Severity;
use crate::time::Time;

/// A rule matched an event.
///
/// It holds what was known when it was decided; what people made of it later are facts of their own that name its `id`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Finding {
    /// See [`FindingKey`].
    pub id: String,
    /// Time of the event.
    pub time: Time,
    /// Machine, or account for cloud records, that the event is of.
    pub node: String,
    /// Cluster that the node belongs to, when the user said so.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cluster: String,
    /// Run of avouch that decided it.
    pub run: String,
    /// Source of the event: `syscall`, `k8s_audit`, `aws_cloudtrail`.
    pub source: String,
    /// Number of the event in its run.
    pub event: u64,
    /// Name of the rule.
    pub rule: String,
    /// Digest of the rule set that decided it; see [`crate::RulesLoaded`].
    pub rules: String,
    /// Falco's priority of the rule.
    pub priority: String,
    /// What the priority comes to.
    pub severity: Severity,
    /// Criteria that it is evidence for first (`CC6.1`).
    pub criteria: Vec<String>,
    /// Criteria that it touches.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub criteria_secondary: Vec<String>,
    /// Points of focus (`CC6.1.pof03`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub points_of_focus: Vec<String>,
    /// Controls of NIST SP 800-53 revision 5.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nist_800_53: Vec<String>,
    /// Requirements of PCI DSS 4.0.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pci_dss: Vec<String>,
    /// Techniques of MITRE ATT&CK.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attack: Vec<String>,
    /// Tags of the rule.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The rule's output, filled in, without time and priority.
    pub output: String,
    /// Fields of the output and their values.
    pub fields: Map<String, Json>,
    /// Whole events that were lost around it: what it says is true, what it does not say may be missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost_events: Option<u64>,
    /// It happened in a container of which nothing was known.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub container_unknown: bool,
    /// File of the capture around it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slice: Option<String>,
    /// An acceptance covered it: it was kept and counted, nobody was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suppressed: Option<Suppressed>,
}

/// Why nobody was told of a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppressed {
    /// Id of the acceptance.
    pub acceptance: String,
}

/// What makes a finding the same finding: machine, source, time, number of the event and rule. Two runs over one recording
/// give the same ids.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "as in `Finding`")]
pub struct FindingKey<'a> {
    pub node: &'a str,
    pub source: &'a str,
    pub time: Time,
    pub event: u64,
    pub rule: &'a str,
}

impl FindingKey<'_> {
    /// The id: the first 32 hex digits of the SHA-256 over node, source and rule, each ended by a zero byte, and time and
    /// number as eight bytes each, the highest first.
    #[must_use]
    pub fn id(&self) -> String {
        let mut hash = Sha256::new();
        for text in [self.node, self.source, self.rule] {
            hash.update(text);
            hash.update([0]);
        }
        hash.update(self.time.0.to_be_bytes());
        hash.update(self.event.to_be_bytes());
        hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Whom and what a finding is about, as far as its fields tell; empty texts where they do not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Subject<'a> {
    pub user: &'a str,
    pub process: &'a str,
    pub command: &'a str,
    pub container: &'a str,
    pub image: &'a str,
    pub namespace: &'a str,
    pub pod: &'a str,
    /// File, Kubernetes object or cloud resource.
    pub object: &'a str,
}

impl Finding {
    /// The first of these fields that has a text.
    fn text(&self, names: &[&str]) -> &str {
        let known = |name: &&str| match self.fields.get(*name) {
            Some(Json::String(text)) if !matches!(text.as_str(), "" | "<NA>") => Some(text.as_str()),
            _ => None,
        };
        names.iter().find_map(known).unwrap_or_default()
    }

    /// Whom and what it is about.
    #[must_use]
    pub fn subject(&self) -> Subject<'_> {
        Subject {
            user: self.text(&["user.name", "ka.user.name", "ct.user", "ct.user.arn", "user.loginname"]),
            process: self.text(&["proc.name", "proc.exepath", "proc.exe"]),
            command: self.text(&["proc.cmdline"]),
            container: self.text(&["container.name", "container.id"]),
            image: self.text(&["container.image.repository", "container.image", "ka.req.pod.containers.image"]),
            namespace: self.text(&["k8s.ns.name", "ka.target.namespace"]),
            pod: self.text(&["k8s.pod.name", "ka.target.pod.name"]),
            object: self.text(&["fd.name", "ka.target.name", "fs.path.name", "ct.info", "ct.request.name"]),
        }
    }
}
