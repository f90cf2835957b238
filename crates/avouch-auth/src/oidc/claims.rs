//! What an ID token says, and whether it is said to us, now (OpenID Connect Core 1.0, section 3.1.3.7).

use avouch_finding::Time;
use serde_json::Value as Json;

use super::{OidcConfig, OidcError, OidcIdentity};
use crate::secret::same;
use crate::text::short;

/// Seconds by which the clocks may differ.
const SKEW: u64 = 60;
/// Bytes that a subject has at most (section 2).
const SUBJECT: usize = 255;
/// Values of the claim of roles that are read, and characters of each.
const VALUES: (usize, usize) = (1_000, 256);

/// Checks claims whose signature is right.
pub(super) fn check(claims: &Json, config: &OidcConfig, nonce: &str, now: Time) -> Result<OidcIdentity, OidcError> {
    let refuse = |reason| Err(OidcError::Token { reason });
    let text = |name: &str| claims.get(name).and_then(Json::as_str);
    if text("iss") != Some(&config.issuer) {
        return refuse("another issuer made it");
    }
    let audience = claims.get("aud").map(texts).unwrap_or_default();
    if !audience.contains(&config.client_id) {
        return refuse("it is for somebody else");
    }
    let authorized = text("azp");
    if authorized.is_some_and(|party| party != config.client_id) || (audience.len() > 1 && authorized.is_none()) {
        return refuse("it was made for another client");
    }
    let now = now.0 / 1_000_000_000;
    let seconds = |name: &str| claims.get(name).and_then(seconds);
    match seconds("exp") {
        None => return refuse("it does not say when it ends"),
        Some(end) if now >= end.saturating_add(SKEW) => return refuse("it has expired"),
        Some(_) => {}
    }
    match seconds("iat") {
        None => return refuse("it does not say when it was made"),
        Some(made) if made > now.saturating_add(SKEW) => {
            return refuse("it was made in the future; compare the clocks");
        }
        Some(_) => {}
    }
    if seconds("nbf").is_some_and(|begin| begin > now.saturating_add(SKEW)) {
        return refuse("it is not valid yet");
    }
    if !text("nonce").is_some_and(|found| same(found, nonce)) {
        return refuse("it belongs to another login");
    }
    let subject = text("sub").unwrap_or_default();
    if subject.is_empty() || subject.len() > SUBJECT {
        return refuse("it does not say who it is");
    }
    let name = text(&config.name_claim).filter(|name| !name.is_empty()).unwrap_or(subject);
    let values = find(claims, &config.role_claim).map(texts).unwrap_or_default();
    Ok(OidcIdentity {
        issuer: config.issuer.clone(),
        subject: subject.to_owned(),
        name: short(name, 64),
        values: values.into_iter().filter(|value| value.chars().count() <= VALUES.1).take(VALUES.0).collect(),
    })
}

/// A claim by its name, which may hold dots, or by the path to it.
fn find<'a>(claims: &'a Json, name: &str) -> Option<&'a Json> {
    claims.get(name).or_else(|| name.split('.').try_fold(claims, |place, part| place.get(part)))
}

/// A text or a list of texts.
fn texts(value: &Json) -> Vec<String> {
    match value {
        Json::String(text) => vec![text.clone()],
        Json::Array(values) => values.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// Seconds since 1970, which may have a fraction.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
fn seconds(value: &Json) -> Option<u64> {
    value.as_u64().or_else(|| value.as_f64().filter(|s| (0.0..1e15).contains(s)).map(|s| s as u64))
}
