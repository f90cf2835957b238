//! Texts that repeat a million times, kept once.

use rustc_hash::FxHashMap;

/// Place of a text in [`Names`].
pub type NameId = u32;

/// A set of texts, each with a number.
#[derive(Clone, Debug, Default)]
pub struct Names {
    texts: Vec<String>,
    ids: FxHashMap<String, NameId>,
}

impl Names {
    /// The number of a text, old or new.
    pub fn id(&mut self, text: &str) -> NameId {
        if let Some(id) = self.ids.get(text) {
            return *id;
        }
        let id = NameId::try_from(self.texts.len()).unwrap_or(NameId::MAX);
        self.texts.push(text.to_owned());
        self.ids.insert(text.to_owned(), id);
        id
    }

    /// The number of a text that is there.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<NameId> {
        self.ids.get(text).copied()
    }

    /// The text of a number.
    #[must_use]
    pub fn text(&self, id: NameId) -> &str {
        self.texts.get(id as usize).map_or("", String::as_str)
    }
}
