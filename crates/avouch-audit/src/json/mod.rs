//! JSON as rules see it: a tree that borrows its bytes, keeps the order of keys and the digits of numbers.
//!
//! Rules compare non-texts by their JSON text (`{"a":1}`), so the bytes as written matter; `serde_json` would re-render
//! them. It is also lenient where a strict reader would lose a record: texts may hold bytes that are not UTF-8, and a
//! lone surrogate reads as U+FFFD. Otherwise the grammar is that of RFC 8259.

mod parse;
mod text;

pub(crate) use parse::parse_first_level;
pub use parse::{JsonError, JsonLimits, parse};
pub use text::Text;

use avouch_event::Arena;

/// One value of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Node<'a> {
    /// The value's bytes as written, without the white space around it.
    pub raw: &'a [u8],
    /// What it is.
    pub kind: Kind<'a>,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number; its digits are the node's raw bytes.
    Number,
    /// A text.
    Text(Text<'a>),
    /// An array.
    Array(Vec<Node<'a>>),
    /// An object: keys in file order. Of repeated keys the first counts.
    Object(Vec<(Text<'a>, Node<'a>)>),
}

impl<'a> Node<'a> {
    /// Value of `key`; `None` when this is no object or has no such key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node<'a>> {
        match &self.kind {
            Kind::Object(members) => members.iter().find(|(k, _)| k.is(key.as_bytes())).map(|(_, v)| v),
            _ => None,
        }
    }

    /// Value after following `keys` from here.
    #[must_use]
    pub fn path(&self, keys: &[&str]) -> Option<&Node<'a>> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Value at a JSON pointer: parts after `/`, `~1` for `/`, `~0` for `~`, a number for an element of an array. The
    /// leading `/` may be left out; the empty pointer is the whole.
    #[must_use]
    pub fn pointer(&self, pointer: &str) -> Option<&Node<'a>> {
        let pointer = pointer.strip_prefix('/').unwrap_or(pointer);
        if pointer.is_empty() {
            return Some(self);
        }
        pointer.split('/').try_fold(self, |node, part| match &node.kind {
            Kind::Array(items) => items.get(part.parse::<usize>().ok()?),
            _ if part.contains('~') => node.get(&part.replace("~1", "/").replace("~0", "~")),
            _ => node.get(part),
        })
    }

    /// Elements; `None` when this is no array.
    #[must_use]
    pub fn items(&self) -> Option<&[Node<'a>]> {
        match &self.kind {
            Kind::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The text as written between its quotes; `None` when this is no text.
    #[must_use]
    pub fn text(&self) -> Option<Text<'a>> {
        match self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// How rules see it: a text as it is, everything else as JSON without white space.
    #[must_use]
    pub fn shown<'e>(&self, arena: &'e Arena) -> &'e [u8]
    where
        'a: 'e,
    {
        match self.kind {
            Kind::Text(text) => text.decode(arena),
            _ => self.compact(arena),
        }
    }

    /// JSON without white space between its parts; texts and numbers as written.
    #[must_use]
    pub fn compact<'e>(&self, arena: &'e Arena) -> &'e [u8]
    where
        'a: 'e,
    {
        text::compact(self.raw, arena)
    }

    /// JSON indented by two blanks a level; texts and numbers as written.
    #[must_use]
    pub fn pretty<'e>(&self, arena: &'e Arena) -> &'e [u8] {
        text::pretty(self.raw, arena)
    }
}
