//! Questions.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use avouch_finding::Time;

use crate::column::{ActivityColumn, Column};
use crate::period::Period;

/// Which rows are asked for. The default asks for all.
///
/// ```
/// use avouch_store::{Column, Filter};
///
/// let filter = Filter::default()
///     .only(Column::Severity, ["high", "critical"])
///     .except(Column::Namespace, ["kube-system"])
///     .text("/etc/shadow");
/// assert_eq!(filter.only[&Column::Severity].len(), 2);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter<C = Column> {
    /// When.
    pub period: Period,
    /// By column the values, one of which a row has to have.
    pub only: BTreeMap<C, BTreeSet<String>>,
    /// By column the values, none of which a row may have.
    pub except: BTreeMap<C, BTreeSet<String>>,
    /// Words that the text has to contain, all of them, whatever their letter case. A word is a run of letters and digits; `/etc/passwd`
    /// stands for the words `etc` and `passwd` one after the other. Words that belong together stand in double quotes. The very last word
    /// may go on, as long as nothing follows it: `cat /etc/pass` finds `/etc/passwd` too, `cat /etc/pass ` does not.
    pub text: String,
}

/// Which activity is asked for.
pub type ActivityFilter = Filter<ActivityColumn>;

impl<C> Default for Filter<C> {
    fn default() -> Self {
        Self { period: Period::ALL, only: BTreeMap::new(), except: BTreeMap::new(), text: String::new() }
    }
}

impl<C: Ord> Filter<C> {
    /// Everything of a period.
    #[must_use]
    pub fn of(period: Period) -> Self {
        Self { period, ..Self::default() }
    }

    /// Only rows with one of these values.
    #[must_use]
    pub fn only<T: Into<String>>(mut self, column: C, values: impl IntoIterator<Item = T>) -> Self {
        self.only.entry(column).or_default().extend(values.into_iter().map(Into::into));
        self
    }

    /// Only rows with none of these values.
    #[must_use]
    pub fn except<T: Into<String>>(mut self, column: C, values: impl IntoIterator<Item = T>) -> Self {
        self.except.entry(column).or_default().extend(values.into_iter().map(Into::into));
        self
    }

    /// Only rows whose text contains these words; see [`Filter::text`].
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = text.into();
        self
    }
}

impl Filter {
    /// Only findings that are open: neither acknowledged nor decided, and no acceptance suppressed them.
    #[must_use]
    pub fn open(mut self) -> Self {
        for (column, value) in [(Column::Acknowledged, "no"), (Column::Decision, "none"), (Column::Suppressed, "no")] {
            match self.only.get_mut(&column) {
                Some(values) => values.retain(|v| v == value),
                None => self = self.only(column, [value]),
            }
        }
        self
    }
}

/// In which order of time rows come. Rows of one nanosecond come in order of arrival, turned round for the newest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "self-explanatory")]
pub enum Order {
    #[default]
    NewestFirst,
    OldestFirst,
}

/// A place between two rows, to go on from. Its text form is opaque and stays good while rows are added; rows that are added
/// before it are not seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Begin of the file that the last row stands in.
    pub(crate) file: Time,
    /// Its slot.
    pub(crate) slot: i64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{:x}", self.file.0, self.slot)
    }
}

/// A text that is no cursor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no cursor")]
pub struct CursorError(String);

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let parts = || {
            let (file, slot) = text.split_once('-')?;
            let file = Time(u64::from_str_radix(file, 16).ok()?);
            Some(Self { file, slot: i64::from_str_radix(slot, 16).ok().filter(|slot| *slot >= 0)? })
        };
        parts().ok_or_else(|| CursorError(text.chars().take(80).collect()))
    }
}

/// One page of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Rows at most.
    pub limit: usize,
    /// In which order.
    pub order: Order,
    /// Where the page before ended; [`Rows::next`] tells.
    pub after: Option<Cursor>,
}

impl Default for Page {
    fn default() -> Self {
        Self { limit: 100, order: Order::NewestFirst, after: None }
    }
}

/// Rows of a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where to go on; `None` when there is no more.
    pub next: Option<Cursor>,
}

/// Splits free text as [`Filter::text`] says: what has to be there, and whether the last of it may go on.
pub(crate) fn phrases(text: &str) -> (Vec<String>, bool) {
    let mut phrases = Vec::new();
    // Pieces between quotes are those with an odd number; they stay whole, the others fall apart at spaces.
    for (n, piece) in text.split('"').enumerate() {
        let (whole, words) = if n % 2 == 1 { (Some(piece), "") } else { (None, piece) };
        let words =
            whole.into_iter().chain(words.split_whitespace()).filter(|word| word.contains(char::is_alphanumeric));
        phrases.extend(words.map(|word| word.replace('\0', "")));
    }
    (phrases, text.ends_with(char::is_alphanumeric))
}

/// The same as a query of the full-text index; `None` when there are no words.
pub(crate) fn match_query(text: &str) -> Option<String> {
    let (phrases, goes_on) = phrases(text);
    let query: Vec<String> = phrases.iter().map(|phrase| format!("\"{phrase}\"")).collect();
    (!query.is_empty()).then(|| query.join(" ") + if goes_on { "*" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_phrases_and_the_very_last_word_may_go_on() {
        assert_eq!(match_query("cat  /etc/pass").as_deref(), Some("\"cat\" \"/etc/pass\"*"));
        assert_eq!(match_query("cat /etc/pass ").as_deref(), Some("\"cat\" \"/etc/pass\""));
        assert_eq!(match_query("a \"b c\" d\"e").as_deref(), Some("\"a\" \"b c\" \"d\" \"e\"*"));
        assert_eq!(match_query("a \"b c\"").as_deref(), Some("\"a\" \"b c\""));
        assert_eq!(match_query(" / \"\" - "), None);
    }

    #[test]
    fn cursors_read_back_and_other_texts_do_not() {
        let cursor = Cursor { file: Time(1_700_000_000_000_000_000), slot: i64::MAX };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for text in ["", "-", "1", "1-", "x-1", "1--1", "1-8000000000000000"] {
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
    }
}
