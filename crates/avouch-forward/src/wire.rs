//! What goes over the wire: `docs/FORWARD.md` says it for whoever writes another client.

use std::io::Read as _;

use avouch_finding::Time;
use avouch_ledger::{Source, is_kind, is_name};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// Name and version of the form, first thing in every batch.
pub const FORMAT: &str = "avouch.facts/1";

/// Where batches are sent, after the base address of the server.
pub const PATH: &str = "/api/v1/ingest/facts";

/// Media type of a batch: a line of JSON for who sends it, then one for each fact.
pub const CONTENT_TYPE: &str = "application/x-ndjson";

/// Facts that were refused and are named in an answer; the rest is counted.
pub const MAX_NAMED: usize = 20;

/// Longest header line of a batch.
const MAX_HEADER: usize = 16 << 10;

/// Who sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    /// Machine that the facts are of: 1 to 256 bytes without controls, quotes and backslashes, as is `run`.
    pub node: String,
    /// Cluster it belongs to; empty when nobody said so.
    #[serde(default)]
    pub cluster: String,
    /// Life of the agent in which the facts were told; numbers count from 1 in each.
    pub run: String,
    /// Version of the agent.
    #[serde(default)]
    pub version: String,
}

impl Sender {
    /// As which the ledger knows it.
    #[must_use]
    pub fn source(&self) -> Source {
        Source { name: self.node.clone(), run: self.run.clone() }
    }

    /// Whether its names may stand in a ledger.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let free = |text: &str| text.is_empty() || is_name(text);
        is_name(&self.node) && is_name(&self.run) && free(&self.cluster) && free(&self.version)
    }
}

/// A fact on its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WireFact {
    /// Number among the facts of its run, from 1. A number that is passed over was dropped by the agent, which says so in a later fact.
    pub seq: u64,
    /// When it happened.
    pub time: Time,
    /// As in [`avouch_finding::Fact::kind`].
    pub kind: String,
    /// As in [`avouch_finding::Fact::body`].
    pub body: Json,
}

/// Facts of one run, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Who sends them.
    pub sender: Sender,
    /// They; their numbers rise.
    pub facts: Vec<WireFact>,
}

/// The server's answer, given once everything up to the number is safe in its ledger, or was refused for good.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ack {
    /// Run that is meant.
    pub run: String,
    /// The agent may forget all facts of the run up to this one.
    pub acknowledged_seq: u64,
    /// Facts of the batch that the server does not take, and never will.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub refused_count: u64,
    /// The first of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Refused>,
}

/// A fact that the server does not take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Its number.
    pub seq: u64,
    /// Why.
    pub reason: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// What a server takes at once. A client stays well below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a body as it comes, compressed or not.
    pub body: usize,
    /// Bytes once it is decompressed.
    pub inflated: usize,
    /// Facts.
    pub facts: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { body: 8 << 20, inflated: 16 << 20, facts: 10_000 }
    }
}

/// Why a body is no batch.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum WireError {
    #[error("the body has more than {0} bytes, or {1} once decompressed")]
    TooLarge(usize, usize),
    #[error("a batch has at most {0} facts")]
    TooMany(usize),
    #[error("`{0}` is no encoding that is read; send gzip or none")]
    Encoding(String),
    #[error("failed to decompress the body")]
    Inflate(#[source] std::io::Error),
    #[error("line {0} of the batch is not JSON of the form {FORMAT}")]
    Line(usize, #[source] serde_json::Error),
    #[error("the batch has no line that says who sends it")]
    NoHeader,
    #[error("`{0}` is no form that is read; this server reads {FORMAT}")]
    Format(String),
    #[error(
        "the node, cluster, run or version of the sender is not a name: 1 to 256 bytes without controls, quotes and backslashes"
    )]
    Sender,
    #[error("the batch says that it has {told} facts and has {found}: it was cut on the way")]
    Cut { told: usize, found: usize },
    #[error("number {next} follows on {last}: the numbers of facts have to rise from 1 to less than 2^53")]
    Order { last: u64, next: u64 },
}

#[derive(Serialize, Deserialize)]
struct Header<'a> {
    format: std::borrow::Cow<'a, str>,
    #[serde(flatten)]
    sender: Sender,
    facts: usize,
}

/// Appends the header line of a batch that has so many facts.
pub(crate) fn write_header(out: &mut Vec<u8>, sender: &Sender, facts: usize) -> Result<(), serde_json::Error> {
    let header = Header { format: FORMAT.into(), sender: sender.clone(), facts };
    serde_json::to_writer(&mut *out, &header)?;
    out.push(b'\n');
    Ok(())
}

