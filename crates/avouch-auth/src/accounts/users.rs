//! Users, as admins see and change them.

use std::collections::BTreeMap;

use avouch_finding::{ChangeAction, Fact, Time};
use rusqlite::Transaction;
use serde_json::json;

use super::{Account, Accounts, Changed, Link, links, ns, period, sessions, setting, time, tokens};
use crate::error::{Error, Refusal, Result, Step};
use crate::password;
use crate::period::Period;
use crate::role::Role;
use crate::secret::Secret;

/// Users there may be, removed ones counted.
const MOST: u32 = 10_000;

/// Whether a user may log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UserState {
    /// They may.
    Enabled,
    /// They may not, and have no sessions.
    Disabled,
    /// They are gone; the name is not given again.
    Removed,
}

impl UserState {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Removed => "removed",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Self::Enabled, Self::Disabled, Self::Removed].into_iter().find(|state| state.name() == name)
    }
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Name.
    pub name: String,
    /// Whether they may log in.
    pub state: UserState,
    /// Role.
    pub role: Role,
    /// What an auditor may ask about.
    pub period: Option<Period>,
    /// There is a password.
    pub has_password: bool,
    /// Issuer and subject of each identity of a provider.
    pub identities: Vec<(String, String)>,
    /// When the user was made.
    pub made: Time,
    /// When they last logged in.
    pub last_login: Option<Time>,
}

/// A user to be made.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Name: 1 to 64 of A-Z, a-z, 0-9 and `._@+-`; two that differ in case alone are the same.
    pub name: String,
    /// Role.
    pub role: Role,
    /// What an auditor may ask about; nobody else has one.
    pub period: Option<Period>,
    /// Password. Better none and a link ([`Accounts::invite`]): then nobody else ever knows it.
    pub password: Option<Secret>,
}

/// What is to be changed; `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct UserChange {
    /// Role. Who is no auditor any more has no period.
    pub role: Option<Role>,
    /// Period of an auditor.
    pub period: Option<Period>,
    /// Password. Every session of the user ends.
    pub password: Option<Secret>,
    /// Whether they may log in. Who may not has no sessions, at once, and no tokens but those that only bring facts.
    pub enabled: Option<bool>,
}

impl Accounts {
    /// Makes a user.
    ///
    /// # Errors
    /// When the name, the password or the period is refused, or the name is or was somebody's.
    pub fn add_user(&self, user: &NewUser, by: &str, now: Time) -> Result<Changed<()>> {
        check_name(&user.name)?;
        check_period(user.role, user.period)?;
        let hash = self.new_password(user.password.as_ref(), &user.name)?;
        self.write("add a user", |tx, facts| {
            let by_password = hash.is_some();
            insert(tx, &user.name, (user.role, user.period), hash, now)?;
            let detail = json!({"role": user.role.name(), "period": told(user.period), "password": by_password});
            facts.push(setting(now, by, "user", &user.name, ChangeAction::Added, detail));
            Ok(())
        })
    }

    /// Changes a user.
    ///
    /// # Errors
    /// When there is none, a value is refused, or no admin who can log in would remain.
    pub fn change_user(&self, name: &str, change: &UserChange, by: &str, now: Time) -> Result<Changed<()>> {
        let hash = self.new_password(change.password.as_ref(), name)?;
        self.write("change a user", |tx, facts| {
            let user = Account::known(tx, name)?;
            let role = change.role.unwrap_or(user.role);
            let kept = if role == Role::Auditor { user.period } else { None };
            let period = change.period.or(kept);
            check_period(role, period)?;
            let state = match change.enabled {
                Some(true) => UserState::Enabled,
                Some(false) => UserState::Disabled,
                None => user.state,
            };
            let new_password = hash.is_some();
            tx.prepare_cached(
                "UPDATE user SET role = ?2, period_from = ?3, period_to = ?4, state = ?5, password = coalesce(?6, password) WHERE id = ?1",
            )?
            .execute((user.id, role.name(), period.map(|p| ns(p.from)), period.map(|p| ns(p.to)), state.name(), hash))?;
            let mut detail = json!({"role": role.name(), "period": told(period), "state": state.name(), "password": new_password});
            let disabled = state == UserState::Disabled && user.state == UserState::Enabled;
            if disabled || new_password {
                detail["sessions_ended"] = sessions::end_all(tx, user.id, None)?.into();
                links::drop_of(tx, user.id)?;
            }
            if disabled || (user.role == Role::Admin && role != Role::Admin) {
                withdraw(tx, &user.name, by, now, facts)?;
            }
            keep_an_admin(tx, &user)?;
            facts.push(setting(now, by, "user", &user.name, ChangeAction::Changed, detail));
            Ok(())
        })
    }

