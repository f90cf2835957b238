//! Fields of a message written to the system log, `<priority>text` (RFC 3164).

use avouch_event::FieldType as T;

use super::ctx::{Ctx, text, uint, word};
use super::evt;
use super::row::{Class, Row};

const C: Class = Class("syslog");

/// Facilities by their numbers.
const FACILITIES: [&str; 24] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "clock", "authpriv", "ftp", "ntp",
    "logaudit", "logalert", "cron", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
];

/// Severities by their numbers.
const SEVERITIES: [&str; 8] = ["emerg", "alert", "crit", "err", "warn", "notice", "info", "debug"];

/// A message and its priority: eight times the facility plus the severity.
struct Message<'e> {
    priority: u16,
    text: &'e [u8],
}

fn parse(data: &[u8]) -> Option<Message<'_>> {
    let rest = data.strip_prefix(b"<")?;
    let end = rest.iter().take(5).position(|b| *b == b'>')?;
    let priority = std::str::from_utf8(rest.get(..end)?).ok()?.parse().ok()?;
    let text = rest.get(end + 1..)?;
    Some(Message { priority, text: text.strip_suffix(b"\0").unwrap_or(text) })
}

fn message<'e>(c: &Ctx<'e>) -> Option<Message<'e>> {
    if !evt::is_syslog(c) {
        return None;
    }
    parse(evt::data(c)?)
}

pub(super) const ROWS: &[Row] = &[
    C.field("syslog.facility", T::Uint64, "Facility of a log message, 0 to 23.", |c, _| {
        uint(message(c)?.priority >> 3)
    }),
    C.text("syslog.facility.str", "Facility of a log message, by name (`authpriv`).", |c, _| {
        word(FACILITIES.get(usize::from(message(c)?.priority >> 3)).copied().unwrap_or("<NA>"))
    }),
    C.field("syslog.severity", T::Uint64, "Severity of a log message, 0 (emergency) to 7 (debug).", |c, _| {
        uint(message(c)?.priority & 7)
    }),
    C.text("syslog.severity.str", "Severity of a log message, by name (`warn`).", |c, _| {
        word(SEVERITIES.get(usize::from(message(c)?.priority & 7)).copied().unwrap_or("<NA>"))
    }),
    C.text("syslog.message", "Text of a log message, as far as captured.", |c, _| text(message(c)?.text)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn priority_is_facility_and_severity() {
        let m = parse(b"<86>Aug 17 sshd[1]: session opened\0").unwrap();
        assert_eq!((m.priority >> 3, m.priority & 7, m.text), (10, 6, &b"Aug 17 sshd[1]: session opened"[..]));
        for bad in [&b""[..], b"no priority", b"<>x", b"<12", b"<123456>x", b"<-1>x"] {
            assert!(parse(bad).is_none());
        }
    }
}
