//! The `exceptions` of a rule.

use std::rc::Rc;

use avouch_diagnostics::Span;

use super::{Context, Reader};
use crate::codes;
use crate::items::{Entry, Exception, Text};
use crate::yaml::Node;

/// Deepest nesting of values: rows, cells, texts of a cell.
const DEPTH: u32 = 3;

impl Reader<'_> {
    /// Reads the exceptions of a rule item. When appending, fields may be left out. `None` when one is malformed.
    pub(super) fn exceptions(&mut self, item: &Node, rule: &Context, append: bool) -> Option<Vec<Exception>> {
        let Some(value) = item.get("exceptions").filter(|v| !v.is_null()) else { return Some(Vec::new()) };
        let Some(entries) = value.items() else {
            let d = codes::BAD_VALUE.at_fault("`exceptions` must be a list").at(value.span, "this is not a list");
            self.fail(rule, d);
            return None;
        };
        let mut all: Vec<Exception> = Vec::new();
        let mut sound = true;
        for entry in entries {
            let Some(exception) = self.exception(entry, append) else {
                sound = false;
                continue;
            };
            if let Some(first) = all.iter().find(|e| e.name.text == exception.name.text) {
                let d = codes::EXCEPTION_TWICE
                    .at_fault(format!("rule has two exceptions named `{}`", exception.name.text))
                    .at(exception.name.span, "named again here")
                    .context(first.name.span, "first here");
                let context =
                    Context { kind: "exception", name: exception.name.text.clone(), span: exception.name.span };
                self.fail(&context, d);
            }
            all.push(exception);
        }
        sound.then_some(all)
    }

    fn exception(&mut self, node: &Rc<Node>, append: bool) -> Option<Exception> {
        let unnamed = Context { kind: "exception", name: String::new(), span: node.span };
        if node.entries().is_none() {
            let d =
                codes::BAD_VALUE.at_fault("an exception must be a mapping").at(node.span, "needs `name` and `fields`");
            self.fail(&unnamed, d);
            return None;
        }
        let name = self.required(node, "name", &unnamed)?;
        let name = Text { text: name.text()?.to_owned(), span: name.span };
        let context = Context { kind: "exception", name: name.text.clone(), span: name.span };
        self.unknown_keys(node, &["name", "fields", "comps", "values"], &context, false);
        if !append && node.get("fields").is_none() {
            self.required(node, "fields", &context)?;
        }
        let fields = self.optional_entry(node, "fields", &context)?;
        let comps = self.optional_entry(node, "comps", &context)?;
        let values = match node.get("values") {
            None => {
                if append {
                    let d = codes::APPEND_NO_VALUES
                        .at_fault(format!("exception `{}` is appended without values", name.text))
                        .at(name.span, "has no `values`")
                        .falco_message("Overriding/appending exception with no values");
                    self.fail(&context, d);
                }
                Vec::new()
            }
            Some(values) => {
                let Some(rows) = values.items() else {
                    let d = codes::BAD_VALUE.at_fault("`values` must be a list");
                    self.fail(&context, d.at(values.span, "this is not a list"));
                    return None;
                };
                let mut all = Vec::with_capacity(rows.len());
                for row in rows {
                    all.push(self.entry(row, "values", &context, DEPTH)?);
                }
                all
            }
        };
        Some(Exception { name, fields, comps, values, span: node.span })
    }

    fn optional_entry(&mut self, node: &Node, key: &str, context: &Context) -> Option<Option<Entry>> {
        match node.get(key) {
            None => Some(None),
            Some(value) => self.entry(value, key, context, DEPTH).map(Some),
        }
    }

    fn entry(&mut self, node: &Rc<Node>, key: &str, context: &Context, depth: u32) -> Option<Entry> {
        if let Some(items) = node.items()
            && depth > 0
        {
            let mut all = Vec::with_capacity(items.len());
            for item in items {
                all.push(self.entry(item, key, context, depth - 1)?);
            }
            return Some(Entry::Many(all, node.span));
        }
        match node.text() {
            Some(text) if !text.is_empty() => Some(Entry::One(Text { text: text.to_owned(), span: node.span })),
            other => {
                let title = format!("`{key}` of exception `{}` must be texts or lists of texts", context.name);
                let place = Span { end: node.span.end.max(node.span.start + 1), ..node.span };
                let label = if other.is_some() { "this is empty" } else { "this is neither" };
                self.fail(context, codes::BAD_VALUE.at_fault(title).at(place, label));
                None
            }
        }
    }
}
