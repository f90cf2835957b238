//! The listening loop: plain or TLS, HTTP/1.1 and HTTP/2, bounded in connections and in time, ended in good order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// Connections at a time at most. More wait in the kernel's queue.
const CONNECTIONS: usize = 1_024;
/// How long a caller may take for a handshake, and for the head of a request.
const HEAD: Duration = Duration::from_secs(10);
/// How long open requests may go on once the server is to end.
const LAST: Duration = Duration::from_secs(5);

/// Certificates that a caller showed and that were checked.
#[derive(Clone, Debug)]
pub struct PeerCertificates(pub Arc<[CertificateDer<'static>]>);

/// Serves until `stopping`, and then until open requests are answered or [`LAST`] is over.
pub async fn serve(listener: TcpListener, tls: Option<Arc<ServerConfig>>, router: Router, stopping: CancellationToken) {
    let acceptor = tls.map(TlsAcceptor::from);
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { break };
        let accepted = tokio::select! {
            () = stopping.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Most often no descriptor is left: some connection has to end first.
                crate::log::complain(&format!("a connection could not be taken: {error}"));
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let (router, acceptor, watcher) = (router.clone(), acceptor.clone(), graceful.watcher());
        tokio::spawn(async move {
            let Some(acceptor) = acceptor else {
                connection(stream, router, peer, None, watcher, permit).await;
                return;
            };
            // Who fails the handshake is told by TLS itself; there is nothing to serve.
            if let Some((stream, certificates)) = handshake(&acceptor, stream).await {
                connection(stream, router, peer, certificates, watcher, permit).await;
            }
        });
    }
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(LAST) => {}
    }
}

async fn handshake(
    acceptor: &TlsAcceptor,
    stream: TcpStream,
) -> Option<(tokio_rustls::server::TlsStream<TcpStream>, Option<PeerCertificates>)> {
    let stream = tokio::time::timeout(HEAD, acceptor.accept(stream)).await.ok()?.ok()?;
    let certificates = stream.get_ref().1.peer_certificates();
    let certificates = certificates.map(|list| PeerCertificates(list.iter().map(|c| c.clone().into_owned()).collect()));
    Some((stream, certificates))
}

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    peer: SocketAddr,
    certificates: Option<PeerCertificates>,
    watcher: hyper_util::server::graceful::Watcher,
    permit: OwnedSemaphorePermit,
) {
    let service = router.map_request(move |request: axum::http::Request<hyper::body::Incoming>| {
        let mut request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        if let Some(certificates) = &certificates {
            request.extensions_mut().insert(certificates.clone());
        }
        request
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(128)
        .keep_alive_interval(Some(Duration::from_secs(20)));
    let served = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)).into_owned();
    // Callers go away in the middle of things; that is theirs to do.
    watcher.watch(served).await.unwrap_or(());
    drop(permit);
}
