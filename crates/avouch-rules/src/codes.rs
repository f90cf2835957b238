//! Every problem that rule files can have, one entry each.
//!
//! Numbers below `R0100` belong to this crate: files, shapes and references up to `R0030`, lints from `R0031` on. The engine
//! has the numbers from `R0201` on.

use avouch_diagnostics::{Code, Severity};

/// `file-not-yaml`: the file cannot be read as YAML.
pub static NOT_YAML: Code = Code {
    id: "R0001",
    name: "file-not-yaml",
    severity: Severity::Error,
    lint: false,
    falco: Some("LOAD_ERR_YAML_PARSE"),
    meaning: "The file cannot be read as YAML. Nothing after this place is loaded.",
    example: "- rule: a : b",
    fix: "Quote texts that hold `: ` or start with a sign such as `*`, `&`, `@` or `%`, and check the indentation.",
};

/// `not-rule-items`: a rule file is a list of items, each a mapping that starts with `- rule:`, `- macro:`, `- list:`, `- required_engine_version:` or `- required_plugin_versions:`.
pub static NOT_ITEMS: Code = Code {
    id: "R0002",
    name: "not-rule-items",
    severity: Severity::Error,
    lint: false,
    falco: Some("LOAD_ERR_YAML_VALIDATE"),
    meaning: "A rule file is a list of items, each a mapping that starts with `- rule:`, `- macro:`, `- list:`, `- required_engine_version:` or `- required_plugin_versions:`.",
    example: "rule: a",
    fix: "Start each item with `- `.",
};

/// `unknown-item`: the item is neither a rule, a macro, a list nor a requirement; it is not used.
pub static UNKNOWN_ITEM: Code = Code {
    id: "R0003",
    name: "unknown-item",
    severity: Severity::Warning,
    lint: true,
    falco: Some("LOAD_UNKNOWN_ITEM"),
    meaning: "The item is neither a rule, a macro, a list nor a requirement; it is not used.",
    example: "- rul: a",
    fix: "Name the item with `rule`, `macro`, `list`, `required_engine_version` or `required_plugin_versions`.",
};

/// `unknown-key`: the item has a key that means nothing there; it is not used.
pub static UNKNOWN_KEY: Code = Code {
    id: "R0004",
    name: "unknown-key",
    severity: Severity::Warning,
    lint: true,
    falco: Some("LOAD_UNKNOWN_KEY"),
    meaning: "The item has a key that means nothing there; it is not used. A misspelt key is easily overlooked: `exeptions` would leave a rule without its exceptions.",
    example: "- macro: a\n  conditon: evt.type = open",
    fix: "Correct or remove the key.",
};

/// `missing-key`: a key that this kind of item must have is missing or empty; the item is not loaded.
pub static MISSING_KEY: Code = Code {
    id: "R0005",
    name: "missing-key",
    severity: Severity::Error,
    lint: false,
    falco: Some("LOAD_ERR_YAML_VALIDATE"),
    meaning: "A key that this kind of item must have is missing or empty; the item is not loaded.",
    example: "- rule: a\n  condition: evt.type = open",
    fix: "Add the key. A rule needs `desc`, `condition`, `output` and `priority`; to change parts of an existing rule, use `override`.",
};

/// `wrong-shape`: the value of a key has the wrong shape: a list where one text belongs, a word where true or false belongs.
pub static BAD_VALUE: Code = Code {
    id: "R0006",
    name: "wrong-shape",
    severity: Severity::Error,
    lint: false,
    falco: Some("LOAD_ERR_YAML_VALIDATE"),
    meaning: "The value of a key has the wrong shape: a list where one text belongs, a word where true or false belongs.",
    example: "- list: a\n  items: b",
    fix: "Write the value in the shape that the message names.",
};

/// `bad-priority`: the priority is none of the eight levels.
pub static BAD_PRIORITY: Code = Code {
    id: "R0007",
    name: "bad-priority",
    severity: Severity::Error,
    lint: false,
    falco: Some("LOAD_ERR_YAML_VALIDATE"),
    meaning: "The priority is none of the eight levels.",
    example: "priority: high",
    fix: "Use EMERGENCY, ALERT, CRITICAL, ERROR, WARNING, NOTICE, INFORMATIONAL (or INFO) or DEBUG, in any letter case.",
};

