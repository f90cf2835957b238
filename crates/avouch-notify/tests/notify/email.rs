//! A real mail server (aiosmtpd) takes our mail, open and over STARTTLS and TLS, with and without a password.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};

use avouch_finding::{Delivered, Finding, Severity};

use crate::receiver::{Running, certificate, installed, runs};
use crate::world::{Tell as _, World, finding, start};

/// Prints its port, then each mail as a line of JSON. Arguments: mode, certificate, key, replies before it takes a mail.
const SERVER: &str = r#"
import asyncio, json, ssl, sys
from aiosmtpd.smtp import SMTP, AuthResult
mode, cert, key, refusals = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4].split(',') if sys.argv[4] else []
context = None
if mode != 'none':
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
class Handler:
    async def handle_DATA(self, server, session, envelope):
        if refusals:
            return refusals.pop(0) + ' not now'
        print(json.dumps({'from': envelope.mail_from, 'to': envelope.rcpt_tos, 'tls': session.ssl is not None or mode == 'tls',
            'user': session.auth_data.login.decode() if session.auth_data else None,
            'data': envelope.content.decode('utf-8')}), flush=True)
        return '250 taken'
def check(server, session, envelope, mechanism, data):
    return AuthResult(success=data.login == b'avouch' and data.password == b'hunter2hunter2', handled=False, auth_data=data)
def smtp():
    auth = mode != 'none'
    return SMTP(Handler(), tls_context=context if mode == 'starttls' else None, require_starttls=mode == 'starttls',
        authenticator=check if auth else None, auth_required=auth, auth_require_tls=mode == 'starttls', hostname='localhost')
async def main():
    server = await asyncio.get_running_loop().create_server(smtp, '127.0.0.1', 0, ssl=context if mode == 'tls' else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"#;

const PYTHON: &str = "/usr/bin/python3";

struct Server {
    _running: Running,
    port: String,
    out: BufReader<ChildStdout>,
}

impl Server {
    fn start(mode: &str, certificate: &str, key: &str, refusals: &str) -> Self {
        let mut child: Child = Command::new(PYTHON)
            .args(["-c", SERVER, mode, certificate, key, refusals])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut port = String::new();
        out.read_line(&mut port).unwrap();
        Self { _running: Running(child), port: port.trim().to_owned(), out }
    }

    fn mail(&mut self) -> serde_json::Value {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

fn can(test: &str) -> bool {
    installed(test, "python3-aiosmtpd", || runs(PYTHON, &["-c", "import aiosmtpd"]))
}

fn yaml(port: &str, more: &str) -> String {
    format!(
        "console: https://c.example
channels:
  - name: mail
    to: {{email: {{host: localhost, port: {port}, from: 'Avouch <avouch@example.org>', to: [a@example.org, 'B <b@example.org>'], {more}}}}}
    retry: {{attempts: 3, first: 10ms}}
routes: [{{name: all, channels: [mail], group_wait: 0s, group_by: []}}]"
    )
}

#[test]
fn mail_is_delivered_after_a_passing_failure_and_nothing_hostile_gets_into_its_headers() {
    if !can("mail_is_delivered_after_a_passing_failure_and_nothing_hostile_gets_into_its_headers") {
        return;
    }
    let mut server = Server::start("none", "", "", "451");
    let (notifier, receipts) = start(&yaml(&server.port, "security: none"), &World::new(&[]));
    let rule = "evil\r\nBcc: victim@example.org\r\n\r\n<b>body</b>";
    let hostile =
        Finding { output: "<script>x</script>\r\n.\r\nQUIT".to_owned(), ..finding(1, rule, Severity::Critical) };
    notifier.findings(&[hostile]);
    let mail = server.mail();
    let receipt = receipts.wait_for(1).remove(0);
    assert_eq!((receipt.state, receipt.attempts, receipt.answer.as_str()), (Delivered::Delivered, 2, "250 taken"));
    assert_eq!(mail["to"], serde_json::json!(["a@example.org", "b@example.org"]));
    let data = mail["data"].as_str().unwrap();
    let (head, body) = data.split_once("\r\n\r\n").unwrap();
    assert!(!head.lines().any(|line| line.to_lowercase().starts_with("bcc")), "{head}");
    for header in ["Subject: ", "From: ", "Message-ID: <", "References: <", "Date: "] {
        assert!(head.contains(header), "no {header} in {head}");
    }
    assert!(body.contains("text/plain") && body.contains("text/html"));
    assert!(!body.contains("<script>") || body.find("<script>") < body.find("text/html"), "raw only in the plain part");
}

#[test]
fn mail_goes_over_tls_with_a_password() {
    if !can("mail_goes_over_tls_with_a_password") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = certificate(folder.path());
    for mode in ["starttls", "tls"] {
        let mut server = Server::start(mode, &certificate, &key, "");
        let more = format!("security: {mode}, user: avouch, password: 'env:PASSWORD', ca: '{certificate}'");
        let world = World::new(&[("PASSWORD", "hunter2hunter2")]);
        let (notifier, receipts) = start(&yaml(&server.port, &more), &world);
        notifier.findings(&[finding(1, "r", Severity::High)]);
        let receipt = receipts.wait_for(1).remove(0);
        assert_eq!(receipt.state, Delivered::Delivered, "{mode}: {}", receipt.answer);
        let mail = server.mail();
        assert_eq!((&mail["tls"], &mail["user"]), (&true.into(), &"avouch".into()));
        // A wrong password is a no, and is not told.
        world.set("PASSWORD", "wrongwrong");
        notifier.reload(avouch_notify::Config::parse("x", &yaml(&server.port, &more)).unwrap()).unwrap();
        let receipt = notifier.test("mail").unwrap();
        assert_eq!(receipt.state, Delivered::Failed);
        assert!(receipt.answer.contains("535") && !receipt.answer.contains("wrongwrong"), "{}", receipt.answer);
    }
}

#[test]
fn mail_is_not_sent_where_the_server_is_not_who_it_should_be_or_has_no_tls() {
    if !can("mail_is_not_sent_where_the_server_is_not_who_it_should_be_or_has_no_tls") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = certificate(folder.path());
    let world = World::new(&[("PASSWORD", "hunter2hunter2")]);
    let login = "user: avouch, password: 'env:PASSWORD'";
    // A certificate that nobody trusts; a server that offers no TLS.
    for (mode, security) in [("starttls", "starttls"), ("tls", "tls"), ("none", "starttls")] {
        let server = Server::start(mode, &certificate, &key, "");
        let (notifier, _) = start(&yaml(&server.port, &format!("security: {security}, {login}")), &world);
        let receipt = notifier.test("mail").unwrap();
        assert_eq!(receipt.state, Delivered::Failed, "{mode} {}", receipt.answer);
    }
    let (notifier, _) = start(&yaml("1", &format!("security: none, {login}")), &world);
    assert!(notifier.status().channels[0].broken.as_ref().is_some_and(|why| why.contains("open connection")));
}

#[test]
fn what_a_mail_server_refuses_for_good_is_not_tried_again() {
    if !can("what_a_mail_server_refuses_for_good_is_not_tried_again") {
        return;
    }
    let server = Server::start("none", "", "", "554,554,554");
    let (notifier, receipts) = start(&yaml(&server.port, "security: none"), &World::new(&[]));
    notifier.findings(&[finding(1, "r", Severity::High)]);
    let receipt = receipts.wait_for(1).remove(0);
    assert_eq!((receipt.state, receipt.attempts), (Delivered::Failed, 1), "{}", receipt.answer);
    std::io::stdout().flush().unwrap();
}
