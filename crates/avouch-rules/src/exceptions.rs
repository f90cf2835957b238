//! Exceptions: whether their parts fit, how appends add to them, and the condition text they stand for.

use std::borrow::Cow;

use avouch_diagnostics::{Diagnostic, FileId, Span, near_names};

use crate::codes;
use crate::items::{Entry, Exception, Text};
use crate::problems::{Phase, Problems};
use crate::text::MappedText;

/// Operators that take a list.
const LIST_OPERATORS: [&str; 3] = ["in", "intersects", "pmatch"];
const NUMBER_OPERATORS: [&str; 4] = ["<", "<=", ">", ">="];
/// Operators that can have a modifier after them.
const TEXT_OPERATORS: [&str; 12] = [
    "=",
    "==",
    "!=",
    "glob",
    "iglob",
    "contains",
    "icontains",
    "bcontains",
    "startswith",
    "bstartswith",
    "endswith",
    "regex",
];
const MODIFIERS: [&str; 3] = ["oneof", "anyof", "allof"];

/// `startswith oneof` and the like.
fn has_modifier(comp: &str) -> bool {
    comp.split_once(char::is_whitespace)
        .is_some_and(|(op, modifier)| TEXT_OPERATORS.contains(&op) && MODIFIERS.contains(&modifier.trim_start()))
}

fn takes_list(comp: &str) -> bool {
    LIST_OPERATORS.contains(&comp) || has_modifier(comp)
}

fn is_operator(comp: &str) -> bool {
    comp == "exists" || takes_list(comp) || NUMBER_OPERATORS.contains(&comp) || TEXT_OPERATORS.contains(&comp)
}

fn problem(problems: &mut Problems, file: FileId, exception: &Exception, d: Diagnostic) {
    problems.add(file, Phase::Read, d.item("exception", exception.name.text.clone()));
}

/// Checks that the parts of each exception fit together; false when one does not.
pub(crate) fn check_all(problems: &mut Problems, file: FileId, all: &[Exception]) -> bool {
    let mut sound = true;
    for e in all {
        sound &= check(problems, file, e);
    }
    sound
}

fn check(problems: &mut Problems, file: FileId, e: &Exception) -> bool {
    let found = match (&e.fields, &e.comps) {
        (None, _) => Some(no_fields(e)),
        (Some(Entry::One(_)), Some(Entry::Many(_, span))) => Some(
            codes::BAD_EXCEPTION
                .at_fault(format!("`comps` of exception `{}` must be one operator", e.name.text))
                .at(*span, "a list, while `fields` is one field")
                .falco_message("Fields and comps must both be strings"),
        ),
        (Some(Entry::One(_)), comps) => comps.as_ref().and_then(|c| c.texts().next()).and_then(|comp| {
            (!takes_list(comp.text.trim())).then(|| {
                codes::BAD_EXCEPTION
                    .at_fault(format!("`{}` takes no list", comp.text))
                    .at(comp.span, "must take a list, since `fields` is one field")
                    .help("use `in`, `intersects`, `pmatch` or a form such as `startswith anyof`; or write `fields` and `comps` as lists of one")
                    .falco_message("comps must be one of (in, intersects, pmatch)")
            })
        }),
        (Some(Entry::Many(fields, span)), comps) => {
            let count = match comps {
                None => fields.len(),
                Some(Entry::One(_)) => 1,
                Some(Entry::Many(all, _)) => all.len(),
            };
            if fields.iter().any(|f| matches!(f, Entry::Many(..))) {
                let d = codes::BAD_EXCEPTION.at_fault(format!("`fields` of exception `{}` must be texts", e.name.text));
                Some(d.at(*span, "holds a list"))
            } else if count != fields.len() || matches!(comps, Some(Entry::One(_))) {
                let place = comps.as_ref().map_or(*span, Entry::span);
                Some(
                    codes::BAD_EXCEPTION
                        .at_fault(format!("exception `{}` has {} fields and {count} operators", e.name.text, fields.len()))
                        .at(place, if matches!(comps, Some(Entry::One(_))) { "must be a list".to_owned() } else { format!("{count} here") })
                        .context(*span, format!("{} here", fields.len()))
                        .falco_message("Fields and comps lists must have equal length"),
                )
            } else {
                comps.iter().flat_map(Entry::texts).find(|c| !is_operator(c.text.trim())).map(unknown_operator)
            }
        }
    };
    match found {
        None => true,
        Some(d) => {
            problem(problems, file, e, d);
            false
        }
    }
}

