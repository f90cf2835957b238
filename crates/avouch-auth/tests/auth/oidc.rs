//! Login through a provider, against one that tests play, and against one that lies.

use avouch_auth::{OidcClient, OidcConfig, OidcError, OidcIdentity, Secret};
use serde_json::{Value as Json, json};

use crate::fake::{CALLBACK, CLIENT, Key, Provider, SECRET, base64url};
use crate::support::{NOW, after};

const SECOND: u64 = NOW.0 / 1_000_000_000;

fn config(provider: &Provider) -> OidcConfig {
    OidcConfig {
        issuer: provider.state().url.clone(),
        client_id: CLIENT.to_owned(),
        client_secret: Some(Secret::new(SECRET)),
        redirect_uri: CALLBACK.to_owned(),
        ..OidcConfig::default()
    }
}

fn start(algorithm: &str) -> (Provider, OidcClient) {
    let provider = Provider::start(algorithm, SECOND);
    let client = OidcClient::discover(config(&provider), NOW).unwrap();
    (provider, client)
}

fn log_in(provider: &Provider, client: &OidcClient, seconds: u64) -> Result<OidcIdentity, OidcError> {
    let (url, pending) = client.begin(after(seconds)).unwrap();
    let (code, state) = provider.authorize(&url);
    assert_eq!(pending.state(), state);
    client.finish(pending, &code, &state, after(seconds))
}

/// Why a token was refused.
fn reason(result: Result<OidcIdentity, OidcError>) -> &'static str {
    match result.unwrap_err() {
        OidcError::Token { reason } => reason,
        other => panic!("{other}"),
    }
}

#[test]
fn every_signature_that_is_accepted_logs_in() {
    for algorithm in ["RS256", "PS256", "ES256", "ES384", "EdDSA"] {
        let (provider, client) = start(algorithm);
        let identity = log_in(&provider, &client, 0).unwrap();
        assert_eq!((&*identity.subject, &*identity.name), ("ann", "ann@example.com"), "{algorithm}");
        assert_eq!(identity.values, ["staff", "x"]);
        assert_eq!(identity.issuer, provider.state().url);
    }
}

#[test]
fn the_secret_goes_where_the_provider_wants_it() {
    let provider = Provider::start("ES256", SECOND);
    provider.state().description.insert("token_endpoint_auth_methods_supported".into(), json!(["client_secret_post"]));
    let client = OidcClient::discover(config(&provider), NOW).unwrap();
    assert!(log_in(&provider, &client, 0).is_ok());
    let wrong = OidcConfig { client_secret: Some(Secret::new("wrong")), ..config(&provider) };
    let client = OidcClient::discover(wrong, NOW).unwrap();
    let refused = log_in(&provider, &client, 0).unwrap_err();
    assert!(matches!(refused, OidcError::Answered { status: 400, .. }), "{refused}");
    assert!(refused.to_string().contains("invalid_client"));
}

#[test]
fn who_did_not_begin_the_login_does_not_end_it() {
    let (provider, client) = start("ES256");
    let (url, pending) = client.begin(NOW).unwrap();
    let (code, _) = provider.authorize(&url);
    assert!(matches!(client.finish(pending, &code, "another state", NOW), Err(OidcError::State)));
    // Too late.
    let (url, pending) = client.begin(NOW).unwrap();
    let (code, state) = provider.authorize(&url);
    assert!(!pending.expired(after(599)) && pending.expired(after(600)));
    assert!(matches!(client.finish(pending, &code, &state, after(600)), Err(OidcError::State)));
    // A code that was stolen from another login: the verifier does not fit.
    let (mine, _) = provider.authorize(&client.begin(NOW).unwrap().0);
    let (url, pending) = client.begin(NOW).unwrap();
    let (_, state) = provider.authorize(&url);
    let refused = client.finish(pending, &mine, &state, NOW).unwrap_err();
    assert!(refused.to_string().contains("invalid_grant: verifier"), "{refused}");
    let texts: Vec<_> =
        (0..3).map(|_| client.begin(NOW).unwrap()).map(|(url, pending)| format!("{url} {pending:?}")).collect();
    assert!(texts.iter().all(|text| !text.contains("code_verifier") && text.contains("code_challenge=")));
    assert_ne!(texts[0], texts[1]);
}

