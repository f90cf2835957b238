//! What the ledger records of itself, under kinds that begin with `ledger.`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Digest, Source, keys::KeyEntry, record::OWN};

/// Bodies of the ledger's own records. `kind` is `ledger.` and the name in snake case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "what", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Own {
    /// Always record 1.
    Created {
        /// What the maker says of the ledger.
        about: Value,
        key: KeyEntry,
        ledger: String,
        /// SHA-256 of the salt of redactions: shows when it was replaced.
        salt: Digest,
    },
    /// First record of every further segment, so that it can be verified without those before: what stands at its beginning.
    Segment { key: KeyEntry, ledger: String, redacted: u64, salt: Digest, segment: u64, sources: Vec<SourceState> },
    /// The old key signs the new one, see `KeyEntry::rotation`. Heads that reach this record are the new key's.
    KeyRotated { new: KeyEntry, old: String, sig: String },
    /// The old secret key is lost: nothing ties the new one to it but this record.
    KeyLost { new: KeyEntry, old: String },
    /// The salt is lost; digests before and after cannot be compared.
    SaltLost { salt: Digest },
    /// The writer before did not end by closing the ledger.
    Recovery {
        /// Bytes cut from the end of the segment; 0 when it was whole.
        bytes_cut: u64,
        /// SHA-256 of those bytes.
        cut_sha256: Digest,
        /// Whole lines among them: records that were written, never acknowledged, and follow on damage.
        lines_cut: u64,
        /// Bytes cut from the end of `heads.jsonl`.
        head_bytes_cut: u64,
        /// Last record that stands.
        last_seq: u64,
        segment: u64,
    },
    /// A source's numbers `first` to `last` never came to the ledger.
    SourceGap { first: u64, last: u64, name: String, run: String },
}

/// Where a source's numbers stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct SourceState {
    pub name: String,
    pub run: String,
    pub seq: u64,
}

impl Own {
    /// Kind and body.
    pub fn parts(&self) -> (String, Value) {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        (format!("{OWN}{}", value["kind"].as_str().unwrap_or_default()), value["what"].take())
    }

    /// `None` for a record that is not the ledger's own, `Some(None)` for one that should be and cannot be read.
    pub fn parse(kind: &str, body: &str) -> Option<Option<Self>> {
        let name = kind.strip_prefix(OWN)?;
        let body: Option<Value> = serde_json::from_str(body).ok();
        Some(body.and_then(|what| serde_json::from_value(serde_json::json!({"kind": name, "what": what})).ok()))
    }
}

/// Source of the ledger's own records.
pub fn own_source(ledger: &str) -> Source {
    Source { name: "ledger".to_owned(), run: ledger.to_owned() }
}
