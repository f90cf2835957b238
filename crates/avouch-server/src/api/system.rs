//! What machines ask the server: is it alive, is everything watched, figures, the API's document.
//!
//! What these tell names nodes. On the loopback address it is open to all; from elsewhere it needs a token that may read, and
//! `/readyz` tells others no more than yes or no.

use std::net::{IpAddr, SocketAddr};

use avouch_finding::Time;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE, HOST};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use crate::access::Permission;
use crate::error::{ApiError, ApiResult};
use crate::metrics::{self, Figures};
use crate::{App, session};

/// The routes; outside of the API's base, where load balancers and Kubernetes look.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .route("/metrics", get(figures))
        .route("/api/openapi.json", get(async || Json(super::document())))
}

/// The process answers, and its evidence can be written. That sources deliver is another question: `/readyz`.
async fn alive(State(app): State<App>) -> impl IntoResponse {
    let writes = app.centre.with(|recorder| recorder.ledger().last_seq()).await;
    match writes {
        Ok(seq) => (StatusCode::OK, Json(json!({"alive": true, "last_seq": seq}))),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, Json(json!({"alive": false, "reason": error.to_string()}))),
    }
}

/// Everything that was to be watched is watched: 200, else 503 with the reasons.
async fn ready(State(app): State<App>, request: Request) -> ApiResult<Response> {
    let standing = app.health.standing(app.now());
    let ready = standing.reasons.is_empty();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    if may(&app, &request.into_parts().0).await.is_err() {
        return Ok((status, Json(json!({"ready": ready}))).into_response());
    }
    let sources: Vec<_> = standing
        .sources
        .iter()
        .map(
            |s| json!({"node": s.node, "cluster": s.cluster, "source": s.source, "state": s.state, "reason": s.reason}),
        )
        .collect();
    // Agents with rules of before do watch: they are told, and are no reason not to be ready.
    let body = json!({
        "ready": ready, "reasons": standing.reasons, "sources": sources, "agents_behind": standing.agents_behind,
    });
    Ok((status, Json(body)).into_response())
}

/// Figures for Prometheus.
async fn figures(State(app): State<App>, request: Request) -> ApiResult<Response> {
    let parts = request.into_parts().0;
    may(&app, &parts).await?;
    let ledger = |recorder: &mut avouch_evidence::Recorder| {
        let ledger = recorder.ledger();
        let head = ledger.last_head().and_then(|h| Some((h.head.last_seq, Time::parse(&h.head.time)?)));
        (ledger.last_seq(), head)
    };
    let (last_seq, head) = app.centre.with(ledger).await?;
    let sizes = app.health.sizes(&app).await?;
    let counts = app.health.board().counts.clone();
    let standing = app.health.standing(app.now());
    let ingest = app.ingest.counted().now();
    let figures = Figures { standing, counts, ingest, sizes, last_seq, head, begun: app.begun };
    let text = metrics::text(&figures).map_err(ApiError::internal)?;
    let accepts = parts.headers.get(ACCEPT).and_then(|a| a.to_str().ok()).unwrap_or_default();
    if accepts.contains("application/openmetrics-text") {
        return Ok(([(CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response());
    }
    Ok(([(CONTENT_TYPE, metrics::CLASSIC_TYPE)], metrics::classic(&text)).into_response())
}

/// Whether the caller may see what is behind the figures.
async fn may(app: &App, request: &Parts) -> ApiResult<()> {
    let peer = request.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
    if is_local(peer, &request.headers, request.uri.host()) {
        return Ok(());
    }
    match session::caller(app, &request.method, &request.headers).await? {
        Some(who) if who.may(Permission::ReadHealth) && who.principal().period().is_none() => Ok(()),
        Some(who) => Err(ApiError::forbidden(format!("`{}` may not see this", who.name()))),
        None => Err(ApiError::unauthorized().hint("from another machine a token with the scope `read` is needed")),
    }
}

/// The request is from this machine, was not handed on by a proxy, and names this machine as its aim: a page that had its name
/// point here would send its own.
fn is_local(peer: Option<IpAddr>, headers: &HeaderMap, authority: Option<&str>) -> bool {
    let handed_on = ["forwarded", "x-forwarded-for", "x-real-ip", "via"].iter().any(|name| headers.contains_key(*name));
    let host = headers.get(HOST).and_then(|h| h.to_str().ok()).or(authority).unwrap_or_default();
    let name = host
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
        .map_or(host, |(name, _)| name);
    let aims_here = name == "localhost"
        || name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    peer.is_some_and(|ip| ip.is_loopback()) && !handed_on && aims_here
}
