//! Texts from outside.

/// Without control characters, and cut.
pub(crate) fn short(text: &str, characters: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(characters).collect()
}
