//! Digests of CloudTrail's log file validation: each names the log files of an hour with their SHA-256, and the digest before
//! it. So a log file that is missing or changed shows, and a digest that is.
//!
//! Format: <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html>.
//! Hashes are over the files without their compression. The digest's own signature is not verified here: it takes the
//! service's public keys, which only a call of its API gives. What is found is loss and change, not a forger who rewrote
//! all files and the whole chain.

use std::collections::{BTreeMap, VecDeque};

use avouch_finding::{Gap, Time};
use rustc_hash::FxHashMap;
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// Files and chains that are remembered.
const FILES: usize = 100_000;
const CHAINS: usize = 4_096;

/// How a digest begins is enough to tell it from a file of records.
const HEAD: usize = 4 << 10;

/// A digest, as far as it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct DigestFile {
    aws_account_id: String,
    digest_start_time: Time,
    digest_end_time: Time,
    digest_s3_object: String,
    previous_digest_s3_object: Option<String>,
    previous_digest_hash_value: Option<String>,
    log_files: Vec<LogFile>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct LogFile {
    s3_object: String,
    hash_value: String,
    oldest_event_time: Option<Time>,
    newest_event_time: Option<Time>,
}

impl DigestFile {
    /// `None` when it is no digest.
    pub(super) fn parse(plain: &[u8]) -> Option<Self> {
        let head = plain.get(..HEAD).unwrap_or(plain);
        memchr::memmem::find(head, b"\"digestS3Object\"")?;
        let digest: Self = serde_json::from_slice(plain).ok()?;
        (!digest.digest_s3_object.is_empty()).then_some(digest)
    }

    pub(super) fn account(&self) -> &str {
        &self.aws_account_id
    }
}

/// What a digest says of a file.
#[derive(Clone, Debug)]
struct Listed {
    node: String,
    sha256: String,
    from: Time,
    to: Time,
    /// When it is to be missed; `None` when it may have come before this run began.
    due: Option<Time>,
}

/// A file that came, or is to come.
#[derive(Clone, Debug, Default)]
struct Known {
    sha256: Option<String>,
    listed: Option<Listed>,
    /// The content for which it was told that it is another one.
    told: Option<String>,
}

/// All chains of all accounts.
#[derive(Debug)]
pub(super) struct Chains {
    patience: u64,
    begun: Option<Time>,
    /// By name without folders, which holds account, region, time and a random part.
    files: FxHashMap<String, Known>,
    order: VecDeque<String>,
    /// End of the last digest of each chain.
    ends: BTreeMap<String, Time>,
}

impl Chains {
    pub(super) fn new(patience: u64) -> Self {
        Self { patience, begun: None, files: FxHashMap::default(), order: VecDeque::new(), ends: BTreeMap::new() }
    }

    /// Files of before are not missed.
    pub(super) fn begin(&mut self, now: Time) {
        self.begun.get_or_insert(now);
    }

    /// A file came.
    pub(super) fn file(&mut self, name: &str, plain: &[u8]) -> Vec<Gap> {
        let name = base(name).to_owned();
        let sha256: String = Sha256::digest(plain).iter().map(|b| format!("{b:02x}")).collect();
        let known = self.known(&name);
        known.sha256 = Some(sha256);
        check(&name, known).into_iter().collect()
    }

    /// A digest came, at `now`.
    pub(super) fn digest(&mut self, node: &str, digest: &DigestFile, plain: &[u8], now: Time) -> Vec<Gap> {
        let begun = *self.begun.get_or_insert(now);
        let (from, to) = (digest.digest_start_time, digest.digest_end_time);
        let mut gaps = self.file(&digest.digest_s3_object, plain);
        let due = (from >= begun).then_some(Time(now.0.saturating_add(self.patience)));
        for log in &digest.log_files {
            let (from, to) = (log.oldest_event_time.unwrap_or(from), log.newest_event_time.unwrap_or(to));
            let (node, sha256) = (node.to_owned(), log.hash_value.to_ascii_lowercase());
            gaps.extend(self.list(&log.s3_object, Listed { node, sha256, from, to: after(to), due }));
        }
        let chain = chain(&digest.digest_s3_object);
        let before = self.ends.get(&chain).copied();
        match (&digest.previous_digest_s3_object, &digest.previous_digest_hash_value) {
            (Some(object), Some(hash)) => {
                // The first digest of this run stands on one of before it.
                let due = before.and(due);
                let length = to.0.saturating_sub(from.0);
                let listed = Listed {
                    node: node.to_owned(),
                    sha256: hash.to_ascii_lowercase(),
                    from: before.filter(|b| *b < from).unwrap_or(Time(from.0.saturating_sub(length))),
                    to: from,
                    due,
                };
                gaps.extend(self.list(object, listed));
            }
            // A chain begins when validation is switched on: one that began anew was off.
            _ => gaps.extend(before.filter(|b| *b < from).map(|end| {
                gap(
                    node,
                    end,
                    from,
                    format!("the chain of digests begins anew with `{}`", base(&digest.digest_s3_object)),
                )
            })),
        }
        if self.ends.len() < CHAINS || before.is_some() {
            let end = self.ends.entry(chain).or_insert(to);
            *end = (*end).max(to);
        }
        gaps
    }

    /// Listed files whose time is over.
    pub(super) fn overdue(&mut self, now: Time) -> Vec<Gap> {
        let mut gaps = Vec::new();
        for name in &self.order {
            let Some(known) = self.files.get_mut(name).filter(|k| k.sha256.is_none()) else { continue };
            if let Some(listed) = &mut known.listed
                && listed.due.is_some_and(|due| due <= now)
            {
                listed.due = None;
                gaps.push(gap(&listed.node, listed.from, listed.to, format!("`{name}` is missing; a digest lists it")));
            }
        }
        gaps
    }

    fn list(&mut self, object: &str, listed: Listed) -> Option<Gap> {
        let name = base(object).to_owned();
        let known = self.known(&name);
        known.listed = Some(listed);
        check(&name, known)
    }

    fn known(&mut self, name: &str) -> &mut Known {
        if !self.files.contains_key(name) {
            self.order.push_back(name.to_owned());
            if self.order.len() > FILES
                && let Some(oldest) = self.order.pop_front()
            {
                self.files.remove(&oldest);
            }
        }
        self.files.entry(name.to_owned()).or_default()
    }
}

/// Whether a file that came is the one that was listed; told once, however often both come.
fn check(name: &str, known: &mut Known) -> Option<Gap> {
    let (came, listed) = (known.sha256.as_ref()?, known.listed.as_ref()?);
    if *came == listed.sha256 || known.told.as_ref() == Some(came) {
        return None;
    }
    known.told = Some(came.clone());
    let reason = format!("`{name}` is not the file that a digest lists: its SHA-256 differs");
    Some(gap(&listed.node, listed.from, listed.to, reason))
}

fn gap(node: &str, from: Time, to: Time, reason: String) -> Gap {
    Gap { from, to: to.max(from), node: node.to_owned(), source: "aws_cloudtrail".to_owned(), reason }
}

/// A stretch that holds its last moment.
fn after(time: Time) -> Time {
    Time(time.0.saturating_add(1))
}

fn base(object: &str) -> &str {
    object.rsplit('/').next().unwrap_or(object)
}

/// What the digests of one trail and region have in common: their name without its time.
fn chain(object: &str) -> String {
    let name = base(object);
    let is_time =
        |part: &str| part.len() == 16 && part.ends_with('Z') && part.starts_with(|c: char| c.is_ascii_digit());
    name.split(['_', '.']).filter(|part| !is_time(part)).collect::<Vec<_>>().join("_")
}
