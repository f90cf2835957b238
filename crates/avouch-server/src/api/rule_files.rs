//! Rule files: read, checked while they are written, tried on history, saved.

use avouch_finding::{ChangeAction, Fact, Kind, Time};
use avouch_store::Period;
use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::backtests::JobOut;
use super::history::period;
use crate::App;
use crate::access::{Permission, Routes, Who};
use crate::body::Body;
use crate::desk::{self, DiagnosticOut};
use crate::error::{ApiError, ApiResult, ErrorBody};

/// Days of history that a back-test looks at when no period is given.
const DAYS: u64 = 90;

/// The routes.
pub(super) fn routes() -> Routes {
    Routes::new()
        .allow(Permission::ReadRules, routes!(list))
        .allow(Permission::ReadRules, routes!(one))
        .allow(Permission::ReadRules, routes!(text))
        .allow(Permission::EditRules, routes!(save))
        .allow(Permission::EditRules, routes!(check))
        .allow(Permission::Backtest, routes!(backtest))
}

/// A rule file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FileRow {
    /// As the loader names it; with slashes written as `%2F` it is the path of the other routes.
    path: String,
    editable: bool,
    /// Why not.
    why_not: Option<String>,
    errors: usize,
    warnings: usize,
}

/// All of them, in the order of loading.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FileList {
    files: Vec<FileRow>,
    /// Folders in which files can be made.
    folders: Vec<String>,
}

/// A version of a file, as the ledger tells.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VersionOut {
    #[schema(value_type = String, format = DateTime)]
    time: Time,
    by: String,
    /// SHA-256 of the text; `/rule-texts/{digest}` gives it.
    digest: String,
    /// That of the text before.
    before: Option<String>,
    /// Number of the record.
    seq: u64,
}

/// A rule file, whole.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FileText {
    path: String,
    text: String,
    digest: String,
    editable: bool,
    why_not: Option<String>,
    diagnostics: Vec<DiagnosticOut>,
    /// Changes over the API, the newest first.
    versions: Vec<VersionOut>,
}

/// A text that was kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeptText {
    digest: String,
    text: String,
}

/// A text to check.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Typed {
    text: String,
}

/// What is wrong with it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Checked {
    diagnostics: Vec<DiagnosticOut>,
}

/// A text to try.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tried {
    text: String,
    /// Times or days; the last 90 days when not given.
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    to: Option<String>,
}

/// A text to save.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToSave {
    text: String,
    /// Digest of the text that was edited; `null` makes a new file.
    #[serde(default)]
    digest: Option<String>,
}

/// What was saved.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SavedFile {
    digest: String,
    /// Digest of the rule set that counts now.
    rules: String,
    diagnostics: Vec<DiagnosticOut>,
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> ApiResult<T> + Send + 'static) -> ApiResult<T> {
    tokio::task::spawn_blocking(work).await.map_err(ApiError::internal)?
}

