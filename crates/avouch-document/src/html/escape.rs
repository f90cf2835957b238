//! Text into HTML, attributes and style sheets.

use std::fmt::Write as _;

use crate::visible::is_hidden;

/// Text between tags. Hidden characters stand out as their code points.
pub(super) fn text(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            _ if is_hidden(c) => {
                let _written = write!(out, "<span class=\"cp\">[U+{:04X}]</span>", c as u32);
            }
            _ => out.push(c),
        }
    }
}

/// Text where no tag may stand, inside SVG.
pub(super) fn text_plain(out: &mut String, text: &str) {
    attribute(out, text);
}

/// The value of an attribute, between double quotes.
pub(super) fn attribute(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ if is_hidden(c) => {
                let _written = write!(out, "[U+{:04X}]", c as u32);
            }
            _ => out.push(c),
        }
    }
}

/// A string of a style sheet, with its quotes; safe inside `<style>`.
pub(super) fn css_string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in crate::visible::visible(text).chars() {
        if c.is_alphanumeric() || c == ' ' {
            out.push(c);
        } else {
            let _written = write!(out, "\\{:X} ", c as u32);
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_tag_or_a_string() {
        let hostile = "</style></script>\"'<b>&amp;\\\u{202e}\0\n";
        let mut out = String::new();
        text(&mut out, hostile);
        assert!(!out.replace("<span class=\"cp\">", "").replace("</span>", "").contains(['<', '>']));
        let mut out = String::new();
        attribute(&mut out, hostile);
        assert!(!out.contains(['<', '>', '"', '\'', '\n']));
        let css = css_string(hostile);
        assert!(!css[1..css.len() - 1].contains(['<', '>', '"', '\n', '/']), "{css}");
    }
}
