//! Secrets: how they are made, hidden, hashed and compared.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::error::{Error, Result};

/// A text that must not be logged. It shows itself only when it is asked by name.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Random bytes of the system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|source| Error::Random { source })?;
    Ok(bytes)
}

/// A new secret of 256 random bits behind a prefix.
pub(crate) fn fresh(prefix: &str) -> Result<Secret> {
    Ok(Secret(format!("{prefix}{}", base64url(&random::<32>()?))))
}

/// A new public id: 64 random bits in hex.
pub(crate) fn id() -> Result<String> {
    Ok(format!("{:016x}", u64::from_be_bytes(random()?)))
}

pub(crate) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// What a secret is for: no secret of one kind has the hash of another.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Use {
    Session,
    Token,
    Link,
}

/// What is stored instead of a secret. One fast hash is enough, since the secret has 256 random bits and cannot be guessed; a search by it
/// tells nothing by its time, since who asks does not choose the hash.
pub(crate) fn hash(secret: &str, of: Use) -> [u8; 32] {
    let of: &[u8] = match of {
        Use::Session => b"avouch session\0",
        Use::Token => b"avouch token\0",
        Use::Link => b"avouch link\0",
    };
    Sha256::new().chain_update(of).chain_update(secret.as_bytes()).finalize().into()
}

/// The word that a browser has to send in a header besides the session's cookie. It follows from the cookie's secret, so that it is
/// bound to the session, stands in no database, and can be told again.
pub(crate) fn csrf(session: &str) -> Result<Secret> {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(session.as_bytes()).map_err(|_| Error::Hash { message: "no key".to_owned() })?;
    mac.update(b"avouch csrf");
    Ok(Secret(base64url(&mac.finalize().into_bytes())))
}

/// Whether the header's word belongs to the cookie's session.
#[must_use]
pub fn csrf_matches(session: &str, word: &str) -> bool {
    csrf(session).is_ok_and(|expected| same(expected.expose(), word))
}

/// Compares two secrets in a time that depends on their length alone.
pub(crate) fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}
