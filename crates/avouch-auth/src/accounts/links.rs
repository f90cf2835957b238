//! One-time links: how the first admin gets in, and how anybody gets a password that nobody else knows.

use std::time::Duration;

use avouch_finding::{ChangeAction, Time};
use rusqlite::{Connection, OptionalExtension as _, Transaction};
use serde_json::json;

use super::{Account, Accounts, Changed, Client, NewSession, UserState, later, login, ns, sessions, setting, users};
use crate::error::{Refusal, Result, Step};
use crate::role::Role;
use crate::secret::{self, Secret, Use};

/// A one-time link's secret. The server makes an address of it.
#[derive(Clone, Debug)]
pub struct Link {
    /// The secret. It is shown once; only its hash is kept.
    pub secret: Secret,
    /// It can be used before this.
    pub expires: Time,
}

/// Who a link is for.
enum For {
    /// The first admin, or an admin who lost the password.
    Admin,
    User(i64),
}

impl Accounts {
    /// Whether nobody can run the server: no admin can log in. At the first start it is so.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn setup_needed(&self) -> Result<bool> {
        self.read("look for an admin", |conn| Ok(users::admins(conn)? == 0))
    }

    /// A link with which whoever runs the machine becomes admin: a new one, or one that there is with a new password. It is for the operator's
    /// terminal alone. An earlier one is void.
    ///
    /// # Errors
    /// When the file cannot be written or there are no random numbers.
    pub fn setup_link(&self, now: Time) -> Result<Changed<Link>> {
        self.write("make a link", |tx, facts| {
            let link = make(tx, None, self.settings.link, now)?;
            let detail = json!({"expires": link.expires});
            facts.push(setting(now, "operator", "setup_link", "setup", ChangeAction::Added, detail));
            Ok(link)
        })
    }

    /// Uses a link: sets the password and opens a session. With a link of [`Self::setup_link`] the user is made, or has to be an admin; with one of
    /// [`Self::invite`] the name has to be the user's. A link works once, however many try at the same time; when the
    /// name or password is refused, it was not used.
    ///
    /// # Errors
    /// When the link cannot be used, the name or the password is refused, or the user may not log in.
    pub fn setup(
        &self,
        link: &str,
        name: &str,
        password: &Secret,
        client: &Client,
        now: Time,
    ) -> Result<Changed<NewSession>> {
        let hash = secret::hash(link, Use::Link);
        // Looked at before the password is hashed: who has no link gets no work out of us.
        self.read("look for a link", |conn| find(conn, &hash, now))?;
        users::check_name(name)?;
        let password = self.new_password(Some(password), name)?;
        self.write("use a link", |tx, facts| {
            let purpose = find(tx, &hash, now)?;
            tx.prepare_cached("DELETE FROM link WHERE hash = ?1")?.execute([hash])?;
            let known = Account::named(tx, name)?;
            let (id, action) = match (purpose, known) {
                (For::Admin, None) => {
                    let id = users::insert(tx, name, (Role::Admin, None), password, now)?;
                    (id, ChangeAction::Added)
                }
                (For::Admin, Some(user)) if user.role == Role::Admin && user.state != UserState::Removed => {
                    tx.prepare_cached("UPDATE user SET password = ?2, state = 'enabled' WHERE id = ?1")?
                        .execute((user.id, password))?;
                    (user.id, ChangeAction::Changed)
                }
                (For::User(id), Some(user)) if id == user.id => {
                    tx.prepare_cached("UPDATE user SET password = ?2 WHERE id = ?1")?.execute((user.id, password))?;
                    (user.id, ChangeAction::Changed)
                }
                (For::Admin, Some(_)) => return Err(Refusal::NameTaken { name: name.to_owned() }.into()),
                (For::User(_), _) => return Err(Refusal::LinkInvalid.into()),
            };
            sessions::end_all(tx, id, None)?;
            let user = Account::by_id(tx, id)?;
            if !user.may_log_in() {
                return Err(Refusal::WrongCredentials.into());
            }
            let detail = json!({"role": user.role.name(), "password": true, "by_link": true});
            facts.push(setting(now, &user.name, "user", &user.name, action, detail));
            login::open(tx, &user, ("link", client), &self.settings, now, facts)
        })
    }
}

/// Makes a link; earlier ones of the same purpose are void.
pub(super) fn make(tx: &Transaction<'_>, user: Option<i64>, valid: Duration, now: Time) -> Result<Link, Step> {
    tx.prepare_cached("DELETE FROM link WHERE user IS ?1 OR expires <= ?2")?.execute((user, ns(now)))?;
    let link = Link { secret: secret::fresh("")?, expires: later(now, valid) };
    let hash = secret::hash(link.secret.expose(), Use::Link);
    tx.prepare_cached("INSERT INTO link (hash, user, expires) VALUES (?1, ?2, ?3)")?.execute((
        hash,
        user,
        ns(link.expires),
    ))?;
    Ok(link)
}

fn find(conn: &Connection, hash: &[u8; 32], now: Time) -> Result<For, Step> {
    let user: Option<i64> = conn
        .prepare_cached("SELECT user FROM link WHERE hash = ?1 AND expires > ?2")?
        .query_row((hash, ns(now)), |r| r.get(0))
        .optional()?
        .ok_or(Refusal::LinkInvalid)?;
    Ok(user.map_or(For::Admin, For::User))
}

/// Makes the links of a user void.
pub(super) fn drop_of(tx: &Transaction<'_>, user: i64) -> Result<(), Step> {
    tx.prepare_cached("DELETE FROM link WHERE user = ?1")?.execute([user])?;
    Ok(())
}
