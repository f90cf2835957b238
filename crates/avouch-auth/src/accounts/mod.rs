//! The database of accounts.

mod access;
mod attempts;
mod links;
mod login;
mod provider;
mod sessions;
mod still;
mod tokens;
mod users;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use avouch_finding::{ChangeAction, Fact, SettingChange, Time};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, TransactionBehavior};
use serde_json::Value as Json;

use crate::error::{Error, Refusal, Result, Step};
use crate::limit::{Limiter, Limits};
use crate::password::Hasher;
use crate::period::Period;
use crate::role::Role;
use crate::schema;

pub use access::{Access, AccessQuery, LoggedAccess};
pub use links::Link;
pub use login::Credentials;
pub use provider::{RoleMapping, RoleRule};
pub use sessions::{ActiveSession, NewSession, Session};
pub use tokens::{NewToken, Token};
pub use users::{NewUser, User, UserChange, UserState};

/// Settings of accounts.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// A session that was not used for so long ends.
    pub idle: Duration,
    /// A session ends after so long in any case.
    pub absolute: Duration,
    /// A one-time link is valid for so long.
    pub link: Duration,
    /// Limits of failed logins.
    pub limits: Limits,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            idle: Duration::from_hours(12),
            absolute: Duration::from_hours(7 * 24),
            link: Duration::from_hours(24),
            limits: Limits::default(),
        }
    }
}

/// Where a request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Address of the other side.
    pub address: IpAddr,
    /// What its browser calls itself; cut to 200 characters when it is kept.
    pub agent: String,
}

/// A fact that has to be recorded, and is kept until it is ([`Accounts::settle`]).
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Owed {
    pub id: i64,
    pub fact: Fact,
}

/// What a change gave, and the facts that tell of it.
#[derive(Clone, Debug)]
#[must_use = "its facts have to be recorded"]
pub struct Changed<T> {
    /// What it gave.
    pub value: T,
    /// The facts, in order.
    pub owed: Vec<Owed>,
}

/// Users, sessions, tokens, links and who looked at what, in one SQLite file.
///
/// Every method blocks: on the disk, and those that see a password for some 20 ms of CPU. Other processes may use the same file at
/// the same time; they count failed logins each for itself, and go on from what was kept when they began.
#[derive(Debug)]
pub struct Accounts {
    path: PathBuf,
    settings: Settings,
    conn: Mutex<Connection>,
    hasher: Hasher,
    limiter: Mutex<Limiter>,
}

impl Accounts {
    /// Opens the file, which is made when it is not there, for its owner alone.
    ///
    /// # Errors
    /// When it cannot be made or opened, or is of a later version.
    pub fn open(path: impl Into<PathBuf>, settings: Settings) -> Result<Self> {
        let path = path.into();
        let conn = schema::open(&path)?;
        let mut limiter = Limiter::new(settings.limits);
        attempts::restore(&conn, &mut limiter).map_err(|source| Error::Database {
            act: "read the limits of logins",
            path: path.clone(),
            source,
        })?;
        Ok(Self { path, settings, conn: Mutex::new(conn), hasher: Hasher::new()?, limiter: Mutex::new(limiter) })
    }