#[test]
fn claims_that_are_not_for_us_or_not_now_are_refused() {
    let cases: &[(Json, &str)] = &[
        (json!({"iss": "https://id.example.com"}), "another issuer made it"),
        (json!({"iss": null}), "another issuer made it"),
        (json!({"aud": "somebody"}), "it is for somebody else"),
        (json!({"aud": [CLIENT, "somebody"]}), "it was made for another client"),
        (json!({"aud": [CLIENT, "somebody"], "azp": "somebody"}), "it was made for another client"),
        (json!({"azp": "somebody"}), "it was made for another client"),
        (json!({"exp": SECOND - 60}), "it has expired"),
        (json!({"exp": null}), "it does not say when it ends"),
        (json!({"exp": "tomorrow"}), "it does not say when it ends"),
        (json!({"iat": null}), "it does not say when it was made"),
        (json!({"iat": SECOND + 61}), "it was made in the future; compare the clocks"),
        (json!({"nbf": SECOND + 61}), "it is not valid yet"),
        (json!({"nonce": "of another login"}), "it belongs to another login"),
        (json!({"nonce": null}), "it belongs to another login"),
        (json!({"sub": ""}), "it does not say who it is"),
        (json!({"sub": 7}), "it does not say who it is"),
        (json!({"sub": "x".repeat(256)}), "it does not say who it is"),
    ];
    let (provider, client) = start("ES256");
    for (claims, expected) in cases {
        provider.state().claims = json!({"sub": "ann"});
        for (name, value) in claims.as_object().unwrap() {
            provider.state().claims[name] = value.clone();
        }
        assert_eq!(reason(log_in(&provider, &client, 0)), *expected, "{claims}");
    }
    // Just inside of the same limits.
    for claims in [
        json!({"sub": "ann", "exp": SECOND - 59, "iat": SECOND + 60, "nbf": SECOND + 60}),
        json!({"sub": "ann", "aud": [CLIENT], "exp": SECOND as f64 + 1.5}),
        json!({"sub": "ann", "aud": [CLIENT, "somebody"], "azp": CLIENT}),
    ] {
        provider.state().claims = claims;
        let identity = log_in(&provider, &client, 0).unwrap();
        assert_eq!((&*identity.name, identity.values.len()), ("ann", 0), "no name, no groups");
    }
}

/// A way to make a token that nobody should believe.
type Forgery = fn(&Key, Json) -> String;

