//! Layout of one item.

use std::rc::Rc;

use avouch_diagnostics::FileId;

use super::condition;
use crate::yaml::{self, Content, Node, Style};

/// Keys in the customary order; others stay behind them.
const ORDER: [&str; 19] = [
    "rule",
    "macro",
    "list",
    "desc",
    "condition",
    "items",
    "exceptions",
    "output",
    "priority",
    "source",
    "enabled",
    "tags",
    "warn_evttypes",
    "skip-if-unknown-filter",
    "capture",
    "capture_duration",
    "append",
    "override",
    "required_engine_version",
];

/// Most keys of an item that is formatted.
const MOST_KEYS: usize = 256;

/// The item, lines and all, without its last line break.
pub(super) fn format(text: &str) -> String {
    let plain = with_conditions(text);
    let trimmed = trim_lines(&ordered(&plain).unwrap_or_else(|| plain.clone()));
    [trimmed, plain].into_iter().find(|new| same_meaning(text, new)).unwrap_or_else(|| text.to_owned())
}

fn trim_lines(text: &str) -> String {
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// The only item of a text.
fn parse(text: &str) -> Option<Rc<Node>> {
    let (documents, problem) = yaml::documents(FileId(0), text);
    match (documents.as_slice(), problem) {
        ([document], None) => document.items().filter(|i| i.len() == 1).and_then(|i| i.first().cloned()),
        _ => None,
    }
}

/// Whether two texts say the same: equal but for the order of keys and the layout of conditions.
fn same_meaning(old: &str, new: &str) -> bool {
    let (Some(a), Some(b)) = (parse(old), parse(new)) else { return old == new };
    comments(old) == comments(new) && same_item(&a, &b)
}

/// Whether all items of two files say the same.
pub(super) fn same_documents(a: &[Rc<Node>], b: &[Rc<Node>]) -> bool {
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| match (a.items(), b.items()) {
            (Some(x), Some(y)) => x.len() == y.len() && x.iter().zip(y).all(|(a, b)| same_item(a, b)),
            _ => same(a, b),
        })
}

fn same_item(a: &Node, b: &Node) -> bool {
    let (Some(x), Some(y)) = (a.entries(), b.entries()) else { return same(a, b) };
    if x.len() > MOST_KEYS {
        return same(a, b);
    }
    x.len() == y.len()
        && x.iter().all(|(key, value)| {
            let Some(name) = key.text() else { return same(a, b) };
            // Where a key stands twice, the first one counts; then nothing may move.
            let Some(other) = b.get(name).filter(|_| a.get(name).is_some_and(|v| Rc::ptr_eq(v, value))) else {
                return same(a, b);
            };
            match (name, value.text(), other.text()) {
                ("condition", Some(c), Some(d)) => c == d || condition::same_tokens(c, d),
                _ => same(value, other),
            }
        })
}

fn same(a: &Node, b: &Node) -> bool {
    match (&a.content, &b.content) {
        (Content::Scalar { text: x, .. }, Content::Scalar { text: y, .. }) => x == y,
        (Content::Sequence { items: x, .. }, Content::Sequence { items: y, .. }) => {
            x.len() == y.len() && x.iter().zip(y).all(|(a, b)| same(a, b))
        }
        (Content::Mapping { entries: x, .. }, Content::Mapping { entries: y, .. }) => {
            x.len() == y.len() && x.iter().zip(y).all(|(a, b)| same(&a.0, &b.0) && same(&a.1, &b.1))
        }
        _ => false,
    }
}

/// How many characters could be the start of a comment; none may be lost.
fn comments(text: &str) -> usize {
    text.matches('#').count()
}

/// Lays out the condition of the item.
fn with_conditions(text: &str) -> String {
    // A hostile item may have many keys; they are held against each other.
    let Some(item) = parse(text).filter(|i| i.entries().is_none_or(|e| e.len() <= MOST_KEYS)) else {
        return text.to_owned();
    };
    let (Some(key), Some(value)) = (item.key("condition"), item.get("condition")) else { return text.to_owned() };
    let Content::Scalar { text: decoded, style } = &value.content else { return text.to_owned() };
    let start = key.span.start as usize;
    let Some(line) = text.get(..start).map(|t| t.rfind('\n').map_or(0, |i| i + 1)) else { return text.to_owned() };
    let column = text.get(line..start).map_or(0, |t| t.chars().count());
    let value_start = value.span.start as usize;
    // What stands between key and value: `: ` or `: >` and a line break, else a comment that would be lost.
    let between = text.get(key.span.end as usize..value_start).unwrap_or_default();
    let header = between.trim_start().strip_prefix(':').map(str::trim);
    let block = match (style, header) {
        (Style::Plain, Some("")) => false,
        (Style::Folded | Style::Literal, Some(">" | ">-" | "|" | "|-" | ">+" | "|+")) => true,
        _ => return text.to_owned(),
    };
    let Some(laid_out) = condition::layout(decoded, column, block) else { return text.to_owned() };
    let end = value.span.end as usize;
    format!(
        "{}:{laid_out}{}",
        text.get(..key.span.end as usize).unwrap_or_default(),
        text.get(end..).unwrap_or_default()
    )
}

/// Brings the keys into the customary order, each with its lines and the comments over it. `None` when they are in order or
/// cannot be moved.
fn ordered(text: &str) -> Option<String> {
    let item = parse(text)?;
    let Content::Mapping { entries, flow: false } = &item.content else { return None };
    if entries.len() > MOST_KEYS {
        return None;
    }
    let rank = |key: &str| ORDER.iter().position(|k| *k == key).unwrap_or(ORDER.len());
    let keys: Vec<&str> = entries.iter().map(|(k, _)| k.text()).collect::<Option<_>>()?;
    let mut sorted = keys.clone();
    sorted.sort_by_key(|k| rank(k));
    if sorted == keys || sorted.first() != keys.first() {
        return None;
    }
    // Line starts of the keys; each must begin its line, all in one column.
    let mut starts = Vec::with_capacity(entries.len());
    let mut column = None;
    for (i, (key, _)) in entries.iter().enumerate() {
        let at = key.span.start as usize;
        let line = text.get(..at)?.rfind('\n').map_or(0, |n| n + 1);
        let before = text.get(line..at)?;
        let alone = before.chars().all(|c| c == ' ') || (i == 0 && before.trim() == "-");
        if !alone || *column.get_or_insert(before.chars().count()) != before.chars().count() {
            return None;
        }
        // Comment lines right over a key go with it.
        let mut from = line;
        let mut comment_above = i > 0;
        while comment_above {
            let above = text.get(..from.checked_sub(1)?)?.rfind('\n').map_or(0, |n| n + 1);
            let comment = text.get(above..from)?.trim_start();
            comment_above = comment.starts_with('#') && starts.last().is_none_or(|s| above > *s);
            if comment_above {
                from = above;
            }
        }
        starts.push(from);
    }
    let mut blocks: Vec<(&str, &str)> = Vec::with_capacity(keys.len());
    for (i, key) in keys.iter().enumerate() {
        let end = starts.get(i + 1).copied().unwrap_or(text.len());
        blocks.push((key, text.get(*starts.get(i)?..end)?.trim_end_matches('\n')));
    }
    blocks.sort_by_key(|(k, _)| rank(k));
    Some(blocks.iter().map(|(_, b)| *b).collect::<Vec<_>>().join("\n"))
}
