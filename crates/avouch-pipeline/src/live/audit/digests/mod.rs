//! Digests of CloudTrail's log file validation: each names the log files of an hour with their SHA-256, and the digest before
//! it. So a log file that is missing or changed shows, and a digest that is.
//!
//! Format: <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html>.
//! Hashes are over the files without their compression. The signature of a digest stands beside it in the bucket, and once more in the
//! digest after it: a copy of the files alone is verified an hour later. It takes the service's public keys, which the operator gives
//! ([`DigestKeys`]); without them loss and change show, and a forger who rewrote all files and the whole chain does not.

mod file;
mod keys;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use avouch_finding::{DigestCheck, Gap, SignatureState, Time};
use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};

pub(super) use file::DigestFile;
use keys::Verdict;
pub use keys::{DigestKeys, KeyError};

use super::minutes::whole_minutes;

/// The one way in which digests are signed.
const ALGORITHM: &str = "SHA256withRSA";
/// The source.
const SOURCE: &str = "aws_cloudtrail";

/// How the reason of a gap ends that tells of a file of another content than was listed.
const CHANGED: &str = "its SHA-256 differs";

/// Files and chains that are remembered.
const FILES: usize = 100_000;
const CHAINS: usize = 4_096;

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
    /// The content, of a digest, whose signature was looked at.
    checked: Option<String>,
    /// The signature, of a digest, that the one after it names.
    signature: Option<String>,
}

/// A digest without a signature beside it: the next one names it.
#[derive(Debug)]
struct Unsigned {
    name: String,
    text: String,
    check: DigestCheck,
    /// When it is no longer waited for.
    due: Time,
}

/// How a digest came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Came<'a> {
    /// The account that it is of.
    pub(super) node: &'a str,
    /// The name under which it lay.
    pub(super) name: &'a str,
    /// Without its compression.
    pub(super) plain: &'a [u8],
    /// The signature that stood beside it, in hex.
    pub(super) signature: Option<&'a str>,
    pub(super) now: Time,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) gaps: Vec<Gap>,
    pub(super) checks: Vec<DigestCheck>,
}

/// All chains of all accounts.
#[derive(Debug)]
pub(super) struct Chains {
    patience: u64,
    keys: Arc<DigestKeys>,
    unsigned: VecDeque<Unsigned>,
    begun: Option<Time>,
    /// By name without folders, which holds account, region, time and a random part.
    files: FxHashMap<String, Known>,
    order: VecDeque<String>,
    /// End of the last digest of each chain.
    ends: BTreeMap<String, Time>,
}

impl Chains {
    pub(super) fn new(patience: u64, keys: Arc<DigestKeys>) -> Self {
        Self {
            patience,
            keys,
            unsigned: VecDeque::new(),
            begun: None,
            files: FxHashMap::default(),
            order: VecDeque::new(),
            ends: BTreeMap::new(),
        }
    }

    /// Files of before are not missed.
    pub(super) fn begin(&mut self, now: Time) {
        self.begun.get_or_insert(now);
    }

    /// A file came.
    pub(super) fn file(&mut self, name: &str, plain: &[u8]) -> Vec<Gap> {
        let name = base(name).to_owned();
        let sha256 = sha256(plain);
        let known = self.known(&name);
        known.sha256 = Some(sha256);
        check(&name, known).into_iter().collect()
    }

    /// A digest came.
    pub(super) fn digest(&mut self, digest: &DigestFile, came: &Came<'_>) -> Found {
        let (node, now) = (came.node, came.now);
        let begun = *self.begun.get_or_insert(now);
        let (from, to) = digest.span();
        let mut found = Found { gaps: self.file(&digest.digest_s3_object, came.plain), ..Found::default() };
        self.before(digest, now, &mut found);
        self.signature(digest, came, &mut found);
        let gaps = &mut found.gaps;
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
        found
    }

    /// The digest before it has its signature here, and may wait for it.
    fn before(&mut self, digest: &DigestFile, now: Time, found: &mut Found) {
        let Some((object, signature)) =
            digest.previous_digest_s3_object.as_deref().zip(digest.previous_digest_signature.as_deref())
        else {
            return;
        };
        let name = base(object);
        self.known(name).signature = Some(signature.to_owned());
        let waiting = self.unsigned.iter().position(|u| u.name == name);
        if let Some(Unsigned { text, check, .. }) = waiting.and_then(|n| self.unsigned.remove(n)) {
            found.look(DigestCheck { time: now, ..check }, &self.keys, &text, signature);
        }
    }

