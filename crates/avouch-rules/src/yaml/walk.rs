//! Where the characters of a decoded scalar stand in the file.
//!
//! Decoded text and raw file are walked together over the characters that are not blank: folding changes blanks only.
//! Quotes double or take a backslash; those are undone on the way.

use super::Style;

/// Pairs of (offset in the decoded text, offset in the raw scalar), in order: from each on, both run in step. `None`
/// when the two cannot be matched.
pub(super) fn runs(text: &str, raw: &str, style: Style) -> Option<Vec<(usize, usize)>> {
    let mut raw_at = match style {
        Style::Plain | Style::Literal | Style::Folded => 0,
        Style::SingleQuoted | Style::DoubleQuoted => 1,
    };
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (at, c) in text.char_indices() {
        if c.is_whitespace() && style != Style::DoubleQuoted {
            continue;
        }
        let (start, len) = match style {
            Style::DoubleQuoted => {
                if matches!(c, ' ' | '\n') {
                    // Folded from a line break, or written; an escape for it is found by the character after it.
                    let (s, l, _) = double_quoted(raw, raw_at)?;
                    if !matches!(raw.get(s..s + l), Some("\\n" | "\\x20" | "\\ ")) {
                        continue;
                    }
                    (s, l)
                } else {
                    let (s, l, decoded) = double_quoted(raw, raw_at)?;
                    if decoded != c {
                        return None;
                    }
                    (s, l)
                }
            }
            _ => {
                let rest = raw.get(raw_at..)?;
                let start = raw_at + rest.find(|r: char| !r.is_whitespace() && r != '\u{feff}')?;
                if !raw.get(start..)?.starts_with(c) {
                    return None;
                }
                let doubled = style == Style::SingleQuoted && c == '\'';
                (start, c.len_utf8() + usize::from(doubled))
            }
        };
        if runs.last().is_none_or(|(t, r)| start.checked_sub(*r) != Some(at - t)) {
            runs.push((at, start));
        }
        raw_at = start + len;
    }
    if let Some(first) = runs.first_mut()
        && first.0 > 0
    {
        // Blanks before the first character belong to it.
        runs.insert(0, (0, runs.first()?.1));
    }
    Some(runs)
}

/// The next character of a double-quoted scalar: where its spelling starts, how long it is, what it stands for.
/// Written blanks and line breaks are passed over; an escaped blank is not.
fn double_quoted(raw: &str, from: usize) -> Option<(usize, usize, char)> {
    let mut at = from;
    loop {
        let rest = raw.get(at..)?;
        let start = at + rest.find(|c: char| !matches!(c, ' ' | '\t' | '\n' | '\r'))?;
        let mut chars = raw.get(start..)?.chars();
        let first = chars.next()?;
        if first != '\\' {
            return Some((start, first.len_utf8(), first));
        }
        let code = chars.next()?;
        let hex = |n: usize| {
            let digits = raw.get(start + 2..start + 2 + n)?;
            Some((start, 2 + n, u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)?))
        };
        let plain = match code {
            // A backslash before a line break joins the lines.
            '\n' | '\r' => {
                at = start + 2;
                continue;
            }
            'x' => return hex(2),
            'u' => return hex(4),
            'U' => return hex(8),
            '0' => '\0',
            'a' => '\u{7}',
            'b' => '\u{8}',
            't' | '\t' => '\t',
            'n' => '\n',
            'v' => '\u{b}',
            'f' => '\u{c}',
            'r' => '\r',
            'e' => '\u{1b}',
            'N' => '\u{85}',
            '_' => '\u{a0}',
            'L' => '\u{2028}',
            'P' => '\u{2029}',
            other => other,
        };
        return Some((start, 1 + code.len_utf8(), plain));
    }
}
