//! One record in a file of its own: its line, a signed head that covers it, and the proof that ties the two. It is checked
//! without the ledger and without a network.

use avouch_ledger::{Digest, PublicKey, RecordRef, SignedHead, Time, Trust, Verdict};
use serde::{Deserialize, Serialize};

use crate::evidence::{Evidence, Proof};

/// The form of the file.
pub const EXHIBIT: &str = "avouch.record/1";

/// A record and all that is needed to check it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exhibit {
    /// [`EXHIBIT`].
    pub format: String,
    /// The line of the record as it stands in the ledger.
    pub record: String,
    /// A head over its segment that reaches it; `None` until one does.
    pub head: Option<SignedHead>,
    /// From the record to the root in the head.
    pub proof: Option<Proof>,
    /// The key that the head names, as PEM. It came with the record, so it proves nothing by itself.
    pub key: Option<String>,
}

/// Why a text is no exhibit.
#[derive(Debug, thiserror::Error)]
#[error("it is no record with its proof: {0}")]
pub struct NoExhibit(String);

impl Exhibit {
    /// Of a record that a head covers.
    #[must_use]
    pub fn proven(evidence: &Evidence, key: Option<&PublicKey>) -> Self {
        let line = String::from_utf8_lossy(&evidence.line).into_owned();
        let (head, proof) = (Some(evidence.head.clone()), Some(evidence.proof.clone()));
        Self { head, proof, key: key.map(PublicKey::to_pem), ..Self::unproven(line) }
    }

    /// Of a record that no head covers yet.
    #[must_use]
    pub fn unproven(line: String) -> Self {
        Self { format: EXHIBIT.to_owned(), record: line, head: None, proof: None, key: None }
    }

    /// Reads the file, or the answer of a server that holds it as `exhibit`.
    ///
    /// # Errors
    /// When it is something else.
    pub fn parse(text: &[u8]) -> Result<Self, NoExhibit> {
        let wrong = |e: serde_json::Error| NoExhibit(e.to_string());
        let mut value: serde_json::Value = serde_json::from_slice(text).map_err(wrong)?;
        if let Some(inner) = value.get_mut("exhibit") {
            value = inner.take();
        }
        let exhibit: Self = serde_json::from_value(value).map_err(wrong)?;
        if exhibit.format == EXHIBIT { Ok(exhibit) } else { Err(NoExhibit(format!("its `format` is not `{EXHIBIT}`"))) }
    }

    /// Checks it against what the caller knows from elsewhere.
    #[must_use]
    pub fn check(&self, trust: &Trust) -> ExhibitReport {
        let mut report = ExhibitReport { hash: Digest::of(self.record.as_bytes()), ..ExhibitReport::default() };
        match RecordRef::parse(self.record.as_bytes()) {
            Ok(record) => {
                report.seq = Some(record.seq);
                report.kind = record.kind.to_owned();
                report.time = Some(record.time);
                report.prev = Some(record.prev);
            }
            Err(part) => report.problems.push(ExhibitProblem::Malformed { part }),
        }
        if let (Some(head), Some(proof)) = (&self.head, &self.proof) {
            self.check_head(head, proof, trust, &mut report);
        } else {
            report.notes.push(ExhibitNote::NoHead);
        }
        report.verdict = if !report.problems.is_empty() {
            Verdict::Failed
        } else if report.key_trusted || report.anchored {
            Verdict::Intact
        } else {
            Verdict::Unproven
        };
        report
    }

