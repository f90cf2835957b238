//! Is everything watched: nodes, sources, gaps, and how the server itself fares.

use std::collections::BTreeMap;

use avouch_finding::{Fact, Kind, Time};
use avouch_store::{Period, Reader};
use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::App;
use crate::access::{Permission, Routes, Who};
use crate::answer::Answer;
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::health::{Expected, NodeHealth, Sizes, SourceGap, SourceHealth, gaps, outcome};
use crate::ingest::IngestCounts;
use crate::query::Params;

/// The period of gaps and notifications when none is given.
const DAY: u64 = 86_400_000_000_000;

/// The routes.
pub(super) fn routes() -> Routes {
    Routes::new().allow(Permission::ReadHealth, routes!(health))
}

/// How everything stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HealthAnswer {
    answer: Answer,
    /// Everything that was to be watched is watched.
    ready: bool,
    /// Why not.
    reasons: Vec<String>,
    sources: Vec<SourceWithGaps>,
    nodes: Vec<NodeHealth>,
    /// Nodes that were silent for more than a day, and are not listed.
    forgotten: u64,
    /// Nodes with this server's rules that do not run, or not wholly, the set that they are to run.
    agents_behind: usize,
    /// Gaps of nodes that are not listed, and the time before anything was heard (its node and source are empty).
    other_gaps: Vec<SourceGap>,
    ledger: LedgerHealth,
    store: Sizes,
    notify: NotifyHealth,
    ingest: IngestHealth,
    server: ServerHealth,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SourceWithGaps {
    #[serde(flatten)]
    source: SourceHealth,
    /// When it was to be watched in the period; `null` when it was not yet.
    expected: Option<Expected>,
    /// When it was not watched in the period, the newest first. They are of the name: it was watched while any run of that name watched it,
    /// and two that have the same name and source have the same gaps.
    gaps: Vec<SourceGap>,
}

/// The server itself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ServerHealth {
    version: &'static str,
    /// Since when counts are counted.
    #[schema(value_type = String, format = DateTime)]
    begun: Time,
    #[schema(value_type = String, format = DateTime)]
    time: Time,
}

/// The ledger.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct LedgerHealth {
    id: String,
    /// Id of the key that signs.
    key: String,
    /// The last record.
    seq: u64,
    /// The last signed head: the record it vouches up to, and when it was signed.
    head_seq: Option<u64>,
    #[schema(value_type = Option<String>, format = DateTime)]
    head_time: Option<Time>,
    /// Secrets that were replaced since the server began.
    redacted: u64,
    /// Records that do not read as their kind says.
    unreadable: u64,
    /// Where heads were published, the last time for each place.
    anchors: Vec<AnchorHealth>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AnchorHealth {
    anchor: String,
    place: String,
    #[schema(value_type = String, format = DateTime)]
    time: Time,
    last_seq: u64,
}

/// Notifications of the period.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct NotifyHealth {
    delivered: u64,
    failed: u64,
    held_back: u64,
    /// By channel and what became of them.
    channels: BTreeMap<String, BTreeMap<&'static str, u64>>,
    /// What the last one that failed was told.
    last_failure: Option<Failure>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Failure {
    channel: String,
    #[schema(value_type = String, format = DateTime)]
    time: Time,
    answer: String,
}

/// What agents sent since the server began.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IngestHealth {
    batches: u64,
    bytes: u64,
    recorded: u64,
    repeated: u64,
    refused: u64,
    holes: u64,
    unreadable: u64,
    turned_away: u64,
    failed: u64,
}

impl From<IngestCounts> for IngestHealth {
    fn from(c: IngestCounts) -> Self {
        Self {
            batches: c.batches,
            bytes: c.bytes,
            recorded: c.recorded,
            repeated: c.repeated,
            refused: c.refused,
            holes: c.holes,
            unreadable: c.unreadable,
            turned_away: c.turned_away,
            failed: c.failed,
        }
    }
}

