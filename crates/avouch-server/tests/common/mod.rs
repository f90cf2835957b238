//! A real server on a free port of loopback over a folder of its own, and callers of it.

#![allow(dead_code, unreachable_pub, reason = "each test uses a part")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

use std::time::Duration;

use avouch_evidence::{Folder, Recorder, Settings};
use avouch_finding::{Fact, Finding, FindingKey, Severity, Time};
use avouch_server::centre::{Entry, Recorded};
use avouch_server::{Options, Running, start, system_clock};
use serde_json::{Value as Json, json};

/// A password that the accounts take.
pub const PASSWORD: &str = "correct horse battery staple 7";

/// A server that ends, and its folder with it, when it goes out of scope.
pub struct TestServer {
    running: Option<Running>,
    dir: tempfile::TempDir,
}

impl TestServer {
    /// Over an empty folder.
    pub fn start() -> Self {
        Self::over(tempfile::tempdir().unwrap())
    }

    /// Over a folder.
    pub fn over(dir: tempfile::TempDir) -> Self {
        Self::with(dir, |_| ())
    }

    /// Over a folder, with other options.
    pub fn with(dir: tempfile::TempDir, change: impl FnOnce(&mut Options)) -> Self {
        let folder = Folder::new(dir.path().join("data"));
        let clock = system_clock();
        let (recorder, _) = Recorder::open(&folder, Settings::default(), clock(), &mut |_| {}).unwrap();
        let mut options = Options { listen: "127.0.0.1:0".parse().unwrap(), threads: 2, ..Options::new(folder, clock) };
        change(&mut options);
        Self { running: Some(start(recorder, options).unwrap()), dir }
    }

    /// The server.
    pub fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    /// Its folder.
    pub fn dir(&self) -> &std::path::Path {
        self.dir.path()
    }

    /// Ends it and keeps the folder.
    pub fn end(mut self) -> tempfile::TempDir {
        self.running.take().unwrap().end().unwrap();
        std::mem::replace(&mut self.dir, tempfile::tempdir().unwrap())
    }

    /// Records findings, as an agent would.
    pub fn record(&self, findings: Vec<Finding>) -> Vec<Recorded> {
        self.tell(findings.into_iter().map(Fact::from).collect())
    }

    /// Records facts, as an agent would.
    pub fn tell(&self, facts: Vec<Fact>) -> Vec<Recorded> {
        let source = avouch_ledger::Source { name: "node-1".to_owned(), run: "test".to_owned() };
        let entry = |fact: Fact| Entry { fact, source: source.clone(), source_seq: None };
        self.running().app().centre.record_blocking(facts.into_iter().map(entry).collect()).unwrap()
    }

    /// Nobody.
    pub fn nobody(&self) -> Caller {
        Caller::new(self.running().url())
    }

    /// The first admin, made by the one-time link.
    pub fn admin(&self) -> Caller {
        let link = self.running().setup_link(false, system_clock()()).unwrap().expect("somebody was admin before");
        let secret = link.rsplit('=').next().unwrap();
        let mut caller = self.nobody();
        let body = json!({"link_token": secret, "user": "ada", "password": PASSWORD});
        caller.take_session(caller.post("/setup", &body));
        caller
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.end().unwrap();
        }
    }
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: ureq::http::HeaderMap,
    pub body: String,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {} {}", self.status, self.body))
    }

    /// The body, of an answer that has to be fine.
    pub fn fine(self) -> Json {
        assert_eq!(self.status, 200, "{}", self.body);
        self.json()
    }
}

/// Somebody who asks.
#[derive(Clone)]
pub struct Caller {
    pub agent: ureq::Agent,
    pub base: String,
    pub cookie: Option<String>,
    pub csrf: Option<String>,
    pub token: Option<String>,
    pub headers: Vec<(&'static str, String)>,
}

impl Caller {
    fn new(base: String) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            // A server that refuses before it has read a body ends the connection: no request is to find a dead one.
            .max_idle_connections(0)
            .timeout_global(Some(Duration::from_secs(60)))
            .build();
        Self { agent: config.new_agent(), base, cookie: None, csrf: None, token: None, headers: Vec::new() }
    }

