//! Login through a provider that the tests of the accounts play.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;
#[path = "../../avouch-auth/tests/auth/fake.rs"]
mod fake;

use avouch_server::{ProviderSetup, system_clock};
use common::{Answer, Caller, TestServer};
use fake::{CALLBACK, CLIENT, Provider, SECRET};
use serde_json::json;

fn server() -> (TestServer, Provider) {
    let provider = Provider::start("ES256", system_clock()().0 / 1_000_000_000);
    let dir = tempfile::tempdir().unwrap();
    let secret = dir.path().join("secret");
    std::fs::write(&secret, SECRET).unwrap();
    let file = dir.path().join("oidc.yaml");
    let yaml = format!(
        "name: Example\nissuer: {}\nclient_id: {CLIENT}\nclient_secret: file:{}\nroles: [{{value: staff, role: analyst}}]\n",
        provider.state().url,
        secret.display()
    );
    std::fs::write(&file, yaml).unwrap();
    let url = CALLBACK.strip_suffix("/api/v1/oidc/callback").unwrap();
    let setup = ProviderSetup::read(&file, url).unwrap();
    let server = TestServer::with(dir, |o| {
        o.url = Some(url.to_owned());
        o.provider = Some(setup);
    });
    (server, provider)
}

fn cookie(answer: &Answer, name: &str) -> Option<String> {
    let all = answer.headers.get_all("set-cookie").iter().map(|c| c.to_str().unwrap().to_owned());
    all.filter(|c| c.starts_with(name)).map(|c| c.split(';').next().unwrap().to_owned()).next()
}

/// Why a login failed: a person's browser lands on the login page, without a session.
fn failed(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(cookie(answer, "avouch_session").is_none());
    assert_eq!(cookie(answer, "avouch_login").as_deref(), Some("avouch_login="), "the word of the login is used up");
    let place = answer.headers.get("location").unwrap().to_str().unwrap();
    place.strip_prefix("/?login_failed=").unwrap().to_owned()
}

/// Begins a login: the browser with its cookie, and where to come back to.
fn begin(server: &TestServer, provider: &Provider) -> (Caller, String) {
    let nobody = server.nobody();
    let begun = nobody.get("/oidc/start");
    assert_eq!(begun.status, 303, "{}", begun.body);
    let whole = begun.headers.get("set-cookie").unwrap().to_str().unwrap();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/api/v1/oidc", "Secure"] {
        assert!(whole.split("; ").any(|p| p == part), "{whole}");
    }
    let (code, state) = provider.authorize(begun.headers.get("location").unwrap().to_str().unwrap());
    let browser = Caller { cookie: cookie(&begun, "avouch_login"), ..nobody };
    (browser, format!("/oidc/callback?code={}&state={state}", code.replace('&', "%26")))
}

#[test]
fn somebody_comes_back_from_the_provider_and_is_logged_in_with_the_role_of_the_group() {
    let (server, provider) = server();
    server.admin();
    assert_eq!(server.nobody().get("/session").fine()["oidc"], json!({"name": "Example"}));
    let (browser, back) = begin(&server, &provider);
    let came = browser.get(&back);
    assert_eq!(came.status, 303, "{}", came.body);
    assert_eq!(came.headers.get("location").unwrap(), "/");
    let session = Caller { cookie: cookie(&came, "avouch_session"), ..server.nobody() };
    let user = session.get("/session").fine()["user"].clone();
    assert_eq!((&user["name"], &user["role"]), (&json!("ann@example.com"), &json!("analyst")));
    // Once is enough.
    assert_eq!(failed(&browser.get(&back)), "stale");
}

#[test]
fn who_did_not_begin_the_login_does_not_end_it() {
    let (server, provider) = server();
    let (_, back) = begin(&server, &provider);
    assert_eq!(failed(&server.nobody().get(&back)), "stale");
    // A browser that began another login does not end this one.
    let (other, _) = begin(&server, &provider);
    assert_eq!(failed(&other.get(&back)), "stale");
    assert_eq!(failed(&server.nobody().get("/oidc/callback?error=access_denied%0d%0ax")), "refused");
    assert_eq!(failed(&server.nobody().get("/oidc/callback?code=1")), "provider");
    assert_eq!(failed(&server.nobody().get(&format!("/oidc/callback?code={}", "x".repeat(9000)))), "provider");
}

#[test]
fn a_provider_that_is_away_or_a_group_without_a_role_lets_nobody_in() {
    let (server, provider) = server();
    provider.state().claims["groups"] = json!(["strangers"]);
    let (browser, back) = begin(&server, &provider);
    let answer = browser.get(&back);
    assert_eq!(failed(&answer), "no_role");
    provider.state().forge = Some(Box::new(|_, _| "not.a.token".to_owned()));
    let (browser, back) = begin(&server, &provider);
    assert_eq!(failed(&browser.get(&back)), "provider");
    drop(provider);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("oidc.yaml");
    std::fs::write(&file, "issuer: http://127.0.0.1:9\nclient_id: a\nroles: [{value: x, role: admin}]\n").unwrap();
    let setup = ProviderSetup::read(&file, "http://localhost").unwrap();
    let away = TestServer::with(dir, |o| o.provider = Some(setup));
    assert_eq!(failed(&away.nobody().get("/oidc/start")), "provider");
    assert_eq!(TestServer::start().nobody().get("/oidc/start").status, 404, "there is no button for it");
}
