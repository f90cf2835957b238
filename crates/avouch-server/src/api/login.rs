//! Logging in and out, and the first start.

use avouch_auth::{Credentials, NewSession, Secret};
use avouch_finding::Time;
use avouch_store::{Column, Filter, Period};
use axum::Json;
use axum::extract::{ConnectInfo, Extension, State};
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::App;
use crate::access::{Permission, Routes, Who};
use crate::body::Body;
use crate::error::{ApiResult, ErrorBody};
use crate::session::{COOKIE_NAME, client, cookie};

/// The routes.
pub(super) fn routes() -> Routes {
    Routes::new().open(routes!(session)).open(routes!(log_in)).open(routes!(setup)).somebody(routes!(log_out))
}

/// Who is logged in, and what a page needs to know of the server.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionState {
    /// `null` when nobody is.
    user: Option<UserState>,
    /// For the header `x-csrf-token`; `null` when nobody is logged in, or by a token.
    csrf: Option<String>,
    /// Version of avouch.
    version: &'static str,
    /// Nobody can log in yet: the operator's terminal shows a link.
    setup_needed: bool,
    /// The provider that one can also log in through.
    oidc: Option<ProviderOut>,
    /// Clusters that findings of the last 90 days or watched nodes name, at most 200; none when nobody is logged in.
    cluster_names: Vec<String>,
    #[schema(value_type = String, format = DateTime)]
    server_time: Time,
}

/// A provider of logins.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProviderOut {
    name: String,
}

/// Somebody.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserState {
    name: String,
    /// `admin`, `analyst`, `auditor`, or the scopes of a token.
    role: String,
    permissions: Vec<&'static str>,
    period: Option<PeriodOut>,
}

/// From `from` up to and without `to`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PeriodOut {
    #[schema(value_type = String, format = DateTime)]
    from: Time,
    #[schema(value_type = String, format = DateTime)]
    to: Time,
}

impl From<avouch_auth::Period> for PeriodOut {
    fn from(period: avouch_auth::Period) -> Self {
        Self { from: period.from, to: period.to }
    }
}

/// Name and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogIn {
    user: String,
    password: String,
}

/// A one-time link's secret, and who its holder wants to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Setup {
    link_token: String,
    user: String,
    password: String,
}

/// Who is logged in.
#[utoipa::path(get, path = "/session", tag = "session", responses((status = 200, body = SessionState)))]
pub(crate) async fn session(
    State(app): State<App>,
    who: Option<Extension<Who>>,
    headers: HeaderMap,
) -> ApiResult<Json<SessionState>> {
    let (now, shown) = (app.now(), cookie(&headers).map(str::to_owned));
    let csrf = match shown {
        Some(cookie) => app.accounts.ask(move |a| a.session(&cookie, now)).await?.map(|s| s.csrf.expose().to_owned()),
        None => None,
    };
    state(&app, who.as_ref().map(|w| &w.0), csrf).await.map(Json)
}

/// Logs in by password.
#[utoipa::path(
    post, path = "/session", tag = "session", request_body = LogIn,
    responses((status = 200, body = SessionState), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 429, body = ErrorBody))
)]
pub(crate) async fn log_in(
    State(app): State<App>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    Body(given): Body<LogIn>,
) -> ApiResult<Response> {
    let credentials = Credentials { name: given.user, password: Secret::new(given.password) };
    let (client, now) = (client(peer.as_deref(), &headers), app.now());
    let previous = cookie(&headers).map(str::to_owned);
    let change = move |a: &avouch_auth::Accounts| a.log_in(&credentials, &client, previous.as_deref(), now);
    let opened = app.accounts.change(&app, change).await?;
    welcome(&app, &opened).await
}