#[test]
fn forged_tokens_are_refused() {
    let cases: &[(&str, &str, Forgery)] = &[
        ("not signed", "its algorithm is not accepted", |_, claims| {
            format!("{}.{}.", base64url(r#"{"alg":"none"}"#), base64url(claims.to_string()))
        }),
        ("signed with the public key as a shared secret", "its algorithm is not accepted", |key, claims| {
            let public = key.public("k1").to_string();
            let message = format!("{}.{}", base64url(r#"{"alg":"HS256","kid":"k1"}"#), base64url(claims.to_string()));
            let hmac = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, public.as_bytes());
            format!("{message}.{}", base64url(ring::hmac::sign(&hmac, message.as_bytes())))
        }),
        ("signed by another key of the same name", "its signature is wrong", |key, claims| {
            Key::new("ES256").sign(&key.header("k1"), &claims)
        }),
        ("signed by a key that it brings along", "its signature is wrong", |key, claims| {
            let own = Key::new("ES256");
            let mut header = key.header("k1");
            header["jwk"] = own.public("k1");
            own.sign(&header, &claims)
        }),
        ("signed by a key that nobody knows", "the provider has no such key", |key, claims| {
            key.sign(&key.header("k2"), &claims)
        }),
        ("another algorithm for the same key", "the provider has no such key", |key, claims| {
            key.sign(&json!({"alg": "RS256", "kid": "k1"}), &claims)
        }),
        ("claims changed", "its signature is wrong", |key, claims| {
            let token = key.sign(&key.header("k1"), &claims);
            let mut parts: Vec<_> = token.split('.').map(str::to_owned).collect();
            let mut changed = claims;
            changed["sub"] = json!("root");
            parts[1] = base64url(changed.to_string());
            parts.join(".")
        }),
        ("an extension", "it needs an extension that is not known", |key, claims| {
            let mut header = key.header("k1");
            header["crit"] = json!(["exp"]);
            key.sign(&header, &claims)
        }),
        ("no token", "it is no signed token", |_, _| "x".to_owned()),
        ("claims that are none", "another issuer made it", |key, _| key.sign(&key.header("k1"), &json!([1]))),
        ("too long", "it is longer than 64 KiB", |key, mut claims| {
            claims["more"] = "x".repeat(100_000).into();
            key.sign(&key.header("k1"), &claims)
        }),
    ];
    let (provider, client) = start("ES256");
    for (name, expected, forge) in cases {
        provider.state().forge = Some(Box::new(*forge));
        assert_eq!(reason(log_in(&provider, &client, 0)), *expected, "{name}");
    }
    provider.state().forge = Some(Box::new(|key, claims| key.sign(&json!({"alg": "ES256"}), &claims)));
    assert!(log_in(&provider, &client, 0).is_ok(), "a token may leave out which key it was");
}

#[test]
fn new_keys_are_fetched_but_not_all_the_time() {
    let (provider, client) = start("ES256");
    let asked = || provider.state().asked["/realms/x/keys"];
    {
        let mut state = provider.state();
        state.key = Key::new("ES256");
        state.key_id = "k2".to_owned();
    }
    for _ in 0..5 {
        assert_eq!(reason(log_in(&provider, &client, 59)), "the provider has no such key");
    }
    assert_eq!(asked(), 1);
    assert!(log_in(&provider, &client, 60).is_ok());
    assert!(log_in(&provider, &client, 61).is_ok());
    assert_eq!(asked(), 2);
}

#[test]
fn roles_are_found_where_providers_keep_them() {
    let provider = Provider::start("ES256", SECOND);
    let find = |claim: &str, claims: Json| {
        let config = OidcConfig { role_claim: claim.to_owned(), ..config(&provider) };
        provider.state().claims = claims;
        log_in(&provider, &OidcClient::discover(config, NOW).unwrap(), 0).unwrap().values
    };
    let keycloak = json!({"sub": "a", "realm_access": {"roles": ["r1", "r2"]}});
    assert_eq!(find("realm_access.roles", keycloak), ["r1", "r2"]);
    let url = "https://example.com/roles";
    assert_eq!(find(url, json!({"sub": "a", url: "one"})), ["one"]);
    assert_eq!(find("groups", json!({"sub": "a", "groups": [1, null, "x", ["y"]]})), ["x"]);
    assert!(find("groups", json!({"sub": "a", "groups": {"x": true}})).is_empty());
    assert!(find("groups.x.y", json!({"sub": "a", "groups": "x"})).is_empty());
}

#[test]
fn a_provider_that_is_not_itself_or_not_safe_is_refused() {
    let provider = Provider::start("ES256", SECOND);
    let discover = || OidcClient::discover(config(&provider), NOW);
    let place = "/realms/x/.well-known/openid-configuration";
    provider.state().description.insert("issuer".into(), json!("https://id.example.com"));
    assert!(matches!(discover(), Err(OidcError::Issuer { .. })));
    provider.state().description.clear();
    for key in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
        for address in ["http://id.example.com/x", "ftp://x", "", "javascript:alert(1)"] {
            provider.state().description.insert(key.into(), json!(address));
            assert!(matches!(discover(), Err(OidcError::Address { .. })), "{key} {address}");
        }
        provider.state().description.clear();
    }
    let answers: [(u16, &str, Vec<u8>); 4] = [
        (200, "", b"<html>".to_vec()),
        (200, "", br#"{"issuer": 1}"#.to_vec()),
        (302, "location: http://127.0.0.1:1/\r\n", Vec::new()),
        (200, "", vec![b' '; 2 << 20]),
    ];
    let mut seen = Vec::new();
    for (status, headers, body) in answers {
        provider.state().answers.insert(place.to_owned(), (status, headers.to_owned(), body));
        seen.push(match discover().unwrap_err() {
            OidcError::Unreadable { .. } => "unreadable",
            OidcError::Answered { status: 302, .. } => "not followed",
            OidcError::Unreachable { .. } => "too long",
            other => panic!("{other}"),
        });
    }
    assert_eq!(seen, ["unreadable", "unreadable", "not followed", "too long"]);
    let plain = OidcConfig { issuer: "http://id.example.com".to_owned(), ..config(&provider) };
    assert!(matches!(OidcClient::discover(plain, NOW), Err(OidcError::Address { .. })));
    let pem = OidcConfig {
        issuer: "https://localhost:1".to_owned(),
        authorities: Some(b"no certificate".to_vec()),
        ..config(&provider)
    };
    assert!(matches!(OidcClient::discover(pem, NOW), Err(OidcError::Authorities)));
}
