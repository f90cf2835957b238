//! One finding, whole, with everything that was done about it.

use std::path::Path;

use avouch_finding::{Finding, Time};
use avouch_store::{Filter, Reader, StoredFinding};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value as Json_;
use utoipa::ToSchema;

use super::id::{FindingId, missing};
use super::selected::{SelectedBy, controls};
use crate::App;
use crate::access::Who;
use crate::answer::Answer;
use crate::bodies::LedgerBodies;
use crate::error::{ApiResult, ErrorBody};
use crate::row::Row;

/// A finding with its history.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WholeFinding {
    answer: Answer,
    row: Row,
    /// As the ledger has it; `null` when the ledger no longer has its record.
    #[schema(value_type = Option<Object>)]
    finding: Option<Json_>,
    history: Vec<Happened>,
    /// Controls that its rule is evidence for, by the control list that was valid when it happened.
    controls: Vec<SelectedBy>,
}

/// Something that was done or decided about a finding.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Happened {
    kind: String,
    #[schema(value_type = String, format = DateTime)]
    time: Time,
    /// Who; empty when nobody did it: a notification, say.
    by: String,
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
    responses((status = 200, body = WholeFinding), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub(crate) async fn one(State(app): State<App>, who: Who, FindingId(id): FindingId) -> ApiResult<Json<WholeFinding>> {
    let (ledger, lists) = (app.folder.ledger(), app.control_lists.clone());
    let answer = app.readers.ask(move |reader| {
        let asked = Answer::begin(reader, &Filter::default(), None)?;
        let (stored, finding) = whole(reader, &ledger, &id, &who)?;
        let history = reader.history(&id)?.into_iter().map(|f| {
            let body = f.fact.body().unwrap_or_default();
            let by = body.get("by").and_then(Json_::as_str).unwrap_or_default().to_owned();
            let time = f.fact.time().unwrap_or(f.recorded);
            Happened { kind: f.fact.kind().to_owned(), time, by, seq: f.record.seq, body }
        });
        let finding = finding.map(|f| serde_json::to_value(f).unwrap_or_default());
        let controls = controls(&lists, &stored)?;
        Ok(WholeFinding { history: history.collect(), controls, answer: asked.end(), row: stored.into(), finding })
    });
    Ok(Json(answer.await?))
}

/// A finding that the caller may see, and as the ledger has it, when it does.
///
/// # Errors
/// 404 when there is none.
pub(super) fn whole(
    reader: &mut Reader,
    ledger: &Path,
    id: &str,
    who: &Who,
) -> ApiResult<(StoredFinding, Option<Finding>)> {
    let mut bodies = LedgerBodies::open(ledger)?;
    reader.whole_finding(id, &mut bodies)?.filter(|(stored, _)| who.sees(stored.time)).ok_or_else(|| missing(id))
}
