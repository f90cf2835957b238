//! What else was done on the machine of a finding, around its time.

use avouch_finding::{Fact, Kind, Time};
use avouch_store::{
    ActivityColumn, ActivityFilter, Filter, Order, Page, Period, Reader, StoredActivity, StoredFinding,
};
use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use utoipa::ToSchema;

use super::row::ActivityRow;
use crate::App;
use crate::access::Who;
use crate::answer::Answer;
use crate::api::findings::{FindingId, only_own, visible};
use crate::error::{ApiResult, ErrorBody};
use crate::query::canonical;

/// Rows before, and rows after it, at most.
const SHOWN: usize = 250;
/// Rows of a side that are counted at most.
const COUNTED: usize = 5_000;
const SECOND: u64 = 1_000_000_000;

/// Activity around a finding.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ActivityAround {
    answer: Answer,
    /// In order of time; those nearest to it.
    rows: Vec<ActivityRow>,
    /// Rows within reach that are not among them.
    left_out: usize,
}

/// Commands, connections and file changes on the same machine around a finding.
#[utoipa::path(
    get,
    path = "/findings/{id}/activity",
    tag = "activity",
    params(
        ("id" = String, Path, description = "Id of the finding"),
        ("within" = Option<u64>, Query, description = "Seconds before and after it, 1 to 86400; 60 when not given", minimum = 1, maximum = 86400),
    ),
    responses((status = 200, body = ActivityAround), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub(crate) async fn around(
    State(app): State<App>,
    who: Who,
    FindingId(id): FindingId,
    RawQuery(query): RawQuery,
) -> ApiResult<Json<ActivityAround>> {
    let mut params = only_own(query.as_deref(), &["within"])?;
    let within = params.number("within", 60, 1..=86_400)? * SECOND;
    let answer = app.readers.ask(move |reader| {
        let found = visible(reader, &id, &who)?;
        let at = found.time.0;
        params.filter.period =
            Period::new(Time(at.saturating_sub(within)), Time(at.saturating_add(within).saturating_add(1)));
        let params = who.limit(params)?;
        let mut asked = Answer::begin(reader, &Filter::of(params.filter.period), params.cut.as_ref())?;
        let filter = ActivityFilter::of(params.filter.period).only(ActivityColumn::Node, [found.node.as_ref()]);
        asked.answer.query = canonical(&filter);
        asked.answer.scope = format!("node {}", found.node);
        let (rows, left_out) = sides(reader, &filter, found.time, &mut asked.answer.partial)?;
        asked.answer.partial.extend(not_kept(reader, &found, params.filter.period)?);
        Ok(ActivityAround { answer: asked.end(), rows, left_out })
    });
    Ok(Json(answer.await?))
}

/// The rows nearest to a moment on both sides of it, and how many more there are.
fn sides(
    reader: &mut Reader,
    filter: &ActivityFilter,
    at: Time,
    partial: &mut Vec<String>,
) -> ApiResult<(Vec<ActivityRow>, usize)> {
    let mut side = |period: Period, order: Order| -> ApiResult<(Vec<StoredActivity>, usize)> {
        if period.from >= period.to {
            return Ok((Vec::new(), 0));
        }
        let filter = ActivityFilter { period, ..filter.clone() };
        let mut found = reader.activity(&filter, Page { limit: COUNTED, order, after: None })?;
        if found.next.is_some() {
            partial.push(format!("more than {COUNTED} on one side of it; those beyond are not counted"));
        }
        let left_out = found.rows.len().saturating_sub(SHOWN);
        found.rows.truncate(SHOWN);
        Ok((found.rows, left_out))
    };
    let Period { from, to } = filter.period;
    let (mut rows, before) = side(Period::new(from, at.min(to)), Order::NewestFirst)?;
    rows.reverse();
    let (later, after) = side(Period::new(at.max(from), to), Order::OldestFirst)?;
    rows.extend(later);
    Ok((rows.into_iter().filter_map(ActivityRow::of).collect(), before + after))
}

/// What the node itself did not keep, to stay within its budget.
fn not_kept(reader: &mut Reader, found: &StoredFinding, period: Period) -> ApiResult<Option<String>> {
    // A record of it tells of the time before it.
    let mut count: u64 = 0;
    for stored in
        reader.facts(Kind::LeftOut, Period::new(period.from, Time(period.to.0.saturating_add(600 * SECOND))))?
    {
        let Fact::LeftOut(left) = stored.fact else { continue };
        if left.node == *found.node && left.from < period.to {
            count += left.by_kind.values().sum::<u64>();
        }
    }
    Ok((count > 0)
        .then(|| format!("around this time the node did not keep {count} of them, to stay within its budget")))
}
