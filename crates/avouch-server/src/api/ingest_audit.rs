//! What API servers send: the audit webhook of Kubernetes.

use avouch_audit::Format;
use avouch_pipeline::live::audit::AuditSource;
use axum::Json;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::ingest::behind;
use crate::App;
use crate::access::{Permission, Routes, Who};
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::ingest::{Arrived, AuditError, AuditTaken, Parcel};

/// Bytes of a batch at most. An API server sends 400 events at once unless told otherwise, and may cut events to 100 KiB.
const BODY: usize = 64 << 20;
/// Longest name of a cluster.
const NAME: usize = 100;

/// The routes.
pub(super) fn routes() -> Routes {
    let (schemas, paths, router) = routes!(k8s_audit);
    Routes::new().allow(Permission::Ingest, (schemas, paths, router.layer(DefaultBodyLimit::disable())))
}

/// What a batch came to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditAnswer {
    /// Records that were judged.
    records: u64,
    /// Records that were judged before: the API server sent them again.
    duplicates: u64,
    /// Things that are no record; each counts as an event lost.
    refused: u64,
    /// Findings that were recorded.
    findings: u64,
}

impl From<AuditTaken> for AuditAnswer {
    fn from(t: AuditTaken) -> Self {
        Self { records: t.records, duplicates: t.duplicates, refused: t.refused, findings: t.findings }
    }
}

/// Takes a batch of a Kubernetes API server (an `EventList` of `audit.k8s.io/v1`). The answer comes once its findings are safe.
/// `docs/AUDIT.md` says how to point an API server here.
#[utoipa::path(
    post,
    path = "/ingest/k8s_audit/{cluster}",
    tag = "ingest",
    params(("cluster" = String, Path, description = "Name of the cluster; a token that is bound to a node has to be bound to this name")),
    request_body(content = Object, content_type = "application/json"),
    responses(
        (status = 200, body = AuditAnswer),
        (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 408, body = ErrorBody), (status = 413, body = ErrorBody), (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn k8s_audit(
    State(app): State<App>,
    who: Who,
    Path(cluster): Path<String>,
    request: Request,
) -> ApiResult<Json<AuditAnswer>> {
    if !avouch_ledger::is_name(&cluster) || cluster.len() > NAME {
        return Err(ApiError::bad("bad_cluster", "this cannot be the name of a cluster").param("cluster"));
    }
    if !who.principal().may_ingest_of(&cluster) {
        return Err(ApiError::forbidden(format!("`{}` may not send records of `{cluster}`", who.name())));
    }
    let Some(desk) = &app.audit else {
        let error = ApiError::not_found("this server judges no audit records");
        return Err(error.hint("start it with --rules that have rules for `k8s_audit`"));
    };
    let source = AuditSource { node: cluster.clone(), cluster, format: Format::K8sAudit };
    let arrived = app.ingest.body(who.name(), request, BODY).await;
    if arrived.as_ref().is_err_and(|error| error.status() == StatusCode::PAYLOAD_TOO_LARGE) {
        // It will be as large when it comes again: nobody will ever judge it.
        desk.turned_away_soon(source.clone(), "batches over the limit of bytes");
    }
    let Arrived { bytes, room: _room } = arrived?;
    let parcel = Parcel { name: "webhook".to_owned(), bytes: bytes.into(), signature: None };
    match desk.take(source, parcel).await {
        Ok(taken) if taken.records + taken.duplicates == 0 && taken.refused > 0 => {
            let why = taken.problems.first().cloned().unwrap_or_default();
            Err(ApiError::bad("no_records", format!("nothing of it is an audit record: {why}")))
        }
        Ok(taken) => Ok(Json(taken.into())),
        Err(AuditError::Busy | AuditError::Ended) => {
            app.ingest.counted().turned_away();
            Err(ApiError::busy("behind", "the server is behind with judging; send it again", 2))
        }
        Err(AuditError::Centre(error)) => Err(behind(&error)),
    }
}
