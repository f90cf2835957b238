//! Sessions of browsers, and one's own password. Admins see everybody's; others their own.

use avouch_auth::{Credentials, Secret, Session, Via};
use avouch_finding::Time;
use axum::Json;
use axum::extract::{ConnectInfo, Extension, Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::App;
use crate::access::{Permission, Routes, Who};
use crate::body::Body;
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::session::client;

/// The routes.
pub(super) fn routes() -> Routes {
    Routes::new().somebody(routes!(list)).somebody(routes!(end)).somebody(routes!(password))
}

/// Sessions that have not ended, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionsOut {
    /// Everybody's are listed, or only those of who asks.
    everybody: bool,
    sessions: Vec<SessionOut>,
}

/// A session.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionOut {
    /// To end it by.
    id: String,
    user: String,
    #[schema(value_type = String, format = DateTime)]
    made: Time,
    /// To the minute.
    #[schema(value_type = String, format = DateTime)]
    last_seen: Time,
    address: String,
    /// What the browser calls itself.
    agent: String,
    /// `password`, `link` or `oidc`.
    means: String,
    /// It is the one that asks.
    current: bool,
}

/// Old and new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangePassword {
    old: String,
    new: String,
}

/// Id of the session that asks.
fn own(who: &Who) -> Option<&str> {
    match &who.principal().via {
        Via::Session(id) => Some(id),
        Via::Token(_) | Via::Certificate => None,
    }
}

/// Whose sessions they may see and end; `None` is everybody.
fn whose(who: &Who) -> Option<String> {
    (!who.may(Permission::ManageUsers)).then(|| who.name().to_owned())
}

/// Sessions that are open.
#[utoipa::path(get, path = "/sessions", tag = "sessions", responses((status = 200, body = SessionsOut), (status = 401, body = ErrorBody)))]
pub(crate) async fn list(State(app): State<App>, who: Who) -> ApiResult<Json<SessionsOut>> {
    let (of, now) = (whose(&who), app.now());
    let everybody = of.is_none();
    let sessions = app.accounts.ask(move |a| a.sessions(of.as_deref(), now)).await?;
    let out = |s: Session| SessionOut {
        current: own(&who) == Some(s.id.as_str()),
        id: s.id,
        user: s.user,
        made: s.made,
        last_seen: s.last_seen,
        address: s.address,
        agent: s.agent,
        means: s.means,
    };
    Ok(Json(SessionsOut { everybody, sessions: sessions.into_iter().map(out).collect() }))
}

/// Ends a session, at once.
#[utoipa::path(
    delete, path = "/sessions/{id}", tag = "sessions", params(("id" = String, Path)),
    responses((status = 204), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub(crate) async fn end(State(app): State<App>, who: Who, Path(id): Path<String>) -> ApiResult<StatusCode> {
    let (of, by, now) = (whose(&who), who.name().to_owned(), app.now());
    app.accounts.change(&app, move |a| a.revoke_session(&id, of.as_deref(), &by, now)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes one's own password. Other sessions of one's own end.
#[utoipa::path(
    post, path = "/password", tag = "sessions", request_body = ChangePassword,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 415, body = ErrorBody), (status = 429, body = ErrorBody))
)]
pub(crate) async fn password(
    State(app): State<App>,
    who: Who,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    Body(given): Body<ChangePassword>,
) -> ApiResult<StatusCode> {
    let Some(session) = own(&who).map(str::to_owned) else {
        return Err(ApiError::forbidden("only a person who is logged in has a password"));
    };
    let old = Credentials { name: who.name().to_owned(), password: Secret::new(given.old) };
    let (new, client, now) = (Secret::new(given.new), client(peer.as_deref(), &headers), app.now());
    let changed = app.accounts.change(&app, move |a| a.change_password(&old, &new, &session, &client, now)).await;
    match changed {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        // 401 would tell a page that its session has ended.
        Err(error) if error.status() == StatusCode::UNAUTHORIZED => {
            Err(ApiError::forbidden("the old password is wrong").param("old"))
        }
        Err(error) => Err(error),
    }
}
