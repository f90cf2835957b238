//! Reads the items of a file: which keys there are, and that their values have the right shape.

mod exceptions;
mod named;
mod rule;
mod versions;

use std::collections::BTreeSet;
use std::rc::Rc;

use avouch_diagnostics::{Code, Diagnostic, FileId, Span, near_names};

use crate::codes;
use crate::collect::Collector;
use crate::items::Text;
use crate::problems::{Phase, Problems};
use crate::text::MappedText;
use crate::yaml::{self, Node};

/// What a problem concerns and where to point when something is missing.
#[derive(Clone)]
struct Context {
    kind: &'static str,
    name: String,
    span: Span,
}

pub(crate) struct Reader<'a> {
    pub(crate) file: FileId,
    pub(crate) text: &'a str,
    pub(crate) problems: &'a mut Problems,
    pub(crate) collector: &'a mut Collector,
}

impl Reader<'_> {
    /// Reads all documents of the file.
    pub(crate) fn read(&mut self) {
        let (documents, problem) = yaml::documents(self.file, self.text);
        for document in &documents {
            if !document.is_null() {
                self.document(document);
            }
        }
        if let Some(p) = problem {
            let d = codes::NOT_YAML.at_fault(p.title).at(p.span, p.label).item("rules content", "");
            self.problems.add(self.file, Phase::Read, d);
        }
    }

    fn document(&mut self, document: &Rc<Node>) {
        let content =
            Context { kind: "rules content", name: String::new(), span: first_line(document.span, self.text) };
        let Some(items) = document.items() else {
            let (what, message) = if document.entries().is_some() {
                ("a single mapping", "Rules content is not yaml array of objects")
            } else {
                ("a text", "Rules content is not yaml")
            };
            let d = codes::NOT_ITEMS.at_fault("a rule file must be a list of items");
            let d = d.at(content.span, format!("this is {what}")).falco_message(message);
            self.fail(&content, d.help("start each item with `- rule:`, `- macro:` or `- list:`"));
            return;
        };
        for item in items {
            if !item.is_null() {
                self.item(item);
            }
        }
    }

    fn item(&mut self, item: &Rc<Node>) {
        let mut context =
            Context { kind: "rules content item", name: String::new(), span: first_line(item.span, self.text) };
        let Some(entries) = item.entries() else {
            let d = codes::NOT_ITEMS.at_fault("an item must be a mapping").at(context.span, "this is not a mapping");
            let message = "Unexpected element type. Each element should be a yaml associative array.";
            self.fail(&context, d.falco_message(message));
            return;
        };
        self.duplicate_keys(item);
        let has = |key: &str| item.get(key).is_some();
        if has("required_engine_version") {
            self.engine_version(item, context.clone());
        } else if has("required_plugin_versions") {
            self.plugin_versions(item, context.clone());
        } else if has("list") {
            self.list(item);
        } else if has("macro") {
            self.macro_item(item);
        } else if has("rule") {
            self.rule(item);
        } else {
            let first = entries.first().and_then(|(k, _)| k.text().map(|t| (t.to_owned(), k.span)));
            let (name, span) = first.unwrap_or_else(|| (String::new(), context.span));
            context.span = span;
            let kinds = ["rule", "macro", "list", "required_engine_version", "required_plugin_versions"];
            let mut d = codes::UNKNOWN_ITEM.at_fault("item is neither a rule, a macro nor a list").at(span, "not used");
            if let Some(near) = near_names(&name, kinds, 1).first() {
                d = d.help(format!("did you mean `{near}`?"));
            }
            self.fail(&context, d);
        }
    }

    fn duplicate_keys(&mut self, item: &Node) {
        let mut seen: Vec<(&str, Span)> = Vec::new();
        for (key, _) in item.entries().unwrap_or_default() {
            let Some(text) = key.text() else { continue };
            match seen.iter().find(|(t, _)| *t == text) {
                Some((_, first)) => {
                    let d = codes::DUPLICATE_KEY
                        .at_fault(format!("key `{text}` stands twice in one item"))
                        .at(key.span, "not used")
                        .context(*first, "this one counts");
                    self.problems.add(self.file, Phase::Read, d);
                }
                // Items have a dozen keys; a hostile one is not compared key by key.
                None if seen.len() < 64 => seen.push((text, key.span)),
                None => {}
            }
        }
    }

    fn fail(&mut self, context: &Context, diagnostic: Diagnostic) {
        self.problems.add(self.file, Phase::Read, diagnostic.item(context.kind, context.name.clone()));
    }

    /// Warns of keys that mean nothing in this kind of item. Falco looks at the keys of items only, not inside them.
    fn unknown_keys(&mut self, node: &Node, known: &[&str], context: &Context, as_falco: bool) {
        for (key, _) in node.entries().unwrap_or_default() {
            let text = key.text().unwrap_or_default();
            if known.contains(&text) {
                continue;
            }
            let mut d = codes::UNKNOWN_KEY.at_fault(format!("unknown key `{text}`")).at(key.span, "not used");
            if as_falco {
                d = d.falco_message(format!("Unknown key '{text}'"));
            } else {
                d.falco = None;
            }
            let help = match near_names(text, known.iter().copied(), 1).first() {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known are {}", known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ")),
            };
            self.fail(context, d.help(help));
        }
    }

    /// A value that must be there and be a text that is not empty.
    fn required(&mut self, node: &Node, key: &'static str, context: &Context) -> Option<Rc<Node>> {
        match node.get(key) {
            Some(value) => self.scalar(node, value, key, context),
            None => {
                let d = codes::MISSING_KEY
                    .at_fault(format!("{} has no `{key}`", described(context)))
                    .at(context.span, format!("needs a key `{key}`"))
                    .falco_message(format!("Item has no mapping for key '{key}'"));
                self.fail(context, d);
                None
            }
        }
    }

    /// A text that is not empty.
    fn scalar(&mut self, node: &Node, value: &Rc<Node>, key: &str, context: &Context) -> Option<Rc<Node>> {
        let place =
            if value.span.start == value.span.end { node.key(key).map_or(value.span, |k| k.span) } else { value.span };
        let d = if value.is_null() {
            codes::MISSING_KEY
                .at_fault(format!("`{key}` is empty"))
                .at(place, "has no value")
                .falco_message(format!("Mapping for key '{key}' is empty"))
        } else {
            match value.text() {
                None => {
                    codes::BAD_VALUE.at_fault(format!("`{key}` must be one text")).at(place, "this is not one text")
                }
                Some("") => codes::BAD_VALUE.at_fault(format!("`{key}` is empty")).at(place, "must not be empty"),
                Some(_) => return Some(Rc::clone(value)),
            }
        };
        self.fail(context, d);
        None
    }

    /// A truth value, if the key is there. The outer `None` says that it is there but wrong.
    fn truth(&mut self, node: &Node, key: &str, context: &Context) -> Option<Option<bool>> {
        let Some(value) = node.get(key) else { return Some(None) };
        let value = self.scalar(node, value, key, context)?;
        let found = value.as_bool();
        if found.is_none() {
            let d = codes::BAD_VALUE.at_fault(format!("`{key}` must be true or false"));
            self.fail(context, d.at(value.span, "neither true nor false"));
        }
        found.map(Some)
    }

    /// A sequence of texts.
    fn texts(&mut self, node: &Node, key: &'static str, context: &Context) -> Option<Vec<Text>> {
        let Some(value) = node.get(key) else {
            return self.required(node, key, context).map(|_| Vec::new());
        };
        let Some(items) = value.items() else {
            let place = if value.span.start == value.span.end {
                node.key(key).map_or(value.span, |k| k.span)
            } else {
                value.span
            };
            let d = codes::BAD_VALUE.at_fault(format!("`{key}` must be a list")).at(place, "this is not a list");
            self.fail(context, d.help(format!("write `{key}: [a, b]`")));
            return None;
        };
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            match item.text() {
                Some(text) if !(item.is_null() && text.is_empty()) => {
                    texts.push(Text { text: text.to_owned(), span: item.span });
                }
                _ => {
                    let d = codes::BAD_VALUE.at_fault(format!("`{key}` must be a list of texts"));
                    self.fail(context, d.at(item.span, "this is not a text"));
                    return None;
                }
            }
        }
        Some(texts)
    }

    /// The keys listed under `override`, to append and to replace. `None` when it is malformed.
    fn overrides(
        &mut self,
        item: &Node,
        can_append: &[&str],
        can_replace: &[&str],
        context: &Context,
    ) -> Option<(BTreeSet<String>, BTreeSet<String>)> {
        let (mut append, mut replace) = (BTreeSet::new(), BTreeSet::new());
        let Some(value) = item.get("override") else { return Some((append, replace)) };
        if value.is_null() {
            return Some((append, replace));
        }
        let Some(entries) = value.entries() else {
            let d =
                codes::BAD_OVERRIDE.at_fault("`override` must be a mapping").at(value.span, "this is not a mapping");
            self.fail(context, d.help("write `override:` and below it `condition: append`"));
            return None;
        };
        let mut sound = true;
        for (key, operation) in entries {
            let name = key.text().unwrap_or_default();
            let (set, allowed) = match operation.text() {
                Some("append") => (&mut append, can_append.contains(&name)),
                Some("replace") => (&mut replace, can_replace.contains(&name)),
                other => {
                    let title = format!("`{name}` can be overridden by `append` or `replace` only");
                    let label =
                        other.map_or("this is not one word".to_owned(), |o| format!("no way to override: `{o}`"));
                    let d = codes::BAD_OVERRIDE.at_fault(title).at(operation.span, label);
                    self.fail(context, d);
                    sound = false;
                    continue;
                }
            };
            if allowed {
                set.insert(name.to_owned());
                continue;
            }
            sound = false;
            let d = if can_replace.contains(&name) {
                codes::BAD_OVERRIDE
                    .at_fault(format!("`{name}` cannot be appended to"))
                    .at(key.span.to(operation.span), "can only be replaced")
                    .help(format!("write `{name}: replace`"))
                    .falco_message(format!("Key '{name}' cannot be appended to, use 'replace' instead"))
            } else {
                let mut d = codes::BAD_OVERRIDE
                    .at_fault(format!("`{name}` cannot be overridden"))
                    .at(key.span, "cannot be overridden");
                if let Some(near) = near_names(name, can_replace.iter().copied(), 1).first() {
                    d = d.help(format!("did you mean `{near}`?"));
                }
                d
            };
            self.fail(context, d);
        }
        sound.then_some((append, replace))
    }

    /// The deprecated `append: true`, with its warning. `None` when it is malformed.
    fn append_flag(&mut self, item: &Node, context: &Context, instead: &str) -> Option<bool> {
        let flag = self.truth(item, "append", context)?.unwrap_or(false);
        if flag {
            let d = codes::DEPRECATED_APPEND
                .at_fault("`append: true` is deprecated")
                .at(item.key("append").map_or(context.span, |k| k.span), "the old way")
                .help(format!("write `override:` and below it `{instead}: append`"));
            self.fail(context, d);
        }
        Some(flag)
    }

    /// Refuses `append: true` beside `override`.
    fn append_and_override(&mut self, item: &Node, context: &Context) {
        let place = |key: &str| item.key(key).map_or(context.span, |k| k.span);
        let d = codes::BAD_OVERRIDE
            .at_fault("`append: true` and `override` cannot be used together")
            .at(place("override"), "says how each key is changed")
            .context(place("append"), "says that all are appended")
            .help("remove `append: true` and list the keys under `override`");
        self.fail(context, d);
    }

    fn mapped(&self, node: &Node) -> MappedText {
        node.mapped(self.text)
    }
}

/// `rule `x`` or, without a name, `the item`.
fn described(context: &Context) -> String {
    if context.name.is_empty() {
        format!("{} without a name", context.kind)
    } else {
        format!("{} `{}`", context.kind, context.name)
    }
}

/// The part of a span on its first line.
fn first_line(span: Span, text: &str) -> Span {
    let whole = text.get(span.start as usize..span.end as usize).unwrap_or_default();
    let len = u32::try_from(whole.find('\n').unwrap_or(whole.len())).unwrap_or(0);
    Span { end: span.start + len, ..span }
}

/// A problem with an item that was found after reading.
pub(crate) fn item_problem(code: &Code, title: String, kind: &'static str, name: &Text, label: &str) -> Diagnostic {
    code.at_fault(title).at(name.span, label).item(kind, name.text.clone())
}
