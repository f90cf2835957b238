//! The HTTP API: one file or folder a subject, its routes with what they need, and the document that describes them all.

mod acceptances;
mod backtests;
mod controls;
mod findings;
mod health;
mod history;
mod ingest;
mod ingest_audit;
mod login;
mod openapi;
pub(crate) mod overview;
mod reports;
mod rule_files;
mod rules;
mod stream;
mod system;
mod test_event;

use std::collections::BTreeMap;

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::{Extension, Router};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::openapi::OpenApi;

use crate::access::{Needs, Routes};
use crate::error::ApiError;
use crate::{App, console};

/// Bytes of a body at most, where a route does not say otherwise.
const BODY: usize = 1 << 20;

/// ns in a day.
const DAY: u64 = 86_400_000_000_000;

/// Where the API stands.
pub const BASE: &str = "/api/v1";

/// Every route. To add a subject: its file, and its line here.
fn routes() -> Routes {
    [
        // One line a subject.
        login::routes(),
        acceptances::routes(),
        backtests::routes(),
        rule_files::routes(),
        rules::routes(),
        findings::routes(),
        health::routes(),
        ingest::routes(),
        ingest_audit::routes(),
        overview::routes(),
        controls::routes(),
        reports::routes(),
        stream::routes(),
        test_event::routes(),
    ]
    .into_iter()
    .fold(Routes::new(), Routes::and)
}

/// The document that describes the API.
#[must_use]
pub fn document() -> OpenApi {
    let (router, needs) = routes().end();
    openapi::finish(router.into_openapi(), &needs)
}

/// By method and path what each route needs.
#[must_use]
pub fn table() -> BTreeMap<(String, String), Needs> {
    routes().end().1
}

/// The server's router: API, health, metrics, console.
pub fn router(app: App) -> Router {
    let (api, _) = routes().end();
    let (api, _) = api.split_for_parts();
    let api = api.fallback(async || ApiError::not_found("no such route; `/api/openapi.json` lists them"));
    let limits = DefaultBodyLimit::max(BODY);
    Router::new()
        .nest(BASE, api)
        .merge(system::routes())
        .fallback(axum::routing::get(console::file))
        .method_not_allowed_fallback(async || {
            ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", "this route does not know this method")
        })
        .layer(limits)
        .layer(Extension(app.clone()))
        .layer(from_fn(console::secure))
        .layer(CatchPanicLayer::new())
        .with_state(app)
}