    /// Its file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Facts of changes that were not said to be recorded, oldest first: what a crash between a change and its record has left.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn owed(&self) -> Result<Vec<Owed>> {
        self.read("read what is to be recorded", |conn| {
            let mut statement = conn.prepare_cached("SELECT id, kind, body FROM owed ORDER BY id")?;
            let rows = statement.query_map([], |r| Ok((r.get(0)?, r.get::<_, String>(1)?, r.get::<_, String>(2)?)))?;
            let damaged = || Error::Damaged { what: "a fact" };
            rows.map(|row| {
                let (id, kind, body) = row?;
                let body = serde_json::from_str(&body).map_err(|_| damaged())?;
                Ok(Owed { id, fact: Fact::read(&kind, body).map_err(|_| damaged())? })
            })
            .collect()
        })
    }

    /// Says that facts are in the ledger.
    ///
    /// # Errors
    /// When the file cannot be written; the facts stay owed.
    pub fn settle(&self, ids: impl IntoIterator<Item = i64>) -> Result<()> {
        self.write("settle what was recorded", |tx, _| {
            let mut delete = tx.prepare_cached("DELETE FROM owed WHERE id = ?1")?;
            for id in ids {
                delete.execute([id])?;
            }
            Ok(())
        })
        .map(|changed| changed.value)
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // What a panic left open was rolled back when its transaction was dropped.
        self.conn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn limiter(&self) -> MutexGuard<'_, Limiter> {
        self.limiter.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn error(&self, act: &'static str, step: Step) -> Error {
        match step {
            Step::Sql(source) => Error::Database { act, path: self.path.clone(), source },
            Step::Other(error) => error,
        }
    }

    fn read<T>(&self, act: &'static str, read: impl FnOnce(&Connection) -> Result<T, Step>) -> Result<T> {
        read(&self.lock()).map_err(|step| self.error(act, step))
    }

    /// One transaction: what it changes and the facts that tell of it are kept together, or nothing is.
    fn write<T>(
        &self,
        act: &'static str,
        write: impl FnOnce(&Transaction<'_>, &mut Vec<Fact>) -> Result<T, Step>,
    ) -> Result<Changed<T>> {
        let mut conn = self.lock();
        let steps = || {
            let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut facts = Vec::new();
            let value = write(&tx, &mut facts)?;
            let mut owed = Vec::with_capacity(facts.len());
            for fact in facts {
                let body = fact.body().map_err(|_| Error::Damaged { what: "a fact" })?.to_string();
                tx.prepare_cached("INSERT INTO owed (kind, body) VALUES (?1, ?2)")?.execute((fact.kind(), body))?;
                owed.push(Owed { id: tx.last_insert_rowid(), fact });
            }
            tx.commit()?;
            Ok(Changed { value, owed })
        };
        steps().map_err(|step| self.error(act, step))
    }
}

/// A user as the other parts need one.
#[derive(Clone, Debug)]
struct Account {
    id: i64,
    name: String,
    state: UserState,
    role: Role,
    period: Option<Period>,
    password: Option<String>,
}

impl Account {
    const COLUMNS: &'static str = "id, name, state, role, period_from, period_to, password";

    fn read(row: &Row<'_>) -> rusqlite::Result<Result<Self>> {
        let (state, role): (String, String) = (row.get(2)?, row.get(3)?);
        let (Some(state), Some(role)) = (UserState::parse(&state), Role::parse(&role)) else {
            return Ok(Err(Error::Damaged { what: "a user" }));
        };
        let period = period(row.get(4)?, row.get(5)?);
        Ok(Ok(Self { id: row.get(0)?, name: row.get(1)?, state, role, period, password: row.get(6)? }))
    }

    /// The user of a name, removed ones too.
    fn named(conn: &Connection, name: &str) -> Result<Option<Self>, Step> {
        let sql = format!("SELECT {} FROM user WHERE name = ?1", Self::COLUMNS);
        Ok(conn.prepare_cached(&sql)?.query_row([name], Self::read).optional()?.transpose()?)
    }

    fn by_id(conn: &Connection, id: i64) -> Result<Self, Step> {
        let sql = format!("SELECT {} FROM user WHERE id = ?1", Self::COLUMNS);
        Ok(conn.prepare_cached(&sql)?.query_row([id], Self::read)??)
    }

    /// The user of a name who was not removed.
    fn known(conn: &Connection, name: &str) -> Result<Self, Step> {
        Self::named(conn, name)?
            .filter(|user| user.state != UserState::Removed)
            .ok_or_else(|| Refusal::Unknown { what: "user", id: name.to_owned() }.into())
    }

    /// Whether they may log in, by whatever means.
    fn may_log_in(&self) -> bool {
        self.state == UserState::Enabled && (self.role != Role::Auditor || self.period.is_some())
    }
}

fn period(from: Option<i64>, to: Option<i64>) -> Option<Period> {
    Period::new(from.map(time)?, to.map(time)?)
}

/// A time as the database keeps it. Those after 2262 are as late as can be.
fn ns(time: Time) -> i64 {
    i64::try_from(time.0).unwrap_or(i64::MAX)
}

fn time(ns: i64) -> Time {
    Time(u64::try_from(ns).unwrap_or_default())
}

fn later(time: Time, by: Duration) -> Time {
    Time(time.0.saturating_add(u64::try_from(by.as_nanos()).unwrap_or(u64::MAX)))
}

fn setting(time: Time, by: &str, what: &str, id: &str, action: ChangeAction, detail: Json) -> Fact {
    SettingChange { time, by: by.to_owned(), what: what.to_owned(), id: id.to_owned(), action, detail }.into()
}
