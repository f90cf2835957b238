//! Free text as the full-text index knows it.

use rusqlite::Connection;

use crate::filter::{match_query, phrases};

/// Words that have to follow one another.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Phrase {
    /// As the index has them, see [`PREFIX`].
    pub(crate) words: Vec<Vec<u8>>,
    /// The last word may go on.
    pub(crate) goes_on: bool,
}

/// What is looked for in the text of findings or activity.
#[derive(Debug)]
pub(crate) struct Words {
    /// The filter's text.
    pub(crate) text: String,
    /// The same as a query of the engine.
    pub(crate) query: String,
    /// All of them have to be there. `None` when the index takes some part of the text for no word: the engine knows what that means.
    pub(crate) phrases: Option<Vec<Phrase>>,
}

/// First byte of a word in the index; others are of indexes of prefixes, which ours has none of.
pub(super) const PREFIX: u8 = b'0';

/// The same table as in the files, to cut words exactly as they were cut there.
const TABLES: &str = "CREATE VIRTUAL TABLE words USING fts5(text, content='', columnsize=0, tokenize='unicode61 remove_diacritics 0'); \
     CREATE VIRTUAL TABLE word USING fts5vocab(words, instance);";

impl Words {
    /// Of a filter's text; `None` when it has no words.
    pub(crate) fn new(text: &str) -> rusqlite::Result<Option<Self>> {
        let Some(query) = match_query(text) else { return Ok(None) };
        let (phrases, goes_on) = phrases(text);
        let cut = cut(&phrases)?;
        let last = cut.len().saturating_sub(1);
        let phrase = |(n, words): (usize, Vec<Vec<u8>>)| {
            (!words.is_empty()).then_some(Phrase { words, goes_on: goes_on && n == last })
        };
        let phrases = cut.into_iter().enumerate().map(phrase).collect();
        Ok(Some(Self { text: text.to_owned(), query, phrases }))
    }

    /// Whether some word may go on.
    pub(crate) fn goes_on(&self) -> bool {
        self.phrases.iter().flatten().any(|phrase| phrase.goes_on)
    }
}

/// Words of each text, in their order.
fn cut(texts: &[String]) -> rusqlite::Result<Vec<Vec<Vec<u8>>>> {
    let conn = Connection::open_in_memory()?;
    conn.execute_batch(TABLES)?;
    let mut insert = conn.prepare("INSERT INTO words (rowid, text) VALUES (?1, ?2)")?;
    for (n, text) in (0_i64..).zip(texts) {
        insert.execute((n, text))?;
    }
    let mut words = vec![Vec::new(); texts.len()];
    let mut read = conn.prepare("SELECT doc, term FROM word ORDER BY doc, offset")?;
    let mut rows = read.query([])?;
    while let Some(row) = rows.next()? {
        let term = row.get_ref(1)?.as_bytes()?;
        let of = usize::try_from(row.get::<_, i64>(0)?).ok().and_then(|of| words.get_mut(of));
        if let Some(words) = of {
            words.push([&[PREFIX], term].concat());
        }
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Option<Vec<(Vec<String>, bool)>> {
        let phrase = |phrase: Phrase| {
            let word = |word: &Vec<u8>| String::from_utf8(word.clone()).unwrap();
            (phrase.words.iter().map(word).collect(), phrase.goes_on)
        };
        Words::new(text).unwrap()?.phrases.map(|all| all.into_iter().map(phrase).collect())
    }

    #[test]
    fn words_are_cut_as_the_index_cuts_them() {
        let phrase = |words: &[&str], goes_on| (words.iter().map(|w| format!("0{w}")).collect(), goes_on);
        assert_eq!(words("Cat /etc/PASS"), Some(vec![phrase(&["cat"], false), phrase(&["etc", "pass"], true)]));
        assert_eq!(words("ÉTÉ "), Some(vec![phrase(&["été"], false)]));
        assert_eq!(words("/ - "), None);
    }

    #[test]
    fn what_is_no_word_for_the_index_is_left_to_it() {
        // A letter of a script that the engine's tables do not have yet (Unicode 15.1), which the language counts as one.
        let asked = Words::new("a \u{2ebf0} ").unwrap().unwrap();
        assert!(asked.phrases.is_none() || asked.phrases.as_ref().is_some_and(|p| p.len() == 2), "{asked:?}");
    }
}
