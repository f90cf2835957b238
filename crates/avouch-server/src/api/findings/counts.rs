//! How many: facets and histogram of a filter, in one pass.

use avouch_finding::{Severity, Time};
use avouch_store::{Ask, BySeverity, Column, Facet, Period};
use axum::extract::{RawQuery, State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::App;
use crate::access::Who;
use crate::answer::Answer;
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::gaps::{GapOut, coverage, gaps, sentences, watched};
use crate::once::Ready;
use crate::query::{Params, canonical};

/// Steps of a histogram at most.
const STEPS: u64 = 10_000;

/// Counts of a filter.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FindingCounts {
    answer: Answer,
    count: u64,
    facets: Vec<FacetOut>,
    /// Empty without a step.
    histogram: Vec<Step>,
    /// Stretches of the histogram that were not watched; `null` without a step.
    gaps: Option<Vec<GapOut>>,
}

/// Values of a column, the most frequent first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FacetOut {
    column: &'static str,
    /// Values in all, also those that are not listed.
    distinct: usize,
    values: Vec<ValueCount>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ValueCount {
    value: String,
    count: u64,
}

/// One step of a histogram.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Step {
    #[schema(value_type = String, format = DateTime)]
    from: Time,
    severity: Severities,
    /// Findings that acceptances cover; they are not part of `severity`.
    suppressed: u64,
}

/// Counts by severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Severities {
    pub critical: u64,
    pub high: u64,
    pub medium: u64,
    pub low: u64,
    pub informational: u64,
}

impl From<BySeverity> for Severities {
    fn from(by: BySeverity) -> Self {
        Self {
            critical: by.of(Severity::Critical),
            high: by.of(Severity::High),
            medium: by.of(Severity::Medium),
            low: by.of(Severity::Low),
            informational: by.of(Severity::Informational),
        }
    }
}

impl From<Facet> for FacetOut {
    fn from(facet: Facet) -> Self {
        let value = |v: avouch_store::FacetValue| ValueCount { value: v.value.as_ref().to_owned(), count: v.count };
        Self {
            column: facet.column.name(),
            distinct: facet.distinct,
            values: facet.values.into_iter().map(value).collect(),
        }
    }
}

/// How many findings a filter names, by values of columns and over time.
#[utoipa::path(
    get,
    path = "/findings/counts",
    tag = "findings",
    params(
        ("facet" = Option<String>, Query, description = "Columns to count values of, repeated or with commas"),
        ("values" = Option<u64>, Query, description = "Values a column, 1 to 200; 20 when not given", minimum = 1, maximum = 200),
        ("step" = Option<u64>, Query, description = "Seconds of a step of the histogram; none without it", minimum = 1),
        ("from" = Option<String>, Query, description = "From this time or day on"),
        ("to" = Option<String>, Query, description = "Before this time or day"),
        ("q" = Option<String>, Query, description = "Words of output, command and object"),
    ),
    responses((status = 200, body = FindingCounts), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub(crate) async fn counts(State(app): State<App>, who: Who, RawQuery(query): RawQuery) -> ApiResult<Ready> {
    let params = who.limit(Params::read(query.as_deref(), &["facet", "values", "step"])?)?;
    let values = params.number("values", 20, 1..=200)?;
    let columns: Vec<Column> = params.columns("facet")?;
    let step = match params.number("step", 0, 0..=31_536_000)? {
        0 => None,
        seconds => Some(seconds * 1_000_000_000),
    };
    bounded(params.filter.period, step)?;
    let question = format!("counts {columns:?} {values} {step:?} {:?} {}", params.cut, canonical(&params.filter));
    let now = app.now();
    let compute = app.readers.ask(move |reader| {
        let mut asked = Answer::begin(reader, &params.filter, params.cut.as_ref())?;
        let as_of = asked.answer.as_of_seq;
        let ask = Ask { columns: &columns, values: usize::try_from(values).unwrap_or(20), step };
        let counts = reader.counts(&params.filter, ask)?;
        let histogram = counts.buckets.into_iter().map(|b| Step {
            from: b.from,
            severity: b.counted.into(),
            suppressed: b.suppressed.all(),
        });
        let gaps = match step.map(|_| watched(reader, &params.filter, now)).transpose()? {
            None => None,
            Some(None) => Some(Vec::new()),
            Some(Some(facts)) => {
                let coverage = coverage(&facts, &params.filter);
                let (gaps, more) = gaps(&facts, &coverage);
                asked.answer.partial.extend(sentences(&coverage, more));
                Some(gaps)
            }
        };
        let facets = counts.facets.into_iter().map(FacetOut::from).collect();
        let answer = asked.end();
        Ok((as_of, FindingCounts { answer, count: counts.count, facets, histogram: histogram.collect(), gaps }))
    });
    app.shared.once.answer(&app, question, compute).await
}

/// A histogram has to have ends, and not too many steps between them.
fn bounded(period: Period, step: Option<u64>) -> ApiResult<()> {
    let Some(step) = step else { return Ok(()) };
    let steps = period.to.0.saturating_sub(period.from.0) / step;
    if period.from == Period::ALL.from || period.to == Period::ALL.to {
        let error = ApiError::bad("bad_filter", "a histogram needs `from` and `to`");
        return Err(error.param("step"));
    }
    if steps > STEPS {
        let message = format!("{steps} steps between `from` and `to`; at most {STEPS}");
        return Err(ApiError::bad("bad_filter", message).param("step").hint("make `step` longer"));
    }
    Ok(())
}
