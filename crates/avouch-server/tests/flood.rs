//! What a machine with a token can send to do harm: every way in answers with a clear error, within its time, and takes no more memory
//! than it may. One test in a process of its own, since it looks at what that takes.

#![expect(clippy::unwrap_used, reason = "a test")]

mod common;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use avouch_audit::Format;
use avouch_auth::{NewToken, Scope};
use avouch_controls::AcceptanceSet;
use avouch_pipeline::live::audit::{AuditLimits, AuditSource};
use avouch_pipeline::{RuleSet, RuleSetOptions};
use avouch_server::{AuditSetup, RequestRate, system_clock};
use common::{Caller, TestServer};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

const MIB: usize = 1 << 20;
/// What the process may grow by. The room for bodies is 256 MiB, a delivery may become 64 MiB here, and a batch of facts that is taken
/// apart takes a few times its 16 MiB, four at a time.
const GROWTH: usize = 700 * MIB;
const FACTS: &str = "/api/v1/ingest/facts";
const AUDIT: &str = "/api/v1/ingest/k8s_audit/prod";

fn audit() -> AuditSetup {
    let rules =
        "- rule: R\n  desc: d\n  condition: ka.verb = get\n  output: o\n  priority: NOTICE\n  source: k8s_audit\n";
    let rules = RuleSet::from_texts(vec![("r".into(), rules.into())], Vec::new(), &RuleSetOptions::default());
    AuditSetup {
        rules: Arc::new(rules),
        acceptances: AcceptanceSet::default(),
        limits: AuditLimits { delivery_bytes: 64 << 20, ..AuditLimits::default() },
        digest_keys: Arc::default(),
        expected: vec![AuditSource { node: "prod".into(), cluster: "prod".into(), format: Format::K8sAudit }],
        archive: None,
    }
}

/// Bytes of this process that are in memory, at most since it began.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1_024
}

/// So many bytes, all alike, as gzip: a thousandth of them.
fn bomb(bytes: usize) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    let piece = vec![b' '; MIB];
    (0..bytes / MIB).for_each(|_| gzip.write_all(&piece).unwrap());
    gzip.finish().unwrap()
}

/// Sends a head and a body as they are, closes its side where told to, and reads the status; 0 when the other side only hung up.
fn raw(server: &TestServer, token: &str, path: &str, headers: &str, body: &[u8], close: bool) -> u16 {
    let mut stream = TcpStream::connect(server.running().at()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {token}\r\n{headers}\r\n",
        server.running().at()
    );
    // The server may refuse before all is sent.
    drop(stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)));
    if close {
        drop(stream.shutdown(std::net::Shutdown::Write));
    }
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer));
    String::from_utf8_lossy(&answer).split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0)
}

