//! Real processes: an agent that judges by the rules of its server, over a recording. `tests/live/served.rs` does it with the kernel.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use avouch_auth::{Accounts, NewToken, Scope};
use avouch_finding::{Fact, Kind, RulesLoaded, Time};
use avouch_store::{Filter, Page, Period, Store};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const NODE: &str = "shop-node";
const RECORDING: &str = "recordings/web-intrusion.scap";

/// What the recording matches: programs are run in it.
const RULES: &str = "- rule: Program run\n  desc: a program\n  condition: evt.type = execve\n  \
                     output: program (command=%proc.cmdline)\n  priority: NOTICE\n  tags: [SOC2_CC6.8]\n";

/// A field that this version does not know.
const BROKEN: &str = "- rule: Of later\n  desc: x\n  condition: proc.later = 1\n  output: x\n  priority: NOTICE\n";

fn avouch(args: &[&str]) -> Command {
    let root: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut command = Command::new(env!("CARGO_BIN_EXE_avouch"));
    command.args(args).current_dir(root).env("NO_COLOR", "1").env_remove("AVOUCH_TOKEN");
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
}

/// A folder with rules, a server's data with a token for the node, and places for an agent.
struct Bench(tempfile::TempDir);

impl Bench {
    fn new(rules: &str) -> Self {
        let bench = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir_all(bench.0.path().join("rules")).unwrap();
        bench.write(rules);
        let own = bench.0.path().join("data/server");
        std::fs::create_dir_all(&own).unwrap();
        let accounts = Accounts::open(own.join("accounts.db"), avouch_auth::Settings::default()).unwrap();
        let token = NewToken { name: NODE.into(), scopes: vec![Scope::Ingest], node: Some(NODE.into()), expires: None };
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let now = Time(u64::try_from(now.as_nanos()).unwrap());
        let made = accounts.add_token(&token, "test", now).unwrap();
        std::fs::write(bench.0.path().join("token"), made.value.expose()).unwrap();
        bench
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn write(&self, rules: &str) {
        std::fs::write(self.0.path().join("rules/a.yaml"), rules).unwrap();
    }

    /// A server over the folder; it ends when it is dropped, in order with [`Running::end`].
    fn server(&self) -> Running {
        let args = ["server", "--rules", &self.path("rules"), "--data", &self.path("data"), "--listen", "127.0.0.1:0"];
        let mut child = avouch(&args).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let line = lines.by_ref().map(Result::unwrap).find(|l| l.contains("listens on")).unwrap();
        let url = line.split_whitespace().last().unwrap().to_owned();
        std::thread::spawn(move || lines.for_each(drop));
        Running { child, url }
    }

    fn agent(&self, url: &str, more: &[&str]) -> Output {
        let (token, spool) = (self.path("token"), self.path("spool"));
        let args = [
            "agent",
            "--capture",
            RECORDING,
            "--rules-from-server",
            "--quiet",
            "--node",
            NODE,
            "--server",
            url,
            "--token-file",
            &token,
            "--spool",
            &spool,
        ];
        avouch(&[&args[..], more].concat()).stderr(Stdio::piped()).output().unwrap()
    }

    fn store(&self) -> avouch_store::Reader {
        Store::open(self.0.path().join("data/store"), avouch_store::Options::default()).unwrap().reader().unwrap()
    }

    /// What the agent told of its rules, one a life.
    fn loaded(&self) -> Vec<RulesLoaded> {
        let of_rules = |fact| match fact {
            Fact::Rules(loaded) => Some(*loaded),
            _ => None,
        };
        let all = self.store().facts(Kind::Rules, Period::ALL).unwrap();
        all.into_iter().filter_map(|f| of_rules(f.fact)).filter(|l| l.node == NODE).collect()
    }

    fn rules_of_findings(&self) -> Vec<String> {
        let page = self.store().findings(&Filter::default(), Page::default()).unwrap();
        let mut names: Vec<String> = page.rows.iter().map(|f| f.rule.to_string()).collect();
        names.dedup();
        names
    }
}

struct Running {
    child: Child,
    url: String,
}

impl Running {
    fn end(mut self) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), Signal::SIGTERM).unwrap();
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // After an orderly end there is nothing to kill.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn said(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned()
}

