//! Who may do what in the server: roles and permissions, users, sessions, tokens, one-time links, login through a provider.
//!
//! [`Accounts`] is one SQLite file. It knows nothing of HTTP: the server takes a cookie or token out of a request, asks [`Accounts::session`] or
//! [`Accounts::token`] for the [`Principal`], and asks it ([`Principal::may`]) for the one [`Permission`] that the route needs.
//!
//! Every change gives the facts that tell of it ([`Changed`]), which are kept in the file until the caller says that the ledger has
//! them ([`Accounts::settle`]): a crash between the two loses none, and may bring one twice.
//!
//! Invariants: no clock (time is an argument); no default password; no secret is stored or shown by `Debug`: passwords are kept as Argon2id,
//! everything else as SHA-256 of 256 random bits. Not promised: that secrets are wiped from memory.
//!
//! ```
//! use std::net::Ipv4Addr;
//!
//! use avouch_auth::{Accounts, Client, Permission, Secret, Settings};
//! use avouch_finding::Time;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let dir = tempfile::tempdir()?;
//! let now = Time::parse("2026-11-26T10:00:00Z").ok_or("no time")?;
//! let accounts = Accounts::open(dir.path().join("accounts.db"), Settings::default())?;
//! assert!(accounts.setup_needed()?);
//!
//! // The operator's terminal shows the link; the browser that follows it sends back a name and a password.
//! let link = accounts.setup_link(now)?.value;
//! let client = Client { address: Ipv4Addr::LOCALHOST.into(), agent: "a browser".to_owned() };
//! let password = Secret::new("a sentence that nobody says");
//! let opened = accounts.setup(link.secret.expose(), "ada", &password, &client, now)?;
//!
//! let session = accounts.session(opened.value.secret.expose(), now)?.ok_or("no session")?;
//! assert!(session.principal.may(Permission::ManageUsers));
//! # Ok(())
//! # }
//! ```

mod accounts;
mod error;
mod limit;
mod oidc;
mod password;
mod period;
mod principal;
mod role;
mod schema;
mod secret;
mod text;

pub use accounts::{
    Access, AccessQuery, Accounts, ActiveSession, Changed, Client, Credentials, Link, LoggedAccess, NewSession,
    NewToken, NewUser, Owed, RoleMapping, RoleRule, Session, Settings, Token, User, UserChange, UserState,
};
pub use error::{Error, Refusal, Result};
pub use limit::{Limits, Rate};
pub use oidc::{OidcClient, OidcConfig, OidcError, OidcIdentity, Pending};
pub use period::{Limited, OutsidePeriod, Period};
pub use principal::{Grant, Principal, Via};
pub use role::{Permission, Role, Scope};
pub use secret::{Secret, csrf_matches};
