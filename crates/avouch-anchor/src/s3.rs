//! An S3-compatible bucket: each head is an object that object lock keeps from being changed or deleted until a date.
//! Requests are signed by `avouch-s3`.

use avouch_s3::{Ask, Bucket, Credentials as S3Credentials, Utc};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use sha2::{Digest as _, Sha256};

use crate::{
    Anchor, AnchorError, Head, Receipt,
    http::{HttpRequest, error, send},
};

/// Who may lift a lock before its date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockMode {
    /// Nobody.
    Compliance,
    /// Whom the bucket's owner allows.
    Governance,
}

/// Puts heads into a bucket, as `<prefix><ledger>/<last record, 20 digits>.head`.
#[derive(Clone, Debug)]
pub struct S3Anchor {
    /// `https://host[:port]`; the bucket is the first part of the path.
    pub endpoint: String,
    /// As in `eu-central-1`.
    pub region: String,
    /// The bucket, made with object lock.
    pub bucket: String,
    /// Before the object's name, as in `avouch/`.
    pub prefix: String,
    /// Who writes.
    pub credentials: S3Credentials,
    /// Who may lift the lock.
    pub mode: LockMode,
    /// How long an object is locked, in days.
    pub retain_days: u64,
}

impl Anchor for S3Anchor {
    fn name(&self) -> &'static str {
        "s3"
    }

    fn publish(&self, head: &Head<'_>) -> Result<Receipt, AnchorError> {
        head.check()?;
        let request = self.request(head)?;
        send(&request)?;
        Ok(Receipt { place: request.url, ..Receipt::default() })
    }
}

impl S3Anchor {
    /// The request, signed: pure, so that it can be compared with known ones.
    pub(crate) fn request(&self, head: &Head<'_>) -> Result<HttpRequest, AnchorError> {
        let bucket = Bucket { endpoint: self.endpoint.clone(), region: self.region.clone(), name: self.bucket.clone() };
        let key = format!("{}{}/{:020}.head", self.prefix, head.ledger, head.last_seq);
        let now = Utc(head.now / 1_000_000_000);
        let until = Utc(now.0 + self.retain_days * 86_400);
        let mode = if self.mode == LockMode::Compliance { "COMPLIANCE" } else { "GOVERNANCE" };
        // Object lock asks for a checksum of what is put.
        let headers = [
            ("content-type", "application/json".to_owned()),
            ("x-amz-checksum-sha256", BASE64_STANDARD.encode(Sha256::digest(head.line))),
            ("x-amz-object-lock-mode", mode.to_owned()),
            ("x-amz-object-lock-retain-until-date", until.extended()),
        ];
        let ask = Ask { method: "PUT", key: &key, query: &[], headers: &headers, body: head.line.to_vec() };
        bucket.request(ask, &self.credentials, now).map_err(error)
    }
}
