//! Requests to a provider: few, small, without redirects.

use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::ring;
use serde::de::DeserializeOwned;
use ureq::Agent;
use ureq::http::{Request, Uri};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use super::OidcError;

/// Most bytes of an answer.
const MOST: u64 = 1 << 20;
/// Characters of an error of the provider that are kept.
const SAID: usize = 300;

#[derive(Debug)]
pub(super) struct Http {
    agent: Agent,
    /// The provider is on this machine, without TLS.
    plain: bool,
}

/// What an address is: `Some(true)` for https, `Some(false)` for http on loopback.
fn kind(url: &str) -> Option<bool> {
    let uri: Uri = url.parse().ok()?;
    // Names in front of the host make people and programs take it for another one.
    if uri.authority()?.as_str().contains('@') {
        return None;
    }
    match uri.scheme_str()? {
        "https" => Some(true),
        "http" if matches!(uri.host()?, "127.0.0.1" | "[::1]" | "localhost") => Some(false),
        _ => None,
    }
}

impl Http {
    pub(super) fn new(issuer: &str, authorities: Option<&[u8]>) -> Result<Self, OidcError> {
        let secure = kind(issuer).ok_or_else(|| OidcError::Address { url: issuer.to_owned() })?;
        let mut config = Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(10)))
            .http_status_as_error(false)
            .max_redirects(0);
        if secure {
            let system = rustls_native_certs::load_native_certs().certs;
            let mut roots: Vec<_> = system.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
            if let Some(pem) = authorities {
                let before = roots.len();
                for item in parse_pem(pem) {
                    if let PemItem::Certificate(certificate) = item.map_err(|_| OidcError::Authorities)? {
                        roots.push(certificate);
                    }
                }
                if roots.len() == before {
                    return Err(OidcError::Authorities);
                }
            }
            config = config.tls_config(
                TlsConfig::builder()
                    .root_certs(RootCerts::Specific(Arc::new(roots)))
                    .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
                    .build(),
            );
        }
        Ok(Self { agent: config.build().new_agent(), plain: !secure })
    }

    /// Whether an address that the provider named may be used: with TLS, if the provider itself has it.
    pub(super) fn accept(&self, url: &str) -> Result<(), OidcError> {
        match kind(url) {
            Some(true) => Ok(()),
            Some(false) if self.plain => Ok(()),
            _ => Err(OidcError::Address { url: said(url.as_bytes()) }),
        }
    }

    pub(super) fn get<T: DeserializeOwned>(&self, url: &str, what: &'static str) -> Result<T, OidcError> {
        self.send(Request::get(url), url, "", what)
    }

    pub(super) fn post<T: DeserializeOwned>(
        &self,
        url: &str,
        authorization: Option<&str>,
        form: &str,
        what: &'static str,
    ) -> Result<T, OidcError> {
        let mut request = Request::post(url).header("content-type", "application/x-www-form-urlencoded");
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        self.send(request, url, form, what)
    }

    fn send<T: DeserializeOwned>(
        &self,
        request: ureq::http::request::Builder,
        url: &str,
        body: &str,
        what: &'static str,
    ) -> Result<T, OidcError> {
        let unreachable = |message: String| OidcError::Unreachable { url: url.to_owned(), message };
        let request = request
            .header("accept", "application/json")
            .body(body.as_bytes())
            .map_err(|_| OidcError::Address { url: url.to_owned() })?;
        let mut response = self.agent.run(request).map_err(|e| unreachable(e.to_string()))?;
        let status = response.status().as_u16();
        let answer = response.body_mut().with_config().limit(MOST).read_to_vec();
        let answer = answer.map_err(|e| unreachable(e.to_string()))?;
        if status != 200 {
            return Err(OidcError::Answered { url: url.to_owned(), status, message: said(&answer) });
        }
        serde_json::from_slice(&answer).map_err(|_| OidcError::Unreadable { url: url.to_owned(), what })
    }
}

/// What the other side said, cut.
pub(super) fn said(bytes: &[u8]) -> String {
    crate::text::short(&String::from_utf8_lossy(bytes), SAID)
}

/// Percent-encodes all but what RFC 3986 leaves as it is.
pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(byte.into());
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::{Http, encode, kind};

    #[test]
    fn only_tls_or_loopback() {
        assert_eq!(kind("https://id.example.com/realms/x"), Some(true));
        assert_eq!(kind("http://127.0.0.1:8080/x"), Some(false));
        assert_eq!(kind("http://[::1]:8080"), Some(false));
        for refused in [
            "http://id.example.com",
            "http://127.0.0.1.example.com",
            "http://127.0.0.1@example.com/",
            "https://id.example.com@example.org/",
            "ftp://127.0.0.1",
            "file:///etc/passwd",
            "/realms/x",
            "",
        ] {
            assert_eq!(kind(refused), None, "{refused}");
        }
    }

    #[test]
    fn a_provider_with_tls_names_no_place_without() {
        let plain = "http://127.0.0.1:8080/token";
        assert!(Http::new("https://id.example.com", None).unwrap().accept(plain).is_err());
        assert!(Http::new("http://127.0.0.1", None).unwrap().accept(plain).is_ok());
    }

    #[test]
    fn what_has_a_meaning_in_a_form_is_encoded() {
        assert_eq!(encode("a b&c=d+e%/ü~-._"), "a%20b%26c%3Dd%2Be%25%2F%C3%BC~-._");
    }
}
