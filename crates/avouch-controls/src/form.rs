//! What a file may hold, as a table: checked with places, and printed as JSON Schema (`schema.rs`) from the same table.

use avouch_diagnostics::{Diagnostic, Span, near_names};

use crate::codes;
use crate::times::{parse_duration, parse_time};
use crate::yaml::{Content, Node};

/// What may stand at a place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form {
    /// A text that is not empty.
    Text,
    /// A text of a certain shape.
    Id(&'static IdForm),
    /// One of these words, in any letter case.
    Word(&'static [&'static str]),
    /// A date or a time.
    Time,
    /// `4h`, `30m`, `2d`.
    Duration,
    /// A whole number from 0.
    Number,
    /// `true` or `false`.
    Flag,
    /// A list; one item alone is a list of one.
    List(&'static Form),
    /// A mapping with these keys.
    Map(&'static [Key]),
    /// A text or list, or a mapping: the form of each.
    Either(&'static Form, &'static Form),
    /// A mapping with free keys: form of a key, form of a value.
    Table(&'static Form, &'static Form),
}

/// The shape of an id.
#[derive(Debug)]
pub(crate) struct IdForm {
    /// What it is called in messages: `id of a control`.
    pub(crate) what: &'static str,
    /// For messages.
    pub(crate) example: &'static str,
    /// The same as `is`, for JSON Schema.
    pub(crate) pattern: &'static str,
    /// Whether a text has the shape.
    pub(crate) is: fn(&str) -> bool,
}

/// A key of a mapping.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) form: Form,
    pub(crate) required: bool,
    /// One line for whoever writes the file.
    pub(crate) about: &'static str,
}

/// A key that must be there.
pub(crate) const fn must(name: &'static str, form: Form, about: &'static str) -> Key {
    Key { name, form, required: true, about }
}

/// A key that may be there.
pub(crate) const fn may(name: &'static str, form: Form, about: &'static str) -> Key {
    Key { name, form, required: false, about }
}

/// Ids that users give: `K8S-AC-01`.
pub(crate) static OWN_ID: IdForm = IdForm {
    what: "id",
    example: "K8S-AC-01",
    pattern: "^[A-Za-z][A-Za-z0-9._-]{0,63}$",
    is: |t| {
        t.len() <= 64
            && t.starts_with(|c: char| c.is_ascii_alphabetic())
            && t.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    },
};

/// Reports everything in `node` that has not the `form`; `what` names the place in messages (`` `owner` ``).
pub(crate) fn check(node: &Node, form: &Form, what: &str, problems: &mut Vec<Diagnostic>) {
    match form {
        Form::List(item) => match &node.content {
            Content::List(items) => {
                for node in items {
                    check(node, item, &format!("an item of {what}"), problems);
                }
            }
            Content::Text(text) if text.is_empty() => wrong_kind(node, what, "a list", problems),
            _ => check(node, item, what, problems),
        },
        Form::Map(keys) => match &node.content {
            Content::Map(entries) => map(node.span, entries, keys, what, problems),
            _ => wrong_kind(node, what, "a mapping", problems),
        },
        Form::Either(list, mapping) => {
            check(node, if matches!(node.content, Content::Map(_)) { mapping } else { list }, what, problems);
        }
        Form::Table(key_form, value_form) => match &node.content {
            Content::Map(entries) => {
                for (key, value, name) in texts(entries, problems) {
                    check(key, key_form, &format!("a key of {what}"), problems);
                    check(value, value_form, &format!("`{name}`"), problems);
                }
            }
            _ => wrong_kind(node, what, "a mapping", problems),
        },
        _ => match &node.content {
            Content::Text(text) => scalar(node.span, text.trim(), form, what, problems),
            _ => wrong_kind(node, what, "a text", problems),
        },
    }
}

fn wrong_kind(node: &Node, what: &str, wanted: &str, problems: &mut Vec<Diagnostic>) {
    let title = format!("{what} must be {wanted}");
    problems.push(codes::WRONG_KIND.at_fault(title).at(node.span, "something else stands here"));
}

