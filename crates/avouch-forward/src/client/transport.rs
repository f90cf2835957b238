//! One request and what its answer means.

use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value as Json;
use ureq::Agent;
use ureq::http::{Request, Response};

use super::pace::retry_after;
use super::server::{Server, ServerError};
use crate::spool::Outgoing;
use crate::wire::{Ack, CONTENT_TYPE};

/// Most bytes of an answer.
const MAX_ANSWER: u64 = 1 << 20;

/// Bodies below are not worth compressing.
const SMALL: usize = 1 << 10;

/// What became of a batch.
#[derive(Debug)]
pub(super) enum Answer {
    /// The server has it, as far as it says.
    Acked(Ack),
    /// It may have it or not, and another try may do better.
    Failed { why: String, after: Option<Duration> },
    /// Somebody has to do something before another try can do better.
    Refused { why: String },
    /// A smaller batch may be taken.
    TooLarge { why: String },
}

/// A body as it is sent.
pub(super) struct Body {
    bytes: Vec<u8>,
    gzip: bool,
}

impl Body {
    pub(super) fn of(batch: &Outgoing) -> Self {
        let plain = || Self { bytes: batch.body.clone(), gzip: false };
        if batch.body.len() < SMALL {
            return plain();
        }
        let mut encoder = GzEncoder::new(Vec::with_capacity(batch.body.len() / 4), Compression::fast());
        let bytes = encoder.write_all(&batch.body).and_then(|()| encoder.finish());
        bytes.map_or_else(|_| plain(), |bytes| Self { bytes, gzip: true })
    }
}

/// Sends batches to one server.
pub(super) struct Transport {
    server: Server,
    client: Option<(Agent, Option<String>)>,
}

impl Transport {
    /// Reads what is needed to talk to the server.
    pub(super) fn new(server: Server) -> Result<Self, ServerError> {
        let client = Some(server.connect(1)?);
        Ok(Self { server, client })
    }

    /// Sends a batch and waits for the answer.
    pub(super) fn send(&mut self, body: &Body) -> Answer {
        let answer = self.try_send(body);
        if matches!(answer, Answer::Failed { after: None, .. } | Answer::Refused { .. }) {
            // A new connection, with a token and certificates that may have been replaced.
            self.client = None;
        }
        answer
    }

    fn try_send(&mut self, body: &Body) -> Answer {
        if self.client.is_none() {
            match self.server.connect(1) {
                Ok(client) => self.client = Some(client),
                Err(error) => return Answer::Refused { why: chain(&error) },
            }
        }
        let failed = |why: String| Answer::Failed { why, after: None };
        let Some((agent, bearer)) = &self.client else { return failed(String::new()) };
        let mut request = Request::builder().method("POST").uri(self.server.url()).header("content-type", CONTENT_TYPE);
        if body.gzip {
            request = request.header("content-encoding", "gzip");
        }
        if let Some(bearer) = bearer {
            request = request.header("authorization", bearer);
        }
        let request = match request.body(&body.bytes[..]) {
            Ok(request) => request,
            Err(error) => return Answer::Refused { why: error.to_string() },
        };
        match agent.run(request) {
            Ok(response) => read(response),
            Err(error) => failed(error.to_string()),
        }
    }
}

fn read(mut response: Response<ureq::Body>) -> Answer {
    let status = response.status().as_u16();
    let header = |name| response.headers().get(name).and_then(|v| v.to_str().ok());
    let after = header("retry-after").and_then(retry_after);
    let place = header("location").map(short).unwrap_or_default();
    let bytes = match response.body_mut().with_config().limit(MAX_ANSWER).read_to_vec() {
        Ok(bytes) => bytes,
        Err(error) => return Answer::Failed { why: error.to_string(), after: None },
    };
    let why = |what: &str| format!("{what} ({status}{})", message(&bytes));
    match status {
        200..=299 => match serde_json::from_slice(&bytes) {
            Ok(ack) => Answer::Acked(ack),
            // A proxy's page, or no avouch server.
            Err(_) => Answer::Failed { why: why("its answer is no acknowledgement"), after: None },
        },
        300..=399 => Answer::Refused { why: why(&format!("it sends on to `{place}`, which is not followed")) },
        401 => Answer::Refused { why: why("it does not know the token") },
        403 => Answer::Refused { why: why("the token may not send these facts") },
        413 => Answer::TooLarge { why: why("the batch is too large for it") },
        408 | 425 | 429 | 500.. => Answer::Failed { why: why("it cannot take facts now"), after },
        404 | 405 => Answer::Refused { why: why("no server of avouch takes facts there") },
        _ => Answer::Refused { why: why("it does not take what is sent") },
    }
}

/// What an answer says of an error, when it says it in our form.
pub(super) fn message(bytes: &[u8]) -> String {
    let json: Option<Json> = serde_json::from_slice(bytes).ok();
    let text = json.as_ref().and_then(|json| json.get("error")?.get("message")?.as_str());
    text.map(|text| format!(": {}", short(text))).unwrap_or_default()
}

/// A text of somebody else for the terminal.
pub(super) fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// An error with its causes.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut out = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        out.push_str(": ");
        out.push_str(&error.to_string());
        cause = error.source();
    }
    out
}
