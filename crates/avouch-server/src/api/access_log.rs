//! Who looked at what: each question of an auditor, and each login that failed. Admins see all of it, others what is theirs.

use avouch_auth::{AccessQuery, LoggedAccess};
use avouch_finding::Time;
use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::App;
use crate::access::{Permission, Routes, Who};
use crate::error::{ApiError, ApiResult, ErrorBody};
use crate::query::Params;

/// The routes.
pub(super) fn routes() -> Routes {
    Routes::new().somebody(routes!(access_log))
}

/// A page of the log, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccessLogOut {
    /// Of everybody, or only of who asks.
    everybody: bool,
    rows: Vec<AccessOut>,
    /// For `before` of the next page; `null` when this is the last.
    next: Option<i64>,
}

/// Somebody looked at something.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccessOut {
    id: i64,
    #[schema(value_type = String, format = DateTime)]
    time: Time,
    who: String,
    /// Role; empty for a login that failed.
    role: String,
    address: String,
    /// Method and path, or `login failed`.
    what: String,
    /// The question as it was asked.
    query: String,
}

impl From<LoggedAccess> for AccessOut {
    fn from(LoggedAccess { id, access }: LoggedAccess) -> Self {
        Self {
            id,
            time: access.time,
            who: access.who,
            role: access.role,
            address: access.address,
            what: access.what,
            query: access.query,
        }
    }
}

/// Who looked at what.
#[utoipa::path(
    get, path = "/access-log", tag = "access log",
    params(
        ("from" = Option<String>, Query, description = "Day or time; included"),
        ("to" = Option<String>, Query, description = "Day or time; not included"),
        ("who" = Option<String>, Query, description = "Of one only"),
        ("before" = Option<i64>, Query, description = "`next` of the page before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "Rows at most; 100 when absent"),
    ),
    responses((status = 200, body = AccessLogOut), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody))
)]
pub(crate) async fn access_log(
    State(app): State<App>,
    who: Who,
    RawQuery(query): RawQuery,
) -> ApiResult<Json<AccessLogOut>> {
    let everybody = who.may(Permission::ReadAccessLog);
    if !everybody && !who.may(Permission::ReadOwnAccessLog) {
        return Err(ApiError::forbidden(format!("`{}` has no access log", who.name())));
    }
    let params = Params::read(query.as_deref(), &["who", "before", "limit"])?;
    params.no_filter()?;
    let limit = u32::try_from(params.number("limit", 100, 1..=1_000)?).unwrap_or(1_000);
    let before = match params.get("before") {
        Some(_) => i64::try_from(params.number("before", 0, 0..=i64::MAX.unsigned_abs())?).ok(),
        None => None,
    };
    let asked = params.get("who").filter(|name| !name.is_empty()).map(str::to_owned);
    let period = params.filter.period;
    let query = AccessQuery {
        from: period.from,
        to: period.to,
        who: if everybody { asked } else { Some(who.name().to_owned()) },
        before,
        limit,
    };
    let rows = app.accounts.ask(move |a| a.access_log(&query)).await?;
    let next = (rows.len() >= limit as usize).then(|| rows.last().map(|r| r.id)).flatten();
    Ok(Json(AccessLogOut { everybody, rows: rows.into_iter().map(AccessOut::from).collect(), next }))
}
