//! A syslog daemon: RFC 5424, over UDP (RFC 5426), TCP with counted octets (RFC 6587, 3.4.1) or TLS (RFC 5425).
//!
//! Syslog has no answer. Over UDP nothing is known of what becomes of a message; over TCP and TLS the daemon is waited for to
//! close the connection, after which it has read everything.

use std::io::{self, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs as _, UdpSocket};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use avouch_finding::{Finding, Severity, Time};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, crypto::ring};
use serde::{Deserialize, Serialize};

use super::{Answer, Channel, Opened, SendError};
use crate::message::Message;
use crate::net::{io_words, roots};
use crate::outside::Outside;
use crate::text::{cut_bytes, plain};

/// Enterprise number of the structured data: the one that RFC 5612 keeps for examples, for avouch has none of its own.
const ENTERPRISE: u32 = 32_473;
/// Most bytes of a message. RFC 5426 wants receivers to take 2048 over UDP; over TCP 8192 is what rsyslog takes.
const MAX_UDP: usize = 2048;
const MAX_TCP: usize = 8192;
/// How long a daemon has to close a connection that has ended.
const CLOSE: Duration = Duration::from_secs(2);

/// What it needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The daemon's machine.
    pub host: String,
    /// Its port; 514, over TLS 6514.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// How it is sent.
    #[serde(default)]
    pub protocol: Protocol,
    /// Facility of the messages.
    #[serde(default)]
    pub facility: Facility,
    /// Enterprise number of the structured data.
    #[serde(default = "enterprise")]
    pub enterprise: u32,
    /// Certificates to trust beside those of the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
}

fn enterprise() -> u32 {
    ENTERPRISE
}

/// How it is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "self-explanatory")]
pub enum Protocol {
    Udp,
    #[default]
    Tcp,
    Tls,
}

/// Facility, of those that suit; the numbers are RFC 5424's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "self-explanatory")]
pub enum Facility {
    User = 1,
    Daemon = 3,
    Auth = 4,
    #[default]
    Authpriv = 10,
    Audit = 13,
    Local0 = 16,
    Local1 = 17,
    Local2 = 18,
    Local3 = 19,
    Local4 = 20,
    Local5 = 21,
    Local6 = 22,
    Local7 = 23,
}

impl Config {
    pub(super) fn open(&self, timeout: Duration, _: &Arc<dyn Outside>) -> Opened {
        let tls = match self.protocol {
            Protocol::Tls => {
                let mut store = RootCertStore::empty();
                store.add_parsable_certificates(roots(self.ca.as_deref())?);
                let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
                let builder = builder.with_safe_default_protocol_versions().map_err(|e| e.to_string())?;
                let name = ServerName::try_from(self.host.clone()).map_err(|_| "`host` is no name of a host")?;
                Some((Arc::new(builder.with_root_certificates(store).with_no_client_auth()), name))
            }
            Protocol::Udp | Protocol::Tcp => None,
        };
        Ok(Box::new(Syslog { config: self.clone(), timeout, tls }))
    }
}

struct Syslog {
    config: Config,
    timeout: Duration,
    tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
}

impl Channel for Syslog {
    fn send(&self, message: &Message, done: &mut usize) -> Result<Answer, SendError> {
        let sent = match (self.config.protocol, &self.tls) {
            (Protocol::Udp, _) => self.udp(message, done),
            (_, None) => self.connect().and_then(|stream| self.stream(stream, message, done)),
            (_, Some((config, name))) => self.connect().and_then(|stream| {
                let connection = ClientConnection::new(Arc::clone(config), name.clone()).map_err(io::Error::other)?;
                self.stream(StreamOwned::new(connection, stream), message, done)
            }),
        };
        let wrong = |e: io::Error| SendError::again(format!("{}:{} {}", self.config.host, self.port(), io_words(&e)));
        sent.map(|said| Answer(said.to_owned())).map_err(wrong)
    }
}

/// What can end the sending side of a connection.
trait Ends: Write + io::Read {
    fn end(&mut self) -> io::Result<()>;
}

impl Ends for TcpStream {
    fn end(&mut self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

impl Ends for StreamOwned<ClientConnection, TcpStream> {
    fn end(&mut self) -> io::Result<()> {
        self.conn.send_close_notify();
        self.flush()?;
        self.sock.shutdown(Shutdown::Write)
    }
}

impl Syslog {
    fn port(&self) -> u16 {
        self.config.port.unwrap_or(if self.config.protocol == Protocol::Tls { 6514 } else { 514 })
    }

    fn connect(&self) -> io::Result<TcpStream> {
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for address in (self.config.host.as_str(), self.port()).to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, self.timeout) {
                Ok(stream) => {
                    stream.set_write_timeout(Some(self.timeout))?;
                    // For the handshake of TLS, and for the end.
                    stream.set_read_timeout(Some(self.timeout.min(CLOSE)))?;
                    return Ok(stream);
                }
                Err(e) => last = e,
            }
        }
        Err(last)
    }

