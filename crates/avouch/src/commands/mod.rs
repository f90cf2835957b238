//! One file a command.

pub(crate) mod acceptances;
pub(crate) mod agent;
pub(crate) mod amplify;
pub(crate) mod check;
pub(crate) mod controls;
pub(crate) mod coverage;
pub(crate) mod explain;
pub(crate) mod fields;
pub(crate) mod findings;
pub(crate) mod fmt;
pub(crate) mod kept;
pub(crate) mod ledger;
pub(crate) mod list;
pub(crate) mod printer;
pub(crate) mod record;
pub(crate) mod replay;
pub(crate) mod report;
pub(crate) mod server;
pub(crate) mod summary;
pub(crate) mod test;
pub(crate) mod up;
pub(crate) mod verify;
mod verify_record;
mod verify_stamps;
