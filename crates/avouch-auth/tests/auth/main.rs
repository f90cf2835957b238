//! Accounts and login, from outside.

#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(unused_must_use, reason = "facts of a change are looked at where they matter")]

mod fake;
mod links;
mod login;
mod matrix;
mod oidc;
mod principals;
mod provider;
mod sessions;
mod still;
mod stolen;
mod support;
mod tokens;
mod upgrade;
mod users;
