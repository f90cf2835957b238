//! Diagnostics for people: the lines of the file with carets under them.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::lines::Lines;
use crate::{Diagnostic, FileId, Label, Severity, SourceMap};

/// Lines of context around the outermost labels of a file; lines in between are folded by the renderer.
const CONTEXT: usize = 1;

/// Each problem with its lines, a blank line after each. `colour` adds terminal escapes.
#[must_use]
pub fn render_text(map: &SourceMap, diagnostics: &[Diagnostic], colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    let lines = Lines::new(map);
    let mut out = String::new();
    for d in diagnostics {
        out.push_str(&renderer.render(&[group(map, &lines, d)]));
        out.push_str("\n\n");
    }
    out
}

fn group<'a>(map: &'a SourceMap, lines: &Lines<'_>, d: &'a Diagnostic) -> Group<'a> {
    let level = match d.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let mut group = Group::with_title(level.primary_title(d.title.as_str()).id(d.code));
    // The file of the primary label first, then the others in order of mention.
    let mut files: Vec<FileId> = Vec::new();
    for label in d.primary().into_iter().chain(&d.labels) {
        if !files.contains(&label.span.file) {
            files.push(label.span.file);
        }
    }
    for file in files {
        let labels: Vec<&Label> = d.labels.iter().filter(|l| l.span.file == file).collect();
        if let Some(snippet) = snippet(map, lines, file, &labels) {
            group = group.element(snippet);
        }
    }
    for help in &d.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    for note in &d.notes {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    let names: Vec<String> = d
        .lint
        .map(|l| format!("lint `{l}`"))
        .into_iter()
        .chain(d.falco.map(|f| format!("Falco calls this {f}")))
        .collect();
    if !names.is_empty() {
        group = group.element(Level::NOTE.message(names.join("; ")));
    }
    group
}

/// The part of a file that the labels touch; only that is handed over, so a large file is not scanned per problem.
fn snippet<'a>(
    map: &'a SourceMap,
    lines: &Lines<'_>,
    file: FileId,
    labels: &[&'a Label],
) -> Option<Snippet<'a, annotate_snippets::Annotation<'a>>> {
    let source = map.get(file)?;
    let spans: Vec<(usize, usize)> = labels.iter().map(|l| lines.clamp(l.span)).collect();
    let mut first = spans.iter().map(|s| s.0).min()?;
    let mut last = spans.iter().map(|s| s.1).max()?;
    for _ in 0..=CONTEXT {
        first = source.text.get(..first)?.rfind('\n').unwrap_or(0);
        last += source.text.get(last..)?.find('\n').map_or(source.text.len() - last, |i| i + 1);
    }
    if first > 0 {
        first += 1;
    }
    let text = source.text.get(first..last)?;
    let line = source.text.get(..first)?.bytes().filter(|b| *b == b'\n').count() + 1;
    let mut snippet = Snippet::source(text).line_start(line).path(source.name.as_str());
    for (label, (start, end)) in labels.iter().zip(spans) {
        let kind = if label.primary { AnnotationKind::Primary } else { AnnotationKind::Context };
        let mut annotation = kind.span(start - first..end - first);
        if !label.text.is_empty() {
            annotation = annotation.label(label.text.as_str());
        }
        snippet = snippet.annotation(annotation);
    }
    Some(snippet)
}
