//! A made-up finding through the whole path: ledger, store, live stream, notifications.

use std::time::Duration;

use avouch_finding::{Canary, Decision, Disposition, Fact, Finding, FindingKey, Severity, Time};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::App;
use crate::access::{Permission, Routes, Who};
use crate::body::Body;
use crate::centre::Batch;
use crate::error::{ApiError, ApiResult, ErrorBody};

/// Name of the rule that such a finding is of.
const RULE: &str = "avouch test event";
/// How long the way may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Machine that it is told of; none has this name.
const NODE: &str = "avouch-server";

/// The routes.
pub(super) fn routes() -> Routes {
    Routes::new().allow(Permission::SendTestEvent, routes!(test_event))
}

/// What kind of event.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TestEvent {
    /// Its severity, to try a route of notifications: `informational` when not given.
    severity: Option<String>,
    /// Cluster, for the same reason.
    cluster: Option<String>,
}

/// What became of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TestEventAnswer {
    /// The word that marks it.
    nonce: String,
    /// Id of the finding.
    finding: String,
    /// Number of its record.
    seq: u64,
    /// When it came out at the other end, where listeners hear of it; `null` when it did not in time.
    #[schema(value_type = Option<String>, format = DateTime)]
    seen: Option<Time>,
}

/// Makes a finding and sends it the way of all findings. It is marked: rule `avouch test event`, decided as a test, and a record that
/// says whether it arrived.
#[utoipa::path(
    post,
    path = "/test-event",
    tag = "health",
    request_body = TestEvent,
    responses((status = 200, body = TestEventAnswer), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub(crate) async fn test_event(
    State(app): State<App>,
    who: Who,
    Body(event): Body<TestEvent>,
) -> ApiResult<Json<TestEventAnswer>> {
    let severity = match &event.severity {
        None => Severity::Informational,
        Some(name) => Severity::parse(name).ok_or_else(|| {
            ApiError::bad("bad_severity", "a severity is informational, low, medium, high or critical")
                .param("severity")
        })?,
    };
    let cluster = event.cluster.unwrap_or_default();
    if cluster.len() > 100 || !(cluster.is_empty() || avouch_ledger::is_name(&cluster)) {
        return Err(ApiError::bad("bad_cluster", "this cannot be the name of a cluster").param("cluster"));
    }
    let (time, by) = (app.now(), who.name().to_owned());
    let finding = finding(time, severity, cluster, &by, &app.centre.own().run);
    let (id, nonce) = (finding.id.clone(), nonce(&finding.id));
    let mut records = app.centre.listen();
    let recorded = app.centre.tell(vec![finding.into()]).await?;
    let seq = recorded.first().copied().unwrap_or_default();
    let arrived = tokio::time::timeout(PATIENCE, arrival(&mut records, seq)).await.unwrap_or(false);
    let seen = arrived.then(|| app.now());
    let reason = format!("a test event, made by {by}");
    let decided = Disposition {
        time: app.now(),
        finding: id.clone(),
        by,
        decision: Decision::Test,
        reason,
        incident: String::new(),
    };
    let canary =
        Canary { time, node: NODE.to_owned(), rule: RULE.to_owned(), nonce: nonce.clone(), seen, synthetic: true };
    let facts: Vec<Fact> = vec![decided.into(), canary.into()];
    app.centre.tell(facts).await?;
    Ok(Json(TestEventAnswer { nonce, finding: id, seq, seen }))
}

fn finding(time: Time, severity: Severity, cluster: String, by: &str, run: &str) -> Finding {
    let id = FindingKey { node: NODE, source: "avouch", time, event: 0, rule: RULE }.id();
    let nonce = nonce(&id);
    let fields = json!({"avouch.test.nonce": nonce, "user.name": by});
    Finding {
        time,
        node: NODE.to_owned(),
        cluster,
        run: run.to_owned(),
        source: "avouch".to_owned(),
        rule: RULE.to_owned(),
        priority: priority(severity).to_owned(),
        severity,
        tags: vec!["avouch_test".to_owned()],
        output: format!("Test event {nonce}, made by {by}: nothing happened"),
        fields: fields.as_object().cloned().unwrap_or_default(),
        id,
        ..Finding::default()
    }
}

/// A short word that is as good as unique.
fn nonce(id: &str) -> String {
    let digest = Sha256::digest(id.as_bytes());
    digest.iter().take(6).map(|b| format!("{b:02x}")).collect()
}

fn priority(severity: Severity) -> &'static str {
    match severity {
        Severity::Informational => "Informational",
        Severity::Low => "Notice",
        Severity::Medium => "Warning",
        Severity::High => "Error",
        Severity::Critical => "Critical",
    }
}

/// Whether the record comes out where listeners hear.
async fn arrival(records: &mut Receiver<Batch>, seq: u64) -> bool {
    loop {
        match records.recv().await {
            Ok(batch) if batch.iter().any(|record| record.seq == seq) => return true,
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return false,
        }
    }
}
