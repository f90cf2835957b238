//! A provider of logins (OpenID Connect): its file, and logins that are under way.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use avouch_auth::{
    OidcClient, OidcConfig, OidcError, OidcIdentity, Pending, Period, Role, RoleMapping, RoleRule, Secret,
};
use avouch_finding::Time;
use avouch_notify::SecretRef;
use serde::Deserialize;

/// Logins under way at most. They end after ten minutes.
const UNDER_WAY: usize = 1_000;
/// Bytes of a file at most.
const LARGEST: u64 = 1 << 20;

/// A provider and what its groups may do here.
#[derive(Clone, Debug)]
pub struct ProviderSetup {
    /// As the button calls it.
    pub name: String,
    /// Where it is.
    pub config: OidcConfig,
    /// Groups and roles.
    pub mapping: RoleMapping,
}

/// Why the file of a provider is not used.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each says it")]
pub enum ProviderError {
    #[error("failed to read `{}`", .0.display())]
    File(PathBuf, #[source] std::io::Error),
    #[error("`{}`: {what}", path.display())]
    Shape { path: PathBuf, what: String },
}

/// The file, as people write it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: Option<String>,
    issuer: String,
    client_id: String,
    client_secret: Option<SecretRef>,
    scopes: Option<Vec<String>>,
    role_claim: Option<String>,
    name_claim: Option<String>,
    /// PEM of authorities to trust besides those of the system.
    ca: Option<PathBuf>,
    roles: Vec<WrittenRole>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRole {
    value: String,
    role: String,
    from: Option<Time>,
    to: Option<Time>,
}

impl ProviderSetup {
    /// Reads a file; `url` is the server's own address, to which the provider sends people back.
    ///
    /// # Errors
    /// When it, or a secret or certificate that it names, cannot be read or used.
    pub fn read(path: &Path, url: &str) -> Result<Self, ProviderError> {
        let wrong = |what: String| ProviderError::Shape { path: path.to_owned(), what };
        let written: Written =
            serde_saphyr::from_str(&text(path)?).map_err(|e| wrong(e.without_snippet().to_string()))?;
        let rules = written.roles.iter().map(rule).collect::<Result<Vec<_>, _>>().map_err(wrong)?;
        if rules.is_empty() {
            return Err(wrong("`roles` gives nobody a role".to_owned()));
        }
        let client_secret = match &written.client_secret {
            Some(SecretRef::File(file)) => Some(Secret::new(text(file)?.trim())),
            Some(SecretRef::Env(name)) => {
                let value = std::env::var(name).map_err(|_| wrong(format!("`env:{name}` is not set")))?;
                Some(Secret::new(value.trim()))
            }
            None => None,
        };
        let usual = OidcConfig::default();
        let config = OidcConfig {
            redirect_uri: format!("{}{}/oidc/callback", url.trim_end_matches('/'), crate::api::BASE),
            client_id: written.client_id,
            client_secret,
            scopes: written.scopes.unwrap_or(usual.scopes),
            role_claim: written.role_claim.unwrap_or(usual.role_claim),
            name_claim: written.name_claim.unwrap_or(usual.name_claim),
            authorities: written.ca.as_deref().map(text).transpose()?.map(String::into_bytes),
            issuer: written.issuer,
        };
        let host = || config.issuer.parse::<axum::http::Uri>().ok().and_then(|u| u.host().map(str::to_owned));
        let name = written.name.or_else(host).unwrap_or_else(|| "OpenID Connect".to_owned());
        Ok(Self { name, config, mapping: RoleMapping { rules } })
    }
}

fn rule(written: &WrittenRole) -> Result<RoleRule, String> {
    let role = Role::parse(&written.role).ok_or_else(|| format!("there is no role `{}`", written.role))?;
    let period = match (written.from, written.to) {
        (Some(from), Some(to)) => Some(Period::new(from, to).ok_or("`from` is not before `to`")?),
        (None, None) => None,
        _ => return Err("a period has `from` and `to`".to_owned()),
    };
    if period.is_some() && role != Role::Auditor {
        return Err("only an auditor has a period".to_owned());
    }
    Ok(RoleRule { value: written.value.clone(), role, period })
}

fn text(path: &Path) -> Result<String, ProviderError> {
    use std::io::Read as _;
    let mut text = String::new();
    let file = std::fs::File::open(path).and_then(|file| file.take(LARGEST).read_to_string(&mut text));
    file.map_err(|e| ProviderError::File(path.to_owned(), e))?;
    Ok(text)
}

/// Why a login does not go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoginError {
    /// The provider, or what it sent.
    #[error(transparent)]
    Provider(#[from] OidcError),
    /// Too many others are under way.
    #[error("too many logins are under way")]
    Busy,
}

/// A provider, asked about itself when somebody first logs in: that it is away does not keep the server from starting.
#[derive(Debug)]
pub(crate) struct Provider {
    setup: ProviderSetup,
    client: Mutex<Option<Arc<OidcClient>>>,
    under_way: Mutex<HashMap<String, Pending>>,
}

impl Provider {
    pub(crate) fn new(setup: ProviderSetup) -> Self {
        Self { setup, client: Mutex::default(), under_way: Mutex::default() }
    }

