//! The rules of a server, from servers that answer well, badly, and as somebody who means harm.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use avouch_forward::{Fetched, NamedText, RuleClient, RuleFollower, RuleTextSet, RuleTexts, Server, Token};

/// Far beyond what is needed: a test that waits so long has failed.
const LONG: Duration = Duration::from_secs(60);

/// Answers each request with the bytes that are set, and tells the head of each.
struct Scripted {
    answer: Arc<Mutex<Vec<u8>>>,
    heads: Receiver<String>,
    url: String,
}

impl Scripted {
    fn start(answer: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answer = Arc::new(Mutex::new(answer));
        let (tell, heads) = channel();
        let says = Arc::clone(&answer);
        // It ends with the test's process.
        std::thread::spawn(move || listener.incoming().for_each(|stream| serve(stream.unwrap(), &says, &tell)));
        Self { answer, heads, url }
    }

    fn say(&self, answer: Vec<u8>) {
        *self.answer.lock().unwrap() = answer;
    }

    fn client(&self) -> RuleClient {
        let mut server = Server::new(&self.url).unwrap();
        server.token = Token::Text("token-of-n1".to_owned());
        server.timeout = LONG;
        RuleClient::new(server).unwrap()
    }
}

fn serve(mut stream: std::net::TcpStream, answer: &Mutex<Vec<u8>>, tell: &Sender<String>) {
    let (mut head, mut more) = (Vec::new(), [0; 4096]);
    while !head.windows(4).any(|w| w == b"\r\n\r\n") {
        match stream.read(&mut more) {
            Ok(n) if n > 0 => head.extend_from_slice(&more[..n]),
            _ => return,
        }
    }
    tell.send(String::from_utf8(head).unwrap().to_ascii_lowercase()).unwrap_or(());
    // Whoever has read enough goes away.
    stream.write_all(&answer.lock().unwrap()).unwrap_or(());
}

fn http(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn set(text: &str) -> RuleTextSet {
    let rules = vec![NamedText { name: "rules/a.yaml".to_owned(), text: text.to_owned() }];
    RuleTextSet::new(RuleTexts { rules, ..RuleTexts::default() }).unwrap()
}

fn served(set: &RuleTextSet) -> Vec<u8> {
    http(200, "content-type: application/json\r\n", &set.encode().unwrap())
}

#[test]
fn a_set_is_asked_for_by_its_digest_with_the_token() {
    let one = set("one");
    let server = Scripted::start(served(&one));
    let mut client = server.client();
    let Fetched::Set(got) = client.fetch(None) else { panic!("a set") };
    assert_eq!(*got, one);
    let head = server.heads.recv_timeout(LONG).unwrap();
    assert!(head.starts_with("get /api/v1/agents/rule-set http/1.1\r\n"), "{head}");
    assert!(head.contains("authorization: bearer token-of-n1") && !head.contains("if-none-match"), "{head}");
    server.say(http(304, "", b""));
    assert!(matches!(client.fetch(Some(one.digest())), Fetched::Same));
    let head = server.heads.recv_timeout(LONG).unwrap();
    assert!(head.contains(&format!("if-none-match: \"{}\"", one.digest())), "{head}");
    // A server that does not look at tags.
    server.say(served(&one));
    assert!(matches!(client.fetch(Some(one.digest())), Fetched::Same));
}

#[test]
fn whatever_else_is_said_is_no_set() {
    let server = Scripted::start(Vec::new());
    let mut client = server.client();
    let zeros = vec![b'0'; 26 << 20];
    let document = String::from_utf8(set("one").encode().unwrap()).unwrap();
    let error = br#"{"error":{"code":"x","message":"why of\u001b the server"}}"#;
    // Another try may do better, or not; and what is said of it.
    let cases = [
        (http(200, "", b"<html>"), false, "no set of rules"),
        (http(200, "", document.replace("one", "two").as_bytes()), false, "changed or cut"),
        (http(200, "", document.replace("rule-set/1", "rule-set/9").as_bytes()), false, "avouch.rule-set/9"),
        (http(200, "content-encoding: gzip\r\n", b"no gzip"), false, "decompress"),
        (http(200, "content-encoding: zstd\r\n", document.as_bytes()), false, "zstd"),
        (http(200, "", &zeros), false, ""),
        (http(304, "", b""), false, "304"),
        (http(503, "retry-after: 7\r\n", error), false, "why of the server"),
        (Vec::new(), false, ""),
        (b"HTTP/1.1 200 X\r\ncontent-length: 999\r\n\r\n{".to_vec(), false, ""),
        (http(302, "location: http://192.0.2.1/\r\n", b""), true, "192.0.2.1"),
        (http(401, "", error), true, "token"),
        (http(404, "", error), true, "no rules for agents (404: why of the server)"),
    ];
    for (n, (answer, refused, says)) in cases.into_iter().enumerate() {
        server.say(answer);
        let (is, why) = match client.fetch(None) {
            Fetched::Refused { why } => (true, why),
            Fetched::Failed { why, after } => {
                assert_eq!(after, says.contains("why of").then_some(Duration::from_secs(7)), "{n}");
                (false, why)
            }
            other => panic!("{n}: {other:?}"),
        };
        assert!(is == refused && why.contains(says) && !why.contains('\u{1b}'), "{n}: {why}");
    }
}

fn taken(follower: &RuleFollower) -> RuleTextSet {
    let end = Instant::now() + LONG;
    loop {
        if let Some(set) = follower.take() {
            return *set;
        }
        assert!(Instant::now() < end, "no set came; {:?}", follower.failing());
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn other_sets_are_found_and_troubles_said_and_survived() {
    let (one, two, three) = (set("one"), set("two"), set("three"));
    let server = Scripted::start(served(&one));
    let (tell, told) = channel();
    let hear = Box::new(move |line: &str| tell.send(line.to_owned()).unwrap_or(()));
    let every = Duration::from_millis(20);
    let follower = RuleFollower::start(server.client(), Some(one.digest().to_owned()), every, hear).unwrap();
    server.heads.recv_timeout(LONG).unwrap();
    server.heads.recv_timeout(LONG).unwrap();
    assert!(follower.take().is_none(), "that one is known");
    server.say(served(&two));
    assert_eq!(taken(&follower), two);
    server.say(http(500, "", b""));
    let end = Instant::now() + LONG;
    while follower.failing().is_none() {
        assert!(Instant::now() < end);
        std::thread::sleep(Duration::from_millis(2));
    }
    let line = told.recv_timeout(LONG).unwrap();
    assert!(line.contains("does not say whether there are other rules") && line.contains("old ones go on"), "{line}");
    server.say(served(&three));
    assert_eq!(taken(&follower), three);
    assert!(told.recv_timeout(LONG).unwrap().contains("gives its rules again"));
    assert!(follower.failing().is_none() && !follower.has_ended());
}

#[test]
fn one_that_is_told_to_look_does_not_wait() {
    let one = set("one");
    let server = Scripted::start(served(&one));
    let follower = RuleFollower::start(server.client(), None, 100 * LONG, Box::new(|_| ())).unwrap();
    follower.look();
    assert_eq!(taken(&follower), one);
}
