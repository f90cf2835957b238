//! One finding, whole, with everything that was done about it.

use avouch_finding::Time;
use avouch_store::Filter;
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use serde_json::Value as Json_;
use utoipa::ToSchema;

use crate::App;
use crate::access::Who;
use crate::answer::Answer;
use crate::bodies::LedgerBodies;
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::row::Row;

/// A finding with its history.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WholeFinding {
    answer: Answer,
    row: Row,
    /// As the ledger has it; `null` when the ledger no longer has its record.
    #[schema(value_type = Object)]
    finding: Option<Json_>,
    history: Vec<Happened>,
}

/// Something that was done or decided about a finding.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Happened {
    kind: String,
    #[schema(value_type = String, format = DateTime)]
    time: Time,
    /// Number of its record.
    seq: u64,
    #[schema(value_type = Object)]
    body: Json_,
}

/// A finding with everything that was known of it, and what became of it.
#[utoipa::path(
    get,
    path = "/findings/{id}",
    tag = "findings",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, body = WholeFinding), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub(crate) async fn one(State(app): State<App>, who: Who, Path(id): Path<String>) -> ApiResult<Json<WholeFinding>> {
    let ledger = app.folder.ledger();
    let answer = app.readers.ask(move |reader| {
        let asked = Answer::begin(reader, &Filter::default(), None)?;
        let mut bodies = LedgerBodies::open(&ledger)?;
        let (stored, finding) = reader.whole_finding(&id, &mut bodies)?.ok_or_else(|| missing(&id))?;
        if !who.sees(stored.time) {
            return Err(missing(&id));
        }
        let history = reader.history(&id)?.into_iter().map(|f| Happened {
            kind: f.fact.kind().to_owned(),
            time: f.fact.time().unwrap_or(f.recorded),
            seq: f.record.seq,
            body: f.fact.body().unwrap_or_default(),
        });
        let finding = finding.map(|f| serde_json::to_value(f).unwrap_or_default());
        Ok(WholeFinding { history: history.collect(), answer: asked.end(), row: stored.into(), finding })
    });
    Ok(Json(answer.await?))
}

/// No finding of that id, or none that the caller may see.
pub(crate) fn missing(id: &str) -> ApiError {
    let shown: String = id.chars().take(64).collect();
    ApiError::not_found(format!("no finding `{shown}`"))
}
