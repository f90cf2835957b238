//! Keeps the definitions of all files in order and applies appends and overrides to them.

use avouch_diagnostics::{FileId, Span};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::codes;
use crate::exceptions;
use crate::items::{Head, ListDef, MacroDef, RequiredPlugin, RuleDef, RuleUpdate, Text};
use crate::problems::{Phase, Problems};
use crate::read::item_problem;
use crate::text::MappedText;

/// Definitions by name, in order of first definition.
#[derive(Debug)]
pub(crate) struct Table<T> {
    pub(crate) all: Vec<T>,
    by_name: FxHashMap<String, usize>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { all: Vec::new(), by_name: FxHashMap::default() }
    }
}

impl<T> Table<T> {
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&T> {
        self.all.get(self.position(name)?)
    }

    fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        let i = self.position(name)?;
        self.all.get_mut(i)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// Adds a definition, or puts it in the place of the one of the same name.
    fn put(&mut self, name: &str, item: T) {
        match self.get_mut(name) {
            Some(slot) => *slot = item,
            None => {
                self.by_name.insert(name.to_owned(), self.all.len());
                self.all.push(item);
            }
        }
    }
}

/// All definitions so far.
#[derive(Debug, Default)]
pub(crate) struct Collector {
    pub(crate) lists: Table<ListDef>,
    pub(crate) macros: Table<MacroDef>,
    pub(crate) rules: Table<RuleDef>,
    pub(crate) required_engine: Option<(u32, u32, u32)>,
    pub(crate) required_plugins: Vec<RequiredPlugin>,
    pub(crate) engine_version: (u32, u32, u32),
    pub(crate) known_sources: Vec<String>,
    /// Names of items that could not be read; what refers to them is not reported again.
    broken: FxHashSet<(&'static str, String)>,
    next: u32,
}

impl Collector {
    pub(crate) fn new(engine_version: (u32, u32, u32), known_sources: &[&str]) -> Collector {
        let known_sources = known_sources.iter().map(|s| (*s).to_owned()).collect();
        Collector { engine_version, known_sources, ..Collector::default() }
    }

    /// Notes that an item of this kind and name could not be read.
    pub(crate) fn broken(&mut self, kind: &'static str, name: &str) {
        self.broken.insert((kind, name.to_owned()));
    }

    pub(crate) fn is_broken(&self, kind: &'static str, name: &str) -> bool {
        self.broken.contains(&(kind, name.to_owned()))
    }

    fn tick(&mut self) -> u32 {
        self.next += 1;
        self.next - 1
    }

    /// A head for a definition; it keeps the position of an earlier definition.
    fn head(&mut self, name: Text, span: Span, file: FileId, before: Option<(u32, FileId)>) -> Head {
        let now = self.tick();
        let (index, first_file) = before.unwrap_or((now, file));
        Head { name, span, first_file, file, index, visibility: now }
    }

    pub(crate) fn define_list(&mut self, name: Text, span: Span, file: FileId, items: Vec<Text>) {
        let before = self.lists.get(&name.text).map(|l| (l.head.index, l.head.first_file));
        let head = self.head(name, span, file, before);
        self.lists.put(&head.name.text.clone(), ListDef { head, items });
    }

    pub(crate) fn append_list(&mut self, problems: &mut Problems, name: Text, file: FileId, items: Vec<Text>) {
        let now = self.tick();
        match self.lists.get_mut(&name.text) {
            Some(list) => {
                list.items.extend(items);
                list.head.visibility = now;
                list.head.file = file;
            }
            None => self.nothing_to_append(problems, "list", &name, file),
        }
    }

    pub(crate) fn define_macro(&mut self, name: Text, span: Span, file: FileId, condition: MappedText) {
        let before = self.macros.get(&name.text).map(|m| (m.head.index, m.head.first_file));
        let head = self.head(name, span, file, before);
        self.macros.put(&head.name.text.clone(), MacroDef { head, condition });
    }

    pub(crate) fn append_macro(&mut self, problems: &mut Problems, name: Text, file: FileId, condition: &MappedText) {
        let now = self.tick();
        match self.macros.get_mut(&name.text) {
            Some(m) => {
                m.condition.push_glue(" ");
                m.condition.append(condition);
                m.head.visibility = now;
                m.head.file = file;
            }
            None => self.nothing_to_append(problems, "macro", &name, file),
        }
    }

    fn nothing_to_append(&self, problems: &mut Problems, kind: &'static str, name: &Text, file: FileId) {
        if self.is_broken(kind, &name.text) {
            return;
        }
        let mut d = item_problem(
            &codes::NOTHING_TO_CHANGE,
            format!("there is no {kind} `{}` to change", name.text),
            kind,
            name,
            "not defined before",
        );
        let names: Vec<&str> = match kind {
            "list" => self.lists.names().collect(),
            "macro" => self.macros.names().collect(),
            _ => self.rules.names().collect(),
        };
        if let Some(near) = avouch_diagnostics::near_names(&name.text, names, 1).first() {
            d = d.help(format!("did you mean `{near}`?"));
        }
        problems.add(file, Phase::Read, d);
    }

