//! Receipts of notifications: what was delivered, given up or held back, as the ledger has it.

use avouch_finding::{Delivery, Fact, Time};
use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::App;
use crate::access::{Permission, Routes, Who};
use crate::answer::Answer;
use crate::error::{ApiResult, ErrorBody};
use crate::query::Params;

use super::channels::state_name;

/// The routes.
pub(super) fn routes() -> Routes {
    Routes::new().allow(Permission::ReadChannels, routes!(deliveries))
}

/// Receipts, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeliveriesOut {
    answer: Answer,
    /// How many there are in the period, of the channel that was asked for.
    count: u64,
    rows: Vec<DeliveryOut>,
}

/// A receipt.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeliveryOut {
    #[schema(value_type = String, format = DateTime)]
    time: Time,
    /// `null` in old receipts of findings that were not handed to any.
    channel: Option<String>,
    means: Option<String>,
    /// `delivered`, `failed` or `held_back`.
    state: &'static str,
    /// Ids of findings, as far as it names them.
    findings: Vec<String>,
    /// How many findings it stands for.
    count: u64,
    attempts: u64,
    route: Option<String>,
    /// Why it was sent, when not because of new findings: `test`, `escalation`, `reminder`, `summary`, `late`.
    reason: Option<String>,
    /// What the other side said, or why it was not sent.
    text: Option<String>,
    /// Id of the message, by which the other side knows it, too; `null` in receipts of earlier versions.
    message: Option<String>,
    /// Number of its record in the ledger; `null` in the answer to a test.
    seq: Option<u64>,
}

impl DeliveryOut {
    /// Of a receipt and the number of its record.
    pub(super) fn of(receipt: Delivery, seq: Option<u64>) -> Self {
        let some = |text: String| (!text.is_empty()).then_some(text);
        Self {
            time: receipt.time,
            channel: some(receipt.channel),
            means: some(receipt.means),
            state: state_name(receipt.state),
            findings: receipt.findings,
            count: receipt.count,
            attempts: receipt.attempts,
            route: some(receipt.route),
            reason: some(receipt.reason),
            text: some(receipt.answer),
            message: some(receipt.message),
            seq,
        }
    }
}

/// What was delivered.
#[utoipa::path(
    get, path = "/deliveries", tag = "notifications",
    params(
        ("from" = Option<String>, Query, description = "Day or time; included"),
        ("to" = Option<String>, Query, description = "Day or time; not included"),
        ("channel" = Option<String>, Query, description = "Of one channel only"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "Rows at most; 100 when absent"),
    ),
    responses((status = 200, body = DeliveriesOut), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub(crate) async fn deliveries(
    State(app): State<App>,
    who: Who,
    RawQuery(query): RawQuery,
) -> ApiResult<Json<DeliveriesOut>> {
    let params = who.limit(Params::read(query.as_deref(), &["channel", "limit"])?)?;
    params.no_filter()?;
    let limit = usize::try_from(params.number("limit", 100, 1..=1_000)?).unwrap_or(1_000);
    let channel = params.get("channel").filter(|name| !name.is_empty()).map(str::to_owned);
    app.readers
        .ask(move |reader| {
            let asked = Answer::begin(reader, &params.filter, params.cut.as_ref())?;
            let mut rows = Vec::new();
            for stored in reader.facts_named("delivery", params.filter.period)? {
                let Fact::Delivery(receipt) = stored.fact else { continue };
                if channel.as_ref().is_none_or(|name| *name == receipt.channel) {
                    rows.push((stored.record.seq, receipt));
                }
            }
            let count = rows.len() as u64;
            let newest = rows.into_iter().rev().take(limit);
            let rows = newest.map(|(seq, receipt)| DeliveryOut::of(*receipt, Some(seq))).collect();
            Ok(DeliveriesOut { answer: asked.end(), count, rows })
        })
        .await
        .map(Json)
}
