//! A population's two files: JSON lines, which are exact, and CSV for spreadsheets.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};

use super::{Population, Spec, Test};

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
    count: u64,
    first: Option<String>,
    last: Option<String>,
}

impl PopulationWriter {
    /// Begins both files in `dir`, which is there.
    ///
    /// # Errors
    /// When a file cannot be made.
    pub fn create(dir: &Path, spec: Spec) -> Result<Self, PopulationError> {
        let failed = |source| PopulationError { id: spec.id, source };
        let file = |ending: &str| File::create(dir.join(format!("{}.{ending}", spec.id))).map(Hashed::new);
        let (jsonl, mut csv) = (file("jsonl").map_err(failed)?, file("csv").map_err(failed)?);
        let header: Vec<&str> = ["n"].into_iter().chain(spec.columns.iter().copied()).collect();
        csv.write(csv_line(&header).as_bytes()).map_err(failed)?;
        Ok(Self { spec, jsonl, csv, count: 0, first: None, last: None })
    }

    /// Adds a row: its id, which is its first column, and its other cells in the order of the columns.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn row(&mut self, cells: &[&str]) -> Result<(), PopulationError> {
        let failed = |source| PopulationError { id: self.spec.id, source };
        self.count += 1;
        let n = self.count.to_string();
        let mut object = Map::new();
        object.insert("n".to_owned(), json!(self.count));
        for (column, cell) in self.spec.columns.iter().zip(cells) {
            object.insert((*column).to_owned(), json!(cell));
        }
        let mut line = Json::Object(object).to_string();
        line.push('\n');
        self.jsonl.write(line.as_bytes()).map_err(failed)?;
        let all: Vec<&str> = [n.as_str()].into_iter().chain(cells.iter().copied()).collect();
        self.csv.write(csv_line(&all).as_bytes()).map_err(failed)?;
        let id = cells.first().copied().unwrap_or_default();
        self.first.get_or_insert_with(|| id.to_owned());
        self.last = Some(id.to_owned());
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
        let failed = |source| PopulationError { id: self.spec.id, source };
        Ok(Population {
            spec: self.spec,
            count: self.count,
            first: self.first,
            last: self.last,
            digest: self.jsonl.finish().map_err(failed)?,
            csv_digest: self.csv.finish().map_err(failed)?,
            tests,
        })
    }
}

/// A file whose bytes are hashed on their way.
struct Hashed {
    file: BufWriter<File>,
    hash: Sha256,
}

impl Hashed {
    fn new(file: File) -> Self {
        Self { file: BufWriter::with_capacity(256 << 10, file), hash: Sha256::new() }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.file.write_all(bytes)
    }

    fn finish(mut self) -> io::Result<String> {
        self.file.flush()?;
        Ok(self.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// One line as RFC 4180 has it. A cell that a spreadsheet would take for a formula gets a `'` before it: an output that an
/// attacker wrote must not run on an auditor's machine. The JSON lines hold it as it is.
fn csv_line(cells: &[&str]) -> String {
    let mut line = String::new();
    for (n, cell) in cells.iter().enumerate() {
        if n > 0 {
            line.push(',');
        }
        let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
        if formula || cell.contains(['"', ',', '\n', '\r']) {
            line.push('"');
            if formula {
                line.push('\'');
            }
            line.push_str(&cell.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(cell);
        }
    }
    line.push_str("\r\n");
    line
}

#[cfg(test)]
mod tests {
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
        assert_eq!(rows[1]["n"], 2);
        assert_eq!(
            (population.count, population.first.as_deref(), population.last.as_deref()),
            (2, Some("a"), Some("b"))
        );
    }
}
