//! Real processes: an agent that sends to a server, and what the server's ledger holds when either is killed at random.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use avouch_auth::{Accounts, NewToken, Scope};
use avouch_finding::{Command as Ran, Fact, Gap, Time};
use avouch_forward::{Config, Forwarder, Options, Pace, Sender, Server, Spool, Token};
use avouch_ledger::Reader;

const NODE: &str = "shop-node";
const RECORDING: &str = "recordings/web-intrusion.scap";

/// Far beyond what is needed: a test that waits so long has failed.
const LONG: Duration = Duration::from_secs(120);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn now() -> Time {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Time(u64::try_from(since.as_nanos()).unwrap())
}

fn avouch(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_avouch"));
    command.args(args).current_dir(root()).env("NO_COLOR", "1").stdin(Stdio::null()).stdout(Stdio::null());
    command
}

fn fine(args: &[&str]) -> String {
    let out = avouch(args).output().unwrap();
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success(), "{args:?}: {said}");
    said
}

/// Waits until something holds.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + LONG;
    while !holds() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A server process over a folder, which can be killed and started again at the same address.
struct ServerProcess {
    dir: PathBuf,
    port: u16,
    child: Child,
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl ServerProcess {
    fn start(dir: &Path) -> Self {
        let port = free_port();
        let child = Self::spawn(dir, port);
        Self { dir: dir.to_owned(), port, child }
    }

    fn spawn(dir: &Path, port: u16) -> Child {
        let log = OpenOptions::new().create(true).append(true).open(dir.join("server.log")).unwrap();
        let (data, listen) = (dir.join("data"), format!("127.0.0.1:{port}"));
        let mut child =
            avouch(&["server", "--data", data.to_str().unwrap(), "--listen", &listen]).stderr(log).spawn().unwrap();
        until("the server listens", || {
            if let Some(ended) = child.try_wait().unwrap() {
                panic!("{ended}: {}", fs::read_to_string(dir.join("server.log")).unwrap());
            }
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        child
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn kill_and_start(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.child = Self::spawn(&self.dir, self.port);
    }

    fn end(mut self) {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
        assert!(self.child.wait().unwrap().success(), "{}", fs::read_to_string(self.dir.join("server.log")).unwrap());
    }
}

/// A port below those that the kernel gives to connections: while the server is away, nobody may take it by chance, not even a
/// connection to itself.
fn free_port() -> u16 {
    let ports = std::iter::repeat_with(|| 20_000 + u16::try_from(random() % 12_000).unwrap());
    ports.take(100).find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).unwrap()
}

/// A token for the node, made before the server runs.
fn token(dir: &Path) -> String {
    let own = dir.join("data/server");
    fs::create_dir_all(&own).unwrap();
    let accounts = Accounts::open(own.join("accounts.db"), avouch_auth::Settings::default()).unwrap();
    let token =
        NewToken { name: NODE.to_owned(), scopes: vec![Scope::Ingest], node: Some(NODE.to_owned()), expires: None };
    accounts.add_token(&token, "test", now()).unwrap().value.expose().to_owned()
}

/// A record of a ledger, as far as the tests ask.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    kind: String,
    source: String,
    run: String,
    seq: u64,
    body: serde_json::Value,
}

fn records(data: &Path) -> Vec<Row> {
    let reader = Reader::open(&data.join("ledger")).unwrap();
    let (mut records, mut out) = (reader.records(1), Vec::new());
    while let Some(entry) = records.next().unwrap() {
        let r = entry.record;
        out.push(Row {
            kind: r.kind.to_owned(),
            source: r.source.to_owned(),
            run: r.run.to_owned(),
            seq: r.source_seq,
            body: serde_json::from_str(r.body).unwrap(),
        });
    }
    out
}

#[test]
fn an_agent_keeps_the_same_here_and_on_a_server() {
    let dir = tempfile::tempdir().unwrap();
    let token = token(dir.path());
    let path = |name: &str| dir.path().join(name).display().to_string();
    fs::write(dir.path().join("token"), format!("{token}\n")).unwrap();
    let (local, spool, file) = (path("local"), path("spool"), path("token"));
    let server = ServerProcess::start(dir.path());
    let url = server.url();
    let args = [
        "agent",
        "--capture",
        RECORDING,
        "--rules",
        "rules",
        "--matching",
        "all",
        "--activity",
        "--quiet",
        "--node",
        NODE,
        "--cluster",
        "prod",
        "--data",
        &local,
        "--server",
        &url,
        "--token-file",
        &file,
        "--spool",
        &spool,
    ];
    let said = fine(&args);
    assert!(said.contains(&format!("facts go to {url}")), "{said}");
    // All was sent before it ended.
    assert!(!said.contains("waiting"), "{said}");
    server.end();
    fine(&["verify", &path("data")]);

    let told = |data: &str| -> Vec<Row> { records(Path::new(data)).into_iter().filter(|r| r.source == NODE).collect() };
    let (here, there) = (told(&local), told(&path("data")));
    assert!(here.iter().filter(|r| r.kind == "finding").count() >= 40, "{}", here.len());
    assert!(here.iter().any(|r| r.kind == "command"));
    assert_eq!(here.len(), there.len());
    for (here, there) in here.iter().zip(&there) {
        // Digests of secrets are made under a salt of each place.
        let secret = here.body.to_string().contains("[redacted:");
        assert!(here == there || (secret && here.kind == there.kind && here.seq == there.seq), "{here:?}\n{there:?}");
    }
    // Nothing waits any more, and a second run tells of the time between.
    let server = ServerProcess::start(dir.path());
    let url = server.url();
    let said = fine(&[
        "agent",
        "--capture",
        RECORDING,
        "--rules",
        "rules",
        "--quiet",
        "--node",
        NODE,
        "--cluster",
        "prod",
        "--server",
        &url,
        "--token-file",
        &file,
        "--spool",
        &spool,
    ]);
    assert!(!said.contains("wait for it"), "{said}");
    server.end();
    let gaps: Vec<Row> = told(&path("data")).into_iter().filter(|r| r.kind == "gap").collect();
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert!(gaps[0].body["reason"].as_str().unwrap().starts_with("the agent was stopped"), "{gaps:?}");
}

#[test]
fn a_refused_agent_says_so_and_keeps_everything() {
    let dir = tempfile::tempdir().unwrap();
    drop(token(dir.path()));
    let server = ServerProcess::start(dir.path());
    let spool = dir.path().join("spool").display().to_string();
    let url = server.url();
    let args = [
        "agent",
        "--capture",
        RECORDING,
        "--rules",
        "rules",
        "--quiet",
        "--node",
        NODE,
        "--server",
        &url,
        "--spool",
        &spool,
    ];
    let out = avouch(&args).env("AVOUCH_TOKEN", "not-a-token-of-this-server").output().unwrap();
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{said}");
    assert!(said.contains("REFUSES") && said.contains("does not know the token (401"), "{said}");
    assert!(said.contains("what waits is sent at the next start"), "{said}");
    // Without a word about who sends, it does not even begin.
    let out = avouch(&args).env_remove("AVOUCH_TOKEN").output().unwrap();
    let said = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(2), "{said}");
    assert!(said.contains("neither a token nor a client certificate"), "{said}");
    let data = dir.path().join("data");
    server.end();
    assert!(records(&data).iter().all(|r| r.source != NODE));
}

/// A process that tells facts as fast as it can be made safe: started by the test below, told by its environment where.
#[test]
#[ignore = "is a process of the test below"]
fn sender_process() {
    let dir = PathBuf::from(std::env::var_os("AVOUCH_TEST_SENDER").unwrap());
    let (url, token) = (std::env::var("AVOUCH_TEST_URL").unwrap(), std::env::var("AVOUCH_TEST_TOKEN").unwrap());
    let run = format!("sender-{:020}-{}", now().0, std::process::id());
    let sender = Sender { node: NODE.into(), cluster: "prod".into(), run: run.clone(), version: "test".into() };
    let options = Options { bytes: 256 << 20, segment_bytes: 64 << 10 };
    let (mut spool, outbox, _) = Spool::open(&dir.join("spool"), options, sender).unwrap();
    let mut server = Server::new(&url).unwrap();
    server.token = Token::Text(token);
    server.timeout = Duration::from_secs(10);
    let ms = Duration::from_millis;
    let pace = Pace { first: ms(5), longest: ms(100), refused: ms(100) };
    let forwarder = Forwarder::start(outbox, Config { pace, ..Config::new(server) }, Box::new(|_| ())).unwrap();
    let mut safe = OpenOptions::new().create(true).append(true).open(dir.join("safe")).unwrap();
    let stop = dir.join("stop");
    while !stop.exists() {
        for _ in 0..20 {
            let n = spool.next_seq();
            let fact: Fact = if n % 3 == 0 {
                Ran { time: now(), node: NODE.into(), cmdline: n.to_string(), ..Ran::default() }.into()
            } else {
                Gap { node: NODE.into(), reason: n.to_string(), from: now(), to: now(), ..Gap::default() }.into()
            };
            assert_eq!(spool.record(&fact, now()).unwrap(), n);
        }
        spool.flush(now()).unwrap();
        // Said only once it is safe; in one write, so that it is whole.
        safe.write_all(format!("{run} {}\n", spool.next_seq() - 1).as_bytes()).unwrap();
        std::thread::sleep(ms(4));
    }
    spool.end(now()).unwrap();
    let status = forwarder.finish(LONG);
    assert_eq!((status.waiting, status.dropped, status.refused), (0, 0, 0), "{status:?}");
}

fn start_sender(dir: &Path, url: &str, token: &str) -> Child {
    let log = OpenOptions::new().create(true).append(true).open(dir.join("sender.log")).unwrap();
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "sender_process", "--ignored", "--nocapture"])
        .env("AVOUCH_TEST_SENDER", dir)
        .env("AVOUCH_TEST_URL", url)
        .env("AVOUCH_TEST_TOKEN", token)
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

