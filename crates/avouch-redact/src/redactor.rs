//! The walk over a value and the replacement.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use hmac::{Hmac, KeyInit as _, Mac as _};
use regex::{Captures, Regex};
use serde_json::Value;
use sha2::Sha256;

use crate::{
    patterns::{PATTERNS, SECRET_NAME, SECRET_WORDS},
    prefilter::Prefilter,
};

/// Name of what is found by the name before it: `DB_PASSWORD=...`, `--token ...`, `{"secret": "..."}`.
const NAMED: &str = "named-secret";

/// The patterns, compiled once.
struct Compiled {
    /// Any keyword of any pattern.
    keywords: AhoCorasick,
    /// Says fast that there is none.
    prefilter: Prefilter,
    /// For each keyword, the pattern it belongs to, less than 64; `PATTERNS.len()` is [`NAMED`].
    pattern_of: Vec<usize>,
    regexes: Vec<Regex>,
    /// `name=value`, `name: value` and `--name value` in one text.
    named: Regex,
    /// A name alone: a JSON key, or an option whose value is the next argument.
    name: Regex,
    option: Regex,
}

#[expect(clippy::expect_used, reason = "constants; a test compiles them")]
static COMPILED: LazyLock<Compiled> = LazyLock::new(|| {
    const { assert!(PATTERNS.len() < 64, "patterns are bits of a word") };
    let named = std::iter::repeat_n(PATTERNS.len(), SECRET_WORDS.len()).zip(SECRET_WORDS);
    let rows = PATTERNS.iter().enumerate().flat_map(|(i, p)| std::iter::repeat(i).zip(p.keywords));
    let (pattern_of, words): (Vec<usize>, Vec<&str>) = rows.chain(named).unzip();
    let regex = |text: &str| Regex::new(text).expect("a pattern is a regex");
    Compiled {
        prefilter: Prefilter::new(&words),
        keywords: AhoCorasick::builder()
            .ascii_case_insensitive(true)
            // Every keyword is found, also one inside another.
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::DFA))
            .build(words)
            .expect("keywords fit into an automaton"),
        pattern_of,
        regexes: PATTERNS.iter().map(|p| regex(p.regex)).collect(),
        named: regex(&format!(
            r#"(?i){SECRET_NAME}["'\\]*(?:\s*[=:]\s*|\s+is\s+)["'\\]*([^\s"'\\&;,)}}\]]+)|(?:^|\s)--?[a-z0-9_.-]*{SECRET_NAME}\s+["']?([^\s"'-][^\s"']*)"#
        )),
        name: regex(&format!("(?i){SECRET_NAME}$")),
        option: regex(&format!("(?i)^--?[a-z0-9_.-]*(?:{SECRET_NAME}|pass)$")),
    }
});

/// Replaces secrets; one a ledger, because of the salt.
#[derive(Clone)]
pub struct Redactor {
    mac: Hmac<Sha256>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Redactor")
    }
}

impl Redactor {
    /// Whoever knows the salt can test guesses against a digest: it is kept as secret as a key.
    #[must_use]
    pub fn new(salt: [u8; 32]) -> Self {
        LazyLock::force(&COMPILED);
        // A key of half a block is filled up with zeros, as HMAC does itself.
        let mut key = [0; 64];
        key[..32].copy_from_slice(&salt);
        Self { mac: Hmac::<Sha256>::new(&key.into()) }
    }

    /// The first 16 hex digits of HMAC-SHA-256 of `secret` under the salt.
    #[must_use]
    pub fn digest(&self, secret: &str) -> String {
        let mut mac = self.mac.clone();
        mac.update(secret.as_bytes());
        mac.finalize().into_bytes().iter().take(8).map(|b| format!("{b:02x}")).collect()
    }

    /// Whether some JSON text may hold a secret. `false` is certain for names in ASCII: [`Redactor::redact`]
    /// would change nothing.
    #[must_use]
    pub fn may_hold(&self, json: &[u8]) -> bool {
        COMPILED.prefilter.any(json, |part| COMPILED.keywords.is_match(part))
    }

    /// Replaces secrets in every string of `value`, keys of objects included. Returns how many.
    pub fn redact(&self, value: &mut Value) -> u64 {
        self.walk(value, 0)
    }

