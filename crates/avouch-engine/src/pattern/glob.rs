//! Shell patterns as `fnmatch` takes them without flags: `*` and `?` match `/` and leading dots, a backslash takes the next
//! character literally, `[...]` is a class of bytes.

/// A compiled glob.
#[derive(Debug)]
pub(crate) struct Glob {
    tokens: Vec<Token>,
    fold: bool,
}

#[derive(Debug)]
enum Token {
    Byte(u8),
    Any,
    Star,
    Class(Box<[bool; 256]>),
}

impl Glob {
    /// Compiles; every text is a pattern. With `fold`, ASCII letters match either case.
    pub(crate) fn new(pattern: &[u8], fold: bool) -> Self {
        let mut tokens = Vec::with_capacity(pattern.len());
        let mut i = 0;
        while let Some(b) = pattern.get(i).copied() {
            i += 1;
            match b {
                b'*' if matches!(tokens.last(), Some(Token::Star)) => {}
                b'*' => tokens.push(Token::Star),
                b'?' => tokens.push(Token::Any),
                b'\\' => match pattern.get(i).copied() {
                    Some(next) => {
                        i += 1;
                        tokens.push(Token::Byte(next));
                    }
                    // A final backslash matches nothing.
                    None => tokens.push(Token::Class(Box::new([false; 256]))),
                },
                b'[' => match class(pattern, i, fold) {
                    Some((members, end)) => {
                        i = end;
                        tokens.push(Token::Class(members));
                    }
                    None => tokens.push(Token::Byte(b'[')),
                },
                _ => tokens.push(Token::Byte(b)),
            }
        }
        if fold {
            for t in &mut tokens {
                if let Token::Byte(b) = t {
                    b.make_ascii_lowercase();
                }
            }
        }
        Self { tokens, fold }
    }

    /// Whether the whole of `text` matches. Takes at most `len(pattern) * len(text)` steps.
    pub(crate) fn matches(&self, text: &[u8]) -> bool {
        let (mut t, mut s) = (0, 0);
        // Where to resume after the last star: only the last one ever needs a second try.
        let mut resume: Option<(usize, usize)> = None;
        loop {
            match (self.tokens.get(t), text.get(s).copied()) {
                (None, None) => return true,
                (Some(Token::Star), _) => {
                    t += 1;
                    resume = Some((t, s));
                    continue;
                }
                (Some(token), Some(b)) if self.takes(token, b) => {
                    t += 1;
                    s += 1;
                    continue;
                }
                _ => {}
            }
            match resume {
                Some((after, from)) if from < text.len() => {
                    resume = Some((after, from + 1));
                    (t, s) = (after, from + 1);
                }
                _ => return false,
            }
        }
    }

    fn takes(&self, token: &Token, b: u8) -> bool {
        match token {
            Token::Byte(want) => *want == if self.fold { b.to_ascii_lowercase() } else { b },
            Token::Any => true,
            Token::Class(members) => members.get(usize::from(b)).copied().unwrap_or(false),
            Token::Star => false,
        }
    }
}

/// Reads a class whose `[` stands before `i`; gives its members and the index after `]`, or `None` if it never ends.
fn class(pattern: &[u8], mut i: usize, fold: bool) -> Option<(Box<[bool; 256]>, usize)> {
    let mut members = Box::new([false; 256]);
    let negated = matches!(pattern.get(i), Some(b'!' | b'^'));
    if negated {
        i += 1;
    }
    let mut first = true;
    loop {
        let b = *pattern.get(i)?;
        i += 1;
        if b == b']' && !first {
            break;
        }
        first = false;
        if b == b'[' && pattern.get(i) == Some(&b':') {
            let rest = pattern.get(i + 1..)?;
            if let Some(end) = rest.windows(2).position(|w| w == b":]") {
                add_named(&mut members, rest.get(..end)?);
                i += 1 + end + 2;
                continue;
            }
        }
        let low = if b == b'\\' {
            i += 1;
            *pattern.get(i - 1)?
        } else {
            b
        };
        let mut high = low;
        if pattern.get(i) == Some(&b'-') && pattern.get(i + 1).is_some_and(|b| *b != b']') {
            high = *pattern.get(i + 1)?;
            i += 2;
            if high == b'\\' {
                high = *pattern.get(i)?;
                i += 1;
            }
        }
        for b in low..=high {
            add(&mut members, b);
        }
    }
    if fold {
        for b in b'a'..=b'z' {
            let (l, u) = (usize::from(b), usize::from(b.to_ascii_uppercase()));
            let either = members.get(l).copied()? || members.get(u).copied()?;
            *members.get_mut(l)? = either;
            *members.get_mut(u)? = either;
        }
    }
    if negated {
        for m in members.iter_mut() {
            *m = !*m;
        }
    }
    Some((members, i))
}

fn add(members: &mut [bool; 256], b: u8) {
    if let Some(m) = members.get_mut(usize::from(b)) {
        *m = true;
    }
}

fn add_named(members: &mut [bool; 256], name: &[u8]) {
    let is: fn(&u8) -> bool = match name {
        b"alpha" => u8::is_ascii_alphabetic,
        b"digit" => u8::is_ascii_digit,
        b"alnum" => u8::is_ascii_alphanumeric,
        b"upper" => u8::is_ascii_uppercase,
        b"lower" => u8::is_ascii_lowercase,
        b"space" => |b| b.is_ascii_whitespace() || *b == 0x0b,
        b"blank" => |b| matches!(b, b' ' | b'\t'),
        b"punct" => u8::is_ascii_punctuation,
        b"print" => |b| (0x20..0x7f).contains(b),
        b"graph" => u8::is_ascii_graphic,
        b"cntrl" => u8::is_ascii_control,
        b"xdigit" => u8::is_ascii_hexdigit,
        _ => |_| false,
    };
    for b in 0..=u8::MAX {
        if is(&b) {
            add(members, b);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn m(pattern: &str, text: &str) -> bool {
        Glob::new(pattern.as_bytes(), false).matches(text.as_bytes())
    }

    #[test]
    fn wildcards_cross_slashes_and_dots() {
        assert!(m("*.log", "/var/log/.x.log") && m("/etc/*", "/etc/a/b") && m("a?c", "a/c") && m("*", ""));
        assert!(!m("*.log", "x.logs") && !m("a?c", "ac") && !m("", "a"));
        assert!(m("*a*b*c", "xxaxxbxxcxc") && !m("*a*b*c", "xxaxxcxxb"));
    }

    #[test]
    fn classes() {
        assert!(m("di[rt]", "dir") && m("di[!r]", "dit") && m("di[^r]", "dit") && !m("di[!r]", "dir"));
        assert!(m("[a-c]x", "bx") && m("[]a]", "]") && m("[[:digit:]]z", "7z") && m("[a-]", "-"));
        assert!(m("[abc", "[abc") && m("[\\]]", "]"));
    }

    #[test]
    fn backslash_takes_the_next_character() {
        assert!(m("a\\*b", "a*b") && !m("a\\*b", "axb") && !m("a\\", "a\\"));
    }

    #[test]
    fn folding() {
        let g = Glob::new(b"My*[a-c]", true);
        assert!(g.matches(b"mYexeB") && g.matches(b"MYc") && !g.matches(b"MYd"));
    }

    #[test]
    fn hostile_patterns_stay_cheap() {
        assert!(!m(&"*a".repeat(200), &format!("{}b", "a".repeat(4000))));
    }
}
