//! Rules: definitions, appends, overrides, and the switch by `enabled` alone.

use std::collections::BTreeSet;
use std::rc::Rc;

use avouch_diagnostics::Span;

use super::{Context, Reader};
use crate::codes;
use crate::items::{Head, RuleDef, RuleUpdate, Text};
use crate::rule::Priority;
use crate::text::MappedText;
use crate::yaml::Node;

const KEYS: [&str; 15] = [
    "rule",
    "condition",
    "desc",
    "output",
    "priority",
    "source",
    "enabled",
    "tags",
    "exceptions",
    "warn_evttypes",
    "skip-if-unknown-filter",
    "capture",
    "capture_duration",
    "append",
    "override",
];

const CAN_APPEND: [&str; 5] = ["condition", "output", "desc", "tags", "exceptions"];

const CAN_REPLACE: [&str; 11] = [
    "condition",
    "output",
    "desc",
    "tags",
    "exceptions",
    "priority",
    "capture",
    "capture_duration",
    "enabled",
    "warn_evttypes",
    "skip-if-unknown-filter",
];

impl Reader<'_> {
    pub(super) fn rule(&mut self, item: &Rc<Node>) {
        let Some((name, context)) = self.name(item, "rule") else { return };
        self.unknown_keys(item, &KEYS, &context, true);
        if self.rule_parts(item, &name, &context).is_none() {
            self.collector.broken("rule", &name.text);
        }
    }

    fn rule_parts(&mut self, item: &Rc<Node>, name: &Text, context: &Context) -> Option<()> {
        let flag = self.append_flag(item, context, "condition")?;
        let (append, replace) = self.overrides(item, &CAN_APPEND, &CAN_REPLACE, context)?;
        let overrides = !append.is_empty() || !replace.is_empty();
        if flag && overrides {
            self.append_and_override(item, context);
            return None;
        }
        let source = self.source(item, context)?;
        if overrides {
            return self.override_rule(item, name, context, source.as_deref(), &append, &replace);
        }
        if flag {
            return self.append_rule(item, name, context, source.as_deref());
        }
        let parts = ["condition", "output", "desc", "priority"];
        if parts.iter().all(|k| item.get(k).is_none()) {
            return self.switch_rule(item, name, context);
        }
        self.define_rule(item, name, context, source)
    }

    /// `source`; empty counts as none.
    fn source(&mut self, item: &Node, context: &Context) -> Option<Option<String>> {
        match item.get("source") {
            None => Some(None),
            Some(v) if v.is_null() || v.text() == Some("") => Some(None),
            Some(v) => self.scalar(item, v, "source", context)?.text().map(|t| Some(t.to_owned())),
        }
    }

    fn switch_rule(&mut self, item: &Node, name: &Text, context: &Context) -> Option<()> {
        if item.get("enabled").is_none() {
            let d = codes::MISSING_KEY
                .at_fault(format!("rule `{}` has no `condition`, `output`, `desc` and `priority`", name.text))
                .at(name.span, "needs these keys, or `override`")
                .falco_message("Item has no mapping for key 'enabled'");
            self.fail(context, d);
            return None;
        }
        let enabled = self.truth(item, "enabled", context)??;
        let d = codes::DEPRECATED_ENABLED
            .at_fault("an item with `enabled` alone is deprecated")
            .at(item.key("enabled").map_or(name.span, |k| k.span), "the old way")
            .help("add `override:` and below it `enabled: replace`");
        self.fail(context, d);
        let update = RuleUpdate { enabled: Some(enabled), ..RuleUpdate::default() };
        self.collector.replace_in_rule(self.problems, name, self.file, None, update);
        Some(())
    }

    fn append_rule(&mut self, item: &Node, name: &Text, context: &Context, source: Option<&str>) -> Option<()> {
        let mut update = RuleUpdate::default();
        if item.get("condition").is_some() {
            update.condition = Some(self.condition(item, context)?);
        }
        if item.get("exceptions").is_some() {
            update.exceptions = Some(self.exceptions(item, context, true)?);
        }
        if update.condition.is_none() && update.exceptions.is_none() {
            let mut d = codes::MISSING_KEY
                .at_fault(format!("append to rule `{}` has neither `condition` nor `exceptions`", name.text))
                .at(name.span, "nothing to append")
                .falco_message("Appended rule must have exceptions or condition property");
            d.falco = Some("LOAD_ERR_VALIDATE");
            self.fail(context, d);
            return None;
        }
        self.collector.append_to_rule(self.problems, name, self.file, source, update);
        Some(())
    }

    fn override_rule(
        &mut self,
        item: &Node,
        name: &Text,
        context: &Context,
        source: Option<&str>,
        append: &BTreeSet<String>,
        replace: &BTreeSet<String>,
    ) -> Option<()> {
        let listed = |key: &str| append.contains(key) || replace.contains(key);
        let mut sound = true;
        for (keys, how) in [(append, "append"), (replace, "replace")] {
            for key in keys.iter().filter(|k| item.get(k).is_none()) {
                let place = item.get("override").and_then(|o| o.key(key)).map_or(context.span, |k| k.span);
                let d = codes::BAD_OVERRIDE
                    .at_fault(format!("`{key}` is to be overridden but is not given"))
                    .at(place, format!("there is no `{key}` in this item"))
                    .falco_message(format!("An {how} override for '{key}' was specified but '{key}' is not defined"));
                self.fail(context, d);
                sound = false;
            }
        }
        for key in CAN_REPLACE.iter().filter(|k| !listed(k)) {
            let Some(node) = item.key(key) else { continue };
            let d = codes::BAD_OVERRIDE
                .at_fault(format!("`{key}` is given but not listed under `override`"))
                .at(node.span, "appended or replaced?")
                .context(item.key("override").map_or(context.span, |k| k.span), "list it here")
                .falco_message(format!("Unexpected key '{key}': no corresponding entry under 'override' is defined."));
            self.fail(context, d);
            sound = false;
        }
        if !sound {
            return None;
        }
        for (keys, appends) in [(append, true), (replace, false)] {
            if keys.is_empty() {
                continue;
            }
            let update = self.update(item, context, keys, appends)?;
            if appends {
                self.collector.append_to_rule(self.problems, name, self.file, source, update);
            } else {
                self.collector.replace_in_rule(self.problems, name, self.file, source, update);
            }
        }
        Some(())
    }

    /// The values of the keys to append or to replace.
    fn update(&mut self, item: &Node, context: &Context, keys: &BTreeSet<String>, append: bool) -> Option<RuleUpdate> {
        let has = |key: &str| keys.contains(key);
        let mut update = RuleUpdate::default();
        if has("condition") {
            update.condition = Some(self.condition(item, context)?);
        }
        if has("exceptions") {
            update.exceptions = Some(self.exceptions(item, context, append)?);
        }
        if has("output") {
            update.output = Some(self.output(item, context)?);
        }
        if has("desc") {
            update.desc = Some(self.required(item, "desc", context)?.text()?.to_owned());
        }
        if has("tags") {
            update.tags = Some(self.tags(item, context)?);
        }
        if has("priority") {
            update.priority = Some(self.priority(item, context)?);
        }
        if has("enabled") {
            update.enabled = self.truth(item, "enabled", context)?;
        }
        if has("warn_evttypes") {
            update.warn_evttypes = self.truth(item, "warn_evttypes", context)?;
        }
        if has("skip-if-unknown-filter") {
            update.skip_if_unknown_filter = self.truth(item, "skip-if-unknown-filter", context)?;
        }
        if has("capture") {
            update.capture = self.truth(item, "capture", context)?;
        }
        if has("capture_duration") {
            update.capture_duration = self.duration(item, context)?;
        }
        Some(update)
    }

    fn define_rule(&mut self, item: &Rc<Node>, name: &Text, context: &Context, source: Option<String>) -> Option<()> {
        // Everything is read before anything is given up, so that all problems show.
        let condition = self.condition(item, context);
        let output = self.output(item, context);
        let desc = self.required(item, "desc", context);
        let priority = self.priority(item, context);
        let enabled = self.truth(item, "enabled", context);
        let warn_evttypes = self.truth(item, "warn_evttypes", context);
        let skip = self.truth(item, "skip-if-unknown-filter", context);
        let capture = self.truth(item, "capture", context);
        let duration = self.duration(item, context);
        let tags = if item.get("tags").is_some() { self.tags(item, context) } else { Some(Vec::new()) };
        let exceptions = self.exceptions(item, context, false);
        let (condition, condition_span) = condition?;
        let (output, output_span) = output?;
        let rule = RuleDef {
            head: Head {
                name: name.clone(),
                span: item.span,
                first_file: self.file,
                file: self.file,
                index: 0,
                visibility: 0,
            },
            condition,
            condition_span,
            desc: desc?.text()?.to_owned(),
            output,
            output_span,
            priority: priority?,
            source: source.unwrap_or_else(|| "syscall".to_owned()),
            known_source: true,
            enabled: enabled?.unwrap_or(true),
            tags: tags?,
            exceptions: exceptions?,
            warn_evttypes: warn_evttypes?.unwrap_or(true),
            skip_if_unknown_filter: skip?.unwrap_or(false),
            capture: capture?.unwrap_or(false),
            capture_duration: duration?.unwrap_or(0),
        };
        self.collector.define_rule(self.problems, rule);
        Some(())
    }

    fn condition(&mut self, item: &Node, context: &Context) -> Option<(MappedText, Span)> {
        let node = self.required(item, "condition", context)?;
        Some((self.mapped(&node), node.span))
    }

    fn output(&mut self, item: &Node, context: &Context) -> Option<(String, Span)> {
        let node = self.required(item, "output", context)?;
        Some((node.text()?.trim().to_owned(), node.span))
    }

    fn tags(&mut self, item: &Node, context: &Context) -> Option<Vec<String>> {
        Some(self.texts(item, "tags", context)?.into_iter().map(|t| t.text).collect())
    }

    fn priority(&mut self, item: &Node, context: &Context) -> Option<Priority> {
        let node = self.required(item, "priority", context)?;
        let text = node.text()?;
        let priority = Priority::parse(text);
        if priority.is_none() {
            let names = Priority::ALL.map(Priority::name);
            let mut d = codes::BAD_PRIORITY
                .at_fault(format!("`{text}` is no priority"))
                .at(node.span, "no such level")
                .falco_message("Invalid priority");
            d = match avouch_diagnostics::near_names(text, names, 1).first() {
                Some(near) => d.help(format!("did you mean `{}`?", near.to_ascii_uppercase())),
                None => d.help(format!("levels are {}", names.map(str::to_ascii_uppercase).join(", "))),
            };
            self.fail(context, d);
        }
        priority
    }

    /// Milliseconds.
    fn duration(&mut self, item: &Node, context: &Context) -> Option<Option<u32>> {
        let Some(value) = item.get("capture_duration") else { return Some(None) };
        let value = self.scalar(item, value, "capture_duration", context)?;
        let parsed = value.text().and_then(|t| t.parse().ok());
        if parsed.is_none() {
            let d = codes::BAD_VALUE.at_fault("`capture_duration` must be a whole number of milliseconds");
            self.fail(context, d.at(value.span, "not such a number"));
        }
        parsed.map(Some)
    }
}
