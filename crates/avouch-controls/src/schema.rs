//! JSON Schema (draft 2020-12) of a [`Form`], for editors that check YAML while it is written.

use crate::form::{Form, Key};

/// The schema as a file.
pub(crate) fn schema(title: &str, about: &str, root: &Form) -> String {
    let mut out = String::from("{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n");
    out += &format!("  \"title\": {},\n  \"description\": {},\n", quote(title), quote(about));
    let body = form(root, 1);
    // The keys of the root stand beside the title.
    out += body.trim_start_matches("{\n");
    out.push('\n');
    out
}

fn object(entries: &[(&str, String)], depth: usize) -> String {
    let pad = "  ".repeat(depth);
    let lines: Vec<String> = entries.iter().map(|(k, v)| format!("{pad}{}: {v}", quote(k))).collect();
    format!("{{\n{}\n{}}}", lines.join(",\n"), "  ".repeat(depth - 1))
}

fn form(form: &Form, depth: usize) -> String {
    object(&entries(form, depth), depth)
}

fn entries(of: &Form, depth: usize) -> Vec<(&'static str, String)> {
    let text = ("type", quote("string"));
    match of {
        // Every plain scalar is a text to us; to YAML `22` and `6.5` are numbers.
        Form::Text => vec![("type", r#"["string", "number", "boolean"]"#.to_owned()), ("minLength", "1".to_owned())],
        Form::Id(id) => vec![("type", r#"["string", "number"]"#.to_owned()), ("pattern", quote(id.pattern))],
        Form::Word(words) => {
            let words: Vec<String> = words.iter().map(|w| quote(w)).collect();
            vec![("enum", format!("[{}]", words.join(", ")))]
        }
        Form::Time => vec![text, ("pattern", quote(r"^\d{4}-\d\d-\d\d([Tt].+)?$"))],
        Form::Duration => vec![text, ("pattern", quote("^[0-9]{1,5}[mhd]$"))],
        Form::Number => vec![("type", quote("integer")), ("minimum", "0".to_owned())],
        Form::Flag => vec![("type", quote("boolean"))],
        Form::List(item) => {
            let list = object(&[("type", quote("array")), ("items", form(item, depth + 2))], depth + 1);
            vec![("anyOf", format!("[{list}, {}]", form(item, depth + 1)))]
        }
        Form::Either(list, mapping) => {
            vec![("anyOf", format!("[{}, {}]", form(list, depth + 1), form(mapping, depth + 1)))]
        }
        Form::Map(keys) => map(keys, depth),
        Form::Table(key, value) => vec![
            ("type", quote("object")),
            ("propertyNames", form(key, depth + 1)),
            ("additionalProperties", form(value, depth + 1)),
        ],
    }
}

fn map(keys: &[Key], depth: usize) -> Vec<(&'static str, String)> {
    let required: Vec<String> = keys.iter().filter(|k| k.required).map(|k| quote(k.name)).collect();
    let properties: Vec<(&str, String)> = keys
        .iter()
        .map(|k| {
            let mut parts = vec![("description", quote(k.about))];
            parts.extend(entries(&k.form, depth + 2));
            (k.name, object(&parts, depth + 2))
        })
        .collect();
    let mut out = vec![("type", quote("object")), ("properties", object(&properties, depth + 1))];
    if !required.is_empty() {
        out.push(("required", format!("[{}]", required.join(", "))));
    }
    out.push(("additionalProperties", "false".to_owned()));
    out
}

/// The text as a JSON string.
fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if u32::from(c) < 0x20 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
