//! Findings that are alike, taken together; the single ones are not lost.

use std::collections::BTreeMap;

use avouch_finding::{Severity, Time};
use avouch_store::{Column, Group, GroupOrder};
use axum::extract::{RawQuery, State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::App;
use crate::access::Who;
use crate::answer::Answer;
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::once::Ready;
use crate::query::{Params, canonical};
use crate::row::Row;

/// Columns of a key at most.
const COLUMNS: usize = 6;
/// What is alike when the question does not say.
const USUAL: [Column; 3] = [Column::Rule, Column::Process, Column::Container];

/// Groups of a filter.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FindingGroups {
    answer: Answer,
    /// Findings of all groups, each counted once.
    count: u64,
    /// Groups in all, also those that are not listed.
    distinct: usize,
    groups: Vec<GroupOut>,
}

/// Findings with the same values in some columns.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GroupOut {
    /// By column the value; `null` where the findings have none.
    key: BTreeMap<&'static str, Option<String>>,
    count: u64,
    #[schema(value_type = String, format = DateTime)]
    first: Time,
    #[schema(value_type = String, format = DateTime)]
    last: Time,
    /// The highest.
    #[schema(value_type = String)]
    severity: Severity,
    /// Neither acknowledged, nor decided, nor suppressed.
    open: u64,
    newest: Row,
}

/// Findings taken together by columns.
#[utoipa::path(
    get,
    path = "/findings/groups",
    tag = "findings",
    params(
        ("by" = Option<String>, Query, description = "Up to six columns, repeated or with commas; `rule,process,container` when not given"),
        ("limit" = Option<u64>, Query, description = "Groups, 1 to 1000; 100 when not given", minimum = 1, maximum = 1000),
        ("order" = Option<String>, Query, description = "`most` findings first, or `newest` first"),
        ("from" = Option<String>, Query, description = "From this time or day on"),
        ("to" = Option<String>, Query, description = "Before this time or day"),
        ("q" = Option<String>, Query, description = "Words of the output"),
    ),
    responses((status = 200, body = FindingGroups), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub(crate) async fn groups(State(app): State<App>, who: Who, RawQuery(query): RawQuery) -> ApiResult<Ready> {
    let params = who.limit(Params::read(query.as_deref(), &["by", "limit", "order"])?)?;
    let limit = params.number("limit", 100, 1..=1_000)?;
    let mut by = params.columns("by")?;
    if by.is_empty() {
        by = USUAL.to_vec();
    }
    if by.len() > COLUMNS {
        return Err(
            ApiError::bad("bad_filter", format!("findings are grouped by {COLUMNS} columns at most")).param("by")
        );
    }
    let order = match params.get("order") {
        None | Some("most") => GroupOrder::Most,
        Some("newest") => GroupOrder::Newest,
        Some(_) => return Err(ApiError::bad("bad_filter", "`order` is `most` or `newest`").param("order")),
    };
    let question = format!("groups {by:?} {limit} {order:?} {:?} {}", params.cut, canonical(&params.filter));
    let compute = app.readers.ask(move |reader| {
        let asked = Answer::begin(reader, &params.filter, params.cut.as_ref())?;
        let as_of = asked.answer.as_of_seq;
        let found = reader.groups(&params.filter, &by, order, usize::try_from(limit).unwrap_or(100))?;
        let groups = found.groups.into_iter().map(|group| out(&by, group)).collect();
        Ok((as_of, FindingGroups { answer: asked.end(), count: found.count, distinct: found.distinct, groups }))
    });
    app.shared.once.answer(&app, question, compute).await
}

fn out(by: &[Column], group: Group) -> GroupOut {
    let value = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    GroupOut {
        key: by.iter().zip(&group.key).map(|(column, text)| (column.name(), value(text))).collect(),
        count: group.count,
        first: group.first,
        last: group.last,
        severity: group.severity,
        open: group.open,
        newest: group.newest.into(),
    }
}
