//! The registry entry of a diagnostic: its stable number, its name and what it means.

use crate::{Diagnostic, Severity};

/// One kind of problem. Each crate lists its own in a `CODES` table; messages, `rules explain` and the reference page
/// come from there. A number is never used again for something else.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// `R0102`.
    pub id: &'static str,
    /// Kebab case; the name of the lint when `lint` is set.
    pub name: &'static str,
    /// How bad it is unless configured otherwise.
    pub severity: Severity,
    /// Whether it can be allowed or denied by name.
    pub lint: bool,
    /// Falco's name for the same problem.
    pub falco: Option<&'static str>,
    /// What is wrong and why it matters, in sentences.
    pub meaning: &'static str,
    /// Text that has the problem.
    pub example: &'static str,
    /// What to do about it.
    pub fix: &'static str,
}

impl Code {
    /// A diagnostic of this kind.
    #[must_use]
    pub fn at_fault(&self, title: impl Into<String>) -> Diagnostic {
        let mut d = Diagnostic::new(self.id, self.severity, title);
        d.falco = self.falco;
        d.lint = self.lint.then_some(self.name);
        d
    }

    /// The entry with this number (`R0102`) or name, in any letter case.
    #[must_use]
    pub fn find<'a>(codes: &[&'a Code], key: &str) -> Option<&'a Code> {
        codes.iter().copied().find(|c| c.id.eq_ignore_ascii_case(key) || c.name.eq_ignore_ascii_case(key))
    }

    /// The entry as a page for a terminal.
    #[must_use]
    pub fn explain(&self) -> String {
        let mut out = format!("{} {}: {}\n\n{}\n", self.severity.name(), self.id, self.name, self.meaning);
        if !self.example.is_empty() {
            out.push_str("\nExample:\n\n");
            for line in self.example.lines() {
                out.push_str("    ");
                out.push_str(line);
                out.push('\n');
            }
        }
        if !self.fix.is_empty() {
            out.push_str(&format!("\nFix: {}\n", self.fix));
        }
        if let Some(falco) = self.falco {
            out.push_str(&format!("\nFalco's name: {falco}\n"));
        }
        if self.lint {
            out.push_str(&format!("\nLint: can be set with `{}=allow`, `=warn` or `=deny`.\n", self.name));
        }
        out
    }
}
