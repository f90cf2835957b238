//! One folder of evidence for each item of each sample.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use avouch_bundle::{Evidence, Exhibit};
use avouch_ledger::{LedgerError, PublicKey, Reader, read_keys};
use serde_json::{Value as Json, json};

use super::{FileError, failed, pretty, write};
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

/// A sample with what is known of its items.
struct Drawn<'p> {
    population: &'p Population,
    sample: &'p Sample,
    /// The drawn rows, by number.
    rows: BTreeMap<u64, Json>,
    /// Records about each of them: acknowledgements, decisions and acts.
    histories: BTreeMap<u64, Vec<u64>>,
}

/// Writes each sample below `bundle/samples/`: how it was drawn, and for each item its row, its record as it stands in the ledger, the
/// proof that the record belongs to a signed head, the rule, and everything that was done about it.
///
/// # Errors
/// When files, ledger or store cannot be read or written.
pub(crate) fn write_packets(
    bundle: &Path,
    ledger: &Reader,
    store: &mut avouch_store::Reader,
    facts: &PeriodFacts,
    samples: &[(&Population, &Sample)],
) -> Result<(), PacketError> {
    // Everything that is needed of the ledger, for all samples, is read in one go: its segments are large.
    let (mut all, mut wanted) = (Vec::new(), BTreeSet::new());
    for (population, sample) in samples {
        let rows = rows(&bundle.join(population.jsonl()), sample)?;
        wanted.extend(rows.values().filter_map(seq_of));
        let mut histories = BTreeMap::new();
        for (n, row) in &rows {
            let of = store.history(text(row, "id"))?;
            let seqs: Vec<u64> = of.iter().map(|f| f.record.seq).filter(|s| *s <= facts.as_of.last.seq).collect();
            wanted.extend(&seqs);
            histories.insert(*n, seqs);
        }
        all.push(Drawn { population, sample, rows, histories });
    }
    let evidence = avouch_bundle::prove_all(ledger, &wanted)?;
    let keys = read_keys(&bundle.join("ledger"))?;
    for drawn in &all {
        write_sample(bundle, facts, drawn, &evidence, &keys)?;
    }
    Ok(())
}

fn write_sample(
    bundle: &Path,
    facts: &PeriodFacts,
    drawn: &Drawn<'_>,
    evidence: &BTreeMap<u64, Evidence>,
    keys: &[PublicKey],
) -> Result<(), PacketError> {
    let Drawn { population, sample, rows, histories } = drawn;
    let dir = bundle.join("samples").join(population.spec.id);
    let how = json!({
        "population": population.spec.id,
        "digest": population.digest,
        "count": population.count,
        "seed": sample.seed,
        "rows": sample.rows,
        "method": METHOD,
    });
    write(&dir.join("sample.json"), pretty(&how).as_bytes())?;
    let rules = facts.rules();
    for (place, n) in sample.rows.iter().enumerate() {
        let Some(row) = rows.get(n) else { continue };
        let dir = dir.join(format!("{:03}-row-{n}", place + 1));
        write(&dir.join("row.json"), pretty(row).as_bytes())?;
        if let Some(found) = seq_of(row).and_then(|seq| evidence.get(&seq)) {
            write(&dir.join("record.jsonl"), &[found.line.as_slice(), b"\n"].concat())?;
            // It is checked alone, by `avouch verify` as well.
            let exhibit = Exhibit::proven(found, keys.iter().find(|k| k.id() == found.head.head.key));
            write(&dir.join("proof.json"), pretty(&json!(exhibit)).as_bytes())?;
        }
        if let Some(rule) = rules.iter().find(|((name, _), _)| *name == text(row, "rule")).map(|(_, r)| *r) {
            write(&dir.join("rule.json"), pretty(&json!(rule)).as_bytes())?;
        }
        // Acknowledgements, decisions and acts, as they stand in the ledger.
        let history: Vec<u8> = histories
            .get(n)
            .into_iter()
            .flatten()
            .filter_map(|seq| evidence.get(seq))
            .flat_map(|e| [e.line.as_slice(), b"\n"].concat())
            .collect();
        if !history.is_empty() {
            write(&dir.join("history.jsonl"), &history)?;
        }
    }
    Ok(())
}

fn text<'r>(row: &'r Json, key: &str) -> &'r str {
    row.get(key).and_then(Json::as_str).unwrap_or_default()
}

/// Number of the record of a row: a finding's row names it, others begin their id with it.
fn seq_of(row: &Json) -> Option<u64> {
    text(row, "seq").parse().ok().or_else(|| text(row, "id").split('.').next()?.parse().ok())
}

/// The drawn rows of a population, by number.
fn rows(path: &Path, sample: &Sample) -> Result<BTreeMap<u64, Json>, FileError> {
    let mut file = BufReader::with_capacity(256 << 10, File::open(path).map_err(failed("read", path))?);
    let (mut out, mut line, mut at) = (BTreeMap::new(), Vec::new(), 1);
    let mut wanted: Vec<u64> = sample.rows.clone();
    wanted.sort_unstable();
    for n in wanted {
        while at < n && file.skip_until(b'\n').map_err(failed("read", path))? > 0 {
            at += 1;
        }
        line.clear();
        if at == n && file.read_until(b'\n', &mut line).map_err(failed("read", path))? > 0 {
            at += 1;
            out.insert(n, serde_json::from_slice(&line).unwrap_or_default());
        }
    }
    Ok(out)
}