/// `bad-override`: `override` says for each key whether it is appended to or replaced.
pub static BAD_OVERRIDE: Code = Code {
    id: "R0008",
    name: "bad-override",
    severity: Severity::Error,
    lint: false,
    falco: Some("LOAD_ERR_YAML_VALIDATE"),
    meaning: "`override` says for each key whether it is appended to or replaced. Some keys can only be replaced, and each key that is given must be listed and the other way round.",
    example: "- rule: a\n  priority: DEBUG\n  override:\n    priority: append",
    fix: "List each given key once under `override`, as `append` or `replace`. `append: true` and `override` exclude each other.",
};

/// `nothing-to-change`: an append, an override or a lone `enabled` needs an item of the same name that was defined before, in this file or in an earlier one.
pub static NOTHING_TO_CHANGE: Code = Code {
    id: "R0009",
    name: "nothing-to-change",
    severity: Severity::Error,
    lint: false,
    falco: Some("LOAD_ERR_VALIDATE"),
    meaning: "An append, an override or a lone `enabled` needs an item of the same name that was defined before, in this file or in an earlier one.",
    example: "- rule: no such rule\n  enabled: false",
    fix: "Check the name, and load the file that defines it first.",
};

/// `source-changed`: a rule was defined for one event source and is defined again for another.
pub static SOURCE_CHANGED: Code = Code {
    id: "R0010",
    name: "source-changed",
    severity: Severity::Error,
    lint: false,
    falco: Some("LOAD_ERR_VALIDATE"),
    meaning: "A rule was defined for one event source and is defined again for another. A definition without `source` is for `syscall`.",
    example: "- rule: a\n  desc: d\n  condition: ka.verb = get\n  output: o\n  priority: INFO\n  source: k8s_audit\n- rule: a\n  desc: d\n  condition: evt.type = open\n  output: o\n  priority: INFO",
    fix: "Use another name, or add the same `source`.",
};

/// `engine-too-old`: the file asks for a newer version of the rule language than this engine speaks.
pub static ENGINE_TOO_OLD: Code = Code {
    id: "R0011",
    name: "engine-too-old",
    severity: Severity::Error,
    lint: false,
    falco: Some("LOAD_ERR_VALIDATE"),
    meaning: "The file asks for a newer version of the rule language than this engine speaks.",
    example: "- required_engine_version: 0.99.0",
    fix: "Update, or use an older version of the rule file.",
};

/// `bad-version`: a required version is neither a whole number nor of the form `x.y.z`.
pub static BAD_VERSION: Code = Code {
    id: "R0012",
    name: "bad-version",
    severity: Severity::Error,
    lint: false,
    falco: Some("LOAD_ERR_YAML_VALIDATE"),
    meaning: "A required version is neither a whole number nor of the form `x.y.z`.",
    example: "- required_engine_version: new",
    fix: "Write a version such as `0.31.0`.",
};

/// `plugin-missing`: the file needs a plugin, in a version, that this engine has no equal of.
pub static PLUGIN_MISSING: Code = Code {
    id: "R0013",
    name: "plugin-missing",
    severity: Severity::Error,
    lint: false,
    falco: None,
    meaning: "The file needs a plugin, in a version, that this engine has no equal of.",
    example: "- required_plugin_versions:\n  - name: nosuch\n    version: 1.0.0",
    fix: "Remove the requirement if the fields in use are known (`rules fields`), or leave the file out.",
};

/// `bad-plugin-requirement`: a plugin requirement names a version that is not of the form `x.y.z`, or the same plugin twice.
pub static BAD_PLUGIN: Code = Code {
    id: "R0014",
    name: "bad-plugin-requirement",
    severity: Severity::Error,
    lint: false,
    falco: Some("LOAD_ERR_VALIDATE"),
    meaning: "A plugin requirement names a version that is not of the form `x.y.z`, or the same plugin twice.",
    example: "- required_plugin_versions:\n  - name: json\n    version: new",
    fix: "Write each plugin once, with a version such as `0.7.0`.",
};

