//! The standard layout of rule files.
//!
//! One blank line between items, keys in the customary order, blanks around operators, long conditions broken before
//! `and` and `or`. Comments stay where they are. What would change the meaning of an item, or cannot be told, is left as it
//! is: each item is read again after formatting and compared.

mod condition;
mod item;

use std::rc::Rc;

use avouch_diagnostics::FileId;

use crate::yaml::{self, Node};

/// Why a file was not formatted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {title}")]
pub struct FormatError {
    /// What is wrong.
    pub title: String,
    /// Line, from 1.
    pub line: usize,
}

/// Passes until a text no longer changes; more than two are hardly ever needed.
const PASSES: usize = 4;

/// The file in the standard layout. Formatting the result again changes nothing.
///
/// # Errors
/// When the text is not YAML.
pub fn format_rules(text: &str) -> Result<String, FormatError> {
    let before = read(text)?;
    let mut current = text.to_owned();
    for _ in 0..PASSES {
        let next = pass(&current, &read(&current)?);
        if next == current {
            let sound = read(&next).is_ok_and(|after| item::same_documents(&before, &after));
            return Ok(if sound { current } else { text.to_owned() });
        }
        current = next;
    }
    Ok(text.to_owned())
}

fn read(text: &str) -> Result<Vec<Rc<Node>>, FormatError> {
    let (documents, problem) = yaml::documents(FileId(0), text);
    match problem {
        None => Ok(documents),
        Some(p) => {
            let line = text.get(..p.span.start as usize).unwrap_or_default().matches('\n').count() + 1;
            Err(FormatError { title: p.title, line })
        }
    }
}

fn pass(text: &str, documents: &[Rc<Node>]) -> String {
    let mut items: Vec<(usize, usize)> = Vec::new();
    for document in documents {
        let Some(all) = document.items() else { continue };
        for node in all {
            match lines_of(text, node.span.start as usize, node.span.end as usize) {
                Some(range) if items.last().is_none_or(|last| last.1 <= range.0) => items.push(range),
                // Items in brackets, or two on a line: no layout for those.
                _ => return text.to_owned(),
            }
        }
    }
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut done = 0;
    for (start, end) in items {
        gap(&mut out, text.get(done..start).unwrap_or_default(), false);
        out.push_str(item::format(text.get(start..end).unwrap_or_default()).trim_end());
        out.push('\n');
        done = end;
    }
    gap(&mut out, text.get(done..).unwrap_or_default(), true);
    out
}

/// The whole lines of an item, if its first line starts with a dash.
fn lines_of(text: &str, start: usize, end: usize) -> Option<(usize, usize)> {
    let line = text.get(..start)?.rfind('\n').map_or(0, |i| i + 1);
    let before = text.get(line..start)?;
    let dash = before.trim_start_matches('\u{feff}').trim_start();
    if !dash.starts_with('-') || !dash.get(1..)?.trim().is_empty() {
        return None;
    }
    let last = text.get(end..)?.find('\n').map_or(text.len(), |i| end + i);
    Some((line, last))
}

/// What stands between items: comments, blank lines, document marks. Keeps one blank line where there were some, and sees
/// that one stands between items.
fn gap(out: &mut String, text: &str, last: bool) {
    let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    // The rest of the item's own last line.
    if !out.is_empty() && lines.first().is_some_and(|l| l.is_empty()) {
        lines.remove(0);
    }
    // Indented comments right under an item belong to it.
    let own = if out.is_empty() {
        0
    } else {
        lines.iter().take_while(|l| l.starts_with([' ', '\t']) && l.contains('#')).count()
    };
    for line in lines.iter().take(own) {
        out.push_str(line);
        out.push('\n');
    }
    let mut blank = !out.is_empty();
    let mut any = false;
    for line in lines.iter().skip(own) {
        if line.is_empty() {
            blank |= any;
            continue;
        }
        if blank {
            out.push('\n');
        }
        out.push_str(line);
        out.push('\n');
        blank = false;
        any = true;
    }
    // A blank line before the next item, unless a comment or a document mark stands right over it.
    if !last && (blank || (any && text.ends_with("\n\n"))) {
        out.push('\n');
    }
}

#[cfg(test)]
mod tests;