    /// Removes a user: sessions, password, identities and links are gone, the name is kept from being given again.
    ///
    /// # Errors
    /// When there is none, or no admin who can log in would remain.
    pub fn remove_user(&self, name: &str, by: &str, now: Time) -> Result<Changed<()>> {
        self.write("remove a user", |tx, facts| {
            let user = Account::known(tx, name)?;
            tx.prepare_cached("UPDATE user SET state = 'removed', password = NULL WHERE id = ?1")?
                .execute([user.id])?;
            tx.prepare_cached("DELETE FROM identity WHERE user = ?1")?.execute([user.id])?;
            links::drop_of(tx, user.id)?;
            let ended = sessions::end_all(tx, user.id, None)?;
            withdraw(tx, &user.name, by, now, facts)?;
            keep_an_admin(tx, &user)?;
            let detail = json!({"role": user.role.name(), "sessions_ended": ended});
            facts.push(setting(now, by, "user", &user.name, ChangeAction::Removed, detail));
            Ok(())
        })
    }

    /// A one-time link with which a user sets a password. Earlier ones of the user are void.
    ///
    /// # Errors
    /// When there is no such user.
    pub fn invite(&self, name: &str, by: &str, now: Time) -> Result<Changed<Link>> {
        self.write("make a link", |tx, facts| {
            let user = Account::known(tx, name)?;
            let link = links::make(tx, Some(user.id), self.settings.link, now)?;
            let detail = json!({"link": "password", "expires": link.expires});
            facts.push(setting(now, by, "user", &user.name, ChangeAction::Changed, detail));
            Ok(link)
        })
    }

    /// Ties an identity of a provider to a user who is there already.
    ///
    /// # Errors
    /// When there is no such user, or the identity is somebody's.
    pub fn link_identity(&self, name: &str, issuer: &str, subject: &str, by: &str, now: Time) -> Result<Changed<()>> {
        self.write("link an identity", |tx, facts| {
            let user = Account::known(tx, name)?;
            let sql = "INSERT INTO identity (issuer, subject, user) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
            if tx.prepare_cached(sql)?.execute((issuer, subject, user.id))? == 0 {
                return Err(Refusal::NameTaken { name: subject.to_owned() }.into());
            }
            let detail = json!({"identity": {"issuer": issuer, "subject": subject}});
            facts.push(setting(now, by, "user", &user.name, ChangeAction::Changed, detail));
            Ok(())
        })
    }

