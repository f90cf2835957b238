//! All measures at a glance: severities and the period before, spikes, the control strip, noisy rules, open findings by age.

mod hours;
mod noise;
mod open;
mod strip;

use std::time::{Duration, Instant};

use avouch_coverage::Span;
use avouch_finding::{Severity, Time};
use avouch_store::{Ask, Filter, Period, Reader};
use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::App;
use crate::access::{Permission, Routes, Who};
use crate::answer::Answer;
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::gaps::{self, GapOut};
use crate::query::{Params, canonical};

/// How long an overview is handed out again, so that many open pages cost what one does.
const FRESH: Duration = Duration::from_secs(3);
/// A period longer than this has no overview: ask for counts.
const LONGEST: u64 = 400 * 86_400 * 1_000_000_000;

/// The routes.
pub(super) fn routes() -> Routes {
    Routes::new().allow(Permission::ReadFindings, routes!(overview))
}

/// Everything at a glance.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Overview {
    answer: Answer,
    severity: Vec<SeverityCount>,
    suppressed: Compared,
    hours: Vec<hours::Hour>,
    controls: strip::Strip,
    rules: Vec<noise::NoisyRule>,
    open: open::Open,
    gaps: Vec<GapOut>,
}

/// Findings of a severity that no acceptance covers.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct SeverityCount {
    #[schema(value_type = String)]
    severity: Severity,
    count: u64,
    /// In the period before of the same length.
    before: u64,
}

/// Now, and in the period before.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct Compared {
    count: u64,
    before: u64,
}

/// The overview of a period, 400 days at most.
#[utoipa::path(
    get, path = "/overview", tag = "overview",
    params(
        ("from" = String, Query, description = "From this time or day on"),
        ("to" = String, Query, description = "Before this time or day"),
        ("cluster" = Option<String>, Query, description = "As every column of `/findings`"),
    ),
    responses((status = 200, body = Overview), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub(crate) async fn overview(State(app): State<App>, who: Who, RawQuery(query): RawQuery) -> ApiResult<Json<Overview>> {
    let params = who.limit(Params::read(query.as_deref(), &[])?)?;
    let period = params.filter.period;
    if period.from == Period::ALL.from || period.to.0.saturating_sub(period.from.0) > LONGEST {
        return Err(
            ApiError::bad("bad_filter", "an overview needs `from` and `to`, at most 400 days apart").param("from")
        );
    }
    let key = format!("{}|{:?}", canonical(&params.filter), params.cut);
    if let Some(known) = app.overviews.get(&key, Instant::now()) {
        return Ok(Json(known));
    }
    let now = app.now();
    let made = app.readers.ask(move |reader| make(reader, &params, now)).await?;
    app.overviews.put(key, made.clone(), Instant::now());
    Ok(Json(made))
}

/// Overviews that were made a moment ago.
pub(crate) type Overviews = crate::cache::Cache<Overview>;

/// An empty cache of overviews.
pub(crate) fn cache() -> Overviews {
    Overviews::new(64, FRESH)
}

fn make(reader: &mut Reader, params: &Params, now: Time) -> ApiResult<Overview> {
    let filter = &params.filter;
    let mut asked = Answer::begin(reader, filter, params.cut.as_ref())?;
    let period = filter.period;
    let counts = reader.counts(filter, Ask { step: Some(hours::step(period)), ..Ask::default() })?;
    // The period before ends where this one begins; of one that is not over, only so much is compared as is over.
    let length = period.to.min(now).0.saturating_sub(period.from.0);
    let before = Period::new(Time(period.from.0.saturating_sub(length)), period.from);
    let earlier =
        reader.counts(&Filter { period: before, ..filter.clone() }, Ask { step: Some(u64::MAX), ..Ask::default() })?;
    let sum = |buckets: &[avouch_store::Bucket], s: Severity| buckets.iter().map(|b| b.counted.of(s)).sum::<u64>();
    let suppressed = |buckets: &[avouch_store::Bucket]| buckets.iter().map(|b| b.suppressed.all()).sum::<u64>();
    let severity = Severity::ALL.into_iter().map(|severity| SeverityCount {
        severity,
        count: sum(&counts.buckets, severity),
        before: sum(&earlier.buckets, severity),
    });
    let severity = severity.collect();
    let suppressed = Compared { count: suppressed(&counts.buckets), before: suppressed(&earlier.buckets) };
    asked.answer.excluded.suppressed = Some(suppressed.count);
    let hours = hours::hours(reader, filter, counts.buckets)?;
    let facts = gaps::watching(reader, filter, now)?;
    let rules = noise::rules(reader, filter)?;
    let open = open::open(reader, filter, now)?;
    let (controls, gaps) = match &facts {
        None => (strip::Strip::default(), Vec::new()),
        Some(facts) => {
            let coverage = gaps::coverage(facts, filter);
            let (list, more) = gaps::gaps(facts, &coverage);
            asked.answer.partial.extend(gaps::sentences(&coverage, more));
            (strip::strip(reader, facts, Span::new(period.from, period.to), filter)?, list)
        }
    };
    Ok(Overview { answer: asked.end(), severity, suppressed, hours, controls, rules, open, gaps })
}
