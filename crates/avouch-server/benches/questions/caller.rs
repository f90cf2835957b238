//! Somebody who asks, over HTTP.

use std::io::Read as _;
use std::time::{Duration, Instant};

use avouch_finding::Time;
use avouch_server::Running;
use serde_json::Value as Json;

/// Asks and sends with a token that may do both.
#[derive(Clone)]
pub(crate) struct Caller {
    agent: ureq::Agent,
    base: String,
    token: String,
}

impl Caller {
    /// Makes the first admin, and a token by him.
    pub(crate) fn first(running: &Running, now: Time) -> Self {
        let link = running.setup_link(false, now).expect("ask").expect("a new folder");
        let secret = link.rsplit('=').next().unwrap_or_default();
        let body = format!(r#"{{"link_token":"{secret}","user":"ada","password":"correct horse battery staple 7"}}"#);
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        let base = format!("{}/api/v1", running.url());
        let json = "application/json";
        let mut answer = agent.post(format!("{base}/setup")).header("content-type", json).send(&body).expect("set up");
        let cookie = answer.headers()["set-cookie"].to_str().expect("text");
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        let session: Json = serde_json::from_str(&answer.body_mut().read_to_string().expect("read")).expect("JSON");
        let csrf = session["csrf"].as_str().expect("a session").to_owned();
        let tokens = agent.post(format!("{base}/tokens")).header("content-type", json).header("cookie", cookie);
        let mut answer = tokens
            .header("x-csrf-token", csrf)
            .send(r#"{"name":"bench","scopes":["admin","ingest"]}"#)
            .expect("make a token");
        let made: Json = serde_json::from_str(&answer.body_mut().read_to_string().expect("read")).expect("JSON");
        let token = made["token"].as_str().expect("a token").to_owned();
        Self { agent, base, token }
    }

    fn get(&self, path: &str) -> ureq::http::Response<ureq::Body> {
        let bearer = format!("Bearer {}", self.token);
        self.agent.get(format!("{}{path}", self.base)).header("authorization", bearer).call().expect("ask")
    }

    /// The answer, and how long it took.
    pub(crate) fn ask(&self, path: &str) -> (Duration, String) {
        let begun = Instant::now();
        let mut answer = self.get(path);
        let body = answer.body_mut().with_config().limit(1 << 30).read_to_string().expect("read");
        let took = begun.elapsed();
        assert!(answer.status() == 200, "{path}: {body}");
        (took, body)
    }

    /// Another one with the same token, on a connection of its own.
    pub(crate) fn another(&self) -> Self {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        Self { agent, ..self.clone() }
    }

    /// Asks whether something is other than what is known by an entity tag; how long it took, the status, the tag of now and the length of the answer.
    pub(crate) fn known(&self, path: &str, tag: &str) -> (Duration, u16, String, usize) {
        let begun = Instant::now();
        let bearer = format!("Bearer {}", self.token);
        let request = self.agent.get(format!("{}{path}", self.base)).header("authorization", bearer);
        let mut answer = request.header("if-none-match", tag).call().expect("ask");
        let body = answer.body_mut().with_config().limit(1 << 30).read_to_vec().expect("read");
        let took = begun.elapsed();
        let tag = answer.headers().get("etag").and_then(|tag| tag.to_str().ok()).unwrap_or_default();
        (took, answer.status().as_u16(), tag.to_owned(), body.len())
    }

    /// The answer as JSON.
    pub(crate) fn json(&self, path: &str) -> Json {
        serde_json::from_str(&self.ask(path).1).expect("JSON")
    }

    /// How long the first byte of an answer takes; the rest is not waited for. The server may not have noticed yet that nobody waits for the
    /// files of before, of which it writes a few at a time: then it is asked again.
    pub(crate) fn first_byte(&self, path: &str) -> Duration {
        let mut begun = Instant::now();
        let mut answer = self.get(path);
        while answer.status() == 503 {
            std::thread::sleep(Duration::from_millis(20));
            begun = Instant::now();
            answer = self.get(path);
        }
        assert!(answer.status() == 200, "{path}: {}", answer.status());
        let mut byte = [0];
        answer.into_body().into_reader().read_exact(&mut byte).expect("read");
        begun.elapsed()
    }

    /// Sends a body; the answer.
    pub(crate) fn post(&self, path: &str, media_type: &str, body: &[u8]) -> String {
        let bearer = format!("Bearer {}", self.token);
        let request = self.agent.post(format!("{}{path}", self.base)).header("authorization", bearer);
        let mut answer = request.header("content-type", media_type).send(body).expect("send");
        let text = answer.body_mut().read_to_string().expect("read");
        assert!(answer.status() == 200, "{path}: {text}");
        text
    }
}
