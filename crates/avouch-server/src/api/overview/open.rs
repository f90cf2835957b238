//! Findings that nobody has looked at or decided, by age.

use avouch_finding::Time;
use avouch_store::{Filter, Reader};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::findings::Severities;
use crate::error::ApiResult;
use crate::row::Row;

const HOUR: u64 = 3_600_000_000_000;

/// Ages that open findings are sorted into.
const AGES: [(u64, &str); 5] = [
    (HOUR, "under 1 h"),
    (24 * HOUR, "1 h to 1 day"),
    (7 * 24 * HOUR, "1 to 7 days"),
    (30 * 24 * HOUR, "7 to 30 days"),
    (u64::MAX, "over 30 days"),
];

/// Open findings of a filter.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Open {
    buckets: Vec<Age>,
    oldest: Option<Row>,
}

/// Open findings of an age.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Age {
    label: &'static str,
    severity: Severities,
}

/// Sorts the open findings of a filter by their age now.
pub(super) fn open(reader: &mut Reader, filter: &Filter, now: Time) -> ApiResult<Open> {
    let edges: Vec<u64> = AGES.iter().map(|(age, _)| *age).filter(|age| *age != u64::MAX).collect();
    let found = reader.open_by_age(filter, now, &edges)?;
    let age = |((_, label), by): (&(u64, &'static str), avouch_store::BySeverity)| Age { label, severity: by.into() };
    Ok(Open { buckets: AGES.iter().zip(found.ages).map(age).collect(), oldest: found.oldest.map(Row::from) })
}
