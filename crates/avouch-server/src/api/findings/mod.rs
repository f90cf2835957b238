//! Findings: lists, counts, one with everything about it, and what people do about them.

mod act;
mod counts;
mod list;
mod one;

pub(crate) use counts::Severities;
use utoipa_axum::routes;

use crate::access::{Permission, Routes};

/// The routes.
pub(crate) fn routes() -> Routes {
    Routes::new()
        .allow(Permission::ReadFindings, routes!(list::list))
        .allow(Permission::ReadFindings, routes!(counts::counts))
        .allow(Permission::ReadFindings, routes!(one::one))
        .allow(Permission::Triage, routes!(act::act))
}
