//! A small server with a model of a ledger, in moods.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;

use avouch_forward::{Ack, Batch, Limits, PATH, Refused, accept, refusal};

/// What it does with a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mood {
    /// What it should.
    Kind,
    /// Anything, by a seed.
    Wild(u64),
    /// Answers with a status.
    Answer(u16),
    /// Asks for a wait of so many seconds.
    Busy(u64),
    /// Takes so many facts at once.
    AtMost(usize),
    /// Answers with these words and 200.
    Say(&'static str),
}

/// What it has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    last: BTreeMap<String, u64>,
    /// Text of the facts, by run.
    pub(crate) facts: BTreeMap<String, Vec<String>>,
    pub(crate) repeats: u64,
    pub(crate) holes: usize,
    /// Requests that were not answered as they should.
    pub(crate) failed: u64,
}

#[derive(Debug)]
struct Inner {
    mood: Mood,
    ledger: Ledger,
    requests: u64,
    random: u64,
    /// A new one for each life of the server: connections of an earlier one are cut.
    life: u64,
    stop: bool,
}

pub(crate) struct TestServer {
    inner: Arc<Mutex<Inner>>,
    port: u16,
    thread: Option<JoinHandle<()>>,
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.stop();
    }
}

impl TestServer {
    pub(crate) fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let random = if let Mood::Wild(seed) = mood { seed } else { 1 };
        let inner = Inner { mood, ledger: Ledger::default(), requests: 0, random, life: 0, stop: false };
        let inner = Arc::new(Mutex::new(inner));
        let thread = Some(listen(listener, Arc::clone(&inner)));
        Self { inner, port, thread }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no test thread panicked")
    }

    pub(crate) fn ledger(&self) -> Ledger {
        self.lock().ledger.clone()
    }

    pub(crate) fn requests(&self) -> u64 {
        self.lock().requests
    }

    pub(crate) fn set(&self, mood: Mood) {
        self.lock().mood = mood;
    }

    pub(crate) fn cheer_up(&self) {
        self.set(Mood::Kind);
    }

    fn stop(&mut self) {
        self.lock().stop = true;
        // Wakes the listener.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the listener ends");
        }
    }

    /// Ends it with all its connections and starts it anew with the same ledger.
    pub(crate) fn restart(&mut self) {
        self.stop();
        let mut inner = self.lock();
        (inner.stop, inner.life) = (false, inner.life + 1);
        drop(inner);
        let listener = TcpListener::bind(("127.0.0.1", self.port)).expect("the same port");
        self.thread = Some(listen(listener, Arc::clone(&self.inner)));
    }
}

fn listen(listener: TcpListener, inner: Arc<Mutex<Inner>>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            if inner.lock().expect("lives").stop {
                return;
            }
            let inner = Arc::clone(&inner);
            std::thread::spawn(move || serve(stream.expect("a connection"), &inner));
        }
    })
}

/// Serves a connection until it ends, or somebody lets it fall.
fn serve(mut stream: TcpStream, inner: &Mutex<Inner>) {
    let life = inner.lock().expect("lives").life;
    while let Some(request) = read(&mut stream) {
        let mut inner = inner.lock().expect("lives");
        if inner.stop || inner.life != life {
            return;
        }
        inner.requests += 1;
        let Some(answer) = answer(&mut inner, &request) else { return };
        let falls = inner.life != life;
        drop(inner);
        if stream.write_all(&answer).is_err() || falls {
            return;
        }
    }
}

struct Request {
    path: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    loop {
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut request = httparse::Request::new(&mut headers);
        if let httparse::Status::Complete(front) = request.parse(&bytes).expect("HTTP") {
            let headers: BTreeMap<String, String> = request
                .headers
                .iter()
                .map(|h| (h.name.to_ascii_lowercase(), String::from_utf8_lossy(h.value).into_owned()))
                .collect();
            let length: usize = headers["content-length"].parse().expect("a length");
            let path = format!("{} {}", request.method.expect("a method"), request.path.expect("a path"));
            let mut body = bytes.split_off(front);
            let have = body.len();
            body.resize(length, 0);
            stream.read_exact(&mut body[have..]).ok()?;
            return Some(Request { path, headers, body });
        }
        let mut more = [0; 4096];
        match stream.read(&mut more) {
            Ok(n) if n > 0 => bytes.extend_from_slice(&more[..n]),
            _ => return None,
        }
    }
}

