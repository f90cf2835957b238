//! Records to be: what a caller gives, and what is refused.

use avouch_chain::{Digest, MAX_LINE, OWN, Source, Time, is_kind, is_name, write_canonical};
use serde_json::Value;

use crate::error::RecordError;

/// A record to be.
#[derive(Clone, Debug)]
pub struct Draft {
    /// When it happened.
    pub time: Time,
    /// Who tells it.
    pub source: Source,
    /// The source's own number of the record, from 1 without a hole, when the source counts; else the ledger does. Numbers
    /// that were passed over are recorded as lost.
    pub source_seq: Option<u64>,
    /// What sort of fact, as in `finding`: 1 to 64 of a-z, 0-9, `_`, `-` and `.`.
    pub kind: String,
    /// The fact: a JSON object. Secrets in it are redacted before it is hashed.
    pub body: Value,
}

/// What became of a draft. It is safe only once [`crate::Ledger::sync`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Number of the record in the ledger, from 1.
    pub seq: u64,
    /// Number of the record among those of its source, from 1.
    pub source_seq: u64,
    /// SHA-256 of the line. With the ledger's id and `seq`, this is the record's id.
    pub hash: Digest,
    /// Secrets that were redacted.
    pub redacted: u64,
}

/// Whether a caller may append such a record: its kind, its source, and that its body is an object.
pub(crate) fn check(draft: &Draft) -> Result<(), RecordError> {
    if !is_kind(&draft.kind) || draft.kind.starts_with(OWN) {
        return Err(RecordError::Kind(draft.kind.clone()));
    }
    if let Some(name) = [&draft.source.name, &draft.source.run].into_iter().find(|name| !is_name(name)) {
        return Err(RecordError::Source(name.clone()));
    }
    if draft.body.is_object() { Ok(()) } else { Err(RecordError::NotAnObject) }
}

/// Puts the canonical text of a body into `out`, instead of what was there.
pub(crate) fn write_body(out: &mut Vec<u8>, body: &Value) -> Result<(), RecordError> {
    out.clear();
    write_canonical(out, body).map_err(|_| RecordError::TooDeep)?;
    // An envelope has less than 1 KiB.
    if out.len() > MAX_LINE - 1024 { Err(RecordError::TooLarge(out.len())) } else { Ok(()) }
}
