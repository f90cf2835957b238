//! What agents get: the rules that they are to judge by.

use avouch_forward::RULE_SET_FORMAT;
use axum::extract::State;
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::App;
use crate::access::{Permission, Routes};
use crate::error::{ApiError, ApiResult, ErrorBody};

/// The routes.
pub(super) fn routes() -> Routes {
    Routes::new().allow(Permission::TakeRuleSet, routes!(rule_set))
}

/// The rules that agents are to judge by. `docs/FORWARD.md` says what the digest is made of.
#[derive(Debug, Serialize, ToSchema)]
#[allow(dead_code, reason = "the shape of a document that is made by `avouch-forward`")]
pub(crate) struct AgentRuleSet {
    /// `avouch.rule-set/1`.
    format: String,
    /// SHA-256 over all texts.
    digest: String,
    /// Who changed it last; absent when that is not known.
    by: Option<String>,
    /// Rule files, in the order of loading.
    rules: Vec<AgentText>,
    /// Mappings of rules to criteria, over the built-in one.
    mappings: Vec<AgentText>,
    /// Acceptances, one a text.
    acceptances: Vec<AgentText>,
}

/// A text with the name that messages give it.
#[derive(Debug, Serialize, ToSchema)]
#[allow(dead_code, reason = "as above")]
pub(crate) struct AgentText {
    name: String,
    text: String,
}

/// The rules, mappings and acceptances that agents are to judge by, as one set. The entity tag is its digest.
#[utoipa::path(
    get,
    path = "/agents/rule-set",
    tag = "agents",
    params(("if-none-match" = Option<String>, Header, description = "The digest that is known, in quotes: 304 while it is the same")),
    responses(
        (status = 200, body = AgentRuleSet), (status = 304, description = "It is the set that is known"),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
    )
)]
pub(crate) async fn rule_set(State(app): State<App>, headers: HeaderMap) -> ApiResult<Response> {
    let served = app.agent_rules.now().map_err(|why| {
        ApiError::not_found(why)
            .hint(format!("`avouch server --rules` gives it some; they go out as {RULE_SET_FORMAT}"))
    })?;
    let tag = format!("\"{}\"", served.digest);
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|v| v.to_str().ok());
    // A proxy may have made the tag a weak one.
    let mut known = known.flat_map(|v| v.split(',')).map(|v| v.trim().trim_start_matches("W/"));
    let same = known.any(|v| v == tag);
    let gzip = headers.get(ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).is_some_and(takes_gzip);
    let mut response = match (same, gzip) {
        (true, _) => StatusCode::NOT_MODIFIED.into_response(),
        (false, true) => served.gzip.clone().into_response(),
        (false, false) => served.plain.clone().into_response(),
    };
    let out = response.headers_mut();
    if !same {
        out.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if gzip {
            out.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
    }
    out.insert(ETAG, HeaderValue::try_from(tag).map_err(ApiError::internal)?);
    out.insert(VARY, HeaderValue::from_static("accept-encoding"));
    // Not for caches between: whether an agent may have it is asked each time.
    out.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(response)
}

/// Whether a value of `Accept-Encoding` names gzip, and not to say no to it.
fn takes_gzip(value: &str) -> bool {
    value.split(',').any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        let weight = weight.trim().strip_prefix("q=").map(str::parse::<f32>);
        name.trim().eq_ignore_ascii_case("gzip") && !matches!(weight, Some(Ok(q)) if q <= 0.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_goes_out_to_whom_it_is_wanted_by() {
        for (value, takes) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("br", false),
            ("", false),
            ("xgzip", false),
        ] {
            assert_eq!(takes_gzip(value), takes, "{value}");
        }
    }
}
