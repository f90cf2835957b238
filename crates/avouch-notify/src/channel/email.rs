//! Mail, over SMTP.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{SmtpTransport, Transport as _};
use serde::{Deserialize, Serialize};

use super::{Answer, Channel, Opened, SendError};
use crate::message::Message;
use crate::net::io_words;
use crate::outside::Outside;
use crate::secret::{Secret, SecretRef, scrub};
use crate::text::{body, facts, lines, plain, summary, title};

/// Findings that are shown.
const SHOWN: usize = 20;

/// What it needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The mail server.
    pub host: String,
    /// Its port; 587, 465 or 25, after `security`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// How the connection is protected.
    #[serde(default)]
    pub security: Security,
    /// Name to log in with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Where the password stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<SecretRef>,
    /// The sender.
    pub from: Address,
    /// Who gets it.
    pub to: Vec<Address>,
    /// Certificates to trust beside those of the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
}

/// How the connection is protected. A password is never sent over one that is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// It begins open and must change to TLS; else nothing is sent.
    #[default]
    Starttls,
    /// TLS from the start.
    Tls,
    /// Not at all, for a relay on the same machine.
    None,
}

/// An address, with or without a name: `Avouch <avouch@example.org>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address(Mailbox);

impl TryFrom<String> for Address {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self).map_err(|_| "an address of mail is `name@host` or `Name <name@host>`")
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.0.to_string()
    }
}

impl Config {
    pub(super) fn open(&self, timeout: Duration, outside: &Arc<dyn Outside>) -> Opened {
        let mut secrets = Vec::new();
        let mut builder = SmtpTransport::builder_dangerous(&self.host)
            .timeout(Some(timeout))
            .hello_name(ClientId::Domain("avouch.invalid".to_owned()));
        let port = match self.security {
            Security::Starttls => 587,
            Security::Tls => 465,
            Security::None => 25,
        };
        builder = builder.port(self.port.unwrap_or(port));
        if self.security != Security::None {
            let mut tls = TlsParameters::builder(self.host.clone());
            if let Some(path) = &self.ca {
                let wrong = |e: &dyn std::fmt::Display| format!("certificates `{}`: {e}", path.display());
                let pem = std::fs::read(path).map_err(|e| wrong(&e))?;
                tls = tls.add_root_certificate(Certificate::from_pem(&pem).map_err(|e| wrong(&e))?);
            }
            let tls = tls.build_rustls().map_err(|e| format!("TLS cannot be set up: {e}"))?;
            builder = builder.tls(if self.security == Security::Tls { Tls::Wrapper(tls) } else { Tls::Required(tls) });
        }
        match (&self.user, &self.password) {
            (Some(_), Some(_)) if self.security == Security::None => {
                return Err("a password is not sent over an open connection; set `security`".to_owned());
            }
            (Some(user), Some(at)) => {
                let password = outside.secret(at)?;
                builder = builder.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
                secrets.push(password);
            }
            (None, None) => {}
            _ => return Err("`user` and `password` go together".to_owned()),
        }
        let (from, to) = (self.from.0.clone(), self.to.iter().map(|a| a.0.clone()).collect::<Vec<_>>());
        if to.is_empty() {
            return Err("`to` names nobody".to_owned());
        }
        Ok(Box::new(Email { smtp: builder.build(), host: self.host.clone(), from, to, secrets }))
    }
}

struct Email {
    smtp: SmtpTransport,
    host: String,
    from: Mailbox,
    to: Vec<Mailbox>,
    secrets: Vec<Secret>,
}

impl Channel for Email {
    fn send(&self, message: &Message, _: &mut usize) -> Result<Answer, SendError> {
        // Mail programs show what refers to the same id as one thread.
        let domain = self.from.email.domain();
        let thread = format!("<{}@{domain}>", message.group);
        let mut mail = lettre::Message::builder()
            .from(self.from.clone())
            .subject(title(message))
            .message_id(Some(format!("<{}@{domain}>", message.id)))
            .references(thread.clone())
            .in_reply_to(thread);
        for to in &self.to {
            mail = mail.to(to.clone());
        }
        let parts = MultiPart::alternative_plain_html(body(message, SHOWN), html(message));
        let mail = mail.multipart(parts).map_err(|e| SendError::never(format!("the mail cannot be written: {e}")))?;
        match self.smtp.send(&mail) {
            Ok(response) => {
                let said: Vec<&str> = response.message().collect();
                Ok(Answer(plain(&scrub(&format!("{} {}", response.code(), said.join(" ")), &self.secrets), 200)))
            }
            Err(error) => {
                let why = plain(&scrub(&format!("{} {}", self.host, words(&error)), &self.secrets), 300);
                // A 5xx is a no, and so is what this side cannot do; anything else may pass.
                let no = error.is_permanent() || error.is_client();
                Err(if no { SendError::never(why) } else { SendError::again(why) })
            }
        }
    }
}

/// An error with its causes. Some print their cause themselves.
fn words(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |e| e.source());
    if let Some(io) = causes.clone().find_map(|e| e.downcast_ref::<std::io::Error>()) {
        return io_words(io);
    }
    let add = |text: String, cause: String| if text.contains(&cause) { text } else { format!("{text}: {cause}") };
    let said = causes.map(ToString::to_string).reduce(add).unwrap_or_default();
    format!("said no: {said}")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

/// No styles and no pictures: nothing that is fetched, and readable in any program.
fn html(message: &Message) -> String {
    let mut out = format!("<h3>{}</h3>\n<p>{}</p>\n", escape(&title(message)), escape(&summary(message)));
    for finding in message.findings.iter().take(SHOWN) {
        out += &format!("<hr>\n<pre>{}</pre>\n<table>\n", escape(&lines(&finding.output, 2000)));
        for (name, value) in facts(finding) {
            out += &format!("<tr><td><b>{name}</b></td><td>{}</td></tr>\n", escape(&value));
        }
        out += "</table>\n";
        if let Some(link) = message.link(finding) {
            out += &format!("<p><a href=\"{0}\">{0}</a></p>\n", escape(&link));
        }
    }
    match message.more(SHOWN) {
        0 => {}
        n => out += &format!("<p>{n} more are not shown here.</p>\n"),
    }
    format!("<!doctype html>\n<html><head><meta charset=\"utf-8\"></head><body>\n{out}</body></html>\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn hostile_texts_are_no_html() {
        let mut message = sample::message(1);
        let finding = &mut Arc::make_mut(&mut message.findings[0]).finding;
        finding.output = "<script>alert(1)</script>".to_owned();
        finding.rule = "a\"><img src=x onerror=y>".to_owned();
        let html = html(&message);
        assert!(!html.contains("<script") && !html.contains("<img"), "{html}");
        assert!(html.contains("&lt;script&gt;alert(1)"));
    }
}
