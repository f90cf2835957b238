//! One call to the cluster's API.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::request::Builder;
use hyper::body::Body;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::access::Access;
use crate::errors::RuntimeError;
use crate::http::{Exchange, send};

/// The API, in words.
pub(super) fn place(access: &Access) -> String {
    format!("{}:{}", access.host, access.port)
}

pub(super) async fn in_time<T>(
    place: &str,
    limit: Duration,
    work: impl Future<Output = Result<T, RuntimeError>>,
) -> Result<T, RuntimeError> {
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| Err(RuntimeError::Timeout(place.to_owned())))
}

/// Sends a request with our credentials; anything but success is an error.
pub(super) async fn request<B>(access: &Access, request: Builder, body: B) -> Result<Exchange, RuntimeError>
where
    B: Body<Data = Bytes, Error = Infallible> + Send + 'static,
{
    let place = place(access);
    let mut request = request.header("host", &place);
    if let Some(value) = access.authorization()? {
        request = request.header("authorization", value);
    }
    let request =
        request.body(body).map_err(|e| RuntimeError::Protocol { place: place.clone(), problem: e.to_string() })?;
    let operation = request.uri().to_string();
    let failed = |source| RuntimeError::Connect { place: place.clone(), source };
    let stream = TcpStream::connect((access.host.as_str(), access.port)).await.map_err(failed)?;
    let exchange = match &access.tls {
        None => send(&place, stream, request).await?,
        Some((config, name)) => {
            let name: ServerName<'static> = name.clone();
            let stream = TlsConnector::from(Arc::clone(config)).connect(name, stream).await.map_err(failed)?;
            send(&place, stream, request).await?
        }
    };
    let status = exchange.response.status();
    if status.is_success() {
        return Ok(exchange);
    }
    Err(RuntimeError::Refused { place, operation, status: status.to_string() })
}