/// Up to which number the facts of each run were said to be safe.
fn safe(dir: &Path) -> BTreeMap<String, u64> {
    let text = fs::read_to_string(dir.join("safe")).unwrap_or_default();
    let last = |line: &str| line.split_once(' ').map(|(run, n)| (run.to_owned(), n.parse().unwrap()));
    text.lines().filter_map(last).collect()
}

fn random() -> u64 {
    let mut bytes = [0; 8];
    File::open("/dev/urandom").unwrap().read_exact(&mut bytes).unwrap();
    u64::from_le_bytes(bytes)
}

#[test]
fn either_side_killed_at_random_under_load_loses_and_doubles_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let token = token(dir.path());
    let mut server = ServerProcess::start(dir.path());
    let mut sender = start_sender(dir.path(), &server.url(), &token);
    let (mut server_kills, mut sender_kills) = (0, 0);
    for round in 0..14 {
        std::thread::sleep(Duration::from_millis(80 + random() % 400));
        // Each is killed at least once, whatever chance says.
        if round == 0 || (round > 1 && random().is_multiple_of(2)) {
            server.kill_and_start();
            server_kills += 1;
        } else {
            sender.kill().unwrap();
            sender.wait().unwrap();
            sender = start_sender(dir.path(), &server.url(), &token);
            sender_kills += 1;
        }
    }
    // However slow the machine is.
    until("a load", || safe(dir.path()).values().sum::<u64>() > 500);
    fs::write(dir.path().join("stop"), "").unwrap();
    let ended = sender.wait().unwrap();
    assert!(ended.success(), "{}", fs::read_to_string(dir.path().join("sender.log")).unwrap());
    server.end();
    fine(&["verify", dir.path().join("data").to_str().unwrap()]);

    let safe = safe(dir.path());
    let mut told: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for row in records(&dir.path().join("data")).into_iter().filter(|r| r.source == NODE) {
        let text = ["reason", "cmdline"].into_iter().find_map(|key| row.body[key].as_str()).unwrap();
        assert_eq!(text, row.seq.to_string(), "a fact stands under another number");
        told.entry(row.run).or_default().push(row.seq);
    }
    let (mut all, mut tail) = (0, 0);
    for (run, upto) in &safe {
        let numbers = told.remove(run).unwrap_or_default();
        // In order and once: what was safe without a hole, and of what came after it no more than was told.
        assert!(numbers.is_sorted_by(|a, b| a < b), "{run}");
        let whole: Vec<u64> = (1..=*upto).collect();
        assert_eq!(numbers.get(..whole.len()), Some(&whole[..]), "{run}");
        all += numbers.len();
        tail += numbers.len() - whole.len();
    }
    // A run that was killed before it said that anything was safe may still have come.
    assert!(told.len() <= sender_kills, "{told:?}");
    assert!(all > 500, "{all} facts are no load");
    println!(
        "{all} facts once and in order ({tail} of them beyond what was said to be safe); server killed {server_kills} times, sender {sender_kills} times"
    );
}
