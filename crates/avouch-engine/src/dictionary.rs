//! Numbers of the texts that one operand is compared with.

use rustc_hash::FxHashMap;

/// Numbers of texts, from 0. One look-up answers all comparisons of a value with them.
#[derive(Debug, Default)]
pub(crate) struct Dictionary {
    numbers: FxHashMap<Box<[u8]>, u32>,
    /// One bit for the mark of each text. Most values stand in no rule, and one look here tells so before the whole text
    /// is hashed.
    marks: Vec<u64>,
}

impl Dictionary {
    /// Numbers `texts` in their order; a text that comes again keeps its number.
    pub(crate) fn new<'t>(texts: impl Iterator<Item = &'t [u8]>) -> Self {
        let mut numbers: FxHashMap<Box<[u8]>, u32> = FxHashMap::default();
        for text in texts {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            numbers.entry(text.into()).or_insert(next);
        }
        // Sixteen bits a text: one value in sixteen is looked up in vain.
        let mut marks = vec![0; (numbers.len() / 4).next_power_of_two()];
        #[expect(clippy::iter_over_hash_type, reason = "bits are set in any order")]
        for text in numbers.keys() {
            let (word, bit) = place(text, marks.len());
            if let Some(word) = marks.get_mut(word) {
                *word |= bit;
            }
        }
        Self { numbers, marks }
    }

    pub(crate) fn len(&self) -> usize {
        self.numbers.len()
    }

    #[inline]
    pub(crate) fn get(&self, text: &[u8]) -> Option<u32> {
        let (word, bit) = place(text, self.marks.len());
        if self.marks.get(word).is_none_or(|marks| marks & bit == 0) {
            return None;
        }
        self.numbers.get(text).copied()
    }
}

/// Word and bit of a text's mark among `words` (a power of two), by its length and its last four bytes: names and paths
/// differ in their ends.
#[inline]
fn place(text: &[u8], words: usize) -> (usize, u64) {
    let end = match text.last_chunk::<4>() {
        Some(end) => u32::from_le_bytes(*end),
        None => text.iter().fold(0, |sum, b| sum << 8 | u32::from(*b)),
    };
    let mixed = (u64::from(end) ^ (text.len() as u64) << 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((mixed >> 40) as usize & words.wrapping_sub(1), 1 << (mixed >> 58))
}

#[cfg(test)]
mod tests {
    use super::Dictionary;

    #[test]
    fn every_text_is_found_and_no_other() {
        let texts: Vec<String> = (0..300).map(|n| format!("/usr/bin/tool{n}")).chain(["".into(), "a".into()]).collect();
        let of = |texts: &[String]| Dictionary::new(texts.iter().map(|t| t.as_bytes()));
        let (all, again) = (of(&texts), of(&[&texts[..], &texts[..3]].concat()));
        for (n, text) in (0..).zip(&texts) {
            assert_eq!((all.get(text.as_bytes()), again.get(text.as_bytes())), (Some(n), Some(n)), "{text}");
        }
        for other in ["/usr/bin/tool", "tool1", "b", "/usr/bin/tool300"] {
            assert_eq!(all.get(other.as_bytes()), None, "{other}");
        }
        assert_eq!((all.len(), of(&[]).get(b"")), (302, None));
    }
}
