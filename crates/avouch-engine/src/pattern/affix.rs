//! Any of several prefixes, or of several suffixes: one binary search.

use std::cmp::Ordering;

/// Several prefixes or suffixes, none of which makes another superfluous.
#[derive(Debug)]
pub(crate) struct AffixSet {
    sorted: Vec<Box<[u8]>>,
    from_end: bool,
}

impl AffixSet {
    pub(crate) fn prefixes<'a>(texts: impl Iterator<Item = &'a [u8]>) -> Self {
        Self::new(texts, false)
    }

    pub(crate) fn suffixes<'a>(texts: impl Iterator<Item = &'a [u8]>) -> Self {
        Self::new(texts, true)
    }

    fn new<'a>(texts: impl Iterator<Item = &'a [u8]>, from_end: bool) -> Self {
        let mut all: Vec<Box<[u8]>> = texts.map(Into::into).collect();
        all.sort_unstable_by(|a, b| compare(a, b, from_end));
        let mut sorted: Vec<Box<[u8]>> = Vec::with_capacity(all.len());
        for text in all {
            // In this order a text stands behind its own affixes, with nothing but longer texts of that affix between.
            if !sorted.last().is_some_and(|last| covers(last, &text, from_end)) {
                sorted.push(text);
            }
        }
        Self { sorted, from_end }
    }

    pub(crate) fn matches(&self, value: &[u8]) -> bool {
        let at = self.sorted.partition_point(|t| compare(t, value, self.from_end) != Ordering::Greater);
        // Only the last one that is not greater can be an affix, since none is an affix of another.
        at.checked_sub(1).and_then(|i| self.sorted.get(i)).is_some_and(|t| covers(t, value, self.from_end))
    }
}

fn compare(a: &[u8], b: &[u8], from_end: bool) -> Ordering {
    if from_end { a.iter().rev().cmp(b.iter().rev()) } else { a.cmp(b) }
}

fn covers(affix: &[u8], text: &[u8], from_end: bool) -> bool {
    if from_end { text.ends_with(affix) } else { text.starts_with(affix) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_trying_each(
            texts in prop::collection::vec("[ab]{0,4}", 0..8),
            value in "[ab]{0,6}",
        ) {
            let bytes = || texts.iter().map(|t| t.as_bytes());
            prop_assert_eq!(
                AffixSet::prefixes(bytes()).matches(value.as_bytes()),
                texts.iter().any(|t| value.starts_with(t.as_str()))
            );
            prop_assert_eq!(
                AffixSet::suffixes(bytes()).matches(value.as_bytes()),
                texts.iter().any(|t| value.ends_with(t.as_str()))
            );
        }
    }
}
