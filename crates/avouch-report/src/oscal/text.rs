//! Foreign texts in the forms that OSCAL has for them, whatever is in them.

use avouch_finding::Time;

/// One line without control characters, trimmed; `None` when nothing is left. OSCAL's strings may not be empty.
pub(super) fn string(text: &str) -> Option<String> {
    let blank = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}');
    let words: Vec<&str> = text.split(blank).filter(|word| !word.is_empty()).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// One line of OSCAL's Markdown that shows `text` as it is: what would be markup, HTML or an insertion is escaped.
pub(super) fn line(text: &str) -> String {
    let text = string(text).unwrap_or_else(|| "(empty)".to_owned());
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        // An underscore inside a word, as in `k8s_audit`, is none of Markdown's.
        let inside = before.is_alphanumeric() && rest.peek().is_some_and(|next| next.is_alphanumeric());
        if matches!(c, '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '{' | '}' | '^' | '~' | '&') || (c == '_' && !inside)
        {
            out.push('\\');
        }
        out.push(c);
        before = c;
    }
    if out.starts_with(['#', '-', '+', '=', '|']) {
        out.insert(0, '\\');
    }
    out
}

/// A name as OSCAL's tokens are: what may not stand in one becomes `_`.
pub(super) fn token(text: &str) -> String {
    let mut out: String = text
        .trim()
        .chars()
        .map(|c| if c.is_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' })
        .collect();
    if !out.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        out.insert(0, '_');
    }
    out
}

/// A relative path as a URI reference: every byte that is not plain is percent-encoded.
pub(super) fn href(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// A time.
pub(super) fn time(time: Time) -> String {
    time.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_one_line_and_never_empty() {
        assert_eq!(string(" a\n\tb\u{2028}c\u{0}\u{1b}[31m ").as_deref(), Some("a b c [31m"));
        assert_eq!(string(" \n\u{feff}"), None);
    }

    #[test]
    fn markup_of_others_is_shown_and_not_obeyed() {
        assert_eq!(line("<img src=x>"), r"\<img src=x\>");
        assert_eq!(line("{{ insert: param, x }}"), r"\{\{ insert: param, x \}\}");
        assert_eq!(line("k8s_audit of _n1_"), r"k8s_audit of \_n1\_");
        assert_eq!(line("# title\n- item"), r"\# title - item");
        assert_eq!(line(""), "(empty)");
    }

    #[test]
    fn tokens_and_references_hold_what_may_stand_in_them() {
        assert_eq!(token("K8S-AC-01"), "K8S-AC-01");
        assert_eq!(token("1 of <b>"), "_1_of__b_");
        assert_eq!(token(""), "_");
        assert_eq!(href("../bundle/a b#c.csv"), "../bundle/a%20b%23c.csv");
    }
}
