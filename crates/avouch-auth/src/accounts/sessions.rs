//! Sessions of browsers.

use std::time::Duration;

use avouch_finding::{ChangeAction, Time};
use rusqlite::{OptionalExtension as _, Transaction};
use serde_json::json;

use super::{Account, Accounts, Changed, later, ns, setting, time};
use crate::error::{Refusal, Result, Step};
use crate::principal::{Grant, Principal, Via};
use crate::secret::{self, Secret, Use};

/// Sessions that a user may have; the oldest goes for a new one.
pub(super) const MOST: u32 = 20;

/// A session that was opened.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Value of the cookie. It is shown once; only its hash is kept.
    pub secret: Secret,
    /// The word for the header of each request that changes something.
    pub csrf: Secret,
    /// Who it is.
    pub principal: Principal,
    /// It ends then at the latest.
    pub expires: Time,
}

/// A session that a request showed.
#[derive(Clone, Debug)]
pub struct ActiveSession {
    /// Who it is, with the role of now.
    pub principal: Principal,
    /// The word for the header of each request that changes something; compare with [`crate::csrf_matches`].
    pub csrf: Secret,
    /// It ends then at the latest.
    pub expires: Time,
}

/// A session in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Session {
    /// Public id, to end it by.
    pub id: String,
    pub user: String,
    pub made: Time,
    /// To the minute.
    pub last_seen: Time,
    pub address: String,
    pub agent: String,
    /// How the user logged in: `password`, `link`, `oidc`.
    pub means: String,
}

impl Accounts {
    /// The session that a cookie shows; `None` when it was never one, has ended, or its user may not log in any more.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn session(&self, cookie: &str, now: Time) -> Result<Option<ActiveSession>> {
        let hash = secret::hash(cookie, Use::Session);
        self.read("look for a session", |conn| {
            let found = conn
                .prepare_cached("SELECT id, user, made, last_seen FROM session WHERE hash = ?1")?
                .query_row([hash], |r| Ok((r.get::<_, String>(0)?, r.get(1)?, time(r.get(2)?), time(r.get(3)?))))
                .optional()?;
            let Some((id, user, made, last_seen)) = found else { return Ok(None) };
            let expires = later(made, self.settings.absolute);
            if now >= expires || now >= later(last_seen, self.settings.idle) {
                conn.prepare_cached("DELETE FROM session WHERE hash = ?1")?.execute([hash])?;
                return Ok(None);
            }
            let user = Account::by_id(conn, user)?;
            if !user.may_log_in() {
                return Ok(None);
            }
            if now >= later(last_seen, grain(self.settings.idle)) {
                conn.prepare_cached("UPDATE session SET last_seen = ?2 WHERE hash = ?1")?.execute((hash, ns(now)))?;
            }
            Ok(Some(ActiveSession { principal: principal(&user, id), csrf: secret::csrf(cookie)?, expires }))
        })
    }

    /// Sessions that have not ended, of one user or of all, newest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn sessions(&self, user: Option<&str>, now: Time) -> Result<Vec<Session>> {
        self.read("list the sessions", |conn| {
            let mut statement = conn.prepare_cached(
                "SELECT s.id, u.name, s.made, s.last_seen, s.address, s.agent, s.means
                 FROM session s JOIN user u ON u.id = s.user
                 WHERE (?1 IS NULL OR u.name = ?1) AND s.made > ?2 AND s.last_seen > ?3 ORDER BY s.made DESC, s.id",
            )?;
            let rows = statement.query_map(
                (user, before(now, self.settings.absolute), before(now, self.settings.idle)),
                |r| {
                    Ok(Session {
                        id: r.get(0)?,
                        user: r.get(1)?,
                        made: time(r.get(2)?),
                        last_seen: time(r.get(3)?),
                        address: r.get(4)?,
                        agent: r.get(5)?,
                        means: r.get(6)?,
                    })
                },
            )?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Ends a session by its id. With `of`, only when it is this user's: what somebody may do who may not manage users.
    ///
    /// # Errors
    /// When there is none.
    pub fn revoke_session(&self, id: &str, of: Option<&str>, by: &str, now: Time) -> Result<Changed<()>> {
        self.write("end a session", |tx, facts| {
            let user: Option<String> = tx
                .prepare_cached("SELECT u.name FROM session s JOIN user u ON u.id = s.user WHERE s.id = ?1 AND (?2 IS NULL OR u.name = ?2)")?
                .query_row((id, of), |r| r.get(0))
                .optional()?;
            let user = user.ok_or_else(|| Refusal::Unknown { what: "session", id: id.to_owned() })?;
            tx.prepare_cached("DELETE FROM session WHERE id = ?1")?.execute([id])?;
            facts.push(setting(now, by, "session", id, ChangeAction::Removed, json!({"user": user})));
            Ok(())
        })
    }

    /// Ends the session of a cookie; nothing happens when there is none.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn log_out(&self, cookie: &str, now: Time) -> Result<Changed<()>> {
        let hash = secret::hash(cookie, Use::Session);
        self.write("end a session", |tx, facts| {
            let found: Option<(String, String)> = tx
                .prepare_cached("SELECT s.id, u.name FROM session s JOIN user u ON u.id = s.user WHERE s.hash = ?1")?
                .query_row([hash], |r| Ok((r.get(0)?, r.get(1)?)))
                .optional()?;
            let Some((id, user)) = found else { return Ok(()) };
            tx.prepare_cached("DELETE FROM session WHERE hash = ?1")?.execute([hash])?;
            facts.push(setting(
                now,
                &user,
                "session",
                &id,
                ChangeAction::Removed,
                json!({"user": user, "logged_out": true}),
            ));
            Ok(())
        })
    }

    /// Deletes what has ended: sessions and links. Call it now and then; nothing that has ended works, deleted or not.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn sweep(&self, now: Time) -> Result<usize> {
        let swept = self.write("sweep", |tx, _| {
            let sessions = tx
                .prepare_cached("DELETE FROM session WHERE made <= ?1 OR last_seen <= ?2")?
                .execute((before(now, self.settings.absolute), before(now, self.settings.idle)))?;
            let links = tx.prepare_cached("DELETE FROM link WHERE expires <= ?1")?.execute([ns(now)])?;
            Ok(sessions + links)
        })?;
        Ok(swept.value)
    }
}

/// A session's last use is written when it is so much older: not each request writes.
fn grain(idle: Duration) -> Duration {
    Duration::from_mins(1).min(idle / 10)
}

fn before(now: Time, by: Duration) -> i64 {
    ns(now).saturating_sub(i64::try_from(by.as_nanos()).unwrap_or(i64::MAX))
}

pub(super) fn principal(user: &Account, session: String) -> Principal {
    Principal {
        name: user.name.clone(),
        grant: Grant::Role { role: user.role, period: user.period },
        via: Via::Session(session),
        node: None,
    }
}

/// Ends the sessions of a user but one; how many.
pub(super) fn end_all(tx: &Transaction<'_>, user: i64, keep: Option<&str>) -> Result<usize, Step> {
    Ok(tx.prepare_cached("DELETE FROM session WHERE user = ?1 AND id IS NOT ?2")?.execute((user, keep))?)
}
