//! Characters that could deceive, made visible.
//!
//! Evidence holds what attackers typed. A control character can move a terminal's cursor, a bidirectional override can turn
//! `gpj.exe` around, a zero-width space can split a name that a search should find. They are shown as `[U+202E]`.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character is shown by its code point: controls, format characters, bidirectional marks, separators of lines,
/// private use, non-characters, blanks that look like a space or like nothing. The soft hyphen and the joiners are among them.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}'
        | '\u{205f}'..='\u{206f}' | '\u{3000}' | '\u{3164}' | '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}'..='\u{ffff}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{10ffff}')
        || (c as u32) & 0xfffe == 0xfffe
}

/// The text with hidden characters shown by their code points.
///
/// ```
/// use avouch_document::visible;
///
/// assert_eq!(visible("invoice\u{202e}gpj.exe"), "invoice[U+202E]gpj.exe");
/// assert_eq!(visible("Überprüfung"), "Überprüfung");
/// ```
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_hidden(c) {
            // Writing to a String cannot fail.
            let _written = write!(out, "[U+{:04X}]", c as u32);
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// The same for the file's own data (bookmarks, text alternatives, the title): at most 4,000 characters, since a PDF's
/// strings have an end (ISO 19005-2, 6.1.13: 32,767 bytes). `instead` where nothing would be left.
pub(crate) fn visible_short(text: &str, instead: &str) -> String {
    const MOST: usize = 4_000;
    let text = visible(text);
    if text.trim().is_empty() {
        return instead.to_owned();
    }
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.into_owned(),
    }
}

/// Lines of code: line ends are kept, tabs are four spaces, other hidden characters are shown by their code points.
pub(crate) fn code_lines(text: &str) -> impl Iterator<Item = String> + '_ {
    text.strip_suffix('\n').unwrap_or(text).split('\n').map(|line| {
        let line = line.strip_suffix('\r').unwrap_or(line).replace('\t', "    ");
        visible(&line).into_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_deceives_is_shown() {
        for c in [
            '\0',
            '\u{1b}',
            '\n',
            '\u{200b}',
            '\u{202e}',
            '\u{2066}',
            '\u{feff}',
            '\u{e0041}',
            '\u{fffe}',
            '\u{3164}',
            '\u{2028}',
        ] {
            assert_eq!(visible(&format!("a{c}b")), format!("a[U+{:04X}]b", c as u32));
        }
    }

    #[test]
    fn letters_of_all_scripts_stay() {
        for text in ["naïve façade", "Ελλάδα", "Україна", "日本語", "שלום", "e\u{301}", "→ ✓ €", "a\u{a0}b"]
        {
            assert_eq!(visible(text), text);
        }
    }

    #[test]
    fn code_keeps_its_lines() {
        assert_eq!(code_lines("a\tb\r\n\nc\u{7}\n").collect::<Vec<_>>(), ["a    b", "", "c[U+0007]"]);
    }
}
