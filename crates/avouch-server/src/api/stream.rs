//! Findings and acts as they come, as server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, StreamExt};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use utoipa_axum::routes;

use crate::App;
use crate::access::{Permission, Routes, Who};
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::live::{Follow, Matcher, WAITING};
use crate::query::Params;

/// How often a quiet stream says that it is there.
const ALIVE: Duration = Duration::from_secs(10);
/// The header in which one who comes back says what he was shown last.
const LAST: &str = "last-event-id";

/// The routes.
pub(crate) fn routes() -> Routes {
    Routes::new().allow(Permission::ReadFindings, routes!(stream))
}

/// Findings that match a filter, and acts about any, as they come.
///
/// Events: `hello` once; `finding` (a row); `act` (`finding`, `kind`, `by`, `time`, `seq`, `body`); `health` every 5 s (`ready`, `reasons`,
/// `sources` by state, `time`, `seq`); `missed` (`count` of records that went by unseen, after `since` and up to `to`). The id of an event
/// is the number of the last record that the stream is past: with it in `Last-Event-ID`, the next stream goes on there, with up to 10,000
/// findings and acts from the store, and `missed` for what is more. A stream ends after ten minutes; come again.
#[utoipa::path(
    get,
    path = "/stream",
    tag = "live",
    params(
        ("severity" = Option<String>, Query, description = "As every column of `/findings`"),
        ("q" = Option<String>, Query, description = "Words of the output, as for `/findings`"),
        ("Last-Event-ID" = Option<u64>, Header, description = "Go on after this record"),
    ),
    responses((status = 200, content_type = "text/event-stream", description = "Events, until one side ends it"), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 503, body = ErrorBody))
)]
pub(crate) async fn stream(
    State(app): State<App>,
    who: Who,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> ApiResult<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    let params = who.limit(Params::read(query.as_deref(), &[])?)?;
    let after = last(&headers)?;
    let place = app.shared.places.take(who.name())?;
    let (out, events) = mpsc::channel(WAITING);
    let follow = Follow { app, who, matcher: Matcher::new(params.filter), out };
    tokio::spawn(async move {
        follow.run(after).await;
        drop(place);
    });
    let stream = ReceiverStream::new(events).map(|event| Ok(event.into()));
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(ALIVE).text("alive")))
}

fn last(headers: &HeaderMap) -> ApiResult<Option<u64>> {
    let Some(value) = headers.get(LAST) else { return Ok(None) };
    let number = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    number
        .map(Some)
        .ok_or_else(|| ApiError::bad("bad_header", "`Last-Event-ID` has to be the id of an event").param(LAST))
}
