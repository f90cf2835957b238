//! Login through the provider of the organisation. The browser is sent there, and comes back with a code.

use avouch_auth::{Client, NewSession, OidcError};
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

/// Why a login through the provider did not work, as the console's login page is told: it has the words for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    /// The provider says no.
    Refused,
    /// It did not begin in this browser, took too long, or was ended before.
    Stale,
    /// The provider cannot be asked, or what it says cannot be trusted.
    Provider,
    /// No group of theirs has a role here.
    NoRole,
    /// An auditor whose period is still to be given.
    NoPeriod,
    /// Somebody who was made here has the name.
    NameTaken,
    /// The user was disabled or removed.
    Disabled,
    /// Too many at once.
    Busy,
    /// The server is at fault.
    Server,
}

impl Failure {
    fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Stale => "stale",
            Self::Provider => "provider",
            Self::NoRole => "no_role",
            Self::NoPeriod => "no_period",
            Self::NameTaken => "name_taken",
            Self::Disabled => "disabled",
            Self::Busy => "busy",
            Self::Server => "server",
        }
    }

    fn of(error: &LoginError) -> Self {
        match error {
            LoginError::Busy => Self::Busy,
            LoginError::Provider(OidcError::State) => Self::Stale,
            LoginError::Provider(_) => {
                crate::log::complain(&crate::error::chain(error));
                Self::Provider
            }
        }
    }

    /// Of what the accounts say.
    fn of_entry(error: &ApiError) -> Self {
        match error.code() {
            "no_role" => Self::NoRole,
            "period_missing" => Self::NoPeriod,
            "name_taken" => Self::NameTaken,
            "wrong_credentials" => Self::Disabled,
            "busy" | "rate_limited" => Self::Busy,
            _ => Self::Server,
        }
    }

    /// To the login page. The browser was sent here by a page, and a person looks at what comes.
    fn response(self, app: &App) -> Response {
        let headers = [(LOCATION, format!("/?login_failed={}", self.name())), (SET_COOKIE, login_cookie(app, "", 0))];
        (StatusCode::SEE_OTHER, headers).into_response()
    }
}

fn login_cookie(app: &App, value: &str, seconds: u32) -> String {
    let secure = if app.secure { "; Secure" } else { "" };
    // Lax: the browser comes back from a page of the provider.
    let path = crate::api::BASE;
    format!("{COOKIE}={value}; Path={path}/oidc; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
}

/// Sends the browser to the provider, or back to the login page (`/?login_failed=`) when that cannot be.
#[utoipa::path(
    get, path = "/oidc/start", tag = "session",
    responses((status = 303, description = "To the provider, or to the login page with the reason why not"), (status = 404, body = ErrorBody), (status = 429, body = ErrorBody))
)]
pub(crate) async fn start(State(app): State<App>) -> ApiResult<Response> {
    let (provider, now) = (provider(&app)?, app.now());
    let begun = tokio::task::spawn_blocking(move || provider.begin(now)).await.map_err(ApiError::internal)?;
    let (address, word) = match begun {
        Ok(begun) => begun,
        Err(error) => return Ok(Failure::of(&error).response(&app)),
    };
    let headers = [(LOCATION, address), (SET_COOKIE, login_cookie(&app, &word, 600))];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

/// The browser comes back from the provider: on to the console, or to its login page with the reason why not (`/?login_failed=`: `refused`,
/// `stale`, `provider`, `no_role`, `no_period`, `name_taken`, `disabled`, `busy`, `server`).
#[utoipa::path(
    get, path = "/oidc/callback", tag = "session",
    params(
        ("code" = Option<String>, Query, description = "What the provider gave"),
        ("state" = Option<String>, Query, description = "What was sent along"),
        ("error" = Option<String>, Query, description = "Why the provider gave none"),
    ),
    responses((status = 303, description = "To the console, logged in, or to its login page"), (status = 404, body = ErrorBody), (status = 429, body = ErrorBody))
)]
pub(crate) async fn callback(
    State(app): State<App>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> ApiResult<Response> {
    let provider = provider(&app)?;
    let (client, previous) = (client(peer.as_deref(), &headers), cookie(&headers).map(str::to_owned));
    let opened = match come_back(&app, provider, &headers, query.as_deref(), (client, previous)).await {
        Ok(opened) => opened,
        Err(failure) => return Ok(failure.response(&app)),
    };
    let cookies =
        AppendHeaders([(SET_COOKIE, super::login::set_cookie(&app, &opened)), (SET_COOKIE, login_cookie(&app, "", 0))]);
    Ok((StatusCode::SEE_OTHER, [(LOCATION, "/")], cookies).into_response())
}

/// Who comes back, and the session that they get.
async fn come_back(
    app: &App,
    provider: Arc<Provider>,
    headers: &HeaderMap,
    query: Option<&str>,
    (client, previous): (Client, Option<String>),
) -> Result<NewSession, Failure> {
    let given: Vec<(String, String)> =
        serde_urlencoded::from_str(query.unwrap_or_default()).map_err(|_| Failure::Provider)?;
    if given.iter().any(|(_, v)| v.len() > LONGEST) {
        return Err(Failure::Provider);
    }
    let find = |name: &str| given.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
    if let Some(error) = find("error") {
        let shown: String = error.chars().filter(char::is_ascii_graphic).take(60).collect();
        crate::log::complain(&format!("the provider of logins refused one: `{shown}`"));
        return Err(Failure::Refused);
    }
    let (Some(code), Some(state)) = (find("code"), find("state")) else { return Err(Failure::Provider) };
    let shown = cookie_named(headers, COOKIE).map(str::to_owned).ok_or(Failure::Stale)?;
    let (asked, now) = (Arc::clone(&provider), app.now());
    let finished = tokio::task::spawn_blocking(move || asked.finish(&shown, &code, &state, now)).await;
    let identity = finished
        .map_err(|error| Failure::of_entry(&ApiError::internal(error)))?
        .map_err(|error| Failure::of(&error))?;
    let enter = move |a: &avouch_auth::Accounts| {
        a.log_in_by_provider(&identity, provider.mapping(), &client, previous.as_deref(), now)
    };
    match app.accounts.change(app, enter).await {
        Ok(opened) => Ok(opened),
        Err(error) => {
            // A refusal leaves facts, too: what the provider took away.
            let settled = app.accounts.settle(app).await;
            Err(Failure::of_entry(settled.as_ref().err().unwrap_or(&error)))
        }
    }
}
