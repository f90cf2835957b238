//! The bytes of a delivery, and what each record in it is known by.

use std::borrow::Cow;
use std::io::Read as _;

use avouch_audit::Format;
use avouch_audit::json::{self, JsonLimits};
use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};

use super::options::AuditSource;
use super::window::RecordKey;

/// Where records that name no account go, and those of accounts beyond [`super::AuditLimits::sources`].
pub(super) const NO_ACCOUNT: &str = "unknown account";

/// The bytes without compression, of `limit` at most; what was wrong: the cause of the loss, and why.
pub(super) fn inflate(bytes: &[u8], limit: u64) -> (Cow<'_, [u8]>, Option<(&'static str, String)>) {
    let too_large = || Some(("deliveries over the limit of bytes", format!("it has more than {limit} bytes")));
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        if bytes.len() as u64 <= limit {
            return (Cow::Borrowed(bytes), None);
        }
        let cut = usize::try_from(limit).ok().and_then(|end| bytes.get(..end)).unwrap_or_default();
        return (Cow::Borrowed(cut), too_large());
    }
    let mut plain = Vec::new();
    let read = MultiGzDecoder::new(bytes).take(limit.saturating_add(1)).read_to_end(&mut plain);
    let broken = match read {
        Err(error) => Some(("deliveries that break off", error.to_string())),
        Ok(_) if plain.len() as u64 > limit => {
            plain.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            too_large()
        }
        Ok(_) => None,
    };
    (Cow::Owned(plain), broken)
}

/// The source's name, or the account that the record names.
pub(super) fn node_of<'a>(source: &'a AuditSource, record: &[u8]) -> Cow<'a, str> {
    if !source.node.is_empty() || source.format != Format::CloudTrail {
        return Cow::Borrowed(&source.node);
    }
    let account = json::parse(record, JsonLimits::default()).ok().and_then(|node| {
        let of = |keys: &[&str]| node.path(keys).and_then(|n| n.text().map(|_| n.raw.trim_ascii().to_vec()));
        of(&["recipientAccountId"]).or_else(|| of(&["userIdentity", "accountId"]))
    });
    let digits = account.map(|raw| raw.into_iter().filter(|b| *b != b'"').collect::<Vec<u8>>());
    match digits.and_then(|d| String::from_utf8(d).ok()) {
        Some(id) if id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit()) => Cow::Owned(id),
        _ => Cow::Borrowed(NO_ACCOUNT),
    }
}

pub(super) fn key(format: Format, node: &str, record: &[u8]) -> RecordKey {
    let mut hash = Sha256::new();
    for part in [format.source().name(), node] {
        hash.update(part);
        hash.update([0]);
    }
    hash.update(record);
    let mut half = [0; 16];
    half.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
    u128::from_be_bytes(half)
}

/// 48 bits of the key: a number that JSON readers of every kind hold exactly.
pub(super) fn number(key: RecordKey) -> u64 {
    u64::try_from(key >> 80).unwrap_or(u64::MAX)
}