    pub(crate) fn define_rule(&mut self, problems: &mut Problems, mut rule: RuleDef) {
        let name = rule.head.name.clone();
        let file = rule.head.file;
        let mut before = None;
        if let Some(old) = self.rules.get(&name.text) {
            if old.source != rule.source {
                source_changed(problems, old, &name, &rule.source, file);
                return;
            }
            before = Some((old.head.index, old.head.first_file));
        }
        rule.head = self.head(name.clone(), rule.head.span, file, before);
        rule.known_source = self.known_sources.is_empty() || self.known_sources.contains(&rule.source);
        if !rule.known_source {
            let mut d = item_problem(
                &codes::UNKNOWN_SOURCE,
                format!("rule `{}` is for the unknown source `{}`", name.text, rule.source),
                "rule",
                &name,
                "never runs",
            )
            .falco_message(format!("Unknown source {}, skipping", rule.source));
            let known = self.known_sources.iter().map(String::as_str);
            if let Some(near) = avouch_diagnostics::near_names(&rule.source, known, 1).first() {
                d = d.help(format!("did you mean `{near}`?"));
            }
            problems.add(file, Phase::Read, d);
        } else if !exceptions::check_all(problems, file, &rule.exceptions) {
            self.broken("rule", &name.text);
            return;
        }
        self.rules.put(&name.text, rule);
    }

    /// The rule to change, or a problem.
    fn rule_to_change(
        &mut self,
        problems: &mut Problems,
        name: &Text,
        file: FileId,
        source: Option<&str>,
    ) -> Option<&mut RuleDef> {
        let now = self.tick();
        let Some(i) = self.rules.position(&name.text) else {
            self.nothing_to_append(problems, "rule", name, file);
            return None;
        };
        let rule = self.rules.all.get_mut(i)?;
        if let Some(source) = source.filter(|s| *s != rule.source) {
            source_changed(problems, rule, name, source, file);
            return None;
        }
        rule.head.visibility = now;
        rule.head.file = file;
        Some(rule)
    }

    pub(crate) fn append_to_rule(
        &mut self,
        problems: &mut Problems,
        name: &Text,
        file: FileId,
        source: Option<&str>,
        update: RuleUpdate,
    ) {
        let Some(rule) = self.rule_to_change(problems, name, file, source) else { return };
        if let Some((condition, _)) = &update.condition {
            rule.condition.push_glue(" ");
            rule.condition.append(condition);
        }
        if let Some(desc) = update.desc {
            rule.desc = format!("{} {desc}", rule.desc);
        }
        if let Some((output, _)) = update.output {
            rule.output = format!("{} {output}", rule.output);
        }
        rule.tags.extend(update.tags.unwrap_or_default());
        if rule.known_source {
            exceptions::append(problems, file, &mut rule.exceptions, update.exceptions.unwrap_or_default());
        }
    }

    pub(crate) fn replace_in_rule(
        &mut self,
        problems: &mut Problems,
        name: &Text,
        file: FileId,
        source: Option<&str>,
        update: RuleUpdate,
    ) {
        let Some(rule) = self.rule_to_change(problems, name, file, source) else { return };
        if let Some((condition, span)) = update.condition {
            rule.condition = condition;
            rule.condition_span = span;
        }
        if let Some(desc) = update.desc {
            rule.desc = desc;
        }
        if let Some((output, span)) = update.output {
            rule.output = output;
            rule.output_span = span;
        }
        if let Some(tags) = update.tags {
            rule.tags = tags;
        }
        if let Some(exceptions) = update.exceptions
            && (!rule.known_source || exceptions::check_all(problems, file, &exceptions))
        {
            rule.exceptions = exceptions;
        }
        rule.priority = update.priority.unwrap_or(rule.priority);
        rule.enabled = update.enabled.unwrap_or(rule.enabled);
        rule.warn_evttypes = update.warn_evttypes.unwrap_or(rule.warn_evttypes);
        rule.skip_if_unknown_filter = update.skip_if_unknown_filter.unwrap_or(rule.skip_if_unknown_filter);
        rule.capture = update.capture.unwrap_or(rule.capture);
        rule.capture_duration = update.capture_duration.unwrap_or(rule.capture_duration);
    }
}

fn source_changed(problems: &mut Problems, old: &RuleDef, name: &Text, source: &str, file: FileId) {
    let d = item_problem(
        &codes::SOURCE_CHANGED,
        format!("rule `{}` is for source `{}`, not `{source}`", name.text, old.source),
        "rule",
        name,
        "for another source",
    )
    .context(old.head.name.span, "first defined here")
    .falco_message("Rule has been re-defined with a different source");
    problems.add(file, Phase::Read, d.help(format!("add `source: {}`, or use another name", old.source)));
}