    /// Users by name, without those that were removed.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn users(&self) -> Result<Vec<User>> {
        self.read("list the users", |conn| {
            let mut identities: BTreeMap<i64, Vec<(String, String)>> = BTreeMap::new();
            let mut statement =
                conn.prepare_cached("SELECT user, issuer, subject FROM identity ORDER BY issuer, subject")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                identities.entry(row.get(0)?).or_default().push((row.get(1)?, row.get(2)?));
            }
            let mut statement = conn.prepare_cached(
                "SELECT id, name, state, role, period_from, period_to, password IS NOT NULL, made, last_login FROM user
                 WHERE state <> 'removed' ORDER BY name",
            )?;
            let mut rows = statement.query([])?;
            let mut users = Vec::new();
            while let Some(row) = rows.next()? {
                let (state, role): (String, String) = (row.get(2)?, row.get(3)?);
                let (Some(state), Some(role)) = (UserState::parse(&state), Role::parse(&role)) else {
                    return Err(Error::Damaged { what: "a user" }.into());
                };
                users.push(User {
                    name: row.get(1)?,
                    state,
                    role,
                    period: period(row.get(4)?, row.get(5)?),
                    has_password: row.get(6)?,
                    identities: identities.remove(&row.get(0)?).unwrap_or_default(),
                    made: time(row.get(7)?),
                    last_login: row.get::<_, Option<i64>>(8)?.map(time),
                });
            }
            Ok(users)
        })
    }

    /// Checks and hashes a new password.
    pub(super) fn new_password(&self, password: Option<&Secret>, name: &str) -> Result<Option<String>> {
        let Some(password) = password else { return Ok(None) };
        password::check(password.expose(), name)?;
        self.hasher.hash(password.expose()).map(Some)
    }
}

pub(super) fn check_name(name: &str) -> Result<(), Refusal> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._@+-".contains(c);
    if name.is_empty() || name.len() > 64 || !name.chars().all(allowed) { Err(Refusal::BadName) } else { Ok(()) }
}

fn check_period(role: Role, period: Option<Period>) -> Result<(), Refusal> {
    match (role, period) {
        (Role::Auditor, None) => Err(Refusal::PeriodMissing),
        (Role::Admin | Role::Analyst, Some(_)) => Err(Refusal::PeriodUnexpected),
        _ => Ok(()),
    }
}

/// A period as facts tell it.
pub(super) fn told(period: Option<Period>) -> serde_json::Value {
    period.map_or(serde_json::Value::Null, |p| json!({"from": p.from, "to": p.to}))
}

/// Writes a new user; the id.
pub(super) fn insert(
    tx: &Transaction<'_>,
    name: &str,
    (role, period): (Role, Option<Period>),
    password: Option<String>,
    now: Time,
) -> Result<i64, Step> {
    if Account::named(tx, name)?.is_some() {
        return Err(Refusal::NameTaken { name: name.to_owned() }.into());
    }
    let count: u32 = tx.query_row("SELECT count(*) FROM user", [], |r| r.get(0))?;
    if count >= MOST {
        return Err(Refusal::TooMany { what: "users", limit: MOST }.into());
    }
    tx.prepare_cached(
        "INSERT INTO user (name, state, role, period_from, period_to, password, made) VALUES (?1, 'enabled', ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((name, role.name(), period.map(|p| ns(p.from)), period.map(|p| ns(p.to)), password, ns(now)))?;
    Ok(tx.last_insert_rowid())
}

/// Admins who can log in.
pub(super) fn admins(conn: &rusqlite::Connection) -> rusqlite::Result<u32> {
    conn.query_row(
        "SELECT count(*) FROM user WHERE state = 'enabled' AND role = 'admin'
         AND (password IS NOT NULL OR EXISTS (SELECT 1 FROM identity WHERE identity.user = user.id))",
        [],
        |r| r.get(0),
    )
}

/// Refuses what was done to an admin when no admin remains who can log in.
fn keep_an_admin(tx: &Transaction<'_>, before: &Account) -> Result<(), Step> {
    if before.role == Role::Admin && before.state == UserState::Enabled && admins(tx)? == 0 {
        return Err(Refusal::LastAdmin { name: before.name.clone() }.into());
    }
    Ok(())
}

/// Takes back the tokens that somebody made who has no right to them any more. Those that only bring facts stay: nodes would fall silent.
pub(super) fn withdraw(
    tx: &Transaction<'_>,
    name: &str,
    by: &str,
    now: Time,
    facts: &mut Vec<Fact>,
) -> Result<(), Step> {
    for token in tokens::made_by(tx, name)?.iter().filter(|token| !token.only_brings_facts()) {
        tokens::revoke(tx, token, by, now, facts)?;
    }
    Ok(())
}
