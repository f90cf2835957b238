//! Texts of a store's files under numbers of their own, shared by all who read it.
//!
//! Each file numbers its texts for itself. To add up what several files say of a text, and to keep each text once however many read it,
//! readers give it one more number that holds for all of them: counting and grouping then work with numbers, and only what is told
//! becomes text again.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, Weak};

use rustc_hash::FxHashMap;

use crate::column::Dict;
use crate::read::{KnownCondensed, KnownCounts};

/// Texts from which on all are let go, and read anew when they are needed: 300 MiB or so.
const MOST: usize = 1 << 21;
const DICTS: usize = 32;

/// Number of the empty text.
pub(crate) const EMPTY: u32 = 0;
/// Stands for no number.
pub(crate) const UNKNOWN: u32 = u32::MAX;

/// Texts by number, and numbers by text.
#[derive(Debug)]
pub(crate) struct Known {
    numbers: FxHashMap<Arc<str>, u32>,
    texts: Vec<Arc<str>>,
}

impl Known {
    fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let (text, number): (Arc<str>, _) = (text.into(), u32::try_from(self.texts.len()).unwrap_or(UNKNOWN));
        self.texts.push(Arc::clone(&text));
        self.numbers.insert(text, number);
        number
    }

    /// A text by its number.
    pub(crate) fn text(&self, number: u32) -> &Arc<str> {
        // Every number that was given has its text; another one is as good as none.
        self.texts.get(number as usize).unwrap_or(&self.texts[EMPTY as usize])
    }
}

/// What the numbers of one file stand for, by dictionary and number of the file.
#[derive(Debug)]
pub(crate) struct Numbers([RwLock<Vec<u32>>; DICTS]);

impl Numbers {
    /// Numbers of a dictionary, as far as they are known: the place is the file's number.
    pub(crate) fn of(&self, dict: Dict) -> RwLockReadGuard<'_, Vec<u32>> {
        self.0[dict as usize].read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All texts that readers of a store met.
#[derive(Debug)]
pub(crate) struct Texts {
    known: RwLock<Known>,
    /// By path and how often a file of that path was dropped, as long as somebody has it open.
    files: Mutex<FxHashMap<(PathBuf, i64), Weak<Numbers>>>,
    /// Counts that were made, in these numbers.
    pub(crate) counts: KnownCounts,
    /// Findings that were added up, with these texts.
    pub(crate) condensed: KnownCondensed,
}

impl Default for Texts {
    fn default() -> Self {
        let mut known = Known { numbers: FxHashMap::default(), texts: Vec::new() };
        known.number("");
        Self {
            known: RwLock::new(known),
            files: Mutex::default(),
            counts: KnownCounts::default(),
            condensed: KnownCondensed::default(),
        }
    }
}

impl Texts {
    /// The texts, to look at many.
    pub(crate) fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// One text.
    pub(crate) fn text(&self, number: u32) -> Arc<str> {
        Arc::clone(self.known().text(number))
    }

    /// Number of a text, which gets one when it has none.
    pub(crate) fn number(&self, text: &str) -> u32 {
        let known = self.known().numbers.get(text).copied();
        known.unwrap_or_else(|| self.known.write().unwrap_or_else(PoisonError::into_inner).number(text))
    }

    /// Notes what numbers of a file stand for.
    pub(crate) fn note<'t>(&self, numbers: &Numbers, dict: Dict, texts: impl IntoIterator<Item = (u32, &'t str)>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let mut numbers = numbers.0[dict as usize].write().unwrap_or_else(PoisonError::into_inner);
        for (number, text) in texts {
            let at = number as usize;
            if at >= numbers.len() {
                numbers.resize(at + 1, UNKNOWN);
            }
            numbers[at] = known.number(text);
        }
    }

    /// What is known of the numbers of a file.
    pub(crate) fn file(&self, path: &Path, dropped: i64) -> Arc<Numbers> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.retain(|_, numbers| numbers.strong_count() > 0);
        let key = (path.to_owned(), dropped);
        if let Some(numbers) = files.get(&key).and_then(Weak::upgrade) {
            return numbers;
        }
        // Number 0 of every dictionary is the empty text.
        let numbers = Arc::new(Numbers(std::array::from_fn(|_| RwLock::new(vec![EMPTY]))));
        files.insert(key, Arc::downgrade(&numbers));
        numbers
    }
}

/// The texts in use; clones are one and the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct SharedTexts(Arc<Mutex<Arc<Texts>>>);

impl SharedTexts {
    /// Those to work with from now on: others than before when these became too many.
    pub(crate) fn current(&self) -> Arc<Texts> {
        self.at_most(MOST)
    }

    fn at_most(&self, most: usize) -> Arc<Texts> {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if current.known().texts.len() > most {
            *current = Arc::default();
        }
        Arc::clone(&current)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_one_number_whatever_their_file_calls_them() {
        let texts = Texts::default();
        let (a, b) = (texts.file(Path::new("a"), 0), texts.file(Path::new("b"), 0));
        texts.note(&a, Dict::Pod, [(2, "x"), (1, "y")]);
        texts.note(&b, Dict::Pod, [(1, "x")]);
        assert_eq!(a.of(Dict::Pod)[2], b.of(Dict::Pod)[1]);
        assert_eq!((a.of(Dict::Pod)[0], a.of(Dict::Node)[0]), (EMPTY, EMPTY));
        assert_eq!(&*texts.text(a.of(Dict::Pod)[1]), "y");
        assert_eq!(texts.number("y"), a.of(Dict::Pod)[1]);
        assert!(Arc::ptr_eq(&a, &texts.file(Path::new("a"), 0)));
        assert!(!Arc::ptr_eq(&a, &texts.file(Path::new("a"), 1)), "another file under the same name");
    }

    #[test]
    fn texts_that_became_too_many_are_let_go() {
        let shared = SharedTexts::default();
        let texts = shared.at_most(10);
        for n in 0..9 {
            texts.number(&n.to_string());
        }
        assert!(Arc::ptr_eq(&texts, &shared.at_most(10)));
        texts.number("one more");
        assert!(!Arc::ptr_eq(&texts, &shared.at_most(10)));
        assert_eq!(&*texts.text(texts.number("7")), "7", "whoever works with them goes on");
    }
}
