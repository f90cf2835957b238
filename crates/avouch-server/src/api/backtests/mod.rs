//! Back-tests: how far they are, what they found, and how they are stopped.

mod activity;
mod noise;
mod shape;

use avouch_finding::Time;
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::App;
use crate::access::{Permission, Routes};
use crate::desk::Job;
use crate::error::{ApiError, ApiResult, ErrorBody};
use shape::RuleDiffOut;

/// The routes.
pub(super) fn routes() -> Routes {
    Routes::new()
        .allow(Permission::Backtest, routes!(list))
        .allow(Permission::Backtest, routes!(one))
        .allow(Permission::Backtest, routes!(stop))
}

/// A back-test.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobOut {
    id: String,
    by: String,
    #[schema(value_type = String, format = DateTime)]
    asked: Time,
    file: String,
    /// SHA-256 of the text that is tried.
    digest: String,
    #[schema(value_type = String, format = DateTime)]
    from: Time,
    #[schema(value_type = String, format = DateTime)]
    to: Time,
    /// `queued`, `running`, `done`, `failed`, `cancelled`.
    #[schema(value_type = String)]
    state: &'static str,
    /// 0 to 1 of what is read at present; `null` when that is not known.
    progress: Option<f64>,
    /// What is read: `recordings` (bytes), `findings` or `activity`, and how many so far.
    #[schema(value_type = Option<String>)]
    reading: Option<&'static str>,
    read: u64,
    error: Option<String>,
    result: Option<RuleDiffOut>,
}

impl JobOut {
    /// Of a job.
    pub(super) fn of(job: &Job) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a share is shown, not counted with")]
        let share = |done: u64, of: u64| if of == 0 { 1.0 } else { (done as f64 / of as f64).min(1.0) };
        Self {
            id: job.id.clone(),
            by: job.by.clone(),
            asked: job.asked,
            file: job.file.clone(),
            digest: job.digest.clone(),
            from: job.period.from,
            to: job.period.to,
            state: job.state.name(),
            progress: job.progress.and_then(|p| Some(share(p.done, p.of?))),
            reading: job.progress.map(|p| p.what),
            read: job.progress.map_or(0, |p| p.done),
            error: job.error.clone(),
            result: job.result.as_deref().map(|diff| RuleDiffOut::of(diff, job.period)),
        }
    }
}

/// Back-tests of this run of the server.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobList {
    backtests: Vec<JobOut>,
}

fn missing() -> ApiError {
    ApiError::not_found("no back-test of that id; the last twenty are kept while the server runs")
}

/// Back-tests, the newest first, without what they found.
#[utoipa::path(
    get, path = "/backtests", tag = "rules",
    responses((status = 200, body = JobList), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub(crate) async fn list(State(app): State<App>) -> Json<JobList> {
    let brief = |mut job: Job| {
        job.result = None;
        JobOut::of(&job)
    };
    Json(JobList { backtests: app.desk.jobs().all().into_iter().map(brief).collect() })
}

/// A back-test: how far it is, and at its end what it found.
#[utoipa::path(
    get, path = "/backtests/{id}", tag = "rules",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, body = JobOut), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub(crate) async fn one(State(app): State<App>, Path(id): Path<String>) -> ApiResult<Json<JobOut>> {
    app.desk.jobs().get(&id).map(|job| Json(JobOut::of(&job))).ok_or_else(missing)
}

/// Stops a back-test.
#[utoipa::path(
    delete, path = "/backtests/{id}", tag = "rules",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, body = JobOut), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub(crate) async fn stop(State(app): State<App>, Path(id): Path<String>) -> ApiResult<Json<JobOut>> {
    app.desk.jobs().cancel(&id).map(|job| Json(JobOut::of(&job))).ok_or_else(missing)
}