    /// As a program with a token.
    pub fn with_token(&self, token: &str) -> Self {
        Self { cookie: None, csrf: None, token: Some(token.to_owned()), ..self.clone() }
    }

    /// With one more header on each request.
    pub fn with_header(&self, name: &'static str, value: &str) -> Self {
        let mut caller = self.clone();
        caller.headers.push((name, value.to_owned()));
        caller
    }

    fn take_session(&mut self, answer: Answer) {
        let cookie = answer.headers.get("set-cookie").unwrap().to_str().unwrap();
        self.cookie = Some(cookie.split(';').next().unwrap().to_owned());
        self.csrf = answer.fine()["csrf"].as_str().map(str::to_owned);
    }

    /// Logs in.
    pub fn log_in(&self, user: &str, password: &str) -> Self {
        let mut caller = Self { cookie: None, csrf: None, token: None, ..self.clone() };
        caller.take_session(caller.post("/session", &json!({"user": user, "password": password})));
        caller
    }

    /// A request of any kind; `path` below the API's base, or from the root when it begins with two slashes.
    pub fn send(&self, method: &str, path: &str, body: Option<(&str, &[u8])>) -> Answer {
        let path = match path.strip_prefix("//") {
            Some(root) => format!("/{root}"),
            None => format!("/api/v1{path}"),
        };
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        if let Some(csrf) = &self.csrf {
            request = request.header("x-csrf-token", csrf);
        }
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let mut response = match body {
            Some((media_type, bytes)) => {
                self.agent.run(request.header("content-type", media_type).body(bytes).unwrap()).unwrap()
            }
            None => self.agent.run(request.body(()).unwrap()).unwrap(),
        };
        let headers = response.headers().clone();
        if headers.get("content-type").is_some_and(|t| t.as_bytes().starts_with(b"text/event-stream")) {
            // It has no end.
            return Answer { status: response.status().as_u16(), headers, body: String::new() };
        }
        Answer { status: response.status().as_u16(), headers, body: response.body_mut().read_to_string().unwrap() }
    }

    /// GET.
    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None)
    }

    /// POST of JSON.
    pub fn post(&self, path: &str, body: &Json) -> Answer {
        self.send("POST", path, Some(("application/json", body.to_string().as_bytes())))
    }

    /// PATCH of JSON.
    pub fn patch(&self, path: &str, body: &Json) -> Answer {
        self.send("PATCH", path, Some(("application/json", body.to_string().as_bytes())))
    }

    /// PUT of JSON.
    pub fn put(&self, path: &str, body: &Json) -> Answer {
        self.send("PUT", path, Some(("application/json", body.to_string().as_bytes())))
    }

    /// DELETE.
    pub fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None)
    }
}

/// A finding of a shell in a container, the `n`th of its kind, `n` seconds after a fixed time.
pub fn finding(n: u64, severity: Severity) -> Finding {
    let time = Time(1_795_000_000_000_000_000 + n * 1_000_000_000);
    let rule = format!("Rule {}", n % 3);
    let id = FindingKey { node: "node-1", source: "syscall", time, event: n, rule: &rule }.id();
    let fields = json!({"proc.name": "sh", "proc.cmdline": format!("sh -c task-{n}"), "user.name": "root", "k8s.ns.name": "shop"});
    Finding {
        id,
        time,
        node: "node-1".to_owned(),
        cluster: "prod".to_owned(),
        run: "test".to_owned(),
        source: "syscall".to_owned(),
        event: n,
        output: format!("A shell was started (command=sh -c task-{n})"),
        rule,
        priority: "Warning".to_owned(),
        severity,
        criteria: vec!["CC6.1".to_owned()],
        fields: fields.as_object().cloned().unwrap(),
        ..Finding::default()
    }
}