/// `bad-exception`: the parts of an exception do not fit together: each row of `values` has one entry for each of `fields`, and `comps`, where given, one operator for each field.
pub static BAD_EXCEPTION: Code = Code {
    id: "R0015",
    name: "bad-exception",
    severity: Severity::Error,
    lint: false,
    falco: Some("LOAD_ERR_VALIDATE"),
    meaning: "The parts of an exception do not fit together: each row of `values` has one entry for each of `fields`, and `comps`, where given, one operator for each field.",
    example: "exceptions:\n  - name: a\n    fields: [proc.name, fd.name]\n    values:\n      - [cat]",
    fix: "Give each row as many entries as there are fields.",
};

/// `rule-of-unknown-source`: events of this source are not known here.
pub static UNKNOWN_SOURCE: Code = Code {
    id: "R0016",
    name: "rule-of-unknown-source",
    severity: Severity::Warning,
    lint: true,
    falco: Some("LOAD_UNKNOWN_SOURCE"),
    meaning: "Events of this source are not known here. The rule is kept but never runs.",
    example: "source: mysource",
    fix: "Correct the source; known are `syscall`, `k8s_audit`, `aws_cloudtrail` and those of other packs that are loaded.",
};

/// `duplicate-key`: a key stands twice in one item; only the first one counts.
pub static DUPLICATE_KEY: Code = Code {
    id: "R0017",
    name: "duplicate-key",
    severity: Severity::Warning,
    lint: true,
    falco: None,
    meaning: "A key stands twice in one item; only the first one counts.",
    example: "- macro: a\n  condition: b\n  condition: c",
    fix: "Remove one of them.",
};

/// `file-unreadable`: the file could not be read from disk.
pub static FILE_UNREADABLE: Code = Code {
    id: "R0018",
    name: "file-unreadable",
    severity: Severity::Error,
    lint: false,
    falco: Some("LOAD_ERR_FILE_READ"),
    meaning: "The file could not be read from disk.",
    example: "",
    fix: "Check path and permissions.",
};

/// `too-many-problems`: so many problems were found that the rest is only counted.
pub static TOO_MANY_PROBLEMS: Code = Code {
    id: "R0019",
    name: "too-many-problems",
    severity: Severity::Error,
    lint: false,
    falco: None,
    meaning: "So many problems were found that the rest is only counted.",
    example: "",
    fix: "Correct the first ones; others often follow from them.",
};

/// `bad-condition`: the condition is not of the language.
pub static BAD_CONDITION: Code = Code {
    id: "R0020",
    name: "bad-condition",
    severity: Severity::Error,
    lint: false,
    falco: Some("LOAD_ERR_COMPILE_CONDITION"),
    meaning: "The condition is not of the language. List names are replaced by their items before a condition is read, so the place may lie in a list or in an exception.",
    example: "condition: evt.type = open proc.name = cat",
    fix: "Join comparisons with `and` or `or`; quote values that hold blanks, commas, parentheses, quotes or `=`.",
};

/// `undefined-macro`: a word of the condition names no macro that is known there.
pub static UNDEFINED_MACRO: Code = Code {
    id: "R0021",
    name: "undefined-macro",
    severity: Severity::Error,
    lint: false,
    falco: Some("LOAD_ERR_VALIDATE"),
    meaning: "A word of the condition names no macro that is known there. Rules see all macros of their own and of earlier files; macros see only those defined before them.",
    example: "condition: spawnd_process and container",
    fix: "Correct the name, or define the macro earlier.",
};

/// `macro-loop`: a macro uses itself, by itself or through others.
pub static MACRO_LOOP: Code = Code {
    id: "R0022",
    name: "macro-loop",
    severity: Severity::Error,
    lint: false,
    falco: Some("LOAD_ERR_VALIDATE"),
    meaning: "A macro uses itself, by itself or through others.",
    example: "- macro: a\n  condition: b\n- macro: b\n  condition: evt.type = open\n- macro: a\n  condition: b and a",
    fix: "Break the circle.",
};