    fn check_head(&self, signed: &SignedHead, proof: &Proof, trust: &Trust, report: &mut ExhibitReport) {
        let head = &signed.head;
        report.ledger = Some(head.ledger.clone());
        report.head_seq = Some(head.last_seq);
        report.head_time = Some(head.time.clone());
        report.key = Some(head.key.clone());
        let evidence = Evidence { line: self.record.as_bytes().to_vec(), head: signed.clone(), proof: proof.clone() };
        if !evidence.holds() {
            report.problems.push(ExhibitProblem::NotUnderHead { last_seq: head.last_seq });
        }
        let own = self.key.as_deref().and_then(PublicKey::from_pem);
        let known = trust.keys.iter().find(|k| k.id() == head.key);
        match known.or(own.as_ref().filter(|k| k.id() == head.key)) {
            Some(key) if !signed.verify(key) => report.problems.push(ExhibitProblem::Unsigned { key: key.id() }),
            Some(_) if known.is_some() => report.key_trusted = true,
            // Whoever made the record anew would have signed with a key of their own.
            _ if !trust.keys.is_empty() => report.problems.push(ExhibitProblem::OtherKey { key: head.key.clone() }),
            Some(_) => report.notes.push(ExhibitNote::KeyNotChecked),
            None => report.problems.push(ExhibitProblem::UnknownKey { key: head.key.clone() }),
        }
        let (line, mut beside) = (signed.line(), false);
        for anchor in &trust.anchors {
            match SignedHead::parse(anchor) {
                Ok(_) if *anchor == line => report.anchored = true,
                Ok(other) if other.head.ledger == head.ledger && other.head.last_seq == head.last_seq => {
                    // A head of the same place that states something else: one of them was made up.
                    let differs =
                        (&other.head.last_hash, &other.head.merkle_root) != (&head.last_hash, &head.merkle_root);
                    if differs {
                        report.problems.push(ExhibitProblem::AnchorDiffers { last_seq: head.last_seq });
                    } else {
                        report.anchored = true;
                    }
                }
                _ => beside = true,
            }
        }
        if beside && !report.anchored {
            report.notes.push(ExhibitNote::AnchorElsewhere);
        }
    }
}

/// What was found out about one record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ExhibitReport {
    /// Intact, unproven or failed.
    pub verdict: Verdict,
    /// Number of the record; `None` when its line cannot be read.
    pub seq: Option<u64>,
    /// Kind of fact.
    pub kind: String,
    /// When it happened, as its source says.
    pub time: Option<Time>,
    /// Hash of its line.
    pub hash: Digest,
    /// Hash of the line before it.
    pub prev: Option<Digest>,
    /// Id of the ledger, as the head names it.
    pub ledger: Option<String>,
    /// Up to which record the head vouches.
    pub head_seq: Option<u64>,
    /// When the head was signed, by the clock of the signer.
    pub head_time: Option<String>,
    /// Id of the key that the head names.
    pub key: Option<String>,
    /// The caller trusts that key.
    pub key_trusted: bool,
    /// The head is one that the caller kept outside.
    pub anchored: bool,
    /// What is wrong.
    pub problems: Vec<ExhibitProblem>,
    /// What is not wrong and has to be known.
    pub notes: Vec<ExhibitNote>,
}

/// Something wrong with a record or its proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "problem", rename_all = "snake_case")]
pub enum ExhibitProblem {
    /// The line is not a record.
    Malformed {
        /// The part that is not as it must be.
        part: &'static str,
    },
    /// The line does not lead to the root that the head states: one of them was changed.
    NotUnderHead {
        /// The head.
        last_seq: u64,
    },
    /// The signature of the head is not by the key that it names.
    Unsigned {
        /// Id of the key.
        key: String,
    },
    /// The head is signed by a key that the caller does not trust.
    OtherKey {
        /// Its id.
        key: String,
    },
    /// Nobody has the key that the head names.
    UnknownKey {
        /// Its id.
        key: String,
    },
    /// A head that was kept outside states something else of the same place.
    AnchorDiffers {
        /// The place.
        last_seq: u64,
    },
}

/// What limits a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExhibitNote {
    /// No signed head covers the record yet.
    NoHead,
    /// The key is known from the file alone.
    KeyNotChecked,
    /// Heads that were kept outside are of other places, and say nothing of this record.
    AnchorElsewhere,
}
