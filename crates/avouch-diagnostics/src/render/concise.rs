//! One line a problem, for logs and editors.

use super::lines::Lines;
use crate::{Diagnostic, SourceMap};

/// `file:line:column: error[R0102]: title (LOAD_...)`, one line each.
#[must_use]
pub fn render_concise(map: &SourceMap, diagnostics: &[Diagnostic]) -> String {
    let mut lines = Lines::new(map);
    let mut out = String::new();
    for d in diagnostics {
        if let Some(label) = d.primary() {
            match lines.region(label.span) {
                Some(r) => out.push_str(&format!("{}:{}:{}: ", lines.name(label.span.file), r.line, r.column)),
                None => out.push_str("?: "),
            }
        }
        out.push_str(&format!("{}[{}]: {}", d.severity.name(), d.code, d.title.replace('\n', " ")));
        let names: Vec<&str> = d.lint.into_iter().chain(d.falco).collect();
        if !names.is_empty() {
            out.push_str(&format!(" ({})", names.join(", ")));
        }
        out.push('\n');
    }
    out
}