    fn walk(&self, value: &mut Value, depth: usize) -> u64 {
        match value {
            Value::String(text) => self.replace(text),
            Value::Array(items) => {
                let mut count = 0;
                let mut after_option = false;
                for item in items {
                    let is_option = item.as_str().is_some_and(|text| text.starts_with('-') && is_option(text));
                    count += match item {
                        Value::String(text) if after_option && !is_option => self.whole(text),
                        item if depth < 256 => self.walk(item, depth + 1),
                        _ => 0,
                    };
                    after_option = is_option;
                }
                count
            }
            Value::Object(map) => {
                let mut count = 0;
                let mut renamed = Vec::new();
                for (key, item) in &mut *map {
                    count += match item {
                        Value::String(text) if is_name(key) => self.whole(text),
                        item if depth < 256 => self.walk(item, depth + 1),
                        _ => 0,
                    };
                    if COMPILED.keywords.is_match(key.as_str()) {
                        let mut name = key.clone();
                        let in_key = self.replace(&mut name);
                        if in_key > 0 {
                            renamed.push((key.clone(), name));
                            count += in_key;
                        }
                    }
                }
                for (old, new) in renamed {
                    if let Some(item) = map.remove(&old) {
                        map.insert(new, item);
                    }
                }
                count
            }
            _ => 0,
        }
    }

    /// A text that is a secret because of what stands before it.
    fn whole(&self, text: &mut String) -> u64 {
        // A more telling class is better, when there is one.
        let count = self.replace(text);
        if count > 0 || is_placeholder(text) {
            return count;
        }
        *text = self.mark(NAMED, text);
        1
    }

    fn mark(&self, pattern: &str, secret: &str) -> String {
        format!("[redacted:{pattern} {}]", self.digest(secret))
    }

    fn replace(&self, text: &mut String) -> u64 {
        // Most texts hold no keyword, and one look that stops at the first is the fastest way to know.
        if !COMPILED.keywords.is_match(text.as_str()) {
            return 0;
        }
        let mut wanted = 0u64;
        for found in COMPILED.keywords.find_overlapping_iter(text.as_bytes()) {
            wanted |= 1 << COMPILED.pattern_of[found.pattern().as_usize()];
        }
        let rows = PATTERNS.iter().map(|p| p.name).zip(&COMPILED.regexes).chain([(NAMED, &COMPILED.named)]);
        rows.enumerate().filter(|(i, _)| wanted & (1 << i) != 0).map(|(_, (n, regex))| self.apply(n, regex, text)).sum()
    }

    fn apply(&self, name: &str, regex: &Regex, text: &mut String) -> u64 {
        let (mut out, mut copied, mut count) = (String::new(), 0, 0);
        for found in regex.captures_iter(text) {
            let secret = secret_of(&found);
            if is_placeholder(secret.as_str()) {
                continue;
            }
            out.push_str(&text[copied..secret.start()]);
            out.push_str(&self.mark(name, secret.as_str()));
            copied = secret.end();
            count += 1;
        }
        if count > 0 {
            out.push_str(&text[copied..]);
            *text = out;
        }
        count
    }
}

/// Whether the value of this key, as a whole, is a secret.
fn is_name(key: &str) -> bool {
    COMPILED.keywords.is_match(key) && COMPILED.name.is_match(key)
}

/// Whether the next argument after this one is a secret.
fn is_option(argument: &str) -> bool {
    COMPILED.keywords.is_match(argument) && COMPILED.option.is_match(argument)
}

#[expect(clippy::expect_used, reason = "group 0 is the match")]
fn secret_of<'t>(found: &Captures<'t>) -> regex::Match<'t> {
    found.iter().skip(1).flatten().next().or_else(|| found.get(0)).expect("a match")
}

/// What stands for a secret without being one: a variable, a word for nothing, what was replaced before.
fn is_placeholder(text: &str) -> bool {
    text.is_empty()
        || text.contains("[redacted:")
        || text.starts_with(['$', '<'])
        || text.bytes().all(|b| matches!(b, b'*' | b'x' | b'X' | b'.' | b'-' | b'/'))
        || ["true", "false", "null", "none", "nil", "undefined"].iter().any(|word| text.eq_ignore_ascii_case(word))
}
