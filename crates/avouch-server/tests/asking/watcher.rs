//! Somebody who watches the live stream.

use std::io::{BufRead, BufReader, ErrorKind, Read as _, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::common::{Caller, TestServer};

/// An open stream.
pub(crate) struct Watcher {
    lines: BufReader<TcpStream>,
    pub(crate) status: u16,
}

/// An event of it.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) id: Option<u64>,
    pub(crate) data: Json,
}

impl Watcher {
    /// Opens a stream and reads its head. In HTTP/1.0 the body comes as it is, without chunks.
    pub(crate) fn open(server: &TestServer, caller: &Caller, query: &str, last: Option<u64>) -> Self {
        let mut socket = TcpStream::connect(server.running().at()).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let cookie = caller.cookie.as_deref().unwrap_or_default();
        let last = last.map(|last| format!("last-event-id: {last}\r\n")).unwrap_or_default();
        let token = caller.token.as_ref().map(|t| format!("authorization: Bearer {t}\r\n")).unwrap_or_default();
        let head =
            format!("GET /api/v1/stream?{query} HTTP/1.0\r\nhost: localhost\r\ncookie: {cookie}\r\n{token}{last}\r\n");
        socket.write_all(head.as_bytes()).unwrap();
        let mut watcher = Self { lines: BufReader::new(socket), status: 0 };
        watcher.status = watcher.line().split(' ').nth(1).unwrap().parse().unwrap();
        while !watcher.line().is_empty() {}
        watcher
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert!(self.lines.read_line(&mut line).unwrap() > 0, "the stream ended");
        line.trim_end_matches(['\r', '\n']).to_owned()
    }

    /// Reads until the server ends it; how long that took.
    pub(crate) fn end(mut self) -> Duration {
        let begun = Instant::now();
        let ended = self.lines.read_to_end(&mut Vec::new());
        // It does not end well: the connection is broken off.
        let open = ended.is_err_and(|e| matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut));
        assert!(!open, "the stream goes on");
        begun.elapsed()
    }

    /// The next event.
    pub(crate) fn next(&mut self) -> Event {
        let (mut name, mut id, mut data) = (String::new(), None, String::new());
        loop {
            let line = self.line();
            match line.split_once(':') {
                None if line.is_empty() && !data.is_empty() => {
                    return Event { name, id, data: serde_json::from_str(&data).unwrap() };
                }
                Some(("event", value)) => value.trim().clone_into(&mut name),
                Some(("id", value)) => id = value.trim().parse().ok(),
                Some(("data", value)) => data.push_str(value),
                _ => {}
            }
        }
    }

    /// The next event that is not about health.
    pub(crate) fn news(&mut self) -> Event {
        loop {
            let event = self.next();
            if event.name != "health" {
                return event;
            }
        }
    }

    /// News up to and with the finding of that id.
    pub(crate) fn until(&mut self, id: &str) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            let event = self.news();
            let last = event.name == "finding" && event.data["id"] == id;
            events.push(event);
            if last {
                return events;
            }
        }
    }
}

/// Ids of the findings among events.
pub(crate) fn ids(events: &[Event]) -> Vec<String> {
    let findings = events.iter().filter(|event| event.name == "finding");
    findings.map(|event| event.data["id"].as_str().unwrap().to_owned()).collect()
}