fn http(status: u16, header: &str, body: &str) -> Option<Vec<u8>> {
    Some(format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n{header}\r\n{body}", body.len()).into_bytes())
}

fn record(ledger: &mut Ledger, batch: &Batch, most: usize) -> String {
    let last = ledger.last.entry(batch.sender.run.clone()).or_default();
    let plan = accept(batch, *last);
    ledger.repeats += plan.repeated;
    let (mut refused, mut before) = (Vec::new(), *last);
    for fact in batch.facts[plan.new].iter().take(most) {
        if let Some(reason) = refusal(&batch.sender, fact) {
            refused.push(Refused { seq: fact.seq, reason });
            *last = fact.seq;
            continue;
        }
        // As a ledger sees it: what was refused is missing as well.
        ledger.holes += usize::from(fact.seq > before + 1);
        (*last, before) = (fact.seq, fact.seq);
        let text = fact.body["reason"].as_str().unwrap_or_default().to_owned();
        ledger.facts.entry(batch.sender.run.clone()).or_default().push(text);
    }
    let ack =
        Ack { run: batch.sender.run.clone(), acknowledged_seq: *last, refused_count: refused.len() as u64, refused };
    serde_json::to_string(&ack).expect("JSON")
}

/// The answer; `None` lets the connection fall.
fn answer(inner: &mut Inner, request: &Request) -> Option<Vec<u8>> {
    assert_eq!(request.path, format!("POST {PATH}"));
    assert_eq!(request.headers["authorization"], "Bearer token-of-n1");
    let encoding = request.headers.get("content-encoding").map(String::as_str);
    let batch = Batch::decode(&request.body, encoding, &Limits::default()).expect("a batch");
    let error = r#"{"error":{"code":"x","message":"why of the server"}}"#;
    match inner.mood {
        Mood::Kind => http(200, "", &record(&mut inner.ledger, &batch, usize::MAX)),
        Mood::Answer(status) => http(status, "", error),
        Mood::Busy(seconds) => http(429, &format!("retry-after: {seconds}\r\n"), error),
        Mood::AtMost(most) if batch.facts.len() > most => http(413, "", error),
        Mood::AtMost(_) => http(200, "", &record(&mut inner.ledger, &batch, usize::MAX)),
        Mood::Say(words) => http(200, "", words),
        Mood::Wild(_) => {
            inner.random ^= inner.random << 13;
            inner.random ^= inner.random >> 7;
            inner.random ^= inner.random << 17;
            inner.ledger.failed += 1;
            match inner.random % 12 {
                0 => None,
                1 => http(500, "", ""),
                2 => http(429, "retry-after: 0\r\n", error),
                3 => http(503, "", "<html>"),
                // Everything is recorded, and the answer lost: at once, in its middle, or changed on the way.
                4 => {
                    record(&mut inner.ledger, &batch, usize::MAX);
                    None
                }
                5 => {
                    let whole = record(&mut inner.ledger, &batch, usize::MAX);
                    let mut bytes = http(200, "", &whole)?;
                    bytes.truncate(bytes.len() / 2);
                    // The rest never comes: a length that is not kept, and the end.
                    inner.life += 1;
                    Some(bytes)
                }
                6 => {
                    record(&mut inner.ledger, &batch, usize::MAX);
                    http(502, "", "bad gateway")
                }
                // A part is recorded, and so it says.
                7 => http(200, "", &record(&mut inner.ledger, &batch, batch.facts.len() / 2 + 1)),
                // A part is recorded, and it dies.
                8 => {
                    record(&mut inner.ledger, &batch, batch.facts.len() / 2);
                    None
                }
                _ => {
                    inner.ledger.failed -= 1;
                    http(200, "", &record(&mut inner.ledger, &batch, usize::MAX))
                }
            }
        }
    }
}