fn token(server: &TestServer) -> String {
    let new = NewToken { name: "t".to_owned(), scopes: vec![Scope::Ingest], node: None, expires: None };
    let made = server.running().app().accounts.accounts().add_token(&new, "ada", system_clock()()).unwrap();
    made.value.expose().to_owned()
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn still_answers(who: &Caller, n: usize) {
    let now = system_clock()().to_string();
    let event = json!({"auditID": format!("fine-{n}"), "stage": "ResponseComplete", "verb": "get", "stageTimestamp": now,
        "user": {"username": "eve"}, "objectRef": {"resource": "pods"}});
    let batch = json!({"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": [event]});
    assert_eq!(who.post("/ingest/k8s_audit/prod", &batch).fine()["records"], 1);
}

#[test]
fn nothing_that_is_sent_takes_the_server_away_or_its_memory() {
    let server = TestServer::with(tempfile::tempdir().unwrap(), |options| {
        options.audit = Some(audit());
        options.requests = RequestRate { per_second: 0, burst: 0 };
    });
    let ada = server.admin();
    let token = token(&server);
    let who = server.nobody().with_token(&token);
    still_answers(&who, 0);
    let before = peak();
    let raw = |path: &str, headers: &str, body: &[u8], close| raw(&server, &token, path, headers, body, close);
    let length = |n: usize| format!("content-length: {n}\r\nconnection: close\r\n");

    // Too large: by what the head says, before anything is read; and by what comes, where it says nothing.
    assert_eq!(raw(FACTS, &length(9 * MIB), b"", false), 413);
    assert_eq!(raw(AUDIT, &length(1 << 40), b"", false), 413);
    let chunks = [b"100000\r\n".as_slice(), &vec![b' '; MIB], b"\r\n"].concat().repeat(70);
    assert!(matches!(raw(AUDIT, "transfer-encoding: chunked\r\nconnection: close\r\n", &chunks, false), 413 | 0));
    assert!(matches!(raw(FACTS, "transfer-encoding: chunked\r\nconnection: close\r\n", &chunks, false), 413 | 0));
    drop(chunks);

    // Shorter than it says, nothing at all, and lengths that contradict one another.
    for path in [FACTS, AUDIT] {
        assert!(matches!(raw(path, &length(1_000), b"{}", true), 400 | 0), "{path}");
        let status = raw(path, &length(0), b"", false);
        assert!(status == 400 || path == AUDIT && status == 200, "{path}: {status}");
        assert_eq!(
            raw(path, "content-length: 5\r\ncontent-length: 6\r\nconnection: close\r\n", b"{}", false),
            400,
            "{path}"
        );
        assert_eq!(raw(path, "content-length: many\r\nconnection: close\r\n", b"{}", false), 400, "{path}");
    }

    // JSON that goes deep, and long texts, numbers and lists in it.
    let deep = |n: usize| [b"[".repeat(n), b"]".repeat(n)].concat();
    let hostile = [
        deep(MIB),
        format!(r#"{{"items":{}}}"#, String::from_utf8(deep(500_000)).unwrap()).into_bytes(),
        format!(r#"{{"kind":"EventList","items":[{{"auditID":"{}"}}]}}"#, "x".repeat(8 * MIB)).into_bytes(),
        [b"{\"items\":[".to_vec(), b"1,".repeat(2 * MIB), b"1]}".to_vec()].concat(),
        b"9".repeat(4 * MIB),
    ];
    for body in &hostile {
        let status = raw(AUDIT, &length(body.len()), body, false);
        assert!(matches!(status, 200 | 400), "{status}");
        let status = raw(FACTS, &length(body.len()), body, false);
        assert!(matches!(status, 400 | 413), "{status}");
    }
    drop(hostile);

    // Gzip that is none, that breaks off, and that becomes a thousand times as much.
    let (large, cut) = (bomb(1_024 * MIB), bomb(8 * MIB));
    for body in [&large[..], &cut[..cut.len() / 2], &[0x1f, 0x8b, 8, 0], b"no gzip"] {
        let status = raw(FACTS, &gzip_head(body.len()), body, false);
        assert!(matches!(status, 400 | 413), "{status}");
        assert_eq!(raw(AUDIT, &gzip_head(body.len()), body, false), 400);
    }
    assert_eq!(raw(FACTS, &format!("content-encoding: br\r\n{}", length(2)), b"{}", false), 415);
    std::thread::scope(|scope| {
        for n in 0..12 {
            let (large, raw) = (&large, &raw);
            let path = if n % 2 == 0 { FACTS } else { AUDIT };
            scope.spawn(move || {
                let status = raw(path, &gzip_head(large.len()), large, false);
                assert!(matches!(status, 400 | 413 | 503), "{status}");
            });
        }
    });

    // Bodies that come slowly: of one caller a few, and meanwhile another caller is served.
    let begun = Instant::now();
    let slow: Vec<TcpStream> = (0..40)
        .map(|_| {
            let mut stream = TcpStream::connect(server.running().at()).unwrap();
            let at = server.running().at();
            let head = format!("POST {FACTS} HTTP/1.1\r\nhost: {at}\r\nauthorization: Bearer {token}\r\ncontent-length: 8000000\r\n\r\n{{");
            stream.write_all(head.as_bytes()).unwrap();
            stream
        })
        .collect();
    let other = NewToken { name: "other".to_owned(), scopes: vec![Scope::Ingest], node: None, expires: None };
    let other = server.running().app().accounts.accounts().add_token(&other, "ada", system_clock()()).unwrap();
    let other = server.nobody().with_token(other.value.expose());
    (0..20).for_each(|n| still_answers(&other, 100 + n));
    assert!(begun.elapsed() < Duration::from_secs(30), "served once the slow ones were ended, and not meanwhile");
    // Heads of the slow ones may still be on their way.
    until("this caller has too many open", || who.post("/ingest/k8s_audit/prod", &json!({})).status == 503);
    drop(slow);
    until("it may again", || who.post("/ingest/k8s_audit/prod", &json!({})).status != 503);

    still_answers(&who, 1);
    let grown = peak().saturating_sub(before);
    println!("peak grew by {} MiB", grown / MIB);
    assert!(grown < GROWTH, "{} MiB", grown / MIB);
    // What was lost of the source is told: it cannot pass for a quiet one.
    let health = ada.get("/health").fine();
    assert!(health["ingest"]["turned_away"].as_u64().unwrap() > 0, "{health}");
    let metrics = server.nobody().get("//metrics").body;
    assert!(metrics.contains("avouch_ingest_batches_total{outcome=\"unreadable\"}"), "{metrics}");
}

fn gzip_head(n: usize) -> String {
    format!("content-encoding: gzip\r\ncontent-length: {n}\r\nconnection: close\r\n")
}