#[test]
fn an_agent_judges_by_its_servers_rules_and_by_those_of_before_while_the_server_is_away() {
    let bench = Bench::new(RULES);
    let server = bench.server();
    let url = server.url.clone();
    let first = bench.agent(&url, &[]);
    assert!(first.status.success() && said(&first).contains("of the server's set "), "{}", said(&first));
    server.end();
    assert_eq!(bench.rules_of_findings(), ["Program run"]);
    let loaded = bench.loaded();
    assert_eq!((loaded.len(), loaded[0].set.len(), &loaded[0].refused), (1, 64, &None));

    let second = bench.agent(&url, &[]);
    assert!(second.status.success() && said(&second).contains("the set of rules of before"), "{}", said(&second));

    // A set that has an error is refused, and that of before goes on.
    bench.write(&format!("{RULES}\n{BROKEN}"));
    let server = bench.server();
    let third = bench.agent(&server.url, &[]);
    assert!(third.status.success() && said(&third).contains("is refused: rules/a.yaml:10: "), "{}", said(&third));
    server.end();
    let loaded = bench.loaded();
    assert_eq!(loaded.len(), 4, "that of the second life came, too");
    assert!(loaded.iter().all(|l| l.set == loaded[0].set && l.rules.len() == 1), "{loaded:?}");
    // What runs is told apart from what was refused.
    assert!(loaded[..3].iter().all(|l| l.refused.is_none()), "{loaded:?}");
    let last = &loaded[3];
    assert!(last.refused.as_ref().unwrap().contains("proc.later"), "{last:?}");
    assert!(last.refused_set.len() == 64 && last.refused_set != last.set, "{last:?}");
}

#[test]
fn an_agent_that_has_no_rules_of_before_starts_by_what_has_no_error_and_not_at_all_without_any() {
    let bench = Bench::new(&format!("{RULES}\n{BROKEN}"));
    let server = bench.server();
    let url = server.url.clone();
    let part = bench.agent(&url, &[]);
    assert!(part.status.success() && said(&part).contains("only what has no error runs"), "{}", said(&part));
    // What is not whole is not kept.
    assert!(!bench.0.path().join("spool/rule-set.json").exists());
    let strict = bench.agent(&url, &["--strict"]);
    assert_eq!(strict.status.code(), Some(2), "{}", said(&strict));
    server.end();
    let loaded = bench.loaded();
    assert_eq!(loaded.len(), 2);
    assert!(loaded[0].refused.is_none() && loaded[1].refused.is_some(), "{loaded:?}");
    assert_eq!(loaded[1].refused_set, loaded[0].set);
    assert_eq!((loaded[0].rules.len(), loaded[0].not_running.len()), (1, 1));

    let begun = std::time::Instant::now();
    let none = bench.agent(&url, &[]);
    let text = said(&none);
    assert_eq!(none.status.code(), Some(2), "{text}");
    assert!(text.contains("without rules nothing would be watched") && text.contains("rule-set.json"), "{text}");
    assert!(begun.elapsed() < Duration::from_secs(120), "it waits in bounds");
}

#[test]
fn acceptances_and_mappings_of_the_server_count_and_the_server_alone_tells_of_them() {
    let bench = Bench::new(RULES);
    std::fs::create_dir_all(bench.0.path().join("data/server/acceptances")).unwrap();
    let acceptance = "acceptances: [{id: ACC-1, rule: Program run, condition: evt.type = execve, reason: known, requester: ann, approver: bob, from: 2020-01-01, \
                      expires: 2099-12-31}]";
    std::fs::write(bench.0.path().join("data/server/acceptances/ACC-1.yaml"), acceptance).unwrap();
    let server = bench.server();
    let local = bench.path("local");
    let out = bench.agent(&server.url, &["--data", &local]);
    assert!(out.status.success(), "{}", said(&out));
    server.end();
    let findings = bench.store().findings(&Filter::default(), Page::default()).unwrap();
    assert!(!findings.rows.is_empty());
    assert!(findings.rows.iter().all(|f| f.suppressed.as_deref() == Some("ACC-1")), "{findings:?}");
    // Told once there, by the server; the agent's own evidence needs it told as well.
    assert_eq!(bench.store().facts(Kind::Acceptance, Period::ALL).unwrap().len(), 1);
    let own = Store::open(Path::new(&local).join("store"), avouch_store::Options::default()).unwrap();
    assert_eq!(own.reader().unwrap().facts(Kind::Acceptance, Period::ALL).unwrap().len(), 1);
}
