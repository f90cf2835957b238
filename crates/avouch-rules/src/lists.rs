//! Lists: references to other lists, and the replacement of their names in conditions.
//!
//! Falco replaces list names in the text of a condition before parsing it, one list after the other, wherever the name
//! stands between blanks, parentheses, commas or `=`: inside quoted texts too. The words of a text are looked up at once
//! here, and only the lists that occur are replaced, in the same order and with the same result.

use std::ops::Range;

use avouch_diagnostics::Span;
use rustc_hash::FxHashMap;

use crate::collect::Table;
use crate::exceptions::quote;
use crate::items::{ListDef, Text};
use crate::text::MappedText;

/// Largest condition after replacement, in bytes; the largest upstream one has 6 kB.
const MAX_CONDITION: usize = 4 << 20;
/// Largest sum over all conditions, in bytes.
const MAX_TOTAL: usize = 64 << 20;

/// A condition grew too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLarge;

/// A list with its references replaced.
#[derive(Debug)]
struct Resolved {
    name: String,
    items: Vec<Text>,
}

/// All lists, ready to be put into conditions.
#[derive(Debug)]
pub(crate) struct Lists {
    all: Vec<Resolved>,
    by_name: FxHashMap<String, usize>,
    /// Lists whose names hold delimiters; they must be searched for.
    odd: Vec<usize>,
    pub(crate) used: Vec<bool>,
    /// Names of the lists that each list refers to.
    pub(crate) references: Vec<Vec<String>>,
    total: usize,
}

fn is_blank(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\n' | b'\r')
}

fn is_delimiter(b: u8) -> bool {
    is_blank(b) || matches!(b, b'(' | b')' | b',' | b'=')
}

impl Lists {
    /// Replaces references between lists: one level, and only to lists defined before the last change.
    pub(crate) fn new(defined: &Table<ListDef>) -> Lists {
        let mut lists = Lists {
            all: Vec::with_capacity(defined.all.len()),
            by_name: FxHashMap::default(),
            odd: Vec::new(),
            used: vec![false; defined.all.len()],
            references: Vec::with_capacity(defined.all.len()),
            total: 0,
        };
        let mut budget = MAX_TOTAL;
        for (i, list) in defined.all.iter().enumerate() {
            let mut items = Vec::with_capacity(list.items.len());
            let mut references = Vec::new();
            for item in &list.items {
                let reference = defined.position(&item.text);
                let other = reference.and_then(|r| Some((r, defined.all.get(r)?)));
                match other.filter(|(_, o)| o.head.index < list.head.visibility) {
                    Some((r, other)) => {
                        if let Some(used) = lists.used.get_mut(r) {
                            *used = true;
                        }
                        references.push(item.text.clone());
                        budget = budget.saturating_sub(other.items.len() * 64);
                        if budget > 0 {
                            items.extend(other.items.iter().cloned());
                        }
                    }
                    None => items.push(item.clone()),
                }
            }
            let name = list.head.name.text.clone();
            if name.bytes().any(is_delimiter) || name.is_empty() {
                lists.odd.push(i);
            } else {
                lists.by_name.insert(name.clone(), i);
            }
            lists.all.push(Resolved { name, items });
            lists.references.push(references);
        }
        lists
    }

    /// Items of a list with references replaced.
    pub(crate) fn items(&self, i: usize) -> &[Text] {
        self.all.get(i).map(|l| l.items.as_slice()).unwrap_or_default()
    }

    /// Replaces all list names in a text.
    pub(crate) fn substitute(&mut self, text: MappedText) -> Result<MappedText, TooLarge> {
        let mut text = text;
        let mut next = 0;
        while let Some(i) = self.first_in(text.as_str(), next) {
            let Some(list) = self.all.get(i) else { break };
            text = replace(&text, list)?;
            if let Some(used) = self.used.get_mut(i) {
                *used = true;
            }
            next = i + 1;
        }
        self.total = self.total.saturating_add(text.len());
        if self.total > MAX_TOTAL {
            return Err(TooLarge);
        }
        Ok(text)
    }