fn unknown_operator(comp: &Text) -> Diagnostic {
    let d = codes::BAD_EXCEPTION
        .at_fault(format!("`{}` is no operator", comp.text))
        .at(comp.span, "no such operator")
        .falco_message(format!("'{}' is not a supported comparison operator", comp.text));
    let known = LIST_OPERATORS.iter().chain(&NUMBER_OPERATORS).chain(&TEXT_OPERATORS).copied();
    match near_names(&comp.text, known, 1).first().filter(|n| n.len() > 2) {
        Some(near) => d.help(format!("did you mean `{near}`?")),
        None => d,
    }
}

fn no_fields(e: &Exception) -> Diagnostic {
    codes::BAD_EXCEPTION
        .at_fault(format!("exception `{}` is new here and has no `fields`", e.name.text))
        .at(e.name.span, "needs `fields`")
        .help("to add to an existing exception, use its name")
        .falco_message("Rule exception must have fields property with a list of fields")
}

/// Appends to the exceptions of a rule: values to those of the same name, the others as new ones.
pub(crate) fn append(problems: &mut Problems, file: FileId, rule: &mut Vec<Exception>, new: Vec<Exception>) {
    for e in new {
        let Some(old) = rule.iter_mut().find(|o| o.name.text == e.name.text) else {
            if e.fields.is_some() && e.values.is_empty() {
                let d = codes::BAD_EXCEPTION
                    .at_fault(format!("exception `{}` is new here and has no `values`", e.name.text))
                    .at(e.name.span, "needs `values`");
                problem(problems, file, &e, d);
            } else if check(problems, file, &e) {
                rule.push(e);
            }
            continue;
        };
        let given = [("fields", &e.fields), ("comps", &e.comps)].into_iter().find_map(|(k, v)| Some((k, v.as_ref()?)));
        if let Some((key, value)) = given {
            let d = codes::BAD_EXCEPTION
                .at_fault(format!("`{key}` of exception `{}` cannot be appended to", e.name.text))
                .at(value.span(), "only `values` can be appended")
                .context(old.name.span, "defined here");
            problem(problems, file, &e, d);
            continue;
        }
        old.values.extend(e.values);
    }
}

/// The condition with its exceptions: `(condition) and not ((a = b and c = d) or ...)`. A problem keeps the rule from
/// being compiled.
pub(crate) fn build(condition: &MappedText, exceptions: &[Exception]) -> Result<MappedText, Box<Diagnostic>> {
    let mut out = MappedText::default();
    if exceptions.is_empty() {
        out.append(condition);
        return Ok(out);
    }
    let scope = condition.scope(0);
    out.push("(", Span { end: scope.start, ..scope });
    out.append(condition);
    out.push_glue(")");
    for e in exceptions.iter().filter(|e| !e.values.is_empty()) {
        out.push(" and not ", e.name.span);
        match &e.fields {
            Some(Entry::Many(fields, _)) => tuple(&mut out, e, fields)?,
            Some(Entry::One(field)) => single(&mut out, e, field)?,
            None => return Err(Box::new(no_fields(e).item("exception", e.name.text.clone()))),
        }
    }
    Ok(out)
}

