//! The one place that talks to the network.

use std::{collections::BTreeMap, io::Read as _, sync::Arc, time::Duration};

use rustls::crypto::ring;
use ureq::{
    Agent,
    http::{HeaderMap, HeaderName, HeaderValue, Request},
    tls::{Certificate, RootCerts, TlsConfig},
};

/// Most bytes that are read of an answer that refuses, and most characters that are told of it.
const REFUSAL: u64 = 64 << 10;
const TOLD: usize = 500;

/// How headers begin that carry the user's metadata of an object.
const METADATA: &str = "x-amz-meta-";

/// An object, and what stands beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fetched {
    /// Its content.
    pub bytes: Vec<u8>,
    /// What whoever wrote it said of it, by name in small letters: CloudTrail the `signature` of a digest.
    pub metadata: BTreeMap<String, String>,
}

/// A request, complete: nothing is added but what HTTP itself needs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct HttpRequest {
    pub method: &'static str,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are named in the messages")]
pub enum HttpError {
    #[error("`{url}` is not an address of the form http(s)://host[:port]")]
    Url { url: String },
    #[error("`{url}` could not be reached: {message}")]
    Unreachable { url: String, message: String },
    #[error("`{url}` answered {status}: {message}")]
    Refused { url: String, status: u16, message: String },
    #[error("`{url}` answered with more than {limit} bytes")]
    TooLong { url: String, limit: u64 },
}

impl HttpError {
    /// Whether the same request may fare better later: the other side was not there, was busy or asked to wait.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused { status, .. } => matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504),
            Self::Url { .. } | Self::TooLong { .. } => false,
        }
    }
}

/// Sends requests over connections that it keeps. Redirects are not followed: a signed request is for one address.
#[derive(Clone, Debug)]
pub struct Client {
    agent: Agent,
}

impl Default for Client {
    fn default() -> Self {
        Self::new()
    }
}

impl Client {
    /// A client that trusts the certificates of the system and waits a minute for an answer.
    #[must_use]
    pub fn new() -> Self {
        let system = rustls_native_certs::load_native_certs().certs;
        let roots: Vec<_> = system.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::Specific(Arc::new(roots)))
            .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
            .build();
        let config = Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(60)))
            .http_status_as_error(false)
            .max_redirects(0)
            .tls_config(tls)
            .build();
        Self { agent: config.new_agent() }
    }

    /// Sends a request, once; the body of the answer, of `limit` bytes at most. An answer other than 2xx is an error that tells
    /// what was answered.
    ///
    /// # Errors
    /// As [`HttpError`] says.
    pub fn send(&self, request: &HttpRequest, limit: u64) -> Result<Vec<u8>, HttpError> {
        self.fetch(request, limit).map(|object| object.bytes)
    }

    /// As [`Client::send`], with what the store keeps beside the content.
    ///
    /// # Errors
    /// As [`HttpError`] says.
    pub fn fetch(&self, request: &HttpRequest, limit: u64) -> Result<Fetched, HttpError> {
        let url = || request.url.clone();
        let mut builder = Request::builder().method(request.method).uri(&request.url);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        let failed = |e: &dyn std::fmt::Display| HttpError::Unreachable { url: url(), message: e.to_string() };
        let answered = if request.body.is_empty() && request.method == "GET" {
            builder.body(()).map_err(|_| HttpError::Url { url: url() }).map(|built| self.agent.run(built))
        } else {
            builder
                .body(&request.body[..])
                .map_err(|_| HttpError::Url { url: url() })
                .map(|built| self.agent.run(built))
        };
        let response = answered?.map_err(|e| failed(&e))?;
        let status = response.status().as_u16();
        let fine = (200..300).contains(&status);
        let limit = if fine { limit } else { REFUSAL };
        let metadata = metadata(response.headers());
        let mut answer = Vec::new();
        let read = response.into_body().into_reader().take(limit.saturating_add(1)).read_to_end(&mut answer);
        if !fine {
            let message = String::from_utf8_lossy(&answer).chars().take(TOLD).collect();
            return Err(HttpError::Refused { url: url(), status, message });
        }
        read.map_err(|e| failed(&e))?;
        if answer.len() as u64 > limit {
            return Err(HttpError::TooLong { url: url(), limit });
        }
        Ok(Fetched { bytes: answer, metadata })
    }
}

/// The user's metadata of an object. Values that are no text are left out.
fn metadata(headers: &HeaderMap) -> BTreeMap<String, String> {
    let pair = |(name, value): (&HeaderName, &HeaderValue)| {
        let name = name.as_str().strip_prefix(METADATA)?;
        Some((name.to_owned(), value.to_str().ok()?.to_owned()))
    };
    headers.iter().filter_map(pair).collect()
}
