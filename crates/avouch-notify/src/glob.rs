//! Patterns with `*` (any text) and `?` (one character); letter case counts.

use serde::{Deserialize, Serialize};

/// A pattern.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Glob(String);

impl TryFrom<String> for Glob {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.len() {
            0 => Err("a pattern is empty"),
            1..=256 => Ok(Self(text)),
            _ => Err("a pattern is longer than 256 bytes"),
        }
    }
}

impl From<Glob> for String {
    fn from(glob: Glob) -> Self {
        glob.0
    }
}

impl Glob {
    /// Whether the whole text fits. Takes at most the product of both lengths in steps, whatever they hold.
    #[must_use]
    pub fn fits(&self, text: &str) -> bool {
        let (pattern, text): (Vec<char>, Vec<char>) = (self.0.chars().collect(), text.chars().collect());
        let (mut p, mut t) = (0, 0);
        // Where the last `*` stands, and how much of the text it has taken.
        let mut star: Option<(usize, usize)> = None;
        while t < text.len() {
            match pattern.get(p) {
                Some('*') => {
                    star = Some((p, t));
                    p += 1;
                }
                Some(c) if *c == '?' || text.get(t) == Some(c) => {
                    p += 1;
                    t += 1;
                }
                _ => {
                    let Some((at, taken)) = star else { return false };
                    star = Some((at, taken + 1));
                    p = at + 1;
                    t = taken + 1;
                }
            }
        }
        pattern.iter().skip(p).all(|c| *c == '*')
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fits(pattern: &str, text: &str) -> bool {
        Glob::try_from(pattern.to_owned()).unwrap().fits(text)
    }

    /// The meaning, written down without care for speed.
    fn meaning(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, rest) => rest.is_none(),
            (Some(('*', more)), rest) => meaning(more, text) || rest.is_some_and(|(_, fewer)| meaning(pattern, fewer)),
            (Some((c, more)), Some((d, fewer))) => (*c == '?' || c == d) && meaning(more, fewer),
            (Some(_), None) => false,
        }
    }

    proptest! {
        #[test]
        fn fits_what_it_means(pattern in "[ab*?]{1,8}", text in "[ab]{0,8}") {
            let chars = |t: &str| t.chars().collect::<Vec<_>>();
            prop_assert_eq!(fits(&pattern, &text), meaning(&chars(&pattern), &chars(&text)));
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        assert!(!fits(&"*a".repeat(100), &"a".repeat(99)));
        assert!(fits("CC6.*", "CC6.1") && !fits("CC6.*", "CC7.1") && fits("prod-?", "prod-ä"));
    }
}
