//! What machines ask the server: is it alive, does it watch, the API's document.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use crate::App;

/// The routes; outside of the API's base, where load balancers and Kubernetes look.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/healthz", get(alive)).route("/api/openapi.json", get(async || Json(super::document())))
}

/// The process answers, and its evidence can be written. That sources deliver is another question: `/readyz`.
async fn alive(State(app): State<App>) -> impl IntoResponse {
    let writes = app.centre.with(|recorder| recorder.ledger().last_seq()).await;
    match writes {
        Ok(seq) => (StatusCode::OK, Json(json!({"alive": true, "last_seq": seq}))),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, Json(json!({"alive": false, "reason": error.to_string()}))),
    }
}
