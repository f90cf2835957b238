//! Requests for sessions in pods: exec, attach, port-forward, containers for debugging.
//!
//! Records of the API server's audit log are judged and not kept unless a rule matches, so that requests are known by the
//! findings of such rules. Which findings these are, their fields say, which stand in the ledger alone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use avouch_finding::{Fact, Finding, Time};
use avouch_ledger::{LedgerError, Reader, RecordRef};
use avouch_store::StoredFinding;
use memchr::memmem;
use serde_json::Value as Json;

/// Findings looked at more closely at most.
const MOST: usize = 200_000;

/// Why requests cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("failed to read requests for sessions from the ledger")]
pub struct RequestError(#[from] LedgerError);

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Asked {
    /// A program in a container.
    Exec,
    /// The streams of a container's own program.
    Attach,
    /// A tunnel to a port.
    PortForward,
    /// One more container in a running pod.
    Debug,
}

impl Asked {
    /// From the name of the subresource.
    fn of(subresource: &str) -> Option<Self> {
        Some(match subresource {
            "exec" => Self::Exec,
            "attach" => Self::Attach,
            "portforward" => Self::PortForward,
            "ephemeralcontainers" => Self::Debug,
            _ => return None,
        })
    }
}

/// A session was asked for, and granted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Request {
    pub time: Time,
    pub asked: Asked,
    /// That it was granted; `None` where the finding does not keep the answer.
    pub granted: Option<bool>,
    /// As the API server knew the user.
    pub user: String,
    /// Where the request came from.
    pub addresses: String,
    /// Node as the audit log is known by, and its cluster.
    pub node: String,
    pub cluster: String,
    pub namespace: String,
    pub pod: String,
    /// First word of the command that was asked for; empty where it is not recorded.
    pub command: String,
    /// Rule that told of it; the first one, where several did.
    pub rule: String,
    /// Number of the finding's record.
    pub record: u64,
    /// What was decided about the finding, by whom, why, and the incident or ticket named.
    pub decided: Option<(String, String)>,
}

/// Findings that may tell of a request, noted as findings pass by.
#[derive(Debug, Default)]
pub struct Candidates {
    /// By record: what was decided.
    by_record: BTreeMap<u64, Option<(String, String)>>,
    /// Findings that were not looked at because there were too many.
    pub beyond: u64,
}

impl Candidates {
    /// Notes a finding that may be one.
    pub fn look(&mut self, f: &StoredFinding) {
        if &*f.source != "k8s_audit" || !(may_tell(&f.rule) || may_tell(&f.output)) {
            return;
        }
        if self.by_record.len() >= MOST {
            self.beyond += 1;
            return;
        }
        let decided = f.decided.as_ref().map(|d| {
            let words = format!("{} by {}: {}", d.decision.name(), d.by, d.reason);
            (words, d.incident.clone())
        });
        self.by_record.insert(f.record.seq, decided);
    }

    /// Reads the findings whole and keeps those that are requests, each request once, in order of time.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn read(mut self, ledger_dir: &Path) -> Result<Vec<Request>, RequestError> {
        let mut out: Vec<Request> = Vec::new();
        if self.by_record.is_empty() {
            return Ok(out);
        }
        let ledger = Reader::open(ledger_dir)?;
        // By where a segment begins, the last one wanted of it: segments of which none is wanted are not opened.
        let places = self.by_record.keys().filter_map(|seq| Some((ledger.segment_of(*seq)?.1, *seq)));
        let segments: BTreeMap<u64, u64> = places.collect();
        let mut seen: BTreeSet<(String, String, u64, u64)> = BTreeSet::new();
        let key = memmem::Finder::new(SUBRESOURCE);
        for (first, last) in segments {
            let mut records = ledger.records(first);
            for _ in first..=last {
                let Some(line) = records.next_line()? else { break };
                if !names_a_session(&key, line) {
                    continue;
                }
                // What is wanted and not there is passed over, and so is what is no record: the verifier names both.
                let Ok(record) = RecordRef::parse(line) else { continue };
                let Some(decided) = self.by_record.remove(&record.seq) else { continue };
                let body = serde_json::from_str(record.body).ok();
                let fact = body.and_then(|body| Fact::read(record.kind, body).ok());
                if let Some(Fact::Finding(f)) = fact
                    && let Some(request) = request(&f, record.seq, decided)
                    // Several rules may match one request.
                    && seen.insert((f.node.clone(), f.run.clone(), f.time.0, f.event))
                {
                    out.push(request);
                }
            }
        }
        out.sort_by_key(|r| (r.time, r.record));
        Ok(out)
    }
}

/// Words of which a rule about sessions, or its output, has one. What they let through is looked at; what they keep out
/// tells of no session.
fn may_tell(text: &str) -> bool {
    const WORDS: [&str; 5] = ["exec", "attach", "portforward", "port-forward", "ephemeral"];
    let text = text.to_ascii_lowercase();
    WORDS.iter().any(|w| text.contains(w)) || text.contains("added to a running pod")
}

/// As a record has it, which is canonical: nothing stands between key and value.
const SUBRESOURCE: &[u8] = b"\"ka.target.subresource\":\"";

/// Whether a record names one of the subresources, which is seen sooner than the record is read.
fn names_a_session(key: &memmem::Finder<'_>, line: &[u8]) -> bool {
    key.find_iter(line).any(|at| {
        let value = line.get(at + SUBRESOURCE.len()..).unwrap_or_default();
        let name = value.split(|b| *b == b'"').next().and_then(|name| std::str::from_utf8(name).ok());
        name.is_some_and(|name| Asked::of(name).is_some())
    })
}

fn request(f: &Finding, record: u64, decided: Option<(String, String)>) -> Option<Request> {
    let text = |key: &str| match f.fields.get(key) {
        Some(Json::String(text)) if text != "<NA>" => text.clone(),
        Some(Json::Number(n)) => n.to_string(),
        Some(Json::Array(all)) => all.iter().filter_map(Json::as_str).collect::<Vec<_>>().join(", "),
        _ => String::new(),
    };
    let resource = text("ka.target.resource");
    if !resource.is_empty() && resource != "pods" && resource != "services" {
        return None;
    }
    // Rules about refused requests name the same objects.
    let granted = match text("ka.response.code").as_str() {
        "" => None,
        code => Some(matches!(code, "101" | "200" | "201")),
    };
    if granted == Some(false) {
        return None;
    }
    Some(Request {
        granted,
        time: f.time,
        asked: Asked::of(&text("ka.target.subresource"))?,
        user: text("ka.user.name"),
        addresses: text("ka.sourceips"),
        node: f.node.clone(),
        cluster: f.cluster.clone(),
        namespace: text("ka.target.namespace"),
        pod: text("ka.target.name"),
        command: text("ka.uri.param[command]"),
        rule: f.rule.clone(),
        record,
        decided,
    })
}
