//! Tokens of programs.

use avouch_finding::{ChangeAction, Fact, Time};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};
use serde_json::json;

use super::{Accounts, Changed, ns, setting, time};
use crate::error::{Error, Refusal, Result, Step};
use crate::principal::{Grant, Principal, Via};
use crate::role::Scope;
use crate::secret::{self, Secret, Use};

/// What a token begins with, so that a search for leaked secrets finds it.
const PREFIX: &str = "avt_";

/// Tokens there may be, revoked ones counted.
const MOST: u32 = 10_000;

/// ns after which the last use is written anew: not each request writes.
const GRAIN: u64 = 60_000_000_000;

/// A token to be made.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// Name: 1 to 64 of A-Z, a-z, 0-9 and `._@+-`; no other token that works has it.
    pub name: String,
    /// What it is for.
    pub scopes: Vec<Scope>,
    /// The only node that facts may be brought for; it needs the scope `ingest`.
    pub node: Option<String>,
    /// When it ends; never when `None`.
    pub expires: Option<Time>,
}

/// A token in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Token {
    /// Public id, to revoke it by.
    pub id: String,
    pub name: String,
    pub scopes: Vec<Scope>,
    pub node: Option<String>,
    pub made: Time,
    pub made_by: String,
    pub expires: Option<Time>,
    /// To the minute.
    pub last_used: Option<Time>,
    pub revoked: Option<Time>,
}

impl Token {
    pub(super) const COLUMNS: &'static str = "id, name, scopes, node, made, made_by, expires, last_used, revoked";

    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Result<Self>> {
        let scopes: String = row.get(2)?;
        let Some(scopes) = scopes.split(',').map(Scope::parse).collect() else {
            return Ok(Err(Error::Damaged { what: "a token" }));
        };
        Ok(Ok(Self {
            id: row.get(0)?,
            name: row.get(1)?,
            scopes,
            node: row.get(3)?,
            made: time(row.get(4)?),
            made_by: row.get(5)?,
            expires: row.get::<_, Option<i64>>(6)?.map(time),
            last_used: row.get::<_, Option<i64>>(7)?.map(time),
            revoked: row.get::<_, Option<i64>>(8)?.map(time),
        }))
    }

    pub(super) fn only_brings_facts(&self) -> bool {
        self.scopes.iter().all(|scope| *scope == Scope::Ingest)
    }

    pub(super) fn works(&self, now: Time) -> bool {
        self.revoked.is_none() && self.expires.is_none_or(|expires| now < expires)
    }

    pub(super) fn principal(self) -> Principal {
        Principal {
            name: format!("token/{}", self.name),
            grant: Grant::Scopes(self.scopes),
            via: Via::Token(self.id),
            node: self.node,
        }
    }
}

