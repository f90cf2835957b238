//! TLS: the server's certificate must be vouched for, and a client certificate says who sends.

#![expect(clippy::expect_used, reason = "a test")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use avouch_finding::{Gap, Time};
use avouch_forward::{Config, Forwarder, Most, Options, Pace, Sender, Server, Spool, StartError, Token};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

const LONG: Duration = Duration::from_secs(60);

/// Certificates of a made-up authority, as files.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    dir: PathBuf,
}

impl Authority {
    fn new(dir: &Path) -> Self {
        std::fs::create_dir_all(dir).expect("a folder");
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a certificate");
        std::fs::write(dir.join("ca.pem"), issuer.pem()).expect("writes");
        Self { issuer, dir: dir.to_owned() }
    }

    fn ca(&self) -> PathBuf {
        self.dir.join("ca.pem")
    }

    /// Files of certificate and key, and both as they are.
    fn issue(&self, name: &str) -> ((PathBuf, PathBuf), (CertificateDer<'static>, PrivateKeyDer<'static>)) {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
        let certificate = params.signed_by(&key, &*self.issuer).expect("a certificate");
        let files = (self.dir.join(format!("{name}.pem")), self.dir.join(format!("{name}.key")));
        std::fs::write(&files.0, certificate.pem()).expect("writes");
        std::fs::write(&files.1, key.serialize_pem()).expect("writes");
        let der = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        (files, (certificate.der().clone(), der))
    }
}

/// A server that wants a certificate of the authority and acknowledges everything; says how many certificates the client showed, or why
/// there was no talk.
fn serve(authority: &Authority) -> (String, Receiver<Result<usize, String>>) {
    let (_, (certificate, key)) = authority.issue("localhost");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(authority.issuer.der().clone()).expect("a root");
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_client_cert_verifier(verifier.expect("a verifier"))
        .with_single_cert(vec![certificate], key)
        .expect("a certificate");
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("https://localhost:{}", listener.local_addr().expect("an address").port());
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(Arc::clone(&config)).expect("a connection");
            let mut stream = BufReader::new(StreamOwned::new(connection, stream.expect("a connection")));
            let answer = talk(&mut stream).map_err(|e| e.to_string());
            if tell.send(answer).is_err() {
                return;
            }
        }
    });
    (url, told)
}

fn talk(stream: &mut BufReader<StreamOwned<ServerConnection, std::net::TcpStream>>) -> std::io::Result<usize> {
    let (mut line, mut length) = (String::new(), 0);
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
        if line.trim().is_empty() {
            break;
        }
    }
    std::io::copy(&mut stream.by_ref().take(length), &mut std::io::sink())?;
    let shown = stream.get_ref().conn.peer_certificates().map_or(0, <[_]>::len);
    let body = r#"{"run":"a","acknowledged_seq":1}"#;
    write!(stream.get_mut(), "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())?;
    stream.get_mut().flush()?;
    Ok(shown)
}

fn config(server: Server) -> Config {
    let ms = Duration::from_millis;
    Config { server, most: Most::default(), pace: Pace { first: ms(1), longest: ms(4), refused: ms(4) } }
}

/// A queue in which one fact waits.
fn one_fact(dir: &Path) -> (Spool, avouch_forward::Outbox) {
    let sender = Sender { node: "n1".into(), cluster: String::new(), run: "a".into(), version: String::new() };
    let (mut spool, outbox, _) = Spool::open(dir, Options::new(1 << 20), sender).expect("opens");
    spool.record(&Gap { node: "n1".into(), ..Gap::default() }.into(), Time(1)).expect("records");
    spool.flush(Time(1)).expect("flushes");
    (spool, outbox)
}

#[test]
fn a_client_certificate_says_who_sends() {
    let dir = tempfile::tempdir().expect("a folder");
    let authority = Authority::new(dir.path());
    let (url, told) = serve(&authority);
    let mut server = Server::new(&url).expect("an address");
    server.ca = Some(authority.ca());
    server.client = Some(authority.issue("n1").0);
    let (spool, outbox) = one_fact(&dir.path().join("spool"));
    let forwarder = Forwarder::start(outbox, config(server), Box::new(|_| ())).expect("starts");
    assert_eq!(told.recv_timeout(LONG).expect("a request"), Ok(1));
    spool.end(Time(2)).expect("ends");
    let status = forwarder.finish(LONG);
    assert_eq!((status.sent, status.waiting, status.failing), (1, 0, None));
}

#[test]
fn without_a_certificate_or_with_a_strange_one_nothing_is_sent() {
    let dir = tempfile::tempdir().expect("a folder");
    let (authority, stranger) = (Authority::new(&dir.path().join("own")), Authority::new(&dir.path().join("strange")));
    let (url, told) = serve(&authority);
    let with = |ca: PathBuf, client: Option<(PathBuf, PathBuf)>| {
        let mut server = Server::new(&url).expect("an address");
        (server.ca, server.client, server.token) = (Some(ca), client, Token::Text("t".to_owned()));
        server
    };
    for (n, server) in [
        with(authority.ca(), None),
        with(authority.ca(), Some(stranger.issue("n1").0)),
        // The server itself is a stranger to who trusts another authority.
        with(stranger.ca(), Some(authority.issue("n1").0)),
    ]
    .into_iter()
    .enumerate()
    {
        let (spool, outbox) = one_fact(&dir.path().join(format!("spool-{n}")));
        let forwarder = Forwarder::start(outbox, config(server), Box::new(|_| ())).expect("starts");
        // Whichever side ends it, the server has not read a request.
        assert!(told.recv_timeout(LONG).expect("a try").is_err());
        // The other side is told of it a moment later.
        let end = Instant::now() + LONG;
        while forwarder.status().failing.is_none() {
            assert!(Instant::now() < end, "{n}: {:?}", forwarder.status());
            std::thread::sleep(Duration::from_millis(2));
        }
        spool.end(Time(2)).expect("ends");
        let status = forwarder.finish(Duration::from_millis(50));
        assert_eq!((status.sent, status.waiting), (0, 1), "{n}");
        assert!(status.failing.is_some());
        while told.try_recv().is_ok() {}
    }
}

#[test]
fn files_that_hold_no_certificate_are_told_at_once() {
    let dir = tempfile::tempdir().expect("a folder");
    let authority = Authority::new(dir.path());
    let (certificate, key) = authority.issue("n1").0;
    let mut n = 0;
    let mut start = |ca: &Path, client: (&Path, &Path)| {
        n += 1;
        let mut server = Server::new("https://localhost:1").expect("an address");
        (server.ca, server.client) = (Some(ca.to_owned()), Some((client.0.to_owned(), client.1.to_owned())));
        let (_spool, outbox) = one_fact(&dir.path().join(format!("spool-{n}")));
        Forwarder::start(outbox, config(server), Box::new(|_| ())).map(drop)
    };
    assert!(start(&authority.ca(), (&certificate, &key)).is_ok());
    for (ca, client) in [
        (&key, (&certificate, &key)),
        (&authority.ca(), (&key, &key)),
        (&authority.ca(), (&certificate, &certificate)),
        (&dir.path().join("none"), (&certificate, &key)),
    ] {
        assert!(matches!(start(ca, (client.0, client.1)), Err(StartError::Server(_))), "{}", ca.display());
    }
}