    fn signature(&mut self, digest: &DigestFile, came: &Came<'_>, found: &mut Found) {
        let now = came.now;
        let name = base(&digest.digest_s3_object).to_owned();
        let known = self.known(&name);
        let sha256 = known.sha256.clone().unwrap_or_default();
        if known.checked.replace(sha256.clone()).is_some_and(|checked| checked == sha256) {
            return;
        }
        let signature = came.signature.map(str::to_owned).or_else(|| known.signature.clone());
        let (from, to) = digest.span();
        let text = digest.signed_text(&sha256);
        let check = DigestCheck {
            time: now,
            node: came.node.to_owned(),
            source: SOURCE.to_owned(),
            name: name.clone(),
            sha256,
            from,
            to,
            files: digest.log_files.len() as u64,
            key: digest.digest_public_key_fingerprint.clone(),
            ..DigestCheck::default()
        };
        let not_verified = |reason: &str| DigestCheck { reason: reason.to_owned(), ..check.clone() };
        let came_as = base(came.name);
        // A copy may have lost its compression.
        if came_as.trim_end_matches(".gz") != name.trim_end_matches(".gz") {
            let reason = format!("it lies under another name than it was written to: `{came_as}`");
            found.check(DigestCheck { signature: SignatureState::Failed, reason, ..check });
        } else if self.keys.is_empty() {
            found.check(not_verified("no key was given"));
        } else if digest.digest_signature_algorithm != ALGORITHM {
            found.check(not_verified(&format!("it is not signed by {ALGORITHM}")));
        } else if let Some(signature) = signature {
            found.look(check, &self.keys, &text, &signature);
        } else {
            // A digest is written each hour, and may take as long as a log file to come.
            let due = Time(now.0.saturating_add(self.patience.saturating_mul(2)));
            self.unsigned.push_back(Unsigned { name, text, check, due });
            if self.unsigned.len() > CHAINS
                && let Some(oldest) = self.unsigned.pop_front()
            {
                found.check(oldest.given_up(now, "too many digests wait for their signatures"));
            }
        }
    }

    /// Listed files whose time is over, and digests whose signatures did not come; with `all`, none is waited for any more.
    pub(super) fn overdue(&mut self, now: Time, all: bool) -> Found {
        let mut found = Found::default();
        let (late, waiting): (VecDeque<Unsigned>, VecDeque<Unsigned>) =
            self.unsigned.drain(..).partition(|u| all || u.due <= now);
        self.unsigned = waiting;
        for unsigned in late {
            let why =
                if all { "the run ended before its signature came" } else { "no digest came that names its signature" };
            found.check(unsigned.given_up(now, why));
        }
        let gaps = &mut found.gaps;
        for name in &self.order {
            let Some(known) = self.files.get_mut(name).filter(|k| k.sha256.is_none()) else { continue };
            if let Some(listed) = &mut known.listed
                && listed.due.is_some_and(|due| due <= now)
            {
                listed.due = None;
                gaps.push(gap(&listed.node, listed.from, listed.to, format!("`{name}` is missing; a digest lists it")));
            }
        }
        found
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

impl Unsigned {
    fn given_up(self, now: Time, why: &str) -> DigestCheck {
        DigestCheck { time: now, reason: why.to_owned(), ..self.check }
    }
}

impl Found {
    /// Asks the keys.
    fn look(&mut self, check: DigestCheck, keys: &DigestKeys, text: &str, signature: &str) {
        let (state, reason) = match bytes_of(signature).map(|bytes| keys.verify(&check.key, text, &bytes)) {
            Some(Verdict::Good) => (SignatureState::Verified, ""),
            Some(Verdict::NoKey) => (SignatureState::NotVerified, "the key that it names was not given"),
            Some(Verdict::Bad) => (SignatureState::Failed, "its signature was not made with the key that it names"),
            None => (SignatureState::Failed, "its signature is none"),
        };
        self.check(DigestCheck { signature: state, reason: reason.to_owned(), ..check });
    }

    /// What a digest names whose signature is not good may be anything: nothing says that all files of its time came.
    fn check(&mut self, check: DigestCheck) {
        if check.signature == SignatureState::Failed {
            let reason = format!("digest `{}` cannot be trusted: {}", check.name, check.reason);
            self.gaps.push(gap(&check.node, check.from, check.to, reason));
        }
        self.checks.push(check);
    }
}

/// The bytes of a text in hex; `None` when it is none.
fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> =
        hex.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    (rest.is_empty() && !pairs.is_empty()).then(|| pairs.iter().map(|[a, b]| a << 4 | b).collect())
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// Whether a file that came is the one that was listed; told once, however often both come.
fn check(name: &str, known: &mut Known) -> Option<Gap> {
    let (came, listed) = (known.sha256.as_ref()?, known.listed.as_ref()?);
    if *came == listed.sha256 || known.told.as_ref() == Some(came) {
        return None;
    }
    known.told = Some(came.clone());
    let reason = format!("`{name}` is not the file that a digest lists: {CHANGED}");
    Some(gap(&listed.node, listed.from, listed.to, reason))
}

/// Whether a gap tells of a log file, or a digest, that is not what the digest says that lists it. One that is missing may still come;
/// one that is another was changed.
#[must_use]
pub fn tells_of_change(gap: &Gap) -> bool {
    gap.source == SOURCE && gap.partial && gap.reason.ends_with(CHANGED)
}

fn gap(node: &str, from: Time, to: Time, reason: String) -> Gap {
    let (from, to) = whole_minutes(from, to);
    // Other files of that time may have come.
    Gap { from, to, node: node.to_owned(), source: SOURCE.to_owned(), partial: true, reason }
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