fn single(out: &mut MappedText, e: &Exception, field: &Text) -> Result<(), Box<Diagnostic>> {
    let comp = match &e.comps {
        Some(Entry::One(comp)) => (comp.text.trim(), comp.span),
        _ => ("in", field.span),
    };
    out.push("(", e.name.span);
    out.push(&field.text, field.span);
    out.push_glue(" ");
    out.push(comp.0, comp.1);
    out.push_glue(" ");
    out.push("(", e.name.span);
    for (i, value) in e.values.iter().enumerate() {
        let Entry::One(text) = value else {
            let d = codes::BAD_EXCEPTION
                .at_fault(format!("values of exception `{}` must be texts, not lists", e.name.text))
                .at(value.span(), "a list, while `fields` is one field")
                .context(field.span, "one field")
                .help("write the values as one flat list")
                .falco_message("Expected values array to contain a list of strings")
                .item("exception", e.name.text.clone());
            return Err(Box::new(d));
        };
        if i > 0 {
            out.push_glue(", ");
        }
        out.push(&quote(&text.text), text.span);
    }
    out.push("))", e.name.span);
    Ok(())
}

fn tuple(out: &mut MappedText, e: &Exception, fields: &[Entry]) -> Result<(), Box<Diagnostic>> {
    let comps: Vec<&Text> = e.comps.iter().flat_map(Entry::texts).collect();
    let fields: Vec<&Text> = fields
        .iter()
        .filter_map(|f| match f {
            Entry::One(t) => Some(t),
            Entry::Many(..) => None,
        })
        .collect();
    out.push("(", e.name.span);
    for (i, row) in e.values.iter().enumerate() {
        let cells: &[Entry] = match row {
            Entry::Many(cells, _) => cells,
            Entry::One(_) => &[],
        };
        if cells.len() != fields.len() {
            let what = match row {
                Entry::One(_) => "this is no list".to_owned(),
                Entry::Many(..) => format!("{} here", cells.len()),
            };
            let places = fields.first().map_or(e.span, |f| f.span.to(fields.last().map_or(f.span, |l| l.span)));
            let d = codes::BAD_EXCEPTION
                .at_fault(format!("a row of exception `{}` must have {} values", e.name.text, fields.len()))
                .at(row.span(), what)
                .context(places, format!("{} fields", fields.len()))
                .falco_message("Fields and values lists must have equal length")
                .item("exception", e.name.text.clone());
            return Err(Box::new(d));
        }
        out.push(if i > 0 { " or (" } else { "(" }, row.span());
        for (k, (field, cell)) in fields.iter().zip(cells).enumerate() {
            if k > 0 {
                out.push(" and ", row.span());
            }
            let (comp, comp_span) = comps.get(k).map_or(("=", field.span), |c| (c.text.trim(), c.span));
            out.push(&field.text, field.span);
            out.push_glue(" ");
            out.push(comp, comp_span);
            out.push_glue(" ");
            cell_text(out, cell, takes_list(comp));
        }
        out.push(")", row.span());
    }
    out.push(")", e.name.span);
    Ok(())
}

fn cell_text(out: &mut MappedText, cell: &Entry, list: bool) {
    match cell {
        // A text may be a list in parentheses already, or the name of one.
        Entry::One(t) if list && t.text.starts_with('(') => out.push(&t.text, t.span),
        Entry::One(t) if list => out.push(&format!("({})", t.text), t.span),
        Entry::One(t) => out.push(&quote(&t.text), t.span),
        Entry::Many(all, span) => {
            out.push("(", *span);
            for (i, t) in all.iter().enumerate() {
                if i > 0 {
                    out.push_glue(", ");
                }
                if let Entry::One(t) = t {
                    out.push(&quote(&t.text), t.span);
                }
            }
            out.push(")", *span);
        }
    }
}

/// A text that holds a blank gets quotes unless it begins with one; nothing else is escaped.
pub(crate) fn quote(text: &str) -> Cow<'_, str> {
    if text.contains(' ') && !text.starts_with(['"', '\'']) {
        Cow::Owned(format!("\"{text}\""))
    } else {
        Cow::Borrowed(text)
    }
}
