//! Which names the server answers to.
//!
//! A page of somebody else can have its own name point to the loopback address and so talk to a server there from the browser of
//! its reader ("DNS rebinding"). The browser then sends that name as `Host`: a server that answers to its own names alone is out of reach.

use std::net::{IpAddr, SocketAddr};

use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, HOST};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::App;
use crate::error::ApiError;

/// The names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hosts {
    /// Host of the configured address.
    own: Option<String>,
    /// It listens on loopback alone.
    loopback: bool,
}

impl Hosts {
    /// Of where it listens and the address that it was told it has.
    pub(crate) fn new(at: SocketAddr, url: Option<&str>) -> Self {
        let own = url.and_then(|url| url.parse::<Uri>().ok()).and_then(|uri| uri.host().map(str::to_ascii_lowercase));
        Self { own, loopback: at.ip().is_loopback() }
    }

    /// Whether a request may go by this name. An address in figures is nobody's to point elsewhere.
    fn fits(&self, name: &str) -> bool {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        if self.own.as_deref() == Some(name.as_str()) || name == "localhost" {
            return true;
        }
        let ip = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        match ip {
            Ok(ip) => !self.loopback || ip.is_loopback(),
            // Reachable by others and told no name: any may be its own.
            Err(_) => !self.loopback && self.own.is_none(),
        }
    }
}

/// Name that a request is sent to, without its port.
pub(crate) fn name<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Option<&'a str> {
    let host = headers.get(HOST).map(|h| h.to_str().unwrap_or("?")).or_else(|| uri.authority().map(|a| a.as_str()))?;
    let port = |port: &str| port.bytes().all(|b| b.is_ascii_digit());
    Some(host.rsplit_once(':').filter(|(_, p)| port(p)).map_or(host, |(name, _)| name))
}

/// Refuses what is sent to a name of somebody else. A request with a token is not one that a page can make its reader send.
pub(crate) async fn check(request: Request, next: Next) -> Response {
    let Some(app) = request.extensions().get::<App>() else {
        return ApiError::internal("a route without its server").into_response();
    };
    let token = request.headers().contains_key(AUTHORIZATION);
    if !token && name(request.headers(), request.uri()).is_some_and(|name| !app.hosts.fits(name)) {
        let refused =
            ApiError::new(StatusCode::MISDIRECTED_REQUEST, "wrong_host", "this server does not go by that name");
        return refused.hint("`avouch server --url` tells it the name that it has").into_response();
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(at: &str, url: Option<&str>) -> Hosts {
        Hosts::new(at.parse().unwrap(), url)
    }

    #[test]
    fn on_loopback_only_names_of_this_machine_and_the_configured_one_count() {
        let local = hosts("127.0.0.1:8470", Some("https://Avouch.example.org:8443/x"));
        for name in
            ["localhost", "LOCALHOST", "127.0.0.1", "127.0.0.2", "[::1]", "avouch.example.org", "avouch.example.org."]
        {
            assert!(local.fits(name), "{name}");
        }
        for name in ["evil.example", "192.0.2.1", "avouch.example.org.evil.example", "localhost.evil.example", "", "?"]
        {
            assert!(!local.fits(name), "{name}");
        }
    }

    #[test]
    fn elsewhere_names_count_once_the_server_knows_its_own() {
        assert!(hosts("0.0.0.0:8470", None).fits("anything.example"));
        let named = hosts("0.0.0.0:8470", Some("https://avouch.example.org"));
        assert!(named.fits("192.0.2.1") && named.fits("avouch.example.org") && !named.fits("evil.example"));
    }

    #[test]
    fn the_port_is_no_part_of_the_name() {
        let uri = Uri::from_static("/x");
        for (header, expected) in
            [("localhost:8470", "localhost"), ("[::1]:80", "[::1]"), ("[::1]", "[::1]"), ("a", "a")]
        {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, header.parse().unwrap());
            assert_eq!(name(&headers, &uri), Some(expected));
        }
        assert_eq!(name(&HeaderMap::new(), &Uri::from_static("https://b.example:1/x")), Some("b.example"));
        assert_eq!(name(&HeaderMap::new(), &uri), None);
    }
}
