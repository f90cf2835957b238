//! Diagnostics as an editor shows them.

use std::collections::BTreeMap;

use avouch_diagnostics::{Diagnostic, Severity, SourceMap, Span};
use serde::Serialize;
use utoipa::ToSchema;

/// What is wrong in a file, and where. Lines and columns count from 1, columns in characters; ends are exclusive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct DiagnosticOut {
    /// `error`, `warning` or `note`.
    #[schema(value_type = String)]
    pub severity: &'static str,
    pub code: String,
    pub message: String,
    pub line: usize,
    pub column: usize,
    pub end_line: usize,
    pub end_column: usize,
    pub hint: Option<String>,
    /// The file, when it is another one than was asked about: what the change causes elsewhere.
    pub file: Option<String>,
}

impl DiagnosticOut {
    /// An error of the server's own at a line.
    pub(crate) fn error(code: &str, message: &str, line: usize, hint: &str) -> Self {
        Self {
            severity: Severity::Error.name(),
            code: code.to_owned(),
            message: message.to_owned(),
            line,
            column: 1,
            end_line: line,
            end_column: 1,
            hint: Some(hint.to_owned()),
            file: None,
        }
    }

    /// Whether it keeps a file from being saved.
    pub(crate) fn is_error(&self) -> bool {
        self.severity == Severity::Error.name()
    }
}

/// A diagnostic of `map`, for whoever looks at the file `own`.
pub(crate) fn out_of(map: &SourceMap, d: &Diagnostic, own: &str) -> DiagnosticOut {
    let span = d.primary().map(|l| l.span);
    let place = |span: Option<Span>| span.and_then(|s| map.line_column(s)).unwrap_or((1, 1));
    let (line, column) = place(span);
    let (end_line, end_column) = place(span.map(|s| Span { start: s.end, ..s }));
    let file = span.and_then(|s| map.get(s.file)).map(|f| f.name.clone()).filter(|name| name != own);
    DiagnosticOut {
        severity: d.severity.name(),
        code: d.code.to_owned(),
        message: d.title.clone(),
        line,
        column,
        end_line,
        end_column,
        hint: (!d.help.is_empty()).then(|| d.help.join("; ")),
        file,
    }
}

/// Those of the file `own`, and those of other files that `before` had not.
pub(super) fn caused(
    (map, after): (&SourceMap, &[Diagnostic]),
    (map_before, before): (&SourceMap, &[Diagnostic]),
    own: &str,
) -> Vec<DiagnosticOut> {
    let key = |d: &DiagnosticOut| (d.file.clone(), d.code.clone(), d.message.clone());
    let mut known: BTreeMap<_, usize> = BTreeMap::new();
    for d in before {
        *known.entry(key(&out_of(map_before, d, own))).or_default() += 1;
    }
    let is_new = |d: &DiagnosticOut| {
        if d.file.is_none() {
            return true;
        }
        match known.get_mut(&key(d)) {
            Some(n) if *n > 0 => {
                *n -= 1;
                false
            }
            _ => true,
        }
    };
    let mut is_new = is_new;
    after.iter().map(|d| out_of(map, d, own)).filter(|d| is_new(d)).collect()
}
