//! An S3-compatible bucket: each head is an object that object lock keeps from being changed or deleted until a date.
//! Requests are signed with AWS Signature Version 4, as its public description says.

use std::fmt;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::{
    Anchor, AnchorError, Head, Receipt, hex,
    http::{HttpRequest, send},
};

/// Whom a bucket lets write. Its `Debug` tells the id alone.
#[derive(Clone)]
pub struct S3Credentials {
    /// Public half.
    pub access_key_id: String,
    /// Secret half.
    pub secret_access_key: String,
    /// Of temporary credentials.
    pub session_token: Option<String>,
}

impl fmt::Debug for S3Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "S3Credentials({})", self.access_key_id)
    }
}

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
        let url = || AnchorError::Url { url: self.endpoint.clone() };
        let endpoint = self.endpoint.trim_end_matches('/');
        let host =
            endpoint.split_once("://").map(|(_, host)| host).filter(|host| !host.contains('/')).ok_or_else(url)?;
        let key = format!("/{}/{}{}/{:020}.head", self.bucket, self.prefix, head.ledger, head.last_seq);
        let path = encode(&key);
        let now = Utc(head.now / 1_000_000_000);
        let until = Utc(now.0 + self.retain_days * 86_400);
        let mode = if self.mode == LockMode::Compliance { "COMPLIANCE" } else { "GOVERNANCE" };
        // Object lock asks for a checksum of what is put.
        let mut headers = vec![
            ("content-type", "application/json".to_owned()),
            ("host", host.to_owned()),
            ("x-amz-checksum-sha256", BASE64_STANDARD.encode(Sha256::digest(head.line))),
            ("x-amz-content-sha256", hex(&Sha256::digest(head.line))),
            ("x-amz-date", now.basic()),
            ("x-amz-object-lock-mode", mode.to_owned()),
            ("x-amz-object-lock-retain-until-date", until.extended()),
        ];
        if let Some(token) = &self.credentials.session_token {
            headers.push(("x-amz-security-token", token.clone()));
        }
        let authorization = authorize("PUT", &path, &headers, head.line, &self.credentials, &self.region, now);
        let mut headers: Vec<_> = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        headers.push(("authorization".to_owned(), authorization));
        let url = format!("{endpoint}{path}");
        Ok(HttpRequest { method: "PUT", url, headers, body: head.line.to_vec() })
    }
}

/// The `Authorization` header. `headers` are in order of their names, which are in lower case.
fn authorize(
    method: &str,
    path: &str,
    headers: &[(&str, String)],
    body: &[u8],
    credentials: &S3Credentials,
    region: &str,
    now: Utc,
) -> String {
    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
    let canonical = format!("{method}\n{path}\n\n{lines}\n{names}\n{}", hex(&Sha256::digest(body)));
    let date = now.basic()[..8].to_owned();
    let scope = format!("{date}/{region}/s3/aws4_request");
    let message = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{}", now.basic(), hex(&Sha256::digest(canonical.as_bytes())));
    let first = format!("AWS4{}", credentials.secret_access_key).into_bytes();
    let key = [date.as_str(), region, "s3", "aws4_request"].iter().fold(first, |key, part| mac(&key, part.as_bytes()));
    let signature = hex(&mac(&key, message.as_bytes()));
    let id = &credentials.access_key_id;
    format!("AWS4-HMAC-SHA256 Credential={id}/{scope},SignedHeaders={names},Signature={signature}")
}

fn mac(key: &[u8], message: &[u8]) -> Vec<u8> {
    // HMAC takes keys of any length: there is no error to meet.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

/// Percent-encodes all but unreserved characters and `/`.
fn encode(path: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    path.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// Seconds since 1970 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Utc(pub u64);

impl Utc {
    fn parts(self) -> (u64, u64, u64, u64, u64, u64) {
        // Days to a date by eras of 400 years that begin in March.
        let (days, second) = (self.0 / 86_400 + 719_468, self.0 % 86_400);
        let (era, of_era) = (days / 146_097, days % 146_097);
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let shifted = (5 * of_year + 2) / 153;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let day = of_year - (153 * shifted + 2) / 5 + 1;
        (era * 400 + year + u64::from(month <= 2), month, day, second / 3600, second / 60 % 60, second % 60)
    }

    /// `20130524T000000Z`
    #[must_use]
    pub fn basic(self) -> String {
        let (year, month, day, hour, minute, second) = self.parts();
        format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
    }

    /// `2013-05-24T00:00:00Z`
    #[must_use]
    pub fn extended(self) -> String {
        let (year, month, day, hour, minute, second) = self.parts();
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of a PUT in the public description of Signature Version 4 for S3, with its published result.
    #[test]
    fn the_published_example_is_signed_as_published() {
        let credentials = S3Credentials {
            access_key_id: "AKIAIOSFODNN7EXAMPLE".into(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into(),
            session_token: None,
        };
        let body = b"Welcome to Amazon S3.";
        let headers = [
            ("date", "Fri, 24 May 2013 00:00:00 GMT".to_owned()),
            ("host", "examplebucket.s3.amazonaws.com".to_owned()),
            ("x-amz-content-sha256", hex(&Sha256::digest(body))),
            ("x-amz-date", "20130524T000000Z".to_owned()),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY".to_owned()),
        ];
        let path = encode("/test$file.text");
        let header = authorize("PUT", &path, &headers, body, &credentials, "us-east-1", Utc(1_369_353_600));
        assert_eq!(
            header,
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,\
             SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,\
             Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
        );
    }

    #[test]
    fn names_of_objects_are_encoded_and_credentials_are_not_printed() {
        assert_eq!(encode("/a b/ü+=.head"), "/a%20b/%C3%BC%2B%3D.head");
        let secret = S3Credentials {
            access_key_id: "id".into(),
            secret_access_key: "hidden".into(),
            session_token: Some("hidden".into()),
        };
        assert_eq!(format!("{secret:?}"), "S3Credentials(id)");
    }

    #[test]
    fn dates_as_the_system_prints_them() {
        // date -u -d @951868799 +%FT%TZ
        assert_eq!(Utc(951_868_799).extended(), "2000-02-29T23:59:59Z");
        assert_eq!(Utc(1_369_353_600).basic(), "20130524T000000Z");
    }
}