/// `condition-too-large`: with lists and macros written out, the condition is larger than any engine should compile.
pub static TOO_LARGE: Code = Code {
    id: "R0023",
    name: "condition-too-large",
    severity: Severity::Error,
    lint: false,
    falco: Some("LOAD_ERR_COMPILE_CONDITION"),
    meaning: "With lists and macros written out, the condition is larger than any engine should compile.",
    example: "",
    fix: "Use fewer or smaller lists and macros.",
};

/// `uses-broken-macro`: the condition uses a macro that has an error of its own, so neither can be used.
pub static BROKEN_PART: Code = Code {
    id: "R0024",
    name: "uses-broken-macro",
    severity: Severity::Error,
    lint: false,
    falco: None,
    meaning: "The condition uses a macro that has an error of its own, so neither can be used.",
    example: "",
    fix: "Correct the macro.",
};

/// `unused-macro`: no rule and no macro uses this macro.
pub static UNUSED_MACRO: Code = Code {
    id: "R0031",
    name: "unused-macro",
    severity: Severity::Warning,
    lint: true,
    falco: Some("LOAD_UNUSED_MACRO"),
    meaning: "No rule and no macro uses this macro.",
    example: "- macro: never_used\n  condition: evt.type = open",
    fix: "Remove it, or use it.",
};

/// `unused-list`: no condition, exception or list uses this list.
pub static UNUSED_LIST: Code = Code {
    id: "R0032",
    name: "unused-list",
    severity: Severity::Warning,
    lint: true,
    falco: Some("LOAD_UNUSED_LIST"),
    meaning: "No condition, exception or list uses this list.",
    example: "- list: never_used\n  items: [a]",
    fix: "Remove it, or use it.",
};

/// `deprecated-append`: `append: true` is the old way to add to an item.
pub static DEPRECATED_APPEND: Code = Code {
    id: "R0033",
    name: "deprecated-append",
    severity: Severity::Warning,
    lint: true,
    falco: Some("LOAD_DEPRECATED_ITEM"),
    meaning: "`append: true` is the old way to add to an item.",
    example: "- rule: a\n  condition: and b\n  append: true",
    fix: "Write `override:` with `condition: append` (or the key in question) instead.",
};

/// `deprecated-enabled`: a rule item with `enabled` alone is the old way to switch a rule.
pub static DEPRECATED_ENABLED: Code = Code {
    id: "R0034",
    name: "deprecated-enabled",
    severity: Severity::Warning,
    lint: true,
    falco: Some("LOAD_DEPRECATED_ITEM"),
    meaning: "A rule item with `enabled` alone is the old way to switch a rule.",
    example: "- rule: a\n  enabled: false",
    fix: "Add `override:` with `enabled: replace`.",
};

/// `invalid-macro-name`: a macro whose name is not made of letters, digits and `_`, a letter first, cannot be used in any condition.
pub static BAD_MACRO_NAME: Code = Code {
    id: "R0035",
    name: "invalid-macro-name",
    severity: Severity::Warning,
    lint: true,
    falco: Some("LOAD_INVALID_MACRO_NAME"),
    meaning: "A macro whose name is not made of letters, digits and `_`, a letter first, cannot be used in any condition.",
    example: "- macro: my-macro\n  condition: evt.type = open",
    fix: "Rename it.",
};

/// `invalid-list-name`: a list name with blanks, quotes, parentheses, commas or `=` is hard to use: it is found as text in conditions.
pub static BAD_LIST_NAME: Code = Code {
    id: "R0036",
    name: "invalid-list-name",
    severity: Severity::Warning,
    lint: true,
    falco: Some("LOAD_INVALID_LIST_NAME"),
    meaning: "A list name with blanks, quotes, parentheses, commas or `=` is hard to use: it is found as text in conditions.",
    example: "- list: my list\n  items: [a]",
    fix: "Rename it.",
};

