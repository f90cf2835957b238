//! gRPC calls over unix sockets: a POST over HTTP/2 whose body is a five-byte frame and a protobuf message.

use std::path::Path;

use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt, Full};
use prost::Message;

use crate::errors::RuntimeError;
use crate::http::{Exchange, collect, connect, send_h2};

/// Status "not found".
const NOT_FOUND: &str = "5";
/// Status "unimplemented".
const UNIMPLEMENTED: &str = "12";
/// Flag and length before each message.
const FRAME: usize = 5;

/// Where calls go.
#[derive(Clone, Copy)]
pub(crate) struct Channel<'a> {
    pub(crate) socket: &'a Path,
    /// Bytes that an answer may have.
    pub(crate) limit: usize,
}

impl Channel<'_> {
    fn place(&self) -> String {
        self.socket.display().to_string()
    }

    /// One message for one message; `None` when the other side says "not found" or does not know the call.
    ///
    /// `namespace` is containerd's; other servers do not look at it.
    pub(crate) async fn call<A: Message + Default>(
        &self,
        method: &str,
        namespace: Option<&str>,
        request: &impl Message,
    ) -> Result<Option<A>, RuntimeError> {
        self.call_encoded(method, namespace, &request.encode_to_vec()).await
    }

    /// The same with a message that is encoded already.
    pub(crate) async fn call_encoded<A: Message + Default>(
        &self,
        method: &str,
        namespace: Option<&str>,
        request: &[u8],
    ) -> Result<Option<A>, RuntimeError> {
        let place = self.place();
        let exchange = self.start(method, namespace, request).await?;
        let headers = exchange.response.headers().clone();
        let (bytes, trailers) = collect(&place, method, exchange, self.limit).await?;
        match status(trailers.as_ref().unwrap_or(&headers)).or_else(|| status(&headers)) {
            Some((code, _)) if code == "0" => {}
            Some((code, _)) if code == NOT_FOUND || code == UNIMPLEMENTED => return Ok(None),
            Some((code, message)) => {
                let status = format!("gRPC status {code}: {message}");
                return Err(RuntimeError::Refused { place, operation: method.to_owned(), status });
            }
            None => return Err(RuntimeError::Protocol { place, problem: "no gRPC status".to_owned() }),
        }
        let mut buffer = bytes.to_vec();
        match self.message(method, &mut buffer)? {
            Some(message) => Ok(Some(message)),
            None => Err(self.unreadable(method, "no message")),
        }
    }

    /// A stream of messages; `None` when the other side does not know the call.
    pub(crate) async fn stream(
        &self,
        method: &str,
        request: &impl Message,
    ) -> Result<Option<Messages<'_>>, RuntimeError> {
        let exchange = self.start(method, None, &request.encode_to_vec()).await?;
        if let Some((code, message)) = status(exchange.response.headers()).filter(|(code, _)| code != "0") {
            if code == UNIMPLEMENTED {
                return Ok(None);
            }
            let status = format!("gRPC status {code}: {message}");
            return Err(RuntimeError::Refused { place: self.place(), operation: method.to_owned(), status });
        }
        Ok(Some(Messages { channel: *self, method: method.to_owned(), exchange, buffer: Vec::new() }))
    }

    async fn start(&self, method: &str, namespace: Option<&str>, message: &[u8]) -> Result<Exchange, RuntimeError> {
        let place = self.place();
        let mut body = vec![0];
        body.extend_from_slice(&u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes());
        body.extend_from_slice(message);
        let mut builder = Request::post(format!("http://localhost{method}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers");
        if let Some(namespace) = namespace {
            builder = builder.header("containerd-namespace", namespace);
        }
        let request = builder
            .body(Full::new(Bytes::from(body)))
            .map_err(|e| RuntimeError::Protocol { place: place.clone(), problem: e.to_string() })?;
        send_h2(&place, connect(self.socket).await?, request).await
    }

    /// Takes the first whole message off the buffer.
    fn message<A: Message + Default>(&self, method: &str, buffer: &mut Vec<u8>) -> Result<Option<A>, RuntimeError> {
        let Some(&[flag, a, b, c, d]) = buffer.first_chunk::<FRAME>() else { return Ok(None) };
        if flag != 0 {
            return Err(self.unreadable(method, "compressed, which nobody asked for"));
        }
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        if length > self.limit {
            let operation = method.to_owned();
            return Err(RuntimeError::TooLarge { place: self.place(), operation, limit: self.limit });
        }
        let Some(bytes) = buffer.get(FRAME..FRAME + length) else { return Ok(None) };
        let message = A::decode(bytes).map_err(|e| self.unreadable(method, &e.to_string()))?;
        buffer.drain(..FRAME + length);
        Ok(Some(message))
    }

    fn unreadable(&self, method: &str, problem: &str) -> RuntimeError {
        let (operation, problem) = (method.to_owned(), problem.to_owned());
        RuntimeError::Unreadable { place: self.place(), operation, problem }
    }
}

/// Status and its text, when the headers hold one.
fn status(headers: &HeaderMap) -> Option<(String, String)> {
    let text = |name: &str| headers.get(name).map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
    Some((text("grpc-status")?, text("grpc-message").unwrap_or_default()))
}

/// Messages as they come.
pub(crate) struct Messages<'a> {
    channel: Channel<'a>,
    method: String,
    exchange: Exchange,
    buffer: Vec<u8>,
}

impl Messages<'_> {
    /// The next message; `None` at the end.
    pub(crate) async fn next<A: Message + Default>(&mut self) -> Result<Option<A>, RuntimeError> {
        loop {
            if let Some(message) = self.channel.message(&self.method, &mut self.buffer)? {
                return Ok(Some(message));
            }
            match self.exchange.response.body_mut().frame().await {
                None => return Ok(None),
                Some(Err(e)) => {
                    return Err(RuntimeError::Protocol { place: self.channel.place(), problem: e.to_string() });
                }
                Some(Ok(frame)) => match frame.data_ref() {
                    Some(data) => self.buffer.extend_from_slice(data),
                    None => {
                        if let Some((code, message)) = frame.trailers_ref().and_then(status).filter(|(c, _)| c != "0") {
                            let (place, operation) = (self.channel.place(), self.method.clone());
                            let status = format!("gRPC status {code}: {message}");
                            return Err(RuntimeError::Refused { place, operation, status });
                        }
                    }
                },
            }
        }
    }
}
