//! Questions about findings and activity over HTTP: what was recorded is listed, counted, grouped, exported, explained, watched live, and acted
//! on; whatever is asked.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../common/mod.rs"]
mod common;

mod about;
mod activity;
mod export;
mod findings;
mod groups;
mod hostile;
mod ledger;
mod revoked;
mod stream;
mod watcher;

use avouch_auth::{NewUser, Period, Role, Secret};
use avouch_finding::Time;
use avouch_server::system_clock;
use common::{Caller, PASSWORD, TestServer};

/// Another user, logged in. There has to be an admin already.
fn user(server: &TestServer, name: &str, role: Role, period: Option<(Time, Time)>) -> Caller {
    let period = period.map(|(from, to)| Period::new(from, to).unwrap());
    let new = NewUser { name: name.to_owned(), role, period, password: Some(Secret::new(PASSWORD)) };
    let made = server.running().app().accounts.accounts().add_user(&new, "ada", system_clock()()).unwrap();
    server.tell(made.owed.into_iter().map(|owed| owed.fact).collect());
    server.nobody().log_in(name, PASSWORD)
}
