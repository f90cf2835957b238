//! A small HTTP server that answers as the test says.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

use crate::world::PATIENCE;

/// A request as it came over the wire.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What the server does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Status, further headers, body.
    Say(u16, &'static str, String),
    /// Closes the connection without a word.
    HangUp,
    /// Never answers.
    Silence,
}

pub(crate) fn ok() -> Reply {
    Reply::Say(200, "", "ok".to_owned())
}

pub(crate) fn say(status: u16) -> Reply {
    Reply::Say(status, "", String::new())
}

#[derive(Default)]
struct State {
    requests: Mutex<Vec<Request>>,
    came: Condvar,
}

/// The server. Its threads end with the test.
#[derive(Clone)]
pub(crate) struct Sink {
    pub(crate) url: String,
    state: Arc<State>,
}

impl Sink {
    /// `answer` gets each request and its number, from 0.
    pub(crate) fn start(answer: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State::default());
        let (answer, shared) = (Arc::new(answer), Arc::clone(&state));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (answer, state) = (Arc::clone(&answer), Arc::clone(&shared));
                std::thread::spawn(move || {
                    let Ok(mut stream) = stream else { return };
                    while let Some(request) = read(&mut stream) {
                        let number = {
                            let mut requests = state.requests.lock().unwrap();
                            requests.push(request.clone());
                            requests.len() - 1
                        };
                        state.came.notify_all();
                        match answer(&request, number) {
                            Reply::Say(status, headers, body) => {
                                let head =
                                    format!("HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\n\r\n", body.len());
                                if stream.write_all((head + &body).as_bytes()).is_err() {
                                    return;
                                }
                            }
                            Reply::HangUp => return,
                            // Until the other side gives up.
                            Reply::Silence => drop(stream.read(&mut [0])),
                        }
                    }
                });
            }
        });
        Self { url, state }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.state.requests.lock().unwrap().clone()
    }

    pub(crate) fn wait_for(&self, count: usize) -> Vec<Request> {
        let requests = self.state.requests.lock().unwrap();
        let (requests, late) = self.state.came.wait_timeout_while(requests, PATIENCE, |all| all.len() < count).unwrap();
        assert!(!late.timed_out(), "request {count} never came");
        requests.clone()
    }
}

fn read(stream: &mut TcpStream) -> Option<Request> {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let mut storage = [httparse::EMPTY_HEADER; 64];
        let mut parsed = httparse::Request::new(&mut storage);
        if let httparse::Status::Complete(start) = parsed.parse(&bytes).unwrap() {
            let text = |h: &httparse::Header<'_>| String::from_utf8(h.value.to_vec()).unwrap();
            let headers: Vec<(String, String)> =
                parsed.headers.iter().map(|h| (h.name.to_lowercase(), text(h))).collect();
            let length = headers.iter().find(|(n, _)| n == "content-length").map_or(0, |(_, v)| v.parse().unwrap());
            if bytes.len() >= start + length {
                let body = bytes[start..start + length].to_vec();
                return Some(Request { path: parsed.path.unwrap().to_owned(), headers, body });
            }
        }
        match stream.read(&mut chunk) {
            Ok(n) if n > 0 => bytes.extend_from_slice(&chunk[..n]),
            _ => return None,
        }
    }
}

/// A gate that holds whoever comes until it is opened.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    pub(crate) fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    pub(crate) fn pass(&self) {
        let open = self.0.0.lock().unwrap();
        drop(self.0.1.wait_timeout_while(open, PATIENCE, |open| !*open).unwrap());
    }
}
