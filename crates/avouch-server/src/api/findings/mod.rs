//! Findings: lists, counts, groups, files, one with everything about it, and what people do about them.

mod act;
mod ancestry;
mod counts;
mod explain;
mod export;
mod groups;
mod id;
mod list;
mod one;
mod selected;
mod similar;

pub(crate) use counts::Severities;
pub(crate) use id::{FindingId, visible};
pub(crate) use list::page;
pub(crate) use similar::only_own;
use utoipa_axum::routes;

use crate::access::{Permission, Routes};

/// The routes.
pub(crate) fn routes() -> Routes {
    Routes::new()
        .allow(Permission::ReadFindings, routes!(list::list))
        .allow(Permission::ReadFindings, routes!(counts::counts))
        .allow(Permission::ReadFindings, routes!(groups::groups))
        .allow(Permission::ExportFindings, routes!(export::export))
        .allow(Permission::ReadFindings, routes!(one::one))
        .allow(Permission::ReadFindings, routes!(explain::explain))
        .allow(Permission::ReadFindings, routes!(ancestry::ancestry))
        .allow(Permission::ReadFindings, routes!(similar::similar))
        .allow(Permission::Triage, routes!(act::act))
}
