//! Lists and macros.

use std::rc::Rc;

use super::{Context, Reader};
use crate::codes;
use crate::condition::{is_bare, is_identifier};
use crate::items::Text;
use crate::yaml::Node;

impl Reader<'_> {
    /// Name of the item and the context for what follows.
    pub(super) fn name(&mut self, item: &Rc<Node>, kind: &'static str) -> Option<(Text, Context)> {
        let key = item.key(kind).map_or(item.span, |k| k.span);
        let unnamed = Context { kind, name: String::new(), span: key };
        let node = self.required(item, kind, &unnamed)?;
        let name = Text { text: node.text().unwrap_or_default().to_owned(), span: node.span };
        Some((name.clone(), Context { kind, name: name.text, span: node.span }))
    }

    pub(super) fn list(&mut self, item: &Rc<Node>) {
        let Some((name, context)) = self.name(item, "list") else { return };
        self.unknown_keys(item, &["list", "items", "append", "override"], &context, true);
        if !is_bare(&name.text) {
            let d = codes::BAD_LIST_NAME
                .at_fault(format!("list name `{}` is hard to use in a condition", name.text))
                .at(name.span, "has blanks, quotes, parentheses, `,` or `=`")
                .falco_message(format!(
                    "List has an invalid name. List names should match a regular expression: {}",
                    r#"([^()"'[:space:]=,]+)"#
                ));
            self.fail(&context, d);
        }
        let items = self.texts(item, "items", &context);
        let append = self.append_flag(item, &context, "items");
        let overrides = self.overrides(item, &["items"], &["items"], &context);
        let (Some(items), Some(flag), Some((append, replace))) = (items, append, overrides) else {
            self.collector.broken("list", &name.text);
            return;
        };
        if flag && !(append.is_empty() && replace.is_empty()) {
            self.append_and_override(item, &context);
            self.collector.broken("list", &name.text);
            return;
        }
        if flag || append.contains("items") {
            self.collector.append_list(self.problems, name, self.file, items);
        } else {
            self.collector.define_list(name, item.span, self.file, items);
        }
    }

    pub(super) fn macro_item(&mut self, item: &Rc<Node>) {
        let Some((name, context)) = self.name(item, "macro") else { return };
        self.unknown_keys(item, &["macro", "condition", "append", "override"], &context, true);
        if !is_identifier(&name.text) {
            let d = codes::BAD_MACRO_NAME
                .at_fault(format!("macro name `{}` cannot be used in a condition", name.text))
                .at(name.span, "must be letters, digits and `_`, a letter first")
                .falco_message(format!(
                    "Macro has an invalid name. Macro names should match a regular expression: {}",
                    "([a-zA-Z]+[a-zA-Z0-9_]*)"
                ));
            self.fail(&context, d);
        }
        let condition = self.required(item, "condition", &context);
        let append = self.append_flag(item, &context, "condition");
        let overrides = self.overrides(item, &["condition"], &["condition"], &context);
        let (Some(condition), Some(flag), Some((append, replace))) = (condition, append, overrides) else {
            self.collector.broken("macro", &name.text);
            return;
        };
        if flag && !(append.is_empty() && replace.is_empty()) {
            self.append_and_override(item, &context);
            self.collector.broken("macro", &name.text);
            return;
        }
        let condition = self.mapped(&condition);
        if flag || append.contains("condition") {
            self.collector.append_macro(self.problems, name, self.file, &condition);
        } else {
            self.collector.define_macro(name, item.span, self.file, condition);
        }
    }
}
