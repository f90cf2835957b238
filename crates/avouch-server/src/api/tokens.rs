//! Tokens of programs. The secret is shown once, when a token is made.

use avouch_auth::{NewToken, Scope, Token};
use avouch_finding::Time;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::App;
use crate::access::{Permission, Routes, Who};
use crate::body::Body;
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::query::time;

/// The routes.
pub(super) fn routes() -> Routes {
    Routes::new()
        .allow(Permission::ManageUsers, routes!(list))
        .allow(Permission::ManageUsers, routes!(add))
        .allow(Permission::ManageUsers, routes!(revoke))
}

/// Every token, those that were revoked or have ended too, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokensOut {
    tokens: Vec<TokenOut>,
}

/// A token without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenOut {
    /// To revoke it by.
    id: String,
    name: String,
    scopes: Vec<&'static str>,
    /// The only node that it may bring facts of.
    node: Option<String>,
    /// `works`, `ended` or `revoked`.
    state: &'static str,
    #[schema(value_type = String, format = DateTime)]
    made: Time,
    made_by: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    expires: Option<Time>,
    /// To the minute.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used: Option<Time>,
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked: Option<Time>,
}

impl TokenOut {
    fn of(token: Token, now: Time) -> Self {
        let state = match token.expires {
            _ if token.revoked.is_some() => "revoked",
            Some(expires) if expires <= now => "ended",
            _ => "works",
        };
        Self {
            id: token.id,
            name: token.name,
            scopes: token.scopes.into_iter().map(Scope::name).collect(),
            node: token.node,
            state,
            made: token.made,
            made_by: token.made_by,
            expires: token.expires,
            last_used: token.last_used,
            revoked: token.revoked,
        }
    }
}

/// A token to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddToken {
    /// 1 to 64 of A-Z, a-z, 0-9 and `._@+-`.
    name: String,
    /// Of `read`, `ingest`, `triage`, `rules`, `admin`.
    scopes: Vec<String>,
    /// The only node that facts may be brought of; needs the scope `ingest`.
    #[serde(default)]
    node: Option<String>,
    /// A day or time; never when absent.
    #[serde(default)]
    expires: Option<String>,
}

/// A token that was made.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeToken {
    /// The secret. It is shown now and never again.
    token: String,
}

/// Every token.
#[utoipa::path(get, path = "/tokens", tag = "tokens", responses((status = 200, body = TokensOut), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)))]
pub(crate) async fn list(State(app): State<App>) -> ApiResult<Json<TokensOut>> {
    let now = app.now();
    let tokens = app.accounts.ask(avouch_auth::Accounts::tokens).await?;
    Ok(Json(TokensOut { tokens: tokens.into_iter().map(|t| TokenOut::of(t, now)).collect() }))
}

/// Makes a token.
#[utoipa::path(
    post, path = "/tokens", tag = "tokens", request_body = AddToken,
    responses((status = 201, body = MadeToken), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 415, body = ErrorBody))
)]
pub(crate) async fn add(
    State(app): State<App>,
    who: Who,
    Body(given): Body<AddToken>,
) -> ApiResult<(StatusCode, Json<MadeToken>)> {
    let scope = |name: &String| {
        let hint = "`read`, `ingest`, `triage`, `rules` or `admin`";
        Scope::parse(name)
            .ok_or_else(|| ApiError::bad("bad_token", "there is no such scope").param("scopes").hint(hint))
    };
    let token = NewToken {
        scopes: given.scopes.iter().map(scope).collect::<ApiResult<_>>()?,
        node: given.node.filter(|node| !node.is_empty()),
        expires: given.expires.filter(|e| !e.is_empty()).map(|e| time("expires", &e)).transpose()?,
        name: given.name,
    };
    let (by, now) = (who.name().to_owned(), app.now());
    let secret = app.accounts.change(&app, move |a| a.add_token(&token, &by, now)).await?;
    Ok((StatusCode::CREATED, Json(MadeToken { token: secret.expose().to_owned() })))
}

/// Revokes a token, at once. It stays in the list.
#[utoipa::path(
    delete, path = "/tokens/{id}", tag = "tokens", params(("id" = String, Path)),
    responses((status = 204), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub(crate) async fn revoke(State(app): State<App>, who: Who, Path(id): Path<String>) -> ApiResult<StatusCode> {
    let (by, now) = (who.name().to_owned(), app.now());
    app.accounts.change(&app, move |a| a.revoke_token(&id, &by, now)).await?;
    Ok(StatusCode::NO_CONTENT)
}
