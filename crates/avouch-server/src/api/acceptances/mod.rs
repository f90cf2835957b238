//! Acceptances: what is let be, who asked and who approved, and what it hid.

mod act;
mod list;
mod propose;

use crate::access::{Permission, Routes};
use utoipa_axum::routes;

/// The routes.
pub(super) fn routes() -> Routes {
    Routes::new()
        .allow(Permission::ReadAcceptances, routes!(list::list))
        .allow(Permission::Backtest, routes!(propose::propose))
        .allow(Permission::Backtest, routes!(propose::preview))
        .allow(Permission::EditAcceptances, routes!(act::ask))
        .allow(Permission::EditAcceptances, routes!(act::approve))
        .allow(Permission::EditAcceptances, routes!(act::revoke))
}