/// Makes the first admin, or sets a password, by a one-time link.
#[utoipa::path(
    post, path = "/setup", tag = "session", request_body = Setup,
    responses((status = 200, body = SessionState), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 409, body = ErrorBody))
)]
pub(crate) async fn setup(
    State(app): State<App>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    Body(given): Body<Setup>,
) -> ApiResult<Response> {
    let (client, now) = (client(peer.as_deref(), &headers), app.now());
    let change = move |a: &avouch_auth::Accounts| {
        a.setup(&given.link_token, &given.user, &Secret::new(given.password), &client, now)
    };
    let opened = app.accounts.change(&app, change).await?;
    welcome(&app, &opened).await
}

/// Ends the session.
#[utoipa::path(delete, path = "/session", tag = "session", responses((status = 200, body = SessionState), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)))]
pub(crate) async fn log_out(State(app): State<App>, headers: HeaderMap) -> ApiResult<Response> {
    if let Some(shown) = cookie(&headers).map(str::to_owned) {
        let now = app.now();
        app.accounts.change(&app, move |a| a.log_out(&shown, now)).await?;
    }
    let gone = format!("{COOKIE_NAME}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    Ok(([(SET_COOKIE, gone)], Json(state(&app, None, None).await?)).into_response())
}

/// The answer to somebody who has just come in.
pub(crate) async fn welcome(app: &App, opened: &NewSession) -> ApiResult<Response> {
    let who = Who::new(opened.principal.clone());
    let body = state(app, Some(&who), Some(opened.csrf.expose().to_owned())).await?;
    Ok(([(SET_COOKIE, set_cookie(app, opened))], Json(body)).into_response())
}

/// The cookie of a new session.
pub(crate) fn set_cookie(app: &App, opened: &NewSession) -> String {
    let seconds = opened.expires.seconds_since(app.now());
    let secure = if app.secure { "; Secure" } else { "" };
    format!("{COOKIE_NAME}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}", opened.secret.expose())
}

async fn state(app: &App, who: Option<&Who>, csrf: Option<String>) -> ApiResult<SessionState> {
    let user = who.map(|who| UserState {
        name: who.name().to_owned(),
        role: who.principal().role_text(),
        permissions: avouch_auth::Permission::ALL.iter().filter(|p| who.may(**p)).map(|p| p.name()).collect(),
        period: who.principal().period().map(PeriodOut::from),
    });
    let cluster_names = match who.filter(|who| who.may(Permission::ReadFindings)) {
        Some(who) => cluster_names(app, who).await,
        None => Vec::new(),
    };
    Ok(SessionState {
        user,
        csrf,
        cluster_names,
        version: env!("CARGO_PKG_VERSION"),
        setup_needed: app.accounts.ask(avouch_auth::Accounts::setup_needed).await?,
        oidc: app.provider.as_ref().map(|p| ProviderOut { name: p.name().to_owned() }),
        server_time: app.now(),
    })
}

/// Clusters are looked for among findings of so long, in ns, and in the period that an auditor may see.
const CLUSTERS_OF: u64 = 90 * 86_400_000_000_000;
/// Clusters that are named.
const CLUSTERS: usize = 200;

/// Names of clusters that questions can be limited to, in order.
async fn cluster_names(app: &App, who: &Who) -> Vec<String> {
    let now = app.now();
    let asked = match who.principal().period() {
        Some(period) => Period::new(period.from, period.to),
        None => Period::new(Time(now.0.saturating_sub(CLUSTERS_OF)), Time(u64::MAX)),
    };
    let filter = Filter { period: asked, ..Filter::default() };
    // Whoever logs in has to get in, also while the store is busy.
    let facets = app.readers.ask(move |reader| Ok(reader.facets(&filter, &[Column::Cluster], CLUSTERS)?)).await;
    let facets = facets.unwrap_or_default();
    let found = facets.into_iter().flat_map(|facet| facet.values).map(|value| value.value.as_ref().to_owned());
    let mut names: BTreeSet<String> = found.collect();
    // An auditor is told of the clusters of the period, and of no later ones.
    if who.principal().period().is_none() {
        names.extend(app.health.standing(now).nodes.into_iter().map(|node| node.cluster));
    }
    names.remove("");
    names.into_iter().take(CLUSTERS).collect()
}
