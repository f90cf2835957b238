//! What the ledger says to the notifier: as it is recorded, and what was recorded while nobody listened.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use avouch_finding::{Delivered, Fact, Finding, Kind};
use avouch_ledger::{LedgerError, Reader, RecordRef, Records};
use avouch_notify::{Act, Deed, Input, Noted};

/// Records that are looked at before what they say is handed on.
const AT_ONCE: u64 = 10_000;
/// Kinds of facts that say something.
const KINDS: [Kind; 4] = [Kind::Finding, Kind::Acknowledgement, Kind::Disposition, Kind::Delivery];

/// What a fact says to the notifier.
pub(super) fn input(seq: u64, fact: &Fact) -> Option<Input> {
    match fact {
        Fact::Finding(finding) => Some(Input::Finding(Box::new(Noted { seq, finding: Finding::clone(finding) }))),
        Fact::Acknowledgement(a) => Some(act(&a.finding, &a.by, Deed::Acknowledged, &a.note)),
        Fact::Disposition(d) => Some(act(&d.finding, &d.by, Deed::Decided(d.decision), &d.reason)),
        // What is held back is still owed.
        Fact::Delivery(receipt) => (receipt.state != Delivered::HeldBack && !receipt.message.is_empty())
            .then(|| Input::Settled { message: receipt.message.clone(), channel: receipt.channel.clone() }),
        _ => None,
    }
}

fn act(finding: &str, by: &str, deed: Deed, note: &str) -> Input {
    Input::Act(Act { finding: finding.to_owned(), by: by.to_owned(), deed, note: note.to_owned() })
}

/// Records that nobody was handed, in order.
pub(super) struct Missed {
    records: Records,
    to: u64,
}

impl Missed {
    /// From one record to another, both included.
    pub(super) fn open(dir: &Path, from: u64, to: u64) -> Result<Self, LedgerError> {
        Ok(Self { records: Reader::open(dir)?.records(from), to })
    }

    /// What the next ones say, and the last that was looked at; `None` when there are no more.
    pub(super) fn next(&mut self) -> Result<Option<(Vec<Input>, u64)>, LedgerError> {
        let (mut inputs, mut reached, mut looked) = (Vec::new(), None, 0);
        while looked < AT_ONCE && reached.is_none_or(|seq| seq < self.to) {
            let Some(entry) = self.records.next()? else { break };
            if entry.record.seq > self.to {
                break;
            }
            looked += 1;
            reached = Some(entry.record.seq);
            inputs.extend(fact(&entry.record).and_then(|fact| input(entry.record.seq, &fact)));
        }
        Ok(reached.map(|seq| (inputs, seq)))
    }
}

fn fact(record: &RecordRef<'_>) -> Option<Fact> {
    if !KINDS.iter().any(|kind| kind.name() == record.kind) {
        return None;
    }
    Fact::read(record.kind, serde_json::from_str(record.body).ok()?).ok()
}

/// Findings by the numbers of their records; what is not there any more is left out.
pub(super) fn findings(dir: &Path, wanted: &BTreeSet<u64>) -> Result<BTreeMap<u64, Arc<Noted>>, LedgerError> {
    let mut found = BTreeMap::new();
    if wanted.is_empty() {
        return Ok(found);
    }
    let reader = Reader::open(dir)?;
    let mut reading: Option<(Option<(u64, u64)>, Records)> = None;
    for &seq in wanted {
        let segment = reader.segment_of(seq);
        // Segments without one that is wanted are not read.
        let records = match &mut reading {
            Some((of, records)) if *of == segment => records,
            _ => &mut reading.insert((segment, reader.records(seq))).1,
        };
        while let Some(entry) = records.next()? {
            if entry.record.seq == seq
                && let Some(Fact::Finding(finding)) = fact(&entry.record)
            {
                let finding = Finding::clone(&finding);
                found.insert(seq, Arc::new(Noted { seq, finding }));
            }
            if entry.record.seq >= seq {
                break;
            }
        }
    }
    Ok(found)
}
