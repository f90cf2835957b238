//! HTTP calls over unix sockets and other streams, one connection a call: runtimes restart, and a fresh connection needs no
//! repair.

use std::convert::Infallible;
use std::path::Path;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty, Full, Limited};
use hyper::body::{Body, Incoming};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UnixStream;
use tokio::task::JoinHandle;

use crate::errors::RuntimeError;

/// A response and the task that moves its bytes, which ends with it.
pub(crate) struct Exchange {
    pub(crate) response: Response<Incoming>,
    _connection: Connection,
}

struct Connection(JoinHandle<()>);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.abort();
    }
}

pub(crate) async fn connect(socket: &Path) -> Result<UnixStream, RuntimeError> {
    UnixStream::connect(socket).await.map_err(|source| {
        let place = socket.display().to_string();
        match source.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::ConnectionRefused => RuntimeError::NotThere(place),
            _ => RuntimeError::Connect { place, source },
        }
    })
}

fn protocol(place: &str) -> impl Fn(hyper::Error) -> RuntimeError + '_ {
    move |e| RuntimeError::Protocol { place: place.to_owned(), problem: e.to_string() }
}

/// Sends a request over HTTP/1.
pub(crate) async fn send<S, B>(place: &str, stream: S, request: Request<B>) -> Result<Exchange, RuntimeError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    B: Body<Data = Bytes, Error = Infallible> + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(protocol(place))?;
    let connection = Connection(tokio::spawn(async move {
        // The sender learns of a broken connection from its own call.
        drop(connection.await);
    }));
    let response = sender.send_request(request).await.map_err(protocol(place))?;
    Ok(Exchange { response, _connection: connection })
}

/// Sends one message over HTTP/2.
pub(crate) async fn send_h2<S>(place: &str, stream: S, request: Request<Full<Bytes>>) -> Result<Exchange, RuntimeError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.map_err(protocol(place))?;
    let connection = Connection(tokio::spawn(async move { drop(connection.await) }));
    let response = sender.send_request(request).await.map_err(protocol(place))?;
    Ok(Exchange { response, _connection: connection })
}

/// All of an answer's body, when it is no larger than the limit; trailers too.
pub(crate) async fn collect(
    place: &str,
    operation: &str,
    exchange: Exchange,
    limit: usize,
) -> Result<(Bytes, Option<http::HeaderMap>), RuntimeError> {
    let Exchange { response, _connection } = exchange;
    let collected = Limited::new(response.into_body(), limit).collect().await.map_err(|e| {
        if e.downcast_ref::<http_body_util::LengthLimitError>().is_some() {
            RuntimeError::TooLarge { place: place.to_owned(), operation: operation.to_owned(), limit }
        } else {
            RuntimeError::Protocol { place: place.to_owned(), problem: e.to_string() }
        }
    })?;
    let trailers = collected.trailers().cloned();
    Ok((collected.to_bytes(), trailers))
}

/// A GET request without body.
pub(crate) fn get(place: &str, host: &str, path: &str) -> Result<Request<Empty<Bytes>>, RuntimeError> {
    Request::get(path)
        .header(http::header::HOST, host)
        .body(Empty::new())
        .map_err(|e| RuntimeError::Protocol { place: place.to_owned(), problem: e.to_string() })
}

/// The JSON that a unix socket gives for a path; `None` when it says "not found".
pub(crate) async fn get_json(socket: &Path, path: &str, limit: usize) -> Result<Option<Value>, RuntimeError> {
    let place = socket.display().to_string();
    let exchange = send(&place, connect(socket).await?, get(&place, "localhost", path)?).await?;
    match exchange.response.status() {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND => return Ok(None),
        status => {
            let (operation, status) = (path.to_owned(), status.to_string());
            return Err(RuntimeError::Refused { place, operation, status });
        }
    }
    let (bytes, _) = collect(&place, path, exchange, limit).await?;
    match serde_json::from_slice(&bytes) {
        Ok(value) => Ok(Some(value)),
        Err(e) => Err(RuntimeError::Unreadable { place, operation: path.to_owned(), problem: e.to_string() }),
    }
}

/// Lines of a body that goes on.
pub(crate) struct Lines {
    exchange: Exchange,
    place: String,
    limit: usize,
    buffer: Vec<u8>,
}

impl Lines {
    pub(crate) fn new(place: String, exchange: Exchange, limit: usize) -> Self {
        Self { exchange, place, limit, buffer: Vec::new() }
    }

    /// The next line; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<u8>>, RuntimeError> {
        loop {
            if let Some(end) = self.buffer.iter().position(|b| *b == b'\n') {
                let rest = self.buffer.split_off(end + 1);
                let mut line = std::mem::replace(&mut self.buffer, rest);
                line.pop();
                return Ok(Some(line));
            }
            if self.buffer.len() > self.limit {
                let (place, operation) = (self.place.clone(), "stream".to_owned());
                return Err(RuntimeError::TooLarge { place, operation, limit: self.limit });
            }
            match self.exchange.response.body_mut().frame().await {
                None => return Ok(None),
                Some(Err(e)) => return Err(protocol(&self.place)(e)),
                Some(Ok(frame)) => {
                    if let Some(data) = frame.data_ref() {
                        self.buffer.extend_from_slice(data);
                    }
                }
            }
        }
    }
}