impl Batch {
    /// Reads a body. `encoding` is the value of `Content-Encoding`, when there is one.
    ///
    /// # Errors
    /// When it is larger than the limits allow, is not of this form, was cut, or its numbers do not rise. Whether single facts can be
    /// taken is asked with [`refusal`].
    pub fn decode(body: &[u8], encoding: Option<&str>, limits: &Limits) -> Result<Self, WireError> {
        let too_large = || WireError::TooLarge(limits.body, limits.inflated);
        if body.len() > limits.body {
            return Err(too_large());
        }
        let encoding = encoding.map(|e| e.trim().to_ascii_lowercase()).filter(|e| !e.is_empty() && e != "identity");
        match encoding.as_deref() {
            None => Self::parse(body, limits),
            Some("gzip" | "x-gzip") => {
                let mut text = Vec::new();
                let most = limits.inflated as u64 + 1;
                let mut decoder = flate2::read::GzDecoder::new(body).take(most);
                decoder.read_to_end(&mut text).map_err(WireError::Inflate)?;
                if text.len() > limits.inflated { Err(too_large()) } else { Self::parse(&text, limits) }
            }
            Some(other) => Err(WireError::Encoding(other.chars().take(40).collect())),
        }
    }

    fn parse(text: &[u8], limits: &Limits) -> Result<Self, WireError> {
        let mut lines = text.split(|b| *b == b'\n').enumerate().filter(|(_, line)| !line.is_empty());
        let (_, first) = lines.next().filter(|(_, line)| line.len() <= MAX_HEADER).ok_or(WireError::NoHeader)?;
        let header: Header<'_> = serde_json::from_slice(first).map_err(|e| WireError::Line(1, e))?;
        if header.format != FORMAT {
            return Err(WireError::Format(header.format.chars().take(40).collect()));
        }
        if !header.sender.is_valid() {
            return Err(WireError::Sender);
        }
        if header.facts > limits.facts {
            return Err(WireError::TooMany(limits.facts));
        }
        let (mut facts, mut last) = (Vec::with_capacity(header.facts.min(1_024)), 0);
        for (at, line) in lines {
            if facts.len() == header.facts {
                return Err(WireError::Cut { told: header.facts, found: facts.len() + 1 });
            }
            let fact: WireFact = serde_json::from_slice(line).map_err(|e| WireError::Line(at + 1, e))?;
            if fact.seq <= last || fact.seq >= 1 << 53 {
                return Err(WireError::Order { last, next: fact.seq });
            }
            last = fact.seq;
            facts.push(fact);
        }
        if facts.len() < header.facts {
            return Err(WireError::Cut { told: header.facts, found: facts.len() });
        }
        Ok(Self { sender: header.sender, facts })
    }

    /// The text that [`Batch::decode`] reads, without compression.
    ///
    /// # Errors
    /// None in practice: everything in a batch is JSON.
    pub fn encode(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut out = Vec::new();
        write_header(&mut out, &self.sender, self.facts.len())?;
        for fact in &self.facts {
            serde_json::to_writer(&mut out, fact)?;
            out.push(b'\n');
        }
        Ok(out)
    }
}

/// Kinds that people or the server itself tell. An agent that told one would speak in their name.
const NOT_OF_AGENTS: &[&str] = &[
    "acknowledgement",
    "anchor",
    "assignment",
    "controls",
    "delivery",
    "digest_check",
    "disposition",
    "estate",
    "export",
    "login",
    "note",
    "setting",
];

/// Why a fact is not taken from this sender: agents tell of what they watch, on their own machine, and of nothing else. `None` when it
/// is taken.
#[must_use]
pub fn refusal(sender: &Sender, fact: &WireFact) -> Option<String> {
    let kind = fact.kind.as_str();
    if !is_kind(kind) || kind.starts_with(avouch_ledger::OWN) {
        return Some("it is of no kind that can be told".to_owned());
    }
    if NOT_OF_AGENTS.contains(&kind) {
        return Some(format!("facts of kind `{kind}` are not an agent's to tell"));
    }
    let Json::Object(body) = &fact.body else { return Some("its body is no object".to_owned()) };
    let other = |key: &str, own: &str| {
        body.get(key).is_some_and(|v| v.as_str().is_none_or(|text| text != own && !(key != "node" && text.is_empty())))
    };
    if other("node", &sender.node) {
        return Some(format!("it is not of node `{}`", sender.node));
    }
    other("cluster", &sender.cluster).then(|| format!("it is not of cluster `{}`", sender.cluster))
}
