//! The part of Falco's configuration file that decides what a run says: selection, matching, priority, outputs.
//!
//! Other keys (drivers, outputs, metrics) concern the peer's own program; they are named and left alone.

use std::collections::BTreeMap;

use avouch_engine::{AppendOutput, CompileOptions, ExtraField, Matching, RenderOptions, Selector};
use avouch_rules::Priority;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::alert::AlertOptions;

/// Keys that are read, with the peer's names. Absent ones leave what was set before.
#[derive(Debug, Default, Deserialize)]
struct File {
    rule_matching: Option<String>,
    priority: Option<String>,
    rules: Option<Vec<RuleEntry>>,
    append_output: Option<Vec<AppendEntry>>,
    json_output: Option<bool>,
    json_include_output_property: Option<bool>,
    json_include_message_property: Option<bool>,
    json_include_output_fields_property: Option<bool>,
    json_include_tags_property: Option<bool>,
    time_format_iso_8601: Option<bool>,
    buffer_format_base64: Option<bool>,
    #[serde(flatten)]
    rest: BTreeMap<String, Json>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleEntry {
    enable: Option<Pattern>,
    disable: Option<Pattern>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pattern {
    rule: Option<String>,
    tag: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AppendEntry {
    #[serde(rename = "match", default)]
    matches: AppendMatch,
    extra_output: Option<String>,
    #[serde(default)]
    extra_fields: Vec<Json>,
    #[serde(default)]
    suggested_output: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct AppendMatch {
    source: Option<String>,
    rule: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Not YAML, or a key of the wrong kind.
    #[error("{0}")]
    Shape(String),
    /// A value that the key does not have.
    #[error("`{key}: {value}`: expected {expected}")]
    Value {
        /// Which key.
        key: &'static str,
        /// What was written.
        value: String,
        /// What it must be.
        expected: String,
    },
}

/// What a configuration says.
#[derive(Debug)]
pub struct FalcoConfig {
    /// Selection, matching, priority, appended outputs.
    pub compile: CompileOptions,
    /// Shape of alerts.
    pub alert: AlertOptions,
    /// How values print.
    pub render: RenderOptions,
    /// JSON instead of text.
    pub json: bool,
    /// Keys that were not read.
    pub unread: Vec<String>,
}

/// Reads the text of a `falco.yaml`.
///
/// # Errors
/// When it is not YAML, or a key that is read has a value it cannot have.
pub fn parse(text: &str) -> Result<FalcoConfig, ConfigError> {
    let file: File = serde_saphyr::from_str(text).map_err(|e| ConfigError::Shape(e.to_string()))?;
    let mut compile = CompileOptions::default();
    match file.rule_matching.as_deref() {
        None | Some("first") => {}
        Some("all") => compile.matching = Matching::All,
        Some(other) => return Err(value("rule_matching", other, "`first` or `all`")),
    }
    if let Some(text) = &file.priority {
        compile.min_priority = Priority::parse(text).ok_or_else(|| value("priority", text, "a priority"))?;
    }
    for entry in file.rules.unwrap_or_default() {
        let (enable, pattern) = match (entry.enable, entry.disable) {
            (Some(p), None) => (true, p),
            (None, Some(p)) => (false, p),
            _ => return Err(value("rules", "entry", "exactly one of `enable` and `disable`")),
        };
        if pattern.rule.is_none() && pattern.tag.is_none() {
            return Err(value("rules", "entry", "`rule` or `tag`"));
        }
        compile.selectors.push(Selector { enable, rule: pattern.rule, tag: pattern.tag });
    }
    if file.append_output.is_some() {
        compile.append_output.clear();
    }
    for entry in file.append_output.unwrap_or_default() {
        let extra_fields: Result<Vec<Vec<ExtraField>>, _> = entry.extra_fields.iter().map(extra_fields).collect();
        compile.append_output.push(AppendOutput {
            source: entry.matches.source,
            tags: entry.matches.tags,
            rule: entry.matches.rule,
            extra_output: entry.extra_output,
            extra_fields: extra_fields?.concat(),
            suggested_output: entry.suggested_output,
        });
    }
    let defaults = AlertOptions::default();
    let alert = AlertOptions {
        iso8601: file.time_format_iso_8601.unwrap_or(defaults.iso8601),
        output: file.json_include_output_property.unwrap_or(defaults.output),
        message: file.json_include_message_property.unwrap_or(defaults.message),
        fields: file.json_include_output_fields_property.unwrap_or(defaults.fields),
        tags: file.json_include_tags_property.unwrap_or(defaults.tags),
        ..defaults
    };
    let render = RenderOptions { base64_bytes: file.buffer_format_base64.unwrap_or_default() };
    let unread = file.rest.into_keys().collect();
    Ok(FalcoConfig { compile, alert, render, json: file.json_output.unwrap_or_default(), unread })
}

fn value(key: &'static str, value: &str, expected: &str) -> ConfigError {
    ConfigError::Value { key, value: value.to_owned(), expected: expected.to_owned() }
}

/// `"proc.name"` is a field's value, `{key: "template"}` a text made of it.
fn extra_fields(json: &Json) -> Result<Vec<ExtraField>, ConfigError> {
    let wrong = || value("extra_fields", &json.to_string(), "a field, or `key: template`");
    match json {
        Json::String(field) => Ok(vec![ExtraField::Field(field.clone())]),
        Json::Object(map) => map
            .iter()
            .map(|(key, template)| {
                let template = template.as_str().ok_or_else(wrong)?.to_owned();
                Ok(ExtraField::Template { key: key.clone(), template })
            })
            .collect(),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_decides_a_run_is_read_and_the_rest_named() {
        let text = "rule_matching: all\npriority: warning\njson_output: true\njson_include_tags_property: false\n\
                    rules:\n  - disable: {rule: '*'}\n  - enable: {tag: container}\n\
                    append_output:\n  - match: {source: syscall, tags: [a]}\n    extra_output: 'x=%proc.name'\n    \
                    extra_fields: [proc.pid, {who: '%user.name'}]\nengine: {kind: modern_ebpf}\n";
        let config = parse(text).unwrap();
        assert_eq!((config.compile.matching, config.compile.min_priority), (Matching::All, Priority::Warning));
        assert_eq!(config.compile.selectors.len(), 2);
        assert_eq!(config.compile.append_output[0].extra_fields.len(), 2);
        assert!(config.json && !config.alert.tags && config.alert.output);
        assert_eq!(config.unread, ["engine"]);
    }

    #[test]
    fn mistakes_are_named() {
        let bad = |text| parse(text).unwrap_err().to_string();
        assert_eq!(bad("priority: loud\n"), "`priority: loud`: expected a priority");
        assert!(bad("rule_matching: some\n").contains("`first` or `all`"));
        assert!(bad("rules:\n  - enable: {}\n").contains("`rule` or `tag`"));
        assert!(parse("- a\n").is_err());
    }
}