/// What is watched now, and what was not in a period (the last day, when none is given).
#[utoipa::path(
    get,
    path = "/health",
    tag = "health",
    params(
        ("from" = Option<String>, Query, description = "Gaps and notifications from this time or day on"),
        ("to" = Option<String>, Query, description = "Before this time or day"),
    ),
    responses((status = 200, body = HealthAnswer), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub(crate) async fn health(
    State(app): State<App>,
    who: Who,
    RawQuery(query): RawQuery,
) -> ApiResult<Json<HealthAnswer>> {
    let now = app.now();
    if !who.sees(now) {
        return Err(ApiError::forbidden("how things stand now is not of your period"));
    }
    let mut params = Params::read(query.as_deref(), &[])?;
    if params.filter.period.from == Period::ALL.from {
        params.filter.period.from = Time(params.filter.period.to.min(now).0.saturating_sub(DAY));
    }
    let params = who.limit(params)?;
    let standing = app.health.standing(now);
    let store = app.health.sizes(&app).await?;
    let ledger = ledger(&app).await?;
    let (answer, gaps, anchors, notify) = app
        .readers
        .ask(move |reader| {
            let mut asked = Answer::begin(reader, &params.filter, params.cut.as_ref())?;
            let gaps = gaps(reader, params.filter.period, now)?;
            if gaps.over > 0 {
                asked.answer.partial.push(format!("{} older gaps are not listed", gaps.over));
            }
            let (anchors, notify) = (anchors(reader)?, notify(reader, params.filter.period)?);
            Ok((asked.end(), gaps, anchors, notify))
        })
        .await?;
    let mut by_source: BTreeMap<(String, String), Vec<SourceGap>> = BTreeMap::new();
    for gap in gaps.gaps {
        by_source.entry((gap.node.clone(), gap.source.clone())).or_default().push(gap);
    }
    let with_gaps = |source: SourceHealth| {
        let key = (source.node.clone(), source.source.clone());
        let expected = gaps.expected.get(&key).copied();
        SourceWithGaps { gaps: by_source.get(&key).cloned().unwrap_or_default(), expected, source }
    };
    let sources: Vec<SourceWithGaps> = standing.sources.into_iter().map(with_gaps).collect();
    for s in &sources {
        by_source.remove(&(s.source.node.clone(), s.source.source.clone()));
    }
    Ok(Json(HealthAnswer {
        answer,
        ready: standing.reasons.is_empty(),
        reasons: standing.reasons,
        sources,
        nodes: standing.nodes,
        forgotten: standing.forgotten,
        agents_behind: standing.agents_behind,
        other_gaps: by_source.into_values().flatten().collect(),
        ledger: LedgerHealth { anchors, ..ledger },
        store,
        notify,
        ingest: app.ingest.counted().now().into(),
        server: ServerHealth { version: env!("CARGO_PKG_VERSION"), begun: app.begun, time: now },
    }))
}

async fn ledger(app: &App) -> ApiResult<LedgerHealth> {
    let read = |recorder: &mut avouch_evidence::Recorder| {
        let ledger = recorder.ledger();
        let head = ledger.last_head().map(|h| &h.head);
        LedgerHealth {
            id: ledger.id().to_owned(),
            key: ledger.public_key().id(),
            seq: ledger.last_seq(),
            head_seq: head.map(|h| h.last_seq),
            head_time: head.and_then(|h| Time::parse(&h.time)),
            redacted: ledger.redacted(),
            unreadable: recorder.unreadable(),
            anchors: Vec::new(),
        }
    };
    Ok(app.centre.with(read).await?)
}

/// The last publication for each place.
fn anchors(reader: &mut Reader) -> ApiResult<Vec<AnchorHealth>> {
    let mut last: BTreeMap<(String, String), AnchorHealth> = BTreeMap::new();
    for stored in reader.facts(Kind::Anchor, Period::ALL)? {
        let Fact::Anchor(a) = stored.fact else { continue };
        let health =
            AnchorHealth { anchor: a.anchor.clone(), place: a.place.clone(), time: a.time, last_seq: a.last_seq };
        last.insert((a.anchor, a.place), health);
    }
    Ok(last.into_values().collect())
}

fn notify(reader: &mut Reader, period: Period) -> ApiResult<NotifyHealth> {
    let mut out = NotifyHealth::default();
    for stored in reader.facts(Kind::Delivery, period)? {
        let Fact::Delivery(d) = stored.fact else { continue };
        let what = outcome(d.state);
        match what {
            "delivered" => out.delivered += 1,
            "failed" => out.failed += 1,
            _ => out.held_back += 1,
        }
        *out.channels.entry(d.channel.clone()).or_default().entry(what).or_default() += 1;
        if what == "failed" {
            out.last_failure = Some(Failure { channel: d.channel, time: d.time, answer: d.answer });
        }
    }
    Ok(out)
}
