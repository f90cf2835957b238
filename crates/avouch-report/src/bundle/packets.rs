//! One folder of evidence for each item of a sample.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use avouch_ledger::{LedgerError, Reader};
use avouch_store::StoredFact;
use serde_json::{Value as Json, json};

use super::{FileError, failed, write};
use crate::facts::PeriodFacts;
use crate::population::{METHOD, Population, Sample};

/// Why packets cannot be written.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "named in the message")]
pub enum PacketError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Bundle(#[from] avouch_bundle::BundleError),
    #[error(transparent)]
    Store(#[from] avouch_store::Error),
    #[error(transparent)]
    File(#[from] FileError),
}

/// Writes the sample of one population below `bundle/samples/`: how it was drawn, and for each item its row, its record as it stands in
/// the ledger, the proof that the record belongs to a signed head, the rule, and everything that was done about it.
///
/// # Errors
/// When files, ledger or store cannot be read or written.
pub(crate) fn write_packets(
    bundle: &Path,
    ledger: &Reader,
    store: &mut avouch_store::Reader,
    facts: &PeriodFacts,
    population: &Population,
    sample: &Sample,
) -> Result<(), PacketError> {
    let dir = bundle.join("samples").join(population.spec.id);
    let drawn = json!({
        "population": population.spec.id,
        "digest": population.digest,
        "count": population.count,
        "seed": sample.seed,
        "rows": sample.rows,
        "method": METHOD,
    });
    write(&dir.join("sample.json"), pretty(&drawn).as_bytes())?;
    let rows = rows(&bundle.join(population.jsonl()), sample)?;
    for (place, n) in sample.rows.iter().enumerate() {
        let Some(row) = rows.get(n) else { continue };
        let dir = dir.join(format!("{:03}-row-{n}", place + 1));
        write(&dir.join("row.json"), pretty(row).as_bytes())?;
        let text = |key: &str| row.get(key).and_then(Json::as_str).unwrap_or_default();
        // A row of a finding names its record; others name it in their id.
        let seq = text("seq").parse().ok().or_else(|| text("id").split('.').next()?.parse::<u64>().ok());
        if let Some(seq) = seq {
            record(&dir, ledger, seq)?;
        }
        if !text("rule").is_empty()
            && let Some(rule) = facts.rules().iter().find(|((name, _), _)| *name == text("rule")).map(|(_, r)| *r)
        {
            write(&dir.join("rule.json"), pretty(&json!(rule)).as_bytes())?;
        }
        history(&dir, ledger, store.history(text("id"))?, facts.as_of.last.seq)?;
    }
    Ok(())
}

/// The drawn rows of a population, by number.
fn rows(path: &Path, sample: &Sample) -> Result<BTreeMap<u64, Json>, FileError> {
    let file = BufReader::new(File::open(path).map_err(failed("read", path))?);
    let mut out = BTreeMap::new();
    for (n, line) in (1..).zip(file.lines()) {
        let line = line.map_err(failed("read", path))?;
        if sample.rows.contains(&n) {
            out.insert(n, serde_json::from_str(&line).unwrap_or_default());
        }
    }
    Ok(out)
}

fn record(dir: &Path, ledger: &Reader, seq: u64) -> Result<(), PacketError> {
    if let Some(evidence) = avouch_bundle::prove(ledger, seq)? {
        write(&dir.join("record.jsonl"), &[evidence.line.as_slice(), b"\n"].concat())?;
        let head: Json = serde_json::from_slice(&evidence.head.line()).unwrap_or_default();
        write(&dir.join("proof.json"), pretty(&json!({"head": head, "proof": evidence.proof})).as_bytes())?;
    } else if let Some(line) = ledger.read_at(seq)? {
        write(&dir.join("record.jsonl"), &[line.as_slice(), b"\n"].concat())?;
    }
    Ok(())
}

/// Acknowledgements, decisions and acts, as they stand in the ledger.
fn history(dir: &Path, ledger: &Reader, facts: Vec<StoredFact>, last: u64) -> Result<(), PacketError> {
    let mut lines = Vec::new();
    for fact in facts.iter().filter(|f| f.record.seq <= last) {
        if let Some(line) = ledger.read_at(fact.record.seq)? {
            lines.extend_from_slice(&line);
            lines.push(b'\n');
        }
    }
    if lines.is_empty() {
        return Ok(());
    }
    Ok(write(&dir.join("history.jsonl"), &lines)?)
}

/// JSON for people, with a newline at its end.
pub(crate) fn pretty(value: &Json) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}
