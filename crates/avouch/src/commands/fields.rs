//! `avouch rules fields`: what rules can ask for.

use std::collections::BTreeMap;
use std::io::Write;

use avouch_event::{ArgSpec, FieldDecl, Reads, Shape};
use avouch_pipeline::catalogs;
use serde_json::json;

use crate::Outcome;
use crate::args::{FieldsArgs, Format};

/// Runs the command.
pub(crate) fn run(args: &FieldsArgs) -> anyhow::Result<Outcome> {
    let catalogs = catalogs();
    if let Some(source) = &args.source
        && !catalogs.iter().any(|(s, _)| s == source)
    {
        let known: Vec<&str> = catalogs.iter().map(|(s, _)| *s).collect();
        anyhow::bail!("no source is named `{source}`; there are {}", known.join(", "));
    }
    // A field that several sources share is one entry with all of them.
    let mut sources: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut fields: Vec<&FieldDecl> = Vec::new();
    for (source, catalog) in &catalogs {
        if args.source.as_deref().is_some_and(|s| s != *source) {
            continue;
        }
        for decl in catalog.fields() {
            let list = sources.entry(decl.name).or_default();
            if list.is_empty() {
                fields.push(decl);
            }
            list.push(source);
        }
    }
    let needle = args.text.clone().unwrap_or_default().to_lowercase();
    let wanted = |d: &&&FieldDecl| d.name.contains(&needle) || d.doc.to_lowercase().contains(&needle);
    let mut out = std::io::stdout().lock();
    let mut class = "";
    for decl in fields.iter().filter(wanted) {
        let sources = sources.get(decl.name).map(|s| s.join(", ")).unwrap_or_default();
        match args.format {
            Format::Json => writeln!(out, "{}", as_json(decl, &sources))?,
            Format::Text => {
                if class != decl.class {
                    class = decl.class;
                    writeln!(out, "\n{class}  [{sources}]")?;
                }
                writeln!(out, "{}", as_text(decl))?;
            }
        }
    }
    Ok(Outcome::Fine)
}

fn as_text(decl: &FieldDecl) -> String {
    let mut notes = String::new();
    if decl.flags.filter_only {
        notes.push_str(" (conditions only)");
    }
    if decl.flags.deprecated {
        notes.push_str(" (deprecated)");
    }
    if let Reads::Never(reason) = decl.reads {
        notes.push_str(&format!(" NOT READ: {reason}"));
    }
    let name = format!("{}{}", decl.name, argument(decl.arg));
    format!("  {name:<42} {:<9} {}{notes}", type_name(decl), decl.doc)
}

fn as_json(decl: &FieldDecl, sources: &str) -> serde_json::Value {
    let (reads, reason) = match decl.reads {
        Reads::Yes => (true, None),
        Reads::Never(reason) => (false, Some(reason)),
    };
    json!({
        "field": decl.name, "class": decl.class, "type": format!("{:?}", decl.ty).to_lowercase(),
        "list": decl.shape == Shape::List, "argument": argument(decl.arg), "sources": sources, "meaning": decl.doc,
        "reads": reads, "reason": reason, "deprecated": decl.flags.deprecated, "conditions_only": decl.flags.filter_only,
    })
}

fn type_name(decl: &FieldDecl) -> String {
    let name = format!("{:?}", decl.ty).to_lowercase();
    if decl.shape == Shape::List { format!("[{name}]") } else { name }
}

/// How an argument is written.
fn argument(arg: ArgSpec) -> &'static str {
    match arg {
        ArgSpec::None => "",
        ArgSpec::OptionalIndex => "[n]?",
        ArgSpec::RequiredIndex => "[n]",
        ArgSpec::OptionalKey => "[KEY]?",
        ArgSpec::RequiredKey => "[KEY]",
        ArgSpec::OptionalKeyOrIndex => "[KEY|n]?",
        ArgSpec::RequiredKeyOrIndex => "[KEY|n]",
        ArgSpec::Param { index: true } => ".NAME|[n]",
        ArgSpec::Param { index: false } | ArgSpec::RequiredSuffix => ".NAME",
        ArgSpec::OptionalSrcDst => "(.src|.dst)?",
    }
}
