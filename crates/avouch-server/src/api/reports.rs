//! Period reports: asked for, watched while they are made, fetched, verified.

use avouch_finding::{Export, Time};
use avouch_ledger::{Trust, Verdict};
use axum::Json;
use axum::body::Body as Bytes;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tokio_util::io::ReaderStream;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::App;
use crate::access::{Permission, Routes, Who};
use crate::body::Body;
use crate::error::{ApiError, ApiResult, ErrorBody, chain};
use crate::query::time;
use crate::reports::{AskedReport, Job, JobState};

/// The routes.
pub(super) fn routes() -> Routes {
    Routes::new()
        .allow(Permission::ReadReports, routes!(list))
        .allow(Permission::MakeReports, routes!(ask))
        .allow(Permission::ReadReports, routes!(one))
        .allow(Permission::ReadReports, routes!(file))
        .allow(Permission::ReadReports, routes!(verify))
}

/// Reports.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Reports {
    reports: Vec<Job>,
}

/// A report to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskReport {
    /// `soc2`.
    #[serde(default = "soc2")]
    framework: String,
    /// First day or time.
    from: String,
    /// The first day or time that no longer belongs to it.
    to: String,
    /// Clusters it is limited to.
    #[serde(default)]
    clusters: Vec<String>,
    /// Rows of a sample of each population.
    #[serde(default)]
    sample: usize,
    /// Seed of the samples.
    #[serde(default = "seed")]
    seed: String,
}

fn soc2() -> String {
    "soc2".to_owned()
}

fn seed() -> String {
    "1".to_owned()
}

/// What the verifier says of a report's bundle.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Verification {
    /// `intact`, `unproven` or `failed`.
    verdict: &'static str,
    /// What was looked at and what is wrong, one sentence each.
    lines: Vec<String>,
    /// What to run where this server cannot reach.
    command: String,
}

/// Reports that the caller may see, the newest first.
#[utoipa::path(get, path = "/reports", tag = "reports", responses((status = 200, body = Reports), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody)))]
pub(crate) async fn list(State(app): State<App>, who: Who) -> Json<Reports> {
    Json(Reports { reports: app.reports.all().into_iter().filter(|job| sees(&who, job)).collect() })
}

/// Asks for a report. It is made in the background; look at it again by its id.
#[utoipa::path(post, path = "/reports", tag = "reports", request_body = AskReport, responses((status = 200, body = Job), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(crate) async fn ask(State(app): State<App>, who: Who, Body(given): Body<AskReport>) -> ApiResult<Json<Job>> {
    if given.framework != "soc2" {
        return Err(ApiError::bad("bad_report", "the only framework is `soc2`").param("framework"));
    }
    let (from, to) = (time("from", &given.from)?, time("to", &given.to)?);
    if from >= to {
        return Err(ApiError::bad("bad_report", "`to` has to be later than `from`; it does not belong to the period")
            .param("to"));
    }
    if given.sample > 1_000 || given.seed.len() > 200 || given.clusters.len() > 100 {
        return Err(ApiError::bad("bad_report", "at most 1000 rows of a sample, 200 bytes of seed, 100 clusters"));
    }
    let (framework, clusters, sample, seed) = (given.framework, given.clusters, given.sample, given.seed);
    let asked = AskedReport { framework, from, to, clusters, sample, seed };
    if !within(&who, from, to) {
        return Err(
            ApiError::forbidden(format!("`{}` may have reports of another period only", who.name())).param("from")
        );
    }
    let job = app.reports.ask(asked, who.name(), app.now()).map_err(ApiError::internal)?;
    job.map(Json).ok_or_else(|| ApiError::busy("busy", "too many reports wait already", 60))
}

/// One report.
#[utoipa::path(get, path = "/reports/{id}", tag = "reports", params(("id" = String, Path, description = "Its id")), responses((status = 200, body = Job), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(crate) async fn one(State(app): State<App>, who: Who, Path(id): Path<String>) -> ApiResult<Json<Job>> {
    found(&app, &who, &id).map(Json)
}

