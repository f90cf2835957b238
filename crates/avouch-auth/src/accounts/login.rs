//! Login by password.

use avouch_finding::{ChangeAction, Fact, Login, Time};
use rusqlite::{OptionalExtension as _, Transaction};
use serde_json::json;

use super::{Access, Account, Accounts, Changed, Client, NewSession, Settings, access, later, ns, sessions, setting};
use crate::error::{Refusal, Result, Step};
use crate::secret::{self, Secret, Use};
use crate::text::short;

/// What somebody typed.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Credentials {
    pub name: String,
    pub password: Secret,
}

impl Accounts {
    /// Logs in by password and opens a session. Its secret is always a new one; `previous`, the cookie that the browser had, does not work any more.
    ///
    /// Unknown users, wrong passwords and users who may not log in are refused alike, after the same work, and stand in the access
    /// log.
    ///
    /// # Errors
    /// When name and password do not fit, too many attempts failed, or too many log in at once.
    pub fn log_in(
        &self,
        credentials: &Credentials,
        client: &Client,
        previous: Option<&str>,
        now: Time,
    ) -> Result<Changed<NewSession>> {
        // A name that cannot be one is cut: it fails all the same, and takes no more memory than one that can.
        let name = short(&credentials.name, 64);
        self.attempt(&name, client, now)?;
        let user = self.read("look for a user", |conn| Account::named(conn, &name))?;
        let hash = user.as_ref().and_then(|user| user.password.as_deref());
        let verified = match self.hasher.verify(credentials.password.expose(), hash) {
            Ok(verified) => verified,
            Err(error) => {
                // It was not the user's fault.
                self.give_back(&name, client, now)?;
                return Err(error);
            }
        };
        let Some(user) = user.filter(|user| verified.matches && user.may_log_in()) else {
            return Err(self.failed(&name, client, now));
        };
        let renewed = if verified.outdated { Some(self.hasher.hash(credentials.password.expose())?) } else { None };
        let opened = self.write("log in", |tx, facts| {
            // As it is now: the user may have been disabled, or the password changed, while it was compared.
            let current = Account::by_id(tx, user.id)?;
            if !current.may_log_in() || current.password != user.password {
                return Err(Refusal::WrongCredentials.into());
            }
            if let Some(hash) = &renewed {
                tx.prepare_cached("UPDATE user SET password = ?2 WHERE id = ?1")?.execute((user.id, hash))?;
            }
            end_previous(tx, previous)?;
            open(tx, &current, ("password", client), &self.settings, now, facts)
        })?;
        self.give_back(&name, client, now)?;
        Ok(opened)
    }

    /// Sets the password of somebody who knows the old one. Their other sessions end; `keep` is the id of the one that goes on.
    ///
    /// # Errors
    /// When the old password is wrong, the new one is refused, or too many attempts failed.
    pub fn change_password(
        &self,
        old: &Credentials,
        new: &Secret,
        keep: &str,
        client: &Client,
        now: Time,
    ) -> Result<Changed<()>> {
        let name = short(&old.name, 64);
        self.attempt(&name, client, now)?;
        let user = self.read("look for a user", |conn| Account::named(conn, &name))?;
        let hash = user.as_ref().and_then(|user| user.password.as_deref());
        let verified = self.hasher.verify(old.password.expose(), hash)?;
        let Some(user) = user.filter(|user| verified.matches && user.may_log_in()) else {
            return Err(self.failed(&name, client, now));
        };
        self.give_back(&name, client, now)?;
        let hash = self.new_password(Some(new), &user.name)?;
        self.write("change a password", |tx, facts| {
            let sql = "UPDATE user SET password = ?3 WHERE id = ?1 AND password = ?2 AND state = 'enabled'";
            if tx.prepare_cached(sql)?.execute((user.id, &user.password, hash))? == 0 {
                return Err(Refusal::WrongCredentials.into());
            }
            let ended = sessions::end_all(tx, user.id, Some(keep))?;
            let detail = json!({"password": true, "sessions_ended": ended});
            facts.push(setting(now, &user.name, "user", &user.name, ChangeAction::Changed, detail));
            Ok(())
        })
    }

    /// Notes a failed login. Only names of users are written: what people type into the wrong box is often a password.
    fn failed(&self, name: &str, client: &Client, now: Time) -> crate::error::Error {
        let noted = self.write("note a failed login", |tx, _| {
            let who = Account::named(tx, name)?.map_or_else(|| "(no such user)".to_owned(), |user| user.name);
            let address = client.address.to_string();
            let (role, what, query) = (String::new(), access::LOGIN_FAILED.to_owned(), String::new());
            access::insert(tx, &Access { time: now, who, role, address, what, query })
        });
        noted.err().unwrap_or_else(|| Refusal::WrongCredentials.into())
    }
}

/// Ends the session that a browser had before it logged in.
pub(super) fn end_previous(tx: &Transaction<'_>, previous: Option<&str>) -> Result<(), Step> {
    if let Some(previous) = previous {
        let hash = secret::hash(previous, Use::Session);
        tx.prepare_cached("DELETE FROM session WHERE hash = ?1")?.execute([hash])?;
    }
    Ok(())
}

/// Opens a session.
pub(super) fn open(
    tx: &Transaction<'_>,
    user: &Account,
    (means, client): (&str, &Client),
    settings: &Settings,
    now: Time,
    facts: &mut Vec<Fact>,
) -> Result<NewSession, Step> {
    let (secret, id) = (secret::fresh("")?, secret::id()?);
    let hash = secret::hash(secret.expose(), Use::Session);
    let (address, agent) = (client.address.to_string(), short(&client.agent, 200));
    let oldest = "SELECT id FROM session WHERE user = ?1 ORDER BY made DESC, id LIMIT 1 OFFSET ?2";
    while let Some(id) =
        tx.prepare_cached(oldest)?.query_row((user.id, sessions::MOST - 1), |r| r.get::<_, String>(0)).optional()?
    {
        tx.prepare_cached("DELETE FROM session WHERE id = ?1")?.execute([id])?;
    }
    tx.prepare_cached(
        "INSERT INTO session (hash, id, user, made, last_seen, address, agent, means) VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7)",
    )?
    .execute((hash, &id, user.id, ns(now), &address, &agent, means))?;
    tx.prepare_cached("UPDATE user SET last_login = ?2 WHERE id = ?1")?.execute((user.id, ns(now)))?;
    facts.push(Login { time: now, who: user.name.clone(), role: user.role.name().to_owned() }.into());
    let detail = json!({"user": user.name, "means": means, "address": address, "agent": agent});
    facts.push(setting(now, &user.name, "session", &id, ChangeAction::Added, detail));
    let csrf = secret::csrf(secret.expose())?;
    Ok(NewSession { secret, csrf, principal: sessions::principal(user, id), expires: later(now, settings.absolute) })
}