    fn stream(&self, mut stream: impl Ends, message: &Message, done: &mut usize) -> io::Result<&'static str> {
        // All or nothing: what was written before the connection broke may be lost, so that an attempt begins anew.
        let from = *done;
        for finding in message.findings.iter().skip(from) {
            let text = self.line(message, finding, MAX_TCP);
            stream.write_all(format!("{} ", text.len()).as_bytes())?;
            stream.write_all(text.as_bytes())?;
        }
        stream.flush()?;
        stream.end()?;
        *done = message.findings.len();
        let mut byte = [0; 64];
        loop {
            match stream.read(&mut byte) {
                Ok(0) => return Ok("written, and the connection closed in order; syslog does not confirm"),
                Ok(_) => {}
                Err(e) if e.kind() == io::ErrorKind::ConnectionReset => {
                    *done = from;
                    return Err(e);
                }
                Err(_) => return Ok("written; syslog does not confirm"),
            }
        }
    }

    fn udp(&self, message: &Message, done: &mut usize) -> io::Result<&'static str> {
        let to = (self.config.host.as_str(), self.port()).to_socket_addrs()?.next();
        let to = to.ok_or(io::ErrorKind::NotFound)?;
        let socket = UdpSocket::bind(if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" })?;
        socket.connect(to)?;
        for finding in message.findings.iter().skip(*done) {
            socket.send(self.line(message, finding, MAX_UDP).as_bytes())?;
            *done += 1;
        }
        Ok("sent; over UDP nothing is known of what became of it")
    }

    fn line(&self, message: &Message, finding: &Finding, most: usize) -> String {
        line(message, finding, self.config.facility as u8, self.config.enterprise, most)
    }
}

/// One finding as a message of RFC 5424.
fn line(message: &Message, finding: &Finding, facility: u8, enterprise: u32, most: usize) -> String {
    let severity = match finding.severity {
        Severity::Critical => 2,
        Severity::High => 3,
        Severity::Medium => 4,
        Severity::Low => 5,
        Severity::Informational => 6,
    };
    let subject = finding.subject();
    let criteria = finding.criteria.join(",");
    let count = message.count.to_string();
    let mut data = format!("[avouch@{enterprise}");
    for (name, value) in [
        ("finding", finding.id.as_str()),
        ("rule", &finding.rule),
        ("severity", finding.severity.name()),
        ("criteria", &criteria),
        ("source", &finding.source),
        ("cluster", &finding.cluster),
        ("node", &finding.node),
        ("namespace", subject.namespace),
        ("pod", subject.pod),
        ("container", subject.container),
        ("user", subject.user),
        ("command", subject.command),
        ("group", &message.group),
        ("count", &count),
        ("reason", message.reason.name()),
        ("test", if message.test { "true" } else { "" }),
        ("link", &message.link(finding).unwrap_or_default()),
    ] {
        if !value.is_empty() {
            // RFC 5424, 6.3.3: these three are escaped, in UTF-8.
            let value = plain(value, 120).replace('\\', "\\\\").replace('"', "\\\"").replace(']', "\\]");
            data += &format!(" {name}=\"{value}\"");
        }
    }
    data.push(']');
    let host = name(&finding.node, 255);
    let head = format!("<{}>1 {} {host} avouch - finding ", facility * 8 + severity, stamp(finding.time));
    // Structured data that is cut is none.
    let data = if head.len() + data.len() + 4 > most { "-".to_owned() } else { data };
    let mark = if message.test { "[TEST] " } else { "" };
    let text = format!("{head}{data} \u{feff}{mark}{}: {}", plain(&finding.rule, 100), plain(&finding.output, 4000));
    cut_bytes(&text, most).to_owned()
}

/// Printable ASCII without blanks, or `-` for nothing.
fn name(text: &str, most: usize) -> String {
    let plain: String = text.chars().map(|c| if c.is_ascii_graphic() { c } else { '_' }).take(most).collect();
    if plain.is_empty() { "-".to_owned() } else { plain }
}

/// RFC 5424 allows six digits of a second.
fn stamp(time: Time) -> String {
    let text = time.to_string();
    match text.split_once('.') {
        Some((seconds, rest)) => format!("{seconds}.{}Z", rest.get(..6).unwrap_or("0")),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_message_is_one_of_rfc_5424_and_hostile_texts_stay_inside() {
        let mut message = sample::message(1);
        let finding = &mut Arc::make_mut(&mut message.findings[0]).finding;
        finding.rule = r#"a"]\ b"#.to_owned();
        finding.node = "no de".to_owned();
        finding.output = "x\n<34>1 - - - - - - forged".to_owned();
        let text = line(&message, &message.findings[0], Facility::Authpriv as u8, 32_473, MAX_UDP);
        assert!(text.starts_with("<82>1 2026-11-26T10:00:00.000000Z no_de avouch - finding [avouch@32473 finding=\""));
        assert!(text.contains(r#" rule="a\"\]\\ b" "#), "{text}");
        assert!(!text.contains('\n'));
        assert!(text.contains("] \u{feff}"));
    }

    #[test]
    fn a_long_message_is_cut_where_a_receiver_would() {
        let mut message = sample::message(1);
        Arc::make_mut(&mut message.findings[0]).finding.output = "é".repeat(4000);
        for most in [MAX_UDP, MAX_TCP, 200] {
            let text = line(&message, &message.findings[0], 10, 1, most);
            assert!(text.len() <= most && text.len() >= most - 1, "{} of {most}", text.len());
        }
    }
}
