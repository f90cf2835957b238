//! What the verifier says.

use std::fmt;

use serde::Serialize;

use crate::{Digest, Time};

/// Result of verifying a ledger.
#[derive(Clone, Debug, Default, Serialize)]
#[expect(missing_docs, reason = "some names say it")]
pub struct Report {
    /// The result in a word.
    pub verdict: Verdict,
    /// Id of the ledger, once a record told it.
    pub ledger: Option<String>,
    /// Records that were read and stood where they should.
    pub records: u64,
    pub first_seq: Option<u64>,
    pub last_seq: Option<u64>,
    pub last_hash: Option<Digest>,
    /// Earliest and latest time of a record.
    pub first_time: Option<Time>,
    pub last_time: Option<Time>,
    /// Segments that were read.
    pub segments: u64,
    /// Heads that were checked against records, and hold.
    pub heads: u64,
    /// Last record that a good head vouches for.
    pub signed_to: Option<u64>,
    /// Last record that a head by a trusted key vouches for: one that the caller gave, or one that such a key made its follower.
    pub trusted_to: Option<u64>,
    /// Secrets that were redacted.
    pub redacted: u64,
    /// Records that sources told by number and that never came; each gap stands in the ledger.
    pub lost: u64,
    /// Who told records.
    pub sources: Vec<SourceReport>,
    /// Keys in the order in which the ledger names them.
    pub keys: Vec<KeyReport>,
    /// Heads from outside, in the order of their records.
    pub anchors: Vec<AnchorReport>,
    /// What is wrong, in the order found; at most 100, then reading stops.
    pub problems: Vec<Problem>,
    /// The records were not read to the end, because of too many problems.
    pub stopped: bool,
    /// What a reader should know, though nothing is wrong.
    pub warnings: Vec<Warning>,
}

impl Report {
    /// The first record that is wrong.
    pub fn first_bad(&self) -> Option<u64> {
        self.problems.iter().filter_map(|problem| problem.seq).min()
    }
}

/// Three states: what was not proved did not pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing is wrong, but no signature, or no trusted one, vouches for the records.
    #[default]
    Unproven,
    /// Nothing is wrong up to `signed_to`.
    Intact,
    /// Something is wrong.
    Failed,
}

/// Something wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// What.
    pub fault: Fault,
    /// Record, or first of the records.
    pub seq: Option<u64>,
    /// Last of the records, when it is not known which.
    pub to_seq: Option<u64>,
    /// Segment that was being read.
    pub segment: u64,
    /// In words.
    pub detail: String,
}

/// Kinds of [`Problem`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the serialized names say it")]
pub enum Fault {
    Malformed,
    Edited,
    Deleted,
    Inserted,
    Reordered,
    CutTail,
    WrongKey,
    BadSignature,
    SourceHole,
    SourceRepeat,
    HeadMalformed,
    /// A head is missing, repeated or out of order.
    HeadOrder,
    /// A good signature over something that these records are not.
    HeadMismatch,
    Unreadable,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.seq, self.to_seq) {
            (Some(first), Some(last)) if last > first => write!(f, "records {first} to {last}: {}", self.detail),
            (Some(seq), _) => write!(f, "record {seq}: {}", self.detail),
            _ => f.write_str(&self.detail),
        }
    }
}

/// Something to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields say it")]
pub enum Warning {
    /// No head vouches for these: who can write the file could have changed them.
    UnsignedTail {
        first_seq: u64,
        records: u64,
    },
    /// The last line has no end: a writer is at work, or was stopped.
    TornTail {
        bytes: u64,
    },
    /// The records before are not here; heads that vouched for them are, or not.
    StartsLate {
        first_seq: u64,
        linked_to_head: bool,
    },
    /// A writer did not close the ledger; what it had not acknowledged may be lost.
    Recovery {
        seq: u64,
        bytes_cut: u64,
        lines_cut: u64,
    },
    /// From here on, nothing but this record ties the key to the one before.
    KeyLost {
        seq: u64,
        old: String,
        new: String,
    },
    SaltLost {
        seq: u64,
    },
    /// The only keys known are those in the ledger: whoever made it anew would have put in their own.
    KeyNotChecked,
    /// A head by a key that no record and no file names.
    UnknownKey {
        key: String,
        last_seq: u64,
    },
}

/// Records of one source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct SourceReport {
    pub name: String,
    pub run: String,
    pub last: u64,
}

/// One key, and the record that names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct KeyReport {
    pub id: String,
    pub public: String,
    pub from_seq: u64,
    /// The caller gave it, or a trusted key made it its follower.
    pub trusted: bool,
}

/// How the records stand to a head from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct AnchorReport {
    pub last_seq: u64,
    pub time: String,
    /// `None`: the record it names is not among those read, because they begin later.
    pub matches: Option<bool>,
}