/// `exception-name-not-unique`: two exceptions of one rule have the same name.
pub static EXCEPTION_TWICE: Code = Code {
    id: "R0037",
    name: "exception-name-not-unique",
    severity: Severity::Warning,
    lint: true,
    falco: Some("LOAD_EXCEPTION_NAME_NOT_UNIQUE"),
    meaning: "Two exceptions of one rule have the same name. Both hold, but an append can reach only one of them.",
    example: "exceptions:\n  - name: a\n    fields: [proc.name]\n  - name: a\n    fields: [fd.name]",
    fix: "Rename one of them.",
};

/// `append-without-values`: an exception is appended without values, so nothing changes.
pub static APPEND_NO_VALUES: Code = Code {
    id: "R0038",
    name: "append-without-values",
    severity: Severity::Warning,
    lint: true,
    falco: Some("LOAD_APPEND_NO_VALUES"),
    meaning: "An exception is appended without values, so nothing changes.",
    example: "- rule: a\n  exceptions:\n    - name: b\n  override:\n    exceptions: append",
    fix: "Add `values`, or remove the entry.",
};

/// `duplicate-condition`: two rules of one source have the same condition.
pub static DUPLICATE_CONDITION: Code = Code {
    id: "R0039",
    name: "duplicate-condition",
    severity: Severity::Warning,
    lint: true,
    falco: None,
    meaning: "Two rules of one source have the same condition. Unless all matching rules alert, the second one never does.",
    example: "",
    fix: "Remove one of them, or make them differ.",
};

/// `contradiction`: parts of the condition exclude each other, so it is never true.
pub static CONTRADICTION: Code = Code {
    id: "R0040",
    name: "contradiction",
    severity: Severity::Warning,
    lint: true,
    falco: None,
    meaning: "Parts of the condition exclude each other, so it is never true.",
    example: "condition: evt.type = open and evt.type = close",
    fix: "Write `or` or `in (...)` where one of several values is meant.",
};

/// `list-named-like-macro`: a list and a macro have the same name.
pub static NAME_CLASH: Code = Code {
    id: "R0041",
    name: "list-named-like-macro",
    severity: Severity::Warning,
    lint: true,
    falco: None,
    meaning: "A list and a macro have the same name. Lists are replaced as text before macros are looked up, so the macro cannot be reached.",
    example: "- list: a\n  items: [b]\n- macro: a\n  condition: evt.type = open",
    fix: "Rename one of them.",
};

/// All of them, by number.
pub static CODES: &[&Code] = &[
    &NOT_YAML,
    &NOT_ITEMS,
    &UNKNOWN_ITEM,
    &UNKNOWN_KEY,
    &MISSING_KEY,
    &BAD_VALUE,
    &BAD_PRIORITY,
    &BAD_OVERRIDE,
    &NOTHING_TO_CHANGE,
    &SOURCE_CHANGED,
    &ENGINE_TOO_OLD,
    &BAD_VERSION,
    &PLUGIN_MISSING,
    &BAD_PLUGIN,
    &BAD_EXCEPTION,
    &UNKNOWN_SOURCE,
    &DUPLICATE_KEY,
    &FILE_UNREADABLE,
    &TOO_MANY_PROBLEMS,
    &BAD_CONDITION,
    &UNDEFINED_MACRO,
    &MACRO_LOOP,
    &TOO_LARGE,
    &BROKEN_PART,
    &UNUSED_MACRO,
    &UNUSED_LIST,
    &DEPRECATED_APPEND,
    &DEPRECATED_ENABLED,
    &BAD_MACRO_NAME,
    &BAD_LIST_NAME,
    &EXCEPTION_TWICE,
    &APPEND_NO_VALUES,
    &DUPLICATE_CONDITION,
    &CONTRADICTION,
    &NAME_CLASH,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn numbers_and_names_are_unique_and_sorted() {
        let ids: Vec<&str> = CODES.iter().map(|c| c.id).collect();
        assert!(ids.is_sorted() && ids.iter().collect::<BTreeSet<_>>().len() == ids.len());
        assert_eq!(CODES.iter().map(|c| c.name).collect::<BTreeSet<_>>().len(), ids.len());
        assert!(CODES.iter().all(|c| !c.meaning.is_empty() && !c.fix.is_empty()));
    }
}
