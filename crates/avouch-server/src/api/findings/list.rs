//! Findings one by one, page after page.

use avouch_store::{Cursor, Order, Page};
use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::App;
use crate::access::Who;
use crate::answer::Answer;
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::query::Params;
use crate::row::Row;

/// Rows of a page at most.
const MOST: u64 = 1_000;

/// A page of findings.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FindingsPage {
    answer: Answer,
    rows: Vec<Row>,
    /// Where to go on: the next question's `after`.
    next: Option<String>,
}

/// Findings that a filter names, the newest first.
#[utoipa::path(
    get,
    path = "/findings",
    tag = "findings",
    params(
        ("from" = Option<String>, Query, description = "From this time or day on"),
        ("to" = Option<String>, Query, description = "Before this time or day"),
        ("q" = Option<String>, Query, description = "Words of output, command and object"),
        ("severity" = Option<String>, Query, description = "As every column: a value to have; repeat for any of several, `not.severity` for none of them"),
        ("limit" = Option<u64>, Query, description = "Rows, 1 to 1000; 100 when not given", minimum = 1, maximum = 1000),
        ("order" = Option<String>, Query, description = "`newest` or `oldest`"),
        ("after" = Option<String>, Query, description = "Where the page before ended"),
    ),
    responses((status = 200, body = FindingsPage), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub(crate) async fn list(State(app): State<App>, who: Who, RawQuery(query): RawQuery) -> ApiResult<Json<FindingsPage>> {
    let params = who.limit(Params::read(query.as_deref(), &["limit", "order", "after"])?)?;
    let page = page(&params)?;
    let answer = app.readers.ask(move |reader| {
        let asked = Answer::begin(reader, &params.filter, params.cut.as_ref())?;
        let found = reader.findings(&params.filter, page)?;
        let rows = found.rows.into_iter().map(Row::from).collect();
        Ok(FindingsPage { answer: asked.end(), rows, next: found.next.map(|c| c.to_string()) })
    });
    Ok(Json(answer.await?))
}

/// Which page is asked for: `limit`, `order` and `after`.
pub(crate) fn page(params: &Params) -> ApiResult<Page> {
    let limit = params.number("limit", 100, 1..=MOST)?;
    Ok(Page {
        limit: usize::try_from(limit).unwrap_or(100),
        order: order(params.get("order"))?,
        after: params.get("after").map(cursor).transpose()?,
    })
}

/// An order by name.
fn order(name: Option<&str>) -> ApiResult<Order> {
    match name {
        None | Some("newest") => Ok(Order::NewestFirst),
        Some("oldest") => Ok(Order::OldestFirst),
        Some(_) => Err(ApiError::bad("bad_filter", "`order` is `newest` or `oldest`").param("order")),
    }
}

/// A place between two pages.
fn cursor(text: &str) -> ApiResult<Cursor> {
    text.parse()
        .map_err(|e| ApiError::bad("bad_cursor", format!("{e}")).param("after").hint("use `next` of the page before"))
}
