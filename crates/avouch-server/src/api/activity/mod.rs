//! Commands, connections and file changes: all of them, and those around a finding.

mod around;
mod list;
mod row;

use utoipa_axum::routes;

use crate::access::{Permission, Routes};

/// The routes.
pub(super) fn routes() -> Routes {
    Routes::new()
        .allow(Permission::ReadFindings, routes!(list::list))
        .allow(Permission::ReadFindings, routes!(around::around))
}
