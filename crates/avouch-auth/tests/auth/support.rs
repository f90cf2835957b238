//! What several tests begin with.

use std::net::Ipv4Addr;

use avouch_auth::{
    Accounts, Client, Credentials, Error, NewSession, NewUser, OidcIdentity, Period, Refusal, Role, RoleMapping,
    RoleRule, Secret, Settings,
};
use avouch_finding::{Fact, Time};
use tempfile::TempDir;

pub(crate) const PASSWORD: &str = "a sentence that nobody says";
pub(crate) const OTHER: &str = "another one that is not said";
pub(crate) const NOW: Time = Time(1_790_000_000_000_000_000);

pub(crate) fn after(seconds: u64) -> Time {
    Time(NOW.0 + seconds * 1_000_000_000)
}

pub(crate) fn accounts() -> (TempDir, Accounts) {
    let dir = tempfile::tempdir().unwrap();
    let accounts = Accounts::open(dir.path().join("accounts.db"), Settings::default()).unwrap();
    (dir, accounts)
}

pub(crate) fn client() -> Client {
    Client { address: Ipv4Addr::LOCALHOST.into(), agent: "a browser".to_owned() }
}

pub(crate) fn typed(name: &str, password: &str) -> Credentials {
    Credentials { name: name.to_owned(), password: Secret::new(password) }
}

pub(crate) fn user(name: &str, role: Role) -> NewUser {
    NewUser { name: name.to_owned(), role, period: None, password: Some(Secret::new(PASSWORD)) }
}

/// Accounts with the admin `root` and the sessions that made them.
pub(crate) fn with_admin() -> (TempDir, Accounts, NewSession) {
    let (dir, accounts) = accounts();
    let link = accounts.setup_link(NOW).unwrap().value;
    let session = accounts.setup(link.secret.expose(), "root", &Secret::new(PASSWORD), &client(), NOW).unwrap();
    (dir, accounts, session.value)
}

/// What was refused.
pub(crate) fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> Refusal {
    match result.unwrap_err() {
        Error::Refused(refusal) => refusal,
        other => panic!("{other}"),
    }
}

/// Who a provider says that it is.
pub(crate) fn identity(subject: &str, groups: &[&str]) -> OidcIdentity {
    OidcIdentity {
        issuer: "https://id.example.com".to_owned(),
        subject: subject.to_owned(),
        name: format!("{subject}@example.com"),
        values: groups.iter().map(|&g| g.to_owned()).collect(),
    }
}

pub(crate) fn quarter() -> Period {
    Period::new(Time::parse("2026-07-01T00:00:00Z").unwrap(), Time::parse("2026-10-01T00:00:00Z").unwrap()).unwrap()
}

pub(crate) fn mapping() -> RoleMapping {
    let rule = |value: &str, role, period| RoleRule { value: value.to_owned(), role, period };
    RoleMapping {
        rules: vec![
            rule("sec-admins", Role::Admin, None),
            rule("staff", Role::Analyst, None),
            rule("auditors", Role::Auditor, Some(quarter())),
            rule("guests", Role::Auditor, None),
        ],
    }
}

/// Logs in through the provider: the cookie.
pub(crate) fn by_provider(accounts: &Accounts, subject: &str, groups: &[&str], now: Time) -> String {
    let opened = accounts.log_in_by_provider(&identity(subject, groups), &mapping(), &client(), None, now).unwrap();
    opened.value.secret.expose().to_owned()
}

/// Facts that are owed, as `kind what id action`, and for logins `login who role`.
pub(crate) fn told(accounts: &Accounts) -> Vec<String> {
    let facts = accounts.owed().unwrap();
    facts
        .into_iter()
        .map(|owed| match owed.fact {
            Fact::Setting(s) if s.what == "session" || s.what == "token" => {
                format!("{} {:?} by {}", s.what, s.action, s.by)
            }
            Fact::Setting(s) => format!("{} {} {:?} by {}", s.what, s.id, s.action, s.by),
            Fact::Login(login) => format!("login {} {}", login.who, login.role),
            other => panic!("{other:?}"),
        })
        .collect()
}

/// Forgets the facts so far.
pub(crate) fn settle_all(accounts: &Accounts) {
    accounts.settle(accounts.owed().unwrap().into_iter().map(|owed| owed.id)).unwrap();
}
