//! A quick look that says for most texts that no keyword is in them, faster than the automaton of keywords: it
//! looks at pairs of bytes, every other place only, and no look waits for the one before.
//!
//! Each keyword is stood for by three bytes in a row of it, its trigram. Wherever a trigram stands, its first two or its last
//! two bytes begin at an even place; so pairs at even places are enough to miss none.

/// How often a byte stands in records, most often first; what is not listed stands seldom. An estimate, and only speed hangs on it.
const FREQUENT: &[u8] = b"e taoinsrcl.dpu/m-:_hgbf1020ywvk3456789=x";

/// See the module. Letters are the same in both cases, and some other bytes are taken for each other as well: `true` means
/// that one must look closer.
pub(crate) struct Prefilter {
    /// By two folded bytes: whether a trigram begins ([`FIRST`]) or ends ([`LAST`]) with them.
    pairs: Box<[u8; 1 << 16]>,
    /// By place in the trigram and byte: the trigrams (bits) that have it there.
    trigrams: Box<[[u64; 256]; 3]>,
    /// Length of the longest keyword.
    longest: usize,
}

const FIRST: u8 = 1;
const LAST: u8 = 2;
/// Takes upper case for lower case, and `_` for DEL and so on.
const FOLD: u8 = 0x20;

impl Prefilter {
    /// `keywords` have three bytes or more.
    pub(crate) fn new(keywords: &[&str]) -> Self {
        let mut pairs = Box::new([0; 1 << 16]);
        let mut trigrams = Box::new([[0; 256]; 3]);
        let mut sorted: Vec<&[u8]> = keywords.iter().map(|word| word.as_bytes()).collect();
        // Short ones have no choice, and longer ones can often share what stands for them.
        sorted.sort_by_key(|word| word.len());
        let mut chosen: Vec<&[u8]> = Vec::new();
        for word in sorted {
            if chosen.iter().any(|trigram| word.windows(3).any(|w| w == *trigram)) {
                continue;
            }
            let rarity = |b: &u8| FREQUENT.iter().position(|f| f == b).unwrap_or(FREQUENT.len());
            chosen.extend(word.windows(3).max_by_key(|w| w.iter().map(rarity).sum::<usize>()));
        }
        for (i, trigram) in chosen.into_iter().enumerate() {
            for (place, byte) in trigram.iter().enumerate() {
                trigrams[place][usize::from(byte | FOLD)] |= 1 << (i % 64);
            }
            for (pair, part) in trigram.windows(2).zip([FIRST, LAST]) {
                pairs[usize::from(u16::from_le_bytes([pair[0] | FOLD, pair[1] | FOLD]))] |= part;
            }
        }
        Self { pairs, trigrams, longest: keywords.iter().map(|word| word.len()).max().unwrap_or_default() }
    }

    /// Calls `is_match` with the surroundings of each place where a keyword may be, until it says that one is there. Every
    /// keyword in `text` is in the surroundings of some place, whole.
    pub(crate) fn any(&self, text: &[u8], is_match: impl Fn(&[u8]) -> bool) -> bool {
        let (chunks, rest) = text.as_chunks::<8>();
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        for (i, chunk) in chunks.iter().chain([&last]).enumerate() {
            let folded = u64::from_le_bytes(*chunk) | u64::from_le_bytes([FOLD; 8]);
            let pair = |shift: u32| self.pairs[usize::from((folded >> shift) as u16)];
            let parts = [pair(0), pair(16), pair(32), pair(48)];
            if parts[0] | parts[1] | parts[2] | parts[3] == 0 {
                continue;
            }
            for (n, part) in parts.into_iter().enumerate().filter(|(_, part)| *part != 0) {
                let at = 8 * i + 2 * n;
                let found = part & FIRST != 0 && self.trigram(text, at)
                    || part & LAST != 0 && at > 0 && self.trigram(text, at - 1);
                let (from, to) = (at.saturating_sub(self.longest), (at + self.longest).min(text.len()));
                if found && is_match(&text[from..to]) {
                    return true;
                }
            }
        }
        false
    }

    fn trigram(&self, text: &[u8], at: usize) -> bool {
        text.get(at..at + 3).is_some_and(|bytes| {
            let at = |place: usize| self.trigrams[place][usize::from(bytes[place] | FOLD)];
            at(0) & at(1) & at(2) != 0
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patterns::{PATTERNS, SECRET_WORDS};

    fn keywords() -> Vec<&'static str> {
        PATTERNS.iter().flat_map(|p| p.keywords).chain(SECRET_WORDS).copied().collect()
    }

    #[test]
    fn every_keyword_is_shown_whole_wherever_it_stands() {
        let prefilter = Prefilter::new(&keywords());
        for word in keywords() {
            for (before, after) in (0..24).flat_map(|before| (0..9).map(move |after| (before, after))) {
                let text = format!("{}{}{}", "#".repeat(before), word.to_ascii_uppercase(), "#".repeat(after));
                let shown = |part: &[u8]| part.to_ascii_lowercase().windows(word.len()).any(|w| w == word.as_bytes());
                assert!(prefilter.any(text.as_bytes(), shown), "{word} after {before} before {after}");
            }
        }
    }

    #[test]
    fn plain_texts_need_no_closer_look() {
        let prefilter = Prefilter::new(&keywords());
        for text in ["", "a", "no", "{\"fd.name\":\"/etc/shadow\",\"proc.pid\":4242,\"user.name\":\"root\"}"] {
            assert!(!prefilter.any(text.as_bytes(), |_| true), "{text}");
        }
    }
}
