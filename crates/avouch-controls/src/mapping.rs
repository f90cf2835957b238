//! Mapping files: which criteria a rule serves, by its name.

use std::collections::BTreeMap;

use avouch_diagnostics::{Code, Diagnostic, FileId, Severity, Span};

use crate::codes;
use crate::criteria::{Criterion, PointOfFocus, all_criteria, criterion};
use crate::shapes::{is_attack, is_nist, is_pci, nearest};
use crate::tags::{self, Tag};
use crate::yaml::{self, Content, Node};

/// What a rule is evidence for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Criteria {
    /// Criteria of SOC 2 that a detection is evidence for first.
    pub primary: Vec<&'static Criterion>,
    /// Criteria that it touches.
    pub secondary: Vec<&'static Criterion>,
    /// Points of focus that it serves, from tags. They do not make a criterion primary or secondary.
    pub points: Vec<&'static PointOfFocus>,
    /// Controls of NIST SP 800-53 revision 5.
    pub nist_800_53: Vec<String>,
    /// Requirements of PCI DSS 4.0.
    pub pci_dss: Vec<String>,
    /// Techniques and tactics of MITRE ATT&CK, by id.
    pub attack: Vec<String>,
    /// Tactics of MITRE ATT&CK that tags name (`execution`).
    pub tactics: Vec<String>,
    /// Why, in one line.
    pub reason: Option<String>,
    /// Tags that look like ids of a catalogue and are none.
    pub unknown_tags: Vec<String>,
}

impl Criteria {
    /// Whether it names no criterion of SOC 2.
    #[must_use]
    pub fn is_unmapped(&self) -> bool {
        self.primary.is_empty() && self.secondary.is_empty()
    }

    /// Adds what a rule's tags say to what the files say. Where no file names a primary criterion, the first tag of a
    /// criterion does; the others are secondary.
    fn add_tags(&mut self, rule_tags: &[String]) {
        for tag in rule_tags {
            match tags::read(tag) {
                Tag::Soc2(c) if self.primary.is_empty() => self.primary.push(c),
                Tag::Soc2(c) => push_new(&mut self.secondary, c),
                Tag::Point(p) => push_new(&mut self.points, p),
                Tag::Nist(id) => push_new(&mut self.nist_800_53, id.to_owned()),
                Tag::Pci(id) => push_new(&mut self.pci_dss, id.to_owned()),
                Tag::Technique(id) => push_new(&mut self.attack, id.to_owned()),
                Tag::Tactic(name) => push_new(&mut self.tactics, name.to_owned()),
                Tag::Unknown => push_new(&mut self.unknown_tags, tag.clone()),
                Tag::Other => {}
            }
        }
        self.secondary.retain(|c| !self.primary.contains(c));
    }
}

fn push_new<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

/// Criteria by rule name. Names are compared without letter case.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    /// Lower-case name to the name as written and its criteria.
    entries: BTreeMap<String, (String, Criteria)>,
}

impl Mapping {
    /// What is built in: the rules of the upstream Falco packs. Our own rules say it by their tags.
    #[must_use]
    pub fn built_in() -> Self {
        let mut mapping = Self::default();
        // A test holds that the embedded file is right.
        let _problems = mapping.load(FileId(0), include_str!("../../../controls/mappings/upstream-rules.yaml"));
        mapping
    }

    /// Adds a file. An entry replaces that of an earlier file for the same rule, whole. All problems are reported; what is
    /// right is used.
    #[must_use]
    pub fn load(&mut self, file: FileId, text: &str) -> Vec<Diagnostic> {
        let mut loader = Loader::default();
        match yaml::parse(file, text) {
            Err(problem) => loader.error(&codes::NOT_YAML, problem.title, problem.span, "here"),
            Ok(None) => {}
            Ok(Some(root)) => loader.root(&root),
        }
        self.entries.extend(loader.entries.into_iter().map(|(key, (name, criteria, _))| (key, (name, criteria))));
        loader.problems
    }

    /// What the rule of that name and with those tags is evidence for.
    #[must_use]
    pub fn criteria(&self, rule: &str, tags: &[String]) -> Criteria {
        let mut criteria = self.entries.get(&rule.to_lowercase()).map(|(_, c)| c.clone()).unwrap_or_default();
        criteria.add_tags(tags);
        criteria
    }

    /// Names of the rules that files map, as written there, sorted without letter case.
    pub fn rules(&self) -> impl Iterator<Item = &str> {
        self.entries.values().map(|(name, _)| name.as_str())
    }
}

/// Lower-case name to the name as written, its criteria and its place.
type Entries = BTreeMap<String, (String, Criteria, Span)>;

#[derive(Default)]
struct Loader {
    entries: Entries,
    problems: Vec<Diagnostic>,
}

impl Loader {
    fn error(&mut self, code: &Code, title: impl Into<String>, span: Span, label: &str) {
        self.problems.push(code.at_fault(title).at(span, label));
    }

    fn wrong_kind(&mut self, node: &Node, what: &str, wanted: &str) {
        self.error(&codes::WRONG_KIND, format!("{what} must be {wanted}"), node.span, "something else stands here");
    }

