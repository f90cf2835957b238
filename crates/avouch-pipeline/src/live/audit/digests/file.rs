//! A digest file, and what its signature is over.

use avouch_finding::Time;
use serde::Deserialize;

/// How a digest begins is enough to tell it from a file of records.
const HEAD: usize = 4 << 10;

/// A digest, as far as it is read. Times stay texts too: the signature is over them as they were written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct DigestFile {
    pub(super) aws_account_id: String,
    pub(super) digest_start_time: Time,
    pub(super) digest_end_time: String,
    pub(super) digest_s3_bucket: String,
    pub(super) digest_s3_object: String,
    pub(super) digest_public_key_fingerprint: String,
    pub(super) digest_signature_algorithm: String,
    pub(super) previous_digest_s3_object: Option<String>,
    pub(super) previous_digest_hash_value: Option<String>,
    pub(super) previous_digest_signature: Option<String>,
    pub(super) log_files: Vec<LogFile>,
}

/// A log file that a digest names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct LogFile {
    pub(super) s3_object: String,
    pub(super) hash_value: String,
    pub(super) oldest_event_time: Option<Time>,
    pub(super) newest_event_time: Option<Time>,
}

impl DigestFile {
    /// `None` when it is no digest.
    pub(crate) fn parse(plain: &[u8]) -> Option<Self> {
        let head = plain.get(..HEAD).unwrap_or(plain);
        memchr::memmem::find(head, b"\"digestS3Object\"")?;
        let digest: Self = serde_json::from_slice(plain).ok()?;
        let named = !digest.digest_s3_object.is_empty();
        (named && Time::parse(&digest.digest_end_time).is_some()).then_some(digest)
    }

    pub(crate) fn account(&self) -> &str {
        &self.aws_account_id
    }

    /// The stretch that it speaks for.
    pub(super) fn span(&self) -> (Time, Time) {
        (self.digest_start_time, Time::parse(&self.digest_end_time).unwrap_or(self.digest_start_time))
    }

    /// The text that is signed; `sha256`, in hex, is that of the file without its compression.
    pub(super) fn signed_text(&self, sha256: &str) -> String {
        let before = self.previous_digest_signature.as_deref().unwrap_or("null");
        let (bucket, object) = (&self.digest_s3_bucket, &self.digest_s3_object);
        format!("{}\n{bucket}/{object}\n{sha256}\n{before}", self.digest_end_time)
    }
}
