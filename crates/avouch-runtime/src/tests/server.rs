//! Servers for tests: HTTP and gRPC over unix sockets, HTTP over loopback.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::channel::Channel;
use http_body_util::{BodyExt, combinators::BoxBody};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

/// What a request asked.
pub(super) struct Asked {
    pub(super) path: String,
    /// Body without the frame of gRPC.
    pub(super) body: Vec<u8>,
    pub(super) namespace: String,
    pub(super) authorization: String,
}

/// What a server does with it.
pub(super) enum Reply {
    /// JSON or text, with a status of HTTP.
    Text(u16, String),
    /// Text in parts; after the last one the connection stays open.
    Open(Vec<String>),
    /// A message of gRPC.
    Message(Vec<u8>),
    /// Messages of gRPC; after the last one the stream stays open.
    Messages(Vec<Vec<u8>>),
    /// A status of gRPC.
    Status(u32),
    /// Any bytes as body of gRPC, with status 0.
    Raw(Vec<u8>),
    /// No answer, ever.
    Hang,
    /// The connection ends.
    Close,
}

type Handler = dyn Fn(Asked) -> Reply + Send + Sync;

#[derive(Clone)]
enum Speaks {
    Http,
    Https(TlsAcceptor),
    Grpc,
}

/// A server, until it is dropped.
pub(super) struct Server {
    pub(super) path: PathBuf,
    pub(super) address: Option<SocketAddr>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(super) fn http(path: &Path, handler: impl Fn(Asked) -> Reply + Send + Sync + 'static) -> Self {
        Self::start(Some(path), Speaks::Http, Arc::new(handler))
    }

    pub(super) fn grpc(path: &Path, handler: impl Fn(Asked) -> Reply + Send + Sync + 'static) -> Self {
        Self::start(Some(path), Speaks::Grpc, Arc::new(handler))
    }

    pub(super) fn loopback(handler: impl Fn(Asked) -> Reply + Send + Sync + 'static) -> Self {
        Self::start(None, Speaks::Http, Arc::new(handler))
    }

    /// Over TLS, with the PEM of the authority that a client must trust.
    pub(super) fn tls(handler: impl Fn(Asked) -> Reply + Send + Sync + 'static) -> (Self, String) {
        let signed = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(signed.signing_key.serialize_der().into());
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![signed.cert.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        (Self::start(None, Speaks::Https(acceptor), Arc::new(handler)), signed.cert.pem())
    }

    fn start(path: Option<&Path>, speaks: Speaks, handler: Arc<Handler>) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (stop, stopped) = oneshot::channel();
        let guard = runtime.enter();
        let unix = path.map(|p| tokio::net::UnixListener::bind(p).unwrap());
        let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = path.is_none().then(|| tcp.local_addr().unwrap());
        tcp.set_nonblocking(true).unwrap();
        let tcp = tokio::net::TcpListener::from_std(tcp).unwrap();
        drop(guard);
        let accept = async move {
            loop {
                let handler = Arc::clone(&handler);
                match &unix {
                    Some(unix) => serve(unix.accept().await.unwrap().0, speaks.clone(), handler),
                    None => serve(tcp.accept().await.unwrap().0, speaks.clone(), handler),
                }
            }
        };
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! { () = accept => {}, _ = stopped => {} }
            });
            runtime.shutdown_timeout(Duration::from_millis(10));
        });
        let path = path.map(Path::to_owned).unwrap_or_default();
        Self { path, address, stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        self.thread.take().unwrap().join().unwrap();
        if self.address.is_none() {
            std::fs::remove_file(&self.path).unwrap();
        }
    }
}

fn serve<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(stream: S, speaks: Speaks, handler: Arc<Handler>) {
    tokio::spawn(async move {
        let service = service_fn(move |request| answer(request, Arc::clone(&handler)));
        // A client that leaves, or a reply that closes, ends the connection with an error that nobody needs.
        let http = hyper::server::conn::http1::Builder::new();
        match speaks {
            Speaks::Http => drop(http.serve_connection(TokioIo::new(stream), service).await),
            Speaks::Https(acceptor) => {
                if let Ok(stream) = acceptor.accept(stream).await {
                    drop(http.serve_connection(TokioIo::new(stream), service).await);
                }
            }
            Speaks::Grpc => {
                let builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                drop(builder.serve_connection(TokioIo::new(stream), service).await);
            }
        }
    });
}

type Body = BoxBody<Bytes, std::io::Error>;

async fn answer(request: Request<Incoming>, handler: Arc<Handler>) -> Result<Response<Body>, std::io::Error> {
    let header = |name: &str| request.headers().get(name).map_or("", |v| v.to_str().unwrap()).to_owned();
    let (namespace, authorization) = (header("containerd-namespace"), header("authorization"));
    let path = request.uri().path_and_query().unwrap().to_string();
    let grpc = header("content-type") == "application/grpc";
    let body = request.into_body().collect().await.unwrap().to_bytes().to_vec();
    let body = if grpc { body[5..].to_vec() } else { body };
    let (mut sender, channel) = Channel::<Bytes, std::io::Error>::new(8);
    let status = |code: u32| {
        let mut trailers = HeaderMap::new();
        trailers.insert("grpc-status", HeaderValue::from(code));
        trailers
    };
    let mut code = 200;
    let (parts, trailers, open) = match handler(Asked { path, body, namespace, authorization }) {
        Reply::Text(http, text) => {
            code = http;
            (vec![text.into_bytes()], None, false)
        }
        Reply::Open(parts) => (parts.into_iter().map(String::into_bytes).collect(), None, true),
        Reply::Message(message) => (vec![frame(&message)], Some(status(0)), false),
        Reply::Messages(messages) => (messages.iter().map(|m| frame(m)).collect(), None, true),
        Reply::Status(code) => (Vec::new(), Some(status(code)), false),
        Reply::Raw(bytes) => (vec![bytes], Some(status(0)), false),
        Reply::Hang => std::future::pending().await,
        Reply::Close => return Err(std::io::Error::other("closed")),
    };
    tokio::spawn(async move {
        for part in parts {
            if sender.send_data(part.into()).await.is_err() {
                return;
            }
        }
        match trailers {
            Some(trailers) => drop(sender.send_trailers(trailers).await),
            None if open => std::future::pending().await,
            None => {}
        }
    });
    Ok(Response::builder().status(code).body(channel.boxed()).unwrap())
}

fn frame(message: &[u8]) -> Vec<u8> {
    let mut out = vec![0];
    out.extend_from_slice(&u32::try_from(message.len()).unwrap().to_be_bytes());
    out.extend_from_slice(message);
    out
}
