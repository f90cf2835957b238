//! Texts of messages, before a medium's own escapes. Fields of findings are hostile: whoever is watched chooses the names of
//! files and processes.

use avouch_finding::Finding;

use crate::config::Label;
use crate::message::{Act, Deed, Message, Reason};

/// A text without line ends, control characters and marks that turn the direction of writing or hide, at most so many
/// characters long.
#[must_use]
pub(crate) fn plain(text: &str, most: usize) -> String {
    cut(&text.chars().take(most + 1).map(|c| if hidden(c) { '\u{fffd}' } else { c }).collect::<String>(), most)
}

/// As [`plain`], but lines stay.
#[must_use]
pub(crate) fn lines(text: &str, most: usize) -> String {
    let keep = |c: char| if hidden(c) && c != '\n' { '\u{fffd}' } else { c };
    cut(&text.chars().take(most + 1).map(keep).collect::<String>(), most)
}

fn hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// At most so many characters; a cut shows.
#[must_use]
pub(crate) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => text.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// At most so many bytes, cut between characters.
#[must_use]
pub(crate) fn cut_bytes(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|n| text.is_char_boundary(*n)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

/// `[critical] Terminal shell in container (3 findings), cluster prod`: one line, at most 200 characters.
#[must_use]
pub(crate) fn title(message: &Message) -> String {
    let mark = if message.test { "[TEST] " } else { "" };
    let mark = match message.reason {
        Reason::Late => format!("{mark}[late] "),
        Reason::Acknowledged => format!("{mark}[acknowledged] "),
        Reason::Closed => format!("{mark}[closed] "),
        Reason::Reminder => format!("{mark}[reminder] "),
        Reason::Escalation => format!("{mark}[escalation] "),
        _ => mark.to_owned(),
    };
    let rules: std::collections::BTreeSet<&str> = message.findings.iter().map(|f| f.rule.as_str()).collect();
    let what = match (message.reason, rules.len(), rules.first()) {
        (Reason::HeldBack, ..) => "held back by a limit".to_owned(),
        (_, 1, Some(rule)) => plain(rule, 100),
        (_, n, _) => format!("{n} rules"),
    };
    let count = if message.count == 1 { String::new() } else { format!(" ({} findings)", message.count) };
    let of: String = message
        .labels
        .iter()
        .filter(|(name, value)| !matches!(name, Label::Rule | Label::Finding | Label::Severity) && !value.is_empty())
        .map(|(name, value)| format!(", {} {}", name.name(), plain(value, 60)))
        .collect();
    cut(&format!("{mark}[{}] {what}{count}{of}", message.severity), 200)
}

/// One sentence about how many, since when, and what is missing.
#[must_use]
pub(crate) fn summary(message: &Message) -> String {
    let mut out = match message.count {
        1 => format!("1 finding at {}", message.last),
        n => format!("{n} findings from {} to {}", message.first, message.last),
    };
    if message.total > message.count {
        out += &format!("; {} of this group so far", message.total);
    }
    match message.reason {
        Reason::New | Reason::HeldBack => {}
        Reason::Quiet => out += "; held back in quiet hours",
        Reason::Late => out += "; old when they could be told, so that they are told in sum",
        Reason::Reminder => out += "; told before, nobody acknowledged",
        Reason::Escalation => out += "; told to others before, nobody acknowledged",
        Reason::Acknowledged | Reason::Closed => {
            out += &message.act.as_ref().map_or(String::new(), |act| format!("; {}", deed(act)));
        }
        Reason::Test => out += "; somebody tries this channel",
    }
    if message.reason == Reason::HeldBack {
        out += "; a limit of this channel held them back";
    } else if message.held_back > 0 {
        out += &format!("; {} more were held back by a limit of this channel", message.held_back);
    }
    out + "."
}

/// Who did what, and why.
#[must_use]
pub(crate) fn deed(act: &Act) -> String {
    let what = match act.deed {
        Deed::Acknowledged => "acknowledged".to_owned(),
        Deed::Decided(decision) => format!("decided ({})", decision.name()),
    };
    let note = if act.note.is_empty() { String::new() } else { format!(": {}", plain(&act.note, 500)) };
    format!("{what} by {}{note}", plain(&act.by, 100))
}

/// What a finding says, in order: name and value, one line each, none empty.
#[must_use]
pub(crate) fn facts(finding: &Finding) -> Vec<(&'static str, String)> {
    let subject = finding.subject();
    let lost = finding.lost_events.map_or(String::new(), |n| format!("{n} events were lost around it"));
    let unknown = if finding.container_unknown { "nothing was known of its container" } else { "" };
    [
        ("Rule", finding.rule.as_str()),
        ("Severity", finding.severity.name()),
        ("Time", &finding.time.to_string()),
        ("Criteria", &finding.criteria.join(", ")),
        ("Cluster", &finding.cluster),
        ("Node", &finding.node),
        ("Namespace", subject.namespace),
        ("Pod", subject.pod),
        ("Container", subject.container),
        ("Image", subject.image),
        ("User", subject.user),
        ("Command", if subject.command.is_empty() { subject.process } else { subject.command }),
        ("Object", subject.object),
        ("Incomplete", &lost),
        ("Unknown", unknown),
        ("Finding", &finding.id),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .map(|(name, value)| (name, plain(value, 500)))
    .collect()
}

/// The whole message as plain text, with at most so many findings.
#[must_use]
pub(crate) fn body(message: &Message, most: usize) -> String {
    let mut out = format!("{}\n\n{}\n", title(message), summary(message));
    for finding in message.findings.iter().take(most) {
        out += &format!("\n{}\n", plain(&finding.output, 2000));
        for (name, value) in facts(finding) {
            out += &format!("  {name}: {value}\n");
        }
        if let Some(link) = message.link(finding) {
            out += &format!("  {link}\n");
        }
    }
    match message.more(most) {
        0 => {}
        n => out += &format!("\n{n} more are not shown here.\n"),
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hidden_is_left_and_cuts_show() {
        assert_eq!(plain("a\r\nb\u{1b}[31m\u{202e}c", 50), "a\u{fffd}\u{fffd}b\u{fffd}[31m\u{fffd}c");
        assert_eq!((plain("abcd", 4), plain("abcde", 4)), ("abcd".to_owned(), "abc…".to_owned()));
        assert_eq!(lines("a\nb\rc", 9), "a\nb\u{fffd}c");
        assert_eq!((cut_bytes("aéb", 2), cut_bytes("aéb", 3), cut_bytes("aé", 9)), ("a", "aé", "aé"));
    }
}
