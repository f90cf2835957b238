//! Requests signed with AWS Signature Version 4, as its public description says.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::{Credentials, HttpError, HttpRequest, Utc, hex};

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask<'a> {
    /// `GET`, `PUT`.
    pub method: &'static str,
    /// The object's name, not encoded; empty for the bucket itself.
    pub key: &'a str,
    /// In any order, not encoded.
    pub query: &'a [(&'a str, &'a str)],
    /// Headers beside `host`, the date, the digest of the body and the session token, with names in lower case; all are signed.
    pub headers: &'a [(&'a str, String)],
    /// The body.
    pub body: Vec<u8>,
}

impl<'a> Ask<'a> {
    /// For something that is there.
    #[must_use]
    pub fn get(key: &'a str, query: &'a [(&'a str, &'a str)]) -> Self {
        Self { method: "GET", key, query, headers: &[], body: Vec::new() }
    }
}

/// A bucket of an object store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// `https://host[:port]`.
    pub endpoint: String,
    /// As in `eu-central-1`.
    pub region: String,
    /// Its name, the first part of the path.
    pub name: String,
}

impl Bucket {
    /// A signed request: pure, so that it can be compared with known ones.
    ///
    /// # Errors
    /// When the endpoint is none.
    pub fn request(&self, ask: Ask<'_>, credentials: &Credentials, now: Utc) -> Result<HttpRequest, HttpError> {
        let endpoint = self.endpoint.trim_end_matches('/');
        let host = endpoint
            .split_once("://")
            .filter(|(scheme, host)| matches!(*scheme, "http" | "https") && !host.is_empty() && !host.contains('/'))
            .map(|(_, host)| host)
            .ok_or_else(|| HttpError::Url { url: self.endpoint.clone() })?;
        let Ask { method, key, query, headers, body } = ask;
        let slash = if key.is_empty() { "" } else { "/" };
        let path = encode(&format!("/{}{slash}{key}", self.name), b"/");
        let query = canonical_query(query);
        let mut headers: Vec<(String, String)> = headers.iter().map(|(n, v)| ((*n).to_owned(), v.clone())).collect();
        let mut add = |name: &str, value: String| headers.push((name.to_owned(), value));
        add("host", host.to_owned());
        add("x-amz-content-sha256", hex(&Sha256::digest(&body)));
        add("x-amz-date", now.basic());
        if let Some(token) = &credentials.session_token {
            add("x-amz-security-token", token.clone());
        }
        headers.sort();
        let authorization = authorize(method, &path, &query, &headers, &body, credentials, &self.region, now);
        headers.push(("authorization".to_owned(), authorization));
        let mark = if query.is_empty() { "" } else { "?" };
        Ok(HttpRequest { method, url: format!("{endpoint}{path}{mark}{query}"), headers, body })
    }
}

/// Names and values encoded, in order of the encoded names.
fn canonical_query(query: &[(&str, &str)]) -> String {
    let mut parts: Vec<String> = query.iter().map(|(n, v)| format!("{}={}", encode(n, b""), encode(v, b""))).collect();
    parts.sort();
    parts.join("&")
}

