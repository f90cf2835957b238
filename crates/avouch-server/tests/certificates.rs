//! Agents with client certificates in place of tokens.

#![expect(clippy::unwrap_used, reason = "a test")]

mod common;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use avouch_finding::{Gap, Time};
use avouch_forward::{Config, Forwarder, Most, Options, Pace, Sender, Server, Spool, Status};
use avouch_server::{TlsFiles, tls};
use common::TestServer;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

const LONG: Duration = Duration::from_secs(60);

/// A made-up authority.
struct Authority(CertifiedIssuer<'static, KeyPair>, PathBuf);

impl Authority {
    fn new(dir: &Path) -> Self {
        std::fs::create_dir_all(dir).unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        std::fs::write(dir.join("ca.pem"), issuer.pem()).unwrap();
        Self(issuer, dir.to_owned())
    }

    fn ca(&self) -> PathBuf {
        self.1.join("ca.pem")
    }

    /// Files of a certificate for these names, and of its key.
    fn issue(&self, names: &[&str]) -> (PathBuf, PathBuf) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>()).unwrap();
        let certificate = params.signed_by(&key, &*self.0).unwrap();
        let files = (self.1.join(format!("{}.pem", names[0])), self.1.join(format!("{}.key", names[0])));
        std::fs::write(&files.0, certificate.pem()).unwrap();
        std::fs::write(&files.1, key.serialize_pem()).unwrap();
        files
    }
}

/// Sends one fact of `node` with a certificate, until it is acknowledged or refused.
fn send(at: &TestServer, authority: &Authority, client: (PathBuf, PathBuf), node: &str) -> Status {
    let dir = tempfile::tempdir().unwrap();
    let sender = Sender { node: node.into(), cluster: String::new(), run: "a".into(), version: String::new() };
    let (mut spool, outbox, _) = Spool::open(dir.path(), Options::new(1 << 20), sender).unwrap();
    spool.record(&Gap { node: node.into(), to: Time(1), ..Gap::default() }.into(), Time(1)).unwrap();
    spool.flush(Time(1)).unwrap();
    let mut server = Server::new(&format!("https://localhost:{}", at.running().at().port())).unwrap();
    (server.ca, server.client) = (Some(authority.ca()), Some(client));
    let ms = Duration::from_millis;
    let pace = Pace { first: ms(1), longest: ms(20), refused: ms(20) };
    let forwarder = Forwarder::start(outbox, Config { server, most: Most::default(), pace }, Box::new(|_| ())).unwrap();
    let begun = Instant::now();
    while begun.elapsed() < LONG {
        let status = forwarder.status();
        if status.sent > 0 || status.failing.is_some() {
            break;
        }
        std::thread::sleep(ms(10));
    }
    spool.end(Time(2)).unwrap();
    forwarder.finish(ms(200))
}

#[test]
fn a_certificate_of_one_name_speaks_for_the_node_of_that_name_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (own, strange) = (Authority::new(&dir.path().join("own")), Authority::new(&dir.path().join("strange")));
    let (certificate, key) = own.issue(&["localhost"]);
    let files = TlsFiles { certificate, key, client_ca: Some(own.ca()) };
    let server = TestServer::with(tempfile::tempdir().unwrap(), |options| options.tls = Some(tls(&files).unwrap()));

    let status = send(&server, &own, own.issue(&["node-7"]), "node-7");
    assert_eq!((status.sent, status.failing), (1, None));
    for (client, node, why) in [
        (own.issue(&["node-8"]), "node-7", "may not send facts of node"),
        (own.issue(&["node-9", "node-10"]), "node-9", "log in first"),
    ] {
        let status = send(&server, &own, client, node);
        let failing = status.failing.unwrap();
        assert!(status.sent == 0 && failing.refused && failing.why.contains(why), "{failing:?}");
    }
    // One of an authority that the server does not know never gets as far as to speak.
    let status = send(&server, &own, strange.issue(&["node-7"]), "node-7");
    assert!(status.sent == 0 && status.failing.is_some(), "{status:?}");
    assert_eq!(server.running().app().ingest.counted().now().recorded, 1);
}
