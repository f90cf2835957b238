//! `append_output`: what configuration adds to the outputs of rules.

use avouch_diagnostics::{Diagnostic, Span};
use avouch_rules::ResolvedRule;

use super::template::{self, append, token};
use super::{Extra, Output};
use crate::codes;
use crate::typing::Typer;

/// One entry of `append_output`. It applies to a rule when all of `source`, `tags` and `rule` that are given do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AppendOutput {
    /// Only rules of this source.
    pub source: Option<String>,
    /// Only rules that have all these tags.
    pub tags: Vec<String>,
    /// Only the rule of this name.
    pub rule: Option<String>,
    /// Template put behind the output, after a blank.
    pub extra_output: Option<String>,
    /// Fields put into the JSON map only.
    pub extra_fields: Vec<ExtraField>,
    /// Whether to append the fields that the source suggests (`container.id`, ...).
    pub suggested_output: bool,
}

/// A field for the JSON map only.
#[derive(Clone, Debug, PartialEq)]
pub enum ExtraField {
    /// A field by name, without `%`; the value keeps its type.
    Field(String),
    /// A key with a template; the value is text.
    Template {
        /// Key in the map.
        key: String,
        /// Template of the text.
        template: String,
    },
}

impl AppendOutput {
    /// The entry that is there by default: the suggested fields, for every rule.
    #[must_use]
    pub fn suggested() -> Self {
        Self { suggested_output: true, ..Self::default() }
    }

    fn applies(&self, rule: &ResolvedRule) -> bool {
        self.source.as_ref().is_none_or(|s| *s == rule.source)
            && self.rule.as_ref().is_none_or(|r| *r == rule.name)
            && self.tags.iter().all(|t| rule.tags.contains(t))
    }
}

/// The output of a rule, with what `appends` adds.
pub(crate) fn output_of(
    rule: &ResolvedRule,
    appends: &[AppendOutput],
    typer: &Typer<'_>,
) -> Result<(Output, Vec<Diagnostic>), Box<Diagnostic>> {
    let span = rule.output_span;
    let (text, container_info) = without_container_info(rule.output.trim());
    let (mut output, mut warnings) = template::parse(&text, span, typer)?;
    if container_info {
        warnings.push(codes::CONTAINER_INFO.at_fault("`%container.info` is no longer printed").at(span, ""));
    }
    for entry in appends.iter().filter(|a| a.applies(rule)) {
        // Mistakes in here are those of the configuration, not of the rule.
        let blame = |d: Box<Diagnostic>| {
            let mut d = *d;
            d.code = codes::APPEND_OUTPUT.id;
            d.title = format!("append_output for rule `{}`: {}", rule.name, d.title);
            Box::new(d)
        };
        if let Some(extra) = &entry.extra_output {
            append(&mut output, template::parse(extra, span, typer).map_err(blame)?.0);
        }
        if entry.suggested_output {
            let suggested: Vec<String> = typer
                .catalog
                .fields()
                .iter()
                .filter(|f| f.flags.suggested && f.reads == avouch_event::Reads::Yes)
                .map(|f| format!("{}=%{}", f.name.replace('.', "_"), f.name))
                .collect();
            if !suggested.is_empty() {
                append(&mut output, template::parse(&suggested.join(" "), span, typer).map_err(blame)?.0);
            }
        }
        for field in &entry.extra_fields {
            let extra = match field {
                ExtraField::Field(name) => Extra::Value(extra_field(name, span, typer).map_err(blame)?),
                ExtraField::Template { key, template } => {
                    let (output, _) = template::parse(template, span, typer).map_err(blame)?;
                    Extra::Text { key: key.clone(), output }
                }
            };
            output.extra.push(extra);
        }
    }
    Ok((output, warnings))
}

fn extra_field(name: &str, span: Span, typer: &Typer<'_>) -> Result<super::Token, Box<Diagnostic>> {
    let name = name.strip_prefix('%').unwrap_or(name);
    let (operand, len) = template::operand(name, span, typer, &mut Vec::new())?;
    if len != name.len() {
        return Err(Box::new(codes::BAD_OUTPUT.at_fault(format!("`{name}` is not a field")).at(span, "")));
    }
    Ok(token(name.to_owned(), operand, typer))
}

/// Upstream deletes this token, with the blank before it.
fn without_container_info(text: &str) -> (String, bool) {
    const TOKEN: &str = "%container.info";
    if !text.contains(TOKEN) {
        return (text.to_owned(), false);
    }
    let text = text.replace(&format!(" {TOKEN}"), "").replace(TOKEN, "");
    (text.trim().to_owned(), true)
}
