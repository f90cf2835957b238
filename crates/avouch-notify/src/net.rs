//! The one place that talks HTTP, and the trust in certificates that all channels share.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use avouch_finding::Time;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use ureq::http::{HeaderMap, Request, Uri};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Error};

use crate::channel::{Answer, SendError, Wait};
use crate::secret::{Secret, scrub};
use crate::text::plain;

/// Most bytes of an answer that are read.
const MAX_ANSWER: u64 = 64 << 10;

/// Certificates of the system, and of a file of the user's.
pub(crate) fn roots(ca: Option<&Path>) -> Result<Vec<CertificateDer<'static>>, String> {
    let mut roots = rustls_native_certs::load_native_certs().certs;
    if let Some(path) = ca {
        let wrong = |e: &dyn std::fmt::Display| format!("certificates `{}`: {e}", path.display());
        for certificate in CertificateDer::pem_file_iter(path).map_err(|e| wrong(&e))? {
            roots.push(certificate.map_err(|e| wrong(&e))?);
        }
    }
    Ok(roots)
}

/// A client for one channel.
pub(crate) struct Http {
    agent: Agent,
    /// What must not show in an answer.
    secrets: Vec<Secret>,
}

impl Http {
    /// No redirects: what is sent is for one address.
    pub(crate) fn new(timeout: Duration, ca: Option<&Path>, secrets: Vec<Secret>) -> Result<Self, String> {
        let roots: Vec<_> = roots(ca)?.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::Specific(Arc::new(roots)))
            .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
            .build();
        let config = Agent::config_builder()
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .tls_config(tls)
            .build();
        Ok(Self { agent: config.new_agent(), secrets })
    }

    /// Posts JSON. Any answer of 200 to 299 is a yes.
    pub(crate) fn post(&self, url: &str, headers: &[(String, String)], body: &[u8]) -> Result<Answer, SendError> {
        let host = host(url);
        let mut builder = Request::post(url).header("content-type", "application/json");
        for (name, value) in headers {
            builder = builder.header(name, value);
        }
        let request =
            builder.body(body).map_err(|_| SendError::never(format!("{host}: the request cannot be made")))?;
        let mut response = self.agent.run(request).map_err(|e| unreachable(&host, &e))?;
        let status = response.status().as_u16();
        let wait = wait(response.headers());
        let answer = response.body_mut().with_config().limit(MAX_ANSWER).read_to_vec();
        // An answer that cannot be read says nothing against its status.
        let answer = String::from_utf8_lossy(&answer.unwrap_or_default()).into_owned();
        let answer = plain(scrub(answer.trim(), &self.secrets).trim(), 200);
        let said = if answer.is_empty() { status.to_string() } else { format!("{status}: {answer}") };
        match status {
            200..=299 => Ok(Answer(said)),
            408 | 425 | 429 | 500..=599 => {
                Err(SendError { wait, ..SendError::again(format!("{host} answered {said}")) })
            }
            _ => Err(SendError::never(format!("{host} answered {said}"))),
        }
    }
}

/// Host and port of an address, for messages: its path may be a secret.
pub(crate) fn host(url: &str) -> String {
    let uri = url.parse::<Uri>().ok();
    uri.and_then(|u| u.authority().map(|a| a.as_str().to_owned())).unwrap_or_else(|| "the address".to_owned())
}

/// Errors in our own words: those of the library may hold the address.
fn unreachable(host: &str, error: &Error) -> SendError {
    let why = match error {
        Error::Timeout(_) => "did not answer in time".to_owned(),
        Error::HostNotFound => "is not known".to_owned(),
        Error::ConnectionFailed => "could not be connected to".to_owned(),
        Error::Io(e) => io_words(e),
        Error::Tls(why) => format!("TLS failed: {why}"),
        Error::Rustls(e) => format!("TLS failed: {e}"),
        Error::Protocol(_) => "did not speak HTTP as it should".to_owned(),
        Error::BadUri(_) | Error::Http(_) => return SendError::never(format!("{host}: no address to send to")),
        _ => "could not be told".to_owned(),
    };
    SendError::again(format!("{host} {why}"))
}

/// An error of a connection, without addresses.
pub(crate) fn io_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => "did not answer in time".to_owned(),
        io::ErrorKind::Other | io::ErrorKind::InvalidData => format!("failed: {error}"),
        kind => format!("failed: {kind}"),
    }
}

/// `Retry-After`, in seconds or as a date.
fn wait(headers: &HeaderMap) -> Option<Wait> {
    let text = headers.get("retry-after")?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(Wait::For(Duration::from_secs(u64::from(seconds))));
    }
    let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    u64::try_from(at.as_nanosecond()).ok().map(|ns| Wait::Until(Time(ns)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_read_in_both_forms() {
        let of = |text: &str| wait(&HeaderMap::from_iter([(ureq::http::header::RETRY_AFTER, text.parse().unwrap())]));
        assert_eq!(of("7"), Some(Wait::For(Duration::from_secs(7))));
        let date = Time::parse("2015-10-21T07:28:00Z").unwrap();
        assert_eq!(of("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Wait::Until(date)));
        assert_eq!((of("soon"), of("-3")), (None, None));
    }
}
