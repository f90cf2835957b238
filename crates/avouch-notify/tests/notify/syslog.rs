//! A real syslog daemon (rsyslog) reads our messages over UDP and TCP, and says what it made of their parts; a server of the
//! test's own reads them over TLS.

use std::io::Read as _;
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use avouch_finding::{Delivered, Finding, Severity};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::receiver::{Running, certificate, free_port, installed, runs};
use crate::world::{PATIENCE, Tell as _, World, finding, start};

fn yaml(port: u16, more: &str) -> String {
    format!(
        "channels: [{{name: log, to: {{syslog: {{host: localhost, port: {port}, {more}}}}}, retry: {{attempts: 2, first: 10ms}}}}]
routes: [{{name: all, channels: [log], group_wait: 0s, group_by: []}}]"
    )
}

#[test]
fn rsyslog_reads_every_part_over_udp_and_tcp() {
    let program = "rsyslogd";
    if !installed("rsyslog_reads_every_part_over_udp_and_tcp", "rsyslog", || runs(program, &["-v"])) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (udp, tcp) = (free_port(), free_port());
    let out = folder.path().join("out");
    let conf = folder.path().join("rsyslog.conf");
    let text = format!(
        r#"global(workDirectory="{0}")
module(load="imudp")
module(load="imtcp")
input(type="imudp" address="127.0.0.1" port="{udp}")
input(type="imtcp" address="127.0.0.1" port="{tcp}")
template(name="parts" type="string" string="%syslogfacility-text%|%syslogseverity%|%hostname%|%app-name%|%msgid%|%timereported:::date-rfc3339%|%structured-data%|%msg%\n")
action(type="omfile" file="{1}" template="parts")
"#,
        folder.path().display(),
        out.display()
    );
    std::fs::write(&conf, text).unwrap();
    let child = Command::new(program)
        .args(["-n", "-f"])
        .arg(&conf)
        .arg("-i")
        .arg(folder.path().join("pid"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _running = Running(child);
    let since = Instant::now();
    while TcpStream::connect(("127.0.0.1", tcp)).is_err() {
        assert!(since.elapsed() < PATIENCE, "rsyslog does not start");
        std::thread::sleep(Duration::from_millis(50));
    }
    let read = |lines: usize| loop {
        let text = std::fs::read_to_string(&out).unwrap_or_default();
        if text.lines().count() >= lines {
            return text;
        }
        assert!(since.elapsed() < PATIENCE, "only: {text}");
        std::thread::sleep(Duration::from_millis(20));
    };
    for (port, protocol, before) in [(tcp, "tcp", 0), (udp, "udp", 2)] {
        let (notifier, receipts) =
            start(&yaml(port, &format!("protocol: {protocol}, facility: local3")), &World::new(&[]));
        let forged =
            Finding { output: "ö\n<34>1 - - - - - - forged".to_owned(), ..finding(2, "b \"]\\", Severity::Low) };
        notifier.findings(&[finding(1, "a", Severity::Critical), forged]);
        let receipt = receipts.wait_for(1).remove(0);
        assert_eq!(receipt.state, Delivered::Delivered, "{}", receipt.answer);
        assert!(receipt.answer.contains("not confirm") || receipt.answer.contains("nothing is known"));
        let text = read(before + 2);
        let lines: Vec<&str> = text.lines().skip(before).collect();
        assert_eq!(lines.len(), 2, "{protocol}: a line end begins no message\n{text}");
        assert!(
            lines[0].starts_with("local3|2|node-1|avouch|finding|2026-11-26T10:00:00.000000Z|[avouch@32473 finding="),
            "{text}"
        );
        assert!(lines[0].contains(" rule=\"a\" ") && lines[0].contains(" criteria=\"CC6.1,CC7.2\" "));
        assert!(lines[0].trim_end().ends_with("a: number 1 of a"), "{text}");
        assert!(lines[1].starts_with("local3|5|") && lines[1].contains(r#" rule="b \"\]\\" "#), "{text}");
    }
}

#[test]
fn syslog_over_tls_is_counted_octets_to_whom_the_certificate_says() {
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = certificate(folder.path());
    let chain: Vec<_> = CertificateDer::pem_file_iter(&cert).unwrap().map(Result::unwrap).collect();
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_file(&key).unwrap())
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        // Whoever does not trust the certificate hangs up.
        loop {
            let (stream, _) = listener.accept().unwrap();
            let connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut text = String::new();
            if rustls::StreamOwned::new(connection, stream).read_to_string(&mut text).is_ok() && !text.is_empty() {
                return text;
            }
        }
    });
    let (stranger, _) = start(&yaml(port, "protocol: tls"), &World::new(&[]));
    let refused = stranger.test("log").unwrap();
    assert_eq!(refused.state, Delivered::Failed, "{}", refused.answer);
    let (notifier, receipts) = start(&yaml(port, &format!("protocol: tls, ca: '{cert}'")), &World::new(&[]));
    notifier.findings(&[finding(1, "a", Severity::High), finding(2, "é", Severity::High)]);
    let receipt = receipts.wait_for(1).remove(0);
    assert_eq!(receipt.state, Delivered::Delivered, "{}", receipt.answer);
    let text = thread.join().unwrap();
    let mut rest = text.as_bytes();
    let mut messages = 0;
    while !rest.is_empty() {
        let blank = rest.iter().position(|b| *b == b' ').unwrap();
        let count: usize = std::str::from_utf8(&rest[..blank]).unwrap().parse().unwrap();
        assert!(rest[blank + 1..].starts_with(b"<83>1 "), "{text}");
        rest = &rest[blank + 1 + count..];
        messages += 1;
    }
    assert_eq!(messages, 2);
}

#[test]
fn a_daemon_that_is_not_there_is_a_failure() {
    let port = free_port();
    let (notifier, receipts) = start(&yaml(port, "protocol: tcp"), &World::new(&[]));
    notifier.findings(&[finding(1, "a", Severity::High)]);
    let receipt = receipts.wait_for(1).remove(0);
    assert_eq!((receipt.state, receipt.attempts), (Delivered::Failed, 2));
    assert!(receipt.answer.starts_with(&format!("localhost:{port} failed")), "{}", receipt.answer);
}
