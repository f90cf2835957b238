//! Tokens of the condition language. Each function looks at the start of a text and tells where the token ends.

/// What a token is; for the formatter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Open,
    Close,
    /// `tolower(`, with its parenthesis.
    Call,
    /// The parenthesis that ends a call.
    CallClose,
    Comma,
    And,
    Or,
    Not,
    /// A field with its argument, or a macro.
    Name,
    Operator,
    /// A value as written, quotes included.
    Value,
}

/// A token as byte offsets into the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Transformers of the left side; `val` is known on the right only.
pub(super) const TRANSFORMERS: [&str; 8] = ["tolower", "toupper", "b64", "basename", "len", "join", "concat", "getopt"];

/// Blanks between tokens; backspace counts as one.
pub(super) fn is_blank(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r' | b'\n' | 0x08)
}

/// White space that ends unquoted values.
fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r' | b'\n' | 0x0b | 0x0c)
}

pub(super) fn blanks(text: &[u8]) -> usize {
    text.iter().take_while(|b| is_blank(**b)).count()
}

/// White space as the look-ahead after `not` sees it.
pub(super) fn spaces(text: &[u8]) -> usize {
    text.iter().take_while(|b| is_space(**b)).count()
}

pub(super) fn identifier(text: &[u8]) -> Option<usize> {
    if !text.first()?.is_ascii_alphabetic() {
        return None;
    }
    Some(text.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count())
}

/// Two or more identifiers joined by dots.
pub(super) fn field(text: &[u8]) -> Option<usize> {
    let first = identifier(text)?;
    let mut end = first;
    while text.get(end) == Some(&b'.') {
        let Some(n) = text.get(end + 1..).and_then(identifier) else { break };
        end += 1 + n;
    }
    (end > first).then_some(end)
}

/// A transformer's name with the parenthesis that must follow at once; gives the length of the name.
pub(super) fn transformer(text: &[u8]) -> Option<usize> {
    let n = identifier(text)?;
    let name = text.get(..n)?;
    (text.get(n) == Some(&b'(') && TRANSFORMERS.iter().any(|t| t.as_bytes() == name)).then_some(n)
}

pub(super) fn number(text: &[u8]) -> Option<usize> {
    let digits = |from: usize| text.iter().skip(from).take_while(|b| b.is_ascii_digit()).count();
    if text.first() == Some(&b'0') && matches!(text.get(1), Some(b'x' | b'X')) {
        let n = text.iter().skip(2).take_while(|b| b.is_ascii_hexdigit()).count();
        if n > 0 {
            return Some(2 + n);
        }
    }
    let mut end = usize::from(matches!(text.first(), Some(b'+' | b'-')));
    let whole = digits(end);
    if whole == 0 {
        return None;
    }
    end += whole;
    if text.get(end) == Some(&b'.') {
        end += 1;
    }
    end += digits(end);
    if matches!(text.get(end), Some(b'e' | b'E')) && matches!(text.get(end + 1), Some(b'+' | b'-')) {
        let n = digits(end + 2);
        if n > 0 {
            end += 2 + n;
        }
    }
    Some(end)
}

fn is_bare_byte(b: u8) -> bool {
    !is_space(b) && !matches!(b, b'(' | b')' | b'"' | b'\'' | b'=' | b',')
}

/// An unquoted value.
pub(super) fn bare(text: &[u8]) -> Option<usize> {
    let n = text.iter().take_while(|b| is_bare_byte(**b)).count();
    (n > 0).then_some(n)
}

fn is_bare_arg_byte(b: u8) -> bool {
    !is_space(b) && !matches!(b, b'[' | b']' | b'"' | b'\'')
}

/// An unquoted field argument.
pub(super) fn bare_arg(text: &[u8]) -> Option<usize> {
    let n = text.iter().take_while(|b| is_bare_arg_byte(**b)).count();
    (n > 0).then_some(n)
}

/// Whether a field argument can be written without quotes.
pub(super) fn is_bare_arg(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| is_bare_arg_byte(b) && !b.is_ascii_control())
}

/// A quoted value with both quotes. It ends at the first like quote whose previous character is no backslash, with one
/// character of look-back only; a NUL byte ends the text.
pub(super) fn quoted(text: &[u8]) -> Option<usize> {
    let quote = *text.first().filter(|b| matches!(b, b'"' | b'\''))?;
    let mut previous = quote;
    for (i, b) in text.iter().enumerate().skip(1) {
        if *b == 0 {
            return None;
        }
        if *b == quote && previous != b'\\' {
            return Some(i + 1);
        }
        previous = *b;
    }
    None
}

/// Takes a quoted value apart. The error is the offset of the bad escape in `text`.
pub(super) fn unescape(text: &[u8]) -> Result<Vec<u8>, usize> {
    let quote = text.first().copied().unwrap_or(b'"');
    let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
    let mut out = Vec::with_capacity(inner.len());
    let mut i = 0;
    while let Some(b) = inner.get(i) {
        if *b != b'\\' {
            out.push(*b);
            i += 1;
            continue;
        }
        let plain = match inner.get(i + 1) {
            Some(b'b') => Some(0x08),
            Some(b'f') => Some(0x0c),
            Some(b'n') => Some(b'\n'),
            Some(b'r') => Some(b'\r'),
            Some(b't') => Some(b'\t'),
            // A backslash before a blank stands for the backslash; the blank is lost.
            Some(b' ' | b'\\') => Some(b'\\'),
            Some(b'/') => Some(b'/'),
            Some(q @ (b'"' | b'\'')) if *q == quote => Some(*q),
            Some(b'x') => None,
            _ => return Err(i + 1),
        };
        if let Some(b) = plain {
            out.push(b);
            i += 2;
            continue;
        }
        let digit =
            |n: usize| inner.get(n).and_then(|b| char::from(*b).to_digit(16)).and_then(|d| u8::try_from(d).ok());
        let (Some(high), Some(low)) = (digit(i + 2), digit(i + 3)) else { return Err(i + 1) };
        out.push(high * 16 + low);
        i += 4;
    }
    Ok(out)
}

/// Whether a text can stand unquoted as a value: also not empty, no control byte.
pub(crate) fn is_bare(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| is_bare_byte(b) && !b.is_ascii_control())
}

/// Whether a text is a name as macros have it.
pub(crate) fn is_identifier(text: &str) -> bool {
    identifier(text.as_bytes()) == Some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (text, n) in [("1", 1), ("-1.", 3), ("0x1fg", 4), ("0xg", 1), ("1e3", 1), ("1e+3", 4), ("+.5", 0), ("a", 0)]
        {
            assert_eq!(number(text.as_bytes()).unwrap_or(0), n, "{text}");
        }
    }

    #[test]
    fn quotes_look_back_one_character() {
        assert_eq!(quoted(br#""a\"b" x"#), Some(6));
        assert_eq!(quoted(br#""ends in \\""#), None);
        assert_eq!(quoted(br#""""#), Some(2));
        assert_eq!(unescape(br#""\x41\/\ b""#), Ok(b"A/\\b".to_vec()));
        assert_eq!(unescape(br#""\'""#), Err(1));
        assert_eq!(unescape(br#""\x4""#), Err(1));
    }

    #[test]
    fn fields_need_a_dot() {
        assert_eq!(field(b"proc.name."), Some(9));
        assert_eq!(field(b"proc"), None);
        assert_eq!(field(b"a.b_1.c[x]"), Some(7));
        assert_eq!(transformer(b"len(x)"), Some(3));
        assert_eq!(transformer(b"len (x)"), None);
        assert_eq!(transformer(b"lens(x)"), None);
    }
}
