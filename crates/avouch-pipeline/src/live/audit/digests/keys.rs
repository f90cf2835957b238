//! Public keys of CloudTrail, as an operator gives them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde::Deserialize;

/// Keys at most. The service changes its keys now and then, in each region.
const KEYS: usize = 4_096;
const PEM_BEGIN: &str = "-----BEGIN ";
/// `AlgorithmIdentifier` of an RSA key: what a key of the form `PUBLIC KEY` has before its key of the form `RSA PUBLIC KEY`.
const RSA: &[u8] = &[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

/// Keys with which digests of CloudTrail may have been signed.
#[derive(Clone, Debug, Default)]
pub struct DigestKeys(Vec<Key>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    /// As the service names it; `None` for one that was given without its name.
    fingerprint: Option<String>,
    /// `RSAPublicKey` of PKCS #1, in DER.
    der: Vec<u8>,
}

/// Why keys cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum KeyError {
    #[error("it holds no key: neither `-----BEGIN PUBLIC KEY-----` nor a `PublicKeyList` is in it")]
    NoKey,
    #[error("its JSON is not what `aws cloudtrail list-public-keys` prints: {0}")]
    Json(String),
    #[error("key {0} of it is no RSA key of 2048 to 8192 bits")]
    NotRsa(usize),
    #[error("there are more than {KEYS} keys")]
    TooMany,
}

#[derive(Deserialize)]
struct Listing {
    #[serde(rename = "PublicKeyList")]
    keys: Vec<Listed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    value: String,
    fingerprint: String,
}

/// What keys say of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// One of them made it.
    Good,
    /// Those that could have made it did not.
    Bad,
    /// None of them is the one that is named.
    NoKey,
}

impl DigestKeys {
    /// Adds the keys of a file: PEM with one key or many (`PUBLIC KEY`, `RSA PUBLIC KEY`), or the JSON that
    /// `aws cloudtrail list-public-keys` prints. Keys of JSON have their fingerprints and are asked only where these are named; keys
    /// of PEM have none and are asked each time. Returns how many there were.
    ///
    /// # Errors
    /// When the file has no key, or one that is none; then none of it was added.
    pub fn add(&mut self, file: &[u8]) -> Result<usize, KeyError> {
        let text = std::str::from_utf8(file).map_err(|_| KeyError::NoKey)?;
        let keys = if text.trim_start().starts_with('{') { listed(text)? } else { pem(text)? };
        if self.0.len() + keys.len() > KEYS {
            return Err(KeyError::TooMany);
        }
        let added = keys.len();
        for key in keys {
            if !self.0.contains(&key) {
                self.0.push(key);
            }
        }
        Ok(added)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `signature` over `text` was made with the key that has this fingerprint.
    pub(super) fn verify(&self, fingerprint: &str, text: &str, signature: &[u8]) -> Verdict {
        let named = |key: &&Key| key.fingerprint.as_deref().is_none_or(|f| f.eq_ignore_ascii_case(fingerprint));
        let mut verdict = Verdict::NoKey;
        for key in self.0.iter().filter(named) {
            let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &key.der);
            if public.verify(text.as_bytes(), signature).is_ok() {
                return Verdict::Good;
            }
            verdict = Verdict::Bad;
        }
        verdict
    }
}

fn listed(text: &str) -> Result<Vec<Key>, KeyError> {
    let listing: Listing = serde_json::from_str(text).map_err(|e| KeyError::Json(e.to_string()))?;
    let key = |(n, listed): (usize, Listed)| {
        let der = STANDARD.decode(listed.value.trim()).ok().and_then(|der| pkcs1(&der).map(<[u8]>::to_vec));
        Ok(Key { fingerprint: Some(listed.fingerprint), der: der.ok_or(KeyError::NotRsa(n + 1))? })
    };
    let keys: Vec<Key> = listing.keys.into_iter().enumerate().map(key).collect::<Result<_, _>>()?;
    if keys.is_empty() { Err(KeyError::NoKey) } else { Ok(keys) }
}

fn pem(text: &str) -> Result<Vec<Key>, KeyError> {
    let mut keys = Vec::new();
    for block in text.split(PEM_BEGIN).skip(1) {
        let Some((label, rest)) = block.split_once("-----") else { continue };
        if !matches!(label, "PUBLIC KEY" | "RSA PUBLIC KEY") {
            continue;
        }
        let body: String = rest.split("-----END").next().unwrap_or_default().split_whitespace().collect();
        let der = STANDARD.decode(body).ok().and_then(|der| pkcs1(&der).map(<[u8]>::to_vec));
        keys.push(Key { fingerprint: None, der: der.ok_or(KeyError::NotRsa(keys.len() + 1))? });
    }
    if keys.is_empty() { Err(KeyError::NoKey) } else { Ok(keys) }
}

/// The `RSAPublicKey` in DER, out of a `SubjectPublicKeyInfo` where it lies in one; `None` when it is no such key, or one of a size that
/// is not taken.
fn pkcs1(der: &[u8]) -> Option<&[u8]> {
    let (inner, rest) = element(der, 0x30)?;
    if !rest.is_empty() {
        return None;
    }
    if let Some(rest) = inner.strip_prefix(RSA) {
        let (bits, rest) = element(rest, 0x03)?;
        // No bits of the last byte are unused.
        return pkcs1(bits.strip_prefix(&[0])?).filter(|_| rest.is_empty());
    }
    let (modulus, rest) = element(inner, 0x02)?;
    let (_exponent, rest) = element(rest, 0x02)?;
    let bytes = modulus.strip_prefix(&[0]).unwrap_or(modulus).len();
    (rest.is_empty() && (256..=1_024).contains(&bytes)).then_some(der)
}

/// The content of the element of type `tag` that bytes begin with, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = der.split_first()?;
    let (length, rest) = rest.split_first()?;
    if *first != tag {
        return None;
    }
    let (length, rest) = match length {
        short if *short < 0x80 => (usize::from(*short), rest),
        0x81 => (usize::from(*rest.first()?), rest.get(1..)?),
        0x82 => (usize::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?])), rest.get(2..)?),
        _ => return None,
    };
    rest.split_at_checked(length)
}
