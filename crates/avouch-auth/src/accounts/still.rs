//! Whether somebody who was let in is still who they were.

use avouch_finding::Time;
use rusqlite::{Connection, OptionalExtension as _};

use super::tokens::Token;
use super::{Account, Accounts, later, sessions, time};
use crate::error::{Result, Step};
use crate::principal::{Principal, Via};

impl Accounts {
    /// Whether the session or token by which somebody came in still works, and gives what it gave then: not after it was ended, revoked
    /// or is over, nor when the user was disabled or has another role or period. A question in time costs the session none of its idle
    /// time. Certificates are not judged here.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn still(&self, who: &Principal, now: Time) -> Result<bool> {
        self.read("look whether somebody may still ask", |conn| {
            let now_is = match &who.via {
                Via::Session(id) => self.by_session(conn, id, now)?,
                Via::Token(id) => by_token(conn, id, now)?,
                Via::Certificate => return Ok(true),
            };
            Ok(now_is.as_ref() == Some(who))
        })
    }

    fn by_session(&self, conn: &Connection, id: &str, now: Time) -> Result<Option<Principal>, Step> {
        let found = conn
            .prepare_cached("SELECT user, made, last_seen FROM session WHERE id = ?1")?
            .query_row([id], |r| Ok((r.get(0)?, time(r.get(1)?), time(r.get(2)?))))
            .optional()?;
        let Some((user, made, last_seen)) = found else { return Ok(None) };
        if now >= later(made, self.settings.absolute) || now >= later(last_seen, self.settings.idle) {
            return Ok(None);
        }
        let user = Account::by_id(conn, user)?;
        Ok(user.may_log_in().then(|| sessions::principal(&user, id.to_owned())))
    }
}

fn by_token(conn: &Connection, id: &str, now: Time) -> Result<Option<Principal>, Step> {
    let sql = format!("SELECT {} FROM token WHERE id = ?1", Token::COLUMNS);
    let token = conn.prepare_cached(&sql)?.query_row([id], Token::read).optional()?.transpose()?;
    Ok(token.filter(|token| token.works(now)).map(Token::principal))
}
