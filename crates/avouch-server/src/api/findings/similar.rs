//! Findings like one, by day.

use std::collections::BTreeMap;

use avouch_finding::Time;
use avouch_store::{Ask, Column, Filter, Period, StoredFinding};
use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use utoipa::ToSchema;

use super::id::{FindingId, visible};
use crate::App;
use crate::access::Who;
use crate::answer::Answer;
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::query::Params;

/// ns of a day.
const DAY: u64 = 86_400_000_000_000;

/// How often the same was found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SimilarFindings {
    answer: Answer,
    /// Every day of the period, also those without.
    by_day: Vec<SimilarDay>,
}

/// A day of UTC.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct SimilarDay {
    /// As `2026-11-26`.
    day: String,
    count: u64,
    /// Covered by an acceptance; not part of `count`.
    suppressed: u64,
}

/// Findings of the same rule, process and image over the last days.
#[utoipa::path(
    get,
    path = "/findings/{id}/similar",
    tag = "findings",
    params(
        ("id" = String, Path, description = "Its id"),
        ("days" = Option<u64>, Query, description = "Days up to today, 1 to 400; 90 when not given", minimum = 1, maximum = 400),
    ),
    responses((status = 200, body = SimilarFindings), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub(crate) async fn similar(
    State(app): State<App>,
    who: Who,
    FindingId(id): FindingId,
    RawQuery(query): RawQuery,
) -> ApiResult<Json<SimilarFindings>> {
    let mut params = only_own(query.as_deref(), &["days"])?;
    let days = params.number("days", 90, 1..=400)?;
    let end = app.now().0 / DAY * DAY + DAY;
    params.filter.period = Period::new(Time(end.saturating_sub(days * DAY)), Time(end));
    let answer = app.readers.ask(move |reader| {
        let found = visible(reader, &id, &who)?;
        params.filter = Filter { period: params.filter.period, ..alike(&found) };
        let params = who.limit(params)?;
        let asked = Answer::begin(reader, &params.filter, params.cut.as_ref())?;
        let counts = reader.counts(&params.filter, Ask { step: Some(DAY), ..Ask::default() })?;
        let buckets: BTreeMap<u64, (u64, u64)> =
            counts.buckets.iter().map(|b| (b.from.0 / DAY, (b.counted.all(), b.suppressed.all()))).collect();
        let Period { from, to } = params.filter.period;
        let day = |day: u64| {
            let (count, suppressed) = buckets.get(&day).copied().unwrap_or_default();
            SimilarDay { day: named(Time(day * DAY)), count, suppressed }
        };
        let by_day = (from.0 / DAY..to.0.div_ceil(DAY)).map(day).collect();
        Ok(SimilarFindings { answer: asked.end(), by_day })
    });
    Ok(Json(answer.await?))
}

/// The filter of those that are like it.
fn alike(found: &StoredFinding) -> Filter {
    let same = [(Column::Rule, &found.rule), (Column::Process, &found.process), (Column::Image, &found.image)];
    same.into_iter().fold(Filter::default(), |filter, (column, value)| filter.only(column, [value.as_ref()]))
}

/// A day by its date.
fn named(day: Time) -> String {
    day.to_string().chars().take(10).collect()
}

/// Parameters of a question about one finding: they have no filter.
///
/// # Errors
/// 400 for any other parameter.
pub(crate) fn only_own(query: Option<&str>, own: &[&str]) -> ApiResult<Params> {
    let params = Params::read(query, own)?;
    if params.filter != Filter::default() {
        let error = ApiError::bad("unknown_parameter", "a question about one finding takes no filter");
        return Err(error.hint(format!("it takes {}", own.join(", "))));
    }
    Ok(params)
}
