//! A head: the signed statement where the ledger ends. One a line in `heads.jsonl`: `{"head":{...},"sig":"..."}`.

use serde::{Deserialize, Serialize};

use crate::{Digest, PublicKey, SecretKey, canonical::write_canonical, keys::Purpose};

/// What a head states. Names are in canonical order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// First record of the segment.
    pub first_seq: u64,
    /// Id of the key that signed.
    pub key: String,
    /// Hash of the last record.
    pub last_hash: Digest,
    /// Last record; the head vouches for this one and all before.
    pub last_seq: u64,
    /// Id of the ledger.
    pub ledger: String,
    /// Root over the records `first_seq` to `last_seq`, see [`crate::Proof`].
    pub merkle_root: Digest,
    /// SHA-256 of the line of the head before; zeros for the first.
    pub prev_head: Digest,
    /// The segment ends here.
    pub sealed: bool,
    /// Number of the segment, from 1.
    pub segment: u64,
    /// When it was signed, by the clock of the signer.
    pub time: String,
    /// 1.
    pub v: u64,
}

/// A head with its signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedHead {
    /// What is signed.
    pub head: Head,
    /// Ed25519 over `avouch-ledger-head-v1`, a newline, and the canonical text of `head`; 128 hex digits.
    pub sig: String,
}

impl SignedHead {
    /// Signs a head.
    pub fn sign(head: Head, key: &SecretKey) -> Self {
        let sig = key.sign(Purpose::Head, &canonical(&head));
        Self { head, sig }
    }

    /// Reads a line without its newline; only the canonical form is taken.
    ///
    /// # Errors
    /// Why it is not a head.
    pub fn parse(line: &[u8]) -> Result<Self, &'static str> {
        let signed: Self = serde_json::from_slice(line).map_err(|_| "it is not a head")?;
        if signed.line() != line {
            return Err("it is not in canonical form");
        }
        let h = &signed.head;
        let sound = h.v == 1 && h.segment > 0 && h.first_seq > 0 && h.first_seq <= h.last_seq && h.last_seq < 1 << 53;
        if sound { Ok(signed) } else { Err("its numbers cannot be") }
    }

    /// The line, without a newline.
    pub fn line(&self) -> Vec<u8> {
        canonical(self)
    }

    /// Whether `key` signed it.
    pub fn verify(&self, key: &PublicKey) -> bool {
        self.head.key == key.id() && key.verify(Purpose::Head, &canonical(&self.head), &self.sig)
    }
}

/// Canonical text of one of our own flat types.
pub fn canonical(value: &impl Serialize) -> Vec<u8> {
    let mut text = Vec::new();
    let value = serde_json::to_value(value).unwrap_or_default();
    // Flat values are never too deep.
    if write_canonical(&mut text, &value).is_err() { Vec::new() } else { text }
}
