//! Where a server is, and how it is told who sends.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::ring;
use ureq::Agent;
use ureq::http::Uri;
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

use crate::wire::PATH;

/// Largest file of a token, certificate or key.
const MAX_FILE: u64 = 1 << 20;

/// Why a server cannot be talked to, before anything was sent.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ServerError {
    #[error("`{url}` is no address of a server: {reason}")]
    Url { url: String, reason: &'static str },
    #[error("failed to read `{}`", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("`{}` holds no {what}", path.display())]
    Holds { path: PathBuf, what: &'static str },
    #[error("the token is empty or has characters that no token has")]
    Token,
    #[error("neither a token nor a client certificate is given: the server would not know who sends")]
    Nameless,
}

/// What tells the server who sends.
#[derive(Clone, Default)]
pub enum Token {
    /// Nothing but the client certificate.
    #[default]
    None,
    /// The content of a file, read again whenever the server refuses.
    File(PathBuf),
    /// The token itself.
    Text(String),
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Text(_) => f.write_str("Text"),
        }
    }
}

/// A server.
#[derive(Clone, Debug)]
pub struct Server {
    base: String,
    tls: bool,
    /// What tells it who sends.
    pub token: Token,
    /// Certificates that vouch for it, as PEM; those of the system without it.
    pub ca: Option<PathBuf>,
    /// Certificate and key of this client, as PEM files.
    pub client: Option<(PathBuf, PathBuf)>,
    /// Longest time for one request.
    pub timeout: Duration,
}

impl Server {
    /// The server at that address, as `https://avouch.example:8443`, with a path when it stands behind one.
    ///
    /// # Errors
    /// When it is no such address, or not encrypted and not on this machine: a token must not cross a network in clear.
    pub fn new(url: &str) -> Result<Self, ServerError> {
        let wrong = |reason| ServerError::Url { url: url.chars().take(200).collect(), reason };
        let uri: Uri = url.trim_end_matches('/').parse().map_err(|_| wrong("it is no URL"))?;
        let authority = uri.authority().ok_or_else(|| wrong("it names no host"))?;
        if authority.as_str().contains('@') {
            return Err(wrong("a user in it is not used; give a token"));
        }
        if uri.query().is_some() {
            return Err(wrong("it has a query"));
        }
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") if is_loopback(authority.host()) => false,
            Some("http") => {
                return Err(wrong(
                    "without https the token would cross the network in clear; http is for this machine only",
                ));
            }
            _ => return Err(wrong("it begins with neither https:// nor http://")),
        };
        let path = uri.path().trim_end_matches('/');
        let base = format!("{}://{authority}{path}", if tls { "https" } else { "http" });
        Ok(Self { base, tls, token: Token::None, ca: None, client: None, timeout: Duration::from_secs(60) })
    }

    /// Its address.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Where batches go.
    pub(super) fn url(&self) -> String {
        format!("{}{PATH}", self.base)
    }

    /// A client for it, and the value of its `Authorization`. Files are read anew each time: certificates and tokens are replaced while
    /// an agent runs. So many connections are kept open between requests.
    pub(super) fn connect(&self, idle: usize) -> Result<(Agent, Option<String>), ServerError> {
        let token = match &self.token {
            Token::None if self.client.is_none() => return Err(ServerError::Nameless),
            Token::None => None,
            Token::Text(text) => Some(text.clone()),
            Token::File(path) => Some(String::from_utf8_lossy(&read(path)?).into_owned()),
        };
        let bearer = token.map(|token| match token.trim() {
            token if !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic()) => Ok(format!("Bearer {token}")),
            _ => Err(ServerError::Token),
        });
        let mut config = Agent::config_builder()
            .timeout_connect(Some(self.timeout.min(Duration::from_secs(10))))
            .timeout_global(Some(self.timeout))
            .http_status_as_error(false)
            .max_idle_connections(idle)
            // A token is for one address.
            .max_redirects(0)
            .user_agent(concat!("avouch/", env!("CARGO_PKG_VERSION")));
        config = if self.tls {
            config.tls_config(self.tls()?)
        } else {
            // What is not encrypted stays on this machine, whatever proxies the environment names.
            config.proxy(None)
        };
        Ok((config.build().new_agent(), bearer.transpose()?))
    }

    fn tls(&self) -> Result<TlsConfig, ServerError> {
        let roots = match &self.ca {
            Some(path) => certificates(path)?,
            None => {
                let system = rustls_native_certs::load_native_certs().certs;
                system.iter().map(|der| Certificate::from_der(der).to_owned()).collect()
            }
        };
        let client = match &self.client {
            Some((certificate, key)) => {
                Some(ClientCert::new_with_certs(&certificates(certificate)?, private_key(key)?))
            }
            None => None,
        };
        Ok(TlsConfig::builder()
            .root_certs(RootCerts::new_with_certs(&roots))
            .client_cert(client)
            .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
            .build())
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

fn read(path: &Path) -> Result<Vec<u8>, ServerError> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(MAX_FILE).read_to_end(&mut bytes));
    read.map_err(|source| ServerError::File { path: path.to_owned(), source })?;
    Ok(bytes)
}

fn certificates(path: &Path) -> Result<Vec<Certificate<'static>>, ServerError> {
    let holds = || ServerError::Holds { path: path.to_owned(), what: "certificate as PEM" };
    let mut out = Vec::new();
    for item in parse_pem(&read(path)?) {
        if let PemItem::Certificate(certificate) = item.map_err(|_| holds())? {
            out.push(certificate);
        }
    }
    if out.is_empty() { Err(holds()) } else { Ok(out) }
}

fn private_key(path: &Path) -> Result<PrivateKey<'static>, ServerError> {
    PrivateKey::from_pem(&read(path)?)
        .map_err(|_| ServerError::Holds { path: path.to_owned(), what: "private key as PEM" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_keep_a_token_safe() {
        for (url, base) in [
            ("https://a.example:8443/", "https://a.example:8443"),
            ("https://a.example/avouch/", "https://a.example/avouch"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://localhost:1", "http://localhost:1"),
            ("http://[::1]:1", "http://[::1]:1"),
        ] {
            assert_eq!(Server::new(url).expect(url).base(), base);
        }
        for url in [
            "http://a.example",
            "http://127.0.0.1.example",
            "http://10.0.0.1",
            "a.example",
            "ftp://a.example",
            "https://",
            "https://user:word@a.example",
            "https://a.example/?token=x",
            "",
        ] {
            assert!(Server::new(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_token_is_not_shown_and_must_be_one() {
        let mut server = Server::new("http://localhost:1").expect("an address");
        assert!(matches!(server.connect(1), Err(ServerError::Nameless)));
        server.token = Token::Text("very-secret".to_owned());
        assert!(!format!("{server:?}").contains("very-secret"));
        assert_eq!(server.connect(1).expect("connects").1.as_deref(), Some("Bearer very-secret"));
        for bad in ["", " \n", "two words", "line\nbreak"] {
            server.token = Token::Text(bad.to_owned());
            assert!(matches!(server.connect(1), Err(ServerError::Token)), "{bad:?}");
        }
    }
}