impl Accounts {
    /// Makes a token. Its secret is given once; only its hash is kept.
    ///
    /// # Errors
    /// When the name, the scopes, the node or the end is refused, or a token that was not revoked has the name.
    pub fn add_token(&self, token: &NewToken, by: &str, now: Time) -> Result<Changed<Secret>> {
        super::users::check_name(&token.name)?;
        let mut scopes = token.scopes.clone();
        scopes.sort_unstable();
        scopes.dedup();
        let refuse = |reason| Err(Refusal::BadToken { reason }.into());
        if scopes.is_empty() {
            return refuse("a token needs a scope");
        }
        if token.expires.is_some_and(|expires| expires <= now) {
            return refuse("a token has to end after now");
        }
        if token.node.is_some() && !scopes.contains(&Scope::Ingest) {
            return refuse("a token for one node needs the scope `ingest`");
        }
        if token.node.as_ref().is_some_and(|node| node.is_empty() || node.len() > 253) {
            return refuse("the name of a node has 1 to 253 bytes");
        }
        let secret = secret::fresh(PREFIX)?;
        let hash = secret::hash(secret.expose(), Use::Token);
        let names = scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>();
        self.write("add a token", |tx, facts| {
            if tx.prepare_cached("SELECT 1 FROM token WHERE name = ?1 AND revoked IS NULL")?.exists([&token.name])? {
                return Err(Refusal::BadToken { reason: "another token has this name" }.into());
            }
            let count: u32 = tx.query_row("SELECT count(*) FROM token", [], |r| r.get(0))?;
            if count >= MOST {
                return Err(Refusal::TooMany { what: "tokens", limit: MOST }.into());
            }
            let id = secret::id()?;
            tx.prepare_cached(
                "INSERT INTO token (id, hash, name, scopes, node, made, made_by, expires) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute((&id, hash, &token.name, names.join(","), &token.node, ns(now), by, token.expires.map(ns)))?;
            let detail = json!({"name": token.name, "scopes": names, "node": token.node, "expires": token.expires});
            facts.push(setting(now, by, "token", &id, ChangeAction::Added, detail));
            Ok(secret)
        })
    }

    /// Who a token is; `None` when it was never one, was revoked or has ended.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn token(&self, presented: &str, now: Time) -> Result<Option<Principal>> {
        if !presented.starts_with(PREFIX) {
            return Ok(None);
        }
        let hash = secret::hash(presented, Use::Token);
        self.read("look for a token", |conn| {
            let sql = format!("SELECT {} FROM token WHERE hash = ?1", Token::COLUMNS);
            let found = conn.prepare_cached(&sql)?.query_row([hash], Token::read).optional()?.transpose()?;
            let Some(token) = found.filter(|token| token.works(now)) else { return Ok(None) };
            if token.last_used.is_none_or(|last| now.0 >= last.0.saturating_add(GRAIN)) {
                conn.prepare_cached("UPDATE token SET last_used = ?2 WHERE hash = ?1")?.execute((hash, ns(now)))?;
            }
            Ok(Some(token.principal()))
        })
    }

    /// Every token, those that were revoked or have ended too, newest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn tokens(&self) -> Result<Vec<Token>> {
        self.read("list the tokens", |conn| {
            let sql = format!("SELECT {} FROM token ORDER BY made DESC, id", Token::COLUMNS);
            let mut statement = conn.prepare_cached(&sql)?;
            statement.query_map([], Token::read)?.map(|row| Ok(row??)).collect()
        })
    }

    /// Revokes a token by its id. It stays in the list.
    ///
    /// # Errors
    /// When there is none, or it was revoked before.
    pub fn revoke_token(&self, id: &str, by: &str, now: Time) -> Result<Changed<()>> {
        self.write("revoke a token", |tx, facts| {
            let sql = format!("SELECT {} FROM token WHERE id = ?1 AND revoked IS NULL", Token::COLUMNS);
            let token = tx.prepare_cached(&sql)?.query_row([id], Token::read).optional()?.transpose()?;
            let token = token.ok_or_else(|| Refusal::Unknown { what: "token", id: id.to_owned() })?;
            revoke(tx, &token, by, now, facts)
        })
    }
}

/// Tokens that somebody made and that were not revoked.
pub(super) fn made_by(conn: &Connection, name: &str) -> Result<Vec<Token>, Step> {
    let sql = format!("SELECT {} FROM token WHERE made_by = ?1 AND revoked IS NULL ORDER BY id", Token::COLUMNS);
    let mut statement = conn.prepare_cached(&sql)?;
    statement.query_map([name], Token::read)?.map(|row| Ok(row??)).collect()
}

pub(super) fn revoke(
    tx: &Transaction<'_>,
    token: &Token,
    by: &str,
    now: Time,
    facts: &mut Vec<Fact>,
) -> Result<(), Step> {
    tx.prepare_cached("UPDATE token SET revoked = ?2 WHERE id = ?1")?.execute((&token.id, ns(now)))?;
    facts.push(setting(now, by, "token", &token.id, ChangeAction::Removed, json!({"name": token.name})));
    Ok(())
}
