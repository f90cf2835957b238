//! Diagnostics of files, as the console's editor marks them.

use avouch_diagnostics::{Diagnostic, SourceMap, render_json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Something wrong in a file. Lines and columns count from 1, columns in characters, ends exclusive.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// `error`, `warning` or `note`.
    severity: String,
    code: String,
    message: String,
    line: u64,
    column: u64,
    end_line: u64,
    end_column: u64,
    /// What may help.
    hint: Option<String>,
}

/// As `render_json` writes it.
#[derive(Deserialize)]
struct Rendered {
    diagnostics: Vec<RenderedOne>,
}

#[derive(Deserialize)]
struct RenderedOne {
    code: String,
    severity: String,
    title: String,
    labels: Vec<RenderedLabel>,
    help: Vec<String>,
}

#[derive(Deserialize)]
struct RenderedLabel {
    line: Option<u64>,
    column: Option<u64>,
    end_line: Option<u64>,
    end_column: Option<u64>,
    text: String,
    primary: bool,
}

/// Diagnostics with their places.
pub(crate) fn problems(sources: &SourceMap, diagnostics: &[Diagnostic]) -> Vec<Problem> {
    let rendered: Rendered =
        serde_json::from_str(&render_json(sources, diagnostics)).unwrap_or(Rendered { diagnostics: Vec::new() });
    rendered.diagnostics.into_iter().map(problem).collect()
}

fn problem(one: RenderedOne) -> Problem {
    let label = one.labels.iter().find(|l| l.primary).or(one.labels.first());
    let (line, column) = label.map_or((1, 1), |l| (l.line.unwrap_or(1), l.column.unwrap_or(1)));
    let end = label.map(|l| (l.end_line.unwrap_or(line), l.end_column.unwrap_or(column)));
    let (end_line, end_column) = end.unwrap_or((line, column));
    let place = label.map(|l| l.text.as_str()).filter(|text| !text.is_empty());
    let message = place.map_or_else(|| one.title.clone(), |place| format!("{}: {place}", one.title));
    let hint = (!one.help.is_empty()).then(|| one.help.join("; "));
    Problem { severity: one.severity, code: one.code, message, line, column, end_line, end_column, hint }
}
