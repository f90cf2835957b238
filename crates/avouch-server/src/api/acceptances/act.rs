//! An acceptance is asked for by one person, approved by another, and taken back with a reason.

use avouch_auth::Via;
use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::App;
use crate::access::Who;
use crate::body::Body;
use crate::desk::{Approve, DiagnosticOut};
use crate::error::{ApiError, ApiResult, ErrorBody};

/// Bytes of a reason at most.
const LONGEST: usize = 10_000;

/// The file of one acceptance. Whoever sends it is its requester, and its approver is whoever approves it, whatever stands there.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    yaml: String,
}

/// An acceptance that was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AskedFor {
    id: String,
    /// `pending`: it is in force once another person approves it.
    #[schema(value_type = String)]
    standing: &'static str,
    /// As it was kept.
    yaml: String,
    /// SHA-256 of it; whoever approves sends it back.
    digest: String,
    /// Warnings and notes.
    diagnostics: Vec<DiagnosticOut>,
}

/// What was looked at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LookedAt {
    digest: String,
}

/// An acceptance that is in force.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Approved {
    id: String,
    #[schema(value_type = String)]
    standing: &'static str,
    requester: String,
    approver: String,
}

/// Why it is taken back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Why {
    reason: String,
}

/// One that was taken back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Revoked {
    id: String,
}

/// Somebody who is logged in. A token has no face: it could be anybody's, also the requester's.
fn person(who: &Who) -> ApiResult<&str> {
    match who.principal().via {
        Via::Session(_) => Ok(who.name()),
        _ => Err(ApiError::forbidden("people ask for acceptances and approve them; a token cannot")
            .hint("log in; or put a file with its approver into the folder of acceptances")),
    }
}

/// Asks for an acceptance: it is kept, and in force once another person approves it.
#[utoipa::path(
    post, path = "/acceptances", tag = "acceptances", request_body = Asked,
    responses((status = 200, body = AskedFor), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 409, body = ErrorBody))
)]
pub(crate) async fn ask(State(app): State<App>, who: Who, Body(asked): Body<Asked>) -> ApiResult<Json<AskedFor>> {
    let kept = app.desk.ask_for(&app, person(&who)?, asked.yaml).await?;
    let (p, diagnostics) = (kept.pending, kept.diagnostics);
    Ok(Json(AskedFor { id: p.id, standing: "pending", yaml: p.yaml, digest: p.digest, diagnostics }))
}

/// Approves an acceptance that somebody else asked for.
#[utoipa::path(
    post, path = "/acceptances/{id}/approve", tag = "acceptances", request_body = LookedAt,
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, body = Approved), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody))
)]
pub(crate) async fn approve(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    Body(looked): Body<LookedAt>,
) -> ApiResult<Json<Approved>> {
    let approve = Approve { id, digest: looked.digest };
    let a = app.desk.approve(&app, person(&who)?, approve).await?;
    let standing = a.standing(avouch_controls::Time(app.now().0)).name();
    Ok(Json(Approved { id: a.id, standing, requester: a.requester, approver: a.approver }))
}

/// Takes an acceptance back, also one that waits for approval. What it let be stays as it is recorded.
#[utoipa::path(
    delete, path = "/acceptances/{id}", tag = "acceptances", request_body = Why,
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, body = Revoked), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody))
)]
pub(crate) async fn revoke(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    Body(why): Body<Why>,
) -> ApiResult<Json<Revoked>> {
    let reason = why.reason.trim();
    if reason.is_empty() || reason.len() > LONGEST {
        return Err(ApiError::bad("bad_reason", "give a reason of at most 10000 bytes: it is evidence").param("reason"));
    }
    app.desk.revoke(&app, who.name(), id.clone(), reason.to_owned()).await?;
    Ok(Json(Revoked { id }))
}
