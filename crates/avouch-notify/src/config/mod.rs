//! The configuration: channels and routes, in one YAML file.

mod parse;
mod quiet;
mod values;

use serde::{Deserialize, Serialize};

pub use parse::{CODES, ConfigError};
pub use quiet::{Day, Hour, Quiet, Zone};
pub(crate) use values::hidden_address;
pub use values::{Length, Link, Target};

use crate::channel::To;
use crate::glob::Glob;
use avouch_finding::{Finding, Severity};

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Address of the console, to which messages link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub console: Option<Link>,
    /// Whom can be told, and how.
    #[serde(default)]
    pub channels: Vec<Channel>,
    /// What is told to whom. The first route that fits a finding takes it, unless it says `continue`.
    #[serde(default)]
    pub routes: Vec<Route>,
}

/// A way to tell somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// Its name, for routes and receipts.
    pub name: String,
    /// By what means.
    pub to: To,
    /// Most messages in a stretch of time; what is above is held back, counted, and told with the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Rate>,
    /// Which acts of people it is told; what its means are made for when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pass_on: Option<Vec<PassOn>>,
    /// What is done when it fails.
    #[serde(default)]
    pub retry: Retry,
    /// Most messages that wait for it.
    #[serde(default = "queue")]
    pub queue: u16,
    /// How long one attempt may take.
    #[serde(default = "timeout")]
    pub timeout: Length,
}

/// An act of people about findings that were told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PassOn {
    /// Somebody acknowledged one of them.
    Acknowledge,
    /// Somebody decided about the last of them.
    Close,
}

impl Channel {
    /// Whether it is told of such acts.
    #[must_use]
    pub fn passes_on(&self, what: PassOn) -> bool {
        let asked = self.pass_on.as_ref().map_or_else(|| self.to.is_made_for(what), |list| list.contains(&what));
        asked && self.to.can_tell(what)
    }
}

fn queue() -> u16 {
    1000
}

fn timeout() -> Length {
    Length::seconds(10)
}

/// So many messages in so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// From 1 to 10,000.
    pub messages: u16,
    /// In any stretch of this length.
    pub per: Length,
}

/// Attempts and the waits between them: each twice the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retry {
    /// How often a message is tried at most.
    pub attempts: u16,
    /// The wait after the first failure.
    pub first: Length,
    /// The longest wait.
    pub longest: Length,
}

impl Default for Retry {
    fn default() -> Self {
        Self { attempts: 8, first: Length::seconds(1), longest: Length::seconds(300) }
    }
}

/// Which findings are told to whom, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Its name, in receipts; what it tells is kept apart by it.
    pub name: String,
    /// Which findings.
    #[serde(default, rename = "match")]
    pub matcher: Matcher,
    /// Names of channels.
    pub channels: Vec<String>,
    /// Routes after this one may take the finding, too.
    #[serde(default, rename = "continue")]
    pub goes_on: bool,
    /// Findings that have these in common are told together.
    #[serde(default = "group_by")]
    pub group_by: Vec<Label>,
    /// How long a new group waits for more findings.
    #[serde(default = "group_wait")]
    pub group_wait: Length,
    /// How long after a message a group is silent.
    #[serde(default = "group_interval")]
    pub group_interval: Length,
    /// How often a group is told again while nobody acknowledged it; for a week at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeat: Option<Length>,
    /// When nobody is told, until the hours end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quiet: Vec<Quiet>,
    /// Who is told when nobody acknowledged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub escalate: Vec<Escalation>,
}

fn group_by() -> Vec<Label> {
    vec![Label::Rule, Label::Cluster, Label::Namespace]
}

fn group_wait() -> Length {
    Length::seconds(30)
}

fn group_interval() -> Length {
    Length::seconds(300)
}

/// One step of an escalation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Escalation {
    /// So long after the group was first told.
    pub after: Length,
    /// Names of channels.
    pub channels: Vec<String>,
}

/// What a finding must be. Of each list one pattern must fit; an empty one asks for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Matcher {
    /// This severe, or worse.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Severity>,
    /// Criteria that it serves or touches: `CC6.*`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub criterion: Vec<Glob>,
    /// Cluster.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cluster: Vec<Glob>,
    /// Kubernetes namespace.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub namespace: Vec<Glob>,
    /// Machine.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub node: Vec<Glob>,
    /// Name of the rule.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rule: Vec<Glob>,
    /// Tags of the rule.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tag: Vec<Glob>,
    /// Source of the event.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub source: Vec<Glob>,
}

impl Matcher {
    /// Whether a finding is meant.
    #[must_use]
    pub fn fits(&self, finding: &Finding) -> bool {
        fn any<'a>(globs: &[Glob], texts: impl IntoIterator<Item = &'a str>) -> bool {
            globs.is_empty() || texts.into_iter().any(|t| globs.iter().any(|g| g.fits(t)))
        }
        let criteria = finding.criteria.iter().chain(&finding.criteria_secondary).map(String::as_str);
        self.at_least.is_none_or(|least| finding.severity >= least)
            && any(&self.criterion, criteria)
            && any(&self.cluster, [finding.cluster.as_str()])
            && any(&self.namespace, [finding.subject().namespace])
            && any(&self.node, [finding.node.as_str()])
            && any(&self.rule, [finding.rule.as_str()])
            && any(&self.tag, finding.tags.iter().map(String::as_str))
            && any(&self.source, [finding.source.as_str()])
    }
}

/// Something that findings can have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "self-explanatory")]
pub enum Label {
    Rule,
    Severity,
    Source,
    /// The first criterion that it serves.
    Criterion,
    Cluster,
    Node,
    Namespace,
    Pod,
    Container,
    Image,
    User,
    /// The finding itself: each is told alone.
    Finding,
}

impl Label {
    /// Its name, as the file writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Severity => "severity",
            Self::Source => "source",
            Self::Criterion => "criterion",
            Self::Cluster => "cluster",
            Self::Node => "node",
            Self::Namespace => "namespace",
            Self::Pod => "pod",
            Self::Container => "container",
            Self::Image => "image",
            Self::User => "user",
            Self::Finding => "finding",
        }
    }

    /// What a finding has there; empty when it has nothing.
    #[must_use]
    pub fn of(self, finding: &Finding) -> String {
        let subject = finding.subject();
        match self {
            Self::Rule => &finding.rule,
            Self::Severity => finding.severity.name(),
            Self::Source => &finding.source,
            Self::Criterion => finding.criteria.first().map_or("", String::as_str),
            Self::Cluster => &finding.cluster,
            Self::Node => &finding.node,
            Self::Namespace => subject.namespace,
            Self::Pod => subject.pod,
            Self::Container => subject.container,
            Self::Image => subject.image,
            Self::User => subject.user,
            Self::Finding => &finding.id,
        }
        .to_owned()
    }
}