    /// As the button calls it.
    pub(crate) fn name(&self) -> &str {
        &self.setup.name
    }

    /// What its groups may do.
    pub(crate) fn mapping(&self) -> &RoleMapping {
        &self.setup.mapping
    }

    /// Begins a login: the address for the browser, and the word that its cookie is to hold. Blocks.
    pub(crate) fn begin(&self, now: Time) -> Result<(String, String), LoginError> {
        let (address, pending) = self.client(now)?.begin(now)?;
        let mut under_way = lock(&self.under_way);
        under_way.retain(|_, pending| !pending.expired(now));
        if under_way.len() >= UNDER_WAY {
            return Err(LoginError::Busy);
        }
        let state = pending.state().to_owned();
        under_way.insert(state.clone(), pending);
        Ok((address, state))
    }

    /// Ends a login that began with the browser that shows the word; each works once. Blocks.
    pub(crate) fn finish(&self, shown: &str, code: &str, state: &str, now: Time) -> Result<OidcIdentity, LoginError> {
        let pending = lock(&self.under_way).remove(shown).ok_or(OidcError::State)?;
        Ok(self.client(now)?.finish(pending, code, state, now)?)
    }

    fn client(&self, now: Time) -> Result<Arc<OidcClient>, OidcError> {
        if let Some(client) = lock(&self.client).as_ref() {
            return Ok(Arc::clone(client));
        }
        // Not under the lock: the provider may be slow, and two who ask at once do no harm.
        let client = Arc::new(OidcClient::discover(self.setup.config.clone(), now)?);
        *lock(&self.client) = Some(Arc::clone(&client));
        Ok(client)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(yaml: &str) -> Result<ProviderSetup, ProviderError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("oidc.yaml");
        std::fs::write(&path, yaml).unwrap();
        ProviderSetup::read(&path, "https://avouch.example.org/")
    }

    #[test]
    fn a_file_gives_roles_to_groups_and_the_address_to_come_back_to() {
        let yaml = "issuer: https://id.example.com/realms/x\nclient_id: avouch\nroles:\n  - {value: sec, role: admin}\n  \
                    - {value: audit, role: auditor, from: 2026-07-01T00:00:00Z, to: 2026-10-01T00:00:00Z}\n";
        let setup = read(yaml).unwrap();
        assert_eq!(setup.name, "id.example.com");
        assert_eq!(setup.config.redirect_uri, "https://avouch.example.org/api/v1/oidc/callback");
        let roles: Vec<_> = setup.mapping.rules.iter().map(|r| (r.role, r.period.is_some())).collect();
        assert_eq!(roles, [(Role::Admin, false), (Role::Auditor, true)]);
    }

    #[test]
    fn what_cannot_be_meant_is_refused_and_a_secret_in_the_file_is_not_repeated() {
        let base = "issuer: https://id.example.com\nclient_id: a\n";
        for rest in [
            "roles: []",
            "roles: [{value: x, role: king}]",
            "roles: [{value: x, role: admin, from: 2026-07-01T00:00:00Z, to: 2026-10-01T00:00:00Z}]",
            "roles: [{value: x, role: auditor, from: 2026-07-01T00:00:00Z}]",
            "roles: [{value: x, role: admin}]\nsurprise: 1",
            "roles: [{value: x, role: admin}]\nclient_secret: file:/not/there",
        ] {
            read(&format!("{base}{rest}")).unwrap_err();
        }
        let error = read(&format!("{base}client_secret: hunter22\nroles: [{{value: x, role: admin}}]")).unwrap_err();
        assert!(!error.to_string().contains("hunter22"), "{error}");
    }
}