    fn unknown_key(&mut self, key: &Node, name: &str, known: &[&'static str]) {
        let mut problem = codes::UNKNOWN_KEY.at_fault(format!("unknown key `{name}`")).at(key.span, "no such key");
        if let Some(near) = nearest(name, known.iter().copied()) {
            problem = problem.help(format!("a key with a similar name exists: `{near}`"));
        }
        self.problems.push(problem);
    }

    /// Key and value of each entry of a mapping.
    fn map<'n>(&mut self, node: &'n Node, what: &str) -> Vec<(&'n Node, &'n str, &'n Node)> {
        let Content::Map(entries) = &node.content else {
            self.wrong_kind(node, what, "a mapping");
            return Vec::new();
        };
        let mut out: Vec<(&Node, &str, &Node)> = Vec::new();
        for (key, value) in entries {
            match &key.content {
                Content::Text(name) => out.push((key, name, value)),
                _ => self.wrong_kind(key, "a key", "a text"),
            }
        }
        out
    }

    fn root(&mut self, root: &Node) {
        if matches!(&root.content, Content::Text(t) if t.is_empty()) {
            return;
        }
        for (key, name, value) in self.map(root, "a mapping file") {
            match name {
                "rules" => {
                    for (key, name, value) in self.map(value, "`rules`") {
                        self.rule(key, name, value);
                    }
                }
                _ => self.unknown_key(key, name, &["rules"]),
            }
        }
    }

    fn rule(&mut self, key: &Node, name: &str, value: &Node) {
        let lower = name.to_lowercase();
        if let Some((_, _, first)) = self.entries.get(&lower) {
            let problem = codes::DUPLICATE
                .at_fault(format!("rule `{name}` is mapped twice"))
                .at(key.span, "this entry is not used")
                .context(*first, "first mapped here")
                .item("rule", name);
            self.problems.push(problem);
            return;
        }
        let mut criteria = Criteria::default();
        for (key, field, value) in self.map(value, &format!("the entry of `{name}`")) {
            match field {
                "soc2" => self.soc2(value, &mut criteria),
                "nist_800_53" => {
                    criteria.nist_800_53 = self.ids(value, field, is_nist, "`AC-6` or `AC-6(9)`");
                }
                "pci_dss" => criteria.pci_dss = self.ids(value, field, is_pci, "`10.2.1.2`"),
                "attack" => criteria.attack = self.ids(value, field, is_attack, "`T1059` or `T1059.004`"),
                "reason" => match &value.content {
                    Content::Text(text) => criteria.reason = Some(text.clone()),
                    _ => self.wrong_kind(value, "`reason`", "a text"),
                },
                _ => self.unknown_key(key, field, &["soc2", "nist_800_53", "pci_dss", "attack", "reason"]),
            }
        }
        criteria.secondary.retain(|c| !criteria.primary.contains(c));
        self.entries.insert(lower, (name.to_owned(), criteria, key.span));
    }

    fn soc2(&mut self, node: &Node, criteria: &mut Criteria) {
        // A text or list alone names primary criteria.
        if !matches!(node.content, Content::Map(_)) {
            criteria.primary = self.soc2_list(node, "soc2");
            return;
        }
        for (key, name, value) in self.map(node, "`soc2`") {
            match name {
                "primary" => criteria.primary = self.soc2_list(value, name),
                "secondary" => criteria.secondary = self.soc2_list(value, name),
                _ => self.unknown_key(key, name, &["primary", "secondary"]),
            }
        }
    }

    fn soc2_list(&mut self, node: &Node, field: &str) -> Vec<&'static Criterion> {
        let mut found = Vec::new();
        for (id, span) in self.texts(node, field) {
            match criterion(id) {
                Some(c) if found.contains(&c) => self.twice(id, span),
                Some(c) => found.push(c),
                None => {
                    let mut problem = codes::UNKNOWN_CRITERION
                        .at_fault(format!("unknown criterion `{id}`"))
                        .at(span, "no such criterion");
                    if let Some(near) = nearest(id, all_criteria().iter().map(|c| c.id.as_str())) {
                        problem = problem.help(format!("a criterion with a similar id exists: `{near}`"));
                    }
                    self.problems.push(problem);
                }
            }
        }
        found
    }

    fn ids(&mut self, node: &Node, field: &str, is_id: fn(&str) -> bool, example: &str) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for (id, span) in self.texts(node, field) {
            if !is_id(id) {
                let problem = codes::BAD_ID
                    .at_fault(format!("`{id}` is no id of `{field}`"))
                    .at(span, "wrong shape")
                    .help(format!("ids look like {example}"));
                self.problems.push(problem);
            } else if found.iter().any(|f| f == id) {
                self.twice(id, span);
            } else {
                found.push(id.to_owned());
            }
        }
        found
    }

    fn twice(&mut self, id: &str, span: Span) {
        let mut problem =
            codes::DUPLICATE.at_fault(format!("`{id}` is named twice")).at(span, "named before in this list");
        problem.severity = Severity::Warning;
        self.problems.push(problem);
    }

    /// The texts of a list; a text alone is a list of one.
    fn texts<'n>(&mut self, node: &'n Node, field: &str) -> Vec<(&'n str, Span)> {
        let items = match &node.content {
            Content::Text(text) => return vec![(text.trim(), node.span)],
            Content::List(items) => items,
            Content::Map(_) => {
                self.wrong_kind(node, &format!("`{field}`"), "a list of ids");
                return Vec::new();
            }
        };
        let mut out = Vec::new();
        for item in items {
            match &item.content {
                Content::Text(text) => out.push((text.trim(), item.span)),
                _ => self.wrong_kind(item, &format!("an id of `{field}`"), "a text"),
            }
        }
        out
    }
}

#[cfg(test)]
#[path = "mapping_tests.rs"]
mod tests;
