//! The one place that talks to the network.

use std::{sync::Arc, time::Duration};

use rustls::crypto::ring;
use ureq::{
    Agent,
    http::Request,
    tls::{Certificate, RootCerts, TlsConfig},
};

use crate::AnchorError;

/// Most bytes of an answer.
const MAX_ANSWER: u64 = 1 << 20;

/// A request, complete: nothing is added but what HTTP itself needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HttpRequest {
    pub(crate) method: &'static str,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// Sends a request; an answer other than 2xx is an error that tells what was answered.
pub(crate) fn send(request: &HttpRequest) -> Result<Vec<u8>, AnchorError> {
    let unreachable = |message: String| AnchorError::Http { url: request.url.clone(), message };
    let mut builder = Request::builder().method(request.method).uri(&request.url);
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    let built = builder.body(&request.body[..]).map_err(|_| AnchorError::Url { url: request.url.clone() })?;
    let mut response = agent(request.url.starts_with("https:")).run(built).map_err(|e| unreachable(e.to_string()))?;
    let status = response.status().as_u16();
    let answer = response.body_mut().with_config().limit(MAX_ANSWER).read_to_vec();
    let answer = answer.map_err(|e| unreachable(e.to_string()))?;
    if (200..300).contains(&status) {
        return Ok(answer);
    }
    let message = String::from_utf8_lossy(&answer).chars().take(500).collect();
    Err(AnchorError::Refused { url: request.url.clone(), status, message })
}

/// No redirects: a signed request is for one address, and a head must not wander.
fn agent(tls: bool) -> Agent {
    let mut config = Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(60)))
        .http_status_as_error(false)
        .max_redirects(0);
    if tls {
        let system = rustls_native_certs::load_native_certs().certs;
        let roots: Vec<_> = system.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
        config = config.tls_config(
            TlsConfig::builder()
                .root_certs(RootCerts::Specific(Arc::new(roots)))
                .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
                .build(),
        );
    }
    config.build().new_agent()
}
