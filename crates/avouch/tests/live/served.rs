//! A rule is edited at the centre, and the agent judges by it: real server, real agent, real kernel.

use std::fs::{self, OpenOptions};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use avouch_auth::{Accounts, NewToken, Scope};
use avouch_finding::{Fact, Kind, RulesLoaded, Time};
use avouch_store::{Filter, Page, Period, Store};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::agent::{Agent, RULES, alone, shell};
use crate::{free_port, mark};

const NODE: &str = "edited-node";

/// Asks for another kind of event than [`RULES`]: the kernel has to be told.
const FOLDERS: &str = r#"
- rule: Marked folder made
  desc: A folder whose name carries the mark of these tests.
  condition: evt.type in (mkdir, mkdirat) and evt.arg.path contains hostname-of-
  output: marked folder (path=%evt.arg.path command=%proc.cmdline)
  priority: NOTICE
"#;

/// Who edits.
const PIPELINE: &str = "token/pipeline";

/// How long a change may take to reach an agent that looks every second: some seconds, and what else the machine has to do.
const REACHES: Duration = Duration::from_secs(60);

struct Centre {
    dir: TempDir,
    port: u16,
    child: Child,
    tokens: Vec<String>,
}

impl Drop for Centre {
    fn drop(&mut self) {
        // After an orderly end there is nothing to kill.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    Time(u64::try_from(since.as_nanos()).expect("before 2554"))
}

impl Centre {
    fn start(rules: &str) -> Self {
        let dir = TempDir::new().expect("make a folder");
        fs::create_dir_all(dir.path().join("rules")).expect("make a folder");
        fs::write(dir.path().join("rules/a.yaml"), rules).expect("write the rules");
        let own = dir.path().join("data/server");
        fs::create_dir_all(&own).expect("make a folder");
        let accounts = Accounts::open(own.join("accounts.db"), avouch_auth::Settings::default()).expect("accounts");
        let made = [(NODE, Scope::Ingest), ("pipeline", Scope::Rules), ("screen", Scope::Read)].map(|(name, scope)| {
            let node = (scope == Scope::Ingest).then(|| name.to_owned());
            let token = NewToken { name: name.to_owned(), scopes: vec![scope], node, expires: None };
            accounts.add_token(&token, "test", now()).expect("a token").value.expose().to_owned()
        });
        let port = free_port();
        let child = Self::spawn(dir.path(), port);
        Self { dir, port, child, tokens: made.to_vec() }
    }

