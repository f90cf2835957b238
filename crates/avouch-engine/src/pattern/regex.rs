//! The `regex` operator: POSIX extended syntax, the whole value must match.
//!
//! Upstream uses RE2 in POSIX mode. The syntaxes differ from the `regex` crate's in classes (no nested sets there) and in
//! a `{` that starts no repetition; [`translate`] rewrites those. Values are read as UTF-8, invalid bytes as U+FFFD.

use std::borrow::Cow;

/// A compiled regular expression.
#[derive(Debug)]
pub(crate) struct Regex(regex::Regex);

impl Regex {
    /// Compiles.
    ///
    /// # Errors
    /// Says what is wrong with the pattern, in one line.
    pub(crate) fn new(pattern: &str) -> Result<Self, String> {
        let whole = format!(r"\A(?:{})\z", translate(pattern));
        regex::RegexBuilder::new(&whole).multi_line(true).size_limit(4 << 20).build().map(Self).map_err(|e| match e {
            regex::Error::CompiledTooBig(_) => "the pattern is too large".to_owned(),
            e => e.to_string().lines().last().unwrap_or("bad pattern").trim_start_matches("error: ").to_owned(),
        })
    }

    pub(crate) fn matches(&self, value: &[u8]) -> bool {
        match String::from_utf8_lossy(value) {
            Cow::Borrowed(text) => self.0.is_match(text),
            Cow::Owned(text) => self.0.is_match(&text),
        }
    }
}

fn translate(pattern: &str) -> String {
    let chars: Vec<char> = pattern.chars().collect();
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut i = 0;
    while let Some(c) = chars.get(i).copied() {
        i += 1;
        match c {
            '\\' => {
                out.push('\\');
                match chars.get(i).copied() {
                    // Word boundaries in the crate, plain characters in POSIX.
                    Some(c @ ('<' | '>')) => {
                        out.pop();
                        out.push(c);
                        i += 1;
                    }
                    Some(c) => {
                        out.push(c);
                        i += 1;
                    }
                    None => {}
                }
            }
            '[' => i = class(&chars, i, &mut out),
            '{' if !repetition(chars.get(i..).unwrap_or(&[])) => out.push_str("\\{"),
            _ => out.push(c),
        }
    }
    out
}

/// Whether `rest` continues a `{` to `{n}`, `{n,}` or `{n,m}`.
fn repetition(rest: &[char]) -> bool {
    let body: String = rest.iter().take_while(|c| **c != '}').collect();
    if rest.len() == body.chars().count() {
        return false;
    }
    let (low, high) = body.split_once(',').unwrap_or((&body, ""));
    let digits = |t: &str| t.chars().all(|c| c.is_ascii_digit());
    !low.is_empty() && digits(low) && digits(high)
}

/// Copies a class whose `[` stands before `i`, escaping what only the crate takes for set notation.
fn class(chars: &[char], mut i: usize, out: &mut String) -> usize {
    out.push('[');
    if chars.get(i) == Some(&'^') {
        out.push('^');
        i += 1;
    }
    if chars.get(i) == Some(&']') {
        out.push_str("\\]");
        i += 1;
    }
    while let Some(c) = chars.get(i).copied() {
        i += 1;
        match c {
            ']' => {
                out.push(']');
                return i;
            }
            '[' if chars.get(i) == Some(&':') => {
                out.push('[');
                while let Some(c) = chars.get(i).copied() {
                    i += 1;
                    out.push(c);
                    if c == ']' {
                        break;
                    }
                }
            }
            '[' | '&' | '~' => {
                out.push('\\');
                out.push(c);
            }
            '-' if chars.get(i) == Some(&'-') => out.push_str("\\-"),
            '\\' => {
                out.push('\\');
                if let Some(c) = chars.get(i) {
                    out.push(*c);
                    i += 1;
                }
            }
            _ => out.push(c),
        }
    }
    i
}

/// The operator and text that do what `pattern` does, if there is one: `.*x` is `endswith x`.
pub(crate) fn simpler(pattern: &str) -> Option<(&'static str, &str)> {
    let body = pattern.strip_prefix('^').unwrap_or(pattern);
    let body = body.strip_suffix('$').unwrap_or(body);
    let (open, body) = body.strip_prefix(".*").map_or((false, body), |b| (true, b));
    let (end, body) = body.strip_suffix(".*").map_or((false, body), |b| (true, b));
    let plain = !body.is_empty() && !body.chars().any(|c| "\\^$.|?*+()[]{}".contains(c));
    plain.then_some(match (open, end) {
        (false, false) => ("=", body),
        (true, false) => ("endswith", body),
        (false, true) => ("startswith", body),
        (true, true) => ("contains", body),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn m(pattern: &str, text: &str) -> bool {
        Regex::new(pattern).unwrap().matches(text.as_bytes())
    }

    #[test]
    fn the_whole_value_must_match() {
        assert!(m("sys.*", "syscall") && !m("yscal.*", "syscall") && m("^syscall$", "syscall") && m("a|b", "b"));
        assert!(!m("a|b", "ab") && m("/home/.*/dev", "/home/x/dev"));
    }

    #[test]
    fn posix_classes_and_braces() {
        assert!(m("[[:digit:]]+", "42") && m("[[]", "[") && m("[&&a]+", "&a") && m("a{x", "a{x") && m("a{2}", "aa"));
        assert!(m("[]a]+", "]a") && m("\\<x\\>", "<x>") && m("[a-z--]", "-"));
    }

    #[test]
    fn invalid_utf8_reads_as_replacement() {
        assert!(Regex::new("a.b").unwrap().matches(b"a\xffb"));
    }

    #[test]
    fn errors_are_one_line() {
        assert!(Regex::new("(").is_err_and(|e| !e.contains('\n') && !e.is_empty()));
        assert!(Regex::new("(((a{1000}){1000}){1000})").is_err());
    }

    #[test]
    fn simpler_operators() {
        assert_eq!(simpler("syscall"), Some(("=", "syscall")));
        assert_eq!(simpler("^.*syscall$"), Some(("endswith", "syscall")));
        assert_eq!(simpler("syscall.*"), Some(("startswith", "syscall")));
        assert_eq!(simpler(".*syscall.*"), Some(("contains", "syscall")));
        assert_eq!(simpler("sys.+"), None);
        assert_eq!(simpler(".*"), None);
    }
}