    /// Notes the lists that a text names, without replacing them.
    pub(crate) fn mark_words(&mut self, text: &str) {
        for word in text.split(|c: char| u8::try_from(c).is_ok_and(is_delimiter)) {
            if let Some(used) = self.by_name.get(word).and_then(|i| self.used.get_mut(*i)) {
                *used = true;
            }
        }
    }

    /// The first list, from `next` on, whose name occurs.
    fn first_in(&self, text: &str, next: usize) -> Option<usize> {
        let words = text.split(|c: char| u8::try_from(c).is_ok_and(is_delimiter)).filter(|w| !w.is_empty());
        let plain = words.filter_map(|w| self.by_name.get(w)).copied().filter(|i| *i >= next).min();
        let odd =
            self.odd.iter().copied().filter(|i| *i >= next).find(|i| {
                self.all.get(*i).is_some_and(|l| !l.name.is_empty() && occurrence(text, &l.name, 0).is_some())
            });
        match (plain, odd) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }
}

/// The next place, from `from` on, where a name stands between delimiters.
fn occurrence(text: &str, name: &str, from: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let mut at = from;
    loop {
        let start = at + text.get(at..)?.find(name)?;
        let end = start + name.len();
        let before = start == 0 || bytes.get(start - 1).is_some_and(|b| is_delimiter(*b));
        let after = bytes.get(end).is_none_or(|b| is_delimiter(*b));
        if before && after {
            return Some(start..end);
        }
        at = start + text.get(start..)?.chars().next().map_or(1, char::len_utf8);
    }
}

/// Replaces one list everywhere: blanks around the name are eaten, the items are put between blanks, and an empty list
/// takes a neighbouring comma with it, the left one first.
fn replace(text: &MappedText, list: &Resolved) -> Result<MappedText, TooLarge> {
    let bytes = text.as_str().as_bytes();
    let mut out = MappedText::default();
    let mut done = 0;
    while let Some(found) = occurrence(text.as_str(), &list.name, done) {
        out.push_slice(text, done..found.start);
        let mut end = found.end;
        while bytes.get(end).is_some_and(|b| is_blank(*b)) {
            end += 1;
        }
        out.truncate(out.as_str().trim_end_matches([' ', '\t', '\n', '\r']).len());
        if list.items.is_empty() {
            if out.as_str().ends_with(',') {
                out.truncate(out.len() - 1);
            } else if bytes.get(end) == Some(&b',') {
                end += 1;
            }
        }
        let seen: Span = text.places().leaf(found.clone());
        let scope = text.scope(found.start);
        let outer = text.places().outer(found);
        if !out.is_empty() {
            out.push_seen_at(" ", seen, outer, scope);
        }
        for (i, item) in list.items.iter().enumerate() {
            if i > 0 {
                out.push_glue(", ");
            }
            out.push_seen_at(&quote(&item.text), item.span, outer, scope);
        }
        out.push_glue(" ");
        if out.len() > MAX_CONDITION {
            return Err(TooLarge);
        }
        done = end;
    }
    out.push_slice(text, done..text.len());
    if out.len() > MAX_CONDITION { Err(TooLarge) } else { Ok(out) }
}

#[cfg(test)]
mod tests {
    use avouch_diagnostics::FileId;
    use proptest::prelude::*;

    use super::*;
    use crate::items::Head;

    fn lists(defined: &[(&str, &[&str])]) -> Lists {
        let mut collector = crate::collect::Collector::default();
        for (name, items) in defined {
            let text = |t: &str| Text { text: t.to_owned(), span: Span::default() };
            collector.define_list(text(name), Span::default(), FileId(0), items.iter().map(|i| text(i)).collect());
        }
        Lists::new(&collector.lists)
    }

    fn substituted(defined: &[(&str, &[&str])], text: &str) -> String {
        lists(defined).substitute(MappedText::fixed(text, Span::default())).unwrap().as_str().to_owned()
    }

