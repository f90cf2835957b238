//! Login through a provider of OpenID Connect: authorization code with PKCE, state and nonce.
//!
//! Sources: OpenID Connect Core 1.0 and Discovery 1.0, RFC 6749 (codes), RFC 7636 (PKCE), RFC 7515 to 7518 (signatures and keys), RFC 9700 (what to
//! take care of). Signatures are checked by `ring`.
//!
//! What is not done: encrypted ID tokens, the user-info endpoint (claims have to be in the ID token), log-out at the provider,
//! refresh: a session here is a session here.

mod claims;
mod http;
mod keys;

use std::fmt;
use std::sync::{Mutex, PoisonError};

use avouch_finding::Time;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::secret::{self, Secret, same};
use http::{Http, encode};
use keys::KeySet;

/// ns in which somebody has to come back from the provider.
const PATIENCE: u64 = 600_000_000_000;
/// ns after which keys are fetched anew for a token whose key is not known: nobody makes us ask the provider all the time.
const KEYS_AGAIN: u64 = 60_000_000_000;

/// A provider, as it is configured.
#[derive(Clone, Debug)]
pub struct OidcConfig {
    /// Its issuer, exactly as it writes it: `https://id.example.com/realms/x`. Plain HTTP only on loopback.
    pub issuer: String,
    /// Id of this server there.
    pub client_id: String,
    /// Secret of this server there; `None` for a public client.
    pub client_secret: Option<Secret>,
    /// Where the provider sends people back to: the server's own address and `/api/v1/oidc/callback`.
    pub redirect_uri: String,
    /// Scopes besides `openid`.
    pub scopes: Vec<String>,
    /// Claim that holds groups or roles: a name (`groups`) or a path (`realm_access.roles`). A text or a list of texts.
    pub role_claim: String,
    /// Claim that holds the name.
    pub name_claim: String,
    /// Authorities to trust besides those of the system, in PEM.
    pub authorities: Option<Vec<u8>>,
}

impl Default for OidcConfig {
    fn default() -> Self {
        Self {
            issuer: String::new(),
            client_id: String::new(),
            client_secret: None,
            redirect_uri: String::new(),
            scopes: ["profile", "email"].map(str::to_owned).to_vec(),
            role_claim: "groups".to_owned(),
            name_claim: "preferred_username".to_owned(),
            authorities: None,
        }
    }
}

/// Who somebody is, as the provider has signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcIdentity {
    /// The provider.
    pub issuer: String,
    /// Who it is there: never given to somebody else.
    pub subject: String,
    /// Name to show; the subject when there is none.
    pub name: String,
    /// Values of the claim of groups or roles.
    pub values: Vec<String>,
}

/// A login that is under way: what was sent along and has to come back. It has to be kept where only the browser that began can reach it, and
/// used once.
pub struct Pending {
    state: String,
    nonce: String,
    verifier: String,
    began: Time,
}

impl Pending {
    /// The state that the provider sends back: a name to find this by.
    #[must_use]
    pub fn state(&self) -> &str {
        &self.state
    }

    /// Whether it is too late to come back.
    #[must_use]
    pub fn expired(&self, now: Time) -> bool {
        now.0 >= self.began.0.saturating_add(PATIENCE)
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending").field("began", &self.began).finish_non_exhaustive()
    }
}

/// Why a login through a provider does not work. Texts of the provider are cut, and never hold a token or secret of ours.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    /// An address that may not be used.
    #[error("`{url}` is no address for this: it has to be https, or http on loopback")]
    Address {
        /// The address.
        url: String,
    },
    /// The authorities cannot be read.
    #[error("the authorities of the provider are no PEM certificates")]
    Authorities,
    /// The provider cannot be reached.
    #[error("cannot reach `{url}`: {message}")]
    Unreachable {
        /// Its address.
        url: String,
        /// Why.
        message: String,
    },
    /// The provider answers with an error.
    #[error("`{url}` answered {status}: {message}")]
    Answered {
        /// Its address.
        url: String,
        /// Status.
        status: u16,
        /// What it said.
        message: String,
    },
    /// The provider's answer cannot be read.
    #[error("`{url}` gave no {what} that can be read")]
    Unreadable {
        /// Its address.
        url: String,
        /// What was expected.
        what: &'static str,
    },
    /// The provider says that it is another one.
    #[error("the provider calls itself `{found}`, it is configured as `{expected}`")]
    Issuer {
        /// What it is configured as.
        expected: String,
        /// What it says.
        found: String,
    },
    /// The browser came back with another state, or too late.
    #[error("this login was not begun here, or too long ago; begin anew")]
    State,
    /// The ID token is not to be trusted.
    #[error("the provider's ID token is refused: {reason}")]
    Token {
        /// Why.
        reason: &'static str,
    },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    Random,
}

/// What the provider says about itself.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

