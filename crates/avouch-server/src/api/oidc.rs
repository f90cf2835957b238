//! Login through the provider of the organisation. The browser is sent there, and comes back with a code.

use avouch_auth::OidcError;
use axum::extract::{ConnectInfo, Extension, RawQuery, State};
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use std::net::SocketAddr;
use std::sync::Arc;
use utoipa_axum::routes;

use crate::App;
use crate::access::Routes;
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::provider::{LoginError, Provider};
use crate::session::{client, cookie, cookie_named};

/// The cookie of a login that is under way.
const COOKIE: &str = "avouch_login";
/// Bytes of a parameter of the provider at most.
const LONGEST: usize = 8_192;

/// The routes.
pub(super) fn routes() -> Routes {
    Routes::new().open(routes!(start)).open(routes!(callback))
}

fn provider(app: &App) -> ApiResult<Arc<Provider>> {
    app.provider.clone().ok_or_else(|| ApiError::not_found("no provider of logins is configured"))
}

fn told(error: &LoginError) -> ApiError {
    match error {
        LoginError::Busy => ApiError::busy("busy", error.to_string(), 10),
        LoginError::Provider(OidcError::State | OidcError::Token { .. }) => {
            ApiError::new(StatusCode::UNAUTHORIZED, "login_failed", error.to_string())
        }
        LoginError::Provider(_) => {
            crate::log::complain(&crate::error::chain(error));
            let text = "the provider of logins could not be asked; the server's log says why";
            ApiError::new(StatusCode::BAD_GATEWAY, "provider_failed", text)
        }
    }
}

fn login_cookie(app: &App, value: &str, seconds: u32) -> String {
    let secure = if app.secure { "; Secure" } else { "" };
    // Lax: the browser comes back from a page of the provider.
    let path = crate::api::BASE;
    format!("{COOKIE}={value}; Path={path}/oidc; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
}

/// Sends the browser to the provider.
#[utoipa::path(
    get, path = "/oidc/start", tag = "session",
    responses((status = 303, description = "To the provider"), (status = 404, body = ErrorBody), (status = 429, body = ErrorBody), (status = 502, body = ErrorBody), (status = 503, body = ErrorBody))
)]
pub(crate) async fn start(State(app): State<App>) -> ApiResult<Response> {
    let (provider, now) = (provider(&app)?, app.now());
    let begun = tokio::task::spawn_blocking(move || provider.begin(now)).await.map_err(ApiError::internal)?;
    let (address, word) = begun.map_err(|e| told(&e))?;
    let headers = [(LOCATION, address), (SET_COOKIE, login_cookie(&app, &word, 600))];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

/// The browser comes back from the provider.
#[utoipa::path(
    get, path = "/oidc/callback", tag = "session",
    params(
        ("code" = Option<String>, Query, description = "What the provider gave"),
        ("state" = Option<String>, Query, description = "What was sent along"),
        ("error" = Option<String>, Query, description = "Why the provider gave none"),
    ),
    responses((status = 303, description = "To the console, logged in"), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 429, body = ErrorBody), (status = 502, body = ErrorBody), (status = 503, body = ErrorBody))
)]
pub(crate) async fn callback(
    State(app): State<App>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> ApiResult<Response> {
    let provider = provider(&app)?;
    let given: Vec<(String, String)> = serde_urlencoded::from_str(query.as_deref().unwrap_or_default())
        .map_err(|_| ApiError::bad("bad_query", "the query of the URL cannot be read"))?;
    let find = |name: &str| given.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
    if given.iter().any(|(_, v)| v.len() > LONGEST) {
        return Err(ApiError::bad("bad_query", format!("a parameter is longer than {LONGEST} bytes")));
    }
    if let Some(error) = find("error") {
        let shown: String = error.chars().filter(|c| c.is_ascii_graphic()).take(60).collect();
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "login_failed", format!("the provider says `{shown}`")));
    }
    let (Some(code), Some(state)) = (find("code"), find("state")) else {
        return Err(ApiError::bad("bad_query", "`code` or `state` is not there"));
    };
    let Some(shown) = cookie_named(&headers, COOKIE).map(str::to_owned) else {
        return Err(told(&LoginError::Provider(OidcError::State)));
    };
    let (asked, now) = (Arc::clone(&provider), app.now());
    let finished = tokio::task::spawn_blocking(move || asked.finish(&shown, &code, &state, now)).await;
    let identity = finished.map_err(ApiError::internal)?.map_err(|e| told(&e))?;
    let (client, previous) = (client(peer.as_deref(), &headers), cookie(&headers).map(str::to_owned));
    let enter = move |a: &avouch_auth::Accounts| {
        a.log_in_by_provider(&identity, provider.mapping(), &client, previous.as_deref(), now)
    };
    let opened = match app.accounts.change(&app, enter).await {
        Ok(opened) => opened,
        Err(error) => {
            // A refusal leaves facts, too: what the provider took away.
            app.accounts.settle(&app).await?;
            return Err(error);
        }
    };
    let cookies =
        AppendHeaders([(SET_COOKIE, super::login::set_cookie(&app, &opened)), (SET_COOKIE, login_cookie(&app, "", 0))]);
    Ok((StatusCode::SEE_OTHER, [(LOCATION, "/")], cookies).into_response())
}