    #[test]
    fn names_are_replaced_as_text() {
        let l: &[(&str, &[&str])] = &[("l", &["a", "b c"]), ("none", &[]), ("m", &["l", "'x y'"])];
        assert_eq!(substituted(l, "f in (l)"), "f in ( a, \"b c\" )");
        assert_eq!(substituted(l, "f in (x , l,y) or xl"), "f in (x , a, \"b c\" ,y) or xl");
        assert_eq!(substituted(l, "l"), "a, \"b c\" ");
        assert_eq!(substituted(l, "f=l or g"), "f= a, \"b c\" or g");
        assert_eq!(substituted(l, "f in (x, none, y)"), "f in (x  , y)");
        assert_eq!(substituted(l, "f in (none, y)"), "f in (   y)");
        assert_eq!(substituted(l, "f in (m)"), "f in ( a, \"b c\", 'x y' )");
        assert_eq!(substituted(l, "f = \"in l\""), "f = \"in l\"");
        assert_eq!(substituted(l, "f = \" l \""), "f = \" a, \"b c\" \"");
    }

    #[test]
    fn references_go_one_level_and_backwards() {
        // `a` sees `b` only if `b` was defined before the last change of `a`.
        assert_eq!(substituted(&[("a", &["b"]), ("b", &["x"])], "(a)"), "( x )");
        assert_eq!(substituted(&[("a", &["x"]), ("b", &["a"]), ("c", &["b"])], "(c)"), "( a )");
        assert_eq!(Head { visibility: 1, ..head() }.visibility, 1);
    }

    fn head() -> Head {
        let name = Text { text: String::new(), span: Span::default() };
        Head { name, span: Span::default(), first_file: FileId(0), file: FileId(0), index: 0, visibility: 0 }
    }

    #[test]
    fn growth_is_bounded() {
        let many: Vec<String> = (0..2000).map(|i| format!("item{i}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let names: Vec<&str> = vec!["a"; 1000];
        let l: &[(&str, &[&str])] = &[("b", &names), ("a", &many)];
        let mut l = lists(l);
        assert!(l.substitute(MappedText::fixed("f in (b)", Span::default())).is_err());
    }

    /// The rule as it is written down: every list in turn, searched for in the whole text.
    fn one_by_one(defined: &[(String, Vec<String>)], text: &str) -> String {
        let mut text = text.to_owned();
        for (name, items) in defined {
            let mut from = 0;
            while let Some(found) = occurrence(&text, name, from) {
                let head = text[..found.start].trim_end_matches([' ', '\t', '\n', '\r']);
                let tail = text[found.end..].trim_start_matches([' ', '\t', '\n', '\r']);
                let (mut head, mut tail) = (head.to_owned(), tail);
                if items.is_empty() {
                    if head.ends_with(',') {
                        head.pop();
                    } else {
                        tail = tail.strip_prefix(',').unwrap_or(tail);
                    }
                }
                if !head.is_empty() {
                    head.push(' ');
                }
                head.push_str(&items.iter().map(|i| quote(i).into_owned()).collect::<Vec<_>>().join(", "));
                head.push(' ');
                from = head.len();
                text = head + tail;
            }
        }
        text
    }

    proptest! {
        #[test]
        fn same_as_one_list_after_the_other(
            defined in proptest::collection::vec(("[a-c]{1,2}", proptest::collection::vec("[a-d]{1,2}|x y|d", 0..3)), 0..5),
            text in "([a-d]{1,2}|[(),= ]|, ){0,12}",
        ) {
            let mut names: Vec<(String, Vec<String>)> = Vec::new();
            for (n, items) in defined {
                // Items that name a list are replaced before; keep them apart here.
                let items = items.into_iter().filter(|i| i.contains('d') || i.contains(' ')).collect();
                if !names.iter().any(|(o, _)| *o == n) {
                    names.push((n, items));
                }
            }
            let refs: Vec<(&str, Vec<&str>)> =
                names.iter().map(|(n, i)| (n.as_str(), i.iter().map(String::as_str).collect())).collect();
            let slices: Vec<(&str, &[&str])> = refs.iter().map(|(n, i)| (*n, i.as_slice())).collect();
            prop_assert_eq!(substituted(&slices, &text), one_by_one(&names, &text));
        }
    }
}
