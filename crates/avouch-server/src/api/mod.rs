//! The HTTP API: one file or folder a subject, its routes with what they need, and the document that describes them all.

mod acceptances;
mod access_log;
mod activity;
mod agents;
mod backtests;
mod channels;
mod controls;
mod deliveries;
mod findings;
mod health;
mod history;
mod ingest;
mod ingest_audit;
mod ledger;
mod login;
mod oidc;
mod openapi;
pub(crate) mod overview;
mod problems;
mod reports;
mod rule_files;
mod rules;
mod sessions;
mod stream;
mod system;
mod test_event;
mod tokens;
mod users;

use std::collections::BTreeMap;

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::http::header::{ALLOW, CONTENT_TYPE};
use axum::middleware::from_fn;
use axum::response::IntoResponse as _;
use axum::{Extension, Router};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use utoipa::openapi::OpenApi;

use crate::access::{Needs, Routes};
use crate::error::ApiError;
use crate::{App, console, host, limits};

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
        oidc::routes(),
        sessions::routes(),
        users::routes(),
        tokens::routes(),
        access_log::routes(),
        channels::routes(),
        deliveries::routes(),
        findings::routes(),
        activity::routes(),
        agents::routes(),
        health::routes(),
        ledger::routes(),
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
    Router::new()
        .nest(BASE, api.layer(from_fn(as_json)))
        .merge(system::routes())
        // Answers of the API stay as they are: what a secret is compressed with tells of it.
        .fallback(axum::routing::get(console::file).layer(CompressionLayer::new()))
        .method_not_allowed_fallback(async || {
            ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", "this route does not know this method")
        })
        .layer(DefaultBodyLimit::max(BODY))
        .layer(from_fn(limits::in_time))
        .layer(from_fn(host::check))
        .layer(Extension(app.clone()))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(console::secure))
        .with_state(app)
}

/// Gives errors that the framework tells in plain text (a path or body that cannot be read) the form of all others.
async fn as_json(request: axum::extract::Request, next: axum::middleware::Next) -> axum::response::Response {
    let response = next.run(request).await;
    let status = response.status();
    let json = response.headers().get(CONTENT_TYPE).is_some_and(|t| t.as_bytes().starts_with(b"application/json"));
    if json || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let reason = status.canonical_reason().unwrap_or("error").to_lowercase();
    let code = if status == StatusCode::METHOD_NOT_ALLOWED { "wrong_method" } else { "bad_request" };
    let mut told = ApiError::new(status, code, format!("the request cannot be answered: {reason}")).into_response();
    if let Some(allow) = response.headers().get(ALLOW) {
        told.headers_mut().insert(ALLOW, allow.clone());
    }
    told
}

/// The answer of a handler that broke.
fn panicked(_: Box<dyn std::any::Any + Send>) -> axum::response::Response {
    ApiError::internal("a handler broke").into_response()
}