    fn spawn(dir: &Path, port: u16) -> Child {
        let log = OpenOptions::new().create(true).append(true).open(dir.join("server.log")).expect("a log");
        let child = Command::new(env!("CARGO_BIN_EXE_avouch"))
            .args(["server", "--edit-rules", "--listen", &format!("127.0.0.1:{port}"), "--rules"])
            .arg(dir.join("rules"))
            .arg("--data")
            .arg(dir.join("data"))
            .stderr(log)
            .stdout(Stdio::null())
            .spawn()
            .expect("start the server");
        let end = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let log = fs::read_to_string(dir.join("server.log")).unwrap_or_default();
            assert!(Instant::now() < end, "the server does not listen: {log}");
            std::thread::sleep(Duration::from_millis(20));
        }
        child
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).expect("a process id")), signal).expect("signal the server");
    }

    fn stop(&mut self) {
        self.signal(Signal::SIGTERM);
        assert!(self.child.wait().expect("wait for the server").success());
    }

    fn start_again(&mut self) {
        self.child = Self::spawn(self.dir.path(), self.port);
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("rules/a.yaml")
    }

    /// An answer's body, of one that is fine.
    fn ask(&self, method: &str, path: &str, token: &str, body: &str) -> Value {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("connect");
        let (port, length) = (self.port, body.len());
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .expect("ask");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200"), "{method} {path}: {answer}");
        serde_json::from_str(answer.split_once("\r\n\r\n").expect("a body").1).expect("JSON")
    }

    /// Edits the rule file over the API.
    fn edit(&self, text: &str) {
        let path = format!("/api/v1/rule-files/{}", self.file().display().to_string().replace('/', "%2F"));
        let before = self.ask("GET", &path, &self.tokens[1], "");
        let body = json!({"text": text, "digest": before["digest"]}).to_string();
        self.ask("PUT", &path, &self.tokens[1], &body);
    }

    /// The node, once it is as wanted.
    fn node(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + REACHES;
        loop {
            let health = self.ask("GET", "/api/v1/health", &self.tokens[2], "");
            if let Some(node) =
                health["nodes"].as_array().and_then(|n| n.iter().find(|n| n["node"] == NODE && wanted(n)))
            {
                return node.clone();
            }
            assert!(Instant::now() < end, "{health}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn agent(&self) -> Agent {
        let dir = TempDir::new().expect("make a folder");
        let token = self.dir.path().join("token");
        fs::write(&token, &self.tokens[0]).expect("write the token");
        let (url, spool) = (format!("http://127.0.0.1:{}", self.port), self.dir.path().join("spool"));
        let (token, spool) = (token.display().to_string(), spool.display().to_string());
        let args = ["--rules-from-server", "--rules-every", "1", "--node", NODE, "--server", &url];
        Agent::run(dir, &[&args[..], &["--token-file", &token, "--spool", &spool]].concat())
    }

    fn facts(&self, kind: Kind) -> Vec<Fact> {
        let store = Store::open(self.dir.path().join("data/store"), avouch_store::Options::default()).expect("a store");
        let all = store.reader().expect("a reader").facts(kind, Period::ALL).expect("facts");
        all.into_iter().map(|f| f.fact).collect()
    }
}

/// Lets folders with one name be.
const ACCEPTANCE: &str = "acceptances: [{id: ACC-1, rule: Marked folder made, condition: evt.arg.path contains accepted, reason: known, \
                          requester: ann, approver: bob, from: 2020-01-01, expires: 2099-12-31}]";

fn make_folder(name: &str) {
    let folder = std::env::temp_dir().join(format!("hostname-of-{name}-{}", std::process::id()));
    shell(&format!("mkdir {0}; rmdir {0}", folder.display()));
}

#[test]
fn a_rule_edited_at_the_centre_is_judged_by_within_seconds_and_the_ledger_tells_who_and_when() {
    let Some(_alone) = alone() else { return };
    let mut centre = Centre::start(RULES);
    let agent = centre.agent();
    mark("at-first");
    agent.alert("at-first");
    let first = centre.node(|n| n["rule_set"]["runs"].is_string() && n["rule_set"]["behind_since"].is_null());

    // Another rule: the agent asks the kernel for calls that it did not collect before.
    centre.edit(&format!("{RULES}{FOLDERS}"));
    let edited = Instant::now();
    agent.alert_by(|| make_folder("made"), "made");
    let reached = edited.elapsed();
    println!("a rule edited at the centre was judged by after {reached:.1?}");
    assert!(reached < REACHES, "{reached:?}");
    let second = centre.node(|n| n["rule_set"]["runs"] != first["rule_set"]["runs"]);
    assert!(second["rule_set"]["behind_since"].is_null(), "{second}");

    // What is accepted at the centre is let be by the agent, and kept.
    fs::write(centre.dir.path().join("data/server/acceptances/ACC-1.yaml"), ACCEPTANCE).expect("write");
    centre.signal(Signal::SIGHUP);
    let third = centre.node(|n| n["rule_set"]["runs"] != second["rule_set"]["runs"]);
    make_folder("accepted");
    agent.alert_by(|| make_folder("made"), "made");

    // A file that was broken by hand: the API would not take it. The agent goes on, and the centre shows why.
    fs::write(centre.file(), format!("{RULES}{}", FOLDERS.replace("evt.arg.path", "evt.later"))).expect("write");
    centre.signal(Signal::SIGHUP);
    let behind = centre.node(|n| n["rule_set"]["refused"].is_string());
    assert!(behind["rule_set"]["refused"].as_str().is_some_and(|why| why.contains("evt.later")), "{behind}");
    assert!(behind["rule_set"]["behind_since"].is_string(), "{behind}");
    assert_eq!(behind["rule_set"]["runs"], third["rule_set"]["runs"]);
    agent.alert_by(|| make_folder("made"), "made");
    agent.stop();
    centre.stop();

    // The server is away: the set that ran goes on, and what was found comes when it is back.
    let agent = centre.agent();
    agent.alert_by(|| make_folder("made"), "made");
    centre.start_again();
    centre.node(|n| n["rule_set"]["runs"] == third["rule_set"]["runs"] && n["state"] == "ok");
    agent.stop();
    centre.stop();

    let by: Vec<(String, String)> = centre
        .facts(Kind::Setting)
        .into_iter()
        .filter_map(|fact| match fact {
            Fact::Setting(change) if matches!(change.what.as_str(), "rule_file" | "agent_rule_set") => {
                Some((change.what, change.by))
            }
            _ => None,
        })
        .collect();
    let pairs: Vec<(&str, &str)> = by.iter().map(|(what, by)| (what.as_str(), by.as_str())).collect();
    let set = |by| ("agent_rule_set", by);
    assert_eq!(pairs, [set(""), ("rule_file", PIPELINE), set(PIPELINE), set(""), set("")]);
    let loads: Vec<RulesLoaded> = centre
        .facts(Kind::Rules)
        .into_iter()
        .filter_map(|fact| match fact {
            Fact::Rules(loaded) if loaded.node == NODE => Some(*loaded),
            _ => None,
        })
        .collect();
    let sets = [&first, &second, &third].map(|node| node["rule_set"]["runs"].as_str().expect("a digest"));
    let ran: Vec<(Option<usize>, bool)> =
        loads.iter().map(|l| (sets.iter().position(|set| *set == l.set), l.refused.is_some())).collect();
    assert!(loads[0].by.is_empty() && loads[1].by == PIPELINE, "the node tells who brought its rules: {loads:?}");
    // The last life is refused the broken set again once the server is back.
    let expected = [(Some(0), false), (Some(1), false), (Some(2), false), (Some(2), true), (Some(2), false)];
    assert_eq!(ran[..5], expected, "{loads:?}");
    let store = Store::open(centre.dir.path().join("data/store"), avouch_store::Options::default()).expect("a store");
    let found = store.reader().expect("a reader").findings(&Filter::default(), Page::default()).expect("findings");
    let about = |name: &str| found.rows.iter().find(|f| f.output.contains(name)).expect("a finding").suppressed.clone();
    assert_eq!(about("hostname-of-accepted").as_deref(), Some("ACC-1"));
    assert_eq!(about("hostname-of-made").as_deref(), None);
}