#[derive(Debug)]
struct Keys {
    set: KeySet,
    fetched: Time,
}

/// A provider that was asked about itself. Every method but [`Self::begin`] blocks on the network.
#[derive(Debug)]
pub struct OidcClient {
    config: OidcConfig,
    http: Http,
    authorization: String,
    token: String,
    jwks: String,
    /// The secret goes into the body, not into a header.
    secret_in_body: bool,
    keys: Mutex<Keys>,
}

impl OidcClient {
    /// Asks the provider about its addresses and keys.
    ///
    /// # Errors
    /// When it cannot be reached, is another one than configured, or names addresses that are not safe.
    pub fn discover(config: OidcConfig, now: Time) -> Result<Self, OidcError> {
        let http = Http::new(&config.issuer, config.authorities.as_deref())?;
        let url = format!("{}/.well-known/openid-configuration", config.issuer.trim_end_matches('/'));
        let found: Metadata = http.get(&url, "description of a provider")?;
        if found.issuer != config.issuer {
            return Err(OidcError::Issuer { expected: config.issuer, found: http::said(found.issuer.as_bytes()) });
        }
        for url in [&found.authorization_endpoint, &found.token_endpoint, &found.jwks_uri] {
            http.accept(url)?;
        }
        let set = KeySet::read(&http.get(&found.jwks_uri, "keys")?);
        // When the provider does not say, it is the header (Discovery 1.0, section 3).
        let methods = found.token_endpoint_auth_methods_supported.unwrap_or_default();
        let named = |method: &str| methods.iter().any(|m| m == method);
        Ok(Self {
            secret_in_body: named("client_secret_post") && !named("client_secret_basic"),
            config,
            http,
            authorization: found.authorization_endpoint,
            token: found.token_endpoint,
            jwks: found.jwks_uri,
            keys: Mutex::new(Keys { set, fetched: now }),
        })
    }

    /// Begins a login: the address to send the browser to, and what has to be kept until it comes back.
    ///
    /// # Errors
    /// When there are no random numbers.
    pub fn begin(&self, now: Time) -> Result<(String, Pending), OidcError> {
        let fresh = || Ok(secret::base64url(&secret::random::<32>().map_err(|_| OidcError::Random)?));
        let pending = Pending { state: fresh()?, nonce: fresh()?, verifier: fresh()?, began: now };
        let challenge = secret::base64url(&Sha256::digest(&pending.verifier));
        let scope = std::iter::once("openid")
            .chain(self.config.scopes.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join(" ");
        let query = form(&[
            ("response_type", "code"),
            ("client_id", &self.config.client_id),
            ("redirect_uri", &self.config.redirect_uri),
            ("scope", &scope),
            ("state", &pending.state),
            ("nonce", &pending.nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let joint = if self.authorization.contains('?') { '&' } else { '?' };
        Ok((format!("{}{joint}{query}", self.authorization), pending))
    }

    /// Ends a login: changes the code for an ID token and reads who it is.
    ///
    /// # Errors
    /// When the state is another one or it is too late, the provider refuses the code or cannot be reached, or its ID token is not to be trusted.
    pub fn finish(&self, pending: Pending, code: &str, state: &str, now: Time) -> Result<OidcIdentity, OidcError> {
        if !same(&pending.state, state) || pending.expired(now) {
            return Err(OidcError::State);
        }
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.config.redirect_uri),
            ("code_verifier", &pending.verifier),
        ];
        let mut authorization = None;
        match &self.config.client_secret {
            Some(secret) if self.secret_in_body => {
                fields.push(("client_id", &self.config.client_id));
                fields.push(("client_secret", secret.expose()));
            }
            // RFC 6749, section 2.3.1: both are form-encoded first.
            Some(secret) => {
                let pair = format!("{}:{}", encode(&self.config.client_id), encode(secret.expose()));
                authorization = Some(format!("Basic {}", STANDARD.encode(pair)));
            }
            None => fields.push(("client_id", &self.config.client_id)),
        }
        let answer: Tokens = self.http.post(&self.token, authorization.as_deref(), &form(&fields), "ID token")?;
        let signed = keys::Signed::split(&answer.id_token)?;
        let claims = self.verified(&signed, now)?;
        claims::check(&claims, &self.config, &pending.nonce, now)
    }

    /// The claims of a token whose signature is right. Keys are fetched anew when the token's is not known: providers change them.
    fn verified(&self, signed: &keys::Signed, now: Time) -> Result<serde_json::Value, OidcError> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if !keys.set.knows(signed) && now.0 >= keys.fetched.0.saturating_add(KEYS_AGAIN) {
            keys.fetched = now;
            keys.set = KeySet::read(&self.http.get(&self.jwks, "keys")?);
        }
        keys.set.verify(signed)
    }
}

/// Fields as a form or a query.
fn form(fields: &[(&str, &str)]) -> String {
    fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect::<Vec<_>>().join("&")
}
