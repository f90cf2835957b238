//! Which rules run: enabling and disabling by name and tag.

use avouch_rules::ResolvedRule;

/// Enables or disables rules; given in a list, later ones override earlier ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    /// Enable or disable.
    pub enable: bool,
    /// Name; `*` stands for any text.
    pub rule: Option<String>,
    /// A tag, whole.
    pub tag: Option<String>,
}

impl Selector {
    /// Whether it speaks of this rule. With both a name and a tag, either suffices.
    #[must_use]
    pub fn selects(&self, rule: &ResolvedRule) -> bool {
        self.rule.as_ref().is_some_and(|pattern| wildcard(pattern, &rule.name))
            || self.tag.as_ref().is_some_and(|tag| rule.tags.contains(tag))
    }
}

/// Whether a rule runs, after all selectors.
pub(crate) fn enabled(rule: &ResolvedRule, selectors: &[Selector]) -> bool {
    selectors.iter().rev().find(|s| s.selects(rule)).map_or(rule.enabled, |s| s.enable)
}

fn wildcard(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|head| text.strip_prefix(head)) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(tail) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or(""),
            None => return false,
        }
    }
    rest.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::wildcard;

    #[test]
    fn star_stands_for_any_text() {
        assert!(wildcard("*", "") && wildcard("Terminal*", "Terminal shell") && wildcard("*ab*b", "xabab"));
        assert!(wildcard("a*b*c", "aXbYc") && wildcard("same", "same"));
        assert!(!wildcard("a*b", "a") && !wildcard("ab*b", "ab") && !wildcard("same", "Same") && !wildcard("", "x"));
    }
}
