//! Login through a provider of OpenID Connect, once the provider has said who it is.

use avouch_finding::{ChangeAction, Fact, Time};
use rusqlite::{OptionalExtension as _, Transaction};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{Account, Accounts, Changed, Client, NewSession, UserState, login, ns, sessions, setting, users};
use crate::error::{Refusal, Result, Step};
use crate::oidc::OidcIdentity;
use crate::period::Period;
use crate::role::Role;

/// One value of the provider's claim, and what it gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleRule {
    /// The value: a group or role of the provider.
    pub value: String,
    /// The role that it gives here.
    pub role: Role,
    /// What auditors of it may ask about. Without one, each waits for an admin to give a period here.
    pub period: Option<Period>,
}

/// How the provider's claim gives a role. The first rule whose value the claim has counts; no rule, no login.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleMapping {
    /// The rules, in order.
    pub rules: Vec<RoleRule>,
}

impl RoleMapping {
    fn find(&self, values: &[String]) -> Option<&RoleRule> {
        self.rules.iter().find(|rule| values.contains(&rule.value))
    }
}

impl Accounts {
    /// Logs in who a provider has said to be somebody. A user is made at the first login; the role follows the claim at every
    /// login, also when it was the last admin's: the provider decides about its people. `previous` is as for [`Self::log_in`].
    ///
    /// A user with the same name who was made here is somebody else, until an admin says otherwise ([`Self::link_identity`]).
    ///
    /// # Errors
    /// When the claim gives no role (sessions that the user has end then), the user may not log in, an auditor has no period, or the name is
    /// somebody else's. A refusal may leave facts too: see [`Self::owed`].
    pub fn log_in_by_provider(
        &self,
        identity: &OidcIdentity,
        mapping: &RoleMapping,
        client: &Client,
        previous: Option<&str>,
        now: Time,
    ) -> Result<Changed<NewSession>> {
        let Some(rule) = mapping.find(&identity.values) else {
            return Err(self.withdraw_role(identity, now)?.into());
        };
        let Changed { value, owed } = self.write("log in through a provider", |tx, facts| {
            let id = match find(tx, identity)? {
                Some(id) => id,
                None => add(tx, identity, rule, now, facts)?,
            };
            let mut user = Account::by_id(tx, id)?;
            follow(tx, &mut user, rule, now, facts)?;
            if user.state != UserState::Enabled {
                return Ok(Err(Refusal::WrongCredentials));
            }
            if !user.may_log_in() {
                return Ok(Err(Refusal::PeriodMissing));
            }
            login::end_previous(tx, previous)?;
            login::open(tx, &user, ("oidc", client), &self.settings, now, facts).map(Ok)
        })?;
        // A refusal keeps what was learnt: an admin has to see the user to give a period.
        Ok(Changed { value: value?, owed })
    }

    /// The provider gives no role any more: the user's sessions end. The refusal to answer with; its facts stay owed.
    fn withdraw_role(&self, identity: &OidcIdentity, now: Time) -> Result<Refusal> {
        let ended = self.write("end sessions", |tx, facts| {
            let Some(id) = find(tx, identity)? else { return Ok(()) };
            let user = Account::by_id(tx, id)?;
            let ended = sessions::end_all(tx, id, None)?;
            if ended > 0 {
                let detail = json!({"provider_gives_no_role": true, "sessions_ended": ended});
                facts.push(setting(now, &provider(identity), "user", &user.name, ChangeAction::Changed, detail));
            }
            Ok(())
        })?;
        let () = ended.value;
        Ok(Refusal::NoRole { name: identity.name.clone() })
    }
}

fn find(tx: &Transaction<'_>, identity: &OidcIdentity) -> Result<Option<i64>, Step> {
    Ok(tx
        .prepare_cached("SELECT user FROM identity WHERE issuer = ?1 AND subject = ?2")?
        .query_row((&identity.issuer, &identity.subject), |r| r.get(0))
        .optional()?)
}

/// Who changes a user when the provider does.
fn provider(identity: &OidcIdentity) -> String {
    format!("provider:{}", identity.issuer)
}

/// The name here: the provider's, or one made of the identity when it cannot be one.
fn name(identity: &OidcIdentity) -> String {
    if users::check_name(&identity.name).is_ok() {
        return identity.name.clone();
    }
    let digest: [u8; 32] = Sha256::new()
        .chain_update(&identity.issuer)
        .chain_update([0])
        .chain_update(&identity.subject)
        .finalize()
        .into();
    let id = digest.iter().take(8).fold(0, |id: u64, byte| (id << 8) | u64::from(*byte));
    format!("oidc-{id:016x}")
}

fn add(
    tx: &Transaction<'_>,
    identity: &OidcIdentity,
    rule: &RoleRule,
    now: Time,
    facts: &mut Vec<Fact>,
) -> Result<i64, Step> {
    let name = name(identity);
    let id = users::insert(tx, &name, (rule.role, rule.period), None, now)?;
    tx.prepare_cached("INSERT INTO identity (issuer, subject, user) VALUES (?1, ?2, ?3)")?.execute((
        &identity.issuer,
        &identity.subject,
        id,
    ))?;
    let detail = json!({
        "role": rule.role.name(), "period": users::told(rule.period),
        "identity": {"issuer": identity.issuer, "subject": identity.subject, "name": identity.name},
    });
    facts.push(setting(now, &provider(identity), "user", &name, ChangeAction::Added, detail));
    Ok(id)
}

/// Brings the role to what the provider says.
fn follow(
    tx: &Transaction<'_>,
    user: &mut Account,
    rule: &RoleRule,
    now: Time,
    facts: &mut Vec<Fact>,
) -> Result<(), Step> {
    let period = if rule.role == Role::Auditor { rule.period.or(user.period) } else { None };
    if (user.role, user.period) == (rule.role, period) {
        return Ok(());
    }
    let by = format!("claim:{}", rule.value);
    tx.prepare_cached("UPDATE user SET role = ?2, period_from = ?3, period_to = ?4 WHERE id = ?1")?.execute((
        user.id,
        rule.role.name(),
        period.map(|p| ns(p.from)),
        period.map(|p| ns(p.to)),
    ))?;
    let detail = json!({"role": rule.role.name(), "period": users::told(period)});
    facts.push(setting(now, &by, "user", &user.name, ChangeAction::Changed, detail));
    if user.role == Role::Admin {
        users::withdraw(tx, &user.name, &by, now, facts)?;
    }
    (user.role, user.period) = (rule.role, period);
    Ok(())
}