/// A file of a report; the bundle is `bundle.tar.gz`. That it was fetched is recorded.
#[utoipa::path(get, path = "/reports/{id}/files/{path}", tag = "reports", params(("id" = String, Path, description = "Its id"), ("path" = String, Path, description = "Name of the file, as the report lists it")), responses((status = 200, content_type = "application/octet-stream", description = "The file"), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(crate) async fn file(
    State(app): State<App>,
    who: Who,
    Path((id, name)): Path<(String, String)>,
) -> ApiResult<Response> {
    let job = found(&app, &who, &id)?;
    let missing = || ApiError::not_found("the report has no such file");
    let path = app.reports.file(&job, &name).ok_or_else(missing)?;
    let listed = job.files.iter().find(|f| f.name == name).ok_or_else(missing)?;
    let file = tokio::fs::File::open(&path).await.map_err(ApiError::internal)?;
    if name == "bundle.tar.gz" {
        let (query, digest) = (format!("report {id}"), listed.sha256.clone());
        let export =
            Export { time: app.now(), what: "bundle fetched".to_owned(), query, by: who.name().to_owned(), digest };
        app.centre.tell(vec![export.into()]).await?;
    }
    let short = name.rsplit('/').next().unwrap_or_default();
    let (kind, shown) = kind(short);
    let headers = [
        (CONTENT_TYPE, kind.to_owned()),
        (CONTENT_LENGTH, listed.bytes.to_string()),
        (CONTENT_DISPOSITION, format!("{shown}; filename=\"avouch-{id}-{short}\"")),
    ];
    Ok((headers, Bytes::from_stream(ReaderStream::with_capacity(file, 64 << 10))).into_response())
}

/// Runs the offline verifier over a report's bundle.
#[utoipa::path(post, path = "/reports/{id}/verify", tag = "reports", params(("id" = String, Path, description = "Its id")), responses((status = 200, body = Verification), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(crate) async fn verify(State(app): State<App>, who: Who, Path(id): Path<String>) -> ApiResult<Json<Verification>> {
    let job = found(&app, &who, &id)?;
    if job.state != JobState::Done {
        return Err(ApiError::conflict("the report is not made yet"));
    }
    let bundle = app.reports.bundle(&job);
    let key = app.centre.with(|recorder| recorder.ledger().public_key()).await?;
    tokio::task::spawn_blocking(move || verified(&bundle, Trust { keys: vec![key], ..Trust::default() }))
        .await
        .map_err(ApiError::internal)?
        .map(Json)
}

fn verified(bundle: &std::path::Path, trust: Trust) -> ApiResult<Verification> {
    let report = avouch_bundle::verify(bundle, &trust).map_err(|e| ApiError::internal(chain(&e)))?;
    let mut lines = vec![format!("{} files, {} bytes are as the manifest says", report.files, report.bytes)];
    lines.push(format!(
        "manifest signed by key {}{}",
        report.key,
        if report.key_trusted { ", which is this server's" } else { "" }
    ));
    lines.extend(report.problems.iter().map(|p| format!("{p:?}")));
    if let Some(ledger) = &report.ledger {
        lines.push(format!("{} records of the ledger, {} signed heads", ledger.records, ledger.heads));
        lines.extend(ledger.problems.iter().map(ToString::to_string));
    }
    let verdict = match report.verdict {
        Verdict::Intact => "intact",
        Verdict::Unproven => "unproven",
        Verdict::Failed => "failed",
    };
    let command = "avouch verify bundle --key key.pub --anchor heads.jsonl".to_owned();
    Ok(Verification { verdict, lines, command })
}

fn found(app: &App, who: &Who, id: &str) -> ApiResult<Job> {
    let shown: String = id.chars().take(40).collect();
    app.reports.get(id).filter(|job| sees(who, job)).ok_or_else(|| ApiError::not_found(format!("no report `{shown}`")))
}

/// Whether somebody may see a report: all of its period has to be theirs.
fn sees(who: &Who, job: &Job) -> bool {
    within(who, job.asked.from, job.asked.to)
}

fn within(who: &Who, from: Time, to: Time) -> bool {
    who.principal().period_limit(from, to).is_ok_and(|limited| limited.cut.is_none())
}

/// Media type by name, and whether a browser may show it. The report's HTML is data of many sources: it is fetched, not shown on this
/// server's own origin.
fn kind(name: &str) -> (&'static str, &'static str) {
    match name.rsplit('.').next() {
        Some("pdf") => ("application/pdf", "inline"),
        Some("html") => ("text/html; charset=utf-8", "attachment"),
        Some("json") => ("application/json", "attachment"),
        Some("jsonl") => ("application/x-ndjson", "attachment"),
        Some("gz") => ("application/gzip", "attachment"),
        _ => ("application/octet-stream", "attachment"),
    }
}
