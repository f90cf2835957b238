//! Activity page after page.

use avouch_store::{ActivityColumn, ActivityFilter, Filter};
use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use utoipa::ToSchema;

use super::row::ActivityRow;
use crate::App;
use crate::access::Who;
use crate::answer::Answer;
use crate::api::findings::page;
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::query::{Params, canonical};

/// A page of activity.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ActivityPage {
    answer: Answer,
    rows: Vec<ActivityRow>,
    /// Where to go on: the next question's `after`.
    next: Option<String>,
}

/// Commands, connections and file changes that a filter names, the newest first.
#[utoipa::path(
    get,
    path = "/activity",
    tag = "activity",
    params(
        ("from" = Option<String>, Query, description = "From this time or day on"),
        ("to" = Option<String>, Query, description = "Before this time or day"),
        ("q" = Option<String>, Query, description = "Words of command line, address or path"),
        ("kind" = Option<String>, Query, description = "`command`, `connection`, `file`; as every column: repeat for any of several, `not.kind` for none of them"),
        ("node" = Option<String>, Query, description = "Likewise `namespace`, `pod`, `container`, `container_id`, `user`, `program`"),
        ("limit" = Option<u64>, Query, description = "Rows, 1 to 1000; 100 when not given", minimum = 1, maximum = 1000),
        ("order" = Option<String>, Query, description = "`newest` or `oldest`"),
        ("after" = Option<String>, Query, description = "Where the page before ended"),
    ),
    responses((status = 200, body = ActivityPage), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub(crate) async fn list(State(app): State<App>, who: Who, RawQuery(query): RawQuery) -> ApiResult<Json<ActivityPage>> {
    let params = who.limit(read(query.as_deref())?)?;
    let page = page(&params)?;
    let filter = filter(&params);
    let answer = app.readers.ask(move |reader| {
        let mut asked = Answer::begin(reader, &Filter::of(filter.period), params.cut.as_ref())?;
        asked.answer.query = canonical(&filter);
        let found = reader.activity(&filter, page)?;
        let rows = found.rows.into_iter().filter_map(ActivityRow::of).collect();
        Ok(ActivityPage { answer: asked.end(), rows, next: found.next.map(|c| c.to_string()) })
    });
    Ok(Json(answer.await?))
}

/// Reads the parameters. Columns are those of activity, and not of findings.
fn read(query: Option<&str>) -> ApiResult<Params> {
    let names: Vec<String> =
        ActivityColumn::ALL.iter().flat_map(|column| [column.name().to_owned(), format!("not.{column}")]).collect();
    let own: Vec<&str> = ["limit", "order", "after"].into_iter().chain(names.iter().map(String::as_str)).collect();
    let params = Params::read(query, &own)?;
    let others = params.filter.only.keys().chain(params.filter.except.keys());
    if let Some(column) = others.into_iter().next() {
        let error = ApiError::bad("unknown_parameter", format!("`{column}` is a column of findings, not of activity"));
        let known: Vec<&str> = ActivityColumn::ALL.iter().map(|c| c.name()).collect();
        return Err(error.param(column.name()).hint(format!("columns are {}", known.join(", "))));
    }
    Ok(params)
}

fn filter(params: &Params) -> ActivityFilter {
    let mut filter = ActivityFilter::of(params.filter.period).text(params.filter.text.clone());
    for column in ActivityColumn::ALL {
        for (by, name) in [(&mut filter.only, column.name().to_owned()), (&mut filter.except, format!("not.{column}"))]
        {
            let values: std::collections::BTreeSet<String> = params.each(&name).map(str::to_owned).collect();
            if !values.is_empty() {
                by.insert(*column, values);
            }
        }
    }
    filter
}
