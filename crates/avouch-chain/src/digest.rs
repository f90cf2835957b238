//! SHA-256 values and their text form.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256};

/// A SHA-256 value. Its text form is 64 lower-case hex digits, in JSON as well.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Stands where nothing comes before: `prev` of the first record and of the first head.
    pub const ZERO: Self = Self([0; 32]);

    /// Digest of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Digest of several pieces, as if they were one.
    pub(crate) fn of_parts(parts: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new();
        parts.iter().for_each(|part| hasher.update(part));
        Self(hasher.finalize().into())
    }

    /// Reads the text form, and no other.
    pub fn parse(text: &[u8]) -> Option<Self> {
        unhex(text).map(Self)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(text.as_bytes()).ok_or_else(|| de::Error::custom("not 64 lower-case hex digits"))
    }
}

/// Lower-case hex digits of `bytes`.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = Vec::with_capacity(2 * bytes.len());
    write_hex(&mut text, bytes);
    String::from_utf8(text).unwrap_or_default()
}

/// Appends lower-case hex digits of `bytes`.
pub(crate) fn write_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    let digit = |n: u8| b"0123456789abcdef"[usize::from(n)];
    out.extend(bytes.iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]));
}

/// What [`hex`] wrote; upper-case digits are refused, so that a value has one text.
pub(crate) fn unhex<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    // No way out in between: digits come at random, and a branch for each would be foretold wrongly half of the time.
    let letter = |b: u8| if (b'a'..=b'f').contains(&b) { b - b'a' + 10 } else { 16 };
    let digit = |b: u8| if b.is_ascii_digit() { b - b'0' } else { letter(b) };
    let (mut bytes, mut most) = ([0; N], 0);
    if text.len() != 2 * N {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        let (high, low) = (digit(pair[0]), digit(pair[1]));
        *byte = high << 4 | low;
        most = most.max(high | low);
    }
    (most < 16).then_some(bytes)
}