/// The rule files of this server.
#[utoipa::path(
    get, path = "/rule-files", tag = "rules",
    responses((status = 200, body = FileList), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub(crate) async fn list(State(app): State<App>) -> ApiResult<Json<FileList>> {
    let desk = app.desk.clone();
    blocking(move || {
        let loaded = desk.loaded();
        let of = |name: &str, severity| {
            let map = &loaded.rules.map;
            let here = |d: &&avouch_diagnostics::Diagnostic| {
                d.severity == severity
                    && d.primary().and_then(|l| map.get(l.span.file)).is_some_and(|file| file.name == name)
            };
            loaded.rules.diagnostics.iter().filter(here).count()
        };
        let row = |file: desk::RuleFile| FileRow {
            errors: of(&file.name, avouch_diagnostics::Severity::Error),
            warnings: of(&file.name, avouch_diagnostics::Severity::Warning),
            editable: file.read_only.is_none(),
            why_not: file.read_only,
            path: file.name,
        };
        let files = desk.rule_files()?.into_iter().map(row).collect();
        let folders = desk.setup().rules.iter().filter(|p| p.is_dir() && desk.setup().edit_rules);
        Ok(Json(FileList { files, folders: folders.map(|p| p.display().to_string()).collect() }))
    })
    .await
}

/// A rule file with what is wrong in it, and its changes.
#[utoipa::path(
    get, path = "/rule-files/{path}", tag = "rules",
    params(("path" = String, Path, description = "As `/rule-files` names it")),
    responses((status = 200, body = FileText), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub(crate) async fn one(State(app): State<App>, who: Who, Path(path): Path<String>) -> ApiResult<Json<FileText>> {
    let (desk, name) = (app.desk.clone(), path.clone());
    let (file, text, diagnostics) = blocking(move || {
        let file = desk.rule_file(&name)?;
        let text = avouch_pipeline::read_text(&file.path).map_err(crate::desk::DeskError::from)?;
        let loaded = desk.loaded();
        let map = &loaded.rules.map;
        let all = loaded.rules.diagnostics.iter().map(|d| desk::out_of(map, d, &name));
        let own = all.filter(|d| d.file.is_none()).collect();
        Ok((file, text, own))
    })
    .await?;
    let versions = app.readers.ask(move |reader| {
        let mut out = Vec::new();
        for stored in reader.facts(Kind::Setting, Period::ALL)? {
            let Fact::Setting(change) = stored.fact else { continue };
            if change.what != "rule_file" || change.id != path || change.action == ChangeAction::Removed {
                continue;
            }
            if !who.sees(change.time) {
                continue;
            }
            let text = |key: &str| change.detail.get(key).and_then(|v| v.as_str()).map(str::to_owned);
            let (digest, before) = (text("sha256").unwrap_or_default(), text("before"));
            out.push(VersionOut { time: change.time, by: change.by, digest, before, seq: stored.record.seq });
        }
        out.reverse();
        Ok(out)
    });
    Ok(Json(FileText {
        digest: desk::digest_of(&text),
        path: file.name,
        text,
        editable: file.read_only.is_none(),
        why_not: file.read_only,
        diagnostics,
        versions: versions.await?,
    }))
}

/// A text that was saved once, by its digest.
#[utoipa::path(
    get, path = "/rule-texts/{digest}", tag = "rules",
    params(("digest" = String, Path, description = "SHA-256, in hex")),
    responses((status = 200, body = KeptText), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub(crate) async fn text(State(app): State<App>, Path(digest): Path<String>) -> ApiResult<Json<KeptText>> {
    let desk = app.desk.clone();
    blocking(move || {
        let text = desk.kept_text(&digest)?.ok_or_else(|| ApiError::not_found("no text with this digest was kept"))?;
        Ok(Json(KeptText { digest, text }))
    })
    .await
}

/// Says what is wrong with a text in the place of a file: in it, and newly in other files.
#[utoipa::path(
    post, path = "/rule-files/{path}/check", tag = "rules",
    params(("path" = String, Path, description = "As `/rule-files` names it, or a new file in one of its folders")),
    request_body = Typed,
    responses((status = 200, body = Checked), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub(crate) async fn check(
    State(app): State<App>,
    Path(path): Path<String>,
    Body(typed): Body<Typed>,
) -> ApiResult<Json<Checked>> {
    let desk = app.desk.clone();
    blocking(move || Ok(Json(Checked { diagnostics: desk.check(&path, &typed.text)?.1 }))).await
}

/// Begins to try a text in the place of a file on stored history.
#[utoipa::path(
    post, path = "/rule-files/{path}/backtest", tag = "rules",
    params(("path" = String, Path, description = "As `/rule-files` names it, or a new file in one of its folders")),
    request_body = Tried,
    responses((status = 200, body = JobOut), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 503, body = ErrorBody))
)]
pub(crate) async fn backtest(
    State(app): State<App>,
    who: Who,
    Path(path): Path<String>,
    Body(tried): Body<Tried>,
) -> ApiResult<Json<JobOut>> {
    let period = period(&who, tried.from.as_deref(), tried.to.as_deref(), app.now(), DAYS)?;
    let name = who.name().to_owned();
    blocking(move || {
        let (new, diagnostics) = app.desk.check(&path, &tried.text)?;
        if let Some(error) = diagnostics.iter().find(|d| d.is_error()) {
            let message = format!("it cannot be tried, as it has errors: line {}: {}", error.line, error.message);
            return Err(ApiError::bad("rule_errors", message));
        }
        let archive = app.folder.path().join("archive");
        let mut recordings = app.desk.setup().recordings.clone();
        recordings.extend(archive.is_dir().then_some(archive));
        let job = app.desk.jobs().start(desk::Order {
            by: name,
            asked: app.now(),
            file: path,
            digest: desk::digest_of(&tried.text),
            period,
            old: app.desk.loaded().rules.clone(),
            new,
            folder: app.folder.clone(),
            ledger: app.centre.ledger().to_owned(),
            recordings,
            stopping: app.stopping.clone(),
        })?;
        Ok(Json(JobOut::of(&job)))
    })
    .await
}

/// Saves a file and loads it. A change that brings errors is not saved; nor is one of a file that somebody else changed meanwhile.
#[utoipa::path(
    put, path = "/rule-files/{path}", tag = "rules",
    params(("path" = String, Path, description = "As `/rule-files` names it, or a new file in one of its folders")),
    request_body = ToSave,
    responses((status = 200, body = SavedFile), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody))
)]
pub(crate) async fn save(
    State(app): State<App>,
    who: Who,
    Path(path): Path<String>,
    Body(given): Body<ToSave>,
) -> ApiResult<Json<SavedFile>> {
    let desk::Written { digest, diagnostics } = app.desk.save(&app, who.name(), path, given.text, given.digest).await?;
    Ok(Json(SavedFile { digest, rules: app.desk.loaded().digest.clone(), diagnostics }))
}
