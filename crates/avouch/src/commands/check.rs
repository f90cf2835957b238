//! `avouch rules check`: every problem of rule files.

use std::io::Write;

use avouch_diagnostics::{Severity, render_concise, render_json, render_sarif, render_text};
use avouch_engine::CompileOptions;
use avouch_pipeline::{RuleSet, RuleSetOptions, codes};
use serde_json::{Value as Json, json};

use crate::args::{CheckArgs, CheckFormat};
use crate::{Outcome, load, terminal};

/// Runs the command.
pub(crate) fn run(args: &CheckArgs) -> anyhow::Result<Outcome> {
    let options =
        RuleSetOptions { compile: CompileOptions::default(), lints: load::lints(&args.lints)?, mappings: Vec::new() };
    let rules = RuleSet::load(&args.paths, &options)?;
    let count = |severity| rules.diagnostics.iter().filter(|d| d.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let text = match args.format {
        CheckFormat::Text if args.concise => render_concise(&rules.map, &rules.diagnostics),
        CheckFormat::Text => render_text(&rules.map, &rules.diagnostics, terminal::colour()),
        CheckFormat::Json => render_json(&rules.map, &rules.diagnostics),
        CheckFormat::Sarif => render_sarif(&rules.map, &rules.diagnostics, &codes()),
        CheckFormat::Falco => format!("{}\n", falco(&rules)),
    };
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    if args.format == CheckFormat::Text {
        let running = rules.running().count();
        let counted = terminal::counted;
        writeln!(
            out,
            "{running} of {} can run, from {}; {}, {}",
            counted(rules.loaded.rules.len(), "rule"),
            counted(rules.map.iter().count(), "file"),
            counted(errors, "error"),
            counted(warnings, "warning"),
        )?;
    }
    Ok(if errors > 0 || (args.strict && warnings > 0) { Outcome::WrongInput } else { Outcome::Fine })
}

/// The shape of `falco -V` with JSON output: results by file.
fn falco(rules: &RuleSet) -> Json {
    let results: Vec<Json> = rules
        .map
        .iter()
        .map(|(id, source)| {
            let of = |severity| -> Vec<Json> {
                let here = rules.diagnostics.iter().filter(|d| d.severity == severity);
                here.filter(|d| d.labels.iter().any(|l| l.primary && l.span.file == id))
                    .map(|d| falco_item(rules, d))
                    .collect()
            };
            let errors = of(Severity::Error);
            json!({
                "name": source.name,
                "successful": errors.is_empty(),
                "errors": errors,
                "warnings": of(Severity::Warning),
            })
        })
        .collect();
    json!({ "falco_load_results": results })
}

fn falco_item(rules: &RuleSet, d: &avouch_diagnostics::Diagnostic) -> Json {
    let label = d.labels.iter().find(|l| l.primary);
    let position = label
        .and_then(|l| rules.map.line_column(l.span))
        .map(|(line, column)| json!({ "line": line - 1, "column": column - 1, "offset": label.map(|l| l.span.start) }));
    let (kind, name) = d.item.clone().unwrap_or(("rules content", String::new()));
    json!({
        "code": d.falco.unwrap_or(d.code),
        "codedesc": d.code,
        "message": d.falco_message.as_ref().unwrap_or(&d.title),
        "context": { "locations": [{ "item_type": kind, "item_name": name, "position": position }] },
    })
}
