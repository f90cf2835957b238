//! Ed25519 keys: ids, PEM text, signatures. Files are read and written elsewhere.

use ed25519_dalek::{
    Signature, Signer as _, VerifyingKey,
    pkcs8::{
        DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _, EncodePublicKey as _,
        spki::der::pem::LineEnding,
    },
};
use serde::{Deserialize, Serialize};

use crate::{
    Digest,
    digest::{hex, unhex},
};

/// What a signature is for: it stands before the signed bytes, so that one can never pass for another.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    /// `avouch-ledger-head-v1`
    Head,
    /// `avouch-ledger-key-v1`
    Key,
    /// `avouch-bundle-manifest-v1`
    Manifest,
}

impl Purpose {
    fn message(self, bytes: &[u8]) -> Vec<u8> {
        let name: &[u8] = match self {
            Self::Head => b"avouch-ledger-head-v1\n",
            Self::Key => b"avouch-ledger-key-v1\n",
            Self::Manifest => b"avouch-bundle-manifest-v1\n",
        };
        [name, bytes].concat()
    }
}

/// A public key. Its id is the first 32 hex digits of the SHA-256 of its 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// See [`PublicKey`].
    pub fn id(&self) -> String {
        hex(&Digest::of(self.0.as_bytes()).0[..16])
    }

    /// The 32 bytes as 64 hex digits.
    pub fn to_hex(&self) -> String {
        hex(self.0.as_bytes())
    }

    /// What [`PublicKey::to_hex`] wrote; a weak key is refused.
    pub fn from_hex(text: &str) -> Option<Self> {
        VerifyingKey::from_bytes(&unhex(text.as_bytes())?).ok().filter(|key| !key.is_weak()).map(Self)
    }

    /// SubjectPublicKeyInfo in PEM, as openssl reads it.
    pub fn to_pem(&self) -> String {
        self.0.to_public_key_pem(LineEnding::LF).unwrap_or_default()
    }

    /// What [`PublicKey::to_pem`] or openssl wrote.
    pub fn from_pem(text: &str) -> Option<Self> {
        VerifyingKey::from_public_key_pem(text).ok().filter(|key| !key.is_weak()).map(Self)
    }

    /// Whether `signature`, 128 hex digits, is this key's over `bytes` for this purpose.
    pub fn verify(&self, purpose: Purpose, bytes: &[u8], signature: &str) -> bool {
        let signature = unhex(signature.as_bytes()).map(|bytes| Signature::from_bytes(&bytes));
        signature.is_some_and(|signature| self.0.verify_strict(&purpose.message(bytes), &signature).is_ok())
    }
}

/// A secret key; wiped from memory when dropped, never printed.
#[derive(Clone, Debug)]
pub struct SecretKey(ed25519_dalek::SigningKey);

impl SecretKey {
    /// The key made from 32 random bytes.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(&seed))
    }

    /// Its public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// PKCS#8 in PEM; `None` for what is none.
    pub fn from_pem(text: &str) -> Option<Self> {
        ed25519_dalek::SigningKey::from_pkcs8_pem(text).ok().map(Self)
    }

    /// What [`SecretKey::from_pem`] reads.
    pub fn to_pem(&self) -> String {
        self.0.to_pkcs8_pem(LineEnding::LF).map(|pem| pem.to_string()).unwrap_or_default()
    }

    /// 128 hex digits.
    pub fn sign(&self, purpose: Purpose, bytes: &[u8]) -> String {
        hex(&self.0.sign(&purpose.message(bytes)).to_bytes())
    }
}

/// A public key as records tell it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyEntry {
    /// See [`PublicKey::id`].
    pub id: String,
    /// See [`PublicKey::to_hex`].
    pub public: String,
}

impl KeyEntry {
    /// How records tell `key`.
    pub fn of(key: &PublicKey) -> Self {
        Self { id: key.id(), public: key.to_hex() }
    }

    /// The key, when the id is its own.
    pub fn key(&self) -> Option<PublicKey> {
        PublicKey::from_hex(&self.public).filter(|key| key.id() == self.id)
    }

    /// What an old key signs to make this one its follower: `ledger id, old key id, new public key`, one a line.
    pub fn rotation(&self, ledger: &str, old: &str) -> Vec<u8> {
        format!("{ledger}\n{old}\n{}\n", self.public).into_bytes()
    }
}
