//! A file of exactly the findings that a filter names, written while it is sent: memory does not grow with it.
//!
//! Its end is sent only when the fact that it was taken, with the SHA-256 of its bytes, is in the ledger. Where it breaks off, the connection
//! does: half a file never looks like a whole one, and that it broke off is recorded too.

mod csv;
mod walk;

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use self::walk::Walk;
use crate::App;
use crate::access::Who;
use crate::answer::Answer;
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::query::Params;

/// Pieces of the file that wait to be sent.
const PIECES: usize = 4;

/// What the file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Csv,
    JsonLines,
}

impl Format {
    fn parse(name: &str) -> Option<Self> {
        match name {
            "csv" => Some(Self::Csv),
            "json" | "jsonl" => Some(Self::JsonLines),
            _ => None,
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::JsonLines => "application/x-ndjson",
        }
    }

    fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
        }
    }
}

/// Exactly the findings that a filter names, the oldest first.
///
/// As CSV (RFC 4180) with a header, or as JSON, one row of `/findings` a line. In CSV, a cell that a spreadsheet would take for a formula
/// begins with an apostrophe that is not of the finding; lists are joined by `; `.
#[utoipa::path(
    get,
    path = "/findings/export",
    tag = "findings",
    params(
        ("format" = Option<String>, Query, description = "`csv` or `json`; `csv` when not given"),
        ("from" = Option<String>, Query, description = "From this time or day on"),
        ("to" = Option<String>, Query, description = "Before this time or day"),
        ("q" = Option<String>, Query, description = "Words of the output"),
    ),
    responses((status = 200, content((String = "text/csv"), (String = "application/x-ndjson"))), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 503, body = ErrorBody))
)]
pub(crate) async fn export(State(app): State<App>, who: Who, RawQuery(query): RawQuery) -> ApiResult<Response> {
    let params = who.limit(Params::read(query.as_deref(), &["format"])?)?;
    let format = params.get("format").unwrap_or("csv");
    let format = Format::parse(format)
        .ok_or_else(|| ApiError::bad("bad_filter", "`format` is `csv` or `json`").param("format"))?;
    let turn = app.shared.exports.clone().try_acquire_owned();
    let turn = turn.map_err(|_| ApiError::busy("busy", "other files are being written; come back in a moment", 5))?;
    let now = app.now();
    let (filter, cut) = (params.filter.clone(), params.cut.clone());
    let answer = app.readers.ask(move |reader| Ok(Answer::begin(reader, &filter, cut.as_ref())?.end())).await?;
    let (out, pieces) = mpsc::channel(PIECES);
    let walk = Walk::new(&app, who.name(), &params.filter, &answer, format, out);
    tokio::task::spawn_blocking(move || {
        walk.run();
        drop(turn);
    });
    let name = format!("findings-{}.{}", now.to_string().replace([':', '.'], "-"), format.ending());
    let headers = [
        (CONTENT_TYPE, format.media_type().to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, Body::from_stream(ReceiverStream::new(pieces))).into_response())
}
