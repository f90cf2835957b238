//! Regular expressions that a plain operator could replace.

use avouch_diagnostics::{Diagnostic, Span};

use crate::ast::{Check, Op, Rhs};
use crate::codes;

pub(super) fn check(c: &Check, found: &mut Vec<(Diagnostic, Span)>) {
    if c.op != Op::Regex || c.modifier.is_some() {
        return;
    }
    let Rhs::Literal(l) = &c.rhs else { return };
    let Some((op, text)) = simpler(&l.text) else { return };
    let shown = if crate::condition::is_bare(text) { text.to_owned() } else { format!("\"{text}\"") };
    let d = codes::SIMPLE_REGEX
        .at_fault(format!("this regular expression is `{op}`"))
        .at(l.span, "needs no regular expression")
        .help(format!("write `{op} {shown}`"));
    found.push((d, l.span));
}

/// The operator and text that do the same as the pattern, which is anchored at both ends.
fn simpler(pattern: &str) -> Option<(&'static str, &str)> {
    let pattern = pattern.strip_prefix('^').unwrap_or(pattern);
    let pattern = pattern.strip_suffix('$').unwrap_or(pattern);
    let (open_start, rest) = pattern.strip_prefix(".*").map_or((false, pattern), |r| (true, r));
    let (open_end, text) = rest.strip_suffix(".*").map_or((false, rest), |r| (true, r));
    let plain =
        !text.is_empty() && !text.contains(['.', '*', '+', '?', '[', ']', '(', ')', '{', '}', '|', '^', '$', '\\']);
    plain.then_some(match (open_start, open_end) {
        (false, false) => ("=", text),
        (false, true) => ("startswith", text),
        (true, false) => ("endswith", text),
        (true, true) => ("contains", text),
    })
}

#[cfg(test)]
mod tests {
    use super::simpler;

    #[test]
    fn plain_patterns() {
        assert_eq!(simpler("abc"), Some(("=", "abc")));
        assert_eq!(simpler("abc.*"), Some(("startswith", "abc")));
        assert_eq!(simpler("^.*abc$"), Some(("endswith", "abc")));
        assert_eq!(simpler(".*a/b.*"), Some(("contains", "a/b")));
        assert_eq!(simpler("a.c"), None);
        assert_eq!(simpler(".*"), None);
        assert_eq!(simpler("a|b"), None);
    }
}