/// The `Authorization` header. `headers` are in order of their names.
#[expect(clippy::too_many_arguments, reason = "each is a part of what is signed")]
fn authorize(
    method: &str,
    path: &str,
    query: &str,
    headers: &[(String, String)],
    body: &[u8],
    credentials: &Credentials,
    region: &str,
    now: Utc,
) -> String {
    let names = headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(";");
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
    let canonical = format!("{method}\n{path}\n{query}\n{lines}\n{names}\n{}", hex(&Sha256::digest(body)));
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

/// Percent-encodes all but unreserved characters and those of `also`.
fn encode(text: &str, also: &[u8]) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b) || also.contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials() -> Credentials {
        Credentials {
            access_key_id: "AKIAIOSFODNN7EXAMPLE".into(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into(),
            session_token: None,
        }
    }

    fn sign(method: &str, path: &str, query: &[(&str, &str)], headers: &[(&str, &str)], body: &[u8]) -> String {
        let mut headers: Vec<_> = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        headers.push(("x-amz-content-sha256".into(), hex(&Sha256::digest(body))));
        headers.push(("x-amz-date".into(), "20130524T000000Z".into()));
        headers.push(("host".into(), "examplebucket.s3.amazonaws.com".into()));
        headers.sort();
        let (path, query) = (encode(path, b"/"), canonical_query(query));
        let now = Utc(1_369_353_600);
        authorize(method, &path, &query, &headers, body, &credentials(), "us-east-1", now)
    }

    const BEGIN: &str = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,";

    /// The examples of the public description of Signature Version 4 for S3, with their published results.
    #[test]
    fn the_published_examples_are_signed_as_published() {
        let put = [("date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")];
        assert_eq!(
            sign("PUT", "/test$file.text", &[], &put, b"Welcome to Amazon S3."),
            format!(
                "{BEGIN}SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,\
                 Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
            )
        );
        assert_eq!(
            sign("GET", "/test.txt", &[], &[("range", "bytes=0-9")], b""),
            format!(
                "{BEGIN}SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,\
                 Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
            )
        );
        assert_eq!(
            sign("GET", "/", &[("prefix", "J"), ("max-keys", "2")], &[], b""),
            format!(
                "{BEGIN}SignedHeaders=host;x-amz-content-sha256;x-amz-date,\
                 Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
            )
        );
    }

    /// Made with botocore 1.43, the client of the makers: names and questions with characters that have to be encoded, and
    /// temporary credentials.
    #[test]
    fn requests_are_signed_as_another_client_signs_them() {
        let bucket = Bucket {
            endpoint: "https://store.example:9000".into(),
            region: "eu-central-1".into(),
            name: "trail".into(),
        };
        let signature = |ask, token: Option<&str>| {
            let credentials = Credentials { session_token: token.map(str::to_owned), ..credentials() };
            let request = bucket.request(ask, &credentials, Utc(1_369_353_600)).unwrap();
            let (_, header) = request.headers.into_iter().find(|(name, _)| name == "authorization").unwrap();
            header.split_once("Signature=").unwrap().1.to_owned()
        };
        let query = [
            ("list-type", "2"),
            ("encoding-type", "url"),
            ("prefix", "AWSLogs/ü +"),
            ("delimiter", "/"),
            ("start-after", "a&b=c"),
        ];
        assert_eq!(
            signature(Ask::get("", &query), Some("tok/en=")),
            "b51c2cd2418670eb30550d94928c34a8b668e0429bf882420d6d4c2eb3f0bfaa"
        );
        assert_eq!(
            signature(Ask::get("AWSLogs/1/x y+ü=$~.json.gz", &[]), None),
            "755756a14b03acf0631a598ed31ff14aee3e9f6db210b8d8937a16f04a1755f6"
        );
    }

    #[test]
    fn names_and_questions_are_encoded() {
        let bucket = |endpoint: &str| Bucket { endpoint: endpoint.into(), region: "r".into(), name: "b".into() };
        let url = |endpoint, key, query: &[(&str, &str)]| {
            let request = bucket(endpoint).request(Ask::get(key, query), &credentials(), Utc(0));
            request.map(|r| r.url).ok()
        };
        assert_eq!(
            url("http://h:1/", "a b/ü+=.gz", &[]).as_deref(),
            Some("http://h:1/b/a%20b/%C3%BC%2B%3D.gz"),
            "the endpoint may end in a slash"
        );
        assert_eq!(
            url("https://h", "", &[("prefix", "a/b c"), ("list-type", "2")]).as_deref(),
            Some("https://h/b?list-type=2&prefix=a%2Fb%20c")
        );
        for endpoint in ["h", "ftp://h", "https://h/path", "https://"] {
            assert_eq!(url(endpoint, "k", &[]), None, "{endpoint}");
        }
    }
}
