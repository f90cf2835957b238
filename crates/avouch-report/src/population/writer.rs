//! A population's two files: JSON lines, which are exact, and CSV for spreadsheets.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use super::{Population, Spec, Test};
use crate::hashed::Hashed;

/// A file of a population cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("failed to write population `{id}`")]
pub struct PopulationError {
    /// Which.
    pub id: &'static str,
    /// Why.
    pub source: io::Error,
}

/// Names the population of an error.
pub(crate) fn failed(spec: &Spec, source: io::Error) -> PopulationError {
    PopulationError { id: spec.id, source }
}

/// Writes rows as they come.
pub struct PopulationWriter {
    spec: Spec,
    jsonl: Hashed,
    csv: Hashed,
    /// Keys of the JSON lines, ready to be written, in order of their names: each with the place of its cell, `None` for `n`.
    keys: Vec<(String, Option<usize>)>,
    line: Vec<u8>,
    count: u64,
    first: Option<String>,
    last: String,
}

impl PopulationWriter {
    /// Begins both files in `dir`, which is there.
    ///
    /// # Errors
    /// When a file cannot be made.
    pub fn create(dir: &Path, spec: Spec) -> Result<Self, PopulationError> {
        let failed = |source| failed(&spec, source);
        let file = |ending: &str| File::create(dir.join(format!("{}.{ending}", spec.id))).map(Hashed::new);
        let (jsonl, mut csv) = (file("jsonl").map_err(failed)?, file("csv").map_err(failed)?);
        let header: Vec<&str> = ["n"].into_iter().chain(spec.columns.iter().copied()).collect();
        let mut line = Vec::new();
        csv_line(&header, &mut line);
        csv.write_all(&line).map_err(failed)?;
        let columns = spec.columns.iter().enumerate().map(|(place, column)| (*column, Some(place)));
        let mut names: Vec<(&str, Option<usize>)> = columns.chain([("n", None)]).collect();
        names.sort_unstable();
        let keys = names.into_iter().map(|(name, place)| (format!("\"{name}\":"), place)).collect();
        Ok(Self { spec, jsonl, csv, keys, line, count: 0, first: None, last: String::new() })
    }

    /// Adds a row: its id, which is its first column, and its other cells in the order of the columns.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn row(&mut self, cells: &[&str]) -> Result<(), PopulationError> {
        let failed = |source| failed(&self.spec, source);
        self.count += 1;
        let n = self.count.to_string();
        let line = &mut self.line;
        line.clear();
        for (i, (key, place)) in self.keys.iter().enumerate() {
            line.push(if i == 0 { b'{' } else { b',' });
            line.extend_from_slice(key.as_bytes());
            match place {
                Some(place) => {
                    let cell = cells.get(*place).copied().unwrap_or_default();
                    json_string(cell, line).map_err(failed)?;
                }
                None => line.extend_from_slice(n.as_bytes()),
            }
        }
        line.extend_from_slice(b"}\n");
        self.jsonl.write_all(line).map_err(failed)?;
        line.clear();
        csv_cell(&n, line);
        line.push(b',');
        csv_line(cells, line);
        self.csv.write_all(line).map_err(failed)?;
        let id = cells.first().copied().unwrap_or_default();
        if self.first.is_none() {
            self.first = Some(id.to_owned());
        }
        self.last.clear();
        self.last.push_str(id);
        Ok(())
    }

    /// Rows so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Ends both files.
    ///
    /// # Errors
    /// When they cannot be written to their ends.
    pub fn finish(self, tests: Vec<Test>) -> Result<Population, PopulationError> {
        let failed = |source| failed(&self.spec, source);
        Ok(Population {
            spec: self.spec,
            count: self.count,
            last: self.first.is_some().then_some(self.last),
            first: self.first,
            digest: self.jsonl.finish().map_err(failed)?,
            csv_digest: self.csv.finish().map_err(failed)?,
            tests,
        })
    }
}

/// A text as JSON has it. Most have nothing to escape, which is seen faster over all bytes at once than byte by byte.
fn json_string(text: &str, line: &mut Vec<u8>) -> io::Result<()> {
    let escaped = text.bytes().fold(false, |any, b| any | (b < 0x20) | (b == b'"') | (b == b'\\'));
    if escaped {
        return serde_json::to_writer(line, text).map_err(io::Error::from);
    }
    line.push(b'"');
    line.extend_from_slice(text.as_bytes());
    line.push(b'"');
    Ok(())
}

/// One line as RFC 4180 has it.
pub(crate) fn csv_line(cells: &[&str], line: &mut Vec<u8>) {
    for (n, cell) in cells.iter().enumerate() {
        if n > 0 {
            line.push(b',');
        }
        csv_cell(cell, line);
    }
    line.extend_from_slice(b"\r\n");
}

/// One cell. One that a spreadsheet would take for a formula gets a `'` before it: an output that an attacker wrote must not run
/// on an auditor's machine. The JSON lines hold it as it is.
fn csv_cell(cell: &str, line: &mut Vec<u8>) {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let special =
        memchr::memchr2(b'"', b',', cell.as_bytes()).or_else(|| memchr::memchr2(b'\n', b'\r', cell.as_bytes()));
    if !formula && special.is_none() {
        line.extend_from_slice(cell.as_bytes());
        return;
    }
    line.push(b'"');
    if formula {
        line.push(b'\'');
    }
    for (n, part) in cell.split('"').enumerate() {
        if n > 0 {
            line.extend_from_slice(b"\"\"");
        }
        line.extend_from_slice(part.as_bytes());
    }
    line.push(b'"');
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::*;

    const SPEC: Spec = Spec { id: "p", title: "", definition: "", source: "", columns: &["id", "text"] };

    #[test]
    fn rows_are_numbered_and_formulas_are_defused_in_csv_only() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = PopulationWriter::create(dir.path(), SPEC).unwrap();
        writer.row(&["a", "=HYPERLINK(\"http://x\")"]).unwrap();
        writer.row(&["b", "two\nlines"]).unwrap();
        let population = writer.finish(Vec::new()).unwrap();
        let csv = std::fs::read_to_string(dir.path().join("p.csv")).unwrap();
        assert_eq!(csv, "n,id,text\r\n1,a,\"'=HYPERLINK(\"\"http://x\"\")\"\r\n2,b,\"two\nlines\"\r\n");
        let jsonl = std::fs::read_to_string(dir.path().join("p.jsonl")).unwrap();
        let rows: Vec<Json> = jsonl.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!(rows[0]["text"], "=HYPERLINK(\"http://x\")");
        assert_eq!((&rows[1]["n"], &rows[1]["text"]), (&2.into(), &"two\nlines".into()));
        assert_eq!(
            (population.count, population.first.as_deref(), population.last.as_deref()),
            (2, Some("a"), Some("b"))
        );
    }
}
