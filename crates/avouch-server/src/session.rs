//! Who a request is from: the cookie of a browser, the token of a program, or the certificate of an agent.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use avouch_auth::{Client, Principal, csrf_matches};
use axum::extract::ConnectInfo;
use axum::http::header::{AUTHORIZATION, COOKIE, USER_AGENT};
use axum::http::{HeaderMap, Method};

use crate::App;
use crate::access::Who;
use crate::error::{ApiError, ApiResult};
use crate::serve::PeerCertificates;

/// The cookie of a session.
pub(crate) const COOKIE_NAME: &str = "avouch_session";
/// The header that shows that a request comes from a page of this server.
pub(crate) const CSRF_HEADER: &str = "x-csrf-token";

/// The caller; `None` when nobody is logged in.
///
/// # Errors
/// 401 for a token that is none, 403 for a request of a browser that changes something and does not show the session's word.
pub(crate) async fn caller(app: &App, method: &Method, headers: &HeaderMap) -> ApiResult<Option<Who>> {
    if let Some(token) = bearer(headers) {
        let (token, now) = (token.to_owned(), app.now());
        let principal = app.accounts.ask(move |a| a.token(&token, now)).await?;
        let refused = || ApiError::unauthorized().hint("the token was never one, was revoked or has ended");
        return principal.map(Who::new).map(Some).ok_or_else(refused);
    }
    let Some(cookie) = cookie(headers) else { return Ok(None) };
    let (shown, now) = (cookie.to_owned(), app.now());
    let Some(session) = app.accounts.ask(move |a| a.session(&shown, now)).await? else { return Ok(None) };
    if !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        let word = headers.get(CSRF_HEADER).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if !csrf_matches(cookie, word) {
            return Err(ApiError::forbidden(format!("the header `{CSRF_HEADER}` does not fit the session"))
                .hint("`GET /api/v1/session` tells it"));
        }
    }
    Ok(Some(Who::new(session.principal)))
}

/// The agent that a client certificate names, which TLS has verified: the certificate has to have one DNS name, the node's.
pub(crate) fn certified(shown: Option<&PeerCertificates>) -> Option<Who> {
    let certificate = webpki::EndEntityCert::try_from(shown?.0.first()?).ok()?;
    let mut names = certificate.valid_dns_names();
    match (names.next(), names.next()) {
        (Some(node), None) => Some(Who::new(Principal::certificate(node))),
        // Of several it is not known which one is meant.
        _ => None,
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The session's cookie, as the browser sent it.
pub(crate) fn cookie(headers: &HeaderMap) -> Option<&str> {
    cookie_named(headers, COOKIE_NAME)
}

/// A cookie of a name.
pub(crate) fn cookie_named<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    let all = headers.get_all(COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';'));
    let mut pairs = all.filter_map(|pair| pair.trim().split_once('='));
    pairs.find_map(|(name, value)| (name == wanted).then_some(value))
}

/// Where a request comes from.
pub(crate) fn client(request_peer: Option<&ConnectInfo<SocketAddr>>, headers: &HeaderMap) -> Client {
    let address = request_peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
    let agent = headers.get(USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    Client { address, agent: agent.to_owned() }
}
