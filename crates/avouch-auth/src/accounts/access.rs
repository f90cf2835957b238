//! Who looked at what, and who failed to log in. An auditor's own log is the part of it that is theirs.

use avouch_finding::Time;
use rusqlite::Transaction;

use super::{Accounts, ns, time};
use crate::error::{Result, Step};
use crate::text::short;

/// What stands for a login that failed.
pub(super) const LOGIN_FAILED: &str = "login failed";

/// Rows that a question is answered with at most.
const PAGE: u32 = 1_000;

/// Somebody looked at something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// When.
    pub time: Time,
    /// Who ([`crate::Principal::name`]); `(no such user)` for a failed login with a name that is nobody's.
    pub who: String,
    /// Role or scopes; empty for a failed login.
    pub role: String,
    /// Address of the other side.
    pub address: String,
    /// At what: method and route, or `login failed`. Cut to 200 characters.
    pub what: String,
    /// The question, normalised. Cut to 2,000 characters.
    pub query: String,
}

/// An access with its place in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct LoggedAccess {
    pub id: i64,
    pub access: Access,
}

/// A question to the log.
#[derive(Clone, Debug)]
pub struct AccessQuery {
    /// From here on.
    pub from: Time,
    /// Up to and without.
    pub to: Time,
    /// Of one only.
    pub who: Option<String>,
    /// Only with a smaller id: the last one of the page before.
    pub before: Option<i64>,
    /// Rows at most; 1,000 whatever is asked for.
    pub limit: u32,
}

impl Accounts {
    /// Writes accesses down.
    ///
    /// # Errors
    /// When the file cannot be written. Then an answer to an auditor should not be given.
    pub fn log_access(&self, accesses: &[Access]) -> Result<()> {
        let written = self.write("log an access", |tx, _| accesses.iter().try_for_each(|access| insert(tx, access)));
        written.map(|changed| changed.value)
    }

    /// The log, newest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn access_log(&self, query: &AccessQuery) -> Result<Vec<LoggedAccess>> {
        self.read("read the access log", |conn| {
            let mut statement = conn.prepare_cached(
                "SELECT id, time, who, role, address, what, query FROM access
                 WHERE time >= ?1 AND time < ?2 AND (?3 IS NULL OR who = ?3) AND (?4 IS NULL OR id < ?4)
                 ORDER BY id DESC LIMIT ?5",
            )?;
            let parameters = (ns(query.from), ns(query.to), &query.who, query.before, query.limit.min(PAGE));
            let rows = statement.query_map(parameters, |r| {
                Ok(LoggedAccess {
                    id: r.get(0)?,
                    access: Access {
                        time: time(r.get(1)?),
                        who: r.get(2)?,
                        role: r.get(3)?,
                        address: r.get(4)?,
                        what: r.get(5)?,
                        query: r.get(6)?,
                    },
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Drops what is older than this; how many rows. Whoever calls it says so somewhere.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn drop_accesses_before(&self, before: Time) -> Result<usize> {
        let dropped = self.write("drop old accesses", |tx, _| {
            Ok(tx.prepare_cached("DELETE FROM access WHERE time < ?1")?.execute([ns(before)])?)
        });
        dropped.map(|changed| changed.value)
    }
}

pub(super) fn insert(tx: &Transaction<'_>, access: &Access) -> Result<(), Step> {
    tx.prepare_cached("INSERT INTO access (time, who, role, address, what, query) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute((
            ns(access.time),
            &access.who,
            &access.role,
            &access.address,
            short(&access.what, 200),
            short(&access.query, 2_000),
        ))?;
    Ok(())
}
