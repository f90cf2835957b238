//! What agents send.

use avouch_forward::{Ack, Batch, Limits, WireError, accept};
use axum::Json;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_ENCODING;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::App;
use crate::access::{Permission, Routes, Who};
use crate::centre::CentreError;
use crate::error::{ApiError, ApiResult, ErrorBody, chain};
use crate::ingest::{Arrived, Came, count, sort};

/// The routes.
pub(super) fn routes() -> Routes {
    // The handler reads the body itself, within bounds of its own.
    let (schemas, paths, router) = routes!(facts);
    Routes::new().allow(Permission::Ingest, (schemas, paths, router.layer(DefaultBodyLimit::disable())))
}

/// The answer to a batch.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BatchAnswer {
    /// Run of the agent that is meant.
    run: String,
    /// Everything up to this number is safe in the ledger, or was refused for good: the agent may forget it.
    acknowledged_seq: u64,
    /// Facts of the batch that are not taken, and never will be.
    #[serde(skip_serializing_if = "is_zero")]
    refused_count: u64,
    /// The first of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refused: Vec<RefusedFact>,
}

/// A fact that is not taken.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RefusedFact {
    /// Its number.
    seq: u64,
    /// Why.
    reason: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

impl From<Ack> for BatchAnswer {
    fn from(ack: Ack) -> Self {
        let refused = ack.refused.into_iter().map(|r| RefusedFact { seq: r.seq, reason: r.reason }).collect();
        Self { run: ack.run, acknowledged_seq: ack.acknowledged_seq, refused_count: ack.refused_count, refused }
    }
}

/// Takes facts of an agent. The answer comes once they are safe in the ledger; facts that were told before are passed over by their
/// numbers, so that a batch may be sent again whenever its answer was lost. `docs/FORWARD.md` has the form of a batch.
#[utoipa::path(
    post,
    path = "/ingest/facts",
    tag = "ingest",
    request_body(content = String, content_type = "application/x-ndjson", description = "A line of JSON for who sends it, then one for each fact; gzip with `content-encoding`"),
    responses(
        (status = 200, body = BatchAnswer),
        (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 408, body = ErrorBody), (status = 413, body = ErrorBody), (status = 415, body = ErrorBody), (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn facts(State(app): State<App>, who: Who, request: Request) -> ApiResult<Json<BatchAnswer>> {
    let limits = Limits::default();
    let encoding = request.headers().get(CONTENT_ENCODING).map(|v| v.to_str().unwrap_or("?").to_owned());
    let Arrived { bytes: body, room: _room } = app.ingest.body(who.name(), request, limits.body).await?;
    let _turn = app.ingest.turn().await?;
    let bytes = body.len();
    let batch = tokio::task::spawn_blocking(move || Batch::decode(&body, encoding.as_deref(), &limits))
        .await
        .map_err(ApiError::internal)?
        .map_err(|error| {
            app.ingest.counted().unreadable();
            unreadable(&error)
        })?;
    let node = &batch.sender.node;
    if !who.principal().may_ingest_of(node) {
        return Err(ApiError::forbidden(format!("`{}` may not send facts of node `{node}`", who.name())));
    }
    let (source, run) = (batch.sender.source(), batch.sender.run.clone());
    let last = app.centre.with(move |recorder| recorder.last_of(&source)).await?;
    let plan = accept(&batch, last);
    let acknowledged_seq = batch.facts.last().map_or(last, |fact| fact.seq);
    app.heard(&batch.sender, batch.facts.last().map(|fact| fact.time));
    let mut came = Came { bytes, repeated: plan.repeated, ..Came::default() };
    came.holes = plan.holes.iter().map(|(first, last)| last - first + 1).sum();
    let new = Batch { sender: batch.sender, facts: batch.facts.into_iter().skip(plan.new.start).collect() };
    let (entries, numbers, mut refused) =
        tokio::task::spawn_blocking(move || sort(new).split()).await.map_err(ApiError::internal)?;
    if !entries.is_empty() {
        let recorded = app.centre.record(entries).await.map_err(|error| {
            app.ingest.counted().failed();
            behind(&error)
        })?;
        let became = count(&numbers, recorded, &mut refused);
        came.recorded += became.recorded;
        came.repeated += became.repeated;
    }
    came.refused = refused.count;
    app.ingest.counted().came(&came);
    let ack = Ack { run, acknowledged_seq, refused_count: refused.count, refused: refused.named };
    Ok(Json(ack.into()))
}

/// What is wrong with a body that is no batch.
fn unreadable(error: &WireError) -> ApiError {
    let text = chain(error);
    match error {
        WireError::TooLarge(..) | WireError::TooMany(_) => {
            ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", text)
        }
        WireError::Encoding(_) => ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "bad_encoding", text),
        _ => ApiError::bad("bad_batch", text),
    }
}

/// The evidence cannot be written: that is not for the agent to mend, who keeps the batch and comes again.
pub(super) fn behind(error: &CentreError) -> ApiError {
    crate::log::complain(&chain(error));
    ApiError::busy("not_recorded", "the facts could not be recorded; keep them and send them again", 5)
}