/// Key, value and name of each entry; keys that are no texts or stand twice are reported.
fn texts<'n>(entries: &'n [(Node, Node)], problems: &mut Vec<Diagnostic>) -> Vec<(&'n Node, &'n Node, &'n str)> {
    let mut out: Vec<(&Node, &Node, &str)> = Vec::new();
    let mut seen = std::collections::BTreeMap::new();
    for (key, value) in entries {
        let Content::Text(name) = &key.content else {
            wrong_kind(key, "a key", "a text", problems);
            continue;
        };
        if let Some(first) = seen.insert(name.as_str(), key.span) {
            let title = format!("`{name}` stands twice in the same mapping");
            problems.push(codes::DUPLICATE.at_fault(title).at(key.span, "again here").context(first, "first here"));
        }
        out.push((key, value, name));
    }
    out
}

fn map(at: Span, entries: &[(Node, Node)], keys: &[Key], what: &str, problems: &mut Vec<Diagnostic>) {
    let texts = texts(entries, problems);
    for (key, value, name) in &texts {
        match keys.iter().find(|k| k.name == *name) {
            Some(known) => {
                let absent = !known.required && matches!(&value.content, Content::Text(t) if t.is_empty());
                if !absent {
                    check(value, &known.form, &format!("`{name}`"), problems);
                }
            }
            None => {
                let mut problem =
                    codes::UNKNOWN_KEY.at_fault(format!("unknown key `{name}`")).at(key.span, "no such key");
                problem = match near_names(name, keys.iter().map(|k| k.name), 1).first() {
                    Some(near) => problem.help(format!("a key with a similar name exists: `{near}`")),
                    None => {
                        let known: Vec<&str> = keys.iter().map(|k| k.name).collect();
                        problem.help(format!("keys of {what}: {}", known.join(", ")))
                    }
                };
                problems.push(problem);
            }
        }
    }
    let missing: Vec<&Key> =
        keys.iter().filter(|k| k.required && !texts.iter().any(|(_, _, name)| *name == k.name)).collect();
    if !missing.is_empty() {
        let names: Vec<String> = missing.iter().map(|k| format!("`{}`", k.name)).collect();
        // The whole of a long item would hide the message; its first key is enough.
        let start = Span { end: at.end.min(at.start.saturating_add(1)), ..at };
        let place = entries.first().map_or(start, |(key, _)| key.span);
        let title = format!("{what} has no {}", names.join(", "));
        let mut problem = codes::MISSING_KEY.at_fault(title).at(place, "in what begins here");
        for key in missing {
            problem = problem.help(format!("`{}`: {}", key.name, key.about.trim_end_matches('.')));
        }
        problems.push(problem);
    }
}

fn scalar(span: Span, text: &str, form: &Form, what: &str, problems: &mut Vec<Diagnostic>) {
    let problem = match form {
        Form::Text if text.is_empty() => codes::MISSING_KEY.at_fault(format!("{what} is empty")).at(span, "here"),
        Form::Id(id) if !(id.is)(text) => codes::BAD_ID
            .at_fault(format!("`{text}` is no {}", id.what))
            .at(span, "wrong shape")
            .help(format!("such an id looks like `{}`", id.example)),
        Form::Word(words) if !words.iter().any(|w| w.eq_ignore_ascii_case(text)) => {
            let problem = codes::UNKNOWN_WORD
                .at_fault(format!("{what} cannot be `{text}`"))
                .at(span, "no such word")
                .help(format!("one of: {}", words.join(", ")));
            match near_names(text, words.iter().copied(), 1).first() {
                Some(near) => problem.help(format!("did you mean `{near}`?")),
                None => problem,
            }
        }
        Form::Time if parse_time(text).is_none() => codes::BAD_TIME
            .at_fault(format!("{what} is no time: `{text}`"))
            .at(span, "neither a date nor a time")
            .help("write a date (`2026-07-01`) or a time (`2026-07-01T08:00:00Z`)"),
        Form::Duration if parse_duration(text).is_none() => codes::BAD_TIME
            .at_fault(format!("{what} is no duration: `{text}`"))
            .at(span, "no duration")
            .help("write a number with `m`, `h` or `d`: `4h`"),
        Form::Number if text.parse::<u32>().is_err() => {
            codes::BAD_NUMBER.at_fault(format!("{what} is no whole number: `{text}`")).at(span, "no number")
        }
        Form::Flag if !matches!(text, "true" | "false") => {
            codes::UNKNOWN_WORD.at_fault(format!("{what} must be true or false")).at(span, "neither")
        }
        _ => return,
    };
    problems.push(problem);
}
